"""The next best plan: which team searches which segment for how long, with a proof; and lines to follow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely

from location_cloud.changes import Sent, check_version
from location_cloud.errors import BadQuery, Conflict, NotFound, Unprocessable
from location_cloud.searches import store
from location_cloud.searches.bayes import probability
from location_cloud.searches.cells import Floats
from location_cloud.searches.lattice import Lattice
from location_cloud.searches.model import Search
from location_cloud.searches.model_plan import Plan, Way, Ways
from location_cloud.searches.model_segments import Segments
from location_cloud.searches.moving import Walk
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
from location_cloud.searches.planning import MUCH_UNSEEN, ROUNDS, Wish, as_resources, plan_once, plan_periods
from location_cloud.searches.replay import walk_of
from location_cloud.searches.search_paths import plan_paths
from location_cloud.searches.service import check_open, sent_before, write_change
from location_cloud.searches.service_heights import get_heights
from location_cloud.searches.service_segments import find_segments, get_segment
from location_cloud.searches.service_state import State, get_search, get_state
from location_cloud.searches.uav import Camera, Flight, duration_s, uav_sorties
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

TRIES = 5

PERIODS_WORK = 1e8
"""Cells times steps of a plan over several periods: about three seconds at the most."""

MOST_SORTIE_POINTS = 20_000

_ID = re.compile(r"([1-9][0-9]{0,8})-([1-9][0-9]{0,5})")


def make_plan(
    world: World, tenant: str, search_id: int, version: int | None, told: Mapping[str, Any], sent: Sent
) -> tuple[Search, Plan]:
    """The search with a plan for its resources over its segments, kept with it: results may name its assignments.

    told: `resources`, `detection`, `least_hours` (no assignment shorter than that), `segments` (only these); `periods`
    (several, each with `duration_h` and maybe `resources` of its own) and `motion` of a subject who walks on.
    Raises BadQuery, NotFound before there are segments, Unprocessable where no segment has any chance.
    """
    for attempt in range(TRIES):
        before = sent_before(world.live, tenant, sent)
        if before is not None:
            return get_search(world.live, tenant, before.search), find_plan(
                world.live, tenant, before.search, before.version
            )
        state = get_state(world.live, tenant, world.home, search_id)
        check_version(f"search {search_id}", state.search.version, version)
        check_open(state.search)
        segments = find_segments(world.live, tenant, state.search)
        plan = _planned(world, tenant, state, segments, told)
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


def _planned(world: World, tenant: str, state: State, segments: Segments, told: Mapping[str, Any]) -> Plan:
    p, _ = probability(state.belief)
    is_chosen = np.ones(len(segments), bool)
    if told.get("segments"):
        is_chosen[:] = False
        is_chosen[[get_segment(segments, name) for name in told["segments"]]] = True
    poa = np.where(is_chosen, segments.poa(p), 0.0)
    if not poa.sum() > 0:
        raise Unprocessable("none of the segments has any chance", hint="draw segments where the map has some")
    wish = Wish(told["detection"], told.get("least_hours") or 0.0, state.search.version + 1)
    resources, warnings = as_resources(told["resources"]), []
    if told.get("periods"):
        walks, joined = _walks(world, tenant, state, told)
        place = np.where(is_chosen[segments.labels.ravel()], segments.labels.ravel(), -1)
        place[segments.labels.ravel() < 0] = -1
        teams = [as_resources(each["resources"]) if each["resources"] else resources for each in told["periods"]]
        begins_h = np.cumsum([0.0, *(each["duration_h"] for each in told["periods"][:-1])]).tolist()
        plan = plan_periods(segments, p, place, teams, begins_h, [each.operator() for each in walks], wish)
        if joined > 1:
            warnings.append(f"between periods the subject walks over {joined} x {joined} cells joined to one")
    else:
        plan = plan_once(segments, poa, resources, wish)
    unseen = float(p.sum() - segments.poa(p).sum())
    if unseen > MUCH_UNSEEN:
        warnings.append(f"{unseen:.0%} of the chance lies in no segment")
    return replace(plan, warnings=(*warnings, *plan.warnings))


def _walks(world: World, tenant: str, state: State, told: Mapping[str, Any]) -> tuple[list[Walk], int]:
    """How the subject walks from each period's beginning to the next one's, and how many cells are joined for it."""
    count = len(told["periods"]) - 1
    most_work = PERIODS_WORK / (count * 2 * ROUNDS)  # each round walks every period forward and backward
    motion, setting = {**told["motion"], "heights_version": 0}, state.setting
    if motion["view"]:
        metres = get_heights(world.live, tenant, world.home, state.search.lattice)
        setting = replace(setting, heights=lambda _: metres)
    made: dict[float, Walk] = {}
    for each in told["periods"][:-1]:
        hours = each["duration_h"]
        made[hours] = made.get(hours) or walk_of(motion, setting, hours * 3600, most_work)
    return [made[each["duration_h"]] for each in told["periods"][:-1]], max(each.joined for each in made.values())


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
