"""What a step makes of a case: its fields, who gets it, and its two clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from location_cloud.cases.clocks import give_more, go_on, start_clock, stop_clock
from location_cloud.cases.flow import Step
from location_cloud.cases.limits import Limit, parse_limit
from location_cloud.cases.model import Actor, Case, Clock, Role
from location_cloud.cases.service_routing import Routed
from location_cloud.cases.service_settings import TO_CLOSE, Terms
from location_cloud.errors import BadQuery


def sent_to(case: Case, decided: Routed, said: Mapping[str, Any]) -> Case:
    """The case with who gets it: whom somebody names, else whom the rules name."""
    told = {name: value for name in ("department", "post", "assignee") if (value := said.get(name))}
    is_ruled = told.get("department") in (None, decided.fields.get("department"))
    chosen = {**(decided.fields if is_ruled else {}), **told}
    blank = {"post": "", "assignee": ""} if "department" in chosen else {}
    return replace(case, rule=decided.rule if is_ruled else "", **{**blank, **chosen})


def stepped(case: Case, step: Step, role: Role, said: Mapping[str, Any], actor: Actor) -> Case:
    """The case after a step, its clocks as they were."""
    now = actor.now.timestamp()
    if step.action == "note":
        return case
    if step.clock == "keep":
        wish = {"action": step.action, "who": actor.who, "at": now} | {
            name: said[name] for name in ("text", "until", "limit") if said.get(name) is not None
        }
        return replace(case, role=step.acts, asked={} if step.action == "reject" else wish)
    changed: dict[str, Any] = {"stage": step.to, "role": step.acts, "asked": {}, "stage_since": now}
    if step.clock == "more":
        return replace(case, role=step.acts, asked={}, extensions=case.extensions + 1)
    if step.clock == "end":
        changed["closed"] = now
    if step.action == "reopen":
        changed |= {"closed": None, "parent": None}
    if step.action == "check":
        changed["checked"] = said.get("passed", True)
    elif case.stage == "to_check" or step.to == "to_check":
        changed["checked"] = None if step.to != "closed" else case.checked
    if step.action == "file":
        changed["filed"] = case.filed if case.filed is not None else now
    if step.action == "dispatch":
        changed["sent_by"] = actor.who
    if step.to == "filed" and step.action != "file":
        changed |= {"department": "", "post": "", "assignee": ""}
    if step.action in ("rework", "return"):
        name = "reworks" if step.action == "rework" else "returns"
        changed[name] = getattr(case, name) + 1
    if step.action == "accept" and said.get("assignee"):
        changed["assignee"] = said["assignee"]
    suspended = step.to == "suspended"
    changed |= {"suspended_since": now if suspended else None, "until": _until(case, said, now) if suspended else None}
    return replace(case, **changed)


def _until(case: Case, said: Mapping[str, Any], now: float) -> float | None:
    until: float | None = said.get("until", case.asked.get("until"))
    if until is not None and until <= now:
        raise BadQuery("until is not later than now", hint="leave it out: it lasts until somebody resumes the case")
    return until


def clocked(terms: Terms, case: Case, after: Case, step: Step, said: Mapping[str, Any], now: float) -> Case:
    """The case with its clocks as the step leaves them."""
    whole, stage = after.clock, after.stage_clock
    if step.clock in ("keep", "end"):
        return after
    if step.clock == "more":
        more = _more(case, said)
        return replace(
            after, clock=_each(give_more, terms, whole, more), stage_clock=_each(give_more, terms, stage, more)
        )
    if step.clock == "stop":
        return replace(after, clock=_each(_stopped, terms, whole, now), stage_clock=_each(_stopped, terms, stage, now))
    if step.clock == "go":
        after = replace(after, clock=_each(_going, terms, whole, now))
        if after.stage == "handling":
            return replace(after, stage_clock=_each(_going, terms, stage, now))
    if step.clock in ("case", "report") and not (step.action == "file" and case.filed is not None):
        limit, name = case_limit(terms, after)
        since = after.created if after.band and step.clock == "case" and step.action == "file" else now
        after = replace(after, clock=start_clock(terms.calendar(name), since, limit, name), is_counted=False)
    return replace(after, stage_clock=stage_clock(terms, after, now))


def _each(change: Any, terms: Terms, clock: Clock | None, value: Any) -> Clock | None:
    """A clock changed on its calendar; None stays None."""
    if clock is None:
        return None
    calendar = terms.calendar(clock.calendar)
    changed: Clock = change(calendar, clock, value)
    return changed


def _stopped(calendar: Any, clock: Clock, now: float) -> Clock:
    return stop_clock(calendar, now, clock)


def _going(calendar: Any, clock: Clock, now: float) -> Clock:
    return go_on(calendar, now, clock)


def _more(case: Case, said: Mapping[str, Any]) -> Limit:
    """How much more time is given: as said, or as its department asked."""
    text = said.get("limit") or case.asked.get("limit")
    if not text:
        raise BadQuery("how much more time is missing", hint='such as {"limit": "2 work_day"}')
    return parse_limit(text, "limit")


def case_limit(terms: Terms, case: Case) -> tuple[Limit, str]:
    """The limit of the whole case, and the calendar that it counts on."""
    limit, name = terms.case_limit(case.class_code, case.area_class, case.band)
    return limit.times(case.factor), name


def stage_clock(terms: Terms, case: Case, now: float) -> Clock | None:
    """The clock of the work that begins; None where it has the time of the whole case, or nothing is left to do."""
    if not case.is_open:
        return None
    part = TO_CLOSE if case.stage == "to_check" and case.checked is not None else case.stage
    found = terms.stage_limit(case.class_code, case.area_class, part)
    return None if found is None else start_clock(terms.calendar(found[1]), now, *found)
