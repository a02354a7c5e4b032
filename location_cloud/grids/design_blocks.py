"""Blocks: the pieces of ground between the lines that a border may follow, none across a community's border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.grids.design_plane import GRAIN_M

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Ground:
    """What a design is made from, in metres of one plane.

    communities: (c,) polygons or multipolygons that do not overlap; no grid crosses their borders.
    roads: lines that borders follow best: ways of all kinds and banks or middles of water. others: lines that they
    follow rather than none: railways, walls, edges of fields. buildings: polygons that no border should cut.
    water: polygons of open water. places: (p, 2) where the households are. households: (p,) how many.
    """

    communities: Shapes
    roads: Shapes
    others: Shapes
    buildings: Shapes
    water: Shapes
    places: NDArray[np.float64]
    households: NDArray[np.float64]


@dataclass(frozen=True)
class Blocks:
    """A partition of the ground. shapes: (n,) polygons. community: (n,) int32 the one each lies in."""

    shapes: Shapes
    community: NDArray[np.int32]


def node_lines(lines: Shapes) -> Any:
    """The lines cut where they meet, their corners on the raster of GRAIN_M: together they are a planar drawing.

    What was noded before and is noded again with more lines meets in the same corners (snap rounding), so that lines
    found in one drawing fit into the next. Noding the pieces of a drawing took twice as long as noding its lines.
    """
    return shapely.union_all(lines, grid_size=GRAIN_M)


def on_raster(shapes: Shapes) -> Shapes:
    """The shapes with their corners on the raster of GRAIN_M."""
    return np.asarray(shapely.transform(shapes, lambda at: np.round(at / GRAIN_M) * GRAIN_M), object)


def make_blocks(communities: Shapes, drawing: Any) -> Blocks:
    """The faces of a planar drawing that lie in a community; the borders of the communities are part of the drawing."""
    faces = shapely.get_parts(shapely.polygonize([drawing]))
    inside = shapely.point_on_surface(faces)
    tree = shapely.STRtree(communities)
    face, community = tree.query(inside, predicate="intersects")
    face, first = np.unique(face, return_index=True)
    return Blocks(faces[face], community[first].astype(np.int32))


def borders_of(communities: Shapes) -> Shapes:
    """The rings of the communities as lines."""
    return np.asarray(shapely.get_rings(shapely.get_parts(communities)), object)


def reaching(lines: Shapes, communities: Shapes) -> Shapes:
    """The parts of the lines that reach into a community's box, as plain lines."""
    if not len(lines):
        return lines
    tree = shapely.STRtree(lines)
    found = np.unique(tree.query(shapely.get_parts(communities), predicate="intersects")[1])
    return np.asarray(shapely.get_parts(lines[found]), object)
