"""The fixes of patrols: taken from phones, and read together with those of trackers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from location_cloud.errors import NotFound, TooLarge, Unprocessable
from location_cloud.patrols.model import Floats, Patrol, Walked
from location_cloud.tracks import service as tracks
from location_cloud.tracks.model import MOST_FIXES, NOT_TOLD, Arriving, Fixes, Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from location_cloud.storage.live import Live

SLACK_S = 60.0
"""Fixes from so long before a patrol and after it are of the patrol: clocks of phones differ by seconds."""

MOST_ASIDE = 1_000
"""Jumps of a device that are looked through; a shift has a handful."""


def store_points(
    live: Live, home: Path, tenant: str, patrol: Patrol, points: Sequence[Mapping[str, Any]], now: datetime
) -> Outcome:
    """Takes fixes of a patrol; when it returns, they are on the disk, among the tracks of the person.

    points: time_s, lonlat, accuracy_m, speed_kmh, heading_deg (NaN = not told). Sent again they are duplicates.

    Raises Unprocessable if one is of another time than the patrol, TooLarge over MOST_FIXES.
    """
    if len(points) > MOST_FIXES:
        raise TooLarge(f"{len(points):,} fixes; the most is {MOST_FIXES:,}", hint="send them in parts")
    end_s = now.timestamp() if patrol.ended is None else patrol.ended
    column: dict[str, Floats] = {
        name: np.array([point[name] for point in points], np.float64)
        for name in ("time_s", "accuracy_m", "speed_kmh", "heading_deg")
    }
    wrong = np.flatnonzero((column["time_s"] < patrol.begun - SLACK_S) | (column["time_s"] > end_s + SLACK_S))
    if len(wrong):
        raise Unprocessable(
            f"points[{int(wrong[0])}] is of a time at which patrol {patrol.id} was not under way",
            hint="nobody's way off duty is kept: send only what lies between the beginning and the end",
        )
    count = len(points)
    arriving = Arriving(
        (patrol.own_device,),
        np.zeros(count, np.int64),
        np.rint(column["time_s"] * 1000).astype(np.int64),
        np.full(count, NOT_TOLD),
        np.array([point["lonlat"] for point in points], np.float64).reshape(-1, 2),
        column["speed_kmh"],
        column["heading_deg"],
        column["accuracy_m"],
        np.full(count, patrol.is_simulated),
        np.zeros(count, np.bool_),
        "http",
    )
    return tracks.store_fixes(live, home, tenant, arriving, now)


def told_of(live: Live, tenant: str, patrol: Patrol, end_s: float) -> Walked:
    """The fixes of a patrol by time, of its device and those sent to it; jumps that are set aside included."""
    begin_s, after_s = patrol.begun - SLACK_S, end_s + SLACK_S
    parts = []
    for device in dict.fromkeys(filter(None, (patrol.device, patrol.own_device))):
        try:
            parts.append(_as_walked(tracks.whole_history(live, tenant, device, begin_s, after_s)))
            jumps = [
                each
                for each in tracks.list_aside(live, tenant, device, MOST_ASIDE)
                if each.reason == "jump" and begin_s <= each.time_s < after_s
            ]
        except NotFound:
            continue
        lonlat = np.array([each.lonlat for each in jumps], np.float64).reshape(-1, 2)
        times = np.array([(each.time_s, each.received_s) for each in jumps], np.float64).reshape(-1, 2)
        parts.append(Walked(times[:, 0], times[:, 1], lonlat, np.full(len(jumps), np.nan)))
    empty = np.empty(0)
    parts.append(Walked(empty, empty, np.empty((0, 2)), empty))
    columns = ([getattr(part, name) for part in parts] for name in ("time_s", "received_s", "lonlat", "accuracy_m"))
    told = Walked(*(np.concatenate(each) for each in columns))
    return told.take(np.argsort(told.time_s, kind="stable"))


def _as_walked(fixes: Fixes) -> Walked:
    return Walked(fixes.time_s, fixes.received_s, fixes.lonlat, fixes.accuracy_m.astype(np.float64))
