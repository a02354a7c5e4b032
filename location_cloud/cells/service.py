"""The questions about cells: one cell, those around, above and below it, the cells of an area, values rolled up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.cells.facts import TITLES, Cell, describe, keys, level_sizes
from location_cloud.cells.rollup import Rolled, roll_up
from location_cloud.errors import BadQuery, NotFound, NotInstalled, TooLarge, Unprocessable
from location_cloud.spatial.cells import (
    BEIDOU,
    SYSTEMS,
    CellSpans,
    CellSystem,
    FillMode,
    LatticeSystem,
    beidou_height,
    beidou_relative,
    get_system,
)
from location_cloud.spatial.cells.shares import weighted
from location_cloud.spatial.cells.system import Codes
from location_cloud.spatial.errors import BadCode, BadCoordinate, NotAvailable, SpatialError, TooManyCells
from location_cloud.spatial.lonlat import Floats, Ints

MOST_LISTED = 1_000_000
"""Codes of one answer: 13 MB of level 5 BeiDou codes."""

MOST_DRAWN = 50_000
"""Cells of one answer with their shapes: 12 MB of GeoJSON."""

MOST_CHILDREN = 10_000

MOST_SPANS = 500_000
"""Runs of one answer: 10 MB."""

DETAILS = {
    "beidou": "levels 0 to 10: 6 x 4 degrees, 30', 15' x 10', 1', 4\", 2\", then eighths; records are filed by level 5",
    "geosot": "levels 1 to 32; 15, 19, 20, 23, 26, 29 and 32 are BeiDou 4 to 10",
    "gbsheet": "the level is the scale's denominator; from the equator to 60 N",
    "geohash": "the level is the number of characters",
    "quadkey": "the level is the zoom; up to 85.05 degrees",
    "pluscode": "the level is the number of digits",
    "mgrs": "the level is the number of digits each way; from 80 S to 84 N; no spans",
    "h3": "the level is the resolution; no spans",
}


@dataclass(frozen=True)
class SystemInfo:
    """What a system is. sizes: (level, code, width m, height m, area m2) at a place, if one was asked about."""

    name: str
    title_zh: str
    title: str
    detail: str
    levels: tuple[int, ...]
    usual_level: int
    has_spans: bool
    is_installed: bool
    most_in_a_batch: int
    sizes: tuple[tuple[int, str, float, float, float], ...]


@dataclass(frozen=True)
class Filled:
    """The cells of an area. spans: of a system with rows. share: (n,) of each cell that lies inside, of "weighted"."""

    count: int
    spans: CellSpans | None = None
    codes: Codes | None = None
    share: Floats | None = None


def list_systems(lonlat: tuple[float, float] | None) -> list[SystemInfo]:
    """All systems, with the sizes of their cells at a point (lon, lat) in degrees if one is given."""
    found = []
    for name, system in SYSTEMS.items():
        is_installed, sizes = True, []
        try:
            sizes = [] if lonlat is None else level_sizes(system, lonlat)
            system.encode((0.0, 0.5), system.usual_level)
        except NotAvailable:
            is_installed = False
        zh, en = TITLES[name]
        lattice = isinstance(system, LatticeSystem)
        found.append(
            SystemInfo(
                name, zh, en, DETAILS[name], system.levels, system.usual_level, lattice, is_installed,
                system.largest_batch, tuple(sizes),
            )
        )  # fmt: skip
    return found


def cell_at(name: str, lonlat: tuple[float, float], level: int | None) -> Cell:
    """The cell that holds a point (degrees). level: None = the system's usual one.

    Raises NotFound, BadQuery, NotInstalled; Unprocessable where the system has no cells.
    """
    with _told():
        system = find_system(name)
        return describe(system, system.encode(lonlat, system.usual_level if level is None else level))


def get_cell(name: str, code: str) -> Cell:
    """The cell of a code. Raises NotFound, BadQuery, NotInstalled."""
    with _told():
        return describe(find_system(name), code)


def list_neighbours(name: str, code: str) -> Codes:
    """The cells that share a side or a corner with one, across zones, the equator and the 180th meridian too."""
    with _told():
        return np.array(find_system(name).neighbours(code), dtype=np.str_)


def list_parents(name: str, code: str) -> Codes:
    """The cells that hold one, from the next coarser to the coarsest level."""
    with _told():
        return np.array(find_system(name).parents(code), dtype=np.str_)


def list_children(name: str, code: str, level: int | None) -> Codes:
    """The cells of a finer level (None = the next one) that tile one. Raises TooLarge over MOST_CHILDREN."""
    with _told():
        system = find_system(name)
        own = system.level_of(code)
        if own == system.levels[-1]:
            raise BadCode(f"{code} is at level {own}, the finest of {name}; it has no children")
        return system.descendants(code, system.finer(own) if level is None else level, MOST_CHILDREN)


def shapes_of(name: str, codes: Codes) -> list[BaseGeometry]:
    """The shapes of cells, degrees. Raises TooLarge over MOST_DRAWN."""
    if len(codes) > MOST_DRAWN:
        raise TooLarge(
            f"{len(codes):,} cells to draw; the most is {MOST_DRAWN:,}", hint="take codes, or a coarser level"
        )
    with _told():
        return list(find_system(name).outlines(codes))


def levels_of(name: str, codes: Codes) -> list[int]:
    """The levels of codes."""
    with _told():
        found: list[int] = find_system(name).levels_of(codes).tolist()
        return found


def fill_area(name: str, geometry: BaseGeometry, level: int | None, mode: FillMode | str, form: str) -> Filled:
    """The cells of a polygon or multipolygon.

    mode: "centre", "intersects", "covers" as in `spatial.cells.fill`; "weighted" takes every cell that shares ground,
    with how much of it lies inside. form: "spans", "count", "codes", "geojson", "compact" (codes of several levels).

    Raises BadQuery, Unprocessable for what cannot be filled, TooLarge for longer lists than the ceilings above.
    """
    with _told():
        system = find_system(name)
        at = system.checked_level(system.usual_level if level is None else level)
        most = MOST_DRAWN if form == "geojson" else MOST_LISTED
        if mode == "weighted":
            codes, share = weighted(system, geometry, at, most)
            return Filled(len(codes), codes=codes, share=share)
        if not isinstance(system, LatticeSystem):
            codes = system.filled(geometry, at, mode, most)  # type: ignore[arg-type]  # "weighted" is dealt with
            return Filled(len(codes), codes=codes)
        spans = system.polyfill(geometry, at, mode)  # type: ignore[arg-type]  # as above
        if form == "count":
            return Filled(spans.count)
        if form == "spans":
            if len(spans) > MOST_SPANS:
                raise TooManyCells(f"{len(spans)} spans are more than {MOST_SPANS}; take a coarser level")
            return Filled(spans.count, spans=spans)
        parts = system.compacted(spans) if form == "compact" else [spans]
        if sum(part.count for part in parts) > most:
            raise TooManyCells(f"{sum(part.count for part in parts)} cells are more than {most}; ask for spans")
        listed = [system.codes_of_spans(part, most) for part in parts]
        return Filled(spans.count, codes=np.concatenate(listed) if listed else np.empty(0, dtype=np.str_))


def cell_size_deg(name: str, level: int) -> tuple[float, float, float, float] | None:
    """West edge of column 0, south edge of row 0, width and height of a level's cells, degrees; None if they differ."""
    system = find_system(name)
    if name not in ("beidou", "gbsheet", "geohash", "pluscode") or not isinstance(system, LatticeSystem):
        return None
    box = system.bbox(0, 0, level)
    return box.west, box.south, box.width_deg, box.height_deg


