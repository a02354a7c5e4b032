"""How far estimated speeds lie off the simulator's true ones, from true drives and through matching."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.directions.dataset import Directions
from location_cloud.directions.live import edge_keys
from location_cloud.directions.typical import Typical
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import Roads
from location_cloud.simulator.drives import simulate
from location_cloud.simulator.model import SLOT_S, Drives, Incident
from location_cloud.storage.snapshot import Snapshots
from location_cloud.traffic.archive import Told
from location_cloud.traffic.estimate import EdgeSpeeds
from location_cloud.traffic.history import add_sums, count_drives, no_sums
from location_cloud.traffic.learn import City, as_driven, match_told
from location_cloud.traffic.model import FILLED, LIVE, SLOW, Estimate
from location_cloud.traffic.profile import learn_profile
from location_cloud.traffic.reference import Reference, plain_reference
from routing.match_network import build_match_network
from routing.match_result import Traversals

MORNING_H = (7.0, 8.5)
"""Simulated; the first half hour fills the roads and is not scored."""

ROUTE_S = (600.0, 1500.0)
"""Routes of about a quarter of an hour: trips whose true time at the true speeds of one slot lies between."""


@dataclass(frozen=True, eq=False)
class Town:
    """A snapshot's roads, and what drives are matched and learned on."""

    roads: Roads
    directions: Directions
    city: City
    plain: Reference


def open_town(home: Path) -> Town:
    """The current snapshot of a home."""
    snapshots = Snapshots(home)
    current = snapshots.current_id()
    assert current is not None, f"nothing is imported in {home}"
    snapshot = snapshots.open(current)
    roads, directions = snapshot.section(ROADS), snapshot.section(DIRECTIONS)
    car = directions.networks["car"]
    network = build_match_network(car.graph, directions.index, car.local_ms, roads.seg_length_m)
    plain = plain_reference(roads, directions.zone)
    length_m = np.repeat(roads.seg_length_m, 2)
    city = City(network, edge_keys(roads), length_m, 3.6 * length_m / plain.free_flow_kmh, plain.kind, directions.zone)
    return Town(roads, directions, city, plain)


def drive_day(
    town: Town, day: int, vehicles: int, share: float, incidents: Sequence[Incident] = (), seed: int = 1
) -> Drives:
    """The morning of a day: day 0 is Monday, 23 November 2026. Of the vehicles a share are probes."""
    begin_s, end_s = (day_s(town, day) + 3600.0 * hour for hour in MORNING_H)
    return simulate(
        town.roads, town.directions.networks["car"], seed=seed, vehicles=vehicles, begin_s=begin_s, end_s=end_s,
        share=share, zone=town.directions.zone, incidents=incidents,
    )  # fmt: skip


def day_s(town: Town, day: int) -> float:
    """When a day begins on the city's clocks, unix seconds."""
    return (datetime(2026, 11, 23, tzinfo=town.directions.zone) + timedelta(days=day)).timestamp()


def true_traversals(drives: Drives) -> Traversals:
    """What the probes drove, as if matched without an error."""
    paths = drives.paths
    rows = np.flatnonzero(drives.reports[paths.vehicle])
    zeros = np.zeros(len(rows), np.int32)
    return Traversals(
        paths.vehicle[rows], paths.edge[rows], paths.enter_s[rows], paths.leave_s[rows], paths.from_fraction[rows],
        paths.to_fraction[rows], np.ones(len(rows), np.float32), zeros, zeros,
    )  # fmt: skip


def matched_traversals(drives: Drives, town: Town) -> Traversals:
    """What the probes' fixes say after matching."""
    fixes = drives.fixes
    told = Told(
        fixes.vehicle, fixes.time_s, fixes.lonlat, *(each.astype(np.float64) for each in (
            fixes.accuracy_m, fixes.heading_deg, fixes.speed_kmh
        )), np.ones(len(fixes), bool),
    )  # fmt: skip
    return match_told(told, town.city.network)


def learned_reference(town: Town, days: list[Traversals]) -> Reference:
    """What some mornings of probes teach."""
    sums = no_sums()
    for day in days:
        driven, expected_s = as_driven(day, town.city)
        sums = add_sums([sums, count_drives(driven, expected_s)[0]])
    plain, city = town.plain, town.city
    learned = learn_profile(sums, city.keys, plain.kind, plain.free_flow_kmh, city.length_m)
    steps = np.clip(np.rint(np.nan_to_num(learned.usual_kmh) / 0.5), 0, 255).astype(np.uint8)
    is_learned = learned.free_flow_kmh > 0
    free = np.where(is_learned, learned.free_flow_kmh, plain.free_flow_kmh).astype(np.float32)
    typical = Typical(steps, np.arange(168, dtype=np.uint8))
    return Reference(free, is_learned, plain.kind, typical, plain.zone, plain.levels, plain.decay_s)


@dataclass(frozen=True)
class Score:
    """Median absolute relative errors: of speeds on edges that probes drove in the slot, on filled ones, of all that
    cars drove; of route times. bias: median relative error of routes. live, filled: shares of driven ways (metres).
    """

    probed: float
    filled: float
    driven: float
    routes: float
    bias: float
    live_share: float
    filled_share: float
    edges: int
    trips: int


