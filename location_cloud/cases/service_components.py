"""The questions about components: add and change them, one or a file of them, look them up, list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.cases import store_components as store
from location_cloud.cases.catalogue import COMPONENT
from location_cloud.cases.component_files import ToldComponent
from location_cloud.cases.model import MOST_COMPONENTS, Actor, ChosenComponents, Component
from location_cloud.cases.service import writing
from location_cloud.cases.service_placing import local_day
from location_cloud.cases.service_settings import Terms, read_terms
from location_cloud.changes import check_repeated, check_version
from location_cloud.errors import BadQuery, NotFound, NotReady, TooLarge, Unprocessable
from location_cloud.grids import service as grids
from location_cloud.spatial.cells.index_cell import index_cell
from location_cloud.spatial.crs import Crs, as_wgs84

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World

MOST_SERIAL = 999_999
"""Of a class in a county: six digits."""


@dataclass(frozen=True)
class Added:
    """What became of components that were told. ids: of the new ones, in the order they were told."""

    ids: tuple[str, ...]
    changed: int = 0
    same: int = 0
    is_new: bool = True


def add_components(
    world: World, tenant: str, told: Sequence[ToldComponent], actor: Actor, county: str = "", crs: Crs = "wgs84"
) -> Added:
    """Stores components, all or none; those whose id is there are changed, the others get the next free id.

    county: six digits, where no area or grid tells it. crs: of the geometries. Durable when this returns; sent again
    under the same Idempotency-Key nothing is stored.

    Raises BadQuery for a county that is not known, Unprocessable for a class that is none of components or a used key,
    TooLarge over a ceiling.
    """
    terms = read_terms(world.live, tenant)
    placed = _placed(world, tenant, terms, told, actor, county, crs)
    with writing(world.live) as connection:
        if actor.request and (sent := store.find_request(connection, tenant, actor.request)) is not None:
            check_repeated(f"component {sent[0].id}", sent[1], actor)
            return Added((sent[0].id,), is_new=False)
        if store.count_components(connection, tenant) + len(placed) > MOST_COMPONENTS:
            raise TooLarge(f"a tenant has up to {MOST_COMPONENTS:,} components", hint="remove those that are gone")
        known = store.list_known(connection, tenant, [each.id for each in placed if len(each.id) == 16])
        new = _numbered(connection, tenant, [each for each in placed if each.id not in known])
        store.insert_components(connection, tenant, new, actor.request, actor.digest)
        changed = 0
        for each in placed:
            if (before := known.get(each.id)) is not None:
                changed += _change(connection, tenant, before, each)
    return Added(tuple(each.id for each in new), changed, len(known) - changed)


def change_component(
    world: World,
    tenant: str,
    code: str,
    told: ToldComponent | None,
    fields: Mapping[str, Any],
    actor: Actor,
    version: int | None,
) -> Component:
    """The component after the change. told: with its new place, None = it stays; fields: others that change.

    Raises NotFound, Conflict if somebody was faster.
    """
    terms = read_terms(world.live, tenant)
    moved = None if told is None else _placed(world, tenant, terms, [told], actor, code[:6], "wgs84")[0]
    with writing(world.live) as connection:
        before = store.find_component(connection, tenant, code)
        if before is None:
            raise _none(code)
        check_version(f"component {code}", before.version, version)
        after = replace(before, **fields)
        if moved is not None:
            after = replace(
                after, **{name: getattr(moved, name) for name in ("lonlat", "geometry", "cell", "unit_grid", "area")}
            )
        if after == before:
            return before
        return store.change_component(connection, tenant, replace(after, changed=actor.now.timestamp()))


def get_component(live: Live, tenant: str, code: str) -> Component:
    """The component. Raises NotFound."""
    with live.read() as connection:
        found = store.find_component(connection, tenant, code)
    if found is None:
        raise _none(code)
    return found


def list_components(
    live: Live, tenant: str, chosen: ChosenComponents, after: str = "", limit: int = 1_000_000
) -> list[Component]:
    """Components by rising id, those after an id."""
    with live.read() as connection:
        return store.list_components(connection, live, tenant, chosen, after, limit)


# --- parts -------------------------------------------------------------------------------------------------------


def _placed(
    world: World, tenant: str, terms: Terms, told: Sequence[ToldComponent], actor: Actor, county: str, crs: Crs
) -> list[Component]:
    """The components in their cells, grids and areas; those without an id have county and class as one."""
    for each in told:
        known = terms.classes.get(each.class_code)
        if known is None or known.kind != COMPONENT:
            raise Unprocessable(f"{each.where}: class {each.class_code} is none of components", hint="GET /v1/classes")
    shapes = np.array([each.geometry for each in told], object)
    if crs not in ("wgs84", "cgcs2000"):
        shapes = shapely.transform(shapes, lambda lonlat: as_wgs84(lonlat, crs))
    points = shapely.get_coordinates(shapely.point_on_surface(shapes))
    now = actor.now.timestamp()
    units = grids.locate_many(world.live, tenant, "unit", points, local_day(terms, now))
    found = []
    for row, (each, unit, area) in enumerate(zip(told, units, _areas_at(world, points), strict=True)):
        lonlat = (float(points[row, 0]), float(points[row, 1]))
        where = county or (area if area.isdigit() else unit or "")[:6]
        if not each.id and len(where) != 6:
            raise BadQuery(f"{each.where}: no county is known there", hint="name it: county=230602")
        component = Component(
            id=each.id or where + each.class_code,
            class_code=each.class_code,
            lonlat=lonlat,
            unit_grid=unit or "",
            area=area,
            geometry=None if each.geometry.geom_type == "Point" else shapes[row],
            first_seen=now,
            changed=now,
            cell=int(index_cell(*lonlat)[0]),
            is_simulated=each.is_simulated,
        )
        said: dict[str, Any] = {name: text for name, text in each.told.items() if text}
        found.append(replace(component, **said))
    return found


def _areas_at(world: World, points: np.ndarray[Any, Any]) -> list[str]:
    try:
        areas = world.section(AREAS)
    except NotReady:
        return [""] * len(points)
    return [areas.code[row] if row >= 0 else "" for row in areas.find_deepest(points).tolist()]


def _numbered(connection: Any, tenant: str, new: Sequence[Component]) -> list[Component]:
    """New components with their ids; serials that were told are never given to others. Raises TooLarge."""
    told: dict[str, int] = {}
    wanted: dict[str, int] = {}
    for each in new:
        prefix = each.id[:10]
        if len(each.id) == 16:
            told[prefix] = max(told.get(prefix, 0), int(each.id[10:]))
        else:
            wanted[prefix] = wanted.get(prefix, 0) + 1
    following = {
        prefix: store.take_serials(connection, tenant, prefix, wanted.get(prefix, 0), told.get(prefix, 0))
        for prefix in sorted({*told, *wanted})
    }
    numbered = []
    for each in new:
        prefix = each.id[:10]
        if len(each.id) != 16:
            if following[prefix] > MOST_SERIAL:
                raise TooLarge(
                    f"{prefix} has {MOST_SERIAL:,} components; its serials are used up", hint="tell ids yourself"
                )
            each = replace(each, id=f"{prefix}{following[prefix]:06d}")
            following[prefix] += 1
        numbered.append(each)
    return numbered


def _change(connection: Any, tenant: str, before: Component, told: Component) -> bool:
    kept = ("number", "version", "change", "first_seen", "changed")
    after = replace(told, **{name: getattr(before, name) for name in kept})
    same = replace(after, geometry=None) == replace(before, geometry=None)
    if (
        same
        and (after.geometry is None) == (before.geometry is None)
        and (after.geometry is None or before.geometry is None or after.geometry.equals_exact(before.geometry, 1e-9))
    ):
        return False
    store.change_component(connection, tenant, replace(after, changed=told.changed))
    return True


def _none(code: str) -> NotFound:
    return NotFound(f"there is no component {code}", hint="GET /v1/components?bbox= lists them")
