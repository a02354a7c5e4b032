"""Whether grids cover an area once: gaps, overlaps, codes out of order; and what repairs the small ones.

All borders together cut the area into faces. A face that lies in one grid is right, in two an overlap, in none but
enclosed a gap; a repair gives each face to one grid, so that neighbours share every vertex afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from location_cloud.grids.model import SEQUENCE, FaultKind, NewGrid, Scheme
from location_cloud.spatial.measure import area_m2

GRAIN_DEG = 1e-9
"""Positions closer than this are one: 0.1 mm, what is left of a degree with nine decimals."""

SLIVER_M = 1.0
"""Width under which a gap or overlap is a drawing's, not anybody's ground, unless somebody says otherwise."""

NEGLIGIBLE_M2 = 1e-4
"""Of a face: the size of a stamp; rounding of nine decimals makes such."""

MOST_FAULTS = 1_000
"""Told at once, the largest first."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong. codes: of the grids it is about. lonlat: where, degrees. is_sliver: a repair takes it away."""

    kind: FaultKind
    codes: tuple[str, ...]
    words: str
    area_m2: float = 0.0
    lonlat: tuple[float, float] | None = None
    is_sliver: bool = False


@dataclass(frozen=True)
class Mended:
    """What a repair did to one grid. moved_m: the furthest that its border moved (Hausdorff distance)."""

    code: str
    gained_m2: float
    lost_m2: float
    moved_m: float = 0.0


def find_faults(
    scheme: Scheme, grids: Sequence[NewGrid], around: BaseGeometry | None = None, tolerance_m: float = SLIVER_M
) -> list[Fault]:
    """What is wrong with grids that should cover an area once, the largest first, at most MOST_FAULTS.

    around: what they should cover, degrees; None = only what they enclose. tolerance_m: widest sliver.
    """
    cut = _Faces.of(grids, around, tolerance_m)
    found = [*_gaps(cut), *_overlaps(cut, grids), *_outside(cut, grids)]
    found.sort(key=lambda fault: -fault.area_m2)
    if scheme == "unit":
        found += [*find_disorder(grids), *_wrong_prefixes(grids)]
    return found[:MOST_FAULTS]


def repaired(
    grids: Sequence[NewGrid], around: BaseGeometry | None = None, tolerance_m: float = SLIVER_M
) -> tuple[list[NewGrid], list[Mended]]:
    """The grids without slivers of gap and overlap, sharing their vertices; and what that changed.

    A sliver goes to the grid with which it shares most of its border, an overlap to one of those that claim it, what
    lies outside of the area to nobody. No circle wider than tolerance_m fits into what changes hands; larger gaps and
    overlaps stay and are found by `find_faults`: whose ground that is, no geometry tells.
    """
    cut = _Faces.of(grids, around, tolerance_m)
    owner = cut.first.copy()
    owner[~cut.is_inside & cut.is_sliver] = -1
    for face in np.flatnonzero((cut.count != 1) & cut.is_sliver & cut.is_inside).tolist():
        owner[face] = _best_owner(cut, face)
    kept_twice = (cut.count > 1) & ~cut.is_sliver
    shapes: list[NewGrid] = []
    changes: list[Mended] = []
    for number, grid in enumerate(grids):
        mine = (owner == number) & ~kept_twice
        mine[cut.face_of[cut.grid_of == number]] |= kept_twice[cut.face_of[cut.grid_of == number]]
        shape = shapely.coverage_union_all(cut.faces[mine]) if mine.any() else grid.geometry
        was = np.zeros(len(cut.faces), bool)
        was[cut.face_of[cut.grid_of == number]] = True
        gained, lost = cut.area_m2[mine & ~was].sum(), cut.area_m2[was & ~mine].sum()
        shapes.append(replace(grid, geometry=shapely.normalize(shape)))
        if gained or lost:
            moved_m = shapely.hausdorff_distance(*_in_metres([grid.geometry, shape], grid.geometry.bounds))
            changes.append(Mended(grid.code, *(round(float(each), 4) for each in (gained, lost, moved_m))))
    return shapes, changes


@dataclass(frozen=True)
class _Faces:
    """The faces between all borders. face_of, grid_of: (k,) which face lies in which grid. count: (f,) grids of each;
    first: the lowest of them, -1 = none.
    """

    faces: NDArray[np.object_]
    area_m2: NDArray[np.float64]
    is_sliver: NDArray[np.bool_]
    is_inside: NDArray[np.bool_]
    face_of: NDArray[np.int64]
    grid_of: NDArray[np.int64]
    count: NDArray[np.int64]
    first: NDArray[np.int64]
    tree: shapely.STRtree

    @classmethod
    def of(cls, grids: Sequence[NewGrid], around: BaseGeometry | None, tolerance_m: float) -> _Faces:
        """The faces of grids and of what they should cover."""
        shapes = shapely.make_valid(shapely.set_precision([grid.geometry for grid in grids], GRAIN_DEG))
        borders = list(shapely.boundary(shapes))
        limit = None if around is None else shapely.set_precision(around, GRAIN_DEG)
        if limit is not None:
            borders.append(limit.boundary)
        lines = shapely.union_all(borders, grid_size=GRAIN_DEG)
        faces = np.array(shapely.polygonize(shapely.get_parts(lines)).geoms, object)
        sizes = np.array([area_m2(face) for face in faces])
        faces, sizes = faces[sizes > NEGLIGIBLE_M2], sizes[sizes > NEGLIGIBLE_M2]
        inner = shapely.point_on_surface(faces)
        face_of, grid_of = shapely.STRtree(shapes).query(inner, predicate="intersects")
        order = np.lexsort((grid_of, face_of))
        face_of, grid_of = face_of[order], grid_of[order]
        first = np.full(len(faces), len(grids))
        np.minimum.at(first, face_of, grid_of)
        first[first == len(grids)] = -1
        inside = np.ones(len(faces), bool) if limit is None else shapely.intersects(limit, inner)
        count = np.bincount(face_of, minlength=len(faces))
        is_sliver = np.zeros(len(faces), bool)
        for face in np.flatnonzero((count != 1) | ~inside).tolist():
            is_sliver[face] = _is_narrow(faces[face], tolerance_m)
        return cls(
            faces,
            sizes,
            is_sliver,
            inside,
            face_of,
            grid_of,
            count,
            first,
            shapely.STRtree(faces),
        )


