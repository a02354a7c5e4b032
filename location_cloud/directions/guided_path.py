"""A drive and its guidance for other kernels to write, and the place where they write it.

The kernels are those of `look`, `turns`, `steps` and `junctions`; handing forty arrays to Python and back between them
costs more than all of their work.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import carray  # type: ignore[attr-defined]  # numba has no types
from numpy.typing import NDArray

from kernels.caching import cached
from location_cloud.directions.guidance import Guide
from location_cloud.directions.json_bytes import int64_pointer, uint16_pointer
from location_cloud.directions.junctions import J_AT, list_junctions
from location_cloud.directions.look import look_along
from location_cloud.directions.manoeuvre_codes import MODES
from location_cloud.directions.network import Network
from location_cloud.directions.profiles import Profile
from location_cloud.directions.ranks import class_ranks
from location_cloud.directions.snapping import usable
from location_cloud.directions.steps import S_AFTER, S_BEFORE, S_FIRST_EDGE, S_JUNCTION, list_path_steps
from location_cloud.directions.turns import AT, list_turns
from routing.alternatives import PLACES
from routing.ancestors import ways_scratch
from routing.drive import GRAPH, SHAPES, _drive
from routing.packed import Packed, int32_rows, int32s, int64s, uint8s, uint32s
from routing.query import _thread_scratch
from routing.scratch import own_desk
from routing.shape import EdgeShapes
from routing.snap import INDEX, SegmentIndex
from routing.ways import EDGES_END, POINTS_END, _drive_ways
from routing.weights import HIERARCHY, LIST_AFTER, weights_of

IS_CONNECTED = 0
"""Column of `snapping.usable`."""

FIRST_ROOM = 1 << 18
"""Bytes that a desk keeps for answers to begin with; only those written take memory."""

(
    STAR, PLACE, ARMS, BAN_FROM, BAN_TO, BAN_FOR, LANE_START, ARROWS, FLAGS, NAME, REF, SIGN, SIGN_BACK, JUNCTION_REF,
    NAMES, NAMES_START,
) = range(16)  # fmt: skip
"""Columns of `Streets.city`."""
_RANK, _MINOR = range(2)


class Streets:
    """What kernels know of a city's streets for one profile.

    city, ranks, open_ms: packed, their addresses in tables. open_ms (edges,) int32: as in guidance.guide_leg. mode:
    place in MODES. vehicles: as there.
    """

    def __init__(self, guide: Guide, profile: Profile, open_ms: NDArray[np.int32]) -> None:
        roads, star = guide.roads, guide.star
        self.city = Packed(
            *star.as_arrays().values(), roads.seg_flags, roads.seg_name, roads.seg_ref, roads.seg_destination_forward,
            roads.seg_destination_backward, roads.seg_junction_ref, roads.names.data, roads.names.start,
        )  # fmt: skip
        self.ranks = Packed(*class_ranks(profile.mode))
        self.open_ms = Packed(open_ms)
        self.mode = MODES.index(profile.mode)
        self.vehicles = profile.access if profile.obeys_signs else 0
        self.is_left_driving = guide.driving_side == "left"
        self.tables = self.city.address, self.ranks.address, self.open_ms.address


def drive_tables(
    index: SegmentIndex, shapes: EdgeShapes, network: Network, others: int = 0
) -> tuple[tuple[int, ...], NDArray[np.uint8]]:
    """What `drives` asks, and which segments may be snapped to. Good while the network and this thread live."""
    table, cch = usable(network), network.hierarchy
    packs = (
        INDEX.pack(index), HIERARCHY.pack(cch), weights_of(cch, network.metric, LIST_AFTER if others else 1),
        GRAPH.pack(network.graph), SHAPES.pack(shapes), table, _thread_scratch(cch),
    )  # fmt: skip
    more = (PLACES.pack(cch).address, ways_scratch(cch).address) if others else (0, 0)
    return (*(pack.address for pack in packs), *more), table.columns[IS_CONNECTED]


def written(write: Callable[[int, int], tuple[int, int]]) -> tuple[int, int, int] | None:
    """What a kernel writes into the desk's buffer: addresses of the buffer and of the text, and its length.

    write: (address, room) -> (end, begin); (-1, 0) if there is nothing to write, (-1, room) if it takes so much.
    """
    desk = own_desk()
    out: NDArray[np.uint8] | None = desk.get("answer")
    if out is None:
        out = desk["answer"] = np.empty(FIRST_ROOM, np.uint8)
    end, begin = write(out.ctypes.data, len(out))
    while end < 0 and begin > 0:
        out = desk["answer"] = np.empty(begin, np.uint8)
        end, begin = write(out.ctypes.data, len(out))
    return None if end < 0 else (out.ctypes.data, out.ctypes.data + begin, end - begin)


# --- kernels -------------------------------------------------------------------------------------------------------


@cached(nogil=True)
def _uint16s(address, place):  # type: ignore[no-untyped-def]  # kernels; typed above
    row = carray(int64_pointer(address), (place + 1, 2))[place]
    return carray(uint16_pointer(row[0]), (row[1],))


@cached(nogil=True)
def guide_path(streets, edges, edge_ms, line, begins, along, ends, mode, vehicles):  # type: ignore[no-untyped-def]
    """As guidance.guide_leg with junctions: (steps, duration_ms, distance_m, junctions, arms, lanes)."""
    city, ranks, open_ms = streets
    flags, names, refs = uint32s(city, FLAGS), int32s(city, NAME), int32s(city, REF)
    places, arms, first, last = look_along(
        edges, begins, along, int32s(city, STAR), int32s(city, PLACE), int32_rows(city, ARMS, 8),
        int32s(city, BAN_FROM), int32s(city, BAN_TO), _uint16s(city, BAN_FOR), int32s(ranks, _RANK),
        int32s(ranks, _MINOR), int32s(open_ms, 0), vehicles,
    )  # fmt: skip
    turns = list_turns(edges, first, last, places, arms, flags, uint8s(city, NAMES), int64s(city, NAMES_START), mode)
    steps, lasting_ms, length_m = list_path_steps(
        turns, last, edges, edge_ms, line, begins, along, ends, flags, names, refs, mode
    )
    junctions, ways, lanes = list_junctions(
        places, arms, turns[AT, 1:], begins, first, last, steps[S_AFTER, 0], steps[S_BEFORE, steps.shape[1] - 1],
        int32s(city, LANE_START), _uint16s(city, ARROWS),
    )  # fmt: skip
    at = 0
    for k in range(steps.shape[1]):
        while at < junctions.shape[1] - 1 and junctions[J_AT, at] < steps[S_FIRST_EDGE, k]:
            at += 1
        steps[S_JUNCTION, k] = at
    return steps, lasting_ms, length_m, junctions, ways, lanes


@cached(nogil=True)
def drives(tables, is_connected, asked, others, is_drawn):  # type: ignore[no-untyped-def]
    """As routing.drive.find_drive of asked = (lon, lat, radius_m, lon, lat, radius_m), and up to so many others.

    (cost, rows, edges, edge_ms, segment, place, line, begins, along, ends) as routing.ways has them; no drive: cost is
    negative or UNREACHED. is_drawn: as routing.drive has it.
    """
    index, cch, metric, graph, shapes, usable, search, places, scratch = tables
    ends, radii = np.empty((2, 2)), np.empty(2)
    ends[0, 0], ends[0, 1], radii[0], ends[1, 0], ends[1, 1], radii[1] = asked
    if others > 0:
        cost, rows, edges, edge_ms, segment, place, line, begins, along = _drive_ways(
            index, cch, places, metric, graph, shapes, usable, scratch, search, is_connected, ends, radii, others
        )
        return cost, rows, edges, edge_ms, segment, place, line, begins, along, ends
    cost, edges, edge_ms, _, _, segment, place, line, begins, along = _drive(
        index, cch, metric, graph, shapes, usable, search, is_connected, ends, radii, is_drawn
    )
    rows = np.empty((1, 2), np.int64)
    rows[0, EDGES_END], rows[0, POINTS_END] = len(edges), len(line)
    return cost, rows, edges, edge_ms, segment, place, line, begins, along, ends


@cached(nogil=True)
def way_of(drives, way):  # type: ignore[no-untyped-def]
    """(edges, edge_ms, line, begins, along, first of its points) of one of several drives."""
    _, rows, edges, edge_ms, _, _, line, begins, along, _ = drives
    first = rows[way - 1, EDGES_END] if way else 0
    low, last, high = rows[way - 1, POINTS_END] if way else 0, rows[way, EDGES_END], rows[way, POINTS_END]
    return (
        edges[first:last], edge_ms[first:last], line[low:high], begins[first + way : last + way + 1], along[low:high],
        low,
    )  # fmt: skip
