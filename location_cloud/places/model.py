"""What a place is: kinds, levels of an answer, the rows that an import gathers, and all places as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import Texts
from location_cloud.places.grid import PackedGrid
from location_cloud.places.names import NameIndex
from location_cloud.places.pinyin import PinyinTable

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

OSM_ACCURACY_M = 15.0
"""95 % of OSM positions in towns lie within it: mean error 6 m (Haklay 2010, Environment and Planning B 37)."""


@dataclass(frozen=True)
class NamedPlace:
    """One named thing of an import.

    aliases: other names, in any language. category: "key=value" of OSM, or "boundary=<level>".
    lonlat: degrees. accuracy_m: radius that holds it. importance: 0 to 1. osm: "n1", "w2", "r3" or "".
    area: row of the areas section that it is, -1 = none. lines: of a road, each (v, 2) int32 in 1e-7 degree.
    """

    name: str
    kind: int
    category: str
    lonlat: tuple[float, float]
    accuracy_m: float
    importance: float
    osm: str
    aliases: tuple[str, ...] = ()
    area: int = -1
    lines: tuple[NDArray[np.int32], ...] = ()


@dataclass(frozen=True)
class House:
    """One mapped address.

    street: of addr:street or addr:place. number: as written. town, postcode: as tagged, "" = unknown.
    """

    street: str
    number: str
    town: str
    postcode: str
    lonlat: tuple[float, float]
    osm: str


@dataclass(frozen=True)
class Places:
    """All named places of a snapshot as columns, n places, h houses, s road segments.

    name, osm: texts. kind: int8 into model.KINDS. category: int32 into `categories`. lonlat: (n, 2) degrees, WGS-84.
    accuracy_m, importance: float32. area: int32 row of the areas section: what an area is, or what a place lies in.
    house_start: (n + 1,) int64, CSR into the houses, which are sorted by street and number. house_number as written,
    house_written folded. house_value: int32. house_lonlat: (h, 2).
    vertex: (v, 2) int32, 1e-7 degree. segment_vertex: (s,) int32 first vertex, the next one ends the segment.
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
    vertex: NDArray[np.int32]
    segment_vertex: NDArray[np.int32]
    segment_road: NDArray[np.int32]
    poi_grid: PackedGrid
    house_grid: PackedGrid
    segment_grid: PackedGrid
    index: NameIndex
    pinyin: PinyinTable
    categories: list[str]

    def __len__(self) -> int:
        return len(self.kind)

    def houses(self, street: int) -> slice:
        """Rows of a street's houses."""
        return slice(int(self.house_start[street]), int(self.house_start[street + 1]))
