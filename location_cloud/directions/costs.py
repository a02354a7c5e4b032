"""What every road costs a profile, in milliseconds, under the conditions of a request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from location_cloud.directions.avoid import segments_in_areas
from location_cloud.directions.conditions import (
    Active,
    Situation,
    active_rows,
    conditional_segments,
    opening_rows,
    part_of,
)
from location_cloud.directions.conditions import shut_gates as shut_gates_in
from location_cloud.directions.free_speed import delays_ms, free_kmh, legal_kmh
from location_cloud.directions.model import Options, Vehicle
from location_cloud.directions.network import Gate
from location_cloud.directions.profiles import Profile
from location_cloud.errors import BadQuery
from location_cloud.roads.edges import edge_access
from location_cloud.roads.model import (
    BRIDGE,
    CLASSES,
    DUAL,
    FERRY,
    HAZMAT_NO,
    NO_LIMIT_KMH,
    ROUNDABOUT,
    TOLL,
    TUNNEL,
    UNPAVED,
    WHEN_CLOSED,
    WHEN_LOCAL,
    Roads,
)
from routing.trip import CLOSED

_BY_FLAG = {"toll": TOLL, "ferry": FERRY, "unpaved": UNPAVED, "tunnel": TUNNEL, "bridge": BRIDGE}
_BY_CLASS = {"motorway": ("motorway", "motorway_link"), "steps": ("steps",)}
EXCLUDABLE = (*_BY_FLAG, *_BY_CLASS)
"""Kinds of road that a request may shut out."""

SLOWEST_LIVE_KMH = 1.0
"""Measured speeds below count as this: traffic that stands is slow, not closed."""

PLAIN = Options()


@dataclass(frozen=True, eq=False)
class Costs:
    """(roads,) int32 milliseconds of every road edge, CLOSED where one may not go.

    cost_ms: for ways that lead through; local_ms: at the beginning and end of a trip, where private and
    destination-only roads are open.
    """

    cost_ms: NDArray[np.int32]
    local_ms: NDArray[np.int32]


def edge_costs(
    roads: Roads,
    profile: Profile,
    options: Options = PLAIN,
    at: datetime | None = None,
    speeds_kmh: NDArray[np.float32] | None = None,
    base: Costs | None = None,
) -> Costs:
    """What every road edge costs a profile: rint(length / speed) + delays at signals and signs.

    options: what the request changes. at: the city's wall clock; None = no time told: of conditional restrictions only
    those without hours hold. speeds_kmh: (roads,) measured speeds of the traffic, NaN = none known; where known they
    replace the profile's own speed (times its live_share, at most max_kmh) and its delays, which they contain.
    base: edge_costs of the same roads, profile and options.season without anything else; saves most of the work.

    Raises BadQuery if options name an unknown kind of road or an edge that is not there.
    """
    _check(roads, options)
    situation = Situation(profile, full_size(profile, options.vehicle), options.season, at)
    usual = Situation(profile, full_size(profile, Vehicle()), options.season)
    if base is None:
        base = _costs(roads, usual)
    costs = Costs(base.cost_ms.copy(), base.local_ms.copy())
    if situation != usual:
        touched = _touched(roads, situation, usual)
        for column, part in zip(_columns(costs), _columns(_costs(part_of(roads, touched), situation))):
            column.reshape(-1, 2)[touched] = part.reshape(-1, 2)
    if options.vehicle.max_kmh:
        _slow_down(roads, profile, options.vehicle.max_kmh, costs)
    if speeds_kmh is not None and profile.live_share:
        _drive_at(roads, situation, speeds_kmh, costs)
    for permille, slower in options.slowed:
        _keep_share(costs, np.array(slower, np.intp), permille / 1000)
    shut = _shut_segments(roads, situation, usual, options)
    edges = np.array(options.closed, np.intp)
    for column in _columns(costs):
        if shut is not None:
            column.reshape(-1, 2)[shut] = CLOSED
        column[edges] = CLOSED
    return costs


def ever_open(roads: Roads, profiles: Iterable[Profile]) -> NDArray[np.bool_]:
    """Which road edges some of the profiles may use at some hour with some vehicle: (roads,) bool.

    Whatever `edge_costs` ever opens is among them, so a hierarchy without the others serves every request.
    """
    ever = np.zeros((roads.segment_count, 2), bool)
    for profile in profiles:
        is_open = _has_access(roads, profile) | _may_go_against(roads, profile)
        opening = opening_rows(roads, profile)
        is_open[opening.segment, opening.side] = True
        signed, usual = (each.reshape(-1, 2) for each in legal_kmh(roads, profile))
        is_open &= free_kmh(roads, profile, "", signed, usual) > 0
        is_open[roads.seg_flags & profile.closed_flags != 0] = False
        ever |= is_open
    return ever.reshape(-1)


def heeding_edges(roads: Roads, profile: Profile) -> NDArray[np.bool_]:
    """Where measured speeds say something about the profile: (roads,) bool. Not where it drives against the traffic."""
    if not profile.live_share:
        return np.zeros(2 * roads.segment_count, bool)
    return ~_may_go_against(roads, profile).reshape(-1)


def shut_gates(
    gates: Sequence[Gate],
    profile: Profile,
    at: datetime | None = None,
    options: Options = PLAIN,
) -> NDArray[np.bool_]:
    """Which gates of its family are shut to a profile: (gates,) bool. at: as for `edge_costs`; without it rules of some
    hours do not bind.
    """
    return shut_gates_in(gates, Situation(profile, full_size(profile, options.vehicle), options.season, at))


def full_size(profile: Profile, vehicle: Vehicle) -> Vehicle:
    """The vehicle with the profile's own sizes where it names none."""
    own = {each.name: getattr(vehicle, each.name) or getattr(profile.size, each.name) for each in fields(Vehicle)}
    return replace(vehicle, **own)


