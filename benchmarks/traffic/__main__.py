"""Estimated speeds scored against the simulator's truth, and what a refresh costs: prints Markdown for RESULTS.md.

    python -m benchmarks.traffic [--only speeds,jams,refresh,chain] [--shares 0.5,1,2,5,10] [--vehicles 20000]
                                 [--copies 2] [FILE.osm.pbf]

A working day's morning is simulated (7:00 to 8:30, scored from 7:30): rush hours, hot spots, signals, noise of devices.
Probes are a share of all vehicles; all else is known to the simulator alone. Each share is scored four times: with true
drives and with what matching makes of the fixes; against class and signs alone, and against a week learned from five
earlier mornings of as many probes (true drives). Everything is simulated: real cities are less regular.

Errors are medians of |said / true - 1|: of the speed on edges that a probe drove in the last quarter of an hour (true
= length over mean time of a drive along it then), of filled edges that some vehicle drove, of times of trips of about a
quarter of an hour at the speeds of their slot. `jams` are edges of incidents, four in a row at 30 % of their speed.
Refresh: processor time of `EdgeSpeeds.at` on `copies` squared copies of the city, with all drives of an hour kept.
Chain, on the same copies: a batch of 10,000 fixes from the store to a route that heeds it, and all that is made anew
every ten seconds: estimate, picture, tiles, and the metrics of every profile of motor vehicles.
Imported homes are kept below .parts/bench/traffic-NAME.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.routing.cities import BENCH, CLOUD, replicate
from benchmarks.routing.figures import Report, machine, short
from benchmarks.routing.lockstep import ROOT
from benchmarks.traffic import chain, score
from location_cloud.traffic.estimate import EdgeSpeeds
from location_cloud.traffic.recent import KEPT_S
from routing.match_result import Traversals

DAY, HISTORY_DAYS = 7, range(5)
"""Days after Monday, 23 November 2026: scored is the Monday after the week that is learned from."""

PARTS = ("speeds", "jams", "refresh", "chain")

JAM_SHARE = 2.0
"""Percent of vehicles that are probes where jams are scored."""


def main() -> None:
    """Measures everything and prints it."""
    parser = argparse.ArgumentParser(prog="benchmarks.traffic", description=__doc__.split("\n")[0])
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "data/demo/helsinki-centre.osm.pbf")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--shares", default="0.5,1,2,5,10", help="percent of vehicles that are probes")
    parser.add_argument("--vehicles", type=int, default=20_000, help="in the city [20000]")
    parser.add_argument("--copies", type=int, default=2, help="the refresh is measured on so many squared copies [2]")
    parser.add_argument("--home", type=Path, help="an imported home to use instead of FILE")
    parser.add_argument("--large-home", type=Path, help="the same for the refresh")
    asked = parser.parse_args()
    parts = asked.only.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"--only {','.join(sorted(unknown))}: choose among {', '.join(PARTS)}")
    name, report = asked.file.name.split(".")[0].split("-")[0], Report()
    report.say(f"{machine()}")
    if {"speeds", "jams"} & set(parts):
        town = score.open_town(asked.home or _import(name, asked.file))
        cars = int((~np.isnan(town.plain.free_flow_kmh)).sum())
        report.say(f"{name}: {cars:,} edges with cars, {asked.vehicles:,} simulated vehicles")
    if "speeds" in parts:
        _race(town, [float(share) for share in asked.shares.split(",")], asked.vehicles, report)
    if "jams" in parts:
        _score_jams(town, asked.vehicles, report)
    if {"refresh", "chain"} & set(parts):
        home = asked.large_home or _import(f"{name}-{asked.copies}x{asked.copies}", asked.file, asked.copies)
        large = score.open_town(home)
    if "refresh" in parts:
        _measure_refresh(large, report)
    if "chain" in parts:
        chain.measure(home, large, report)
    report.tell_goals()


def _race(town: score.Town, shares: list[float], vehicles: int, report: Report) -> None:
    errors = ("speed error %", "filled %", "all driven %", "route error %", "route bias %")
    report.head("probes, drives, reference", *errors, "live way %", "filled way %", "edges", "trips")
    for share in shares:
        today = score.drive_day(town, DAY, vehicles, share / 100)
        past = [score.true_traversals(score.drive_day(town, day, vehicles, share / 100)) for day in HISTORY_DAYS]
        references = {"no history": town.plain, "5 mornings": score.learned_reference(town, past)}
        drives = {"true": score.true_traversals(today), "matched": score.matched_traversals(today, town)}
        for how, traversals in drives.items():
            for what, reference in references.items():
                found = score.score(town, today, traversals, reference)
                rest = found.filled, found.driven, found.routes, found.bias, found.live_share, found.filled_share
                percents = [short(100 * each) for each in (found.probed, *rest)]
                report.row(f"{share:g} %, {how}, {what}", *percents, f"{found.edges:,}", f"{found.trips:,}")
                if share == 2.0:
                    report.limit(f"speed error at 2 % probes, {how}, {what}", 100 * found.probed, 15.0, "%")
                    report.limit(f"route error at 2 % probes, {how}, {what}", 100 * found.routes, 10.0, "%")


def _score_jams(town: score.Town, vehicles: int, report: Report) -> None:
    report.head("jams, true drives at 2 % probes", "edges live", "error %", "bias %", "told as slow or worse %")
    found = score.score_jams(town, DAY, vehicles, JAM_SHARE / 100)
    percents = [short(100 * each) for each in (found.error, found.bias, found.told)]
    report.row("no history", f"{found.live} of {found.edges}", *percents)


def _measure_refresh(town: score.Town, report: Report) -> None:
    """Random drives on every third edge: more than probes of a city give."""
    chosen = np.random.default_rng(1)
    cars = np.flatnonzero(~np.isnan(town.plain.free_flow_kmh))
    count, now_s = min(100_000, len(cars)), 1_763_942_400.0
    edge = chosen.choice(cars, count).astype(np.int32)
    seconds = town.city.expected_s[edge] * chosen.lognormal(0.3, 0.25, count)
    leave_s = now_s - chosen.uniform(0, 0.9 * KEPT_S, count)
    zeros, ones = np.zeros(count, np.int32), np.ones(count, np.float32)
    vehicle = chosen.integers(0, 5000, count).astype(np.int32)
    drives = Traversals(vehicle, edge, leave_s - seconds, leave_s, zeros.astype(np.float32), ones, ones, zeros, zeros)
    speeds = EdgeSpeeds(town.roads, town.plain)
    speeds.add(drives)
    speeds.at(now_s)
    spent = []
    for turn in range(9):
        speeds.add(score.rows_of(drives, np.arange(turn * 1000, turn * 1000 + 1000)))
        begun = time.process_time()
        speeds.at(now_s + turn)
        spent.append(1000 * (time.process_time() - begun))
    edges = len(town.city.keys)
    report.head("refresh", "edges", "with cars", "drives kept", "CPU ms, least and median")
    middle = float(np.median(spent))
    report.row("estimate and fill", f"{edges:,}", f"{len(cars):,}", f"{count:,}", f"{min(spent):.0f}, {middle:.0f}")
    report.limit(f"estimate of {edges:,} edges, processor", middle, 60.0, "ms")


def _import(name: str, file: Path, copies: int = 1) -> Path:
    """A home with the extract, or copies of it side by side; what is there is kept."""
    folder = BENCH / f"traffic-{name}"
    home = folder / "home"
    if not (home / "current").exists():
        folder.mkdir(parents=True, exist_ok=True)
        if copies > 1:
            replicate(file, folder / "city.osm.pbf", copies)
            file = folder / "city.osm.pbf"
        environment = {**os.environ, "LOCATION_CLOUD_HOME": str(home)}
        subprocess.run([*CLOUD, "import", str(file)], check=True, env=environment, stdout=sys.stderr)
    return home


if __name__ == "__main__":
    main()
