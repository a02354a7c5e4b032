"""Codes for cells of the globe: the national BeiDou grid first, and those that other maps and software speak."""

from types import MappingProxyType
from typing import Final

from location_cloud.spatial.cells.beidou import Beidou
from location_cloud.spatial.cells.fill import FillMode
from location_cloud.spatial.cells.gbsheet import GbSheet
from location_cloud.spatial.cells.geohash import Geohash
from location_cloud.spatial.cells.geosot import Geosot
from location_cloud.spatial.cells.h3_cells import H3
from location_cloud.spatial.cells.lattice_system import LatticeSystem
from location_cloud.spatial.cells.mgrs_cells import Mgrs
from location_cloud.spatial.cells.pluscode import PlusCode
from location_cloud.spatial.cells.quadkey import Quadkey
from location_cloud.spatial.cells.spans import CellSpans
from location_cloud.spatial.cells.system import CellSystem
from location_cloud.spatial.errors import BadCode

__all__ = [
    "BEIDOU",
    "GEOHASH",
    "GEOSOT",
    "LATTICES",
    "MGRS",
    "PLUSCODE",
    "QUADKEY",
    "SHEETS",
    "SYSTEMS",
    "CellSpans",
    "CellSystem",
    "FillMode",
    "LatticeSystem",
    "get_system",
]

BEIDOU: Final = Beidou()
GEOSOT: Final = Geosot()
GEOHASH: Final = Geohash()
QUADKEY: Final = Quadkey()
PLUSCODE: Final = PlusCode()
SHEETS: Final = GbSheet()
MGRS: Final = Mgrs()

LATTICES: Final = MappingProxyType[str, LatticeSystem](
    {system.name: system for system in (BEIDOU, GEOSOT, GEOHASH, QUADKEY, PLUSCODE, SHEETS)}
)
"""The systems of nested rectangles, which have spans."""

SYSTEMS: Final = MappingProxyType[str, CellSystem]({**LATTICES, MGRS.name: MGRS, H3.name: H3()})


def get_system(name: str) -> CellSystem:
    """The system of that name. Raises BadCode with the names that exist."""
    try:
        return SYSTEMS[name]
    except KeyError:
        raise BadCode(f"system={name[:40]} is not known; use one of {', '.join(SYSTEMS)}") from None
