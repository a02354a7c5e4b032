"""The plainest question, two places and nothing else, answered in one compiled call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.model import Leg, LegShape, Place, Snap
from location_cloud.directions.network import Network
from location_cloud.directions.snapping import usable
from routing import drive
from routing.shape import EdgeShapes
from routing.snap import SegmentIndex
from routing.trip import UNREACHED, edge_points

_NO_POINTS = edge_points([])


def is_plain(places: Sequence[Place]) -> bool:
    """Whether these are two places that may lie on any road from any side."""
    return len(places) == 2 and all(
        place.heading_deg is None and place.level is None and place.approach == "unrestricted" for place in places
    )


def find_drive(
    index: SegmentIndex, shapes: EdgeShapes, network: Network, places: Sequence[Place]
) -> tuple[tuple[Snap, Snap], Leg, LegShape] | None:
    """The drive between two plain places, with both put on the road (without points to start from); None = not so
    plain, or no way: then the long way tells what it is.
    """
    first, last = places
    found = drive.find_drive(
        index,
        shapes,
        network.graph,
        network.hierarchy,
        network.metric,
        usable(network),
        np.array((first.lonlat, last.lonlat)),
        np.array((first.radius_m, last.radius_m), np.float64),
    )
    if found is None:
        return None
    rows = zip(found.segment.tolist(), found.place.tolist())
    start, end = (
        Snap((lon, lat), distance_m, segment, fraction, _NO_POINTS, _NO_POINTS)
        for segment, (distance_m, fraction, lon, lat) in rows
    )
    leg = Leg(found.edges, found.first_fraction, found.last_fraction, found.edge_ms, found.turn_ms)
    return (start, end), leg, LegShape(found.line_e7, found.begins, found.along_m)


def find_duration_ms(index: SegmentIndex, network: Network, places: Sequence[Place]) -> int | None:
    """How long the drive of `find_drive` takes, found in a third of its time; None where that gives None."""
    first, last = places
    cost = tables_of(index, network).find_cost(
        network.metric, *first.lonlat, float(first.radius_m), *last.lonlat, float(last.radius_m)
    )
    return None if cost == UNREACHED else cost


def find_durations_ms(
    index: SegmentIndex, network: Network, pairs: NDArray[np.float64], radius_m: float
) -> NDArray[np.int64]:
    """`find_duration_ms` of many pairs of places, (n, 4) lon, lat, lon, lat; UNREACHED where that gives None."""
    return tables_of(index, network).find_costs(network.metric, pairs, radius_m)


def tables_of(index: SegmentIndex, network: Network) -> drive.Tables:
    """What compiled drives over a network are found from; kept with it."""
    kept: dict[str, drive.Tables] = network.__dict__
    if "tables" not in kept:
        kept["tables"] = drive.tables_of(index, network.graph, network.hierarchy, usable(network))
    return kept["tables"]
