"""What the people of a simulated grid centre do next with a case, and when: from the case as it is, and chance.

Shares and times are ours: a fifth or so is handled too late, one in fourteen is done again, few are put aside. Work
goes on in the office hours of the tenant's calendar; emergencies, whose limits run around the clock, at any hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from location_cloud.cases.calendar import HOUR, WORK_HOUR, Calendar, deadline
from location_cloud.cases.limits import Limit
from location_cloud.cases.model import CITIZENS, Case
from location_cloud.simulator.chance import normal, uniform

STAGE_HOURS = {
    "reported": 0.2, "to_verify": 0.9, "accepted": 0.2, "filed": 0.2, "dispatched": 0.4, "feedback": 0.2,
    "to_check": 0.5,
}  # fmt: skip
STAGE_SPREAD = 0.8
"""Median (working) hours until somebody acts, and the standard deviation of their log: some 15 % are late."""

HANDLING_SHARE, HANDLING_SPREAD = 0.3, 0.8
"""Median share of the whole limit until a department is done, and the standard deviation of its log: tails are long."""

PACE_SPREAD = 0.25
"""Standard deviation of the log from department to department: some are slower at everything."""

LEAST_ASIDE, MOST_ASIDE, DAY_S = 1.0, 8.0, 86_400.0
"""Days that a suspended case waits."""

LONGEST = 20.0
"""Times the median, however late."""

SELF_HANDLED, REJECTED, VERIFIED, NOT_FOUND, NOT_FILED, SENT_BACK = 0.12, 0.03, 0.7, 0.12, 0.02, 0.05
SUSPENDED, EXTENDED, VOIDED, FAILED, RETURNED = 0.03, 0.04, 0.01, 0.07, 0.02
"""Shares: of inspectors' finds settled on the spot; reports turned away; citizens' reports looked after first, and
those where nothing is found; not filed; sent to the wrong department. Of cases handled: put aside, given more time,
voided; checks that fail; feedback sent back."""

ON_THE_SPOT = ("E01", "E02", "E05", "V02")
"""Groups of what an inspector can settle alone."""

_WHAT, _WHEN, _AGAIN, _PACE = range(321, 325)


@dataclass(frozen=True)
class Move:
    """What is done next. at_s: POSIX seconds. role: who does it."""

    at_s: float
    action: str
    role: str
    said: Mapping[str, Any] = field(default_factory=dict)


def next_move(
    case: Case, now_s: float, calendar: Calendar, department: str, seed: int, row: int, turn: int
) -> Move | None:
    """What happens to a case after POSIX second now_s, when it was changed last; None = nothing more.

    department: whose work its class is. row: the case's number in its simulation; turn: how often it was moved before.
    """
    what, again = (float(uniform(seed, kind, row, turn)[0]) for kind in (_WHAT, _AGAIN))
    late = float(normal(seed, _WHEN, row, turn)[0])
    if case.stage == "suspended":
        at_s = max(case.until or 0.0, now_s + 1.0)
        return Move(at_s, "resume", "system", {"text": "simulated: its time is over"})
    chosen = _choose(case, department, what, again, seed, late)
    if chosen is None:
        return None
    action, role, said, wait = chosen
    at_s = max(deadline(calendar, now_s, wait.amount, wait.unit), now_s + 1.0)
    if action == "suspend":
        said = {**said, "until": at_s + DAY_S * (LEAST_ASIDE + (MOST_ASIDE - LEAST_ASIDE) * again)}
    return Move(at_s, action, role, said)


_Choice = tuple[str, str, dict[str, Any], Limit]


def _choose(case: Case, department: str, what: float, again: float, seed: int, late: float) -> _Choice | None:
    wait = _stage_wait(case, late)
    match case.stage:
        case "reported":
            return _of_report(case, what, wait)
        case "to_verify":
            return ("reject" if what < NOT_FOUND else "verify", "inspector", {}, wait)
        case "accepted":
            return ("reject" if what < NOT_FILED else "file", "leader", {}, wait)
        case "filed":
            return ("dispatch", "dispatcher", {"department": department}, wait)
        case "dispatched":
            sends_back = what < SENT_BACK and case.returns == 0
            return ("return" if sends_back else "accept", "department", {}, wait)
        case "handling":
            return _of_handling(case, what, again, _pace(seed, case.department), late)
        case "feedback":
            return ("rework" if what < RETURNED else "request_check", "acceptor", {}, wait)
        case "to_check":
            if case.checked is None:
                return ("check", "inspector", {"passed": what >= FAILED}, wait)
            return ("close" if case.checked else "rework", "leader" if case.checked else "acceptor", {}, wait)
    return None


def _of_report(case: Case, what: float, wait: Limit) -> _Choice:
    if case.source == "inspector" and case.class_code[:3] in ON_THE_SPOT and what < SELF_HANDLED:
        return ("self_handle", "inspector", {}, Limit(0.15, HOUR))
    if what > 1.0 - REJECTED:
        return ("reject", "acceptor", {"text": "simulated: not for this centre"}, wait)
    needs_look = case.source in CITIZENS and what < VERIFIED and case.returns == 0
    return ("request_verify" if needs_look else "accept", "acceptor", {}, wait)


def _of_handling(case: Case, what: float, again: float, pace: float, late: float) -> _Choice:
    limit = case.clock.limit if case.clock is not None else Limit(1.0, "work_day")
    longer = float(np.clip(np.exp(HANDLING_SPREAD * late), 1.0 / LONGEST, LONGEST))
    wait = Limit(limit.amount * HANDLING_SHARE * pace * longer * (0.5 if case.reworks else 1.0), limit.unit)
    soon = Limit(wait.amount * again, wait.unit)
    is_first = case.reworks == 0 and case.extensions == 0 and not case.returns
    if is_first and what < VOIDED:
        return ("void", "leader", {"text": "simulated: filed by mistake"}, soon)
    if is_first and what < VOIDED + SUSPENDED:
        return ("suspend", "dispatcher", {"text": "simulated: waits for material"}, soon)
    if is_first and what < VOIDED + SUSPENDED + EXTENDED:
        return ("extend", "dispatcher", {"limit": f"{limit.amount * 0.5:g} {limit.unit}"}, soon)
    return ("finish", "department", {}, wait)


def _stage_wait(case: Case, late: float) -> Limit:
    """How long somebody takes to act at a stage."""
    hours = STAGE_HOURS.get(case.stage, 0.5) * float(np.exp(STAGE_SPREAD * late))
    is_urgent = case.clock is not None and case.clock.limit.unit == HOUR
    return Limit(hours * 0.5, HOUR) if is_urgent else Limit(hours, WORK_HOUR)


def _pace(seed: int, department: str) -> float:
    number = int.from_bytes(department.encode()[:7], "big")
    return float(np.exp(PACE_SPREAD * normal(seed, _PACE, number)[0]))