# --- every road ----------------------------------------------------------------------------------------------------


def _costs(roads: Roads, situation: Situation) -> Costs:
    """Costs by everything but what the request shuts."""
    profile = situation.profile
    rows = active_rows(roads, situation)
    signed, usual = (each.reshape(-1, 2) for each in legal_kmh(roads, profile))
    if len((speed := rows.speed).segment):
        signed = signed.copy()
        signed[speed.segment, speed.side] = np.where(speed.value == NO_LIMIT_KMH, np.inf, speed.value)
    kmh = free_kmh(roads, profile, situation.season, signed, usual)
    is_open = _has_access(roads, profile)
    if profile.against_oneway_kmh:
        against = _may_go_against(roads, profile)
        kmh[against] = np.minimum(kmh[against], profile.against_oneway_kmh)
        is_open |= against
    is_local = np.repeat((roads.seg_flags & profile.local_flags != 0)[:, None], 2, axis=1)
    access = rows.access
    where = access.segment, access.side
    is_open[where] = access.kind != WHEN_CLOSED
    is_local[where] = (access.kind == WHEN_LOCAL) & (profile.local_flags != 0)
    is_open &= kmh > 0
    is_open[roads.seg_flags & profile.closed_flags != 0] = False
    is_open &= ~_too_big(roads, situation.vehicle, rows)
    length_m = roads.seg_length_m[:, None]
    with np.errstate(divide="ignore"):
        spent = np.rint(length_m * 3600.0 / kmh) + np.rint(delays_ms(roads, profile))
    local_ms = np.where(is_open, np.minimum(spent, CLOSED - 1), CLOSED).astype(np.int32)
    return Costs(np.where(is_local, CLOSED, local_ms).astype(np.int32).reshape(-1), local_ms.reshape(-1))


def _has_access(roads: Roads, profile: Profile) -> NDArray[np.bool_]:
    return np.asarray(edge_access(roads).reshape(-1, 2) & profile.access != 0)


def _may_go_against(roads: Roads, profile: Profile) -> NDArray[np.bool_]:
    """Edges that only a one-way rule closes, where the profile may break it: (n, 2). Never in roundabouts, nor on the
    wrong side of a dual carriageway, whose right side lies beside it.
    """
    if not profile.against_oneway_kmh:
        return np.zeros((roads.segment_count, 2), bool)
    ways = _has_access(roads, profile)
    classes = np.array([name in profile.against_oneway for name in CLASSES])
    may = classes[roads.seg_class] & (roads.seg_flags & (ROUNDABOUT | DUAL) == 0)
    return np.asarray(~ways & ways[:, ::-1] & may[:, None])


def _too_big(roads: Roads, vehicle: Vehicle, rows: Active) -> NDArray[np.bool_]:
    """Where a sign stops the vehicle: (n, 2)."""
    too_big = np.repeat(_over_a_sign(roads, vehicle)[:, None], 2, axis=1)
    kg = round(vehicle.weight_t * 1000)
    allowed = np.repeat(roads.seg_max_weight_kg[:, None], 2, axis=1)
    weight = rows.weight
    allowed[weight.segment, weight.side] = weight.value
    return too_big | ((allowed > 0) & (kg > allowed))


def _over_a_sign(roads: Roads, vehicle: Vehicle) -> NDArray[np.bool_]:
    """Where a sign stops the vehicle, the weight left aside: (n,)."""
    over = np.zeros(len(roads.seg_class), bool)
    for size, column in (
        (vehicle.height_m * 100, roads.seg_max_height_cm),
        (vehicle.width_m * 100, roads.seg_max_width_cm),
        (vehicle.length_m * 100, roads.seg_max_length_cm),
        (vehicle.axle_load_t * 1000, roads.seg_max_axle_kg),
    ):
        if size:
            limit = column
            over |= (limit > 0) & (limit < round(size))
    if vehicle.hazmat:
        over |= roads.seg_flags & HAZMAT_NO != 0
    return over


