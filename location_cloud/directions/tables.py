"""Times and distances from many places to many, places on local roads included."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.legs import LocalSnap, direct_cost, find_leg
from location_cloud.directions.model import Leg, Place, Snap
from location_cloud.directions.network import Network
from location_cloud.directions.snapping import usable
from routing.local import LocalDrives
from routing.many import Places, as_places, find_matrix
from routing.measure import Lengths
from routing.search import part_ms
from routing.snap import SegmentIndex
from routing.table import Stops, find_stop_table, put_stops
from routing.trip import CLOSED, UNREACHED, EdgePoints

Int32s = NDArray[np.int32]
Float64s = NDArray[np.float64]


class Stood(Sequence[Snap]):
    """Places on roads that become `Snap` objects one by one, when asked for."""

    def __init__(self, stops: Stops) -> None:
        self.stops = stops

    def __len__(self) -> int:
        return len(self.stops)

    @overload
    def __getitem__(self, at: int) -> Snap: ...
    @overload
    def __getitem__(self, at: slice) -> list[Snap]: ...
    def __getitem__(self, at: int | slice) -> Snap | list[Snap]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        stops = self.stops
        distance_m, fraction, lon, lat = stops.place[at].tolist()
        starts, ends = _row(stops.starts, at), _row(stops.ends, at)
        return Snap((lon, lat), distance_m, int(stops.segment[at]), fraction, starts, ends)


def as_columns(snaps: Sequence[Snap]) -> tuple[Int32s, Float64s]:
    """Places on roads as (segment (n,), (metres off the road, fraction of the segment, lon, lat) (n, 4))."""
    if isinstance(snaps, Stood):
        return snaps.stops.segment, snaps.stops.place
    rows = [(snap.distance_m, snap.fraction, *snap.lonlat) for snap in snaps]
    return np.array([snap.segment for snap in snaps], np.int32), np.array(rows).reshape(-1, 4)


def find_plain_table(
    index: SegmentIndex,
    network: Network,
    sources: Sequence[Place],
    targets: Sequence[Place],
    lengths: Lengths | None,
) -> tuple[Int32s, Int32s | None, Stood, Stood] | None:
    """`find_table` between places that may lie on any road from any side, and both sides on the road; None if one is
    not so plain or no road is near it: then the long way tells what it is.
    """
    is_square = targets is sources or (
        len(sources) == len(targets) and all(one is other for one, other in zip(sources, targets))
    )
    sides = (sources,) if is_square else (sources, targets)
    if not all(
        place.heading_deg is None and place.level is None and place.approach == "unrestricted"
        for side in sides
        for place in side
    ):
        return None
    columns = [
        (
            np.array([place.lonlat for place in side]).reshape(-1, 2),
            np.array([place.radius_m for place in side], np.float64),
        )
        for side in sides
    ]
    return find_plain_columns(index, network, columns, lengths)


def find_plain_columns(
    index: SegmentIndex, network: Network, sides: Sequence[tuple[Float64s, Float64s]], lengths: Lengths | None
) -> tuple[Int32s, Int32s | None, Stood, Stood] | None:
    """The same from columns: (lon, lat (n, 2) degrees; metres to a road (n,)) of the sources and of the targets, or of
    both at once if they are the same.
    """
    cch, length_cm = network.hierarchy, None if lengths is None else lengths.edge_cm
    fixed = index, network.graph, cch, network.metric, usable(network)
    stops = [put_stops(*fixed, *side, length_cm) for side in sides]
    if any((side.segment < 0).any() for side in stops):
        return None
    part = network.part[np.concatenate([side.segment for side in stops])]
    if len(part) and (part != part[0]).any():
        # As snap_together: all on the largest part, if it is near enough to each.
        is_out = [network.is_largest[side.segment] == 0 for side in stops]
        moved = [put_stops(*fixed, *side, length_cm, network.is_largest, out) for side, out in zip(sides, is_out)]
        if not any((side.segment < 0).any() for side in moved):
            stops = moved
    times, metres = find_stop_table(network.graph, cch, network.metric, usable(network), stops[0], stops[-1], lengths)
    begin = Stood(stops[0])
    return times, metres, begin, begin if len(sides) == 1 else Stood(stops[-1])


def _row(places: Places, at: int) -> EdgePoints:
    first, last = places.start[at], places.start[at + 1]
    points = places.points
    return EdgePoints(points.edge[first:last], points.fraction[first:last], points.extra_ms[first:last])


def find_table(
    network: Network, sources: Sequence[Snap], targets: Sequence[Snap], lengths: Lengths | None
) -> tuple[Int32s, Int32s | None]:
    """(milliseconds, centimetres or None) from every source to every target, CLOSED where no way leads.

    lengths: of the metric's shortcuts (routing.measure); None = no distances are wanted.

    A place on a local road has a row for each way out of it; the quickest is taken, and what was driven on local roads
    added. Equal to `legs.find_leg` of each pair.
    """
    rows = [_points(snap.starts, snap.is_local) for snap in sources]
    columns = [_points(snap.ends, snap.is_local) for snap in targets]
    packed_rows = as_places([points for row in rows for points in row])
    packed_columns = as_places([points for column in columns for points in column])
    if lengths is None:
        times: Any = find_matrix(network.hierarchy, network.metric, packed_rows, packed_columns)
        metres: Any = None
    else:
        times, metres = find_matrix(network.hierarchy, network.metric, packed_rows, packed_columns, lengths)
        length_cm = lengths.edge_cm
        before = [_driven_cm(snap, snap.start_edges, 0, length_cm) for snap in sources]
        after = [_driven_cm(snap, snap.end_edges, -1, length_cm) for snap in targets]
        metres = _with_local(metres, times, rows, before, 0)
        metres = _with_local(metres, times, columns, after, 1)
    times, metres = _least(times, metres, [len(row) for row in rows], 0)
    times, metres = _least(times, metres, [len(column) for column in columns], 1)
    for i, j in _inside(sources, targets):
        direct = direct_cost(network, sources[i], targets[j])
        if direct != UNREACHED and direct <= times[i, j]:
            times[i, j] = direct
            leg = find_leg(network, sources[i], targets[j])
            if metres is not None and lengths is not None and leg is not None:
                metres[i, j] = _length_cm(leg, lengths.edge_cm)
    return times, metres


def _points(points: EdgePoints, is_local: bool) -> list[EdgePoints]:
    if not is_local or len(points) < 2:
        return [points]
    return [
        EdgePoints(points.edge[i : i + 1], points.fraction[i : i + 1], points.extra_ms[i : i + 1])
        for i in range(len(points))
    ]


def _driven_cm(snap: Snap, driven: tuple[NDArray[np.int32], ...], own: int, length_cm: Int32s) -> list[int]:
    """How much of local roads lies between a place and each way out of it (or into it): of its own road, which is the
    first one driven (or the last), only a part.
    """
    found = []
    for edges in driven:
        whole = length_cm[edges].tolist()
        if whole:
            along = 1.0 - snap.fraction if edges[own] % 2 else snap.fraction
            part = part_ms(whole[own], along)
            whole[own] = part if own else whole[own] - part
        found.append(sum(whole))
    return found


def _with_local(
    metres: Int32s, times: Int32s, places: list[list[EdgePoints]], driven_cm: list[list[int]], axis: int
) -> Int32s:
    """Adds the local roads driven before a start or after an end."""
    extra = np.zeros(times.shape[axis], np.int64)
    at = 0
    for points, driven in zip(places, driven_cm):
        if driven and len(driven) == len(points):
            extra[at : at + len(points)] = driven
        at += len(points)
    if not extra.any():
        return metres
    added = metres + (extra[:, None] if axis == 0 else extra[None, :])
    return np.where(times == CLOSED, CLOSED, np.minimum(added, CLOSED - 1)).astype(np.int32)


def _least(times: Int32s, metres: Int32s | None, counts: list[int], axis: int) -> tuple[Int32s, Int32s | None]:
    """One row (or column) for each place: of several ways out the quickest, and its length."""
    if all(count == 1 for count in counts):
        return times, metres
    begin = np.concatenate([[0], np.cumsum(counts)])
    chosen = []
    for low, high in pairwise(begin):
        part = times[low:high] if axis == 0 else times[:, low:high]
        chosen.append(low + np.argmin(part, axis=axis))
    pick = np.stack(chosen, axis=axis)
    least = np.take_along_axis(times, pick, axis)
    return least, None if metres is None else np.take_along_axis(metres, pick, axis)


def _inside(sources: Sequence[Snap], targets: Sequence[Snap]) -> list[tuple[int, int]]:
    """Pairs that may be joined over local roads alone: what both searches of local roads have reached has a state (or
    the edge that both places lie on) in common. To ask all pairs took ten times the matrix.
    """
    out = [(i, snap) for i, snap in enumerate(sources) if isinstance(snap, LocalSnap) and snap.leaving is not None]
    home = [(j, snap) for j, snap in enumerate(targets) if isinstance(snap, LocalSnap) and snap.entering is not None]
    if not out or not home:
        return []
    key, owner = _reached([(i, snap.segment, snap.leaving) for i, snap in out])
    wanted, asker = _reached([(j, snap.segment, snap.entering) for j, snap in home])
    order = np.argsort(key, kind="stable")
    low, high = np.searchsorted(key[order], wanted, "left"), np.searchsorted(key[order], wanted, "right")
    count = high - low
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    pairs = np.unique(np.stack([owner[order][place], np.repeat(asker, count)], axis=1), axis=0)
    return [(i, j) for i, j in pairs.tolist()]


def _reached(drives: Sequence[tuple[int, int, LocalDrives | None]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(what each local search has reached, whose it is): states, and -1 - segment for the road under the place."""
    keys = [np.append(drive.state.astype(np.int64), -1 - segment) for _, segment, drive in drives if drive is not None]
    owners = [np.full(len(key), number) for key, (number, _, _) in zip(keys, drives)]
    return np.concatenate(keys), np.concatenate(owners).astype(np.int64)


def _length_cm(leg: Leg, length_cm: Int32s) -> int:
    total = int(length_cm[leg.edges].sum())
    first, last = int(length_cm[leg.edges[0]]), int(length_cm[leg.edges[-1]])
    return total - part_ms(first, leg.first_fraction) - (last - part_ms(last, leg.last_fraction))
