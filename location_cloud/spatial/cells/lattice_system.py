"""What systems of nested rectangles answer, on top of the one thing they differ in: how a cell is written."""

from abc import abstractmethod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.cells.fill import FillMode, Lattice, fill
from location_cloud.spatial.cells.spans import CellSpans
from location_cloud.spatial.cells.system import LARGEST_LISTING, CellSystem, Codes, Shapes, too_many
from location_cloud.spatial.errors import BadCode
from location_cloud.spatial.lonlat import Bools, Floats, Ints, as_lonlat

Letters = npt.NDArray[np.uint32]


class Parsed(NamedTuple):
    """Cells by number. known: which of them exist; the numbers of the others mean nothing."""

    column: Ints
    row: Ints
    level: Ints
    known: Bools


class LatticeSystem(CellSystem):
    """Nested rectangles over the globe, each with a code.

    Inside, a cell is (column, row, level): columns count east from a meridian, rows count north from a parallel,
    both may be negative. A system supplies the seven abstract methods; the questions users ask are answered here once
    for all.
    """

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
        """Column, row and level of a code. Raises BadCode saying why it is not one."""

    @abstractmethod
    def parse_letters(self, letters: Letters) -> Parsed:
        """The same of many codes of one length at once, (n, length) code points; unknown ones are marked."""

    @abstractmethod
    def children_block(self, column: int, row: int, level: int) -> tuple[range, range]:
        """The columns and rows at the next finer level that tile the cell."""

    @abstractmethod
    def parent_index(self, column: Ints, row: Ints, level: int) -> tuple[Ints, Ints]:
        """Columns and rows at the next coarser level of the cells that hold the given ones."""

    def encode_many(self, lonlat: npt.ArrayLike, level: int) -> Codes:
        """The codes (n,) of the cells that hold points (n, 2), degrees; errors as `encode`."""
        column, row = self.index(as_lonlat(lonlat), self.checked_level(level))
        return self.codes(column, row, level)

    def parse_many(self, codes: npt.ArrayLike) -> tuple[Ints, Ints, Ints]:
        """Columns, rows and levels (n,) of codes. Raises BadCode with what is wrong with the first that is none."""
        texts = np.atleast_1d(np.asarray(codes, dtype=np.str_))
        column, row, level = (np.zeros(len(texts), dtype=np.int64) for _ in range(3))
        known = np.zeros(len(texts), dtype=np.bool_)
        lengths = np.char.str_len(texts)
        for length in np.unique(lengths[lengths > 0]):
            these = np.flatnonzero(lengths == length)
            block = np.ascontiguousarray(texts[these].astype(f"<U{length}")).view(np.uint32).reshape(len(these), length)
            column[these], row[these], level[these], known[these] = self.parse_letters(block)
        if not known.all():
            self.parse(str(texts[int(np.argmin(known))]))
            raise BadCode(f"{texts[int(np.argmin(known))]!s:.40} is no code of {self.name}")
        return column, row, level

    def canonical(self, codes: npt.ArrayLike) -> Codes:
        """The same codes as the standard writes them. Raises BadCode."""
        column, row, level = self.parse_many(codes)
        return self._text(column, row, level)

    def levels_of(self, codes: npt.ArrayLike) -> Ints:
        """The levels (n,) of codes. Raises BadCode."""
        return self.parse_many(codes)[2]

    def outlines(self, codes: npt.ArrayLike) -> Shapes:
        """The rectangles (n,) of cells, degrees. Raises BadCode."""
        west, south, east, north = self.boxes(codes).T
        shapes: Shapes = shapely.box(west, south, east, north)
        return shapes

    def boxes(self, codes: npt.ArrayLike) -> Floats:
        """West, south, east and north (n, 4) of cells, degrees. Raises BadCode."""
        return self.boxes_at(*self.parse_many(codes))

    def boxes_at(self, column: Ints, row: Ints, level: Ints) -> Floats:
        """West, south, east and north (n, 4), degrees, of cells by number."""
        found = np.empty((len(column), 4))
        for each in np.unique(level):
            these, lattice = level == each, self.lattice(int(each))
            c, r = column[these], row[these]
            sides = (
                lattice.column_edges(c),
                lattice.row_edges(r),
                lattice.column_edges(c + 1),
                lattice.row_edges(r + 1),
            )
            found[these] = np.column_stack(sides)
        return found

    def middles(self, codes: npt.ArrayLike) -> Floats:
        """The middles (n, 2) of cells, degrees. Raises BadCode."""
        boxes = self.boxes(codes)
        return (boxes[:, :2] + boxes[:, 2:]) / 2.0

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

        Beyond the last row there is nothing, and the list is shorter. Raises BadCode.
        """
        column, row, level = self.parse(code)
        lattice = self.lattice(level)
        around: dict[tuple[int, int], None] = {}
        for r in range(max(row - 1, lattice.first_row), min(row + 1, lattice.last_row) + 1):
            for c in (column - 1, column, column + 1):
                wrapped = (c - lattice.first_column) % lattice.columns + lattice.first_column
                if (wrapped, r) != (column, row):
                    around[(wrapped, r)] = None
        if not around:
            return []
        pairs = np.array(list(around), dtype=np.int64)
        return [str(other) for other in self.codes(pairs[:, 0], pairs[:, 1], level)]

    def parents_of(self, codes: npt.ArrayLike, level: int) -> Codes:
        """The cells (n,) of a level that hold cells; a cell of that level is itself. Raises BadCode."""
        column, row = self.parents_at(*self.parse_many(codes), level)
        return self.codes(column, row, level)

    def parents_at(self, column: Ints, row: Ints, level: Ints, wanted: int) -> tuple[Ints, Ints]:
        """Columns and rows of the cells of a level that hold cells given by number. Raises BadCode as `parents_of`."""
        wanted_at = self.levels.index(self.checked_level(wanted))
        known, which = np.unique(level, return_inverse=True)
        own_at = np.array([self.levels.index(int(each)) for each in known], dtype=np.int64)[which]
        if (own_at < wanted_at).any():
            at = int(np.argmax(own_at < wanted_at))
            code = self.codes(column[at : at + 1], row[at : at + 1], int(level[at]))[0]
            raise BadCode(f"{code} is at level {level[at]}; no cell of level {wanted} holds it")
        column, row = column.copy(), row.copy()
        for step in range(len(self.levels) - 1, wanted_at, -1):
            these = own_at >= step
            if these.any():
                column[these], row[these] = self.parent_index(column[these], row[these], self.levels[step])
        return column, row

    def descendants(self, code: str, level: int, limit: int = LARGEST_LISTING) -> Codes:
        """The cells of a finer level that tile this one, row by row from the south-west. Raises BadCode."""
        column, row, own = self.parse(code)
        if not self.is_finer(level, own):
            raise BadCode(f"{code} is at level {own}, and level {level} is not finer")
        columns, rows = range(column, column + 1), range(row, row + 1)
        while own != level:
            west, south = self.children_block(columns[0], rows[0], own)
            east, north = self.children_block(columns[-1], rows[-1], own)
            columns, rows = range(west.start, east.stop), range(south.start, north.stop)
            own = self.finer(own)
        if len(columns) * len(rows) > limit:
            raise too_many(len(columns) * len(rows), level, limit)
        every = np.meshgrid(np.arange(columns.start, columns.stop), np.arange(rows.start, rows.stop))
        return self.codes(every[0].ravel(), every[1].ravel(), level)

    def polyfill(self, geometry: BaseGeometry, level: int, mode: FillMode = "centre") -> CellSpans:
        """The cells of a polygon or multipolygon, as runs of columns by row: see `fill` for modes and errors."""
        return fill(self.lattice(self.checked_level(level)), geometry, level, mode)

    def filled(
        self, geometry: BaseGeometry, level: int, mode: FillMode = "centre", limit: int = LARGEST_LISTING
    ) -> Codes:
        """The codes of the cells that a polygon takes, row by row from the south-west."""
        return self.codes_of_spans(self.polyfill(geometry, level, mode), limit)

    def codes_of_spans(self, spans: CellSpans, limit: int = LARGEST_LISTING) -> Codes:
        """The code of every cell in the spans, row by row from the south-west.

        Raises BadCode when there are more than limit cells: keep the spans, or take a coarser level.
        """
        if spans.count > limit:
            raise too_many(spans.count, spans.level, limit)
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

    def finer_spans(self, spans: CellSpans) -> CellSpans:
        """The cells of the next finer level below the cells of the spans. Raises BadCode at the finest level."""
        level = self.finer(spans.level)
        blocks = [self.children_block(0, int(row), spans.level)[1] for row in np.unique(spans.row)]
        rows = dict(zip(np.unique(spans.row).tolist(), blocks))
        west = [self.children_block(int(c), 0, spans.level)[0].start for c in spans.first]
        east = [self.children_block(int(c), 0, spans.level)[0].stop - 1 for c in spans.last]
        tall = [len(rows[row]) for row in spans.row.tolist()]
        row = np.array([r for each in spans.row.tolist() for r in rows[each]], dtype=np.int64)
        return CellSpans.merged(
            level, row, np.repeat(west, tall).astype(np.int64), np.repeat(east, tall).astype(np.int64)
        )

    def compacted(self, spans: CellSpans) -> list[CellSpans]:
        """The same ground with as few cells as can be: whole parents in place of their children, coarse ones first."""
        levels = [spans]
        while levels[0].level != self.levels[0] and len(levels[0]):
            # A parent is whole if none of its children is missing: take away those that hold a missing one.
            parents = self.coarser_spans(levels[0])
            missing = self.finer_spans(parents).difference(levels[0])
            whole = parents.difference(self.coarser_spans(missing)) if len(missing) else parents
            if not len(whole):
                break
            levels[0] = levels[0].difference(self.finer_spans(whole))
            levels.insert(0, whole)
        return [each for each in levels if len(each)]

    def centres(self, column: Ints, row: Ints, level: int) -> Floats:
        """The middles (n, 2), degrees, of cells given by column and row."""
        lattice = self.lattice(level)
        lon = (lattice.column_edges(column) + lattice.column_edges(column + 1)) / 2.0
        return np.column_stack([lon, lattice.row_centres(row)])

    def _text(self, column: Ints, row: Ints, level: Ints) -> Codes:
        """The codes of cells of several levels."""
        parts = {int(each): level == each for each in np.unique(level)}
        texts = {each: self.codes(column[these], row[these], each) for each, these in parts.items()}
        widest = max((text.dtype.itemsize // 4 for text in texts.values()), default=1)
        found = np.empty(len(level), dtype=f"<U{widest}")
        for each, these in parts.items():
            found[these] = texts[each]
        return found
