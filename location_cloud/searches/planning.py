"""Who searches which segment for how long: effort of one period or of several, as assignments with what they find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.searches.allocation import allocate
from location_cloud.searches.allocation_least import allocate_least
from location_cloud.searches.allocation_periods import allocate_periods
from location_cloud.searches.cells import Floats, Ints
from location_cloud.searches.detection import pod, sweep_width_m
from location_cloud.searches.model import DETECTIONS
from location_cloud.searches.model_plan import Plan
from location_cloud.searches.model_segments import Segments
from location_cloud.searches.uav import Camera, swath_m

GAP = 1e-4
"""Of the chance that there is to find: nobody can tell a plan that is nearer to the best."""

ROUNDS = 12
"""Forward-backward passes over several periods: three to six reach GAP."""

CURVE = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
"""Shares of the hours that the curve of success is told for."""

MOST_CURVE = 4_000
"""Segments times resources up to which the curve is worked out: it takes a plan for each of its points."""

MOST_SHARED = 100_000
"""Segments times resources, summed over the periods of a plan: up to ten seconds."""

MUCH_UNSEEN = 0.05


@dataclass(frozen=True)
class Resource:
    """Somebody who can search: sweep width, speed while searching, and hours. team: whom to call it. kind: shown."""

    id: str
    W_m: float
    v_kmh: float
    hours: float
    team: str = ""
    camera: Camera | None = None


@dataclass(frozen=True)
class Wish:
    """What a plan is made for. detection, least_hours: as `PlanBody`. version: of the search with the plan."""

    detection: DETECTIONS
    least_hours: float
    version: int


def as_resources(told: Sequence[Mapping[str, Any]]) -> list[Resource]:
    """Resources of what was sent: `W_m`, or `visibility` with `Rd_m`, or a `camera`; `searchers` go abreast.

    Raises BadQuery if a sweep width is not told, or two have the same id.
    """
    found = [_as_resource(each) for each in told]
    if len({each.id for each in found}) < len(found):
        raise BadQuery("two resources have the same id", hint="ids tell assignments apart")
    return found


def plan_once(segments: Segments, poa: Floats, resources: Sequence[Resource], wish: Wish) -> Plan:
    """The plan of one period. poa: (segments,) chance that is to be found in each, 0 = not to be searched."""
    rate, hours = _rates(segments, resources), np.array([each.hours for each in resources])
    effort, gap = allocate_least(poa, rate, hours, wish.least_hours, GAP)
    assignments = _assigned(segments, resources, poa, rate, effort, wish)
    warnings = []
    if idle := [each.id for each, spent in zip(resources, effort.sum(axis=0).tolist()) if spent == 0 < each.hours]:
        warnings.append(f"nothing to do for {', '.join(idle)}: too few hours for least_hours, or no chance left")
    curve = []
    if rate.size <= MOST_CURVE:
        curve = [(float(share * hours.sum()), allocate(poa, rate, hours * share, 1e-3).pos) for share in CURVE]
    total = sum(each["pos"] for each in assignments)
    return Plan(wish.version, assignments, total, float(gap), wish.detection, curve, tuple(warnings))


def plan_periods(
    segments: Segments,
    p: Floats,
    place: Ints,
    periods: Sequence[Sequence[Resource]],
    begins_h: Sequence[float],
    moves: Sequence[LinearOperator],
    wish: Wish,
) -> Plan:
    """The plan of several periods for a subject who walks on between them.

    p: (cells,) at the first one's beginning; place: (cells,) segment that is searched there, -1 = none. periods: who
    can search in each; begins_h: hours from now; moves: (periods - 1) walks from one beginning to the next.

    Raises TooLarge over MOST_SHARED.
    """
    size = len(segments) * sum(len(each) for each in periods)
    if size > MOST_SHARED:
        raise TooLarge(
            f"{size:,} segments times resources of all periods; the most is {MOST_SHARED:,}",
            hint="name the segments that are worth a search, or plan fewer periods",
        )
    rates = [_rates(segments, each) for each in periods]
    hours = [np.array([each.hours for each in resources]) for resources in periods]
    found = allocate_periods(p, rates, hours, moves, GAP, ROUNDS, place)
    assignments: list[dict[str, Any]] = []
    told = []
    for number, (resources, rate, each, undetected) in enumerate(
        zip(periods, rates, found.periods, found.undetected, strict=True), start=1
    ):
        poa = np.asarray(np.bincount(place + 1, undetected, len(segments) + 1)[1:], np.float64)
        assignments += _assigned(segments, resources, poa, rate, each.effort, wish, number, len(assignments))
        told.append({"number": number, "begins_h": begins_h[number - 1], "pos": each.pos})
    gap = float(found.gap)
    return Plan(wish.version, assignments, float(found.pos), gap, wish.detection, [], (), told)


def _as_resource(told: Mapping[str, Any]) -> Resource:
    camera = Camera(**told["camera"]) if told.get("camera") else None
    if told.get("W_m") is not None:
        width = told["W_m"]
    elif told.get("visibility") and told.get("Rd_m") is not None:
        width = float(sweep_width_m(told["Rd_m"], told["visibility"]))
    elif camera is not None:
        width = swath_m(camera)
    else:
        raise BadQuery(
            f"resource {told['id']}: its sweep width is not told", hint="give W_m, or visibility and Rd_m, or a camera"
        )
    return Resource(
        told["id"], width * told.get("searchers", 1), told["v_kmh"], told["hours"], told.get("team", ""), camera
    )


def _rates(segments: Segments, resources: Sequence[Resource]) -> Floats:
    """(segments, resources) coverage that an hour gives."""
    swept_m2 = np.array([each.W_m * each.v_kmh * 1000 for each in resources])
    return np.asarray(swept_m2[None, :] / segments.area_m2[:, None], np.float64)


def _assigned(
    segments: Segments,
    resources: Sequence[Resource],
    poa: Floats,
    rate: Floats,
    effort: Floats,
    wish: Wish,
    period: int = 1,
    before: int = 0,
) -> list[dict[str, Any]]:
    """Assignments as plain values, by resource and then by what they bring. before: how many there are already."""
    coverage = rate * effort
    whole = coverage.sum(axis=1)
    detected = poa * pod(whole, wish.detection)
    found: list[dict[str, Any]] = []
    for r, resource in enumerate(resources):
        pos = detected * np.where(whole > 0, coverage[:, r] / np.where(whole > 0, whole, 1.0), 0.0)
        for place in sorted(np.flatnonzero(effort[:, r] > 0).tolist(), key=lambda at, pos=pos: (-pos[at], at)):  # type: ignore[misc]
            found.append(
                {
                    "id": f"{wish.version}-{before + len(found) + 1}",
                    "period": period,
                    "segment": segments.names[place],
                    "resource": resource.id,
                    "team": resource.team,
                    "hours": float(effort[place, r]),
                    "coverage": float(coverage[place, r]),
                    "pod": float(pod(coverage[place, r], wish.detection)),
                    "pos": float(pos[place]),
                    "W_m": resource.W_m,
                    "v_kmh": resource.v_kmh,
                    "place": place,
                    "segments_version": segments.version,
                }
            )
    return found
