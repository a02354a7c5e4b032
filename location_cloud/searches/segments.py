"""An area cut into segments that a team can search: along roads, water, rails and ridges, of about one size."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from location_cloud.errors import TooLarge
from location_cloud.searches.cells import Floats, Ints

MOST_POINTS = 200_000
"""Of all lines in an area: putting them together takes about 2 s."""

ENOUGH_POINTS = 20_000
"""Of all lines: where there are more, the weakest kinds are left out; a city has streets enough without footways."""

SIMPLER_M = 5.0
"""Lines are straightened by so much: boundaries that nobody can see on the ground need no more points."""

LARGEST, SMALLEST = 1.6, 0.4
"""Of the wanted size: larger faces are cut, smaller ones joined to a neighbour."""

CUT = 0
"""Strength of a boundary that only cuts what is too large: nothing on the ground shows it."""


@dataclass(frozen=True)
class Lines:
    """Ways that may become boundaries. xy_m: (k, 2). start: (n + 1,). strength: (n,) int, more = harder to cross."""

    xy_m: Floats
    start: Ints
    strength: Ints


def cut_area(area_m: BaseGeometry, lines: Lines, wanted_m2: float) -> NDArray[np.object_]:
    """Polygons in metres that cover the area without overlap, none much larger than wanted, few much smaller.

    area_m: a polygon in metres. Faces between the lines are joined across the weakest boundary first; a face that is
    too large is cut by a lattice. Raises TooLarge over MOST_POINTS.
    """
    shapes = as_shapes(lines)
    shapely.prepare(area_m)
    met = shapely.intersects(area_m, shapes)
    shapes, strength = shapely.simplify(shapes[met], SIMPLER_M), lines.strength[met]
    for weak in np.unique(strength).tolist():
        if int(shapely.get_num_coordinates(shapes).sum()) <= ENOUGH_POINTS:
            break
        kept = strength > weak
        if kept.any():
            shapes, strength = shapes[kept], strength[kept]
    if (points := int(shapely.get_num_coordinates(shapes).sum())) > MOST_POINTS:
        raise TooLarge(
            f"{points:,} points of roads and water lie in the area; the most is {MOST_POINTS:,}",
            hint="give a smaller area",
        )
    faces, _ = _faces(area_m, shapes)
    cuts = _cuts(faces, wanted_m2)
    shapes = np.concatenate([shapes, cuts])
    strength = np.concatenate([strength, np.full(len(cuts), CUT)])
    faces, pieces = _faces(area_m, shapes)
    groups = _joined(shapely.area(faces), _neighbours(faces, pieces, shapes, strength), wanted_m2)
    order = np.argsort(groups, kind="stable")
    bounds = np.flatnonzero(np.diff(groups[order], prepend=-1))
    found = [shapely.union_all(part) for part in np.split(faces[order], bounds[1:])]
    return np.array(found, object)


def as_shapes(lines: Lines) -> NDArray[np.object_]:
    """(n,) shapely LineStrings."""
    if not len(lines.xy_m):
        return np.empty(0, object)
    place = np.repeat(np.arange(len(lines.start) - 1), np.diff(lines.start))
    return np.atleast_1d(shapely.linestrings(lines.xy_m, indices=place))


def _faces(area_m: BaseGeometry, shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """The faces between lines inside the area, and the pieces of lines that bound them."""
    rim = shapely.boundary(area_m)
    pieces = shapely.get_parts(shapely.union_all(np.append(shapely.intersection(shapes, area_m), rim)))
    pieces = pieces[shapely.get_type_id(pieces) == shapely.GeometryType.LINESTRING]
    faces = shapely.get_parts(shapely.polygonize(pieces))
    return faces[shapely.intersects_xy(area_m, *_inside(faces))], pieces


def _inside(faces: NDArray[np.object_]) -> tuple[Floats, Floats]:
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    return points[:, 0], points[:, 1]


def _cuts(faces: NDArray[np.object_], wanted_m2: float) -> NDArray[np.object_]:
    """Lines of a lattice inside of each face that is too large."""
    side = np.sqrt(wanted_m2)
    found: list[BaseGeometry] = []
    for face in faces[shapely.area(faces) > LARGEST * wanted_m2]:
        west, south, east, north = face.bounds
        across, up = max(round((east - west) / side), 1), max(round((north - south) / side), 1)
        x, y = np.linspace(west, east, across + 1)[1:-1], np.linspace(south, north, up + 1)[1:-1]
        upright = [[[each, south - 1], [each, north + 1]] for each in x]
        level = [[[west - 1, each], [east + 1, each]] for each in y]
        if upright or level:
            found.extend(shapely.get_parts(shapely.intersection(shapely.linestrings(upright + level), face)))
    lines = np.array(found, object)
    return lines[shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING] if len(lines) else lines


def _neighbours(
    faces: NDArray[np.object_], pieces: NDArray[np.object_], shapes: NDArray[np.object_], strength: Ints
) -> list[tuple[int, int, float, float]]:
    """(face, face, metres of boundary, metres times strength) of faces side by side."""
    rings, face = shapely.get_rings(faces, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    edge_face = face[ring[:-1][joined]]
    edges = _keys(points[:-1][joined], points[1:][joined])
    piece_points, piece = shapely.get_coordinates(pieces, return_index=True)
    first = np.flatnonzero(np.diff(piece, prepend=-1))
    wanted = _keys(piece_points[first], piece_points[first + 1])
    order = np.argsort(edges, kind="stable")
    low, high = np.searchsorted(edges[order], wanted), np.searchsorted(edges[order], wanted, "right")
    shared = np.flatnonzero(high - low == 2)
    if not len(shared):
        return []
    one, other = edge_face[order[low[shared]]], edge_face[order[low[shared] + 1]]
    length = shapely.length(pieces[shared])
    middle = shapely.line_interpolate_point(pieces[shared], 0.5, normalized=True)
    told = strength[shapely.STRtree(shapes).nearest(middle)] if len(shapes) else np.zeros(len(shared))
    return [
        (a, b, metres, metres * strong)
        for a, b, metres, strong in zip(one.tolist(), other.tolist(), length.tolist(), told.tolist())
        if a != b
    ]


def _keys(start: Floats, end: Floats) -> NDArray[np.void]:
    """One sortable value for each edge, the same in both directions; of its exact coordinates."""
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    both = np.where(swap[:, None], np.column_stack([end, start]), np.column_stack([start, end]))
    dtype = np.dtype([(name, np.float64) for name in ("a", "b", "c", "d")])
    return np.ascontiguousarray(both).view(dtype).ravel()


def _joined(area_m2: Floats, neighbours: list[tuple[int, int, float, float]], wanted_m2: float) -> Ints:
    """The group of each face: the smallest one joins a neighbour across the weakest boundary, until all are large."""
    beside: list[dict[int, list[float]]] = [{} for _ in area_m2]
    for a, b, metres, strong in neighbours:
        for x, y in ((a, b), (b, a)):
            sums = beside[x].setdefault(y, [0.0, 0.0])
            sums[0] += metres
            sums[1] += strong
    size, group = area_m2.tolist(), list(range(len(area_m2)))
    waiting = [(area, face) for face, area in enumerate(size)]
    heapq.heapify(waiting)
    while waiting:
        area, face = heapq.heappop(waiting)
        if group[face] != face or area != size[face] or area >= wanted_m2:
            continue
        fits = [other for other in beside[face] if size[other] + area <= LARGEST * wanted_m2]
        if not fits and area < SMALLEST * wanted_m2 and beside[face]:
            fits = [min(beside[face], key=lambda other: (size[other], other))]
        if not fits:
            continue
        into = min(fits, key=lambda other: (beside[face][other][1] / beside[face][other][0], size[other], other))
        group[face] = into
        size[into] += area
        for other, sums in beside[face].items():
            del beside[other][face]
            if other != into:
                for x, y in ((into, other), (other, into)):
                    kept = beside[x].setdefault(y, [0.0, 0.0])
                    kept[0] += sums[0]
                    kept[1] += sums[1]
        heapq.heappush(waiting, (size[into], into))
    for face in range(len(group)):
        while group[group[face]] != group[face]:
            group[face] = group[group[face]]
    return np.array(group, np.int64)
