"""Extracts made ready for every engine, once: kept below .parts/bench, so that a second run measures at once.

.parts/bench/NAME/home          ours                     .parts/bench/NAME/osrm/ch, mld    OSRM
.parts/bench/NAME/valhalla      Valhalla's tiles         .parts/bench/NAME/pairs.json      what is asked
.parts/bench/NAME/graph.npz     our car graph, for libraries that know no roads
.parts/bench/NAME/built.json    seconds and peak memory of each step
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import osmium

from benchmarks.routing.environment import find_peers_python
from benchmarks.routing.lockstep import ROOT

BENCH = ROOT / ".parts/bench"
CLOUD = [sys.executable, "-m", "location_cloud"]
THREADS = 2
PAIRS, CROWD = 1000, 1000

LINK = {"highway": "secondary", "name": "Link"}
LINKS = 20
"""Roads that join a copy to its neighbour at each border."""


@dataclass(frozen=True)
class City:
    """An extract in the forms of all engines. built: seconds (and peak MB) of each step."""

    name: str
    file: Path
    folder: Path
    built: Mapping[str, Any]

    @property
    def home(self) -> Path:
        """Our home folder."""
        return self.folder / "home"

    @property
    def asked(self) -> dict[str, Any]:
        """pairs: [[lon, lat], [lon, lat]] each; crowd: places of matrices."""
        asked: dict[str, Any] = json.loads((self.folder / "pairs.json").read_text())
        return asked


class Peers:
    """Where the peers' programs lie."""

    def __init__(self) -> None:
        self.python = find_peers_python()
        code = "import osrm, valhalla; print(osrm.__path__[0]); print(valhalla.__path__[0])"
        found = subprocess.run([self.python, "-c", code], check=True, capture_output=True, text=True).stdout.split("\n")
        self.osrm, self.valhalla = Path(found[0]) / "bin", Path(found[1]) / "bin"
        self.profile = Path(found[0]) / "share/profiles/car.lua"


def prepare(name: str, file: Path, peers: Peers, copies: int = 1) -> City:
    """The extract made ready; whatever is there already is kept. copies: so many squared, joined at the borders."""
    folder = BENCH / name
    folder.mkdir(parents=True, exist_ok=True)
    built_file = folder / "built.json"
    built: dict[str, Any] = json.loads(built_file.read_text()) if built_file.exists() else {}
    if copies > 1:
        source, file = file, folder / "city.osm.pbf"
        if not file.exists():
            replicate(source, file, copies)
    if not (folder / "home/current").exists():
        shutil.rmtree(folder / "home", ignore_errors=True)
        built["ours"] = _run([*CLOUD, "import", str(file)], folder, {"LOCATION_CLOUD_HOME": str(folder / "home")})
        built_file.write_text(json.dumps(built, indent=1))
    if not (folder / "osrm/mld/ready").exists():
        built |= _build_osrm(file, folder / "osrm", peers)
        built_file.write_text(json.dumps(built, indent=1))
    if not (folder / "valhalla/ready").exists():
        built["valhalla"] = _build_valhalla(file, folder / "valhalla", peers)
        built_file.write_text(json.dumps(built, indent=1))
    return City(name, file, folder, built)


def draw_places(lonlats: Sequence[Sequence[float]], seed: int = 20261122) -> dict[str, Any]:
    """Seeded pairs and a crowd: places within some 30 m of random junctions, so that snapping has its work."""
    chance = random.Random(seed)

    def place() -> list[float]:
        lon, lat = chance.choice(lonlats)
        return [round(lon + chance.uniform(-4e-4, 4e-4), 6), round(lat + chance.uniform(-3e-4, 3e-4), 6)]

    return {"pairs": [[place(), place()] for _ in range(PAIRS)], "crowd": [place() for _ in range(CROWD)]}


def replicate(source: Path, target: Path, copies: int) -> None:
    """Writes copies x copies of an extract side by side, joined by roads at the borders: an invented larger city.

    Elements are numbered anew from 1: OSRM keeps 34 bits of a node's number. Copies to the north are a little
    narrower in metres than the original; nothing else differs.
    """
    nodes = sorted((node.id, node.lon, node.lat) for node in osmium.FileProcessor(source, osmium.osm.NODE))
    number = {node: place for place, (node, *_) in enumerate(nodes, 1)}
    ways = sorted(way.id for way in osmium.FileProcessor(source, osmium.osm.WAY))
    way_number = {way: place for place, way in enumerate(ways, 1)}
    on_road = _road_nodes(source)
    west, east = min(lon for _, lon, _ in nodes), max(lon for _, lon, _ in nodes)
    south, north = min(lat for *_, lat in nodes), max(lat for *_, lat in nodes)
    width, height = east - west + 0.002, north - south + 0.002
    roads = [(number[node], lon, lat) for node, lon, lat in nodes if node in on_road]
    growing = target.with_name("growing.osm.pbf")
    growing.unlink(missing_ok=True)
    writer, new = osmium.SimpleWriter(str(growing)), osmium.osm.mutable
    places = [(x, y, y * copies + x) for y in range(copies) for x in range(copies)]
    for x, y, copy in places:
        for node, lon, lat in nodes:
            at = (lon + x * width, lat + y * height)
            writer.add_node(new.Node(id=number[node] + copy * len(nodes), location=at, version=1))
    for _, _, copy in places:
        for way in osmium.FileProcessor(source, osmium.osm.WAY):
            refs = [number[ref.ref] + copy * len(nodes) for ref in way.nodes if ref.ref in number]
            way_id = way_number[way.id] + copy * len(ways)
            writer.add_way(new.Way(id=way_id, nodes=refs, tags=dict(way.tags), version=1))
    links = [*_links(roads, 1, south, north), *_links(roads, 2, west, east)]
    link_id = len(ways) * len(places)
    for x, y, copy in places:
        for axis, here, there in links:
            if (x if axis == 1 else y) < copies - 1:
                link_id += 1
                neighbour = copy + (1 if axis == 1 else copies)
                refs = [here + copy * len(nodes), there + neighbour * len(nodes)]
                writer.add_way(new.Way(id=link_id, nodes=refs, tags=LINK, version=1))
    relation_id = 0
    for _, _, copy in places:
        for relation in osmium.FileProcessor(source, osmium.osm.RELATION):
            if relation.tags.get("type") == "restriction":
                relation_id += 1
                members = [
                    (one.type, _member(one, number, way_number, len(nodes), len(ways), copy), one.role)
                    for one in relation.members
                    if one.ref in (number if one.type == "n" else way_number)
                ]
                tags = dict(relation.tags)
                writer.add_relation(new.Relation(id=relation_id, members=members, tags=tags, version=1))
    writer.close()
    growing.rename(target)


