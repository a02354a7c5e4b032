"""What a place is: kinds, levels of an answer, and the rows that an import gathers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