def _is_narrow(face: BaseGeometry, width_m: float) -> bool:
    """Whether no circle of that width fits into it."""
    (flat,) = _in_metres([face], face.bounds)
    return bool(shapely.is_empty(shapely.buffer(flat, -width_m / 2)))


def _in_metres(shapes: Sequence[BaseGeometry], bounds: tuple[float, float, float, float]) -> list[BaseGeometry]:
    """Shapes on the sphere's tangent plane at a corner of bounds: good to a per cent near it, which a width needs."""
    west, south, _east, north = bounds
    scale = 111_195.0 * np.array([np.cos(np.radians((south + north) / 2)), 1.0])
    return list(shapely.transform(list(shapes), lambda lonlat: (lonlat - (west, south)) * scale))


def _best_owner(cut: _Faces, face: int) -> int:
    """The grid that a sliver goes to: of those that claim it, or of its neighbours, the one it touches longest."""
    shape = cut.faces[face]
    claimed = set(cut.grid_of[cut.face_of == face].tolist())
    touched: dict[int, float] = {}
    for other in cut.tree.query(shape, predicate="intersects").tolist():
        owner = int(cut.first[other])
        if other == face or owner < 0 or (claimed and owner not in claimed):
            continue
        shared = shapely.length(shapely.intersection(shape.boundary, cut.faces[other].boundary))
        touched[owner] = touched.get(owner, 0.0) + float(shared)
    if touched:
        return min(touched, key=lambda owner: (-touched[owner], owner))
    return min(claimed, default=-1)


def _gaps(cut: _Faces) -> list[Fault]:
    open_faces = np.flatnonzero((cut.count == 0) & cut.is_inside)
    return [
        Fault("gap", (), "no grid holds it", *_where(cut, face), bool(cut.is_sliver[face]))
        for face in open_faces.tolist()
    ]


def _overlaps(cut: _Faces, grids: Sequence[NewGrid]) -> list[Fault]:
    found = []
    for face in np.flatnonzero(cut.count > 1).tolist():
        codes = tuple(grids[each].code for each in cut.grid_of[cut.face_of == face].tolist())
        found.append(Fault("overlap", codes, "several grids hold it", *_where(cut, face), bool(cut.is_sliver[face])))
    return found


def _outside(cut: _Faces, grids: Sequence[NewGrid]) -> list[Fault]:
    found = []
    for face in np.flatnonzero((cut.count > 0) & ~cut.is_inside).tolist():
        codes = tuple(grids[each].code for each in cut.grid_of[cut.face_of == face].tolist())
        words = "it lies outside of the area that the grids are of"
        found.append(Fault("outside", codes, words, *_where(cut, face), bool(cut.is_sliver[face])))
    return found


def _where(cut: _Faces, face: int) -> tuple[float, tuple[float, float]]:
    point = shapely.point_on_surface(cut.faces[face])
    return round(float(cut.area_m2[face]), 4), (round(point.x, 7), round(point.y, 7))


def find_disorder(grids: Sequence[NewGrid]) -> list[Fault]:
    """Unit grids whose numbers do not run west to east, north to south within their community.

    Rows of grids have no edge that is straight, so only what is plain counts: a grid with a higher number that lies
    wholly north of and not east of another. Source: DB11/T 287 of Beijing, order of unit grids.
    """
    found = []
    by_community: dict[str, list[NewGrid]] = {}
    for grid in grids:
        by_community.setdefault(grid.code[:-SEQUENCE], []).append(grid)
    for members in by_community.values():
        members.sort(key=lambda grid: grid.code)
        boxes = shapely.bounds([grid.geometry for grid in members])
        for at, grid in enumerate(members[1:], 1):
            west, south, _east, _north = boxes[at]
            wrong = (south >= boxes[:at, 3]) & (west <= boxes[:at, 0])
            if wrong.any():
                other = members[int(np.flatnonzero(wrong)[0])]
                found.append(Fault("order", (grid.code, other.code), "lies north and not east of a lower number"))
    return found


def _wrong_prefixes(grids: Sequence[NewGrid]) -> list[Fault]:
    return [
        Fault("prefix", (grid.code,), f"does not begin with the code of its area, {grid.area_code}")
        for grid in grids
        if grid.area_code and not grid.code.startswith(grid.area_code)
    ]
