"""Styled picture tiles of 512 pixels with Chinese labels: our process with each backend, beside mapli called directly.

The tiles are a real city's with names of seeded Chinese characters; each picture shows another tile, so nothing is
answered from what was drawn before. Per core: pictures by the processor seconds of the drawing process and ours. Other
renderers of MapLibre styles cannot be had from the package registries (TileServer GL fetches its binary elsewhere).

python -m benchmarks.tiles.raster_race    (about a minute; as much the first time to import)
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import mapbox_vector_tile
import numpy as np

from benchmarks.routing.figures import machine
from benchmarks.routing.lockstep import ROOT
from location_cloud.maps import dataset
from location_cloud.maps.fonts import find_font, single_face
from location_cloud.maps.render import Job, PictureForm, Style, tile_view
from location_cloud.maps.render_client import ENVIRONMENT, Renderer
from location_cloud.maps.render_mapli import addressed, with_font
from location_cloud.maps.service_pictures import read_sprite
from location_cloud.maps.style import compose_style
from location_cloud.maps.tile_sets import read_tile
from location_cloud.tile_sets import TileAt
from tests.conftest import import_city
from tiles.mercator import tiles_in_bbox

FILES = (ROOT.parent / "shared/data/osm/monaco-osrm.osm.pbf", ROOT / "data/demo/helsinki-centre.osm.pbf")
HOME = ROOT / ".parts/bench/tiles/raster-home"
ZOOMS, A_ZOOM, SEED = (12, 13, 14, 15, 16), 12, 20261123
CHARACTERS = "大庆市萨尔图让胡路龙凤红岗同区街道广场公园医院学校油田东西南北中一二三新村湖路桥站门"
PX = 512

Tiles = dict[tuple[int, int, int], bytes]


def main() -> None:
    """Measures and prints a table."""
    tiles, asked = prepare()
    print(f"\n### Styled {PX} px tiles with Chinese labels, {len(asked)} tiles of zoom 12-16 ({machine()})\n")
    print("| what | first tile, s | tiles/s | tiles/s of a core | ms p50 | ms p99 |")
    print("| --- | --- | --- | --- | --- | --- |")
    rows: list[tuple[str, str, PictureForm]] = [
        ("mapli", "mapli", "png"),
        ("mapli", "mapli", "jpg"),
        ("skia", "skia", "jpg"),
    ]
    for told, backend, form in rows:
        _race(f"ours, {told}, {form}", backend, form, tiles, asked)
    _race_directly(tiles, asked)


def prepare() -> tuple[Tiles, list[tuple[int, int, int]]]:
    """Vector tiles with Chinese names, and those of them with enough in them to be worth a picture."""
    file = next(file for file in FILES if file.exists())
    if not (HOME / "current").exists():
        HOME.mkdir(parents=True, exist_ok=True)
        import_city(HOME, file)
    folder = HOME / "snapshots" / (HOME / "current").read_text("utf-8").strip() / "maps"
    base = dataset.load(folder).sets["base"]
    rng = np.random.default_rng(SEED)
    tiles: Tiles = {}
    asked: list[tuple[int, int, int]] = []
    for z in ZOOMS:
        found = {(z, x, y): _tile(base, z, x, y) for x, y in _cover(base, z)}
        dense = sorted((key for key, body in found.items() if len(body) > 4000), key=lambda key: -len(found[key]))
        chosen = dense[: 3 * A_ZOOM]
        rng.shuffle(chosen)
        for key in [tuple(map(int, each)) for each in chosen[:A_ZOOM]]:
            tiles[key] = in_chinese(found[key], rng)
            asked.append(key)
    return tiles, asked


def _cover(base: dataset.StoredSet, z: int) -> Iterator[tuple[int, int]]:
    box = base.core or base.bounds
    assert box is not None
    cover = tiles_in_bbox(*box, z)
    return ((x, y) for _, x, y in cover.tiles())


def _tile(base: dataset.StoredSet, z: int, x: int, y: int) -> bytes:
    tile = read_tile(base, TileAt(z, x, y))
    return b"" if tile is None else tile.body


def in_chinese(body: bytes, rng: np.random.Generator) -> bytes:
    """The tile with Chinese names instead of its own."""
    layers = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
    for layer in layers.values():
        for feature in layer["features"]:
            if "name" in feature["properties"]:
                letters = rng.choice(list(CHARACTERS), rng.integers(3, 7))
                feature["properties"] |= {"name": "".join(letters), "name_zh": "".join(letters)}
    written = [{"name": name, "features": layer["features"]} for name, layer in layers.items()]
    return mapbox_vector_tile.encode(written, default_options={"y_coord_down": True})


def city_style() -> Style:
    """The light style, its labels in Chinese."""
    source = {"type": "vector", "tiles": ["city://tiles/{z}/{x}/{y}"], "minzoom": 0, "maxzoom": 16}
    return Style("light", compose_style("light", "zh-CN", {"base": source}, "city://sprites/icons"))


def reader(tiles: Tiles) -> Callable[[str], bytes | None]:
    """What gives the tiles."""

    def read(address: str) -> bytes | None:
        if "sprites/" in address:
            return read_sprite(address.rpartition("/")[2])
        z, x, y = map(int, address.split("/")[-3:])
        return tiles.get((z, x, y))

    return read


def _race(told: str, backend: str, form: PictureForm, tiles: Tiles, asked: list[tuple[int, int, int]]) -> None:
    with tempfile.TemporaryDirectory(prefix="raster-", dir="/tmp") as folder:
        renderer = Renderer(Path(folder), backends=(backend,))
        read, style = reader(tiles), city_style()
        single_face_ready(Path(folder))
        started = time.perf_counter()
        renderer.draw(Job(style, tile_view(*asked[0], PX, 1), form), read)
        first_s = time.perf_counter() - started
        assert renderer.process_id is not None
        spent = _processor_s(renderer.process_id)
        own = time.process_time()
        times = []
        for key in asked:
            before = time.perf_counter()
            renderer.draw(Job(style, tile_view(*key, PX, 1), form), read)
            times.append(time.perf_counter() - before)
        core_s = _processor_s(renderer.process_id) - spent + time.process_time() - own
        renderer.close()
    _say(told, first_s, times, core_s)


def single_face_ready(folder: Path) -> None:
    """The face is taken out of its collection once an installation, not at a start."""
    font = find_font("")
    if font is not None:
        single_face(font, folder)


def _race_directly(tiles: Tiles, asked: list[tuple[int, int, int]]) -> None:
    """MapLibre Native in a process of its own without our pipe: this file run anew with the tiles in its memory."""
    output = subprocess.run(
        [sys.executable, "-m", "benchmarks.tiles.raster_race", "--directly"],
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    ).stdout
    print(output.strip().splitlines()[-1])


def directly() -> None:
    """Measures mapli itself."""
    import mapli  # heavy optional: the extra [render]

    tiles, asked = prepare()
    read = reader(tiles)

    def answer(request: mapli.ResourceRequest) -> mapli.Response:
        body = read(request.url)
        return mapli.Response(body) if body else mapli.Response.no_content()

    font = find_font("")
    with tempfile.TemporaryDirectory(prefix="raster-", dir="/tmp") as folder:
        face = single_face(font, Path(folder)) if font is not None else None
        mapli.register_scheme_handler("city", answer)
        started = time.perf_counter()
        pool = mapli.RenderPool(1)
        pool.register_style("light", json=with_font(addressed(city_style()), face))
        z, x, y = asked[0]
        pool.render_tile("light", z=z, x=x, y=y, tile_size=PX)
        first_s = time.perf_counter() - started
        own, times = time.process_time(), []
        for z, x, y in asked:
            before = time.perf_counter()
            pool.render_tile("light", z=z, x=x, y=y, tile_size=PX)
            times.append(time.perf_counter() - before)
        _say("mapli directly, png", first_s, times, time.process_time() - own)


def _processor_s(process_id: int) -> float:
    """Seconds of a core that a process has used. Source: proc(5), stat, fields 14 and 15."""
    fields = Path(f"/proc/{process_id}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _say(told: str, first_s: float, times: list[float], core_s: float) -> None:
    ordered = sorted(times)
    p99 = ordered[int(0.99 * (len(ordered) - 1))]
    print(
        f"| {told} | {first_s:.2f} | {len(times) / sum(times):.0f} | {len(times) / core_s:.0f} "
        f"| {statistics.median(times) * 1000:.0f} | {p99 * 1000:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    directly() if "--directly" in sys.argv else main()
