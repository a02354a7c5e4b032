"""What every system of cells answers, whatever its cells look like: rectangles, squares of metres or hexagons."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.cells.fill import FillMode
from location_cloud.spatial.errors import BadCode, TooManyCells
from location_cloud.spatial.lonlat import Bools, Floats, Ints, as_points

Codes = npt.NDArray[np.str_]
Shapes = npt.NDArray[Any]  # of shapely geometries

# A guard, not a rule of any standard: what one answer may hold, about 100 MB of text.
LARGEST_LISTING = 2_000_000


class CellSystem(ABC):
    """Nested cells over the globe, each with a code that says its level too.

    levels: from coarse to fine, as their standard numbers them (map sheets: the scale's denominator).
    usual_level: what is taken where nobody says. largest_batch: codes or points of one question, set by speed.
    Codes come and go as arrays of text (n,); whatever takes codes raises BadCode naming the first that does not exist.
    """

    name: ClassVar[str]
    levels: ClassVar[tuple[int, ...]]
    usual_level: ClassVar[int]
    largest_batch: ClassVar[int] = 1_000_000

    @abstractmethod
    def encode_many(self, lonlat: npt.ArrayLike, level: int) -> Codes:
        """The codes (n,) of the cells that hold points (n, 2), degrees; errors as `encode`."""

    @abstractmethod
    def canonical(self, codes: npt.ArrayLike) -> Codes:
        """The same codes as the standard writes them. Raises BadCode."""

    @abstractmethod
    def levels_of(self, codes: npt.ArrayLike) -> Ints:
        """The levels (n,) of codes. Raises BadCode."""

    @abstractmethod
    def outlines(self, codes: npt.ArrayLike) -> Shapes:
        """The shapes (n,) of cells, degrees, cut at the antimeridian. Raises BadCode."""

    @abstractmethod
    def middles(self, codes: npt.ArrayLike) -> Floats:
        """The middles (n, 2) of cells, degrees. Raises BadCode."""

    @abstractmethod
    def neighbours(self, code: str) -> list[str]:
        """The cells that share a side or a corner with a cell. Raises BadCode."""

    @abstractmethod
    def parents_of(self, codes: npt.ArrayLike, level: int) -> Codes:
        """The cells (n,) of a level that hold cells; a cell of that level is itself.

        Raises BadCode for codes that do not exist or are coarser than the level.
        """

    @abstractmethod
    def descendants(self, code: str, level: int, limit: int = LARGEST_LISTING) -> Codes:
        """The cells of a finer level that tile this one, row by row from the south-west where there are rows.

        Raises BadCode when the code does not exist, the level is not finer, or there are more than limit.
        """

    @abstractmethod
    def filled(
        self, geometry: BaseGeometry, level: int, mode: FillMode = "centre", limit: int = LARGEST_LISTING
    ) -> Codes:
        """The codes of the cells that a polygon or multipolygon takes: see `fill` for modes.

        Raises BadGeometry as `fill`, BadCode when there are more than limit: take a coarser level.
        """

    def reaches(self, lonlat: npt.ArrayLike) -> Bools:
        """Which points (n, 2), degrees, have a cell; of NaN and points off the globe none has."""
        points = as_points(lonlat)
        on_globe: Bools = (np.abs(points[:, 0]) <= 180.0) & (np.abs(points[:, 1]) <= 90.0)
        on_globe[on_globe] = self._reaches(points[on_globe, 1])
        return on_globe

    def _reaches(self, lat: Floats) -> Bools:
        """Which latitudes have cells."""
        return np.ones(len(lat), dtype=np.bool_)

    def encode(self, lonlat: tuple[float, float], level: int) -> str:
        """The code of the cell that holds a point (lon, lat), degrees.

        Raises BadCoordinate where the system has no cell, BadCode for a level that it does not have.
        """
        return str(self.encode_many([lonlat], level)[0])

    def level_of(self, code: str) -> int:
        """The level of a code. Raises BadCode when it does not exist."""
        return int(self.levels_of([code])[0])

    def outline(self, code: str) -> BaseGeometry:
        """The shape of a cell, degrees. Raises BadCode when the code does not exist."""
        return self.outlines([code])[0]

    def decode(self, code: str) -> Bbox:
        """The box around a cell, degrees. Raises BadCode when the code does not exist."""
        west, south, east, north = self.outline(code).bounds
        return Bbox(west, south, east, north)

    def parent(self, code: str, level: int | None = None) -> str:
        """The cell that holds this one, at the next coarser level or the one asked for.

        Raises BadCode when the code does not exist, is a root, or is not finer than the level.
        """
        own = self.level_of(code)
        at = self.levels.index(own)
        wanted = at - 1 if level is None else self.levels.index(self.checked_level(level))
        if at == 0 or wanted >= at:
            raise BadCode(f"{code} is at level {own}; it has no parent at level {level if at else 'above it'}")
        return str(self.parents_of([code], self.levels[wanted])[0])

    def parents(self, code: str) -> list[str]:
        """All cells that hold this one, finest first. Raises BadCode."""
        coarser = self.levels[: self.levels.index(self.level_of(code))]
        return [self.parent(code, level) for level in reversed(coarser)]

    def children(self, code: str) -> list[str]:
        """The cells of the next finer level that tile this one.

        Raises BadCode when the code does not exist or is at the finest level.
        """
        level = self.level_of(code)
        if level == self.levels[-1]:
            raise BadCode(f"{code} is at level {level}, the finest of {self.name}; it has no children")
        return [str(child) for child in self.descendants(code, self.finer(level))]

    def checked_level(self, level: int) -> int:
        """The level itself. Raises BadCode when the system does not have it."""
        if isinstance(level, bool) or level not in self.levels:
            raise BadCode(f"level={level} does not exist in {self.name}; use one of {list(self.levels)}")
        return level

    def is_finer(self, level: int, than: int) -> bool:
        """Whether a level comes after another. Raises BadCode for levels that do not exist."""
        return self.levels.index(self.checked_level(level)) > self.levels.index(self.checked_level(than))

    def finer(self, level: int) -> int:
        """The next finer level. Raises BadCode at the finest."""
        if self.checked_level(level) == self.levels[-1]:
            raise BadCode(f"level {level} is the finest of {self.name}")
        return self.levels[self.levels.index(level) + 1]

    def coarser(self, level: int) -> int:
        """The next coarser level. Raises BadCode at the coarsest."""
        if self.checked_level(level) == self.levels[0]:
            raise BadCode(f"level {level} is the coarsest of {self.name}")
        return self.levels[self.levels.index(level) - 1]


def too_many(count: int, level: int, limit: int) -> TooManyCells:
    """The refusal of a listing."""
    return TooManyCells(f"{count} cells at level {level} are more than {limit}; take a coarser level")
