"""Many grids at once: checked for gaps and overlaps, repaired if asked, and put in force from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.changes import Sent
from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.grids import service
from location_cloud.grids.model import Grid, NewGrid, Scheme
from location_cloud.grids.topology import Fault, Mended, find_faults, repaired

if TYPE_CHECKING:
    from location_cloud.storage.world import World

FAULTS_TOLD = 20
"""Of a refused import."""


@dataclass(frozen=True)
class Checked:
    """Grids as they would be taken in, what is wrong with them, and what a repair changed."""

    grids: list[NewGrid]
    faults: list[Fault]
    mended: list[Mended]

    @property
    def is_sound(self) -> bool:
        """Whether every place lies in one of them; the order of codes is told and hinders nothing."""
        return all(fault.kind == "order" for fault in self.faults)


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    added: int
    revised: int
    retired: int
    unchanged: int
    checked: Checked


def check(world: World, scheme: Scheme, grids: Sequence[NewGrid], area_code: str, is_repaired: bool) -> Checked:
    """The grids with what is wrong with them. area_code: of the area that they should cover, "" = none.

    Raises BadQuery for a wrong grid or an unknown area, TooLarge.
    """
    checked = service.check_grids(scheme, grids)
    around = _outline(world, area_code) if area_code else None
    known = _with_areas(world, checked)
    mended: list[Mended] = []
    if is_repaired:
        known, mended = repaired(known, around)
    return Checked(known, find_faults(scheme, known, around), mended)


def import_grids(
    world: World,
    tenant: str,
    scheme: Scheme,
    area_code: str,
    grids: Sequence[NewGrid],
    valid_from: date,
    is_repaired: bool,
    may_have_faults: bool,
    sent: Sent,
) -> Imported:
    """Puts the grids in force from a day on; those of the area that are not among them retire.

    Raises Unprocessable with the faults if places lie in no grid or in several and that is not allowed; as `check` and
    `service.replace`.
    """
    checked = check(world, scheme, grids, area_code, is_repaired)
    if not checked.is_sound and not may_have_faults:
        told = [fault for fault in checked.faults if fault.kind != "order"][:FAULTS_TOLD]
        raise Unprocessable(
            f"{len(checked.faults):,} faults, such as {told[0].kind}: {told[0].words} {', '.join(told[0].codes[:3])}",
            hint="repair=true takes slivers away; mend the rest, or take them in with allow_faults=true",
            faults=[vars(fault) for fault in told],
        )
    before = _by_code(service.list_grids(world.live, tenant, scheme, valid_from, area_code=area_code))
    after = _by_code(service.replace(world.live, tenant, scheme, area_code, checked.grids, valid_from, sent))
    kept = [code for code in after if code in before]
    same = sum(before[code].id == after[code].id for code in kept)
    return Imported(len(after) - len(kept), len(kept) - same, len(before) - len(kept), same, checked)


def placed(world: World, grid: NewGrid) -> NewGrid:
    """The grid with the code of the deepest area that it lies in, where it names none."""
    return _with_areas(world, [grid])[0]


def _by_code(grids: Sequence[Grid]) -> dict[str, Grid]:
    return {grid.code: grid for grid in grids}


def _outline(world: World, code: str) -> BaseGeometry:
    areas = world.section(AREAS)
    row = areas.row_of.get(code, -1)
    if row < 0:
        raise BadQuery(f"area={code} is no area here", hint="find the code of an area with /v1/areas?q=")
    found = areas.geometry(row)
    if found is None:
        raise BadQuery(f"area={code} has no boundary here", hint="leave area out, or import a boundary for it")
    return found


def _with_areas(world: World, grids: Sequence[NewGrid]) -> list[NewGrid]:
    """The grids, those without an area code with that of the deepest area around a point in them."""
    missing = [each for each, grid in enumerate(grids) if not grid.area_code]
    if not missing:
        return list(grids)
    areas = world.section(AREAS)
    inner = shapely.get_coordinates(shapely.point_on_surface([grids[each].geometry for each in missing]))
    rows = [areas.find_deepest_at((lon, lat)) for lon, lat in np.asarray(inner).tolist()]
    codes = {each: areas.code[row] if row >= 0 else "" for each, row in zip(missing, rows)}
    return [changed(grid, area_code=codes.get(each, grid.area_code)) for each, grid in enumerate(grids)]
