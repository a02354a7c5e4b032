"""Grids that are made of unit grids: a manage, evaluate, village or service grid as their exact union."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import shapely

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.grids.model import Grid, NewGrid, Scheme
from location_cloud.grids.service import MOST_OVERLAP_M2
from location_cloud.grids.service_following import grids_of_day
from location_cloud.spatial.measure import area_m2

if TYPE_CHECKING:
    from location_cloud.storage.live import Live


def united(live: Live, tenant: str, scheme: Scheme, grids: Sequence[NewGrid], day: date) -> list[NewGrid]:
    """The grids, those that name units with the union of these as they are on a day; others as they were.

    Raises BadQuery for a unit grid made of unit grids and for a unit in two grids, Unprocessable for a unit that does
    not hold on that day, for units that overlap, and for a shape beside them that is not their union.
    """
    if not any(grid.units for grid in grids):
        return list(grids)
    if scheme == "unit":
        raise BadQuery("a unit grid is made of no others", hint="send its geometry")
    known = {grid.code: grid for grid in grids_of_day(live, tenant, "unit", day).grids}
    owner: dict[str, str] = {}
    for grid in grids:
        for unit in grid.units:
            if unit in owner:
                raise BadQuery(f"unit grid {unit} is named in {owner[unit]} and in {grid.code}", hint="each once")
            owner[unit] = grid.code
    return [_united(grid, known, day) if grid.units else grid for grid in grids]


def _united(grid: NewGrid, known: dict[str, Grid], day: date) -> NewGrid:
    missing = [unit for unit in grid.units if unit not in known]
    if missing:
        raise Unprocessable(
            f"grid {grid.code}: there is no unit grid {missing[0]} on {day}", hint="list them: GET /v1/grids/unit?at="
        )
    units = [known[unit] for unit in sorted(grid.units)]
    union = shapely.union_all([unit.geometry for unit in units])
    size_m2, total_m2 = area_m2(union), sum(unit.area_m2 for unit in units)
    if total_m2 - size_m2 > MOST_OVERLAP_M2:
        raise Unprocessable(
            f"grid {grid.code}: its unit grids overlap by {total_m2 - size_m2:,.1f} m2",
            hint="check them: POST /v1/grids/unit/all/validate",
        )
    if not grid.geometry.is_empty:
        _check_equal(grid, union)
    return replace(grid, geometry=shapely.normalize(union), units=tuple(sorted(grid.units)))


def _check_equal(grid: NewGrid, union: shapely.Geometry) -> None:
    """The shape that was told beside the units is their union."""
    if not grid.geometry.is_valid:
        raise BadQuery(
            f"grid {grid.code} is no valid polygon: {shapely.is_valid_reason(grid.geometry)}", hint="repair it"
        )
    differing = shapely.symmetric_difference(grid.geometry, union)
    if differing.is_empty or area_m2(differing) <= MOST_OVERLAP_M2:
        return
    at = shapely.point_on_surface(max(shapely.get_parts(differing), key=lambda part: part.area))
    raise Unprocessable(
        f"grid {grid.code} is not the union of its unit grids: {area_m2(differing):,.1f} m2 differ, most of it at "
        f"{at.x:.6f},{at.y:.6f}",
        hint="leave the geometry out, or name the units that it has",
    )
