"""Search planning measured, one command: prints Markdown for benchmarks/RESULTS.md.

    python -m benchmarks.rescue.planning [--only allocation,map,update,tracks,sight,periods,paths] [--seed 7]

All ground, tracks and subjects are simulated. paths: our planner beside the four families of the SAREnv data set's
planners, written anew here, and beside SAREnv itself where that package is installed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from benchmarks.rescue import path_race
from benchmarks.routing.figures import Report, machine, short
from location_cloud.searches import evidence, poa
from location_cloud.searches.allocation import allocate
from location_cloud.searches.allocation_periods import allocate_periods
from location_cloud.searches.bayes import after_search, begin, probability
from location_cloud.searches.cells import Floats, Grid, grid_around
from location_cloud.searches.cost_distance import walking_time_s
from location_cloud.searches.landing import landing_sites
from location_cloud.searches.motion import as_matrix, walking
from location_cloud.searches.rings import fit_ring, ring_map
from location_cloud.searches.tracks_pod import track_coverage
from location_cloud.searches.viewshed import viewshed

MILLION = grid_around((0.0, 0.0), 10_000, 20)
HIKER = (25, 50, 75, 95), (600, 1800, 3200, 9900)


def main() -> None:
    """Measures everything that was asked and prints it."""
    parser = argparse.ArgumentParser(prog="benchmarks.rescue.planning", description=__doc__.split("\n")[0])
    parser.add_argument("--only", default=",".join(RACES), help=f"some of {', '.join(RACES)}")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--areas", type=int, default=6, help="simulated areas of paths [6]")
    asked = parser.parse_args()
    if unknown := set(asked.only.split(",")) - set(RACES):
        parser.error(f"--only {','.join(sorted(unknown))}: choose among {', '.join(RACES)}")
    report = Report()
    report.say(f"{machine()}; milliseconds are processor time on one core.")
    for race in asked.only.split(","):
        report.say()
        report.say(f"### {race}")
        RACES[race](asked, report)
    if report.goals:
        report.tell_goals()


def run_allocation(asked: argparse.Namespace, report: Report) -> None:
    """Effort of several resources, to a gap of 1e-4 of the mass."""
    report.head("cells x resources", "ms", "gap", "POS", "block ascent, 2 s at most: ms", "its gap")
    for cells, resources in ((10_000, 1), (50, 5), (500, 20), (2000, 20), (10_000, 8)):
        random = np.random.default_rng(asked.seed)
        p = random.gamma(0.5, size=cells)
        p /= p.sum()
        ground = random.uniform(0.1, 1, (cells, 1)) * random.uniform(0.3, 2, (1, resources))
        rate = ground * random.uniform(0.5, 1.5, (cells, resources)) * (random.random((cells, resources)) > 0.1)
        there_is = random.uniform(0.5, 2, resources) * cells / resources
        spent_ms, found = timed(asked.rounds, lambda p=p, rate=rate, t=there_is: allocate(p, rate, t, 1e-4))
        ascent_ms, gap = block_ascent(p, rate, there_is, 1e-4, most_s=2.0)
        report.row(
            f"{cells} x {resources}",
            short(spent_ms),
            f"{found.gap:.1e}",
            f"{found.pos:.4f}",
            short(ascent_ms),
            f"{gap:.1e}",
        )
        if (cells, resources) == (2000, 20):
            report.limit("allocation of 2,000 cells x 20 resources to 1e-4", spent_ms, 1000, "ms")
            report.limit("its gap", found.gap * 1e4, 1, "parts in 10,000 of the mass")


def block_ascent(p: Floats, rate: Floats, there_is: Floats, gap: float, most_s: float) -> tuple[float, float]:
    """What the plain way takes: each resource in turn exactly, until the gap or the time is reached."""
    effort = np.zeros_like(rate)
    begun = time.process_time()
    while True:
        for r in range(rate.shape[1]):
            others = np.exp(-(rate * effort).sum(axis=1) + rate[:, r] * effort[:, r])
            effort[:, r] = allocate(p * others, rate[:, r], there_is[r]).effort[:, 0]
        gain = (p * np.exp(-(rate * effort).sum(axis=1)))[:, None] * rate
        now = float((there_is * gain.max(axis=0)).sum() - (gain * effort).sum())
        spent_s = time.process_time() - begun
        if now <= gap or spent_s > most_s:
            return spent_s * 1000, now


def run_map(asked: argparse.Namespace, report: Report) -> None:
    """A map of a million cells of all layers."""
    grid, random = MILLION, np.random.default_rng(asked.seed)
    height, factor, feature, lines = simulated_ground(grid, random)
    offset = evidence.offset_m(grid, lines)
    layers: dict[str, Callable[[], Floats]] = {
        "distance ring": lambda: ring_map(grid, (0, 0), fit_ring(*HIKER)),
        "travel time": lambda: evidence.within_time(walking_time_s(grid, (0, 0), factor, height), 4 * 3600),
        "direction": lambda: evidence.about_direction(grid, (0, 0), 40, 45),
        "track offset (lines' distances kept)": lambda: evidence.near_lines(
            offset, fit_ring([50, 75, 95], [50, 150, 500])
        ),
        "find features": lambda: evidence.at_features(feature, {0: 0.25, 1: 0.14, 2: 0.13, 3: 0.13}),
        "clue": lambda: evidence.near_clue(grid, (900, 700), 300, 8),
        "phone ellipse": lambda: evidence.phone_ellipse(grid, (1000, 800), 2500, 1200, 30),
        "phone sector": lambda: evidence.phone_sector(grid, (3000, 0), 270, 65, 1000, 5000),
    }
    report.head(f"layer of {grid.size:,} cells", "ms", "share of the map that it moves")
    spent, values = {}, []
    for name, draw in layers.items():
        spent[name], value = timed(asked.rounds, draw)
        values.append(poa.Layer(name, value))
    combine_ms, found = timed(asked.rounds, lambda: poa.combine(values))
    for name, ms in spent.items():
        report.row(name, short(ms), f"{found.shares[name]:.2f}")
    report.row("product of all, with shares", short(combine_ms), "")
    distances_ms, _ = timed(2, lambda: evidence.offset_m(grid, lines))
    report.row("distances to lines, once for a search", short(distances_ms), "")
    total = sum(spent.values()) + combine_ms
    report.row("**all**", short(total), f"rest of world {found.rest_of_world:.2f}")
    report.limit("probability map of a million cells", total, 500, "ms")
    masses = ring_map(grid, (0, 0), fit_ring(*HIKER))
    inside = [f"{masses[grid.distance_m((0, 0)) <= each].sum():.4f}" for each in HIKER[1]]
    report.say(f"Mass within the published 25, 50, 75, 95 % rings: {', '.join(inside)}.")


def run_update(asked: argparse.Namespace, report: Report) -> None:
    """A search that found nobody, on a million cells."""
    random = np.random.default_rng(asked.seed)
    covered = random.exponential(0.3, MILLION.size)
    report.head("update and normalised answer", "ms")
    for name, responsive in (("one state", None), ("responsive and unresponsive", 0.8)):
        belief = begin(random.random(MILLION.size), 0.05, responsive)
        spent_ms, _ = timed(asked.rounds * 2, lambda b=belief: probability(after_search(b, coverage=covered)))
        report.row(name, short(spent_ms))
        if responsive is None:
            report.limit("update of a million cells", spent_ms, 20, "ms")


def run_tracks(asked: argparse.Namespace, report: Report) -> None:
    """Coverage from tracks, no segment drawn."""
    random = np.random.default_rng(asked.seed)
    lines = [np.cumsum(random.normal(0, 12, (3600, 2)), axis=0) + random.uniform(-4000, 4000, 2) for _ in range(40)]
    spent_ms, found = timed(asked.rounds, lambda: track_coverage(MILLION, lines, 60.0))
    length_m = sum(float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in lines)
    report.say(
        f"{length_m / 1000:.0f} km of simulated tracks, {40 * 3600:,} fixes on a million cells: {short(spent_ms)} ms."
    )
    report.say(f"Area swept over length x width: {found.sum() * MILLION.cell_m2 / (60 * length_m):.4f}.")


def run_sight(asked: argparse.Namespace, report: Report) -> None:
    """Viewsheds and landing sites of a million cells."""
    random = np.random.default_rng(asked.seed)
    height, _, feature, _ = simulated_ground(MILLION, random)
    view_ms, seen = timed(asked.rounds, lambda: viewshed(MILLION, height, (0, 0), 15))
    near_ms, _ = timed(asked.rounds, lambda: viewshed(MILLION, height, (0, 0), 15, reach_m=3000))
    land_ms, sites = timed(asked.rounds, lambda: landing_sites(MILLION, height, feature >= 0, diameter_m=60))
    report.head("a million cells", "ms", "found")
    report.row("viewshed, all", short(view_ms), f"{seen.mean():.2f} seen")
    report.row("viewshed, 3 km", short(near_ms), "")
    report.row("landing sites", short(land_ms), len(sites))


def run_periods(asked: argparse.Namespace, report: Report) -> None:
    """Effort over periods for a moving subject."""
    grid = grid_around((0.0, 0.0), 2500, 100)
    move = as_matrix(walking(grid, np.full(grid.shape, 1.0, np.float32)), 3600)
    p = ring_map(grid, (0, 0), fit_ring(*HIKER)).ravel()
    rate = np.random.default_rng(asked.seed).uniform(0.05, 0.2, (grid.size, 4))
    spent_ms, plan = timed(2, lambda: allocate_periods(p, [rate] * 4, [np.full(4, 300.0)] * 4, move, gap=1e-4))
    report.say(
        f"{grid.size} cells x 4 resources x 4 hours: {short(spent_ms)} ms, POS {plan.pos:.4f}, gap {plan.gap:.1e}."
    )


def run_paths(asked: argparse.Namespace, report: Report) -> None:
    """Paths of five UAVs."""
    path_race.run(asked.seed, asked.areas, report)


def simulated_ground(
    grid: Grid, random: np.random.Generator
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any], list[Floats]]:
    """Heights, walking factors, kinds of place and lines that nobody has ever seen."""
    hills = gaussian_filter(random.normal(size=grid.shape).astype(np.float32), 25)
    height = (hills / hills.std() * 60).astype(np.float32)
    patch = gaussian_filter(random.normal(size=grid.shape).astype(np.float32), 8)
    patch /= patch.std()
    factor = np.select([patch > 2, patch > 1, patch > 0], [0.0, 0.5, 0.7], 1.0).astype(np.float32)
    feature = np.select([patch > 1.5, patch > 1, patch < -1.5], [0, 1, 2], -1).astype(np.int8)
    lines = [np.cumsum(random.normal(0, 60, (400, 2)), axis=0) + random.uniform(-8000, 8000, 2) for _ in range(60)]
    return height, factor, feature, lines


def timed(rounds: int, work: Callable[[], Any]) -> tuple[float, Any]:
    """The least milliseconds of processor time of some rounds, after one that is not counted, and what came out.

    All of it runs on one core: on a machine of its own that is the time that passes.
    """
    found, best = work(), np.inf
    for _ in range(rounds):
        begun = time.process_time()
        found = work()
        best = min(best, time.process_time() - begun)
    return best * 1000, found


RACES: dict[str, Callable[[argparse.Namespace, Report], None]] = {
    "allocation": run_allocation,
    "map": run_map,
    "update": run_update,
    "tracks": run_tracks,
    "sight": run_sight,
    "periods": run_periods,
    "paths": run_paths,
}


if __name__ == "__main__":
    main()