def encode_points(name: str, level: int | None, lonlat: Floats, allow_bad: bool) -> tuple[CellSystem, Codes]:
    """The codes of many points (n, 2), degrees; "" for those without a cell if that is allowed.

    Raises BadQuery, TooLarge over the system's batch; Unprocessable for a point without a cell.
    """
    with _told():
        system = find_system(name)
        at = system.checked_level(system.usual_level if level is None else level)
        _check_batch(system, len(lonlat))
        if not allow_bad:
            return system, system.encode_many(lonlat, at)
        good = system.reaches(lonlat)
        codes = system.encode_many(lonlat[good], at)
        found = np.zeros(len(lonlat), dtype=codes.dtype if len(codes) else "<U1")
        found[good] = codes
        return system, found


def encode_keys(name: str, level: int | None, lonlat: Floats) -> Ints:
    """The codes of many points as 64-bit numbers that sort like the codes. Raises as `encode_points`."""
    with _told():
        if name == "beidou":
            _check_batch(BEIDOU, len(lonlat))
            return BEIDOU.encode_keys(lonlat, BEIDOU.usual_level if level is None else level)
        system, codes = encode_points(name, level, lonlat, allow_bad=False)
        found = keys(system, codes)
        if found is None:
            raise BadQuery(f"{name} has no codes as numbers", hint="beidou and geosot have; or take format=json")
        return found


