"""Putting places on roads: by direction, kerb side and level as asked, local roads included, and why it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.legs import LocalSnap
from location_cloud.directions.model import Place, Snap
from location_cloud.directions.network import Network
from location_cloud.errors import Unprocessable
from routing.drive import pack_usable, put_on_roads
from routing.gates import end_points
from routing.local import LocalDrives, enter_local, leave_local
from routing.packed import Packed
from routing.shape import EdgeShapes
from routing.snap import SegmentIndex
from routing.snap_edges import ANY_SIDE, LEFT, RIGHT, EdgeCandidates, nearest_edges
from routing.trip import CLOSED, EdgePoints

Levels = NDArray[np.int8]
Lonlat = tuple[float, float]


def snap_place(
    index: SegmentIndex,
    shapes: EdgeShapes,
    network: Network,
    place: Place,
    driving_side: str = "right",
    *,
    name: str = "at",
    levels: Levels | None = None,
    largest: bool = False,
) -> Snap:
    """A place put on the nearest road that serves it; as `snap_all`."""
    return snap_all(index, shapes, network, [place], driving_side, names=[name], levels=levels, largest=largest)[0]


def snap_all(
    index: SegmentIndex,
    shapes: EdgeShapes,
    network: Network,
    places: Sequence[Place],
    driving_side: str = "right",
    *,
    names: Sequence[str] | None = None,
    levels: Levels | None = None,
    largest: bool = False,
) -> list[Snap]:
    """Each place put on the nearest road that the way of moving can use and that is not cut off from the rest.

    driving_side: "right" or "left", where the kerb is. names: what errors call the places. levels: (segments,) storey
    of each road, needed if a place asks for one. largest: only roads of the largest part, or local ones leading to it.

    Takes 10 us for each place without wishes.
    Raises Unprocessable, naming the place, if no such road is near it.
    """
    called = names or [f"place {number}" for number in range(1, len(places) + 1)]
    plain = [number for number, place in enumerate(places) if _is_plain(place)]
    snaps: dict[int, Snap] = {}
    if plain:
        found = put_on_roads(
            index,
            network.graph,
            network.metric,
            usable(network),
            network.is_largest if largest else network.is_connected,
            np.array([places[number].lonlat for number in plain]),
            np.array([places[number].radius_m for number in plain], np.float64),
        )
        begin, end = found.start_row.tolist(), found.end_row.tolist()
        for row, (number, segment, is_there, (distance, fraction, lon, lat)) in enumerate(
            zip(plain, found.segment.tolist(), found.is_plain.tolist(), found.place.tolist())
        ):
            if is_there:
                starts = _rows(found.starts, begin[row], begin[row + 1])
                ends = _rows(found.ends, end[row], end[row + 1])
                snaps[number] = Snap((lon, lat), distance, segment, fraction, starts, ends)
            elif segment >= 0:
                edges = np.array([2 * segment, 2 * segment + 1], np.int32)
                edges = edges[(network.local_ms[edges] != CLOSED) | (network.metric.cost_ms[edges] != CLOSED)]
                if len(edges):  # else asked once more below, edge by edge
                    snaps[number] = _local_snap(network, (lon, lat), distance, segment, fraction, edges)
    for number, place in enumerate(places):
        if number not in snaps:
            snaps[number] = _snap_edges(
                index, network, place, driving_side, called[number], levels, largest=largest, count=1
            )[0]
    return [snaps[number] for number in range(len(places))]


def usable(network: Network) -> Packed:
    """What compiled calls know of a network's segments and local roads; kept with it."""
    kept: dict[str, Packed] = network.__dict__
    if "usable" not in kept:
        kept["usable"] = pack_usable(network.is_connected, network.part, network.local_ms)
    return kept["usable"]


def _rows(points: EdgePoints, first: int, last: int) -> EdgePoints:
    return EdgePoints(points.edge[first:last], points.fraction[first:last], points.extra_ms[first:last])


def list_nearest(
    index: SegmentIndex,
    shapes: EdgeShapes,
    network: Network,
    place: Place,
    count: int,
    driving_side: str = "right",
    *,
    name: str = "at",
    levels: Levels | None = None,
) -> list[Snap]:
    """The roads near a place that serve it, nearest first, at most `count` (1..500). Raises as `snap_all`."""
    return _snap_edges(index, network, place, driving_side, name, levels, largest=False, count=count)


