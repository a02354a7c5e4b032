"""Designs of grids as their users see them: asked for, looked at, changed by hand, accepted."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from location_cloud.changes import Sent, check_repeated, check_version
from location_cloud.errors import BadQuery, Conflict, NotFound, TooLarge, Unprocessable
from location_cloud.grids import service, store, store_design
from location_cloud.grids.design_blocks import on_raster
from location_cloud.grids.design_codes import MOST_NUMBER
from location_cloud.grids.design_editing import merge_grids, move_border, move_corner, split_grid
from location_cloud.grids.design_merging import HIGH, LOW
from location_cloud.grids.design_plane import Plane
from location_cloud.grids.model import Grid, NewGrid
from location_cloud.grids.model_design import (
    DONE,
    FAILED,
    RUNNING,
    WAITING,
    Community,
    DesignAsk,
    DesignGrid,
    DesignJob,
)
from location_cloud.grids.service_ground import communities_of, plane_of
from location_cloud.spatial.measure import area_m2
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

MOST_WAITING, MOST_KEPT = 3, 20
"""Designs of one tenant that are not finished, and all of them: one may take 20 MB."""

MOST_KM2 = {"unit": 500.0, "village": 30_000.0}
"""Ground of one design: 25 km2 of unit grids take some 5 s, villages of a prefecture a few."""

MOST_GRIDS = 50_000
"""Grids that a design may come to, by area and target."""

MOST_COMMUNITIES = 2_000

KEPT_S = 30 * 24 * 3600.0
"""How long a finished design stays."""

NEIGHBOURS_M = 50.0
"""How far around what is edited grids are looked at."""


def as_question(ask: DesignAsk, communities: Sequence[Community]) -> bytes:
    """An ask with the communities that were found, to be kept in the live store."""
    said = asdict(replace(ask, communities=()))
    told = [(each.code, each.name, shapely.to_wkb(each.geometry).hex()) for each in communities]
    return orjson.dumps({**said, "communities": told})


def read_question(content: bytes) -> DesignAsk:
    """What `as_question` wrote."""
    said = orjson.loads(content)
    communities = tuple(
        Community(code, name, shapely.from_wkb(bytes.fromhex(shape))) for code, name, shape in said.pop("communities")
    )
    points = tuple((lon, lat) for lon, lat in said.pop("points"))
    households = tuple((lon, lat, count) for lon, lat, count in said.pop("households"))
    return DesignAsk(**said, communities=communities, points=points, households=households)


def add_design(world: World, tenant: str, ask: DesignAsk, sent: Sent) -> tuple[DesignJob, bool]:
    """Puts a design into the queue, and whether it is new: the same request sent again gives the first one.

    Raises NotFound, Unprocessable for an area that is not known, TooLarge over a ceiling, BadQuery for communities that
    do not fit together.
    """
    communities = ask.communities or communities_of(world, ask.area)
    _check_ground(ask, communities)
    job = DesignJob(
        secrets.token_hex(8), tenant, WAITING, 1, ask.scheme, ask.area, sent.now.timestamp(), world.snapshot.id
    )
    with world.live.write() as connection:
        before = store_design.find_request(connection, tenant, sent.request) if sent.request else None
        if before is not None:
            check_repeated(f"design {before[0]}", before[1], sent)
            return _found(store_design.find_design(connection, tenant, before[0]), before[0]), False
        if ask.previous:
            _found(store_design.find_design(connection, tenant, ask.previous), ask.previous)
        _check_room(store_design.list_designs(connection, tenant))
        store_design.insert_design(connection, job, as_question(ask, communities), sent.request, sent.digest)
    return job, True


def list_designs(live: Live, tenant: str) -> list[DesignJob]:
    """The tenant's designs, newest first."""
    with live.read() as connection:
        return store_design.list_designs(connection, tenant)


def get_design(live: Live, tenant: str, design: str) -> DesignJob:
    """How far a design is. Raises NotFound if the tenant has none of that id."""
    with live.read() as connection:
        return _found(store_design.find_design(connection, tenant, design), design)


def list_design_grids(
    live: Live, tenant: str, design: str, after: int, limit: int
) -> tuple[DesignJob, list[DesignGrid]]:
    """A finished design and a page of its grids. Raises NotFound, Conflict if it is not finished, Unprocessable."""
    with live.read() as connection:
        job = _finished(store_design.find_design(connection, tenant, design), design)
        return job, store_design.list_grids(connection, tenant, design, after, limit)