def score(town: Town, drives: Drives, traversals: Traversals, reference: Reference) -> Score:
    """The errors at the end of each slot of the last hour."""
    errors: dict[str, list[NDArray[np.float64]]] = {name: [] for name in ("probed", "filled", "driven", "routes")}
    shares, probed = np.zeros(3), drives.probed()
    for slot, estimate, true in estimates(town, drives, traversals, reference):
        begin_s = float(drives.truth.slot_s[slot])
        off = np.abs(estimate.kmh - true) / true
        metres = _driven_m(drives, town, begin_s)
        is_driven = (metres > 0) & (true > 0)
        errors["probed"].append(off[(probed[slot] > 0) & (estimate.source == LIVE) & (true > 0)])
        errors["filled"].append(off[is_driven & (estimate.source == FILLED)])
        errors["driven"].append(off[is_driven & ~np.isnan(off)])
        shares += [metres[estimate.source == LIVE].sum(), metres[estimate.source == FILLED].sum(), metres.sum()]
        errors["routes"].append(np.array(list(_route_errors(drives, town, begin_s, estimate, true, reference))))
    found = {name: np.concatenate(each) for name, each in errors.items()}
    middle = {name: float(np.median(np.abs(each))) for name, each in found.items()}
    return Score(
        **middle, bias=float(np.median(found["routes"])), live_share=float(shares[0] / shares[2]),
        filled_share=float(shares[1] / shares[2]), edges=len(found["probed"]), trips=len(found["routes"]),
    )  # fmt: skip


def estimates(
    town: Town, drives: Drives, traversals: Traversals, reference: Reference
) -> Iterator[tuple[int, Estimate, NDArray[np.float32]]]:
    """(slot, estimate at its end, true speeds of it) of the last four slots; each sees what was driven before."""
    speeds = EdgeSpeeds(town.roads, reference)
    order = np.argsort(traversals.leave_s, kind="stable")
    leave_s, done = traversals.leave_s[order], 0
    for slot, begin_s in enumerate(drives.truth.slot_s.tolist()):
        now_s = begin_s + SLOT_S
        upto = int(np.searchsorted(leave_s, now_s))
        speeds.add(rows_of(traversals, order[done:upto]), True)
        done = upto
        if slot >= 2:
            yield slot, speeds.at(now_s), drives.truth.kmh[slot]


@dataclass(frozen=True)
class Jams:
    """Of edges slowed by incidents, by slot: edges in all, live ones; median error and bias of those; the share of all
    that is told as slow or worse.
    """

    edges: int
    live: int
    error: float
    bias: float
    told: float


def score_jams(town: Town, day: int, vehicles: int, share: float, incidents: int = 30, seed: int = 3) -> Jams:
    """Incidents that slow four edges in a row, where probes drive often on such days, and what is told of them."""
    usual = drive_day(town, day, vehicles, share)
    driven, often = true_traversals(usual), usual.probed().sum(axis=0)
    rows = np.flatnonzero((often[driven.edge] >= 8) & (driven.from_fraction == 0))[:-4]
    chosen = np.random.default_rng(seed).choice(rows, incidents)
    runs = [driven.edge[row : row + 4] for row in chosen if len(set(driven.track[row : row + 4].tolist())) == 1]
    begin_s, end_s = (day_s(town, day) + 3600.0 * hour for hour in (MORNING_H[0] + 0.5, MORNING_H[1]))
    told = [
        Incident("accident", tuple(sorted(set(run.tolist()))), begin_s, end_s, 0.3, "simulated jam") for run in runs
    ]
    drives = drive_day(town, day, vehicles, share, told)
    edges, found = np.unique(np.concatenate(runs)), []
    for _, estimate, true in estimates(town, drives, true_traversals(drives), town.plain):
        is_live = estimate.source[edges] == LIVE
        off = estimate.kmh[edges] / true[edges] - 1.0
        found.append(np.column_stack([is_live, off, estimate.level[edges] >= SLOW]))
    table = np.concatenate(found)
    off = table[table[:, 0] > 0, 1]
    return Jams(len(table), len(off), float(np.median(np.abs(off))), float(np.median(off)), float(table[:, 2].mean()))


def rows_of(traversals: Traversals, rows: NDArray[np.int64]) -> Traversals:
    """Some of the traversals."""
    names = Traversals.__dataclass_fields__
    return Traversals(**{name: getattr(traversals, name)[rows] for name in names})


def _driven_m(drives: Drives, town: Town, begin_s: float) -> NDArray[np.float64]:
    """Metres that all vehicles drove on each edge in a slot."""
    paths = drives.paths
    inside = (paths.enter_s >= begin_s) & (paths.enter_s < begin_s + SLOT_S)
    edge = paths.edge[inside]
    share = paths.to_fraction[inside] - paths.from_fraction[inside]
    return np.bincount(edge, share * town.city.length_m[edge], minlength=len(town.city.keys))


def _route_errors(
    drives: Drives, town: Town, begin_s: float, estimate: Estimate, true: NDArray[np.float32], reference: Reference
) -> Iterator[float]:
    """Relative errors of the times of trips that begin in the slot, all at its speeds, turns left aside."""
    paths = drives.paths
    kmh = np.where(np.isnan(estimate.kmh), reference.free_flow_kmh, estimate.kmh)
    with np.errstate(divide="ignore", invalid="ignore"):
        said_s, true_s = 3.6 * town.city.length_m / kmh, 3.6 * town.city.length_m / true
    name = paths.vehicle.astype(np.int64) << 32 | paths.trip
    order = np.argsort(name, kind="stable")
    first = np.flatnonzero(np.diff(name[order], prepend=-1))
    span = paths.to_fraction[order] - paths.from_fraction[order]
    edge = paths.edge[order]
    starts = paths.enter_s[order][first]
    totals = [np.add.reduceat(span * each[edge], first) for each in (said_s, true_s)]
    long_enough = (totals[1] > ROUTE_S[0]) & (totals[1] < ROUTE_S[1]) & np.isfinite(totals[0])
    for trip in np.flatnonzero(long_enough & (starts >= begin_s) & (starts < begin_s + SLOT_S)).tolist():
        yield float(totals[0][trip] / totals[1][trip] - 1.0)
