"""What an administrative area is: its level, its row, where its position was taken from, and all areas as columns."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from location_cloud.arrays import Texts

LEVELS = ("country", "province", "city", "district", "town", "village")
"""From the largest to the smallest; an area's level is a position in here."""

RANKS = {"country": 2, "province": 4, "city": 5, "district": 6, "town": 8, "village": 10}
"""OSM admin_level that each level has in China (OSM wiki, Tag:boundary=administrative, table for China)."""

POSITIONS = ("none", "boundary", "populated place", "surrounding area")
"""Where an area's position comes from: inside its boundary, GeoNames, or only that of the area around it."""


@dataclass(frozen=True)
class AreaRow:
    """One area while the section is built.

    code: statistical code ("230602"), or "osm:r<id>" / "osm:w<id>". rank: depth as an OSM admin_level.
    parent: code of the parent, "" = not known or none. within: codes of the areas that a unit without boundary
    lies in. lonlat: degrees or None. accuracy_m: radius in metres that holds the area.
    source: key into the section's sources. osm: the OSM object that gave or confirmed the boundary, else "".
    """

    code: str
    name: str
    level: str
    rank: int
    source: str
    name_en: str = ""
    admin_level: int = 0
    parent: str = ""
    within: tuple[str, ...] = ()
    geometry: BaseGeometry | None = None
    lonlat: tuple[float, float] | None = None
    accuracy_m: float = 0.0
    position: str = "none"
    osm: str = ""


def level_of(admin_level: int) -> str:
    """The level that an OSM admin_level is closest to, by the table for China.

    Countries use the numbers differently (8 is a municipality in Germany and in Finland): admin_level stays beside it.
    """
    if admin_level <= 2:
        return "country"
    if admin_level <= 4:
        return "province"
    if admin_level == 5:
        return "city"
    if admin_level <= 7:
        return "district"
    return "town" if admin_level <= 9 else "village"


@dataclass(frozen=True)
class Areas:
    """All areas of a snapshot as columns, n rows, parents before children within the shipped tree.

    code, name, name_en, source, osm: texts; "" = unknown. level: int8 into LEVELS. rank: int8, depth as an OSM
    admin_level. admin_level: int8, 0 = not from OSM. parent: int32 row, -1 = none.
    child_start, child: CSR of int32 rows. lonlat: (n, 2) degrees, WGS-84. accuracy_m: float32 radius that holds
    the area. position: int8 into POSITIONS. wkb, wkb_start: boundary as WKB, empty = no open boundary.
    """

    code: Texts
    name: Texts
    name_en: Texts
    source: Texts
    osm: Texts
    level: NDArray[np.int8]
    rank: NDArray[np.int8]
    admin_level: NDArray[np.int8]
    parent: NDArray[np.int32]
    child_start: NDArray[np.int32]
    child: NDArray[np.int32]
    lonlat: NDArray[np.float64]
    accuracy_m: NDArray[np.float32]
    position: NDArray[np.int8]
    wkb: NDArray[np.uint8]
    wkb_start: NDArray[np.int64]
    within: dict[str, list[str]]
    sources: dict[str, dict[str, str]]

    def __len__(self) -> int:
        return len(self.level)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of each code."""
        return {code: row for row, code in enumerate(self.code.as_list())}

    @cached_property
    def rows_by_name(self) -> list[tuple[str, int]]:
        """(case-folded name, row), sorted, with both the name and the English one."""
        names = [(name.casefold(), row) for row, name in enumerate(self.name.as_list())]
        names += [(name.casefold(), row) for row, name in enumerate(self.name_en.as_list()) if name]
        return sorted(names)

    @cached_property
    def bounded(self) -> NDArray[np.int64]:
        """Rows that have a boundary."""
        return np.flatnonzero(np.diff(self.wkb_start) > 0)

    @cached_property
    def shapes(self) -> NDArray[np.object_]:
        """Prepared polygons of the `bounded` rows; read from the file at the first question that needs them."""
        parts = [self.wkb[self.wkb_start[row] : self.wkb_start[row + 1]].tobytes() for row in self.bounded]
        shapes: NDArray[np.object_] = np.asarray(shapely.from_wkb(np.array(parts, object)), object)
        shapely.prepare(shapes)
        return shapes

    @cached_property
    def depth_order(self) -> NDArray[np.int64]:
        """Positions in `bounded`, the deepest and smallest areas first."""
        return np.lexsort((shapely.area(self.shapes), -self.rank[self.bounded].astype(np.int64)))

    def find_deepest(self, lonlat: NDArray[np.float64]) -> NDArray[np.int32]:
        """Row of the deepest bounded area at each point, -1 where there is none.

        lonlat: (n, 2) degrees, WGS-84. A point on a boundary belongs to both sides; the first in `depth_order`
        is given.
        """
        found = np.full(len(lonlat), -1, np.int32)
        if not len(self.bounded):
            return found
        bounds = self.shape_bounds
        open_points = np.arange(len(lonlat))
        for place in self.depth_order:
            if not len(open_points):
                break
            west, south, east, north = bounds[place]
            x, y = lonlat[open_points, 0], lonlat[open_points, 1]
            near = open_points[(x >= west) & (x <= east) & (y >= south) & (y <= north)]
            inside = near[shapely.intersects_xy(self.shapes[place], lonlat[near, 0], lonlat[near, 1])]
            found[inside] = self.bounded[place]
            open_points = open_points[found[open_points] < 0]
        return found

    def find_deepest_at(self, lonlat: tuple[float, float]) -> int:
        """Row of the deepest bounded area at one point, -1 where there is none."""
        if not len(self.bounded):
            return -1
        west, south, east, north = self.deepest_bounds
        lon, lat = lonlat
        near = self.depth_order[(lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)]
        for place in near:
            if shapely.intersects_xy(self.shapes[place], lon, lat):
                return int(self.bounded[place])
        return -1

    @cached_property
    def shape_bounds(self) -> NDArray[np.float64]:
        """(len(bounded), 4) west, south, east, north."""
        bounds: NDArray[np.float64] = shapely.bounds(self.shapes)
        return bounds

    @cached_property
    def deepest_bounds(self) -> NDArray[np.float64]:
        """(4, len(bounded)) the same in `depth_order`."""
        return np.ascontiguousarray(self.shape_bounds[self.depth_order].T)

    @cached_property
    def chains(self) -> dict[int, Any]:
        """What `service.area_chain` has put together so far, by row."""
        return {}

    def ancestors(self, row: int) -> list[int]:
        """The row's parents, nearest first."""
        chain = []
        while (row := int(self.parent[row])) >= 0:
            chain.append(row)
        return chain

    def children(self, row: int) -> NDArray[np.int32]:
        """Rows directly below."""
        return self.child[self.child_start[row] : self.child_start[row + 1]]

    def geometry(self, row: int) -> Any:
        """The row's boundary as a shapely geometry, or None."""
        part = self.wkb[self.wkb_start[row] : self.wkb_start[row + 1]]
        return shapely.from_wkb(part.tobytes()) if len(part) else None

    def rows_with_prefix(self, prefix: str) -> list[int]:
        """Rows whose name or English name begins so, sorted by name, each once."""
        folded = prefix.casefold()
        start = bisect_left(self.rows_by_name, (folded, -1))
        rows: dict[int, None] = {}
        for name, row in self.rows_by_name[start:]:
            if not name.startswith(folded):
                break
            rows[row] = None
        return list(rows)
