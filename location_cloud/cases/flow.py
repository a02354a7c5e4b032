"""Every legal step of a case as one table: from which stage, by which action, to which, by whom, and what it does.

Stages, roles and the ways between them: city grid management (GB/T 30428.8; 信息收集, 案卷建立, 任务派遣, 任务处理,
处理反馈, 核查结案). What is not in the table is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from location_cloud.cases.model import PEOPLE, STAGES, Action, Case, Role, Stage
from location_cloud.errors import Conflict, Denied


@dataclass(frozen=True)
class Step:
    """One legal step.

    roles: who may. acts: whose turn it is afterwards. needs: a name in GUARDS that must hold. clock: what happens to
    the clocks: "case" = that of the whole case starts, from its filing; "report" = it starts as when it was reported;
    "stop", "go" = both stop, go on; "more" = both get more time; "end" = both end; "keep" = both run on; "" = that of
    the stage starts anew. counts: what the work that ends with it counts as in the stage table.
    """

    stage: Stage
    action: Action
    to: Stage
    roles: tuple[Role, ...]
    acts: Role | None = None
    needs: str = ""
    clock: str = ""
    counts: tuple[str, ...] = ()


_DESK: tuple[Role, ...] = ("acceptor", "leader")
_SENDING: tuple[Role, ...] = ("dispatcher", "leader")
_LEADER: tuple[Role, ...] = ("leader",)
_SYSTEM: tuple[Role, ...] = ("system",)
_DEPARTMENT: tuple[Role, ...] = ("department",)
_INSPECTOR: tuple[Role, ...] = ("inspector",)
_ALL: tuple[Role, ...] = (*PEOPLE, "system")

STEPS: tuple[Step, ...] = (
    # stage, action, to, roles, acts
    Step("reported", "accept", "accepted", _DESK, "leader"),
    Step("reported", "request_verify", "to_verify", _DESK, "inspector"),
    Step("reported", "reject", "rejected", _DESK, clock="end"),
    Step("reported", "self_handle", "closed", _INSPECTOR, needs="found_by_staff", clock="end"),
    Step("reported", "merge", "merged", _DESK, clock="end"),
    Step("reported", "request_check", "to_check", _SYSTEM, "inspector"),
    Step("to_verify", "verify", "accepted", _INSPECTOR, "leader", counts=("to_verify",)),
    Step("to_verify", "reject", "rejected", (*_INSPECTOR, *_DESK), clock="end", counts=("to_verify",)),
    Step("to_verify", "return", "reported", (*_INSPECTOR, *_DESK), "acceptor", counts=("returned",)),
    Step("to_verify", "merge", "merged", _DESK, clock="end"),
    Step("to_verify", "request_check", "to_check", _SYSTEM, "inspector"),
    Step("accepted", "file", "filed", _LEADER, "dispatcher", clock="case", counts=("to_file",)),
    Step("accepted", "request_verify", "to_verify", _DESK, "inspector"),
    Step("accepted", "return", "reported", _LEADER, "acceptor", counts=("returned",)),
    Step("accepted", "reject", "rejected", _LEADER, clock="end"),
    Step("accepted", "merge", "merged", _DESK, clock="end"),
    Step("accepted", "request_check", "to_check", _SYSTEM, "inspector"),
    Step("filed", "dispatch", "dispatched", ("dispatcher", "system"), "department", "department", "", ("to_dispatch",)),
    Step("filed", "return", "accepted", ("dispatcher",), "leader", counts=("returned",)),
    Step("filed", "void", "voided", _LEADER, clock="end", counts=("voided",)),
    Step("filed", "merge", "merged", _LEADER, clock="end"),
    Step("filed", "request_check", "to_check", _SYSTEM, "inspector"),
    Step("dispatched", "accept", "handling", _DEPARTMENT, "department"),
    Step("dispatched", "return", "filed", _DEPARTMENT, "dispatcher", counts=("returned",)),
    Step("dispatched", "dispatch", "dispatched", ("dispatcher",), "department", "department", "", ("to_dispatch",)),
    Step("dispatched", "void", "voided", _LEADER, clock="end", counts=("voided",)),
    Step("dispatched", "merge", "merged", _LEADER, clock="end"),
    Step("dispatched", "request_check", "to_check", _SYSTEM, "inspector"),
    Step("handling", "finish", "feedback", _DEPARTMENT, "acceptor", counts=("to_handle", "handled")),
    Step("handling", "return", "filed", _DEPARTMENT, "dispatcher", counts=("returned",)),
    Step("handling", "suspend", "suspended", _SENDING, "dispatcher", clock="stop", counts=("suspended",)),
    Step("handling", "suspend", "handling", _DEPARTMENT, "leader", "nothing_asked", "keep"),
    Step("handling", "extend", "handling", _SENDING, "department", clock="more"),
    Step("handling", "extend", "handling", _DEPARTMENT, "leader", "nothing_asked", "keep"),
    Step("handling", "reject", "handling", _SENDING, "department", "asked", "keep"),
    Step("handling", "void", "voided", _LEADER, clock="end", counts=("voided",)),
    Step("handling", "merge", "merged", _LEADER, clock="end"),
    Step("handling", "request_check", "to_check", _SYSTEM, "inspector", counts=("to_handle", "handled")),
    Step("suspended", "resume", "handling", (*_SENDING, "system"), "department", clock="go"),
    Step("suspended", "void", "voided", _LEADER, clock="end", counts=("voided",)),
    Step("suspended", "request_check", "to_check", _SYSTEM, "inspector", clock="go"),
    Step("feedback", "request_check", "to_check", (*_DESK, "system"), "inspector"),
    Step("feedback", "rework", "handling", _DESK, "department", "department", "", ("reworked",)),
    Step("feedback", "void", "voided", _LEADER, clock="end", counts=("voided",)),
    Step("to_check", "check", "to_check", _INSPECTOR, "leader", "unchecked", "", ("to_check",)),
    Step("to_check", "close", "closed", _LEADER, None, "checked", "end", ("closed",)),
    Step("to_check", "rework", "handling", _DESK, "department", "department", "", ("reworked",)),
    Step("to_check", "rework", "filed", _DESK, "dispatcher", "no_department"),
    Step("to_check", "return", "feedback", _INSPECTOR, "acceptor", counts=("returned",)),
    Step("to_check", "void", "voided", _LEADER, clock="end", counts=("voided",)),
    Step("closed", "reopen", "filed", _LEADER, "dispatcher", clock="case"),
    Step("voided", "reopen", "accepted", _LEADER, "leader", clock="report"),
    Step("rejected", "reopen", "reported", _DESK, "acceptor", clock="report"),
    Step("merged", "reopen", "reported", _DESK, "acceptor", clock="report"),
    *(Step(stage, "note", stage, _ALL, clock="keep") for stage in STAGES),
)

GUARDS: Mapping[str, tuple[Callable[[Case], bool], str]] = {
    "": (lambda _: True, ""),
    "found_by_staff": (
        lambda case: case.source in ("inspector", "patrol"),
        "only what an inspector or a patrol found may be settled on the spot",
    ),
    "department": (lambda case: bool(case.department), "no department is named, and no rule names one"),
    "no_department": (lambda case: not case.department, ""),
    "asked": (lambda case: bool(case.asked), "its department asks for nothing"),
    "nothing_asked": (lambda case: not case.asked, "its department has asked already"),
    "unchecked": (lambda case: case.checked is None, "it is checked already"),
    "checked": (lambda case: case.checked is True, "it is closed after a check that it passed"),
}

_BY_PLACE: Mapping[tuple[str, str], tuple[Step, ...]] = {
    (stage, action): tuple(step for step in STEPS if (step.stage, step.action) == (stage, action))
    for stage, action in {(step.stage, step.action) for step in STEPS}
}


def find_step(case: Case, action: str, roles: frozenset[str]) -> tuple[Step, Role]:
    """The step that an action is for who carries these roles, and the role that it is taken in.

    Raises Conflict, with what is legal now, if no step leads there from the case's stage or its guard does not hold;
    Denied if there is one, but for other roles.
    """
    steps = _BY_PLACE.get((case.stage, action), ())
    if not steps:
        raise refused(case, action, f"action {action} is not possible for a case that is {case.stage}", roles)
    mine = [(step, role) for step in steps for role in step.roles if role in roles]
    if not mine:
        wanted = " or ".join(dict.fromkeys(role for step in steps for role in step.roles if role != "system"))
        raise Denied(
            f"action {action} of a case that is {case.stage} is for {wanted or 'the product itself'}",
            hint=f"the operator issues keys with the scope cases:{wanted.split(' ')[0] or 'leader'}",
        )
    for step, role in mine:
        if GUARDS[step.needs][0](case):
            return step, role
    reason = next((text for step, _ in mine if (text := GUARDS[step.needs][1])), "")
    raise refused(case, action, f"action {action}: {reason}", roles)


def legal_actions(case: Case, roles: frozenset[str]) -> list[str]:
    """What who carries these roles may do with a case now."""
    return [
        action
        for action in dict.fromkeys(step.action for step in STEPS if step.stage == case.stage)
        if any(
            not roles.isdisjoint(step.roles) and (GUARDS[step.needs][0](case) or step.needs == "department")
            for step in _BY_PLACE[case.stage, action]
        )
    ]


def refused(case: Case, action: str, detail: str, roles: frozenset[str]) -> Conflict:
    """The refusal of a step, with what is legal now."""
    legal = legal_actions(case, roles)
    return Conflict(
        f"case {case.id}: {detail}",
        hint=f"possible now: {', '.join(legal)}",
        stage=case.stage,
        version=case.version,
        actions=legal,
    )