def snap_together(
    index: SegmentIndex,
    shapes: EdgeShapes,
    network: Network,
    places: Sequence[Place],
    driving_side: str = "right",
    *,
    names: Sequence[str] | None = None,
    levels: Levels | None = None,
) -> list[Snap]:
    """As `snap_all`, on one part of the network if it can be: places in different parts are put on the largest.

    Where a place is too far from it, all stay as they were; then no way leads between some of them.
    """
    snaps = snap_all(index, shapes, network, places, driving_side, names=names, levels=levels)
    if len({int(network.part[snap.segment]) for snap in snaps}) <= 1:
        return snaps
    outside = [number for number, snap in enumerate(snaps) if not network.is_largest[snap.segment]]
    try:
        moved = snap_all(
            index, shapes, network, [places[number] for number in outside], driving_side, levels=levels, largest=True
        )
    except Unprocessable:
        return snaps
    together = dict(zip(outside, moved))
    return [together.get(number, snap) for number, snap in enumerate(snaps)]


_NO_EXTRA = np.zeros(2, np.int64)


def _is_plain(place: Place) -> bool:
    return place.heading_deg is None and place.approach == "unrestricted" and place.level is None


def _snap_edges(
    index: SegmentIndex,
    network: Network,
    place: Place,
    driving_side: str,
    name: str,
    levels: Levels | None,
    *,
    largest: bool,
    count: int,
) -> list[Snap]:
    """The nearest places where some edge is driven as wished, nearest first; both directions of one place together."""
    allowed = _allowed_edges(network, largest=largest)
    if place.level is not None:
        allowed = allowed & np.repeat(_level_mask(levels, place.level), 2)
    found = nearest_edges(
        index,
        place.lonlat,
        2 * count,
        place.radius_m,
        allowed,
        place.heading_deg,
        place.tolerance_deg,
        _side(place, driving_side),
    )
    if not len(found):
        raise _refusal(index, network, place, name, levels, allowed)
    bounds = [0, *(row for row in range(1, len(found)) if not _is_one_place(found, row)), len(found)]
    return [_snap_at(network, found, begin, end) for begin, end in pairwise(bounds[: count + 1])]


def _is_one_place(found: EdgeCandidates, row: int) -> bool:
    """Whether an edge and the one before it in the list are the two directions of a road at one place."""
    is_twin = found.edge[row] == found.edge[row - 1] ^ 1
    return bool(is_twin and (found.lonlat[row] == found.lonlat[row - 1]).all())


