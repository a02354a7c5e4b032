"""The next best plan: which team searches which segment for how long, with a proof; and lines to follow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from location_cloud.errors import BadQuery, Conflict, NotFound, Unprocessable
from location_cloud.searches import store
from location_cloud.searches.allocation import allocate, duality_gap
from location_cloud.searches.bayes import probability
from location_cloud.searches.cells import Floats
from location_cloud.searches.detection import pod, sweep_width_m
from location_cloud.searches.lattice import Lattice
from location_cloud.searches.model import Search, Sent
from location_cloud.searches.model_plan import Plan, Way, Ways
from location_cloud.searches.model_segments import Segments
from location_cloud.searches.packing import pack, unpack
from location_cloud.searches.patterns import (
    Pattern,
    area_lines,
    creeping_line,
    expanding_square,
    line_length_m,
    parallel,
    sector,
)
from location_cloud.searches.search_paths import plan_paths
from location_cloud.searches.service import check_open, check_version, sent_before, write_change
from location_cloud.searches.service_segments import find_segments, get_segment
from location_cloud.searches.service_state import get_search, get_state
from location_cloud.searches.uav import Camera, Flight, duration_s, swath_m, uav_sorties
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

GAP = 1e-4
"""Of the chance that there is to find: nobody can tell a plan that is nearer to the best."""

TRIES = 5
ROUNDS = 6
"""How often assignments that are too short are taken out and the rest is shared out anew."""

CURVE = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
"""Shares of the hours that the curve of success is told for."""

MOST_CURVE = 4_000
"""Segments times resources up to which the curve is worked out: it takes a plan for each of its points."""

MOST_SORTIE_POINTS = 20_000

_ID = re.compile(r"([1-9][0-9]{0,8})-([1-9][0-9]{0,5})")


@dataclass(frozen=True)
class Resource:
    """Somebody who can search: sweep width, speed while searching, and hours. team: whom to call it. kind: shown."""

    id: str
    W_m: float
    v_kmh: float
    hours: float
    team: str = ""
    camera: Camera | None = None


def as_resource(told: Mapping[str, Any]) -> Resource:
    """A resource of what was sent: `W_m`, or `visibility` with `Rd_m`, or a `camera`; `searchers` go abreast.

    Raises BadQuery if its sweep width is not told.
    """
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


def make_plan(
    world: World, tenant: str, search_id: int, version: int | None, told: Mapping[str, Any], sent: Sent
) -> tuple[Search, Plan]:
    """The search with a plan for its resources over its segments, kept with it: results may name its assignments.

    told: `resources`, `detection`, `least_hours` (no assignment shorter than that), `segments` (only these).
    Raises BadQuery, NotFound before there are segments, Unprocessable where no segment has any chance.
    """
    resources = [as_resource(each) for each in told["resources"]]
    if len({each.id for each in resources}) < len(resources):
        raise BadQuery("two resources have the same id", hint="ids tell assignments apart")
    for attempt in range(TRIES):
        before = sent_before(world.live, tenant, sent)
        if before is not None:
            return get_search(world.live, tenant, before.search), find_plan(
                world.live, tenant, before.search, before.version
            )
        state = get_state(world.live, tenant, world.home, search_id)
        check_version(state.search, version)
        check_open(state.search)
        segments = find_segments(world.live, tenant, state.search)
        plan = _planned(state.search, segments, probability(state.belief)[0], resources, told)
        text = orjson.dumps(vars(plan) | {"segments_version": segments.version})
        fields = {"assignments": len(plan.assignments), "pos_total": plan.pos_total, "gap": plan.gap}
        blob = pack({"text": np.frombuffer(text, np.uint8)})
        try:
            stored, _ = write_change(world, tenant, state.search, "planned", fields, sent, {"plan": blob})
        except Conflict:
            if version is not None or attempt == TRIES - 1:
                raise
            continue
        return stored, plan
    raise AssertionError("the last try returns or raises")


def find_plan(live: Live, tenant: str, search_id: int, version: int | None = None) -> Plan:
    """The newest plan of a search, or the one made at a version. Raises NotFound if there is none."""
    with live.read() as connection:
        found = store.find_blob(connection, tenant, search_id, "plan", version)
    if found is None or version not in (None, found[0]):
        raise NotFound(f"search {search_id} has no such plan", hint="POST /v1/searches/{id}/plan makes one")
    told = orjson.loads(unpack(found[1])["text"].tobytes())
    told.pop("segments_version")
    return Plan(**{**told, "curve": [tuple(each) for each in told["curve"]], "warnings": tuple(told["warnings"])})


def get_assignment(live: Live, tenant: str, search_id: int, assignment_id: str) -> dict[str, Any]:
    """An assignment by its id, with `place` and `segments_version` of its segment. Raises NotFound."""
    match = _ID.fullmatch(assignment_id)
    plan = find_plan(live, tenant, search_id, int(match[1])) if match else None
    if plan is None or match is None or not int(match[2]) <= len(plan.assignments):
        raise NotFound(f"there is no assignment {assignment_id!r}", hint="a plan's assignments tell their ids")
    return plan.assignments[int(match[2]) - 1]


def _planned(
    search: Search, segments: Segments, p: Floats, resources: Sequence[Resource], told: Mapping[str, Any]
) -> Plan:
    poa = segments.poa(p)
    chosen = told.get("segments") or []
    if chosen:
        wanted = np.zeros(len(segments), bool)
        wanted[[get_segment(segments, name) for name in chosen]] = True
        poa = np.where(wanted, poa, 0.0)
    if not poa.sum() > 0:
        raise Unprocessable("none of the segments has any chance", hint="draw segments where the map has some")
    rate = np.array([each.W_m * each.v_kmh * 1000 for each in resources])[None, :] / segments.area_m2[:, None]
    hours = np.array([each.hours for each in resources])
    effort = _worth(poa, rate, hours, told.get("least_hours") or 0.0)
    gap = duality_gap(poa, rate, hours, effort)
    coverage = rate * effort
    whole = coverage.sum(axis=1)
    detected = poa * pod(whole, told["detection"])
    assignments: list[dict[str, Any]] = []
    version = search.version + 1
    for r, resource in enumerate(resources):
        share = np.where(whole > 0, coverage[:, r] / np.where(whole > 0, whole, 1.0), 0.0)
        pos = detected * share
        for place in sorted(np.flatnonzero(effort[:, r] > 0).tolist(), key=lambda at, pos=pos: (-pos[at], at)):  # type: ignore[misc]
            assignments.append(
                {
                    "id": f"{version}-{len(assignments) + 1}",
                    "segment": segments.names[place],
                    "resource": resource.id,
                    "team": resource.team,
                    "hours": float(effort[place, r]),
                    "coverage": float(coverage[place, r]),
                    "pod": float(pod(coverage[place, r], told["detection"])),
                    "pos": float(pos[place]),
                    "W_m": resource.W_m,
                    "v_kmh": resource.v_kmh,
                    "place": place,
                    "segments_version": segments.version,
                }
            )
    warnings = []
    unseen = float(p.sum() - segments.poa(p).sum())
    if unseen > 0.05:
        warnings.append(f"{unseen:.0%} of the chance lies in no segment")
    curve = _curve(poa, rate, hours) if rate.size <= MOST_CURVE else []
    return Plan(version, assignments, float(detected.sum()), float(gap), told["detection"], curve, tuple(warnings))


def _worth(poa: Floats, rate: Floats, hours: Floats, least_hours: float) -> NDArray[np.float64]:
    """Hours for each segment and resource, none above 0 and below the least."""
    open_rate = rate.copy()
    effort = allocate(poa, open_rate, hours, GAP).effort
    for _ in range(ROUNDS):
        short = (effort > 0) & (effort < least_hours)
        if not short.any():
            return effort
        open_rate[short] = 0.0
        effort = allocate(poa, open_rate, hours, GAP).effort
    return np.where(effort < least_hours, 0.0, effort)


def _curve(poa: Floats, rate: Floats, hours: Floats) -> list[tuple[float, float]]:
    return [(float(share * hours.sum()), allocate(poa, rate, hours * share, 1e-3).pos) for share in CURVE]


# --- patterns ----------------------------------------------------------------------------------------------------


def draw_pattern(world: World, tenant: str, search_id: int, told: Mapping[str, Any]) -> Ways:
    """Lines to walk, sail or fly; nothing is kept.

    told: `kind`, and what it takes: area and uav a `segment` or `area`; parallel, creeping_line, expanding_square and
    sector a `location`; paths several `starts`, and they go where the map has most chance.
    Raises BadQuery for what is missing or out of range, Unprocessable where a battery does not reach, NotFound.
    """
    search = get_search(world.live, tenant, search_id)
    lattice, kind = search.lattice, told["kind"]
    speed_m_s = (told.get("v_kmh") or 0.0) / 3.6
    if kind == "uav":
        flight, camera = Flight(**_need(told, "flight")), Camera(**_need(told, "camera"))
        home, rings = _metres(lattice, told.get("location") or search.ipp), _rings(world, tenant, search, told)
        found = [each for ring in rings for each in uav_sorties(ring, home, camera, flight, told.get("bearing_deg"))]
        return Ways([_way(lattice, each, duration_s(each.line_m, flight)) for each in found])
    if kind == "paths":
        return _paths(world, tenant, search, told, speed_m_s)
    if kind == "area":
        spacing, rings = _need(told, "spacing_m"), _rings(world, tenant, search, told)
        found = [area_lines(ring, spacing, told.get("bearing_deg"), told.get("W_m")) for ring in rings]
    else:
        found = [_about(kind, _metres(lattice, told.get("location") or search.ipp), told)]
    return Ways([_way(lattice, each, each.length_m / speed_m_s if speed_m_s else None) for each in found])


def _paths(world: World, tenant: str, search: Search, told: Mapping[str, Any], speed_m_s: float) -> Ways:
    lattice = search.lattice
    p = probability(get_state(world.live, tenant, world.home, search.id).belief)[0].reshape(lattice.shape)
    starts = [_metres(lattice, each["location"]) for each in told.get("starts") or [{"location": search.ipp}]]
    budget_m, range_m = _need(told, "budget_m"), _need(told, "Rd_m")
    found = plan_paths(lattice.grid, p, starts, budget_m, range_m, told.get("returns", False))
    patterns = [Pattern(line, line_length_m(line), None) for line in found.lines_m if len(line) > 1]
    ways = [_way(lattice, each, each.length_m / speed_m_s if speed_m_s else None) for each in patterns]
    return Ways(ways, found.gathered, found.bound)


def _about(kind: str, at: tuple[float, float], told: Mapping[str, Any]) -> Pattern:
    bearing, width = told.get("bearing_deg") or 0.0, told.get("W_m")
    if kind == "sector":
        return sector(at, bearing, _need(told, "radius_m"), told.get("sectors") or 3)
    spacing = _need(told, "spacing_m")
    if kind == "expanding_square":
        return expanding_square(at, bearing, spacing, _need(told, "legs"), width)
    make = parallel if kind == "parallel" else creeping_line
    return make(at, _need(told, "length_m"), _need(told, "width_m"), bearing, spacing, width)


def _rings(world: World, tenant: str, search: Search, told: Mapping[str, Any]) -> list[Floats]:
    """Outlines in metres of the segment or area that is meant, without holes: lines lead over those."""
    from_area = told.get("area")
    if from_area is None:
        segments = find_segments(world.live, tenant, search)
        shape = segments.polygons[get_segment(segments, _need(told, "segment"))]
    else:
        shape = from_area
    parts = shapely.get_parts(shape)
    return [search.lattice.xy_m(np.asarray(part.exterior.coords)[:, :2]) for part in parts]


def _need(told: Mapping[str, Any], name: str) -> Any:
    if told.get(name) is None:
        raise BadQuery(f"kind {told['kind']} needs {name}", hint="each kind says in the document what it takes")
    return told[name]


def _metres(lattice: Lattice, lonlat: Sequence[float]) -> tuple[float, float]:
    x, y = lattice.xy_m(np.array([lonlat]))[0].tolist()
    return x, y


def _way(lattice: Lattice, pattern: Pattern, takes_s: float | None) -> Way:
    return Way(lattice.lonlat(pattern.line_m), pattern.length_m, pattern.coverage, takes_s)
