"""MGRS as a system of cells: squares of 100 km to 1 m in the UTM zones, cut where a zone or a band ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Proj
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.cells.fill import FillMode, Lattice, fill
from location_cloud.spatial.cells.spans import CellSpans
from location_cloud.spatial.cells.system import LARGEST_LISTING, CellSystem, Codes, Shapes, too_many
from location_cloud.spatial.errors import BadCode, BadCoordinate, BadGeometry
from location_cloud.spatial.lonlat import Bools, Floats, Ints, as_lonlat
from location_cloud.spatial.mgrs import COLUMNS, ROWS, SQUARE_M, parse_mgrs
from location_cloud.spatial.utm import BANDS, FALSE_SOUTH_M, NORTH_DEG, SOUTH_DEG, band_range_deg

# A straight line of so many degrees leaves its place in the plane by less than 0.1 m.
STEP_DEG: Final = 0.02
# A piece of a square at the edge of a zone that is smaller than this share of it is rounding.
SLIVER: Final = 1e-9
# Metres: zones reach 167 to 833 km east, 0 to 10,000 km north.
MOST_EAST_M, MOST_NORTH_M = 1_000_000, 10_000_000


class Mgrs(CellSystem):
    """MGRS squares between 80 S and 84 N; the level is the number of digits of each direction, 0 (100 km) to 5 (1 m).

    Around the poles squares have no shape in longitude and latitude; `/v1/coords` reads and writes them as positions.
    A square at the edge of a zone is only the part inside; "centre" still asks for the middle of the whole square.
    """

    name: ClassVar[str] = "mgrs"
    levels: ClassVar[tuple[int, ...]] = (0, 1, 2, 3, 4, 5)
    usual_level: ClassVar[int] = 3
    largest_batch: ClassVar[int] = 50_000

    def encode_many(self, lonlat: npt.ArrayLike, level: int) -> Codes:
        """The codes (n,) of the squares that hold points (n, 2), degrees; errors as `encode`."""
        points = as_lonlat(lonlat)
        self.checked_level(level)
        zone, band = zones_of(points)
        found = np.empty(len(points), dtype=f"<U{5 + 2 * level}")
        for one, south in np.unique(np.column_stack([zone, band < _N]), axis=0):
            these = (zone == one) & ((band < _N) == south)
            east, north = plane(int(one), bool(south))(points[these, 0], points[these, 1])
            side_m = SQUARE_M / 10**level
            column = np.floor(np.asarray(east) / side_m).astype(np.int64)
            row = np.floor(np.asarray(north) / side_m).astype(np.int64)
            found[these] = _codes(int(one), band[these], column, row, level)
        return found

    def _reaches(self, lat: Floats) -> Bools:
        return (lat >= SOUTH_DEG) & (lat < NORTH_DEG)

    def canonical(self, codes: npt.ArrayLike) -> Codes:
        """Capitals without spaces, zones with two digits. Raises BadCode."""
        return np.array([self._checked(str(code)) for code in np.atleast_1d(np.asarray(codes))], dtype=np.str_)

    def levels_of(self, codes: npt.ArrayLike) -> Ints:
        """The levels (n,) of codes. Raises BadCode."""
        return (np.char.str_len(self.canonical(codes)).astype(np.int64) - 5) // 2

    def outlines(self, codes: npt.ArrayLike) -> Shapes:
        """The squares (n,), degrees, cut at the edges of zones and bands. Raises BadCode."""
        return np.array([_shape(code) for code in self.canonical(codes).tolist()], dtype=object)

    def middles(self, codes: npt.ArrayLike) -> Floats:
        """The middles (n, 2) of squares, or of what is left of them at the edge of a zone, degrees. Raises BadCode."""
        middles: Floats = shapely.get_coordinates(shapely.centroid(self.outlines(codes)))
        return middles

    def neighbours(self, code: str) -> list[str]:
        """The squares that share a side or a corner with one, those of the next zone and band too. Raises BadCode."""
        own = self._checked(code)
        shape = _shape(own)
        level = self.level_of(own)
        reach_deg = SQUARE_M / 10**level / 111_000 / 1000
        around = shape.buffer(reach_deg, join_style="mitre")
        # What lies beyond the antimeridian is moved round the globe.
        parts = [
            shapely.intersection(shapely.transform(around, _moved(turn)), box(-180.0, SOUTH_DEG, 180.0, NORTH_DEG))
            for turn in (-360.0, 0.0, 360.0)
        ]
        codes = {str(one) for part in parts if part.area > 0 for one in self.filled(part, level, "intersects")}
        return sorted(codes - {own})

    def parents_of(self, codes: npt.ArrayLike, level: int) -> Codes:
        """The squares (n,) of a level that hold squares; one of that level is itself. Raises BadCode."""
        self.checked_level(level)
        texts = self.canonical(codes)
        digits = (np.char.str_len(texts) - 5) // 2
        if (digits < level).any():
            at = int(np.argmax(digits < level))
            raise BadCode(f"{texts[at]} is at level {digits[at]}; no square of level {level} holds it")
        found = [text[: 5 + level] + text[5 + n : 5 + n + level] for text, n in zip(texts.tolist(), digits.tolist())]
        return np.array(found, dtype=f"<U{5 + 2 * level}")

    def descendants(self, code: str, level: int, limit: int = LARGEST_LISTING) -> Codes:
        """The squares of a finer level that tile this one, row by row from the south-west. Raises BadCode."""
        own = self._checked(code)
        at = self.level_of(own)
        if not self.is_finer(level, at):
            raise BadCode(f"{own} is at level {at}, and level {level} is not finer")
        many: int = 10 ** (level - at)
        if many * many > limit:
            raise too_many(many * many, level, limit)
        numbers = np.char.zfill(np.arange(many).astype(np.str_), level - at)
        letters, east, north = own[:5], own[5 : 5 + at], own[5 + at :]
        every = np.array(
            [f"{letters}{east}{x}{north}{y}" for y in numbers for x in numbers], dtype=f"<U{5 + 2 * level}"
        )
        zone, band = int(own[:2]), own[2]
        limits = zone_box(zone, band)
        if shapely.contains_properly(limits, _square(own)):
            return every
        squares = np.array([_square(each) for each in every.tolist()], dtype=object)
        inside = shapely.area(shapely.intersection(squares, limits)) > SLIVER * shapely.area(squares)
        kept: Codes = every[inside]
        return kept

    def filled(
        self, geometry: BaseGeometry, level: int, mode: FillMode = "centre", limit: int = LARGEST_LISTING
    ) -> Codes:
        """The codes of the squares that a polygon takes, zone by zone, row by row from the south-west."""
        self.checked_level(level)
        west, south, east, north = geometry.bounds if not geometry.is_empty else (0.0, 0.0, 0.0, 0.0)
        if south < SOUTH_DEG or north > NORTH_DEG:
            raise BadGeometry(f"the shape reaches from {south:.6g} to {north:.6g} N; MGRS zones end at 80 S and 84 N")
        pad_deg = 2 * SQUARE_M / 10**level / 111_000 / max(np.cos(np.radians(max(abs(south), abs(north)))), 0.1)
        found: list[Codes] = []
        for zone, band in _zones_in(west, south, east, north):
            limits = zone_box(zone, band)
            part = shapely.intersection(geometry, limits)
            if not _has_ground(part):
                continue
            spans = _spans(part, zone, band, level, "centre" if mode == "centre" else "intersects")
            if mode == "covers":
                window = box(west - pad_deg, south - pad_deg, east + pad_deg, north + pad_deg).intersection(limits)
                rest = shapely.difference(window, geometry)
                if _has_ground(rest):
                    spans = spans.difference(_spans(rest, zone, band, level, "intersects"))
            if spans.count + sum(map(len, found)) > limit:
                raise too_many(spans.count + sum(map(len, found)), level, limit)
            column, row = spans.cells()
            found.append(_codes(zone, np.full(len(column), BANDS.index(band)), column, row, level))
        return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.str_)

    def _checked(self, code: str) -> str:
        """The code as written everywhere here. Raises BadCode for what is none, is polar, or has no ground."""
        parse_mgrs(code)
        text = "".join(code.split()).upper()
        if not text[0].isdigit():
            raise BadCode(f"{text} lies round a pole, where squares have no shape here; /v1/coords reads it")
        text = text if text[1].isdigit() else f"0{text}"
        _shape(text)
        return text


_N: Final = BANDS.index("N")


def zones_of(points: Floats) -> tuple[Ints, Ints]:
    """Zone 1..60 and index of the band of points (n, 2), with the wider zones of Norway and Svalbard.

    Raises BadCoordinate south of 80 S and from 84 N on. Source: NGA.SIG.0012 section 7-3.
    """
    lon, lat = points[:, 0], points[:, 1]
    outside = (lat < SOUTH_DEG) | (lat >= NORTH_DEG)
    if outside.any():
        raise BadCoordinate(
            f"latitude {lat[int(np.argmax(outside))]:.10g} has no UTM zone; MGRS cells reach from 80 S to 84 N"
        )
    zone = ((lon + 180.0) / 6.0).astype(np.int64) % 60 + 1
    band = np.minimum((lat + 80.0) / 8.0, 19).astype(np.int64)
    zone[(band == BANDS.index("V")) & (zone == 31) & (lon >= 3.0)] = 32
    for even in (32, 34, 36):
        svalbard = (band == BANDS.index("X")) & (zone == even)
        zone[svalbard] = np.where(lon[svalbard] >= 6.0 * even - 183.0, even + 1, even - 1)
    return zone, band


def zone_box(zone: int, band: str) -> BaseGeometry:
    """The ground of a zone in a band, degrees; empty where Svalbard's wide zones leave none."""
    west, east = 6.0 * zone - 186.0, 6.0 * zone - 180.0
    if band == "V" and zone in (31, 32):
        west, east = (0.0, 3.0) if zone == 31 else (3.0, 12.0)
    if band == "X" and 31 <= zone <= 37:
        wide = {31: (0.0, 9.0), 33: (9.0, 21.0), 35: (21.0, 33.0), 37: (33.0, 42.0)}
        west, east = wide.get(zone, (0.0, 0.0))
    south, north = band_range_deg(band)
    return box(west, south, east, north)