def _snap_at(network: Network, found: EdgeCandidates, begin: int, end: int) -> Snap:
    edges = found.edge[begin:end].copy()
    lon, lat = found.lonlat[begin].tolist()
    first, distance = int(edges[0]), float(found.distance_m[begin])
    along = float(found.fraction[begin])
    fraction = 1.0 - along if first % 2 else along
    if (network.metric.cost_ms[edges] == CLOSED).any():
        return _local_snap(network, (lon, lat), distance, first // 2, fraction, edges)
    points = EdgePoints(edges, found.fraction[begin:end].copy(), np.zeros(len(edges), np.int64))
    ends = end_points(network.graph, network.metric.cost_ms, points)
    return Snap((lon, lat), distance, first // 2, fraction, points, ends)


def _local_snap(
    network: Network, lonlat: Lonlat, distance_m: float, segment: int, fraction: float, edges: NDArray[np.int32]
) -> LocalSnap:
    """A place on a road of which one direction at least is local: the ways from it to public roads, and back."""
    graph, costs, locals_ = network.graph, network.metric.cost_ms, network.local_ms
    along = np.where(edges % 2 == 1, 1.0 - fraction, fraction)
    points = EdgePoints(edges, along, np.zeros(len(edges), np.int64))
    leaving, entering = leave_local(graph, costs, locals_, points), enter_local(graph, costs, locals_, points)
    own = [
        (EdgePoints(edges[i : i + 1], along[i : i + 1], _NO_EXTRA[:1]), _NO_EDGES)
        for i in range(len(edges))
        if costs[edges[i]] != CLOSED
    ]
    starts, start_edges = _joined(own + _exits(network, leaving, backwards=False))
    ends, end_edges = _joined(
        [(end_points(graph, costs, point), driven) for point, driven in own + _exits(network, entering, backwards=True)]
    )
    return LocalSnap(
        lonlat, distance_m, segment, fraction, starts, ends, start_edges, end_edges, True, leaving, entering
    )


_NO_EDGES = np.empty(0, np.int32)
Reached = tuple[EdgePoints, NDArray[np.int32]]


def _exits(network: Network, drives: LocalDrives, *, backwards: bool) -> list[Reached]:
    """Each public edge reached, as a point, and the roads driven between it and the place."""
    exits, found = drives.exits, []
    for i, row in enumerate(drives.exit_row.tolist()):
        _, edges = drives.edges_to(row)
        driven = network.graph.base_edge[edges if backwards else edges[::-1]]
        found.append((EdgePoints(exits.edge[i : i + 1], exits.fraction[i : i + 1], exits.extra_ms[i : i + 1]), driven))
    return found


def _joined(reached: list[Reached]) -> tuple[EdgePoints, tuple[NDArray[np.int32], ...]]:
    """All points as one, and for each of them what is driven."""
    if not reached:
        return EdgePoints(_NO_EDGES, np.empty(0), np.empty(0, np.int64)), ()
    points = EdgePoints(
        np.concatenate([point.edge for point, _ in reached]),
        np.concatenate([point.fraction for point, _ in reached]),
        np.concatenate([point.extra_ms for point, _ in reached]),
    )
    return points, tuple(driven for point, driven in reached for _ in range(len(point)))


_masks: WeakKeyDictionary[Network, dict[bool, NDArray[np.uint8]]] = WeakKeyDictionary()


def _allowed_edges(network: Network, *, largest: bool) -> NDArray[np.uint8]:
    """(road edges,) uint8: open to the way of moving, public or local, and not cut off. Kept with the network."""
    kept = _masks.setdefault(network, {})
    if largest not in kept:
        is_joined = np.repeat(network.is_largest if largest else network.is_connected, 2).astype(np.bool_)
        kept[largest] = (is_joined & _is_driven(network)).view(np.uint8)
    return kept[largest]


def _is_driven(network: Network) -> NDArray[np.bool_]:
    roads = network.graph.roads
    is_driven: NDArray[np.bool_] = (network.local_ms[:roads] != CLOSED) | (network.metric.cost_ms[:roads] != CLOSED)
    return is_driven


def _level_mask(levels: Levels | None, level: int) -> NDArray[np.uint8]:
    if levels is None:
        raise ValueError(f"level={level} is asked for, but the levels of the roads are not given")
    mask: NDArray[np.uint8] = (levels == level).view(np.uint8)
    return mask


def _side(place: Place, driving_side: str) -> int:
    kerb = RIGHT if driving_side == "right" else LEFT
    return {"unrestricted": ANY_SIDE, "curb": kerb, "opposite": -kerb}[place.approach]


def _refusal(
    index: SegmentIndex,
    network: Network,
    place: Place,
    name: str,
    levels: Levels | None,
    allowed: NDArray[np.uint8],
) -> Unprocessable:
    """Why no road serves a place: the first wish, from the widest on, that leaves none."""
    where = f"{name}={place.lonlat[0]:g},{place.lonlat[1]:g}"
    road, near = f"road for {network.profile}", f"within {place.radius_m:g} m"
    wider = "a larger radius_m may help"
    anywhere = replace(place, heading_deg=None, approach="unrestricted", level=None)

    def is_there(mask: NDArray[np.uint8] | None) -> bool:
        return bool(len(nearest_edges(index, anywhere.lonlat, 1, anywhere.radius_m, mask)))

    if not is_there(None):
        return Unprocessable(
            f"{where}: no {road} {near}, nor any other road",
            hint=f"is the point inside the imported data (/v1/datasets)? is it lon,lat? {wider}",
        )
    if not is_there(_is_driven(network).view(np.uint8)):
        return Unprocessable(
            f"{where}: no {road} {near}; the roads there are closed to it", hint=f"another profile or {wider}"
        )
    if not is_there(_allowed_edges(network, largest=False)):
        return Unprocessable(
            f"{where}: no {road} {near} that leads on; those there are cut off from the rest",
            hint=f"a gate may be missing or a road be closed there; {wider}",
        )
    if place.level is not None and not is_there(
        _allowed_edges(network, largest=False) & np.repeat(_level_mask(levels, place.level), 2)
    ):
        return Unprocessable(f"{where}: no {road} {near} on level {place.level}", hint=f"leave level out, or {wider}")
    if place.heading_deg is not None:
        return Unprocessable(
            f"{where}: no {road} {near} that runs within {place.tolerance_deg:g} of {place.heading_deg:g} degrees",
            hint=f"headings are clockwise from north; a wider tolerance or {wider}",
        )
    if place.approach != "unrestricted":
        return Unprocessable(f"{where}: no {road} {near} has it on the side asked for", hint="leave approach out")
    return Unprocessable(f"{where}: no {road} {near} in the largest part of the network", hint=wider)
