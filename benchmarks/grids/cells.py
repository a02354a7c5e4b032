"""BeiDou cells against exact arithmetic, and how fast they are.

.venv/bin/python benchmarks/grids/cells.py

Exact: 1,000,000 random and 100,000 border points in four quarters, level 10, by whole numbers made from decimal text.
Fast: codes and keys a second, the nine districts of Daqing at level 5 as spans (against a point test on every row's
cells), their union to the parent level, shares, whole parents, and a million values rolled up. Ends with status 1 at a
mismatch.
"""

from __future__ import annotations

import json
import pathlib
import sys
import time
from collections.abc import Callable

import numpy as np
import shapely

from location_cloud.cells.rollup import roll_up
from location_cloud.spatial.cells import BEIDOU, SYSTEMS
from location_cloud.spatial.cells.index_cell import index_cell
from location_cloud.spatial.cells.shares import cell_shares

DISTRICTS = pathlib.Path(__file__).parents[2] / "data/daqing/daqing_districts_tianditu.geojson"
RANDOM, ON_BORDERS, TIMES = 1_000_000, 100_000, 7
DECIMALS = 9
# Sides of the cells of levels 2 to 10 by the text of the standard, in 1/2048 seconds; how two numbers are written.
STEPS = [(1800, 1800, 0), (900, 600, 2), (60, 60, 0), (4, 4, 0), (2, 2, 2)]
SIDES = [(a * 2048, b * 2048, z) for a, b, z in STEPS] + [(n, n, 0) for n in (512, 64, 8, 1)]


def exact_code(lon: int, lat: int) -> str:
    """The code of a position in whole 10**-DECIMALS degrees, by Python's whole numbers alone."""
    x, y = (abs(each) * 7_372_800 // 10**DECIMALS for each in (lon, lat))
    x = min(x, 180 * 7_372_800 - 1)
    zone, band = x // (6 * 7_372_800), y // (4 * 7_372_800)
    code = ("S" if lat < 0 else "N") + f"{30 - zone if lon < 0 else 31 + zone:02d}" + chr(65 + band)
    x, y = x % (6 * 7_372_800), y % (4 * 7_372_800)
    for wide, high, z in SIDES:
        (i, x), (j, y) = divmod(x, wide), divmod(y, high)
        code += f"{2 * j + i:X}" if z else f"{i:X}{j:X}"
    return code


def mismatches(numbers: np.ndarray) -> int:
    """How many codes of positions (n, 2), whole 10**-DECIMALS degrees, differ, or do not lead back to their cell."""
    degrees = numbers / 10**DECIMALS
    codes = BEIDOU.encode_many(degrees, 10).tolist()
    wrong = sum(code != exact_code(lon, lat) for code, (lon, lat) in zip(codes, numbers.tolist()))
    boxes = BEIDOU.boxes(codes)
    inside = (boxes[:, :2] <= degrees + 1e-9).all() and (degrees <= boxes[:, 2:] + 1e-9).all()
    return wrong + (not inside)


def points(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random positions, and such on borders of cells: 1/6400 degree is a border of level 8, often of coarser ones."""
    unit = 10**DECIMALS
    anywhere = np.column_stack(
        [rng.integers(-180 * unit, 180 * unit + 1, RANDOM), rng.integers(-88 * unit + 1, 88 * unit, RANDOM)]
    )
    step = unit // 6400
    borders = np.column_stack(
        [rng.integers(-180 * 6400, 180 * 6400 + 1, ON_BORDERS), rng.integers(-88 * 6400 + 1, 88 * 6400, ON_BORDERS)]
    )
    return anywhere, borders * step


def report(what: str, ask: Callable[[], object], unit: float = 0.0) -> None:
    """The best, the median and the worst of some runs; unit: things done in one."""
    ask()
    seconds = []
    for _ in range(TIMES):
        started = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - started)
    best, middle, worst = min(seconds), float(np.median(seconds)), max(seconds)
    rate = f", {unit / middle / 1e6:.2f} M/s" if unit else ""
    print(f"{what}: {middle * 1000:.1f} ms ({best * 1000:.1f} to {worst * 1000:.1f}){rate}")


def brute_force(shape: shapely.Geometry, level: int) -> int:
    """Cells whose middle lies in a shape, by asking about every cell of its box."""
    west, south, east, north = shape.bounds
    (c0, c1), (r0, r1) = BEIDOU.index([(west, south), (east, north)], level)
    columns, found = np.arange(c0, c1 + 1), 0
    shapely.prepare(shape)
    for row in range(int(r0), int(r1) + 1):
        middles = BEIDOU.centres(columns, np.full(len(columns), row), level)
        found += int(shapely.contains_xy(shape, middles[:, 0], middles[:, 1]).sum())
    return found


def main() -> None:
    """Everything, in about two minutes."""
    rng = np.random.default_rng(8)
    wrong = {name: mismatches(some) for name, some in zip(("random", "on borders"), points(rng))}
    print(f"mismatches with exact arithmetic: {wrong}")
    some = np.column_stack([rng.uniform(-180, 180, RANDOM), rng.uniform(0.0, 59.9, RANDOM)])
    report("1 M codes, level 10", lambda: BEIDOU.encode_many(some, 10), RANDOM)
    report("1 M keys, level 10", lambda: BEIDOU.encode_keys(some, 10), RANDOM)
    report("1 M index cells", lambda: index_cell(some[:, 0], some[:, 1]), RANDOM)
    codes = BEIDOU.encode_many(some, 10)
    report("1 M codes read, level 10", lambda: BEIDOU.parse_many(codes), RANDOM)
    for name in ("geosot", "gbsheet", "geohash", "quadkey", "pluscode"):
        system = SYSTEMS[name]
        report(f"1 M codes, {name}", lambda each=system: each.encode_many(some, each.usual_level), RANDOM)
    fifty = some[:50_000]
    report("50,000 codes, mgrs", lambda: SYSTEMS["mgrs"].encode_many(fifty, 3), 50_000)
    features = json.loads(DISTRICTS.read_text("utf-8"))["features"]
    shapes = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]
    spans = [BEIDOU.polyfill(shape, 5) for shape in shapes]
    counted = [brute_force(shape, 5) for shape in shapes]
    equal = counted == [each.count for each in spans]
    told = f"{sum(counted):,} cells, {sum(map(len, spans)):,} spans, equal to brute force: {equal}"
    print(f"nine districts, level 5: {told}")
    report("nine districts as spans", lambda: [BEIDOU.polyfill(shape, 5) for shape in shapes])
    union = spans[0]
    for each in spans[1:]:
        union = union.union(each)
    report("all cells to their parents", lambda: BEIDOU.coarser_spans(union))
    report("whole parents", lambda: BEIDOU.compacted(union))
    city = shapely.union_all(shapes)
    report("shares of the city's cells", lambda: cell_shares(BEIDOU.lattice(5), city, 5))
    near = np.column_stack([rng.uniform(124, 126, RANDOM), rng.uniform(45.7, 47.5, RANDOM)])
    values, fine = rng.normal(size=RANDOM), BEIDOU.encode_many(near, 6)
    report("1 M codes rolled up, level 6 to 4", lambda: roll_up(BEIDOU, 4, values, fine, near))
    report("1 M points rolled up to level 5", lambda: roll_up(BEIDOU, 5, values, None, near))
    sys.exit(1 if any(wrong.values()) or not equal else 0)


if __name__ == "__main__":
    main()