def remove_design(live: Live, tenant: str, design: str) -> None:
    """Cancels a design, or forgets a finished one. Raises NotFound."""
    with live.write() as connection:
        if not store_design.delete_design(connection, tenant, design):
            raise _missing(design)


def edit_design(
    live: Live, tenant: str, design: str, version: int | None, edit: dict[str, Any]
) -> tuple[DesignJob, list[DesignGrid], list[int]]:
    """A change by hand: the design as it is then, the grids that changed, and the numbers of those that are gone.

    edit: `action` merge, split, move_border or move_corner, with `grids` (numbers), `line` or `corner` and `to` in
    degrees. version: that the change was made from.

    Raises Conflict at another version or after acceptance, NotFound for a grid, Unprocessable where the change would
    leave a gap or an overlap, or cross the border of a community.
    """
    with live.write() as connection:
        job = _finished(store_design.find_design(connection, tenant, design), design)
        check_version(f"design {design}", job.version, version)
        if job.accepted:
            raise Conflict(f"the design was accepted for {job.accepted}", hint="make a new one with previous=")
        grids = store_design.list_grids(connection, tenant, design)
        ask = read_question(store_design.read_question(connection, tenant, design) or b"")
        named = next((grid.code[:-3] for grid in grids if grid.number in edit.get("grids", ()) and grid.code), "")
        used = store.used_codes(connection, tenant, job.scheme, named) if named else []
        changed = _edited(grids, ask.communities, edit, used)
        gone = [number for number, grid in changed.items() if grid is None]
        new = [grid for grid in changed.values() if grid is not None]
        store_design.delete_grids(connection, tenant, design, changed)
        store_design.insert_grids(connection, tenant, design, new)
        kept = [grid for grid in grids if grid.number not in changed] + new
        values: dict[str, Any] = {"version": job.version + 1, "grids": len(kept), "report": _report(job.report, kept)}
        store_design.change_design(connection, tenant, design, values)
    return replace(job, **values), new, gone


def accept_design(
    live: Live, tenant: str, design: str, version: int | None, valid_from: date, sent: Sent
) -> tuple[DesignJob, list[Grid]]:
    """Makes the grids of a design those of its area from a day on.

    Raises Conflict at another version or for a day that is not free, Unprocessable if a grid has no code.
    """
    with live.write() as connection:
        job = _finished(store_design.find_design(connection, tenant, design), design)
        grids = store_design.list_grids(connection, tenant, design)
        area = _area_of(job, grids)
        if job.accepted and job.accepted != valid_from.isoformat():
            raise Conflict(f"the design was accepted for {job.accepted}", hint="make a new one with previous=")
        found = store.list_grids(connection, live, tenant, job.scheme, valid_from, area_code=area)
        if job.accepted:
            return job, found
        check_version(f"design {design}", job.version, version)
        present = {each.code: each for each in found}
        new = [_registered(grid, present.get(grid.code)) for grid in grids]
        registered = service.replace_within(connection, live, tenant, job.scheme, area, new, valid_from, sent)
        values: dict[str, Any] = {"accepted": valid_from.isoformat(), "version": job.version + 1}
        store_design.change_design(connection, tenant, design, values)
        return replace(job, **values), registered


# --- checks ----------------------------------------------------------------------------------------------------------


def _check_ground(ask: DesignAsk, communities: Sequence[Community]) -> None:
    if len(communities) > MOST_COMMUNITIES:
        raise TooLarge(
            f"{len(communities):,} communities; the most is {MOST_COMMUNITIES:,}", hint="design town by town"
        )
    codes = [community.code for community in communities]
    if len(set(codes)) < len(codes):
        raise BadQuery("a community's code is given twice", hint="each once; several polygons are one MultiPolygon")
    shapes = np.array([community.geometry for community in communities], object)
    km2 = sum(area_m2(shape) for shape in shapes) / 1e6
    if km2 > MOST_KM2[ask.scheme]:
        raise TooLarge(
            f"{km2:,.0f} km2 at once; the most is {MOST_KM2[ask.scheme]:,.0f} for {ask.scheme} grids",
            hint="design town by town: ask for each area below",
        )
    if ask.scheme == "unit" and ask.by == "area" and km2 * 1e6 / ask.target > MOST_GRIDS:
        raise TooLarge(f"that makes over {MOST_GRIDS:,} grids", hint="a larger target, or a smaller area")
    flat = plane_of(communities).project(shapes)
    one, two = shapely.STRtree(flat).query(flat, predicate="intersects")
    once = one < two
    shared = shapely.area(shapely.intersection(flat[one[once]], flat[two[once]]))
    if len(shared) and shared.max() > 1.0:
        place = int(np.argmax(shared))
        names = [communities[row[once][place]].code for row in (one, two)]
        raise BadQuery(
            f"communities {names[0]} and {names[1]} overlap by {shared[place]:,.0f} m2", hint="give each place to one"
        )


