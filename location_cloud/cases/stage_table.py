"""What a step writes into the stage table: one row of 0/1 counters for each piece of work that it ends.

Every index of an evaluation is a sum over these rows (city management bulletins; formulas as city platforms keep them).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from location_cloud.cases.flow import Step
from location_cloud.cases.model import Case
from location_cloud.cases.model_stages import StageRow

ON_TIME: Mapping[str, str] = {
    "to_file": "filed_on_time",
    "to_verify": "verified_on_time",
    "to_check": "checked_on_time",
    "to_dispatch": "dispatched_on_time",
    "handled": "handled_on_time",
}
"""What work counts as, and what it counts as besides when it was done in time."""

KNOWN = ("accepted", "closed", "merged", "rejected", "to_check")
"""Stages by which it is known whether a report was valid: of all but the rejected ones it was."""


def rows_of_step(step: Step, role: str, who: str, before: Case, after: Case, now: float) -> Iterator[StageRow]:
    """The rows that a step writes; none where it ends no work (a note, a wish). before, after: the case around it."""
    if step.clock in ("keep", "more"):
        return
    if before.stage in ("reported", "to_verify") and after.stage in KNOWN:
        yield _report(before, after, now)
    if after.stage == "handling" and before.stage == "dispatched":  # whoever accepts it was the right one
        yield _row(after, "filed", "accept", "dispatcher", before.sent_by, before, now, {"dispatched_rightly"})
        return
    counts = set(step.counts)
    if "to_file" in counts:
        counts = _filing(before)
    if "to_handle" in counts and before.extensions:
        counts.add("extended")
    if "closed" in counts:
        counts |= _closing(before, now)
    is_in_time = before.stage_due is None or now <= before.stage_due
    counts |= {ON_TIME[name] for name in counts if name in ON_TIME and is_in_time}
    seen = after if "to_dispatch" in counts else before
    yield _row(seen, before.stage, step.action, role, who, before, now, counts)


def row_of_overdue(case: Case) -> StageRow:
    """The row of a filed case that should be closed by now and is not."""
    due = case.due if case.due is not None else case.created
    began = case.filed if case.filed is not None else case.created
    counts = frozenset({"should_close", "overdue"})
    return StageRow(case, case.stage, "overdue", "system", "clock", began, due, due, counts)


def _report(before: Case, after: Case, now: float) -> StageRow:
    counts = {"reported"} if after.stage == "rejected" else {"reported", "valid_report"}
    if after.stage == "closed":
        counts.add("self_handled")
    role = "inspector" if before.source in ("inspector", "patrol") else before.source
    return StageRow(before, "reported", "report", role, before.reporter, before.created, now, None, frozenset(counts))


def _filing(before: Case) -> set[str]:
    """Once a case, also if it comes back and is filed again.

    What citizens tell where somebody patrols was missed: 漏报.
    """
    if before.filed is not None:
        return set()
    citizens = {"citizen"} if before.is_citizens else set()
    missed = {"missed"} if before.is_citizens and (before.manage_grid or before.unit_grid) else set()
    return {"to_file", "filed"} | citizens | missed


def _closing(before: Case, now: float) -> set[str]:
    """A case past its limit is overdue once: the clock may have counted it before (`row_of_overdue`)."""
    is_in_time = before.due is None or now <= before.due
    counts = {"closed_on_time"} if is_in_time else set()  # also where the limit was extended after it had run out
    return counts if before.is_counted else counts | {"should_close"} | (set() if is_in_time else {"overdue"})


def _row(
    seen: Case, stage: str, action: str, role: str, who: str, before: Case, now: float, counts: set[str]
) -> StageRow:
    return StageRow(seen, stage, action, role, who, before.stage_since, now, before.stage_due, frozenset(counts))
