"""Beats, rosters, patrols and what is told of them as plain JSON."""

from __future__ import annotations

from typing import Any

from shapely.geometry import mapping

from location_cloud.patrols.model import Beat, Patrol, Roster, Span
from location_cloud.patrols.roster import DAY_MIN, early_min, late_min, state_of

Json = dict[str, Any]

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def as_beat(beat: Beat) -> Json:
    """A beat as GeoJSON."""
    said = beat.said
    post = None if said.post is None else {"lonlat": list(said.post.lonlat), "radius_m": said.post.radius_m}
    return {
        "type": "Feature",
        "id": beat.code,
        "geometry": mapping(beat.shape),
        "properties": {
            "name": said.name,
            "version": beat.version,
            "grids": [{"scheme": scheme, "code": code} for scheme, code in said.grids],
            "roads": list(said.roads),
            "post": post,
            "profile": said.profile,
            "every_days": said.every_days,
            "cells": len(beat.cells),
            "never_seen": int((beat.seen == 0).sum()),
            "note": said.note,
            "simulated": said.is_simulated,
        },
    }


def as_roster(roster: Roster) -> Json:
    """A roster."""
    pattern = roster.pattern
    return {
        "id": roster.code,
        "version": roster.version,
        "person": roster.person,
        "beat": roster.beat,
        "device": roster.device,
        "zone": pattern.zone,
        "week": {name: [_as_hours(span) for span in day] for name, day in zip(WEEK, pattern.week)},
        "days": [
            {"day": day.isoformat(), "shifts": [_as_hours(span) for span in spans]}
            for day, spans in sorted(pattern.days.items())
        ],
        "late_min": pattern.late_min,
        "early_min": pattern.early_min,
        "valid_from": roster.valid_from.isoformat(),
        "valid_to": None if roster.valid_to is None else roster.valid_to.isoformat(),
        "note": roster.note,
    }


def as_patrol(patrol: Patrol) -> Json:
    """A patrol without its places."""
    return {
        "id": patrol.id,
        "version": patrol.version,
        "person": patrol.person,
        "beat": patrol.beat,
        "roster": patrol.roster,
        "device": patrol.device,
        "profile": patrol.profile,
        "state": state_of(patrol),
        "begun": patrol.begun,
        "ended": patrol.ended,
        "planned_begin": patrol.planned_begin,
        "planned_end": patrol.planned_end,
        "late_min": round(late_min(patrol), 1),
        "early_min": round(early_min(patrol), 1),
        "forgotten": patrol.is_forgotten,
        "simulated": patrol.is_simulated,
        "note": patrol.note,
        "evaluated": patrol.evaluated,
        "result": patrol.result,
    }


def _as_hours(span: Span) -> dict[str, str]:
    begin, end = (f"{each % DAY_MIN // 60:02d}:{each % 60:02d}" for each in span)
    return {"begin": begin, "end": end}