def _member(
    member: Any, number: Mapping[int, int], way_number: Mapping[int, int], nodes: int, ways: int, copy: int
) -> int:
    return number[member.ref] + copy * nodes if member.type == "n" else way_number[member.ref] + copy * ways


def _road_nodes(source: Path) -> set[int]:
    """The first nodes of ordinary two-way streets."""
    kinds = ("residential", "tertiary", "secondary", "unclassified")
    return {
        way.nodes[0].ref
        for way in osmium.FileProcessor(source, osmium.osm.WAY)
        if way.tags.get("highway") in kinds and "oneway" not in way.tags and len(way.nodes)
    }


def _links(
    nodes: Sequence[tuple[int, float, float]], across: int, low: float, high: float
) -> list[tuple[int, int, int]]:
    """(axis, node here, node in the next copy): in each of LINKS strips the outermost nodes of both sides."""
    along = 2 if across == 1 else 1
    links = []
    for strip in range(LINKS):
        first, last = (low + (high - low) * part / LINKS for part in (strip, strip + 1))
        inside = [node for node in nodes if first <= node[along] < last]
        if inside:
            outer = max(inside, key=lambda node: node[across])
            inner = min(inside, key=lambda node: node[across])
            if outer[0] != inner[0]:
                links.append((across, outer[0], inner[0]))
    return links


def _build_osrm(file: Path, folder: Path, peers: Peers) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "mld").mkdir(parents=True)
    (folder / "mld/city.osm.pbf").symlink_to(file.resolve())
    step, threads = folder / "mld", ["-t", str(THREADS)]
    built = {}
    built["osrm extract"] = _run([peers.osrm / "osrm-extract", *threads, "-p", peers.profile, "city.osm.pbf"], step)
    shutil.copytree(step, folder / "ch", symlinks=True)
    built["osrm contract"] = _run([peers.osrm / "osrm-contract", *threads, "city.osrm"], folder / "ch")
    built["osrm partition"] = _run([peers.osrm / "osrm-partition", *threads, "city.osrm"], step)
    built["osrm customize"] = _run([peers.osrm / "osrm-customize", *threads, "city.osrm"], step)
    (step / "ready").touch()
    return built


def _build_valhalla(file: Path, folder: Path, peers: Peers) -> dict[str, float]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    program = peers.python.parent / "valhalla_build_config"
    tiles = ["--mjolnir-tile-dir", str(folder / "tiles"), "--mjolnir-concurrency", str(THREADS)]
    tiles += ["--service-limits-auto-max-matrix-location-pairs", "2000000", "--mjolnir-tile-extract", ""]
    tiles += ["--service-limits-auto-max-matrix-distance", "400000000", "--mjolnir-admin", "", "--mjolnir-timezone", ""]
    text = subprocess.run([program, *tiles], check=True, capture_output=True, text=True).stdout
    config = json.loads(text)
    config["service_limits"]["auto"]["max_matrix_location_pairs"] = 2_000_000
    config["logging"] = config["mjolnir"]["logging"] = {"type": ""}
    config["httpd"]["service"]["listen"] = "tcp://127.0.0.1:8002"
    for part in ("loki", "meili", "odin", "thor"):
        config[part]["logging"] = {"type": ""}
    (folder / "valhalla.json").write_text(json.dumps(config, indent=1))
    spent = _run([peers.valhalla / "valhalla_build_tiles", "-c", "valhalla.json", str(file.resolve())], folder)
    (folder / "ready").touch()
    return spent


def _run(command: Sequence[Any], folder: Path, extra: Mapping[str, str] | None = None) -> dict[str, float]:
    """Seconds, processor seconds and peak MB of a command. Raises SystemExit with its last words if it fails."""
    words = " ".join(str(one) for one in command[1:4])
    print(f"    {Path(str(command[0])).name} {words} ...", file=sys.stderr, flush=True)
    begun = time.perf_counter()
    with (folder / "last.log").open("wb") as log:
        process = subprocess.Popen(
            [str(one) for one in command],
            cwd=ROOT if "location_cloud" in command else folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(extra or {})},
        )
        peak_kb, ended = 0, 0
        while not ended:
            peak_kb = max(peak_kb, _peak_kb(process.pid))
            time.sleep(0.01)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit((folder / "last.log").read_text("utf-8", "replace")[-2000:])
    seconds = time.perf_counter() - begun
    return {"s": seconds, "cpu_s": usage.ru_utime + usage.ru_stime, "peak_mb": peak_kb / 1024}


def _peak_kb(pid: int) -> int:
    """The most memory a process has had; its rusage would count that of the process that started it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0  # it has ended