@cache
def plane(zone: int, is_south: bool) -> Proj:
    """The projection of a zone for arrays; PROJ's and `utm_strip` differ by less than 1e-8 m."""
    return Proj(proj="utm", zone=zone, south=is_south, ellps="WGS84")


def _codes(zone: int, band: Ints, column: Ints, row: Ints, level: int) -> Codes:
    """The codes of squares by zone, band and metres counted in squares."""
    per: int = 10**level
    far_east, east = np.divmod(column, per)
    far_north, north = np.divmod(row, per)
    letters = np.array(list(COLUMNS[(zone - 1) % 3]))[far_east - 1]
    rows = np.array(list(ROWS))[(far_north + (5 if zone % 2 == 0 else 0)) % 20]
    text = np.char.add(np.char.add(np.char.add(f"{zone:02d}", np.array(list(BANDS))[band]), letters), rows)
    if level:
        text = np.char.add(text, np.char.zfill(east.astype(np.str_), level))
        text = np.char.add(text, np.char.zfill(north.astype(np.str_), level))
    return text


def _square(code: str) -> BaseGeometry:
    """The whole square, degrees; a side may lie outside of its zone."""
    corners = np.array(parse_mgrs(code).corners)
    corners[:, 0] = corners[0, 0] + (corners[:, 0] - corners[0, 0] + 180.0) % 360.0 - 180.0
    meridian = 6.0 * int(code[:2]) - 183.0
    corners[:, 0] += 360.0 * np.round((meridian - corners[:, 0].mean()) / 360.0)
    return shapely.polygons(corners)