def _check_room(mine: Sequence[DesignJob]) -> None:
    unfinished = sum(each.state in (WAITING, RUNNING) for each in mine)
    if unfinished >= MOST_WAITING:
        raise TooLarge(
            f"{unfinished} designs of yours are not finished; the most is {MOST_WAITING}",
            hint="wait for one (GET /v1/grids/design), or cancel it (DELETE /v1/grids/design/{id})",
        )
    if len(mine) >= MOST_KEPT:
        raise TooLarge(
            f"{len(mine)} designs of yours are kept; the most is {MOST_KEPT}",
            hint="delete one (DELETE /v1/grids/design/{id})",
        )


def _found(job: DesignJob | None, design: str) -> DesignJob:
    if job is None:
        raise _missing(design)
    return job


def _finished(job: DesignJob | None, design: str) -> DesignJob:
    job = _found(job, design)
    if job.state == FAILED:
        raise Unprocessable(job.error, hint=job.hint)
    if job.state != DONE:
        raise Conflict(f"the design is {job.state}: {job.progress:.0%}", hint=f"ask GET /v1/grids/design/{design}")
    return job


def _missing(design: str) -> NotFound:
    return NotFound(f"there is no design {design[:40]!r}", hint="GET /v1/grids/design lists those that are kept")


def _area_of(job: DesignJob, grids: Sequence[DesignGrid]) -> str:
    """The code whose grids a design replaces. Raises Unprocessable if that cannot be told."""
    bare = next((grid for grid in grids if not grid.code), None)
    if bare is not None:
        raise Unprocessable(
            f"grids of {bare.community} have no code: a {job.scheme} grid's begins with the 12 digits of its community",
            hint="send communities with their codes",
        )
    communities = {grid.community for grid in grids}
    area = job.area if job.area.isdigit() else next(iter(communities)) if len(communities) == 1 else ""
    if not area or not all(code.startswith(area) for code in communities):
        raise Unprocessable(
            "it is not clear whose grids these replace", hint="name the area that all communities lie in when asking"
        )
    return area


def _registered(grid: DesignGrid, present: Grid | None) -> NewGrid:
    """A grid as the registry takes it; one that goes on keeps its name, people and notes."""
    if present is None:
        return NewGrid(grid.code, grid.geometry, area_code=grid.community, parent=grid.community)
    return NewGrid(
        grid.code,
        grid.geometry,
        present.name,
        grid.community,
        present.parent,
        present.households,
        present.land_use,
        present.management_class,
        present.note,
        present.responsible,
    )


# --- edits -----------------------------------------------------------------------------------------------------------


def _edited(
    grids: Sequence[DesignGrid], communities: Sequence[Community], edit: dict[str, Any], used: Sequence[str]
) -> dict[int, DesignGrid | None]:
    """What an edit changes, by number; None = gone."""
    rows = _rows_around(grids, edit)
    near = [grids[row] for row in rows]
    shapes = np.array([grid.geometry for grid in near], object)
    plane = plane_of(communities)  # its raster is the one that the grids were made on
    flat = on_raster(plane.project(shapes))
    place = {grid.number: row for row, grid in enumerate(near)}
    chosen = [place[number] for number in edit.get("grids", ())]
    if len({near[row].community for row in chosen}) > 1:
        raise Unprocessable("the grids lie in different communities", hint="no grid crosses a community's border")
    changed = _applied(edit, flat, chosen, plane, communities)
    first = max(grid.number for grid in grids) + 1
    found: dict[int, DesignGrid | None] = {}
    for row, shape in changed.items():
        if row >= len(near):
            found[first] = _new_grid(first, near[chosen[0]], shape, flat, plane, grids, used)
        elif shape is None:
            found[near[row].number] = None
        else:
            found[near[row].number] = _reshaped(near[row], shape, chosen, near, flat, plane)
    return found


