"""Many grids at once: checked for gaps and overlaps, repaired if asked, and put in force from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.changes import Sent
from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.grids import service
from location_cloud.grids.model import Grid, NewGrid, Scheme
from location_cloud.grids.topology import SLIVER_M, Fault, Mended, find_faults, repaired
from location_cloud.spatial.measure import area_m2

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
        """Whether every place lies in one of them."""
        return all(is_told_only(fault) for fault in self.faults)


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    added: int
    revised: int
    retired: int
    unchanged: int
    checked: Checked


def is_told_only(fault: Fault) -> bool:
    """Whether it hinders nothing: numbers out of order, and communities that came after the areas were drawn."""
    return fault.kind in ("order", "unknown")


def check(
    world: World,
    scheme: Scheme,
    grids: Sequence[NewGrid],
    area_code: str,
    is_repaired: bool,
    tolerance_m: float = SLIVER_M,
) -> Checked:
    """The grids with what is wrong with them. area_code: of the area that they should cover, "" = none.

    tolerance_m: the widest gap or overlap that a repair takes away. Broken rings are told, and mended by a repair.
    Raises BadQuery for a wrong grid or an unknown area, TooLarge.
    """
    sound, broken, whole = _with_valid_rings(grids)
    checked = service.check_grids(scheme, sound)
    around = _outline(world, area_code) if area_code else None
    known = _with_areas(world, checked)
    mended: list[Mended] = []
    if is_repaired:
        known, mended = repaired(known, around, tolerance_m)
        broken, mended = [], [*whole, *mended]
    faults = [*broken, *find_faults(scheme, known, around, tolerance_m), *_wrong_sum(known, around)]
    if scheme == "unit":
        faults += _unknown_places(world, known)
    given = {fault.codes[0]: grid for fault in broken for grid in grids if grid.code == fault.codes[0]}
    return Checked([given.get(grid.code, grid) for grid in known], faults, mended)


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
    tolerance_m: float = SLIVER_M,
    checked: Checked | None = None,
) -> Imported:
    """Puts the grids in force from a day on; those of the area that are not among them retire.

    checked: what `check` gave for the same, where it was asked before.

    Raises Unprocessable with the faults if places lie in no grid or in several and that is not allowed; as `check` and
    `service.replace`.
    """
    checked = checked or check(world, scheme, grids, area_code, is_repaired, tolerance_m)
    if not checked.is_sound and not may_have_faults:
        told = [fault for fault in checked.faults if not is_told_only(fault)][:FAULTS_TOLD]
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


def sent_by_command(now: datetime) -> Sent:
    """Who asks for a change at the command line: no key, and nothing is sent twice."""
    return Sent("command", now)


def placed(world: World, grid: NewGrid) -> NewGrid:
    """The grid with the code of the deepest area that it lies in, where it names none."""
    return _with_areas(world, [grid])[0]


def _with_valid_rings(grids: Sequence[NewGrid]) -> tuple[list[NewGrid], list[Fault], list[Mended]]:
    """(the grids with rings that do not cross themselves, what was wrong, what that changed)."""
    sound: list[NewGrid] = []
    faults: list[Fault] = []
    mended: list[Mended] = []
    for grid in grids:
        if grid.geometry.is_valid or grid.geometry.geom_type not in ("Polygon", "MultiPolygon"):
            sound.append(grid)
            continue
        whole = shapely.make_valid(grid.geometry, method="structure", keep_collapsed=False)
        if whole.geom_type not in ("Polygon", "MultiPolygon") or whole.is_empty:
            sound.append(grid)  # nothing is left of it: refused as what it is
            continue
        words, place = _reason(grid.geometry)
        grown_m2 = area_m2(whole) - area_m2(grid.geometry)
        sound.append(changed(grid, geometry=whole))
        faults.append(Fault("invalid", (grid.code,), words, lonlat=place))
        mended.append(Mended(grid.code, round(max(grown_m2, 0.0), 4), round(max(-grown_m2, 0.0), 4)))
    return sound, faults, mended


def _reason(shape: BaseGeometry) -> tuple[str, tuple[float, float] | None]:
    """GEOS says "Self-intersection[125.1 46.6]"."""
    words, _, place = str(shapely.is_valid_reason(shape)).partition("[")
    numbers = place.rstrip("]").split()
    return f"its ring is broken: {words}", (float(numbers[0]), float(numbers[1])) if len(numbers) > 1 else None


def _wrong_sum(grids: Sequence[NewGrid], around: BaseGeometry | None) -> list[Fault]:
    """That the grids do not add up to the area they are of."""
    if around is None:
        return []
    total_m2, whole_m2 = sum(area_m2(grid.geometry) for grid in grids), area_m2(around)
    differs_m2 = abs(total_m2 - whole_m2)
    if differs_m2 <= service.MOST_OVERLAP_M2:
        return []
    return [Fault("sum", (), f"they add up to {total_m2:,.1f} m2, the area has {whole_m2:,.1f}", round(differs_m2, 4))]


def _unknown_places(world: World, grids: Sequence[NewGrid]) -> list[Fault]:
    """Counties, towns and communities of codes that are no areas here, where areas of that level are known beside."""
    known = {code for code in world.section(AREAS).row_of if code.isdigit()}
    beside = {code[:-3] for code in known if len(code) in (9, 12)} | {code[:4] for code in known if len(code) == 6}
    found: dict[str, list[str]] = {}
    for grid in grids:
        for digits, above in ((6, 4), (9, 6), (12, 9)):
            if grid.code[:digits] not in known:
                if grid.code[:above] in beside:
                    found.setdefault(grid.code[:digits], []).append(grid.code)
                break
    return [
        Fault("unknown", tuple(codes), f"begin with {place}, which is no area here") for place, codes in found.items()
    ]


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
