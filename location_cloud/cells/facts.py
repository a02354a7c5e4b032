"""What is told of a system of cells and of one cell: its ground, its size, its number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.cells import BEIDOU, GEOSOT, CellSystem, LatticeSystem
from location_cloud.spatial.cells.index_cell import INDEX_LEVEL, cell_range
from location_cloud.spatial.lonlat import Floats, Ints
from location_cloud.spatial.measure import area_m2

SEMI_MAJOR_M: Final = 6_378_137.0
ECCENTRICITY2: Final = 6.694_379_990_14e-3
"""WGS-84: semi-major axis and the first eccentricity squared."""

TITLES: Final = {
    "beidou": ("北斗网格位置码", "BeiDou grid code, GB/T 39409-2020"),
    "geosot": ("地球空间网格编码", "GeoSOT, GB/T 40087-2021"),
    "gbsheet": ("国家基本比例尺地形图图幅", "Sheets of the national map series, GB/T 13989-2012"),
    "geohash": ("Geohash", "Geohash (Niemeyer 2008)"),
    "quadkey": ("瓦片四叉树键", "Web map tiles as quadkeys (Bing Maps Tile System)"),
    "pluscode": ("Plus Code", "Open Location Code 1.0"),
    "mgrs": ("军事格网参考", "Military Grid Reference System, NGA.SIG.0012"),
    "h3": ("H3", "H3 hexagons (h3geo.org); needs the extra cells"),
}
"""Of every system, in Chinese and English."""


@dataclass(frozen=True)
class Cell:
    """One cell. bbox: west, south, east, north, degrees. middle: (lon, lat). width_m, height_m: through its middle.

    key: the code as a whole number that sorts like the codes of its level, "" where the system has none.
    index: least and greatest index cell of records below it, of BeiDou cells to level 5.
    """

    system: str
    code: str
    level: int
    shape: BaseGeometry
    bbox: tuple[float, float, float, float]
    middle: tuple[float, float]
    width_m: float
    height_m: float
    area_m2: float
    key: str
    index: tuple[int, int] | None


def describe(system: CellSystem, code: str) -> Cell:
    """All that is told of a cell. Raises BadCode."""
    text = str(system.canonical([code])[0])
    level = system.level_of(text)
    shape = system.outline(text)
    middle = system.middles([text])[0]
    box = system.boxes([text])[0] if isinstance(system, LatticeSystem) else np.array(shape.bounds)
    width_m, height_m = (float(each[0]) for each in sides_m(box[None, :]))
    return Cell(
        system.name,
        text,
        level,
        shape,
        (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
        (float(middle[0]), float(middle[1])),
        width_m,
        height_m,
        float(box_m2(box[None, :])[0]) if isinstance(system, LatticeSystem) else area_m2(shape),
        _key(system, text),
        _plain_range(text) if system is BEIDOU and level <= INDEX_LEVEL else None,
    )


def _plain_range(code: str) -> tuple[int, int]:
    low, high = cell_range(code)
    return low, high  # orjson writes no named tuple


def _key(system: CellSystem, code: str) -> str:
    found = keys(system, np.array([code]))
    return "" if found is None else str(int(found[0]))


def keys(system: CellSystem, codes: np.ndarray[tuple[int], np.dtype[np.str_]]) -> Ints | None:
    """The codes as 64-bit numbers, of one level; None where a system has no such form."""
    if system is BEIDOU:
        column, row, level = BEIDOU.parse_many(codes)
        return BEIDOU.keys(column, row, int(level[0])) if len(level) else level
    if system is GEOSOT:
        column, row, level = GEOSOT.parse_many(codes)
        return GEOSOT.keys(column, row, int(level[0])).view(np.int64) if len(level) else level
    return None


def level_sizes(system: CellSystem, lonlat: tuple[float, float]) -> list[tuple[int, str, float, float, float]]:
    """(level, code, width, height, area) of the cells that hold a point, coarse to fine; empty where it has none."""
    if not system.reaches([lonlat])[0]:
        return []
    found = []
    for level in system.levels:
        cell = describe(system, system.encode(lonlat, level))
        found.append((level, cell.code, cell.width_m, cell.height_m, cell.area_m2))
    return found


def sides_m(boxes: Floats) -> tuple[Floats, Floats]:
    """Metres across (along the middle parallel) and metres up (along a meridian) of boxes (n, 4) in degrees."""
    west, south, east, north = boxes.T
    middle = np.radians((south + north) / 2.0)
    across = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY2 * np.sin(middle) ** 2) * np.cos(middle)
    return across * np.radians(east - west), _meridian_m(north) - _meridian_m(south)


def box_m2(boxes: Floats) -> Floats:
    """Square metres of ground in boxes (n, 4) whose sides are meridians and parallels, degrees.

    Source: Snyder, Map Projections: a Working Manual (1987), equation 3-12, the authalic latitude.
    """
    west, south, east, north = boxes.T
    found: Floats = np.radians(east - west) * (_belt(north) - _belt(south))
    return found


def _belt(lat: Floats) -> Floats:
    sine, e = np.sin(np.radians(lat)), math.sqrt(ECCENTRICITY2)
    curved = sine / (1.0 - ECCENTRICITY2 * sine**2) + np.log((1.0 + e * sine) / (1.0 - e * sine)) / (2.0 * e)
    belt: Floats = SEMI_MAJOR_M**2 * (1.0 - ECCENTRICITY2) / 2.0 * curved
    return belt


def _meridian_m(lat: Floats) -> Floats:
    """Metres along a meridian from the equator. Source: Snyder (1987), equation 3-21; to e to the sixth: 1 mm."""
    e2, phi = ECCENTRICITY2, np.radians(lat)
    metres: Floats = SEMI_MAJOR_M * (
        (1 - e2 / 4 - 3 * e2**2 / 64 - 5 * e2**3 / 256) * phi
        - (3 * e2 / 8 + 3 * e2**2 / 32 + 45 * e2**3 / 1024) * np.sin(2 * phi)
        + (15 * e2**2 / 256 + 45 * e2**3 / 1024) * np.sin(4 * phi)
        - 35 * e2**3 / 3072 * np.sin(6 * phi)
    )
    return metres
