"""The questions about patrols: begin and end one within the fence, send its fixes, look them up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from location_cloud.changes import Sent, check_repeated, check_version
from location_cloud.errors import BadQuery, Conflict, Unprocessable
from location_cloud.patrols import store, store_patrols
from location_cloud.patrols.model import Beat, Patrol, Post
from location_cloud.patrols.plane import as_plane
from location_cloud.patrols.roster import find_shift
from location_cloud.patrols.service import beat_in, writing
from location_cloud.patrols.service_evaluating import evaluate_patrol, patrol_in
from location_cloud.patrols.service_fixes import store_points
from location_cloud.tracks.model import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from location_cloud.storage.live import Live

BEAT_FENCE_M = 100.0
"""How far outside its ground a beat without a post may be begun and ended."""

MOST_EXCUSED_M = 100.0
"""Of the inaccuracy that a phone claims when a shift is begun or ended: it must not excuse everything."""

GRACE_S = 7_200.0
LONGEST_S = 57_600.0
"""Who does not end a patrol is taken to have ended it with the shift, two hours after which nobody is waited for;
without a shift after 16 hours."""


def begin_patrol(
    live: Live, tenant: str, said: Mapping[str, Any], accuracy_m: float, sent: Sent
) -> tuple[Patrol, bool]:
    """(the patrol that begins now, whether it is new and not sent a second time).

    said: person, at (lonlat), beat, device and profile ("" = as the shift, or the beat, has it), note, is_simulated.

    Raises Unprocessable outside the fence, with how far; Conflict if the person is on patrol; BadQuery, NotFound for
    the beat.
    """
    now_s = sent.now.timestamp()
    with writing(live) as connection:
        known = store_patrols.find_request(connection, tenant, sent.request) if sent.request else None
        if known is not None:
            check_repeated(f"patrol {known[0]}", known[1], sent)
            return patrol_in(connection, tenant, known[0]), False
        rosters = store.list_rosters(connection, tenant, said["person"])
        wanted = [each for each in rosters if said["beat"] in ("", each.beat)]
        shift = find_shift(wanted, now_s)
        code = said["beat"] or (shift.beat if shift else "")
        if not code:
            raise BadQuery(
                f"beat is missing: {said['person']} has no shift now", hint="name a beat: GET /v1/patrols/beats"
            )
        beat = beat_in(connection, tenant, code)
        _check_fence(beat, said["at"], accuracy_m, "begun")
        device = next((each.device for each in wanted if shift and each.code == shift.roster), "")
        return (
            store_patrols.insert_patrol(
                connection,
                tenant,
                Patrol(
                    id=0,
                    version=0,
                    person=said["person"],
                    beat=code,
                    roster=shift.roster if shift else "",
                    device=said["device"] or device,
                    profile=said["profile"] or beat.said.profile,
                    begun=now_s,
                    ended=None,
                    planned_begin=shift.begin_s if shift else None,
                    planned_end=shift.end_s if shift else None,
                    late_min=shift.late_min if shift else 0.0,
                    early_min=shift.early_min if shift else 0.0,
                    begun_at=said["at"],
                    is_simulated=said["is_simulated"] or beat.said.is_simulated,
                    note=said["note"],
                ),
                sent,
            ),
            True,
        )


def end_patrol(
    live: Live,
    tenant: str,
    patrol_id: int,
    at: tuple[float, float],
    accuracy_m: float,
    version: int | None,
    now: datetime,
) -> Patrol:
    """The patrol, ended now and evaluated. Raises as `begin_patrol`; Conflict if it is over or was changed."""
    with writing(live) as connection:
        patrol = patrol_in(connection, tenant, patrol_id)
        check_version(f"patrol {patrol_id}", patrol.version, version)
        if patrol.ended is not None:
            raise Conflict(f"patrol {patrol_id} is over", hint="begin another one: POST /v1/patrols")
        beat = store.find_beat(connection, tenant, patrol.beat)
        if beat is not None:
            _check_fence(beat, at, accuracy_m, "ended")
        store_patrols.change_patrol(connection, tenant, replace(patrol, ended=now.timestamp(), ended_at=at))
    return evaluate_patrol(live, tenant, patrol_id, now).patrol


def end_forgotten(live: Live, now: datetime, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Ends the patrols of all tenants that nobody ended, with their shifts; how many."""
    with live.read() as connection:
        found = store_patrols.list_forgotten(connection, now.timestamp(), GRACE_S, LONGEST_S, 1_000)
    for tenant, patrol_id in found:
        if should_stop():
            break
        with writing(live) as connection:
            patrol = patrol_in(connection, tenant, patrol_id)
            if patrol.ended is None:
                longest = patrol.begun + LONGEST_S
                ended = longest if patrol.planned_end is None else max(patrol.planned_end, patrol.begun)
                store_patrols.change_patrol(
                    connection, tenant, replace(patrol, ended=min(ended, longest), is_forgotten=True)
                )
    return len(found)


def _check_fence(beat: Beat, at: tuple[float, float], accuracy_m: float, word: str) -> None:
    fence_m = BEAT_FENCE_M if beat.said.post is None else beat.said.post.radius_m
    off_m = _off_m(beat, beat.said.post, at)
    if off_m > fence_m + min(accuracy_m, MOST_EXCUSED_M):
        what = f"beat {beat.code}" if beat.said.post is None else f"the post of beat {beat.code}"
        raise Unprocessable(
            f"a patrol is {word} within {fence_m:g} m of {what}; {at[0]:.6f},{at[1]:.6f} is {off_m:.0f} m away",
            hint="go there, or wait for a better position",
            distance_m=round(off_m),
        )


def _off_m(beat: Beat, post: Post | None, at: tuple[float, float]) -> float:
    """Metres from a place to the post, or to the ground of the beat."""
    if post is not None:
        return float(np.hypot(*as_plane(np.array([at]), post.lonlat)[0]))
    moved = shapely.transform(beat.shape, lambda lonlat: as_plane(lonlat, at))
    return float(moved.distance(shapely.Point(0.0, 0.0)))


def add_points(
    live: Live, home: Path, tenant: str, patrol_id: int, points: Sequence[Mapping[str, Any]], now: datetime
) -> Outcome:
    """As `service_fixes.store_points`; a patrol that is over is evaluated anew. Raises NotFound, too."""
    patrol = get_patrol(live, tenant, patrol_id)
    outcome = store_points(live, home, tenant, patrol, points, now)
    if patrol.ended is not None and outcome.accepted:
        evaluate_patrol(live, tenant, patrol_id, now)
    return outcome


def get_patrol(live: Live, tenant: str, patrol_id: int) -> Patrol:
    """One patrol. Raises NotFound."""
    with live.read() as connection:
        return patrol_in(connection, tenant, patrol_id)


def list_patrols(
    live: Live,
    tenant: str,
    begin_s: float,
    end_s: float,
    person: str,
    beat: str,
    is_open: bool | None,
    after: int,
    limit: int,
) -> list[Patrol]:
    """A page of patrols by id."""
    with live.read() as connection:
        return store_patrols.list_patrols(connection, tenant, begin_s, end_s, person, beat, is_open, after, limit)
