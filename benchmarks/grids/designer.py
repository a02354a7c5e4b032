"""How good and fast designed unit grids are on real cities: `python benchmarks/grids/designer.py FOLDER [WINDOW...]`.

FOLDER holds the OpenStreetMap files named in WINDOWS. All is measured from the finished polygons alone, by other means
than the designer's own: borders by points every 2 m, buildings by the areas that grids share of them.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from location_cloud.grids.design_blocks import Ground
from location_cloud.grids.design_codes import match_grids
from location_cloud.grids.design_features import BUILDING, OTHER_LINE, WATER, WATER_LINE, Features, read_features
from location_cloud.grids.design_plane import plane_at
from location_cloud.grids.design_quality import measure_squares
from location_cloud.grids.design_sizes import Wish
from location_cloud.grids.design_steps import Designed, design_grids
from location_cloud.grids.service_ground import road_lines
from location_cloud.roads.dataset import build_roads
from location_cloud.storage.osm import read_osm

WINDOWS = {
    "heidelberg-centre": ("heidelberg-ors.osm.pbf", 8.685, 49.405, 5.0, 5.0),
    "heidelberg-west": ("heidelberg-ors.osm.pbf", 8.655, 49.385, 5.0, 5.0),
    "heidelberg-old": ("heidelberg-ors.osm.pbf", 8.71, 49.41, 5.0, 5.0),
    "heidelberg-south": ("heidelberg-ors.osm.pbf", 8.69, 49.37, 5.0, 5.0),
    "monaco": ("monaco-osrm.osm.pbf", 7.42, 43.7425, 11.0, 6.0),
    "riviera": ("monaco-osrm.osm.pbf", 7.42, 43.7425, 11.0, 6.0),
    "lauf": ("lauf-gh.osm.pbf", 11.278, 49.515, 4.2, 3.2),
    "maribor": ("maribor-otp.osm.gz", 15.645, 46.555, 5.0, 5.0),
    "krems": ("krems-gh.osm.gz", 15.61, 48.41, 5.0, 5.0),
}
"""Name -> file, middle in degrees, kilometres wide and high. Monaco: the state's land; riviera: all of the file's."""

TARGET_M2 = 10_000.0
NEAR_M = 0.05


class Silent:
    """Progress that nobody watches."""

    def step(self, title: str, total: int = 0) -> None:
        """Nothing."""

    def advance(self, units: int = 1) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Measured:
    """What holds of the finished polygons."""

    grids: int
    cover_error: float
    overlap_m2: float
    in_range: float
    spread: float
    on_road: float
    buildings: int
    buildings_cut: float
    pieces: int


def read_window(folder: Path, name: str) -> tuple[Ground, Any]:
    """The ground of a window in metres, and what puts degrees there."""
    file, lon, lat, wide, high = WINDOWS[name]
    osm, _ = read_osm([folder / file], None, Silent())
    plane = plane_at((lon, lat))
    window = shapely.box(-wide * 500, -high * 500, wide * 500, high * 500)
    box = plane.unproject(window).bounds
    features = read_features(osm)
    roads = road_lines(build_roads(osm)[0], box)
    water = features.shapes(features.in_box(WATER_LINE, box), is_ring=False)
    banks = features.shapes(features.in_box(WATER, box), is_ring=True)
    buildings = plane.project(features.shapes(features.in_box(BUILDING, box), is_ring=True))
    land = _land(osm, name, plane, window, features, buildings)
    ground = Ground(
        np.array([land], object),
        plane.project(np.concatenate([roads, water, shapely.get_rings(shapely.get_parts(banks))])),
        plane.project(features.shapes(features.in_box(OTHER_LINE, box), is_ring=False)),
        buildings,
        plane.project(banks),
        np.empty((0, 2)),
        np.empty(0),
    )
    return ground, plane


def _land(osm: Any, name: str, plane: Any, window: Any, features: Features, buildings: Any) -> Any:
    if name == "monaco":
        told = zip(osm.areas.geometry, osm.areas.tags)
        return plane.project(
            next(shape for shape, tags in told if tags.get("name") == "Monaco" and tags.get("admin_level") == "8")
        )
    if name != "riviera":
        return window
    columns = osm.ways.columns["natural"]
    rows = [row for row, code in zip(columns.rows, columns.codes) if columns.values[code] == "coastline"]
    start, at = osm.ways.ref_start, osm.nodes.lonlat_e7 / 1e7
    coast = [plane.project(shapely.linestrings(at[osm.ways.ref[start[row] : start[row + 1]]])) for row in rows]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all([*coast, window.boundary])]))
    faces = faces[shapely.contains(window.buffer(1.0), faces)]
    tree = shapely.STRtree(shapely.centroid(buildings))
    return shapely.union_all([face for face in faces if len(tree.query(face, "contains")) > 20])


def design(ground: Ground, wish: Wish) -> tuple[Designed, float, float]:
    """The grids, CPU seconds and seconds."""
    cpu, began = time.process_time(), time.perf_counter()
    steps = design_grids(ground, wish)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value, time.process_time() - cpu, time.perf_counter() - began


def measure(ground: Ground, grids: Designed) -> Measured:
    """What the polygons are like."""
    land = shapely.union_all(ground.communities)
    shapes, size = grids.shapes, grids.size
    one, two = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    overlap = shapely.area(shapely.intersection(shapes[one], shapes[two])).sum() / 2
    inner = shapely.union_all(shapely.boundary(shapes)).difference(land.boundary.buffer(0.01))
    parts = shapely.get_parts(inner)
    points = np.concatenate(
        [
            shapely.line_interpolate_point(part, np.arange(min(1.0, part.length / 2), part.length, 2.0))
            for part in parts
            if part.length > 0
        ]
    )
    on_road = np.unique(shapely.STRtree(ground.roads).query(points, "dwithin", distance=NEAR_M)[0])
    buildings = ground.buildings[shapely.intersects(ground.buildings, land)] if len(ground.buildings) else []
    cut = _cut(buildings, shapes) if len(buildings) else 0
    fits = (size >= 0.5) & (size <= 1.5)
    return Measured(
        len(shapes),
        float(shapely.area(shapes).sum() / land.area - 1),
        float(overlap),
        float(fits.mean()),
        float(size.std() / size.mean()),
        len(on_road) / len(points),
        len(buildings),
        cut / max(len(buildings), 1),
        int((shapely.get_num_geometries(shapes) > 1).sum()),
    )


def _cut(buildings: Any, shapes: Any) -> int:
    building, grid = shapely.STRtree(shapes).query(buildings, predicate="intersects")
    shared = shapely.area(shapely.intersection(buildings[building], shapes[grid]))
    counts = shared > np.maximum(1.0, 0.01 * shapely.area(buildings)[building])
    return int((np.bincount(building[counts], minlength=len(buildings)) > 1).sum())


def kept_after_a_road(ground: Ground, before: Designed, wish: Wish, seed: int) -> float:
    """The share of codes that stay when one road of 300 m is added somewhere in the middle."""
    random = np.random.default_rng(seed)
    west, south, east, north = ground.communities[0].bounds
    start = random.uniform((west, south), (east, north))
    way = random.uniform(0, 2 * np.pi)
    road = shapely.LineString([start, start + 300.0 * np.array([np.cos(way), np.sin(way)])])
    after, _, _ = design(replace(ground, roads=np.append(ground.roads, road)), wish)
    kept = match_grids(after.shapes, before.shapes)
    return len(set(kept[kept >= 0].tolist())) / len(before.shapes)


def main() -> None:
    """Prints a line a window and wish."""
    folder, names = Path(sys.argv[1]), sys.argv[2:] or list(WINDOWS)
    for name in names:
        ground, _ = read_window(folder, name)
        km2 = float(shapely.area(ground.communities).sum()) / 1e6
        print(f"{name}: {km2:.1f} km2, {len(ground.roads):,} roads, {len(ground.buildings):,} buildings", flush=True)
        for wish in (Wish("area", TARGET_M2, 0.1), Wish("area", TARGET_M2, 1.0)):
            runs = [design(ground, wish) for _ in range(3 if wish.open_weight < 1 else 1)]
            grids = runs[0][0]
            same = all((shapely.to_wkb(run[0].shapes) == shapely.to_wkb(grids.shapes)).all() for run in runs)
            m = measure(ground, grids)
            print(
                f"  open land x{1 / wish.open_weight:g}: {m.grids} grids, in range {m.in_range:.2%}, spread "
                f"{m.spread:.2f}, on roads or water {m.on_road:.1%}, buildings cut {m.buildings_cut:.2%}, cover "
                f"{m.cover_error:+.0e}, overlap {m.overlap_m2:.0e} m2, in pieces {m.pieces}, "
                f"CPU s {', '.join(f'{run[1]:.1f}' for run in runs)}, s {', '.join(f'{run[2]:.1f}' for run in runs)}"
                f"{', all equal' if same else ', NOT EQUAL'}",
                flush=True,
            )
            if wish.open_weight < 1:
                kept = [kept_after_a_road(ground, grids, wish, seed) for seed in range(5)]
                print(f"    kept after one road, 5 tries: least {min(kept):.2%}, mean {np.mean(kept):.2%}")
        squares = measure_squares(ground.communities, TARGET_M2**0.5, ground.roads, ground.buildings)
        print(
            f"  100 m squares: {squares.grids} grids, in range {squares.in_range:.2%}, spread {squares.spread:.2f}, "
            f"within 5 m of roads or water {squares.on_road:.1%}, buildings cut {squares.buildings_cut or 0:.2%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
