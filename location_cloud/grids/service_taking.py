"""Grids that another system owns, put into the registry as that system has them: every span of days of a code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from location_cloud.changes import Sent
from location_cloud.errors import BadQuery, Conflict
from location_cloud.grids import store
from location_cloud.grids.model import Grid, NewGrid, Scheme, as_new
from location_cloud.grids.service import check_grids


@dataclass(frozen=True)
class Span:
    """A grid as it holds from a day up to, without, another one (None = until further notice)."""

    valid_from: date
    valid_to: date | None
    grid: NewGrid


def take_spans(
    connection: Any, tenant: str, scheme: Scheme, code: str, spans: Sequence[Span], sent: Sent, is_known: bool
) -> None:
    """Makes the registry hold exactly these spans of a code, within somebody's transaction.

    is_known: the code came from that owner before. Spans that its owner has no more than one day of are ended there.

    Raises Conflict for a code that is this tenant's own, BadQuery for spans or shapes that cannot be.
    """
    ordered = sorted(spans, key=lambda span: span.valid_from)
    for span, following in zip(ordered, [*ordered[1:], None], strict=True):
        check_grids(scheme, [span.grid])
        ends = span.valid_to
        if (ends is not None and ends < span.valid_from) or (
            following and (ends is None or ends > following.valid_from)
        ):
            raise BadQuery(f"{scheme} grid {code}: its spans of days overlap", hint="one after another")
    there = {each.valid_from: each for each in store.list_spans(connection, tenant, scheme, code)}
    if there and not is_known and not _is_same(there, ordered):
        raise Conflict(f"{scheme} grid {code} is of this side's own", hint="one side owns a scheme of grids")
    for span in ordered:
        found = there.get(span.valid_from)
        if found is None:
            store.insert_grids(connection, tenant, scheme, [span.grid], span.valid_from, sent)
        elif not _says(found, span.grid):
            store.revise_grid(connection, tenant, found, span.grid)
            store.write_log(connection, tenant, scheme, [code], "describe", span.valid_from, sent)
    _end(connection, tenant, scheme, code, ordered, sent)


def _end(connection: Any, tenant: str, scheme: Scheme, code: str, spans: Sequence[Span], sent: Sent) -> None:
    wanted = {span.valid_from: span.valid_to for span in spans}
    for found in store.list_spans(connection, tenant, scheme, code):
        ends = wanted.get(found.valid_from, found.valid_from)  # a span that its owner took back holds on no day
        if ends is not None and ends != found.valid_to:
            store.end_grids(connection, tenant, [found], ends)
            store.write_log(connection, tenant, scheme, [code], "retire", ends, sent)


def _says(found: Grid, new: NewGrid) -> bool:
    kept = as_new(found)
    words = ("name", "area_code", "parent", "households", "land_use", "management_class", "note")
    is_said = all(getattr(kept, name) == getattr(new, name) for name in words)
    return is_said and tuple(kept.responsible) == tuple(new.responsible) and bool(kept.geometry.equals(new.geometry))


def _is_same(there: dict[date, Grid], spans: Sequence[Span]) -> bool:
    return {span.valid_from for span in spans} == set(there) and all(
        _says(there[span.valid_from], span.grid) for span in spans
    )
