"""What every system of cells can answer, on top of the one thing they differ in: how a cell is written."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.cells.fill import FillMode, Lattice, fill
from location_cloud.spatial.cells.spans import CellSpans
from location_cloud.spatial.errors import BadCode
from location_cloud.spatial.lonlat import Floats, Ints, as_lonlat

Codes = npt.NDArray[np.str_]

# A guard, not a rule of any standard: what one answer may hold, about 100 MB of text.
LARGEST_LISTING = 2_000_000


class CellSystem(ABC):
    """Nested rectangles over the globe, each with a code.

    Inside, a cell is (column, row, level): columns count east from a meridian, rows count north from a parallel,
    both may be negative. `levels` lists the levels from coarse to fine. A system supplies the six
    abstract methods; the questions users ask are answered here once for all.
    """

    name: ClassVar[str]
    levels: ClassVar[tuple[int, ...]]

    @abstractmethod
    def lattice(self, level: int) -> Lattice:
        """The regular pattern of the level's columns and rows."""

    @abstractmethod
    def index(self, lonlat: npt.ArrayLike, level: int) -> tuple[Ints, Ints]:
        """Columns and rows (n,) of the cells that hold the points (n, 2)."""

    @abstractmethod
    def codes(self, column: Ints, row: Ints, level: int) -> Codes:
        """The codes (n,) of cells given by column and row, which must exist."""

    @abstractmethod
    def parse(self, code: str) -> tuple[int, int, int]:
        """Column, row and level of a code. Raises BadCode when it is not one."""

    @abstractmethod
    def children_block(self, column: int, row: int, level: int) -> tuple[range, range]:
        """The columns and rows at the next finer level that tile the cell."""

    @abstractmethod
    def parent_index(self, column: Ints, row: Ints, level: int) -> tuple[Ints, Ints]:
        """Columns and rows at the next coarser level of the cells that hold the given ones."""

    def encode(self, lonlat: tuple[float, float], level: int) -> str:
        """The code of the cell that holds a point (lon, lat), degrees.

        Raises BadCoordinate where the system has no cell, BadCode for a level that it does not have.
        """
        return str(self.encode_many([lonlat], level)[0])

    def encode_many(self, lonlat: npt.ArrayLike, level: int) -> Codes:
        """The codes (n,) of the cells that hold points (n, 2), degrees; errors as `encode`."""
        column, row = self.index(as_lonlat(lonlat), self.checked_level(level))
        return self.codes(column, row, level)

    def decode(self, code: str) -> Bbox:
        """The rectangle of a cell, degrees. Raises BadCode when the code does not exist."""
        column, row, level = self.parse(code)
        return self.bbox(column, row, level)

    def bbox(self, column: int, row: int, level: int) -> Bbox:
        """The rectangle of the cell at a column and row, degrees."""
        lattice = self.lattice(level)
        west, east = lattice.column_edges(np.array([column, column + 1]))
        south, north = lattice.row_edges(np.array([row, row + 1]))
        return Bbox(float(west), float(south), float(east), float(north))

    def level_of(self, code: str) -> int:
        """The level of a code. Raises BadCode when it does not exist."""
        return self.parse(code)[2]

    def neighbours(self, code: str) -> list[str]:
        """The up to 8 cells around a cell, row by row from the south-west; across +-180 degrees too.

        At the poles there is nothing beyond, and the list is shorter. Raises BadCode.
        """
        column, row, level = self.parse(code)
        lattice = self.lattice(level)
        around: dict[tuple[int, int], None] = {}
        for r in range(max(row - 1, lattice.first_row), min(row + 1, lattice.last_row) + 1):
            for c in (column - 1, column, column + 1):
                wrapped = (c - lattice.first_column) % lattice.columns + lattice.first_column
                if (wrapped, r) != (column, row):
                    around[(wrapped, r)] = None
        return self._codes_of(list(around), level)

    def parent(self, code: str, level: int | None = None) -> str:
        """The cell that holds this one, at the next coarser level or the one asked for.

        Raises BadCode when the code does not exist, is a root, or is not finer than the level.
        """
        column, row, own = self.parse(code)
        at = self.levels.index(own)
        wanted = at - 1 if level is None else self.levels.index(self.checked_level(level))
        if at == 0 or wanted >= at:
            raise BadCode(f"{code} is at level {own}; it has no parent at level {level if at else 'above it'}")
        c, r = np.array([column]), np.array([row])
        for step in range(at, wanted, -1):
            c, r = self.parent_index(c, r, self.levels[step])
        return str(self.codes(c, r, self.levels[wanted])[0])

    def parents(self, code: str) -> list[str]:
        """All cells that hold this one, finest first. Raises BadCode."""
        coarser = self.levels[: self.levels.index(self.level_of(code))]
        return [self.parent(code, level) for level in reversed(coarser)]

    def children(self, code: str) -> list[str]:
        """The cells of the next finer level that tile this one, row by row from the south-west.

        Raises BadCode when the code does not exist or is at the finest level.
        """
        column, row, level = self.parse(code)
        if level == self.levels[-1]:
            raise BadCode(f"{code} is at level {level}, the finest of {self.name}; it has no children")
        columns, rows = self.children_block(column, row, level)
        return self._codes_of([(c, r) for r in rows for c in columns], self.finer(level))

    def polyfill(self, geometry: BaseGeometry, level: int, mode: FillMode = "centre") -> CellSpans:
        """The cells of a polygon or multipolygon, as runs of columns by row: see `fill` for modes and errors."""
        return fill(self.lattice(self.checked_level(level)), geometry, level, mode)

    def codes_of_spans(self, spans: CellSpans, limit: int = LARGEST_LISTING) -> Codes:
        """The code of every cell in the spans, row by row from the south-west.

        Raises BadCode when there are more than limit cells: keep the spans, or take a coarser level.
        """
        if spans.count > limit:
            raise BadCode(f"{spans.count} cells at level {spans.level} are more than {limit}; take a coarser level")
        column, row = spans.cells()
        return self.codes(column, row, spans.level)

    def coarser_spans(self, spans: CellSpans) -> CellSpans:
        """The cells of the next coarser level that hold at least one cell of the spans.

        Raises BadCode at the coarsest level.
        """
        level = self.coarser(spans.level)
        first, row = self.parent_index(spans.first, spans.row, spans.level)
        last, _ = self.parent_index(spans.last, spans.row, spans.level)
        return CellSpans.merged(level, row, first, last)

    def centres(self, column: Ints, row: Ints, level: int) -> Floats:
        """The middles (n, 2), degrees, of cells given by column and row."""
        lattice = self.lattice(level)
        lon = (lattice.column_edges(column) + lattice.column_edges(column + 1)) / 2.0
        return np.column_stack([lon, lattice.row_centres(row)])

    def checked_level(self, level: int) -> int:
        """The level itself. Raises BadCode when the system does not have it."""
        if isinstance(level, bool) or level not in self.levels:
            raise BadCode(f"level={level} does not exist in {self.name}; use one of {list(self.levels)}")
        return level

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

    def _codes_of(self, cells: list[tuple[int, int]], level: int) -> list[str]:
        if not cells:
            return []
        pairs = np.array(cells, dtype=np.int64)
        return [str(code) for code in self.codes(pairs[:, 0], pairs[:, 1], level)]