def decode_codes(name: str, codes: Codes) -> tuple[Ints, Floats, Floats]:
    """Levels (n,), middles (n, 2) and boxes (n, 4), degrees, of many codes. Raises as `encode_points`."""
    with _told():
        system = find_system(name)
        _check_batch(system, len(codes))
        if isinstance(system, LatticeSystem):
            column, row, level = system.parse_many(codes)
            boxes = system.boxes_at(column, row, level)
            return level, (boxes[:, :2] + boxes[:, 2:]) / 2.0, boxes
        return system.levels_of(codes), system.middles(codes), shapely.bounds(system.outlines(codes)).reshape(-1, 4)


def codes_of_keys(numbers: Ints, level: int) -> Codes:
    """The BeiDou codes of numbers of one level. Raises BadQuery."""
    with _told():
        column, row = BEIDOU.cells_of_keys(numbers, level)
        return BEIDOU.codes(column, row, level)


def roll_values(name: str, level: int, values: Floats, codes: Codes | None, lonlat: Floats) -> Rolled:
    """Values by the cell of a level: `rollup.roll_up`. Raises as `encode_points`."""
    with _told():
        system = find_system(name)
        _check_batch(system, len(values))
        return roll_up(system, system.checked_level(level), values, codes, lonlat)


def refer(base: str, code: str) -> str:
    """The BeiDou reference code of a cell near a base. Raises BadQuery."""
    with _told():
        return beidou_relative.refer(code, base)


def resolve(reference: str) -> str:
    """The BeiDou code that a reference code stands for. Raises BadQuery."""
    with _told():
        return beidou_relative.resolve(reference)


def height_code(height_m: float, level: int | None = None) -> str:
    """The BeiDou code of a height above the ellipsoid; experimental. Raises Unprocessable where there is none."""
    with _told():
        return beidou_height.encode_height(height_m, 10 if level is None else level)


def height_range_m(code: str) -> tuple[float, float]:
    """The heights that a BeiDou height code holds; experimental. Raises BadQuery."""
    with _told():
        return beidou_height.decode_height(code)


def find_system(name: str) -> CellSystem:
    """The system of that name. Raises NotFound."""
    try:
        return get_system(name)
    except BadCode as error:
        raise NotFound(str(error), hint="/v1/cells lists the systems") from None


@contextmanager
def _told() -> Iterator[None]:
    """What the spatial core refuses, in the words of an answer."""
    try:
        yield
    except NotAvailable as error:
        raise NotInstalled(str(error), hint="pip install 'location-cloud[cells]', then start the server anew") from None
    except TooManyCells as error:
        raise TooLarge(str(error), hint="ask for format=count or spans, a coarser level, or a smaller area") from None
    except BadCode as error:
        raise BadQuery(str(error), hint="/v1/cells lists the systems and their levels") from None
    except BadCoordinate as error:
        raise Unprocessable(
            str(error), hint="points are lon,lat in degrees; /v1/cells says where a system has cells"
        ) from None
    except SpatialError as error:
        raise Unprocessable(str(error), hint="send a valid Polygon or MultiPolygon, or take a coarser level") from None


def _check_batch(system: CellSystem, count: int) -> None:
    if count > system.largest_batch:
        raise TooLarge(
            f"{count:,} cells of {system.name}; the most at once is {system.largest_batch:,}", hint="send them in parts"
        )
