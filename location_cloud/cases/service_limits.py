"""Changed limits for cases that are open already, where somebody asks for that."""

from __future__ import annotations

from dataclasses import dataclass, replace

from location_cloud.cases import store, store_listing
from location_cloud.cases.clocks import with_limit
from location_cloud.cases.fields import as_fields, changed_fields
from location_cloud.cases.model import Actor, Case, Chosen, Entry
from location_cloud.cases.service import writing
from location_cloud.cases.service_settings import Terms, load_terms
from location_cloud.errors import TooLarge
from location_cloud.storage.live import Live

MOST_APPLIED = 20_000
"""Cases that limits are applied to in one request: some 10 s."""

AT_ONCE = 200
"""In one transaction: nobody else writes meanwhile, some 100 ms."""


@dataclass(frozen=True)
class Applied:
    """What became of open cases: changed ones, ones that are as they were, and extended ones, which keep their time."""

    changed: int
    same: int
    extended: int


def apply_limits(live: Live, tenant: str, class_code: str, actor: Actor) -> Applied:
    """Measures the open cases of a class by the limits of today; each change is a line of its case's timeline.

    Stages keep the limit that they began with. Raises TooLarge over MOST_APPLIED, Unprocessable for an unknown class.
    """
    with live.read() as connection:
        load_terms(connection, tenant).get_class(class_code)
        chosen = Chosen(actor.now.timestamp(), classes=(class_code,), is_open=True, areas=actor.areas)
        found = store_listing.list_cases(connection, live, tenant, chosen, 0, MOST_APPLIED + 1)
    if len(found) > MOST_APPLIED:
        raise TooLarge(
            f"more than {MOST_APPLIED:,} cases of class {class_code} are open", hint="close those that are over first"
        )
    changed = 0
    ids = [case.id for case in found if not case.extensions]
    for start in range(0, len(ids), AT_ONCE):
        with writing(live) as connection:
            terms = load_terms(connection, tenant)
            for case in store.list_by_id(connection, tenant, ids[start : start + AT_ONCE]):
                changed += _apply(connection, tenant, terms, case, actor)
    return Applied(changed, len(ids) - changed, len(found) - len(ids))


def _apply(connection: object, tenant: str, terms: Terms, case: Case, actor: Actor) -> bool:
    if case.clock is None or not case.is_open or case.extensions:
        return False
    limit, name = terms.case_limit(case.class_code, case.area_class, case.band)
    clock = with_limit(terms.calendar(name), case.clock, limit.times(case.factor), name)
    if clock == case.clock:
        return False
    stored = store.change_case(connection, tenant, replace(case, clock=clock))
    fields = changed_fields(as_fields(case), as_fields(stored))
    at = actor.now.timestamp()
    entry = Entry(
        0, case.id, stored.version, stored.change, at, actor.who, "leader", "limits", case.stage, case.stage, fields
    )
    store.append_log(connection, tenant, entry)
    return True
