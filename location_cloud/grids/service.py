"""The questions about grids: which one a point lies in on a day, one by its code, lists, and writing them by date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace as changed
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.changes import Sent, check_repeated, check_version
from location_cloud.errors import BadQuery, Conflict, NotFound, TooLarge
from location_cloud.grids import store
from location_cloud.grids.model import MOST_AT_ONCE, MOST_VERTICES, Grid, Line, NewGrid, Scheme, as_new, check_code
from location_cloud.grids.service_following import grids_of_day
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.measure import area_m2

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

MOST_OVERLAP_M2 = 1.0
"""That two grids of a scheme may share by the way they were drawn."""


def get_grid(live: Live, tenant: str, scheme: Scheme, code: str, day: date) -> Grid:
    """The grid of that code that holds on a day. Raises NotFound, with the days on which it held."""
    with live.read() as connection:
        return get_of_day(connection, tenant, scheme, code, day)


def get_of_day(connection: Any, tenant: str, scheme: Scheme, code: str, day: date) -> Grid:
    """The same within a transaction."""
    found = store.find_grid(connection, tenant, scheme, code, day)
    if found is None:
        spans = store.list_spans(connection, tenant, scheme, code)
        told = "; ".join(f"{each.valid_from} to {each.valid_to or 'now'}" for each in spans[:5])
        raise NotFound(
            f"there is no {scheme} grid {code[:40]!r} on {day}",
            hint=f"it held {told}: ask with at=" if told else f"list them: GET /v1/grids/{scheme}",
        )
    return found


def list_grids(
    live: Live,
    tenant: str,
    scheme: Scheme,
    day: date | None,
    bbox: Bbox | None = None,
    area_code: str = "",
    parent: str = "",
    cells: tuple[int, int] | None = None,
    after: str = "",
    limit: int = 1_000_000,
    name: str = "",
) -> list[Grid]:
    """Grids by rising code; see `store.list_grids`."""
    with live.read() as connection:
        return store.list_grids(
            connection, live, tenant, scheme, day, bbox, area_code, parent, cells, after, limit, name
        )


def locate(live: Live, tenant: str, scheme: Scheme, lonlat: tuple[float, float], day: date) -> Grid | None:
    """The grid that holds a point (degrees) on a day; of two that share a border point the one of the lower code."""
    return grids_of_day(live, tenant, scheme, day).find_at(lonlat)


def locate_many(live: Live, tenant: str, scheme: Scheme, lonlats: NDArray[np.float64], day: date) -> list[str | None]:
    """Codes of the grids that hold points ((n, 2) degrees) on a day, as `locate` for each; None where there is none."""
    kept = grids_of_day(live, tenant, scheme, day)
    return [kept.grids[row].code if row >= 0 else None for row in kept.rows_at(lonlats).tolist()]


def list_spans(live: Live, tenant: str, scheme: Scheme, code: str) -> list[Grid]:
    """All spans of days of a code, the first one first."""
    with live.read() as connection:
        return store.list_spans(connection, tenant, scheme, code)


def list_changes(live: Live, tenant: str, since: int, limit: int) -> list[Line]:
    """What happened to grids after a live version; what one change did is not torn apart, so it may be a few more."""
    with live.read() as connection:
        found = store.list_log(connection, tenant, since, limit + 1)
        if len(found) > limit:
            last = found[limit - 1].change
            found = [each for each in found if each.change < last] + store.list_log_of(connection, tenant, last)
    return found


def add_grid(live: Live, tenant: str, scheme: Scheme, grid: NewGrid, valid_from: date, sent: Sent) -> tuple[Grid, bool]:
    """(the new grid, whether it is new and not sent a second time).

    Raises as `replace`; Conflict if it overlaps another grid of its scheme on any day from then on.
    """
    (checked,) = check_grids(scheme, [grid])
    with live.write() as connection:
        is_new = not was_sent(connection, tenant, sent)
        if is_new:
            _check_unused(connection, tenant, scheme, [checked.code])
            _check_apart(connection, live, tenant, scheme, checked, valid_from)
            store.insert_grids(connection, tenant, scheme, [checked], valid_from, sent)
        found = store.find_grid(connection, tenant, scheme, checked.code, valid_from)
    if found is None:
        raise Conflict(f"{scheme} grid {checked.code} was added and is retired since", hint="read its history")
    return found, is_new


def change_grid(
    live: Live, tenant: str, scheme: Scheme, code: str, version: int | None, said: Mapping[str, Any], sent: Sent
) -> Grid:
    """The grid of today, described anew. said: fields of NewGrid but code and geometry. Raises Conflict, NotFound."""
    day = sent.now.date()
    with live.write() as connection:
        found = get_of_day(connection, tenant, scheme, code, day)
        check_version(f"{scheme} grid {code}", found.version, version)
        store.revise_grid(connection, tenant, found, changed(as_new(found), **said))
        store.write_log(connection, tenant, scheme, [code], "describe", found.valid_from, sent)
        return get_of_day(connection, tenant, scheme, code, day)


def retire_grid(
    live: Live, tenant: str, scheme: Scheme, code: str, version: int | None, valid_to: date, sent: Sent
) -> Grid:
    """The grid, which holds no longer from a day on; its code is never given again.

    Raises BadQuery, Conflict, NotFound.
    """
    with live.write() as connection:
        spans = store.list_spans(connection, tenant, scheme, code)
        if not spans:
            raise NotFound(f"there is no {scheme} grid {code[:40]!r}", hint=f"list them: GET /v1/grids/{scheme}")
        last = spans[-1]
        if last.valid_to is not None:
            raise Conflict(f"{scheme} grid {code} is retired since {last.valid_to}", hint="nothing is left to do")
        check_version(f"{scheme} grid {code}", last.version, version)
        if valid_to <= last.valid_from:
            raise BadQuery(
                f"valid_to={valid_to} is not after {last.valid_from}, when it began", hint="choose a later day"
            )
        store.end_grids(connection, tenant, [last], valid_to)
        store.write_log(connection, tenant, scheme, [code], "retire", valid_to, sent)
        return store.list_spans(connection, tenant, scheme, code)[-1]


def replace(
    live: Live,
    tenant: str,
    scheme: Scheme,
    area_code: str,
    grids: Sequence[NewGrid],
    valid_from: date,
    sent: Sent,
) -> list[Grid]:
    """From a day on these are all grids of a scheme in an area: others there retire, changed ones begin a new span.

    area_code: of the area whose grids they are, "" = all of the tenant's. sent: who asks.

    Gives the area's grids on that day. Raises BadQuery for a wrong code or shape or a code twice, Conflict for a code
    that was retired before or a grid that begins later, TooLarge over a ceiling.
    """
    with live.write() as connection:
        return replace_within(connection, live, tenant, scheme, area_code, grids, valid_from, sent)


def replace_within(
    connection: Any,
    live: Live,
    tenant: str,
    scheme: Scheme,
    area_code: str,
    grids: Sequence[NewGrid],
    valid_from: date,
    sent: Sent,
) -> list[Grid]:
    """As `replace`, in the transaction of who asks."""
    checked = check_grids(scheme, grids)
    if not was_sent(connection, tenant, sent):
        present = {
            each.code: each
            for each in store.list_grids(connection, live, tenant, scheme, valid_from, area_code=area_code)
        }
        wanted = {each.code: each for each in checked}
        changed = [code for code, new in wanted.items() if code in present and not _is_same(present[code], new)]
        added = [code for code in wanted if code not in present]
        gone = [each for code, each in present.items() if code not in wanted]
        _check_unused(connection, tenant, scheme, added)
        _check_begun(connection, live, tenant, scheme, area_code, valid_from)
        store.end_grids(connection, tenant, [*gone, *(present[code] for code in changed)], valid_from)
        codes = [each.code for each in gone]
        store.write_log(connection, tenant, scheme, codes, "retire", valid_from, sent)
        store.insert_grids(connection, tenant, scheme, [wanted[code] for code in added + changed], valid_from, sent)
    return store.list_grids(connection, live, tenant, scheme, valid_from, area_code=area_code)


def check_grids(scheme: Scheme, grids: Sequence[NewGrid]) -> list[NewGrid]:
    """The grids, each by itself sound. Raises BadQuery naming the grid, TooLarge."""
    if len(grids) > MOST_AT_ONCE:
        raise TooLarge(f"{len(grids):,} grids at once; the most is {MOST_AT_ONCE:,}", hint="send them by area")
    seen: set[str] = set()
    for grid in grids:
        check_code(scheme, grid.code)
        if grid.code in seen:
            raise BadQuery(f"grid {grid.code} is given twice", hint="each code once")
        seen.add(grid.code)
        _check_shape(grid)
    return list(grids)


def _check_shape(grid: NewGrid) -> None:
    shape = grid.geometry
    if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        raise BadQuery(f"grid {grid.code} is a {shape.geom_type}", hint="a grid is a polygon, or several")
    if not shape.is_valid:
        raise BadQuery(f"grid {grid.code} is no valid polygon: {shapely.is_valid_reason(shape)}", hint="repair it")
    vertices = shapely.get_num_coordinates(shape)
    if vertices > MOST_VERTICES:
        raise TooLarge(f"grid {grid.code} has {vertices:,} vertices; the most is {MOST_VERTICES:,}", hint="simplify it")


def _is_same(grid: Grid, new: NewGrid) -> bool:
    said = (new.name, new.area_code, new.parent, new.households, new.land_use, new.management_class, new.note)
    kept = (grid.name, grid.area_code, grid.parent, grid.households, grid.land_use, grid.management_class, grid.note)
    lists = tuple(new.responsible) == grid.responsible and new.units == grid.units
    return said == kept and lists and bool(grid.geometry.equals(new.geometry))


def _check_unused(connection: Any, tenant: str, scheme: Scheme, codes: Sequence[str]) -> None:
    for code in codes:
        if store.list_spans(connection, tenant, scheme, code):
            raise Conflict(
                f"{scheme} grid {code} was used before", hint="codes that were retired are never used again: take a new"
            )


def _check_apart(connection: Any, live: Live, tenant: str, scheme: Scheme, grid: NewGrid, valid_from: date) -> None:
    west, south, east, north = grid.geometry.bounds
    others = store.list_grids(connection, live, tenant, scheme, None, Bbox(west, south, east, north))
    for other in others:
        if other.valid_to is not None and other.valid_to <= valid_from:
            continue
        shared = shapely.intersection(other.geometry, grid.geometry)
        if not shared.is_empty and area_m2(shared) > MOST_OVERLAP_M2:
            raise Conflict(
                f"{scheme} grid {grid.code} overlaps {other.code} by {area_m2(shared):,.1f} m2",
                hint="every place lies in one grid of a scheme: cut it, or import all grids of the area from a day on",
            )


def _check_begun(connection: Any, live: Live, tenant: str, scheme: Scheme, area_code: str, day: date) -> None:
    everything = store.list_grids(connection, live, tenant, scheme, None, area_code=area_code)
    later = [each.code for each in everything if each.valid_from >= day and not each.holds_on(day)]
    same_day = [each.code for each in everything if each.valid_from == day]
    if later or same_day:
        raise Conflict(
            f"{scheme} grid {(later or same_day)[0]} begins on {day} or later",
            hint="history is not rewritten: choose a later day",
        )


def was_sent(connection: Any, tenant: str, sent: Sent) -> bool:
    """Whether the change was made before under its Idempotency-Key. Raises Unprocessable if that was another change."""
    found = store.find_request(connection, tenant, sent.request) if sent.request else None
    if found is None:
        return False
    scheme, code, digest = found
    check_repeated(f"{scheme} grid {code}", digest, sent)
    return True
