"""Codes for cells of the globe: the national BeiDou grid first, and three that other software speaks."""

from types import MappingProxyType
from typing import Final

from location_cloud.spatial.cells.beidou import Beidou
from location_cloud.spatial.cells.fill import FillMode
from location_cloud.spatial.cells.geohash import Geohash
from location_cloud.spatial.cells.pluscode import PlusCode
from location_cloud.spatial.cells.quadkey import Quadkey
from location_cloud.spatial.cells.spans import CellSpans
from location_cloud.spatial.cells.system import CellSystem
from location_cloud.spatial.errors import BadCode

__all__ = ["BEIDOU", "GEOHASH", "PLUSCODE", "QUADKEY", "SYSTEMS", "CellSpans", "CellSystem", "FillMode", "get_system"]

BEIDOU: Final = Beidou()
GEOHASH: Final = Geohash()
QUADKEY: Final = Quadkey()
PLUSCODE: Final = PlusCode()

SYSTEMS: Final = MappingProxyType[str, CellSystem](
    {system.name: system for system in (BEIDOU, GEOHASH, QUADKEY, PLUSCODE)}
)


def get_system(name: str) -> CellSystem:
    """The system of that name. Raises BadCode with the names that exist."""
    try:
        return SYSTEMS[name]
    except KeyError:
        raise BadCode(f"system={name[:40]} is not known; use one of {', '.join(SYSTEMS)}") from None
