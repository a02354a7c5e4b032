"""Every stage with every action: what the table has goes, everything else is refused and says what does."""

from __future__ import annotations

import pytest

from location_cloud.cases.flow import GUARDS, STEPS, find_step, legal_actions
from location_cloud.cases.model import ACTIONS, OVER, PEOPLE, STAGES, Case
from location_cloud.errors import Conflict, Denied

LEGAL = {
    "reported": "accept request_verify reject self_handle merge request_check",
    "to_verify": "verify reject return merge request_check",
    "accepted": "file request_verify return reject merge request_check",
    "filed": "dispatch return void merge request_check",
    "dispatched": "accept return dispatch void merge request_check",
    "handling": "finish return suspend extend reject void merge request_check",
    "suspended": "resume void request_check",
    "feedback": "request_check rework void",
    "to_check": "check close rework return void",
    "closed": "reopen",
    "voided": "reopen",
    "rejected": "reopen",
    "merged": "reopen",
}
"""Written by hand beside the table: rules of city grid management, and note everywhere."""

EVERYBODY = frozenset({*PEOPLE, "system"})


def a_case(stage, **more):
    return Case("E0112", (125.1, 46.6), stage=stage, department="roads", id=7, **more)


def ready(stage, action):
    """A case at which no guard stands in the way of the action."""
    return a_case(
        stage, checked=True if action == "close" else None, asked={"action": "suspend"} if action == "reject" else {}
    )


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_legal_goes_and_everything_else_is_refused(stage, action):
    case = ready(stage, action)
    if action == "note" or action in LEGAL[stage].split():
        step, role = find_step(case, action, EVERYBODY)
        assert (step.stage, step.action) == (stage, action)
        assert role in step.roles
    else:
        with pytest.raises(Conflict) as refused:
            find_step(case, action, EVERYBODY)
        assert set(refused.value.extra["actions"]) <= {*LEGAL[stage].split(), "note"}
        assert refused.value.extra["stage"] == stage


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.stage}-{step.action}-{step.to}")
def test_a_step_is_for_its_roles_alone(step):
    case = a_case(step.stage, checked=True if step.needs == "checked" else None)
    others = EVERYBODY - {
        role for each in STEPS if (each.stage, each.action) == (step.stage, step.action) for role in each.roles
    }
    for role in others:
        with pytest.raises(Denied):
            find_step(case, step.action, frozenset({role}))
    for role in step.roles:
        if GUARDS[step.needs][0](case):
            assert find_step(case, step.action, frozenset({role}))[0].stage == step.stage


def test_from_every_stage_a_case_can_come_to_an_end():
    ends = set(OVER)
    while True:
        more = {step.stage for step in STEPS if step.to in ends and step.roles != ("system",)} | ends
        if more == ends:
            break
        ends = more
    assert ends == set(STAGES)


def test_every_stage_can_be_reached_and_the_open_ones_wait_for_somebody():
    assert {step.to for step in STEPS} == set(STAGES)
    for step in STEPS:
        if step.action != "note":
            assert (step.acts is None) == (step.to in OVER), step


def test_a_case_is_closed_after_a_check_that_it_passed_only():
    for checked in (None, False):
        with pytest.raises(Conflict, match="check"):
            find_step(a_case("to_check", checked=checked), "close", EVERYBODY)
    assert find_step(a_case("to_check", checked=True), "close", EVERYBODY)[0].to == "closed"


def test_a_department_asks_and_a_leader_grants():
    case = a_case("handling")
    assert find_step(case, "suspend", frozenset({"department"}))[0].to == "handling"
    assert find_step(case, "suspend", frozenset({"leader"}))[0].to == "suspended"
    with pytest.raises(Conflict, match="asked already"):
        find_step(a_case("handling", asked={"action": "extend"}), "suspend", frozenset({"department"}))


def test_only_staff_settle_on_the_spot():
    assert find_step(a_case("reported", source="patrol"), "self_handle", EVERYBODY)[0].to == "closed"
    with pytest.raises(Conflict, match="inspector"):
        find_step(a_case("reported", source="hotline"), "self_handle", EVERYBODY)


def test_what_is_told_as_legal_is_legal():
    for stage in STAGES:
        for role in PEOPLE:
            for action in legal_actions(a_case(stage), frozenset({role})):
                assert find_step(a_case(stage), action, frozenset({role}))[0].action == action