def _shape(code: str) -> BaseGeometry:
    """What of a square lies in its zone and band. Raises BadCode if nothing does."""
    whole = _square(code)
    part = shapely.intersection(whole, zone_box(int(code[:2]), code[2]))
    if part.area <= SLIVER * whole.area or part.geom_type not in ("Polygon", "MultiPolygon"):
        raise BadCode(f"{code} lies outside of zone {code[:2]} and band {code[2]}; the square has another name there")
    return part


def _zones_in(west: float, south: float, east: float, north: float) -> list[tuple[int, str]]:
    """The zones and bands whose ground a box may share, from the south-west."""
    bands = [band for band in BANDS if band_range_deg(band)[0] < north and band_range_deg(band)[1] > south]
    found = []
    for band in bands:
        for zone in range(1, 61):
            left, _, right, _ = zone_box(zone, band).bounds
            if left < east and right > west:
                found.append((zone, band))
    return found


def _moved(turn: float) -> Callable[[Floats], Floats]:
    return lambda lonlat: lonlat + np.array([turn, 0.0])


def _has_ground(shape: BaseGeometry) -> bool:
    return bool(shape.area > 0)


def _spans(part: BaseGeometry, zone: int, band: str, level: int, mode: FillMode) -> CellSpans:
    """The squares of a zone that a shape inside it takes, as runs in the zone's plane."""
    side_m = SQUARE_M / 10**level
    project = plane(zone, band < "N")
    flat = shapely.transform(
        shapely.segmentize(part, STEP_DEG), lambda c: np.column_stack(project(c[:, 0].copy(), c[:, 1].copy()))
    )
    flat = flat if flat.is_valid else shapely.make_valid(flat)
    areas = [each for each in shapely.get_parts(flat) if each.geom_type in ("Polygon", "MultiPolygon")]
    lattice = Lattice(
        column_edges=lambda column: column * side_m,
        row_edges=lambda row: row * side_m,
        column_at=lambda x: np.floor(x / side_m).astype(np.int64),
        row_at=lambda y: np.floor(y / side_m).astype(np.int64),
        first_column=0,
        last_column=int(MOST_EAST_M / side_m) - 1,
        first_row=0,
        last_row=int(FALSE_SOUTH_M / side_m) - 1,
    )
    return fill(lattice, shapely.unary_union(areas), level, mode)
