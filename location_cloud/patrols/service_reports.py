"""The questions of who leads: who came when, and how patrols did by person, beat, day or month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.patrols import store, store_patrols
from location_cloud.patrols.model import Patrol, Shift, State
from location_cloud.patrols.roster import MOST_DAYS, early_min, late_min, list_shifts, state_of, unattended

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

By: TypeAlias = Literal["shift", "person", "beat", "day", "month"]

MOST_LINES = 50_000
"""Shifts and patrols of one answer: a thousand people for a month, two shifts a day."""


@dataclass(frozen=True)
class Line:
    """One shift, planned or worked. patrol: None = nobody came; shift: None = none was planned. day: in the zone of the
    question.
    """

    person: str
    beat: str
    roster: str
    day: date
    state: State
    shift: Shift | None
    patrol: Patrol | None
    late_min: float
    early_min: float


def attendance(
    live: Live, tenant: str, first: date, last: date, zone: str, person: str, beat: str, now: datetime
) -> list[Line]:
    """Every shift planned or worked from one day to another, both included, by day, beginning and person.

    Raises BadQuery if the days are the wrong way round, TooLarge for more than MOST_DAYS or MOST_LINES.
    """
    if last < first:
        raise BadQuery(f"last_day={last} lies before first_day={first}", hint="the first day comes first")
    if (last - first).days >= MOST_DAYS:
        raise TooLarge(f"{(last - first).days + 1} days; the most is {MOST_DAYS}", hint="ask by the month")
    begin_s, end_s = _midnight(first, zone), _midnight(last + timedelta(1), zone)
    with live.read() as connection:
        rosters = store.list_rosters(connection, tenant, person, beat)
        # A shift is told under the day that it was planned for: who came the evening before belongs to it.
        found = store_patrols.list_patrols(
            connection, tenant, begin_s - 86_400.0, end_s + 86_400.0, person, beat, limit=MOST_LINES + 1
        )
    if len(found) > MOST_LINES or len(rosters) * ((last - first).days + 1) > MOST_LINES * 4:
        raise TooLarge(f"more than {MOST_LINES:,} shifts", hint="ask for fewer days, one person or one beat")
    shifts = list_shifts(rosters, first, last)
    planned: dict[tuple[str, str, float | None], Shift] = {
        (shift.person, shift.roster, shift.begin_s): shift for shift in shifts
    }
    lines = [_worked(patrol, planned, zone) for patrol in found]
    lines = [line for line in lines if first <= line.day <= last]
    lines += [
        Line(shift.person, shift.beat, shift.roster, shift.day, state, shift, None, 0.0, 0.0)
        for shift, state in unattended(shifts, found, now.timestamp())
    ]
    return sorted(lines, key=lambda line: (line.day, _begin_s(line), line.person))


def report(lines: Iterable[Line], by: By, zone: str) -> list[dict[str, Any]]:
    """Sums of shifts one by one, or by person, beat, day or month, by name. Doubts are counted, nothing follows from
    them. zone: on whose clocks the names of shifts are told.
    """
    groups: dict[str, list[Line]] = {}
    for line in lines:
        names = {"person": line.person, "beat": line.beat, "day": f"{line.day}", "month": f"{line.day:%Y-%m}"}
        groups.setdefault(_shift_name(line, zone) if by == "shift" else names[by], []).append(line)
    return [{"name": name, **_sums(of)} for name, of in sorted(groups.items())]


def _worked(patrol: Patrol, planned: Mapping[tuple[str, str, float | None], Shift], zone: str) -> Line:
    shift = planned.get((patrol.person, patrol.roster, patrol.planned_begin))
    if shift is None and patrol.planned_begin is not None and patrol.planned_end is not None:
        shift = _as_planned_then(patrol, zone)
    day = datetime.fromtimestamp(patrol.begun, ZoneInfo(zone)).date() if shift is None else shift.day
    late, early = late_min(patrol), early_min(patrol)
    return Line(patrol.person, patrol.beat, patrol.roster, day, state_of(patrol), shift, patrol, late, early)


def _as_planned_then(patrol: Patrol, zone: str) -> Shift | None:
    """The shift of a patrol whose roster was changed since, on the day that it began."""
    assert patrol.planned_begin is not None, "asked only of planned ones"
    assert patrol.planned_end is not None, "likewise"
    day = datetime.fromtimestamp(patrol.planned_begin, ZoneInfo(zone)).date()
    span = patrol.planned_begin, patrol.planned_end, patrol.late_min, patrol.early_min
    return Shift(patrol.roster, patrol.person, patrol.beat, day, *span)


def _sums(lines: list[Line]) -> dict[str, Any]:
    states = [line.state for line in lines]
    patrols = [line.patrol for line in lines if line.patrol is not None]
    results = [patrol.result for patrol in patrols if patrol.result is not None]

    def total(name: str) -> int:
        return sum(int(result[name]) for result in results)

    cells = total("cells")
    planned = sum(state not in ("non-workday", "expected") for state in states)
    worked = planned - states.count("absent")
    return {
        "shifts": planned,
        "attended": worked,
        "attendance_share": round(worked / planned, 4) if planned else None,
        **{state.replace("-", "_"): states.count(state) for state in ("normal", "late", "early", "absent")},
        "non_workday": states.count("non-workday"),
        "forgotten": sum(patrol.is_forgotten for patrol in patrols),
        "patrols": len(patrols),
        "evaluated": len(results),
        "hours": round(total("duration_s") / 3600.0, 2),
        "length_km": round(total("length_m") / 1000.0, 3),
        "cells": cells,
        "cells_seen": total("seen"),
        "coverage_share": round(total("seen") / cells, 4) if cells else None,
        "gap_hours": round(total("gap_s") / 3600.0, 2),
        "stay_hours": round(total("stay_s") / 3600.0, 2),
        "doubts": sum(sum(result["doubts"].values()) for result in results),
        "simulated": any(patrol.is_simulated for patrol in patrols),
    }


def _shift_name(line: Line, zone: str) -> str:
    begin = datetime.fromtimestamp(_begin_s(line), ZoneInfo(zone))
    return f"{line.day} {begin:%H:%M} {line.beat} {line.person}"


def _begin_s(line: Line) -> float:
    if line.shift is not None:
        return line.shift.begin_s
    return line.patrol.begun if line.patrol is not None else 0.0


def _midnight(day: date, zone: str) -> float:
    return datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).timestamp()
