"""A matched track as drives: stretches of road without a break, with what each took and where the fixes lie on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.legs import leg_along
from location_cloud.directions.model import Leg, LegShape
from location_cloud.directions.model_match import Track
from location_cloud.directions.network import Network
from routing.match_result import OFF_ROAD, Matched
from routing.metric import lengths_along_m, places_along
from routing.shape import EdgeShapes, path_shape

WHOLE = 1e-4
"""A fraction nearer than this to 0 or 1 is the edge's end."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A drive over edges that follow each other, ended by a gap or by turning round on the road.

    part: its part of the track. first_row, last_row: its traversals. leg, shape: the drive; its times are those of free
    flow and turns, not those of the vehicle.
    """

    part: int
    first_row: int
    last_row: int
    leg: Leg
    shape: LegShape


@dataclass(frozen=True, eq=False)
class MatchedTrack:
    """A track, what was matched, and its pieces in driving order. fix_row (n,) int32: the traversal on which each fix
    lies, -1 = none; fix_lonlat (n, 2) the place on the road under it, NaN = none. version: of the network.
    """

    track: Track
    matched: Matched
    pieces: tuple[Piece, ...]
    fix_row: NDArray[np.int32]
    fix_lonlat: NDArray[np.float64]
    version: str
    as_of: float

    def stretches_off_road(self) -> list[tuple[int, int]]:
        """First and last fix of each run of fixes that lie on no road."""
        found = self.matched.stretches()
        return [
            (first, last)
            for first, last, part in zip(found.first.tolist(), found.last.tolist(), found.part.tolist())
            if part == OFF_ROAD
        ]


def as_pieces(network: Network, shapes: EdgeShapes, matched: Matched) -> Iterator[Piece]:
    """The drives of one track's traversals."""
    rows = matched.traversals
    part, begin, end = rows.part, rows.from_fraction, rows.to_fraction
    is_cut = (part[1:] != part[:-1]) | (end[:-1] < 1.0 - WHOLE) | (begin[1:] > WHOLE)
    bounds = [0, *(np.flatnonzero(is_cut) + 1).tolist(), len(rows)]
    for first, after in pairwise(bounds):
        if after > first:
            edges = rows.edge[first:after]
            low, high = float(begin[first]), float(end[after - 1])
            leg, shape = drive(network, shapes, edges, low, max(high, low) if after == first + 1 else high)
            yield Piece(int(part[first]), first, after - 1, leg, shape)


def drive(
    network: Network, shapes: EdgeShapes, edges: NDArray[np.int32], first: float, last: float
) -> tuple[Leg, LegShape]:
    """The drive along some edges from a fraction of the first to one of the last."""
    leg = leg_along(network, edges, first, last)
    line, begins = path_shape(shapes, edges, first, last)
    return leg, LegShape(line, begins, lengths_along_m(line))


def rows_of_fixes(matched: Matched) -> NDArray[np.int32]:
    """(n,) the traversal on which each fix lies, -1 = none: the first one of its edge not before the last fix's, and
    not driven after it: noise puts a fix back on an edge that may be driven again later.
    """
    edges, parts = matched.traversals.edge.tolist(), matched.traversals.part.tolist()
    after = np.searchsorted(matched.traversals.point_before, np.arange(len(matched.snaps))) + 1
    found, row = [], 0
    for edge, part, end in zip(matched.snaps.edge.tolist(), matched.snaps.part.tolist(), after.tolist()):
        at, end = row, min(end, len(edges))
        while part >= 0 and at < end and (edges[at] != edge or parts[at] != part):
            at += 1
        is_found = part >= 0 and at < end
        row = at if is_found else row
        found.append(at if is_found else -1)
    return np.array(found, np.int32)


def places_of_fixes(shapes: EdgeShapes, matched: Matched) -> NDArray[np.float64]:
    """(n, 2) lon, lat of the place on the road under each fix, NaN where there is none."""
    snaps = matched.snaps
    places, on_road = np.full((len(snaps), 2), np.nan), snaps.edge >= 0
    edge, fraction = snaps.edge[on_road], snaps.fraction[on_road].astype(np.float64)
    along = np.clip(np.where(edge & 1, 1.0 - fraction, fraction), 0.0, 1.0)
    _, place_e7 = places_along(shapes.shape_start, shapes.shape_e7, edge >> 1, along)
    places[on_road] = place_e7 / 1e7
    return places
