"""The questions about what came from a peer: its cases as they were last told, their timelines, indicators."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from location_cloud.cases.model import Actor
from location_cloud.errors import Denied, NotFound
from location_cloud.federation import store_copies
from location_cloud.federation.model import ChosenCopies, Copy, Kept, Kind
from location_cloud.federation.service import get_in

if TYPE_CHECKING:
    from location_cloud.storage.live import Live


def list_copies(
    live: Live, tenant: str, name: str, kept: Kept, chosen: ChosenCopies, after: int, limit: int, actor: Actor
) -> list[Copy]:
    """Copies of the peer's cases by rising id, those that the caller may see. Raises NotFound, Denied."""
    _check_caller(actor)
    chosen = replace(chosen, areas=actor.areas)
    with live.read() as connection:
        get_in(connection, tenant, name, kept)
        return store_copies.list_copies(connection, live, tenant, name, "case", after, limit, chosen)


def get_copy(live: Live, tenant: str, name: str, kept: Kept, case: int, actor: Actor) -> Copy:
    """The copy of one case. Raises NotFound, Denied."""
    _check_caller(actor)
    with live.read() as connection:
        origin = get_in(connection, tenant, name, kept).origin
        found = store_copies.find_copy(connection, tenant, origin, "case", str(case)) if origin else None
    area = "" if found is None else str(found.content["case"]["area"])
    if found is None or (actor.areas and not any(area.startswith(each) for each in actor.areas)):
        raise NotFound(f"there is no copy of case {case} of {name}", hint=f"GET /v1/federation/{name}/cases")
    return found


def list_entries(live: Live, tenant: str, copy: Copy, after: int, limit: int) -> list[dict[str, Any]]:
    """The timeline of a copied case, oldest first."""
    with live.read() as connection:
        return store_copies.list_entries(connection, tenant, copy.origin, copy.object, after, limit)


def list_tables(
    live: Live, tenant: str, name: str, kept: Kept, scheme: str, period: str, after: int, limit: int
) -> list[Copy]:
    """Indicators that the peer told, by rising id. Raises NotFound."""
    with live.read() as connection:
        get_in(connection, tenant, name, kept)
        kind: Kind = "indicators"
        found = store_copies.list_copies(connection, live, tenant, name, kind, after, 100_000)  # a few hundred
    wanted = [
        each for each in found if scheme in ("", each.content["scheme"]) and period in ("", each.content["period"])
    ]
    return wanted[:limit]


def _check_caller(actor: Actor) -> None:
    if actor.is_department_only:
        raise Denied("copies are seen by who is not held to a department", hint="act on your own cases: GET /v1/cases")
