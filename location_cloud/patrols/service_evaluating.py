"""What patrols did: looked at anew while fixes may come, kept with when cells of the beat were seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from location_cloud.errors import NotFound
from location_cloud.patrols import store, store_patrols
from location_cloud.patrols.evaluation import Evaluation, evaluate, pack_places, read_places
from location_cloud.patrols.model import Beat, Moving, Patrol, Walked
from location_cloud.patrols.plane import as_plane
from location_cloud.patrols.service import writing
from location_cloud.patrols.service_fixes import told_of
from location_cloud.patrols.suspicion import Doubt, find_same

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

MOST_BESIDE = 200
"""Other patrols of the same hours that a track is compared with."""

LOOKS, MEET_M = 5, 200.0
"""How often it is looked whether they were near each other at all, and how near: a minute's walk."""


@dataclass(frozen=True)
class Seen:
    """What is known of a patrol's work. places: `Evaluation.places`; None = forgotten with the tracks. evaluated: unix
    seconds.
    """

    patrol: Patrol
    beat: Beat | None
    numbers: Mapping[str, Any]
    places: Mapping[str, Any] | None
    evaluated: float


def see(live: Live, tenant: str, patrol_id: int, now: datetime) -> Seen:
    """What a patrol did: anew from its fixes while more of them may come, as kept after that. Raises NotFound."""
    with live.read() as connection:
        patrol = patrol_in(connection, tenant, patrol_id)
        beat = store.find_beat(connection, tenant, patrol.beat)
    if is_settled(patrol) and patrol.result is not None and patrol.evaluated is not None:
        return Seen(patrol, beat, patrol.result, read_places(patrol.detail), patrol.evaluated)
    found = _evaluation(live, tenant, patrol, beat, now)
    return Seen(patrol, beat, found.numbers(), found.places(), now.timestamp())


def is_settled(patrol: Patrol) -> bool:
    """Whether it was evaluated a last time: nothing is added any more."""
    if patrol.ended is None or patrol.evaluated is None:
        return False
    return patrol.evaluated >= patrol.ended + store_patrols.SETTLED_S


def read_track(live: Live, tenant: str, patrol_id: int, now: datetime) -> tuple[Patrol, Evaluation]:
    """A patrol's cleaned track with all that is told of it, from the fixes that are still kept. Raises NotFound."""
    with live.read() as connection:
        patrol = patrol_in(connection, tenant, patrol_id)
        beat = store.find_beat(connection, tenant, patrol.beat)
    return patrol, _evaluation(live, tenant, patrol, beat, now, with_doubts=True)


def evaluate_patrol(live: Live, tenant: str, patrol_id: int, now: datetime) -> Seen:
    """Looks at a patrol's fixes and keeps what it did, and when the cells of its beat were seen. Raises NotFound."""
    with live.read() as connection:
        patrol = patrol_in(connection, tenant, patrol_id)
        beat = store.find_beat(connection, tenant, patrol.beat)
    found = _evaluation(live, tenant, patrol, beat, now, with_doubts=True)
    numbers, places = found.numbers(), found.places()
    with writing(live) as connection:
        store_patrols.put_result(connection, tenant, patrol_id, now.timestamp(), numbers, pack_places(places))
        current = store.find_beat(connection, tenant, patrol.beat)
        if current is not None and current.retired is None:
            store.put_seen(connection, tenant, current, _seen_later(current, found))
        patrol = patrol_in(connection, tenant, patrol_id)
    return Seen(patrol, beat, numbers, places, now.timestamp())


def evaluate_due(live: Live, now: datetime, kept_days: float, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Evaluates patrols of all tenants that are over and not evaluated, or have settled since; how many.

    kept_days: how long fixes are kept; older patrols have none.
    """
    now_s = now.timestamp()
    with live.read() as connection:
        due = store_patrols.list_due(connection, now_s, now_s - kept_days * 86_400.0, 1_000)
    for tenant, patrol_id in due:
        if should_stop():
            break
        evaluate_patrol(live, tenant, patrol_id, now)
    return len(due)


def _seen_later(beat: Beat, found: Evaluation) -> np.ndarray[Any, Any]:
    """When the cells of a beat were seen last, this patrol counted."""
    seen = beat.seen.copy()
    _, here, there = np.intersect1d(beat.cells, found.cells, assume_unique=True, return_indices=True)
    seen[here] = np.maximum(seen[here], np.rint(found.coverage.seen_s[there]).astype(np.int64))
    return seen


def _evaluation(
    live: Live, tenant: str, patrol: Patrol, beat: Beat | None, now: datetime, with_doubts: bool = False
) -> Evaluation:
    end_s = now.timestamp() if patrol.ended is None else patrol.ended
    told = told_of(live, tenant, patrol, end_s)
    cells = np.empty(0, np.int64) if beat is None else beat.cells
    moving: Moving = patrol.profile if patrol.profile in ("foot", "bicycle", "car") else "car"
    twins = _twins(live, tenant, patrol, told, end_s) if with_doubts else None
    return evaluate(cells, told, moving, patrol.begun, end_s, twins)


def _twins(live: Live, tenant: str, patrol: Patrol, told: Walked, end_s: float) -> list[Doubt]:
    """Doubts that tracks of others of the same hours raise."""
    with live.read() as connection:
        beside = store_patrols.list_beside(connection, tenant, patrol, end_s, MOST_BESIDE)
    found = []
    for other in beside:
        begin_s, until_s = max(patrol.begun, other.begun), end_s if other.ended is None else min(end_s, other.ended)
        common = told.take((told.time_s >= begin_s) & (told.time_s <= until_s))
        if len(common) < 2 or not _meet(live, tenant, common, other):
            continue
        its = told_of(live, tenant, replace(other, begun=begin_s), until_s)
        doubt = find_same(common, its)
        if doubt is not None:
            found.append(replace(doubt, evidence={**doubt.evidence, "patrol": other.id, "person": other.person}))
    return found


def _meet(live: Live, tenant: str, common: Walked, other: Patrol) -> bool:
    """Whether two were roughly together at most of a few times: reading every track of a city takes seconds."""
    looks = common.take(np.linspace(0, len(common) - 1, LOOKS).astype(np.int64))
    apart = 0
    for time_s, lonlat in zip(looks.time_s.tolist(), looks.lonlat):
        its = told_of(live, tenant, replace(other, begun=time_s), time_s)
        off = as_plane(its.lonlat, (float(lonlat[0]), float(lonlat[1])))
        apart += not len(its) or bool(np.hypot(off[:, 0], off[:, 1]).min() > MEET_M)
        if apart > LOOKS // 2:
            return False
    return True


def patrol_in(connection: Any, tenant: str, patrol_id: int) -> Patrol:
    """One patrol, within a transaction. Raises NotFound."""
    found = store_patrols.find_patrol(connection, tenant, patrol_id)
    if found is None:
        raise NotFound(f"there is no patrol {patrol_id}", hint="GET /v1/patrols lists them")
    return found
