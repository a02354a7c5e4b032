"""Far views of a network: ways of one kind joined to long lines, so that a city's roads are dozens of features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from tiles.features import FlatGeometries

CELL_ZOOM = 11
"""Lines of one kind are one feature for each tile of this zoom: few enough for zoom 5, quickly cut at zoom 12."""

LOOSE_PX = 0.5
"""How far the line may be off, in pixels of a 512 px tile of the last joined zoom."""

FIRST_ID = 1 << 52
"""Ids of joined lines begin here: they stand for no single way."""


@dataclass(frozen=True)
class JoinedLines:
    """Lines made of many ways, m of them. shapes: (m,) MultiLineString. group: (m,) the group each was made of."""

    shapes: NDArray[np.object_]
    group: NDArray[np.int64]


def join_lines(lines: FlatGeometries, group: NDArray[np.int64], to_zoom: int) -> JoinedLines:
    """The lines joined end to end within each group, one feature for each group and cell.

    lines: n lines, degrees. group: (n,) number of the group of each, or -1 for lines that are left out.
    to_zoom: the last zoom where they are drawn; no more detail is kept than it shows.
    """
    chosen = np.flatnonzero(group >= 0)
    if not len(chosen):
        return JoinedLines(np.empty(0, object), np.empty(0, np.int64))
    order = chosen[np.argsort(group[chosen], kind="stable")]
    numbers, owner = np.unique(group[order], return_inverse=True)
    networks = shapely.multilinestrings(as_linestrings(lines)[order], indices=owner)
    parts, network = shapely.get_parts(shapely.line_merge(networks), return_index=True)
    parts = shapely.simplify(parts, LOOSE_PX * 360 / 512 / 2**to_zoom, preserve_topology=False)
    cell = _cells(shapely.line_interpolate_point(parts, 0.5, normalized=True))
    code = network.astype(np.int64) << 2 * CELL_ZOOM | cell
    order = np.argsort(code, kind="stable")
    codes, feature = np.unique(code[order], return_inverse=True)
    return JoinedLines(shapely.multilinestrings(parts[order], indices=feature), numbers[codes >> 2 * CELL_ZOOM])


def as_linestrings(flat: FlatGeometries) -> NDArray[np.object_]:
    """The same lines, one part each, as shapely objects."""
    made: Any = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, flat.lonlat, (flat.part_start,))
    return np.asarray(made, object)


def _cells(middles: NDArray[np.object_]) -> NDArray[np.int64]:
    """Cells of about equal size: rows count degrees, which is near enough to tiles for what they are used for."""
    lonlat = shapely.get_coordinates(middles)
    column, row = ((lonlat + np.array([180, 90])) * (1 << CELL_ZOOM) / 360).astype(np.int64).T
    return np.asarray(row << CELL_ZOOM | column, np.int64)
