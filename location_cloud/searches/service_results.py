"""What teams and clues tell: each becomes a line of the log, and moves the chance to where nobody looked yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.changes import Sent, check_version
from location_cloud.errors import BadQuery, Conflict, NotFound, TooLarge, Unprocessable
from location_cloud.searches.bayes import Belief, probability, responsive_share, success
from location_cloud.searches.detection import pod
from location_cloud.searches.model import MOST_TRACK_POINTS, Action, Search
from location_cloud.searches.packing import pack
from location_cloud.searches.replay import applied, searched
from location_cloud.searches.service import check_open, sent_before, write_change
from location_cloud.searches.service_heights import get_heights
from location_cloud.searches.service_plans import get_assignment
from location_cloud.searches.service_segments import find_segments, get_segment
from location_cloud.searches.service_state import State, get_search, get_state, keep_state
from location_cloud.storage.world import World
from location_cloud.tracks.service import whole_history

if TYPE_CHECKING:
    from location_cloud.tracks.model import Fixes

TRIES = 5
"""How often a change is made anew when somebody else was faster; results do not depend on their order."""

SILENCE_S = 120.0
"""Fixes further apart than this are not joined to a line: nobody knows what was walked between them."""

MOST_ACCURACY_M = 100.0
"""Fixes that are told to be less exact say nothing about a search."""


@dataclass(frozen=True)
class Changed:
    """A search after a change, the map it has now, and what the change came to. is_new: False if it was sent before."""

    search: Search
    belief: Belief
    outcome: dict[str, Any]
    is_new: bool


def add_result(
    world: World, tenant: str, search_id: int, version: int | None, told: Mapping[str, Any], sent: Sent
) -> Changed:
    """The search after somebody looked and found nobody.

    told: `assignment` or `segment`, or neither for a track; one of `lines`, `device` (with `begin`, `end`), `coverage`,
    `pod`; `responsive`: the detection counts only for a subject who answers. version: the one that it was made from;
    None = whichever is there, since results may come in any order.

    Raises BadQuery for what does not go together, NotFound for a segment, assignment or device that is not there,
    Conflict if the search is over or, with a version, somebody was faster.
    """

    def make(state: State) -> dict[str, Any]:
        fields = _result(world, tenant, state, told)
        if fields.get("pod_unresponsive") is not None or fields.get("W_unresponsive_m") is not None:
            _check_two_states(state)
        found = searched(fields, state.setting)
        pos = success(state.belief, found.pod, found.unresponsive)
        fields["outcome"] = {
            "pos": pos,
            "pos_total": 1 - (1 - state.search.pos) * (1 - pos),
            "mean_coverage": found.mean_coverage,
        }
        return fields

    return _change(world, tenant, search_id, version, "searched", make, sent)


def add_clue(
    world: World, tenant: str, search_id: int, version: int | None, told: Mapping[str, Any], sent: Sent
) -> Changed:
    """The search after a clue: `location` with `sigma_m`, or `area`; `likelihood_ratio`, `rest`, `description`."""
    return _change(world, tenant, search_id, version, "clue", lambda _: {**told, "outcome": {}}, sent)


def move_on(
    world: World, tenant: str, search_id: int, version: int | None, told: Mapping[str, Any], sent: Sent
) -> Changed:
    """The search a time later, the subject having walked on: `duration_s`, and how, as of `motion.walking`.

    Raises Unprocessable where view has no elevation to go by.
    """
    if not told["view"]:
        return _change(world, tenant, search_id, version, "moved", lambda _: {**told, "outcome": {}}, sent)
    lattice = get_search(world.live, tenant, search_id).lattice
    metres = get_heights(world.live, tenant, world.home, lattice)

    def make(state: State) -> dict[str, Any]:
        return {**told, "heights_version": state.search.version + 1, "outcome": {}}

    blobs = {"heights": pack({"metres": metres})}
    return _change(world, tenant, search_id, version, "moved", make, sent, blobs, lambda _: metres)


def _change(
    world: World,
    tenant: str,
    search_id: int,
    version: int | None,
    action: Action,
    make: Callable[[State], dict[str, Any]],
    sent: Sent,
    blobs: Mapping[str, bytes] | None = None,
    heights: Callable[[int], NDArray[np.float32]] | None = None,
) -> Changed:
    """blobs: kept with the change. heights: those that it brings, before they are kept."""
    for attempt in range(TRIES):
        before = sent_before(world.live, tenant, sent)
        if before is not None:
            return _sent(world, tenant, before.search, before.fields["outcome"])
        state = get_state(world.live, tenant, world.home, search_id)
        check_version(f"search {search_id}", state.search.version, version)
        check_open(state.search)
        fields = make(state)
        setting = state.setting if heights is None else replace(state.setting, heights=heights)
        belief = applied(state.belief, action, fields, setting)
        _, rest = probability(belief)
        outcome = fields["outcome"] = {**fields["outcome"], "rest_of_world": rest}
        after = replace(state.search, rest_of_world=rest, pos=outcome.get("pos_total", state.search.pos))
        try:
            stored, token = write_change(world, tenant, after, action, fields, sent, blobs)
        except Conflict:
            if version is not None or attempt == TRIES - 1:
                raise
            continue
        keep_state(world.home, token, belief)
        return Changed(stored, belief, outcome, True)
    raise AssertionError("the last try returns or raises")


def _sent(world: World, tenant: str, search_id: int, outcome: dict[str, Any]) -> Changed:
    state = get_state(world.live, tenant, world.home, search_id)
    return Changed(state.search, state.belief, outcome, False)


# --- results -----------------------------------------------------------------------------------------------------


def _result(world: World, tenant: str, state: State, told: Mapping[str, Any]) -> dict[str, Any]:
    """The line of the log: everything that a replay needs, nothing that may change later."""
    search_id = state.search.id
    fields: dict[str, Any] = {name: told[name] for name in ("team", "note") if told.get(name)}
    width_m, place = told.get("W_m"), None
    if told.get("assignment"):
        assigned = get_assignment(world.live, tenant, search_id, told["assignment"])
        fields |= {"assignment": told["assignment"], "resource": assigned["resource"]}
        place, list_version = assigned["place"], assigned["segments_version"]
        width_m = width_m or assigned["W_m"]
    elif told.get("segment"):
        segments = find_segments(world.live, tenant, state.search)
        place, list_version = get_segment(segments, told["segment"]), segments.version
    if place is not None:
        fields |= {"segment": place, "segments_version": list_version}
    only_responsive = told.get("responsive", False)
    if told.get("lines") or told.get("device"):
        if not width_m:
            raise BadQuery(
                "a track needs W_m, the sweep width", hint="give W_m, or an assignment whose resource has one"
            )
        lines, is_simulated = _lines(world, tenant, told)
        fields |= {"lines": lines, "W_m": width_m, "detection": told["detection"]}
        fields |= {"simulated": True} if is_simulated else {}
        fields |= {"W_unresponsive_m": told.get("W_unresponsive_m")}
        if only_responsive and fields["W_unresponsive_m"] is None:
            fields["W_unresponsive_m"] = 0.0
        return fields
    if place is None:
        raise BadQuery("nothing says where it was searched", hint="name an assignment or a segment, or send a track")
    if told.get("pod") is not None:
        fields |= {"pod": told["pod"], "coverage": told.get("coverage")}
    elif told.get("coverage") is not None:
        fields |= {"pod": float(pod(told["coverage"], told["detection"])), "coverage": told["coverage"]}
    else:
        raise BadQuery("nothing says how well it was searched", hint="give coverage, pod or a track")
    other = told.get("pod_unresponsive")
    fields["pod_unresponsive"] = 0.0 if only_responsive and other is None else other
    return fields


def _lines(world: World, tenant: str, told: Mapping[str, Any]) -> tuple[list[list[list[float]]], bool]:
    """Lines walked, in degrees, and whether they are simulated."""
    if told.get("lines"):
        lines, is_simulated = told["lines"], bool(told.get("simulated"))
    else:
        begin, end = told["begin"], told["end"]
        if end <= begin:
            raise BadQuery("end must be later than begin", hint="the time in which the team searched")
        fixes = whole_history(world.live, tenant, told["device"], begin.timestamp(), end.timestamp())
        lines, is_simulated = _pieces(fixes), bool(fixes.is_simulated.any())
    points = sum(map(len, lines))
    if points > MOST_TRACK_POINTS:
        raise TooLarge(f"{points:,} points of tracks; the most is {MOST_TRACK_POINTS:,}", hint="send it in parts")
    if not any(len(line) > 1 for line in lines):
        raise Unprocessable(
            "the track has no line: fewer than two fixes in a row", hint="look at device, begin and end"
        )
    return lines, is_simulated


def _pieces(fixes: Fixes) -> list[list[list[float]]]:
    """The fixes as lines, broken where the device was silent; those that say they are inexact left out."""
    good = ~(fixes.accuracy_m > MOST_ACCURACY_M)
    lonlat, time_s = fixes.lonlat[good], fixes.time_s[good]
    breaks = np.flatnonzero(np.diff(time_s) > SILENCE_S) + 1
    return [piece.tolist() for piece in np.split(lonlat, breaks) if len(piece) > 1]


def _check_two_states(state: State) -> None:
    if len(state.belief.log_rest) != 2:
        raise BadQuery(
            "this search does not tell a subject who answers from one who does not",
            hint="begin it with subject.responsive, the chance that the subject answers; or leave out `responsive`",
        )


# --- told with every change --------------------------------------------------------------------------------------


def answering(belief: Belief) -> float | None:
    """The chance that the subject answers; None where it is not told apart."""
    return responsive_share(belief) if len(belief.log_rest) == 2 else None


def poa_of_segments(world: World, tenant: str, search: Search, belief: Belief) -> list[dict[str, Any]]:
    """Segments with their present probability of area; [] before there are any."""
    try:
        segments = find_segments(world.live, tenant, search)
    except NotFound:
        return []
    poa = segments.poa(probability(belief)[0])
    return [{"id": name, "poa": share} for name, share in zip(segments.names, poa.tolist())]
