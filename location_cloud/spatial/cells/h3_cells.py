"""H3 hexagons through the package of the same name, which is an optional part of the installation."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.antimeridian import cut_antimeridian, unwrapped
from location_cloud.spatial.cells.fill import FillMode
from location_cloud.spatial.cells.system import LARGEST_LISTING, CellSystem, Codes, Shapes, too_many
from location_cloud.spatial.errors import BadCode, BadGeometry, NotAvailable
from location_cloud.spatial.lonlat import Floats, Ints, as_lonlat
from location_cloud.spatial.measure import area_m2

CONTAINED = {"centre": "center", "intersects": "overlap", "covers": "full"}


class H3(CellSystem):
    """H3 cells (h3geo.org), levels 0 to 15: hexagons and, on each level, 12 pentagons. Every point has a cell.

    The children of a cell are those whose index is below its own; they cover nearly, not exactly, the same ground.
    """

    name: ClassVar[str] = "h3"
    levels: ClassVar[tuple[int, ...]] = tuple(range(16))
    usual_level: ClassVar[int] = 9
    largest_batch: ClassVar[int] = 200_000

    def encode_many(self, lonlat: npt.ArrayLike, level: int) -> Codes:
        """The codes (n,) of the cells that hold points (n, 2), degrees; errors as `encode`."""
        encode = _h3().latlng_to_cell
        self.checked_level(level)
        points = as_lonlat(lonlat).tolist()
        return np.array([encode(lat, lon, level) for lon, lat in points], dtype="<U15")

    def canonical(self, codes: npt.ArrayLike) -> Codes:
        """Small letters. Raises BadCode."""
        is_cell = _h3().is_valid_cell
        texts = np.char.lower(np.atleast_1d(np.asarray(codes, dtype=np.str_)))
        for text in texts.tolist():
            if not is_cell(text):
                raise BadCode(f"{text[:40]} is no H3 cell: 15 hexadecimal digits such as 8914b26226fffff")
        return texts

    def levels_of(self, codes: npt.ArrayLike) -> Ints:
        """The levels (n,) of codes. Raises BadCode."""
        texts = self.canonical(codes).tolist()
        return np.array([_h3().get_resolution(text) for text in texts], dtype=np.int64)

    def outlines(self, codes: npt.ArrayLike) -> Shapes:
        """The hexagons (n,), degrees, cut at the antimeridian. Raises BadCode."""
        texts = self.canonical(codes).tolist()
        return np.array([_outline(_h3().cell_to_boundary(text)) for text in texts], dtype=object)

    def middles(self, codes: npt.ArrayLike) -> Floats:
        """The middles (n, 2) of cells, degrees. Raises BadCode."""
        texts = self.canonical(codes).tolist()
        return np.array([_h3().cell_to_latlng(text)[::-1] for text in texts], dtype=np.float64).reshape(-1, 2)

    def neighbours(self, code: str) -> list[str]:
        """The 6 cells around a hexagon, the 5 around a pentagon. Raises BadCode."""
        own = str(self.canonical([code])[0])
        return sorted(set(_h3().grid_disk(own, 1)) - {own})

    def parents_of(self, codes: npt.ArrayLike, level: int) -> Codes:
        """The cells (n,) of a level above cells; one of that level is itself. Raises BadCode."""
        self.checked_level(level)
        texts, own = self.canonical(codes), self.levels_of(codes)
        if (own < level).any():
            at = int(np.argmax(own < level))
            raise BadCode(f"{texts[at]} is at level {own[at]}; no cell of level {level} is above it")
        return np.array([_h3().cell_to_parent(text, level) for text in texts.tolist()], dtype="<U15")

    def descendants(self, code: str, level: int, limit: int = LARGEST_LISTING) -> Codes:
        """The cells of a finer level below this one. Raises BadCode."""
        own = str(self.canonical([code])[0])
        if not self.is_finer(level, self.level_of(own)):
            raise BadCode(f"{own} is at level {self.level_of(own)}, and level {level} is not finer")
        count = _h3().cell_to_children_size(own, level)
        if count > limit:
            raise too_many(count, level, limit)
        return np.array(sorted(_h3().cell_to_children(own, level)), dtype="<U15")

    def filled(
        self, geometry: BaseGeometry, level: int, mode: FillMode = "centre", limit: int = LARGEST_LISTING
    ) -> Codes:
        """The codes of the cells that a polygon takes. Edges are straight in degrees."""
        h3 = _h3()
        self.checked_level(level)
        if geometry.geom_type not in ("Polygon", "MultiPolygon") or not geometry.is_valid:
            raise BadGeometry(f"cells are filled into a valid Polygon or MultiPolygon, not this {geometry.geom_type}")
        if geometry.is_empty:
            return np.empty(0, dtype="<U15")
        about = int(area_m2(geometry) / h3.average_hexagon_area(level, "m^2"))
        if about > 2 * limit:  # cells of a level differ by a factor of two in size
            raise too_many(about, level, limit)
        shape = h3.geo_to_h3shape(geometry)
        found = np.array(sorted(h3.polygon_to_cells_experimental(shape, level, CONTAINED[mode])), dtype="<U15")
        if len(found) > limit:
            raise too_many(len(found), level, limit)
        return found


def _h3() -> Any:
    try:
        import h3  # heavy optional: the cells extra
    except ImportError:
        raise NotAvailable(
            "cells of h3 need the package h3, which is not installed; add it with: pip install 'location-cloud[cells]'"
        ) from None
    return h3


def _outline(boundary: tuple[tuple[float, float], ...]) -> BaseGeometry:
    """The shape of corners (lat, lon); one around a pole reaches up to it."""
    ring = unwrapped(np.array([(lon, lat) for lat, lon in (*boundary, boundary[0])]))
    if abs(ring[0, 0] - ring[-1, 0]) > 1.0:
        pole = 90.0 if ring[0, 1] > 0 else -90.0
        ring = np.vstack([ring, [ring[-1, 0], pole], [ring[0, 0], pole], ring[0]])
        return shapely.unary_union(cut_antimeridian(Polygon(ring)).buffer(0))
    return shapely.orient_polygons(cut_antimeridian(Polygon(ring)))
