"""The kilometre of a numbered road that is nearest to a position, and the post that stands nearest to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.grid import CELL_DEG, PackedGrid, build_grid
from location_cloud.places.model import Places
from location_cloud.places.nearby import Near, near_of, nearest_of
from location_cloud.places.nearby_kernels import VALUES, find_piece

UP, DOWN = 1, 2
"""Values of `Places.lrs_side`: the left carriageway (Z, 上行) and the right one (Y, 下行) as chainage grows."""


@dataclass(frozen=True)
class RouteGrid:
    """The routes with chainage as pieces no longer than a grid's cell, v vertices.

    vertex: (v, 2) int32, 1e-7 degree. chainage_m: (v,). place: (v,) int64, place in the list of the route's points that
    the vertex is or follows. piece_vertex: (q,) int32 first vertex of each piece, piece_grid: over their middles.
    post: places of the posts in that list, post_grid: over them.
    """

    vertex: NDArray[np.int32]
    chainage_m: NDArray[np.float64]
    place: NDArray[np.int64]
    piece_vertex: NDArray[np.int32]
    piece_grid: PackedGrid
    post_grid: PackedGrid


@dataclass(frozen=True)
class Chainage:
    """Where on a numbered road.

    route: row of the route. chainage_m: metres as on the posts. side: as `Places.lrs_side`. at: its nearest point.
    heading_deg: in which direction chainage grows there.
    """

    route: int
    chainage_m: float
    side: int
    at: Near
    heading_deg: float


@dataclass(frozen=True)
class Post:
    """A kilometre post. route: row. chainage_m: as written on it."""

    route: int
    chainage_m: float
    side: int
    at: Near


def route_grid(places: Places) -> RouteGrid:
    """The grid of the routes; made at the first question and kept with the places."""
    kept: dict[str, RouteGrid] = places.__dict__
    if "route_grid" not in kept:
        kept["route_grid"] = build_route_grid(places)
    return kept["route_grid"]


def build_route_grid(places: Places) -> RouteGrid:
    """Cuts the routes into pieces no longer than a cell and files these."""
    points = np.rint(places.lrs_lonlat * 1e7).astype(np.int64).reshape(-1, 2)
    n = len(points)
    is_last = np.zeros(n, bool)
    is_last[places.lrs_start[1:][np.diff(places.lrs_start) > 0] - 1] = True
    steps = np.abs(np.diff(points, axis=0, append=points[-1:])).max(axis=1, initial=0)
    count = np.where(is_last, 1, np.maximum(1, np.ceil(steps / (CELL_DEG * 1e7)))).astype(np.int64)
    place = np.repeat(np.arange(n), count)
    share = (np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)) / np.repeat(count, count)
    after = np.minimum(place + 1, n - 1)
    vertex = np.rint(points[place] + share[:, None] * (points[after] - points[place])).astype(np.int32)
    chainage_m = places.lrs_m[place] + np.where(share > 0, share * (places.lrs_m[after] - places.lrs_m[place]), 0.0)
    piece = np.flatnonzero(~is_last[place]).astype(np.int32)
    middle = (vertex[piece].astype(np.float64) + vertex[piece + 1 if len(piece) else piece]) / 2e7
    post = np.flatnonzero(places.lrs_is_post)
    posts = build_grid(places.lrs_lonlat[post].reshape(-1, 2))
    return RouteGrid(
        vertex,
        chainage_m,
        place,
        piece,
        build_grid(middle.reshape(-1, 2)),
        PackedGrid(posts.cell, post[posts.item].astype(np.int32)),
    )


def find_chainage(places: Places, lonlat: tuple[float, float], radius_m: float) -> Chainage | None:
    """The nearest point of a road with chainage within a radius in metres; None = there is none."""
    grid, at = route_grid(places), np.zeros(VALUES)
    cells = grid.piece_grid
    piece, share = find_piece(cells.cell, cells.item, grid.vertex, grid.piece_vertex, *lonlat, float(radius_m), at)
    if piece < 0:
        return None
    vertex = int(grid.piece_vertex[piece])
    start_m, end_m = grid.chainage_m[vertex : vertex + 2].tolist()
    place = int(grid.place[vertex])
    (lon, lat), (to_lon, to_lat) = (grid.vertex[vertex : vertex + 2] / 1e7).tolist()
    east, north = (to_lon - lon) * np.cos(np.radians(lat)), to_lat - lat
    return Chainage(
        route=_route(places, place),
        chainage_m=start_m + share * (end_m - start_m),
        side=int(places.lrs_side[place]),
        at=near_of(place, at.tolist()),
        heading_deg=float(np.degrees(np.arctan2(east, north))) % 360.0,
    )


def find_post(places: Places, lonlat: tuple[float, float], radius_m: float) -> Post | None:
    """The nearest kilometre post within a radius in metres; None = there is none."""
    grid = route_grid(places).post_grid
    near = nearest_of(grid.cell, grid.item, places.lrs_lonlat, lonlat, radius_m, 1)
    if not near:
        return None
    place = near[0].row
    return Post(_route(places, place), float(places.lrs_m[place]), int(places.lrs_side[place]), near[0])


def _route(places: Places, place: int) -> int:
    return int(np.searchsorted(places.lrs_start, place, side="right")) - 1
