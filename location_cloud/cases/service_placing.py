"""Where a place is for a case: its cell, its grids, its area."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.cases.service_settings import Terms
from location_cloud.errors import NotReady
from location_cloud.grids import service as grids
from location_cloud.spatial.cells.index_cell import index_cell
from location_cloud.storage.world import World


@dataclass(frozen=True)
class Place:
    """What lies at a point, "" = none is known there. area_class: of its unit grid, by which limits differ."""

    cell: int
    unit_grid: str = ""
    manage_grid: str = ""
    village_grid: str = ""
    area: str = ""
    area_class: str = ""


def place_at(world: World, tenant: str, lonlat: tuple[float, float], on: date) -> Place:
    """The place of a point (degrees, WGS-84) as of a day."""
    unit = grids.locate(world.live, tenant, "unit", lonlat, on)
    manage = grids.locate(world.live, tenant, "manage", lonlat, on)
    village = grids.locate(world.live, tenant, "village", lonlat, on)
    known = unit or village or manage
    return Place(
        cell=int(index_cell(*lonlat)[0]),
        unit_grid=unit.code if unit else "",
        manage_grid=manage.code if manage else "",
        village_grid=village.code if village else "",
        area=area_at(world, lonlat) or (known.area_code if known else ""),
        area_class=unit.management_class if unit else "",
    )


def area_at(world: World, lonlat: tuple[float, float]) -> str:
    """Code of the deepest area at a point whose boundary is known, "" = none."""
    try:
        areas = world.section(AREAS)
    except NotReady:
        return ""
    row = areas.find_deepest_at(lonlat)
    return areas.code[row] if row >= 0 else ""


def local_day(terms: Terms, at: float) -> date:
    """The day on the tenant's clocks."""
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(terms.calendar().zone)).date()
