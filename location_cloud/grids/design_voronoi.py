"""Village grids: the ground that is nearest to each of some places by road."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.ndimage import label as label_parts
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from location_cloud.errors import Unprocessable
from location_cloud.grids.design_atoms import find_seams, number_corners
from location_cloud.grids.design_blocks import Shapes, borders_of, make_blocks, node_lines, on_raster
from location_cloud.grids.design_steps import dissolve

CELLS = 250_000
"""Squares that a district is divided in before their borders are smoothed; a quarter of a million take 0.4 s."""

LEAST_CELL_M = 10.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class RoadNet:
    """Roads to go along either way. xy_m: (n, 2) nodes. start, end: (s,) nodes of each segment. length_m: (s,)."""

    xy_m: Floats
    start: Ints
    end: Ints
    length_m: Floats


def nearest_places(net: RoadNet, places: Floats) -> tuple[Ints, Floats]:
    """Of each node the place that is nearest by road, and how far it is, metres; -1 and inf where no road leads.

    places: (p, 2) metres; each stands at its nearest node, as far from it as it is.

    Source: Dijkstra 1959 from many sources at once (scipy, min_only). 100,000 nodes and 480 places take 0.1 s.
    """
    count, sources = len(net.xy_m), len(places)
    if not count or not sources:
        return np.full(count, -1, np.int64), np.full(count, np.inf)
    away, node = cKDTree(net.xy_m).query(places)
    rows = np.concatenate([net.start, net.end, count + np.arange(sources)])
    columns = np.concatenate([net.end, net.start, node])
    # scipy leaves out edges of length 0.
    metres = np.maximum(np.concatenate([net.length_m, net.length_m, away]), 1e-6)
    order = np.lexsort((metres, columns, rows))
    first = np.append(True, (np.diff(rows[order]) != 0) | (np.diff(columns[order]) != 0))
    kept = order[first]  # of parallel roads the shortest; a sparse matrix would add them up
    size = count + sources
    graph = csr_array(coo_array((metres[kept], (rows[kept], columns[kept])), shape=(size, size)))
    distance, _, source = dijkstra(graph, indices=count + np.arange(sources), min_only=True, return_predecessors=True)
    return np.where(source[:count] < 0, -1, source[:count] - count).astype(np.int64), distance[:count]


def design_villages(communities: Shapes, net: RoadNet, places: Floats) -> tuple[Shapes, NDArray[np.int32], Ints]:
    """Polygons in metres, the community of each, and the place it belongs to: all within the given borders.

    communities: (c,) polygons that do not overlap, metres. places: (p, 2) metres; each serves the community that it
    lies in. A community without a place stays whole, with place -1.

    Raises Unprocessable if no place lies in any of the communities.
    """
    communities = on_raster(communities)
    point, inside = shapely.STRtree(communities).query(shapely.points(places), predicate="intersects")
    point, first = np.unique(point, return_index=True)
    home = np.full(len(places), -1, np.int64)
    home[point] = inside[first]
    if not len(point):
        raise Unprocessable("none of the points lies within the borders", hint="write points as lon, lat in degrees")
    side_m = max(LEAST_CELL_M, float(np.sqrt(shapely.area(communities).sum() / CELLS)))
    lines: list[Any] = [borders_of(communities)]
    zones: list[tuple[Shapes, Ints]] = []
    for row, community in enumerate(communities):
        own = np.flatnonzero(home == row)
        zones.append(_zones(community, net, places, own, side_m))
        lines.extend(shapely.intersection(shapely.boundary(shape), community) for shape in zones[-1][0])
    flat = shapely.get_parts(np.concatenate([np.atleast_1d(np.asarray(line, object)) for line in lines]))
    faces = make_blocks(communities, node_lines(flat))
    owner = np.full(len(faces.shapes), -1, np.int64)
    at = shapely.point_on_surface(faces.shapes)
    for row, (shapes, own) in enumerate(zones):
        mine = np.flatnonzero(faces.community == row)
        face, zone = shapely.STRtree(shapes).query(at[mine], predicate="intersects")
        owner[mine[face]] = own[zone]
    group = _in_one_piece(faces.shapes, faces.community, owner)
    kept = np.unique(group, return_index=True)[1]
    return dissolve(faces.shapes, group), faces.community[kept], owner[kept]


def _zones(community: Any, net: RoadNet, places: Floats, own: Ints, side_m: float) -> tuple[Shapes, Ints]:
    """Smooth polygons around a community, without gaps, and the place of each."""
    if len(own) < 2:
        return np.array([shapely.box(*community.bounds).buffer(side_m)], object), own if len(own) else np.array([-1])
    label, distance = nearest_places(net, places[own])
    reached = np.isfinite(distance)
    # Where no road leads, the straight line decides: the places themselves are nodes, too.
    known = np.concatenate([net.xy_m[reached], places[own]])
    owner = np.concatenate([label[reached], np.arange(len(own))])
    west, south, east, north = community.bounds
    x = np.arange(west - 3.5 * side_m, east + 4 * side_m, side_m)
    y = np.arange(south - 3.5 * side_m, north + 4 * side_m, side_m)
    corner = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    shapely.prepare(community)
    inside = shapely.contains_xy(community, corner[:, 0], corner[:, 1])
    cells = np.full(len(corner), -1, np.int64)
    cells[inside] = owner[cKDTree(known).query(corner[inside])[1]]
    filled = _spread(_main_parts(cells.reshape(len(x), len(y)), len(own)))
    shapes, found = _outlines(filled, west - 4 * side_m, south - 4 * side_m, side_m)
    return np.asarray(shapely.coverage_simplify(shapes, side_m), object), own[found]


def _main_parts(cells: Ints, places: int) -> Ints:
    """The cells without those that hang together with no large part of their place."""
    kept = np.full(cells.shape, -1, np.int64)
    for place in range(places):
        parts, count = label_parts(cells == place)
        if count:
            largest = int(np.argmax(np.bincount(parts.ravel())[1:])) + 1
            kept[parts == largest] = place
    return kept


def _spread(cells: Ints) -> Ints:
    """Every cell with the place of the nearest one that has one."""
    near = distance_transform_edt(cells < 0, return_distances=False, return_indices=True)
    return np.asarray(cells[near[0], near[1]], np.int64)


def _outlines(cells: Ints, west: float, south: float, side_m: float) -> tuple[Shapes, Ints]:
    """The polygons of equal cells, which share all their corners, and the place of each."""
    columns, rows = cells.shape
    change = np.ones((columns, rows), bool)
    change[:, 1:] = cells[:, 1:] != cells[:, :-1]
    column, first = np.nonzero(change)
    last = np.append(first[1:], 0)
    last[np.append(column[1:] != column[:-1], True)] = rows
    box = (west + column * side_m, south + first * side_m, west + (column + 1) * side_m, south + last * side_m)
    runs = shapely.box(*box)
    place = cells[column, first]
    rings = [shapely.boundary(shapely.union_all(runs[place == each])) for each in np.unique(place)]
    faces = np.asarray(shapely.get_parts(shapely.polygonize([shapely.union_all(np.array(rings, object))])), object)
    xy = shapely.get_coordinates(shapely.point_on_surface(faces))
    at = np.floor((xy - [west, south]) / side_m).astype(np.int64)
    found = cells[at[:, 0].clip(0, columns - 1), at[:, 1].clip(0, rows - 1)]
    return faces, found


def _in_one_piece(shapes: Shapes, community: NDArray[np.int32], owner: Ints) -> Ints:
    """The group of each face: those of one place that hang together; smaller parts go to whom they touch most."""
    seams = find_seams(shapes)
    within = community[seams.pair[:, 0]] == community[seams.pair[:, 1]]
    pair, length = seams.pair[within], seams.length_m[within]
    area = shapely.area(shapes)
    owner = owner.copy()
    for _ in range(3):
        same = owner[pair[:, 0]] == owner[pair[:, 1]]
        graph = coo_array((np.ones(same.sum()), (pair[same, 0], pair[same, 1])), shape=(len(shapes), len(shapes)))
        part = connected_components(graph, directed=False)[1]
        size = np.bincount(part, area)
        main: dict[tuple[int, int], int] = {}
        for face in np.argsort(-size[part], kind="stable").tolist():
            main.setdefault((int(community[face]), int(owner[face])), int(part[face]))
        stray = np.array([main[int(community[face]), int(owner[face])] != part[face] for face in range(len(shapes))])
        if not stray.any():
            break
        _give_away(owner, stray, part, pair, length)
    key = np.stack([community.astype(np.int64), owner, part], axis=1)
    return np.asarray(np.unique(key, axis=0, return_inverse=True)[1].ravel(), np.int64)


def _give_away(owner: Ints, stray: NDArray[np.bool_], part: Ints, pair: Ints, length: Floats) -> None:
    """Gives every stray part to the place that it has the longest border with."""
    metres: dict[int, dict[int, float]] = {}
    for (one, two), long in zip(pair.tolist(), length.tolist()):
        for mine, other in ((one, two), (two, one)):
            if stray[mine] and part[mine] != part[other] and not stray[other]:
                shared = metres.setdefault(int(part[mine]), {})
                shared[int(owner[other])] = shared.get(int(owner[other]), 0.0) + long
    for number, shared in metres.items():
        owner[part == number] = max(shared, key=lambda place: (shared[place], -place))


def net_of(lines: Shapes) -> RoadNet:
    """Roads as a net of all their corners. lines: LineStrings in metres that share corners where one can turn."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    node = number_corners(xy)
    count = int(node.max(initial=-1)) + 1
    place = np.zeros((count, 2))
    place[node] = xy
    follows = np.flatnonzero(line[1:] == line[:-1])
    start, end = node[follows], node[follows + 1]
    step = place[end] - place[start]
    return RoadNet(place, start, end, np.hypot(step[:, 0], step[:, 1]))
