"""Our search paths beside the families of planners that the SAREnv data set compares, on simulated areas.

Settings are SAREnv's: five UAVs at 80 m with 45 degrees of view, lanes overlapping by a quarter,
cells of 30 m, 100 and 300 km of way in all. Their planners are written anew here from what they do; the package itself
is asked, too, where it is installed.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from benchmarks.routing.figures import Report
from location_cloud.searches.cells import Floats, grid_around
from location_cloud.searches.evidence import at_features
from location_cloud.searches.poa import Layer, combine
from location_cloud.searches.rings import fit_ring, ring_map
from location_cloud.searches.search_paths import gathered, plan_paths
from location_cloud.searches.tracks_pod import length_in_cells

UAVS = 5
RANGE_M = 80 * np.tan(np.radians(22.5))
LANE_M = 2 * RANGE_M * 0.75
RADIUS_M = 9_900.0
GRID = grid_around((0.0, 0.0), RADIUS_M, 30)
BUDGETS_KM = (100, 300)


def run(seed: int, areas: int, report: Report) -> None:
    """Mass gathered by each, area by area."""
    theirs = find_sarenv()
    planners: dict[str, Callable[[Floats, float], list[Floats]]] = {
        "spiral": spiral, "circles": circles, "pizza": pizza, "greedy": greedy, **theirs,
    }  # fmt: skip
    if not theirs:
        report.say("SAREnv itself: not run, the package `sarenv` is not installed here.")
    for km in BUDGETS_KM:
        report.head(f"{km} km, simulated area", "ours", "seconds", "relaxed bound", *planners)
        won = 0
        for area in range(areas):
            p = simulated_area(seed + area, has_lines=area % 2 == 1)
            begun = time.process_time()
            ours = plan_paths(GRID, p, [None] * UAVS, km * 1000 / UAVS, RANGE_M)
            spent_s = time.process_time() - begun
            masses = {name: gathered(GRID, p, plan(p, km * 1000), RANGE_M) for name, plan in planners.items()}
            won += ours.gathered > max(masses.values())
            told = [f"{each:.3f}" for each in masses.values()]
            name = f"{area}, with lines" if area % 2 else f"{area}, broad"
            report.row(name, f"{ours.gathered:.3f}", f"{spent_s:.2f}", f"{ours.bound:.3f}", *told)
        report.goals.append((f"paths of {km} km beat all others", f"on {areas} of {areas}", f"on {won}", won == areas))


def simulated_area(seed: int, has_lines: bool) -> Floats:
    """A map as SAREnv makes them: published distances times shares of features; roads and streams a cell wide."""
    random = np.random.default_rng(seed)
    feature = np.full(GRID.shape, -1, np.int8)
    for kind, scale in ((3, 25), (4, 15), (5, 10), (6, 8)):
        ground = gaussian_filter(random.normal(size=GRID.shape), scale)
        feature[ground > ground.std() * 1.2] = kind
    for kind, count in ((0, 25), (1, 40), (2, 25)) if has_lines else ():
        turns = np.cumsum(random.normal(0, 0.25, (count, 400)), axis=1) + random.uniform(0, 6.28, (count, 1))
        for line in turns:
            way = np.cumsum(60 * np.column_stack([np.sin(line), np.cos(line)]), axis=0)
            feature[length_in_cells(GRID, [way + random.uniform(-RADIUS_M, RADIUS_M, 2)]) > 0] = kind
    shares = {0: 0.25, 1: 0.13, 2: 0.12, 3: 0.14, 4: 0.07, 5: 0.08, 6: 0.04}
    ring = ring_map(GRID, (0, 0), fit_ring((25, 50, 75, 95), (1100, 3100, 5800, 18300)))
    p = combine([Layer("ring", ring), Layer("features", at_features(feature, shares, trust=0.9))], with_shares=False).p
    p[GRID.distance_m((0, 0)) > RADIUS_M] = 0
    return p / p.sum()


def spiral(_: Floats, budget_m: float) -> list[Floats]:
    """One spiral of Archimedes from the middle, cut into equal parts, each then cut to its budget."""
    angle = np.linspace(0, 2 * np.pi * RADIUS_M / LANE_M, 200_000)
    radius = LANE_M * angle / (2 * np.pi)
    return shared(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), budget_m)


def circles(_: Floats, budget_m: float) -> list[Floats]:
    """Circles a lane apart, one after the other, cut as the spiral."""
    angle = np.linspace(0, 2 * np.pi, 400)
    rings = np.arange(LANE_M, RADIUS_M, LANE_M)
    return shared(
        np.concatenate([radius * np.column_stack([np.cos(angle), np.sin(angle)]) for radius in rings]), budget_m
    )


def pizza(_: Floats, budget_m: float) -> list[Floats]:
    """A slice each, swept in arcs to and fro from the middle outwards."""
    lines = []
    for uav in range(UAVS):
        points = [np.zeros((1, 2))]
        for count, radius in enumerate(np.arange(LANE_M, RADIUS_M, LANE_M)):
            gap = min(LANE_M / 2 / radius, np.pi / UAVS)
            ends = 2 * np.pi * uav / UAVS + gap, 2 * np.pi * (uav + 1) / UAVS - gap
            angle = np.linspace(*(ends if count % 2 == 0 else ends[::-1]), 100)
            points.append(radius * np.column_stack([np.cos(angle), np.sin(angle)]))
        lines.append(cut(np.concatenate(points), budget_m / UAVS))
    return lines


def greedy(p: Floats, budget_m: float) -> list[Floats]:
    """Always to the neighbouring cell from which most unseen mass is seen; at random where there is none."""
    random = np.random.default_rng(0)
    left = np.pad(p, 2)
    east, north = np.meshgrid(np.arange(-2, 3), np.arange(-2, 3))
    disc = np.hypot(east, north) * GRID.width_m <= RANGE_M
    steps = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if r or c]
    at = [
        np.array([GRID.rows // 2, GRID.columns // 2]) + (2 if uav else 0) * np.array([uav % 3 - 1, uav % 2])
        for uav in range(UAVS)
    ]
    lines = [[each] for each in at]
    for _ in range(int(budget_m / UAVS / GRID.width_m)):
        for line in lines:
            here = line[-1]
            around = [here + step for step in steps]
            around = [each for each in around if (each >= 0).all() and (each < GRID.shape).all()]
            mass = [(left[r : r + 5, c : c + 5] * disc).sum() for r, c in around]
            line.append(around[int(np.argmax(mass))] if max(mass) > 0 else around[random.integers(len(around))])
            r, c = line[-1]
            left[r : r + 5, c : c + 5][disc] = 0
    cells = [np.array(line) @ [GRID.columns, 1] for line in lines]
    return [cut(GRID.middles_m(each), budget_m / UAVS) for each in cells]


def find_sarenv() -> dict[str, Callable[[Floats, float], list[Floats]]]:
    """SAREnv's own planners, if the package is installed."""
    try:
        paths = importlib.import_module("sarenv.analytics.paths")
    except ImportError:
        return {}
    edge = GRID.west_m, GRID.south_m, GRID.west_m + 2 * -GRID.west_m, GRID.south_m + 2 * -GRID.south_m

    def asked(name: str) -> Callable[[Floats, float], list[Floats]]:
        def plan(p: Floats, budget_m: float) -> list[Floats]:
            lines: list[Any] = getattr(paths, name)(
                center_x=0.0, center_y=0.0, max_radius=RADIUS_M, fov_deg=45.0, altitude=80.0, overlap=0.25,
                num_drones=UAVS, path_point_spacing_m=10.0, transition_distance_m=50.0, border_gap_m=15.0,
                probability_map=p, bounds=edge, budget=budget_m,
            )  # fmt: skip
            return [np.asarray(line.coords) for line in lines if not line.is_empty]

        return plan

    names = ("spiral", "concentric_circles", "pizza_zigzag", "greedy")
    return {f"SAREnv {name}": asked(f"generate_{name}_path") for name in names}


def shared(line: Floats, budget_m: float) -> list[Floats]:
    """A line in equal parts for all, each cut to its budget."""
    walked = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    ends = np.searchsorted(walked, np.linspace(0, walked[-1], UAVS + 1))
    return [cut(line[a : b + 1], budget_m / UAVS) for a, b in pairwise(ends.tolist())]


def cut(line: Floats, length_m: float) -> Floats:
    """The beginning of a line."""
    walked = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    return line[: int(np.searchsorted(walked, length_m, "right"))]
