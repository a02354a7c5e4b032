"""What the units that are free can reach, what is left when some are sent, and where they should wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.model import Place
from location_cloud.directions.service import get_roads, local_time
from location_cloud.directions.service_arrivals import find_reach, find_times, usable_segments
from location_cloud.dispatch import store
from location_cloud.dispatch.cell_times import Cells, Grid, cell_times_s, count_points, find_cells, squares
from location_cloud.dispatch.covering import Cover, assign, choose_keeping, find_cover
from location_cloud.dispatch.duty import why_not
from location_cloud.dispatch.model import LonLat, Unit
from location_cloud.dispatch.service import UNIT_RADIUS_M, Conditions, Ranking
from location_cloud.dispatch.service_units import positions_of
from location_cloud.errors import TooLarge, Unprocessable

if TYPE_CHECKING:
    from location_cloud.storage.world import World

MOST_CELLS = 50_000
"""Of one answer."""

MOST_POINTS, GRIDS_KEPT = 10_000_000, 2
"""Points on roads that times are taken at, 12 bytes each, and sets of cells that a process keeps."""

MOST_DEMANDS, MOST_SITES = 1500, 200
"""Places that coverage is counted at where none are told, and sites that are chosen among."""

FIRST_SQUARE_M = 500.0
"""Squares that demands are taken from, doubled until there are few enough."""

SOLVE_S = 3.0
"""That the exact way of choosing sites may take."""


@dataclass(frozen=True, eq=False)
class Free:
    """A unit that may be sent, and where it is."""

    unit: Unit
    lonlat: LonLat
    profile: str

    @property
    def turnout_s(self) -> float:
        """Until it moves: who is on the road already sits in the vehicle."""
        return self.unit.turnout_s if self.unit.status == "available" else 0.0


@dataclass(frozen=True, eq=False)
class Coverage:
    """Times to every cell that has roads: seconds (n,), inf = beyond the limit. units: who counts."""

    grid: Grid
    cells: Cells
    seconds: NDArray[np.float64]
    units: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Demand:
    """Places where help may be needed, (n, 2) degrees, and how much each counts. source: where they come from."""

    lonlat: NDArray[np.float64]
    weight: NDArray[np.float64]
    source: str


@dataclass(frozen=True, eq=False)
class Relocation:
    """Where units should wait. sites: (m, 2) degrees. cover: which of them, and what they cover of `total`; now: what
    the units cover where they are. moves: (unit, site, seconds of its drive there).
    """

    sites: NDArray[np.float64]
    cover: Cover
    total: float
    now: float
    moves: tuple[tuple[str, int, float], ...]
    demand: Demand


@dataclass(frozen=True)
class Kept:
    """Units chosen so that what is left covers most: of `total`, before and after they are gone."""

    units: tuple[str, ...]
    before: float
    after: float
    total: float


def list_free(
    world: World, tenant: str, conditions: Conditions, age_s: float, now: datetime, names: Sequence[str] = ()
) -> list[Free]:
    """The units that may be sent now, by id. names: only these; () = all."""
    with world.live.read() as connection:
        units = [unit for unit in store.list_units(connection, tenant) if not names or unit.id in names]
    here = local_time(world, now)
    assert here is not None, "a time was given"
    found = []
    for unit, position in zip(units, positions_of(world.live, tenant, units)):
        if position is not None and why_not(unit, position, (), here, age_s) is None:
            found.append(Free(unit, position.lonlat, conditions.profile(unit)))
    return found


def find_coverage(
    world: World, tenant: str, free: Sequence[Free], conditions: Conditions, grid: Grid | None, limit_s: float
) -> Coverage:
    """When the first of the free units is in each cell: one search forward from all of them, for each way of moving.

    grid: None = squares of FIRST_SQUARE_M. A cell's time is that of the first of its road points to be reached, turnout
    included. Raises TooLarge over MOST_CELLS.
    """
    roads = get_roads(world)
    grid = grid or squares(roads, FIRST_SQUARE_M)
    profiles = sorted({each.profile for each in free})
    cells = _cells(world, grid, profiles[0] if profiles else "car")
    if len(cells) > MOST_CELLS:
        raise TooLarge(f"{len(cells):,} cells; the most is {MOST_CELLS:,}", hint="ask for larger cells")
    seconds = np.full(len(cells), np.inf)
    for profile in profiles:
        members = [each for each in free if each.profile == profile]
        places = [Place(each.lonlat, UNIT_RADIUS_M) for each in members]
        share = conditions.drive_share
        delays_s = [each.turnout_s * share for each in members]  # all is divided by the share below
        ask = conditions.ask(profile, tenant)
        found = find_reach(world, ask, places, delays_s, limit_s * share)
        times = cell_times_s(cells, *found) / share
        np.minimum(seconds, times, out=seconds)
    _count_own_cells(seconds, cells, grid, free)
    seconds[seconds > limit_s] = np.inf
    return Coverage(grid, cells, seconds, tuple(each.unit.id for each in free))


def keep_coverage(
    world: World, tenant: str, ranking: Ranking, count: int, limit_s: float, slack_s: float, demand: Demand | None
) -> Kept:
    """`count` of the ranked units, chosen so that what is left covers most within limit_s: none is later than the unit
    that would be the last of so many, by more than slack_s.
    """
    offered = ranking.offered
    latest_ms = (offered[:count][-1].eta_ms or 0) + slack_s * 1000 if offered else 0.0
    candidates = [at for at, offer in enumerate(offered) if (offer.eta_ms or 0) <= latest_ms]
    found = demand or default_demand(world, offered[0].profile if offered else "car")
    free = [Free(each.unit, each.position.lonlat, each.profile) for each in offered if each.position is not None]
    times = _times_s(world, tenant, free, ranking.question.conditions, found)
    is_covered = np.less_equal(times.T, limit_s)
    chosen, before, after = choose_keeping(is_covered, found.weight, candidates, count)
    return Kept(tuple(offered[at].unit.id for at in chosen), before, after, float(found.weight.sum()))


def relocate(
    world: World,
    tenant: str,
    free: Sequence[Free],
    conditions: Conditions,
    sites: Sequence[LonLat],
    limit_s: float,
    count: int,
    demand: Demand | None,
) -> Relocation:
    """Where `count` units should wait so that most lies within limit_s of one, and which unit drives where.

    sites: where they may; () = the stations of all units. Times from a site are those of the first free unit's way of
    moving, without turnout. Raises Unprocessable without a site or a free unit, TooLarge over MOST_SITES.
    """
    if not free:
        raise Unprocessable("no unit is free", hint="GET /v1/units tells their status, shift and position")
    places = np.array(list(sites) or _stations(world, tenant), np.float64).reshape(-1, 2)
    if not len(places):
        raise Unprocessable("there is no site to wait at", hint='name some ("sites"), or stations of units')
    if len(places) > MOST_SITES:
        raise TooLarge(f"{len(places)} sites; the most is {MOST_SITES}", hint="leave some out")
    profile = free[0].profile
    found = demand or default_demand(world, profile)
    ask = conditions.ask(profile, tenant)
    reach_s = find_times(world, ask, places, found.lonlat, UNIT_RADIUS_M) / conditions.drive_share
    cover = find_cover(np.less_equal(reach_s.T, limit_s), found.weight, min(count, len(free)), SOLVE_S)
    own_s = _times_s(world, tenant, free, conditions, found, with_turnout=False)
    here = float(found.weight[(own_s <= limit_s).any(axis=0)].sum())
    there = places[list(cover.sites)]
    drives_s = find_times(world, ask, np.array([each.lonlat for each in free]), there, UNIT_RADIUS_M)
    drives_s /= conditions.drive_share
    moves = tuple(
        (free[row].unit.id, cover.sites[column], float(drives_s[row, column])) for row, column in assign(drives_s)
    )
    return Relocation(places, cover, float(found.weight.sum()), here, moves, found)


def squares_of(world: World, size_m: float) -> Grid:
    """Squares of so many metres over the roads."""
    return squares(get_roads(world), size_m)


def default_demand(world: World, profile: str) -> Demand:
    """A place on a road in each square of the ground that has roads, all alike; the squares as small as MOST_DEMANDS
    allows. Kept with the roads.
    """
    roads = get_roads(world)
    kept: dict[str, Demand] = roads.__dict__.setdefault("dispatch demand", {})
    if profile not in kept:
        may_use, size_m = usable_segments(world, profile), FIRST_SQUARE_M
        while True:
            cells = find_cells(roads, squares(roads, size_m), may_use)
            if int(cells.is_usable.sum()) <= MOST_DEMANDS:
                break
            size_m *= 2
        lonlat = cells.lonlat[cells.is_usable]
        kept[profile] = Demand(lonlat, np.ones(len(lonlat)), f"squares of {size_m:g} m that have roads, all alike")
    return kept[profile]


def _cells(world: World, grid: Grid, profile: str) -> Cells:
    roads = get_roads(world)
    kept: dict[Any, Cells] = roads.__dict__.setdefault("dispatch cells", {})
    if grid not in kept:
        if (count := count_points(roads, grid)) > MOST_POINTS:
            raise TooLarge(f"{count:,} points on roads; the most is {MOST_POINTS:,}", hint="ask for larger cells")
        if len(kept) >= GRIDS_KEPT:
            kept.clear()
        kept[grid] = find_cells(roads, grid, usable_segments(world, profile))
    return kept[grid]


def _count_own_cells(seconds: NDArray[np.float64], cells: Cells, grid: Grid, free: Sequence[Free]) -> None:
    """The cell that a unit stands in is reached when it moves: the search tells only when it comes back."""
    if not free or not len(cells):
        return
    columns, rows = grid.index(np.array([each.lonlat for each in free]))
    place = {cell: at for at, cell in enumerate(zip(cells.column.tolist(), cells.row.tolist()))}
    for cell, each in zip(zip(columns.tolist(), rows.tolist()), free):
        if cell in place:
            seconds[place[cell]] = min(seconds[place[cell]], each.turnout_s)


def _times_s(
    world: World,
    tenant: str,
    free: Sequence[Free],
    conditions: Conditions,
    demand: Demand,
    with_turnout: bool = True,
) -> NDArray[np.float64]:
    """(units, demands) seconds until each unit is at each place, inf = no way."""
    times = np.full((len(free), len(demand.lonlat)), np.inf)
    for profile in sorted({each.profile for each in free}):
        members = [at for at, each in enumerate(free) if each.profile == profile]
        sources = np.array([free[at].lonlat for at in members])
        found = find_times(world, conditions.ask(profile, tenant), sources, demand.lonlat, UNIT_RADIUS_M)
        turnout_s = np.array([free[at].turnout_s if with_turnout else 0.0 for at in members])
        times[members] = turnout_s[:, None] + found / conditions.drive_share
    return times


def _stations(world: World, tenant: str) -> list[LonLat]:
    with world.live.read() as connection:
        units = store.list_units(connection, tenant)
    return sorted({unit.station_lonlat for unit in units if unit.station_lonlat is not None})