# --- one request ---------------------------------------------------------------------------------------------------


def _check(roads: Roads, options: Options) -> None:
    if unknown := sorted(options.exclude - set(EXCLUDABLE)):
        raise BadQuery(f"exclude={unknown[0]} is unknown", f"allowed are {', '.join(EXCLUDABLE)}")
    if options.season not in ("", "winter"):
        raise BadQuery(f"season={options.season} is unknown", "allowed is winter, or none")
    for edge in options.closed:
        if not 0 <= edge < 2 * roads.segment_count:
            raise BadQuery(
                f"closed edge {edge} is none of this network's", f"edges are 0..{2 * roads.segment_count - 1}"
            )


def _columns(costs: Costs) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return costs.cost_ms, costs.local_ms


def _touched(roads: Roads, situation: Situation, usual: Situation) -> NDArray[np.intp]:
    """Segments that this situation may judge otherwise than the usual one, the newly too narrow left aside: those with
    conditions, and those that the profile's own size was too big for.
    """
    touched = conditional_segments(roads, situation.profile)
    if situation.vehicle == usual.vehicle:
        return touched
    signs = _over_a_sign(roads, usual.vehicle) | _too_heavy(roads, usual.vehicle)
    signs[touched] = True
    return np.flatnonzero(signs)


def _too_heavy(roads: Roads, vehicle: Vehicle) -> NDArray[np.bool_]:
    return (roads.seg_max_weight_kg > 0) & (roads.seg_max_weight_kg < round(vehicle.weight_t * 1000))


def _slow_down(roads: Roads, profile: Profile, max_kmh: float, costs: Costs) -> None:
    """Lets no road take less than at this speed; delays are the same at every speed."""
    least = np.rint(roads.seg_length_m * 3600.0 / max_kmh)[:, None] + np.rint(delays_ms(roads, profile))
    least_ms = np.minimum(least, CLOSED - 1).astype(np.int32).reshape(-1)
    for column in _columns(costs):
        np.maximum(column, least_ms, out=column)  # CLOSED is more than all


def _keep_share(costs: Costs, edges: NDArray[np.intp], share: float) -> None:
    """Lets edges take as long as at this share of their speed, delays included; what is shut stays so."""
    for column in _columns(costs):
        spent = column[edges]
        longer = np.minimum(np.rint(spent / share), CLOSED - 1).astype(np.int32)
        column[edges] = np.where(spent == CLOSED, CLOSED, longer)


def _drive_at(roads: Roads, situation: Situation, speeds_kmh: NDArray[np.float32], costs: Costs) -> None:
    """Puts the time that measured speeds give in place of the profile's own."""
    profile = situation.profile
    most_kmh = min(profile.max_kmh, situation.vehicle.max_kmh or profile.max_kmh)
    _drive_measured(
        speeds_kmh, heeding_edges(roads, profile), profile.live_share, most_kmh, roads.seg_length_m, *_columns(costs)
    )


@cached(nogil=True)
def measured_ms(length_m, kmh, live_share, max_kmh):  # type: ignore[no-untyped-def]  # a kernel's part
    """What an edge takes at a measured speed."""
    driven = min(max(np.float64(kmh) * live_share, SLOWEST_LIVE_KMH), max_kmh)
    return np.int64(min(np.rint(length_m * 3600.0 / driven), CLOSED - 1.0))


@cached(nogil=True)
def _drive_measured(kmh, heeds, live_share, max_kmh, length_m, cost_ms, local_ms):  # type: ignore[no-untyped-def]
    for edge in range(len(kmh)):
        if heeds[edge] and not np.isnan(kmh[edge]):
            spent = measured_ms(length_m[edge >> 1], kmh[edge], live_share, max_kmh)
            if cost_ms[edge] != CLOSED:
                cost_ms[edge] = spent
            if local_ms[edge] != CLOSED:
                local_ms[edge] = spent


def _shut_segments(roads: Roads, situation: Situation, usual: Situation, options: Options) -> NDArray[np.intp] | None:
    """Segments that the request shuts: excluded kinds, signs too small for its vehicle, areas to stay out of."""
    shut = np.zeros(roads.segment_count, bool)
    if flags := sum(_BY_FLAG.get(kind, 0) for kind in options.exclude):
        shut |= roads.seg_flags & flags != 0
    if classes := [CLASSES.index(name) for kind in options.exclude for name in _BY_CLASS.get(kind, ())]:
        shut |= np.isin(roads.seg_class, classes)
    if situation.vehicle != usual.vehicle:
        over = _over_a_sign(roads, situation.vehicle) | _too_heavy(roads, situation.vehicle)
        over[_touched(roads, situation, usual)] = False  # judged already, with what conditions change
        shut |= over
    if options.areas:
        shut |= segments_in_areas(roads, options.areas)
    return np.flatnonzero(shut) if shut.any() else None
