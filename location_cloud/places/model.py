"""What a place is: kinds, levels of an answer, the rows that an import gathers, and all places as columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import Texts
from location_cloud.places.grid import PackedGrid
from location_cloud.places.pinyin import PinyinTable
from location_cloud.places.poi_index import PoiIndex
from location_cloud.places.sources import CandidateSource
from location_cloud.spatial.bbox import Bbox

KINDS = ("area", "settlement", "road", "poi")
"""Kinds of named places; a position in here is a row's kind. Addresses hang on roads."""

AREA, SETTLEMENT, ROAD, POI = range(4)

LEVEL_OF_AREA = {
    "country": "国家",
    "province": "省",
    "city": "市",
    "district": "区县",
    "town": "乡镇",
    "village": "村庄",
}
"""Levels as Chinese map services name them (Amap geocoding, field `level`)."""

LEVEL_ADDRESS, LEVEL_ROAD, LEVEL_POI, LEVEL_COORDINATE, LEVEL_CELL = "门牌号", "道路", "兴趣点", "坐标", "网格"

METRES_PER_DEGREE = 111_195.0
"""Of latitude, on the sphere of 6371 km; 0.6 % wrong at most, for comparing and for radii."""

CROSSING_M = 60.0
"""Meetings of two roads this close are one crossing: dual carriageways with their median, staggered arms."""

OSM_ACCURACY_M = 15.0
"""95 % of OSM positions in towns lie within it: mean error 6 m (Haklay 2010, Environment and Planning B 37)."""


MAX_SAMPLE, AROUND_DEG = 500, 0.2
"""Places by which is told where they all are, and what is added to each side."""


def lasting_id(origin: str) -> str:
    """The id that answers give a place or house by where it came from: "osm:n17" of OpenStreetMap, "" = nothing lasts.

    origin: as in the columns osm and house_osm: "n17", or "own:wells:12" of an operator's own list.
    """
    return origin if not origin or ":" in origin else f"osm:{origin}"


@dataclass(frozen=True)
class Places:
    """All named places of a snapshot as columns, n places, h houses, s road segments, r routes.

    Starts (CSR) have n + 1 values, int32 where the total fits, else int64.

    name, osm: texts; osm is the origin for `lasting_id`. kind: int8 into model.KINDS. category: int32 into
    `categories`. lonlat: (n, 2) degrees, WGS-84. accuracy_m, importance: float32. area: int32 row of the areas
    section: what an area is, or what a place lies in.
    house_start: CSR into the houses, which are sorted by street and number. house_number as written,
    house_written folded. house_value: int32. house_lonlat: (h, 2).
    house_estimated: (h,) bool, nobody mapped the number itself: it lies between two that are, or its street: it is the
    nearest one.
    vertex: (v, 2) int32, 1e-7 degree. segment_vertex: (s,) int32 first vertex, the next one ends the segment.

    other_start: CSR into other_name, the names beside `name` as written.
    crossing_start: CSR into the meetings of each road with others: crossing_other (x,) int32 rows of
    roads, ascending within a road, and crossing_lonlat (x, 2). Each stands under both roads. The meetings of one
    pair within CROSSING_M are one, at their middle; a road that has several names meets under its one row.
    route_ref, route_name: texts of the roads with kilometre posts, the number folded as a question is ("g10").
    lrs_start: CSR into the linear reference: lrs_m float64 metres as on the posts, ascending within a
    route, lrs_lonlat (p, 2), lrs_is_post bool, lrs_side int8, 0 = both, 1 = up (left, Z), 2 = down (right, Y). Between
    two posts the road's own vertices stand in the list: where a kilometre is, is one np.interp.
    part_start: CSR into the numbered buildings of a compound (小区, campus): part_number folded as
    `parts.part_number` does ("3" of 3号楼, 3栋, 3#), part_lonlat, part_osm.
    pois: the points of interest once more in the order of a grid, with the things that have no name.
    access_start: CSR into access_lonlat, the gates and entrances on the outline of a place.
    """

    name: Texts
    osm: Texts
    kind: NDArray[np.int8]
    category: NDArray[np.int32]
    lonlat: NDArray[np.float64]
    accuracy_m: NDArray[np.float32]
    importance: NDArray[np.float32]
    area: NDArray[np.int32]
    house_start: NDArray[np.int64]
    house_street: NDArray[np.int32]
    house_value: NDArray[np.int32]
    house_lonlat: NDArray[np.float64]
    house_number: Texts
    house_written: Texts
    house_town: Texts
    house_postcode: Texts
    house_osm: Texts
    house_estimated: NDArray[np.bool_]
    vertex: NDArray[np.int32]
    segment_vertex: NDArray[np.int32]
    segment_road: NDArray[np.int32]
    other_start: NDArray[np.int64]
    other_name: Texts
    crossing_start: NDArray[np.int64]
    crossing_other: NDArray[np.int32]
    crossing_lonlat: NDArray[np.float64]
    route_ref: Texts
    route_name: Texts
    lrs_start: NDArray[np.int64]
    lrs_m: NDArray[np.float64]
    lrs_lonlat: NDArray[np.float64]
    lrs_is_post: NDArray[np.bool_]
    lrs_side: NDArray[np.int8]
    part_start: NDArray[np.int64]
    part_number: Texts
    part_lonlat: NDArray[np.float64]
    part_osm: Texts
    access_start: NDArray[np.int64]
    access_lonlat: NDArray[np.float64]
    pois: PoiIndex
    poi_grid: PackedGrid
    house_grid: PackedGrid
    segment_grid: PackedGrid
    index: CandidateSource
    pinyin: PinyinTable
    categories: list[str]

    def __len__(self) -> int:
        return len(self.kind)

    def houses(self, street: int) -> slice:
        """Rows of a street's houses."""
        return slice(int(self.house_start[street]), int(self.house_start[street + 1]))

    @cached_property
    def box(self) -> Bbox | None:
        """About where the places are, by a sample of them; None without any."""
        if not len(self):
            return None
        sample = self.lonlat[:: max(1, len(self) // MAX_SAMPLE)]
        west, south = np.maximum(sample.min(axis=0) - AROUND_DEG, (-180.0, -90.0)).tolist()
        east, north = np.minimum(sample.max(axis=0) + AROUND_DEG, (180.0, 90.0)).tolist()
        return Bbox(west, south, east, north)
