"""Work that was done on a case, as a row of the stage table: 0/1 counters that evaluations add up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from location_cloud.cases.model import Case

COUNTERS = (
    "reported",
    "valid_report",
    "to_file",
    "filed",
    "filed_on_time",
    "voided",
    "to_verify",
    "verified_on_time",
    "to_check",
    "checked_on_time",
    "to_dispatch",
    "dispatched_on_time",
    "dispatched_rightly",
    "to_handle",
    "handled",
    "handled_on_time",
    "overdue",
    "reworked",
    "returned",
    "suspended",
    "extended",
    "should_close",
    "closed",
    "closed_on_time",
    "self_handled",
    "citizen",
    "missed",
)


@dataclass(frozen=True)
class StageRow:
    """Work that ended. stage, role: whose work it was; action: what ended it. counts: COUNTERS that are 1.

    The rest is as of the case when the work was done. Times are POSIX seconds.
    """

    case: Case
    stage: str
    action: str
    role: str
    who: str
    began: float
    ended: float
    due: float | None
    counts: frozenset[str]

    def values(self, zone: str) -> dict[str, Any]:
        """As columns. zone: whose months its period is one of."""
        month = datetime.fromtimestamp(self.ended, ZoneInfo(zone)).strftime("%Y-%m")
        case = self.case
        return {
            "case": case.id,
            "class": case.class_code,
            "source": case.source,
            "stage": self.stage,
            "action": self.action,
            "role": self.role,
            "who": self.who,
            "department": case.department,
            "post": case.post,
            "unit_grid": case.unit_grid,
            "village_grid": case.village_grid,
            "area": case.area,
            "began": self.began,
            "ended": self.ended,
            "due": self.due,
            "period": month,
            **{name: int(name in self.counts) for name in COUNTERS},
        }