def _applied(
    edit: dict[str, Any], flat: Any, chosen: list[int], plane: Plane, communities: Sequence[Community]
) -> dict[int, Any]:
    action = edit["action"]
    if action == "merge":
        return merge_grids(flat, chosen[0], chosen[1])
    if action == "move_corner":
        borders = shapely.union_all([shapely.boundary(each.geometry) for each in communities])
        corner, to = (tuple(plane.xy_m(np.array(edit[name], np.float64)).tolist()) for name in ("corner", "to"))
        return move_corner(flat, plane.project(borders), corner, to)
    line = plane.project(edit["line"])
    return split_grid(flat, chosen[0], line) if action == "split" else move_border(flat, chosen[0], chosen[1], line)


def _rows_around(grids: Sequence[DesignGrid], edit: dict[str, Any]) -> list[int]:
    """Rows of the grids that an edit names or touches, and of those around them. Raises NotFound."""
    row_of = {grid.number: row for row, grid in enumerate(grids)}
    missing = [number for number in edit.get("grids", ()) if number not in row_of]
    if missing:
        raise NotFound(f"the design has no grid number {missing[0]}", hint="GET /v1/grids/design/{id}/grids")
    shapes = np.array([grid.geometry for grid in grids], object)
    if edit["action"] == "move_corner":
        around = shapely.Point(edit["corner"])
    else:
        around = shapely.union_all(shapes[[row_of[number] for number in edit["grids"]]])
    margin_deg = NEIGHBOURS_M / 50_000.0
    box = shapely.box(*shapely.buffer(around, margin_deg, cap_style="square").bounds)
    rows = np.flatnonzero(shapely.intersects(shapes, box)).tolist()
    if not rows:
        raise BadQuery("there is no grid near that corner", hint="write it as lon, lat in degrees")
    return list(rows)


def _reshaped(
    grid: DesignGrid, shape: Any, chosen: list[int], near: Sequence[DesignGrid], flat: Any, plane: Plane
) -> DesignGrid:
    """The grid with another shape; how much it is follows from what it got of each."""
    rows = np.flatnonzero(shapely.intersects(flat, shape))
    share = shapely.area(shapely.intersection(flat[rows], shape)) / shapely.area(flat[rows])
    size = float((share * np.array([near[row].size for row in rows.tolist()])).sum())
    geometry = plane.unproject(shape)
    return replace(grid, geometry=geometry, area_m2=area_m2(geometry), size=size)


def _new_grid(
    number: int,
    parent: DesignGrid,
    shape: Any,
    flat: Any,
    plane: Plane,
    grids: Sequence[DesignGrid],
    used: Sequence[str],
) -> DesignGrid:
    """The smaller part of a split grid, with the first number of its community that nobody ever had."""
    code = ""
    if parent.code:
        prefix = parent.code[:-3]
        taken = {each.code for each in grids} | set(used)
        free = (f"{prefix}{count:03d}" for count in range(1, MOST_NUMBER + 1))
        code = next((each for each in free if each not in taken), "")
        if not code:
            raise Unprocessable(f"all {MOST_NUMBER} numbers of {parent.community} are used", hint="merge grids instead")
    whole = shapely.area(flat[shapely.contains(flat, shapely.point_on_surface(shape))]).sum()
    geometry = plane.unproject(shape)
    size = parent.size * float(shape.area / whole) if whole else 0.0
    return DesignGrid(number, code, parent.community, geometry, area_m2(geometry), size, False)


def _report(report: Any, grids: Sequence[DesignGrid]) -> dict[str, Any]:
    """The report with what is quickly counted anew; shares of borders stay those of the design as it was made."""
    size: NDArray[np.float64] = np.array([grid.size for grid in grids])
    fits = float(((size >= LOW) & (size <= HIGH)).mean())
    spread = float(size.std() / max(size.mean(), 1e-12))
    quality = {**report["design"], "grids": len(grids), "in_range": fits, "spread": spread}
    return {**report, "design": quality, "edited": True}
