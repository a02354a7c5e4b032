"""The question where to patrol next: round the cells longest unseen and the places told, within a time, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from location_cloud.directions.model import Ask, Place, Route
from location_cloud.directions.service import find_routes
from location_cloud.directions.service_arrivals import find_times
from location_cloud.errors import Unprocessable
from location_cloud.patrols.beat_cells import centres_of, codes_of
from location_cloud.patrols.cleaning import Track
from location_cloud.patrols.coverage import find_coverage
from location_cloud.patrols.model import Beat, Floats, Ints, Walked
from location_cloud.patrols.orienteering import Tour, find_tour
from location_cloud.patrols.plane import as_plane, origin_of
from location_cloud.patrols.service import DAY_S, get_beat

if TYPE_CHECKING:
    from location_cloud.storage.world import World

MOST_STOPS = 250
"""Cells and places that are weighed against each other: their matrix takes 50 ms on foot, the tour 0.5 s."""

MOST_GAIN_DAYS = 90.0
"""A cell that nobody saw for longer, or ever, is worth no more: else the rest would never be seen again."""

RADIUS_M = 60.0
"""A cell is visited by a road as near as this to its middle, the length of a cell; others are left to who passes by."""


@dataclass(frozen=True)
class Spot:
    """A place to go to besides cells: an open case, a complaint. gain: worth as many unseen days."""

    lonlat: tuple[float, float]
    gain: float
    name: str = ""


@dataclass(frozen=True, eq=False)
class Stop:
    """One place of a route. code: of the cell, "" where it is a spot. arrive_s: seconds after setting out."""

    code: str
    name: str
    lonlat: tuple[float, float]
    gain: float
    arrive_s: float


@dataclass(frozen=True, eq=False)
class NextRoute:
    """A route from the post and back.

    seen: codes of the beat's cells that its line comes in sight of. candidates: places that were weighed; left_out:
    those near no road in reach. route: None = nothing is worth going to.
    """

    beat: Beat
    start: tuple[float, float]
    stops: list[Stop]
    tour: Tour
    route: Route | None
    seen: list[str]
    candidates: int
    left_out: int


def find_next(
    world: World,
    tenant: str,
    code: str,
    profile: str,
    start: tuple[float, float] | None,
    budget_s: float,
    stop_s: float,
    days: float,
    spots: Sequence[Spot],
    now_s: float,
) -> NextRoute:
    """The route of a beat. start: None = its post, or a place amid it. days: cells seen since then gain nothing.

    The same question gives the same route. Raises NotFound for the beat or profile, Unprocessable if no road is near
    the start.
    """
    beat = get_beat(world.live, tenant, code)
    here = start or _start_of(beat)
    chosen, lonlat, gain = _candidates(beat, days, spots, now_s)
    ask = Ask(profile=profile, tenant=tenant)
    places = np.concatenate([np.array([here]), lonlat])
    times_s = find_times(world, ask, places, places, RADIUS_M)
    if not np.isfinite(times_s[0, 1:]).any() and len(lonlat):
        near = find_times(world, ask, places[:1], places, 1_000.0)  # the post may stand off the road
        back = find_times(world, ask, places, places[:1], 1_000.0)
        times_s[0], times_s[:, 0] = near[0], back[:, 0]
    off = int((~np.isfinite(times_s[0, 1:])).sum())
    tour = find_tour(times_s, np.r_[0.0, gain], stop_s, budget_s, seed=beat.id)
    stops, route = _driven(world, ask, beat, here, chosen, lonlat, gain, spots, tour, stop_s)
    seen = [] if route is None else _seen(beat, route)
    return NextRoute(beat, here, stops, tour, route, seen, len(lonlat), off)


def _start_of(beat: Beat) -> tuple[float, float]:
    if beat.said.post is not None:
        return beat.said.post.lonlat
    inside = beat.shape.representative_point()
    return float(inside.x), float(inside.y)


def _candidates(beat: Beat, days: float, spots: Sequence[Spot], now_s: float) -> tuple[Ints, Floats, Floats]:
    """(places of cells in the beat, then (n, 2) degrees and (n,) gains of these and of the spots behind them)."""
    unseen_days = np.minimum((now_s - beat.seen) / DAY_S, MOST_GAIN_DAYS)
    gain = np.where(unseen_days >= days, unseen_days, 0.0)
    # Among equals any are as good, but they should lie all over the beat: shuffled, always alike.
    shuffled = np.random.default_rng(beat.id).permutation(len(gain))
    order = shuffled[np.argsort(-gain[shuffled], kind="stable")][: max(0, MOST_STOPS - len(spots))]
    chosen = order[gain[order] > 0]
    told = np.array([spot.lonlat for spot in spots], np.float64).reshape(-1, 2)
    lonlat = np.concatenate([centres_of(beat.cells[chosen]), told])
    return chosen, lonlat, np.r_[gain[chosen], [spot.gain for spot in spots]]


def _driven(
    world: World,
    ask: Ask,
    beat: Beat,
    here: tuple[float, float],
    chosen: Ints,
    lonlat: Floats,
    gain: Floats,
    spots: Sequence[Spot],
    tour: Tour,
    stop_s: float,
) -> tuple[list[Stop], Route | None]:
    """The stops with when each is reached, and the way through them."""
    if not tour.order:
        return [], None
    at = [number - 1 for number in tour.order]
    points = [here, *((lonlat[each, 0].item(), lonlat[each, 1].item()) for each in at), here]
    try:
        found = find_routes(world, ask, [Place(point) for point in points], with_steps=False)
    except Unprocessable as error:
        raise Unprocessable(f"no way leads round: {error.detail}", hint="name another start") from error
    route = found.routes[0]
    legs_s = np.array([leg.duration_ms / 1000.0 for leg in route.legs])
    arrive_s = np.cumsum(legs_s) + stop_s * np.arange(len(legs_s))
    cells = [each for each in at if each < len(chosen)]
    codes = dict(zip(cells, codes_of(beat.cells[chosen[cells]])))
    stops = [
        Stop(
            codes.get(each, ""),
            "" if each < len(chosen) else spots[each - len(chosen)].name,
            point,
            float(gain[each]),
            float(when),
        )
        for each, point, when in zip(at, points[1:-1], arrive_s)
    ]
    return stops, route


def _seen(beat: Beat, route: Route) -> list[str]:
    """Codes of the cells that the line of a route comes in sight of."""
    line = np.concatenate([shape.line_e7 for shape in route.shapes]) / 1e7
    origin = origin_of(line)
    xy_m, time_s = as_plane(line, origin), np.arange(1.0, len(line) + 1.0)
    walked = Walked(time_s, time_s, line, np.full(len(line), np.nan))
    track = Track(walked, np.zeros(len(line), np.int64), xy_m, origin)
    return codes_of(beat.cells[find_coverage(beat.cells, track).is_seen])
