"""How long a route took, slot by slot: past travel times along edges, or along the way between two places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions import service as directions
from location_cloud.directions.model import Ask
from location_cloud.directions.model import Place as Stop
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.traffic import service
from location_cloud.traffic.choosing import Edges, of_keys
from location_cloud.traffic.model_picture import Picture
from location_cloud.traffic.service_index import LONGEST_SPEEDS, span
from location_cloud.traffic.service_slots import free_kmh, read_slots

if TYPE_CHECKING:
    from location_cloud.storage.world import World


@dataclass(frozen=True)
class PastTime:
    """The travel time in a slot. known, measured: shares of the length of which any speed, or a measured one, is known;
    the rest is taken at free flow.
    """

    begin_s: int
    length_s: int
    duration_s: float
    known: float
    measured: float
    is_simulated: bool


@dataclass(frozen=True, eq=False)
class Past:
    """Travel times along edges. metres of the first and the last edge count as driven. now_s: at the newest speeds."""

    picture: Picture
    edges: Edges
    length_m: float
    free_flow_s: float
    now_s: float
    times: tuple[PastTime, ...]


def get_history(
    world: World,
    tenant: str,
    keys: Sequence[str],
    ends: tuple[tuple[float, float], tuple[float, float]] | None,
    now: datetime,
    since: datetime | None,
    until: datetime | None,
) -> Past:
    """Past travel times along edges (keys), or along the way that is the quickest now between two places (ends).

    Raises NotFound for an unknown key, Unprocessable if no way leads there, BadQuery for a wrong span, TooLarge for one
    of too many slots.
    """
    roads, picture = world.section(ROADS), service.get_picture(world, tenant)
    begin, end = span(world, now, since, until, LONGEST_SPEEDS)
    if ends is None:
        edges = of_keys(roads, keys)
        length_m = np.array(roads.seg_length_m[edges >> 1])
    else:
        edges, length_m = _way(world, tenant, ends)
    free_s = 3.6 * length_m / free_kmh(world, picture, edges)
    times = []
    for slot, speeds in read_slots(world, tenant, edges, begin, end):
        has = ~np.isnan(speeds.kmh)
        seconds = np.where(has, 3.6 * length_m / speeds.kmh, free_s)
        total = length_m.sum() or 1.0
        times.append(
            PastTime(
                slot.begin_s,
                slot.length_s,
                float(seconds.sum()),
                float(length_m[has].sum() / total),
                float(length_m[has & speeds.is_live].sum() / total),
                bool(speeds.is_simulated.any()),
            )
        )
    now_kmh = picture.estimate.kmh[edges].astype(np.float64)
    now_s = np.where(now_kmh > 0, 3.6 * length_m / now_kmh, free_s)
    return Past(picture, edges, float(length_m.sum()), float(free_s.sum()), float(now_s.sum()), tuple(times))


def _way(
    world: World, tenant: str, ends: tuple[tuple[float, float], tuple[float, float]]
) -> tuple[Edges, NDArray[np.float64]]:
    """The edges of the quickest way now, and the metres driven on each."""
    roads = world.section(ROADS)
    stops = [Stop(lonlat) for lonlat in ends]
    leg = directions.find_routes(world, Ask(tenant=tenant), stops, ("from", "to"), with_steps=False).routes[0].legs[0]
    length_m = np.array(roads.seg_length_m[leg.edges >> 1])
    whole_m = length_m[[0, -1]]
    length_m[0] -= whole_m[0] * leg.first_fraction
    length_m[-1] -= whole_m[1] * (1.0 - leg.last_fraction)
    return leg.edges, np.maximum(length_m, 0.0)
