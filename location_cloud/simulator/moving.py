"""Moves vehicles along their paths: what each edge took them, at the speeds of the hour in which they came to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from location_cloud.simulator.chance import draw_normals
from location_cloud.simulator.city import START_LOSS_S, City
from location_cloud.simulator.model import SLOT_S, Traversals
from routing.paths import Paths

DRIVER_SPREAD, EDGE_SPREAD = 0.08, 0.06
"""Standard deviation of the log of time taken, from driver to driver on a trip and from edge to edge: together speeds
on a free road spread by a tenth. Ours."""

SET_OFF_S, PULL_UP_S = 3.0, 2.0
"""Lost by accelerating from a kerb to 50 km/h at 2 m/s2 and by braking to it at 3 m/s2: v / 2a."""


class Hours:
    """True running speeds of the slots at hand, and of none other: a window that moves on with time.

    width: slots. Times before and after are served by the first and the last slot.
    """

    def __init__(self, edges: int, width: int) -> None:
        self.rows = np.zeros((width, edges), np.float32)
        self.first, self.count = 0, 0

    def put(self, slot: int, kmh: NDArray[np.float32]) -> None:
        """The next slot; the oldest one goes if the window is full. slot: number of SLOT_S since 1970."""
        width = len(self.rows)
        if not self.count:
            self.first = slot
        self.rows[slot % width] = kmh
        self.count += 1
        if self.count > width:
            self.first, self.count = self.first + 1, width

    @property
    def next(self) -> int:
        """The slot to be put next."""
        return self.first + self.count


def move(
    paths: Paths,
    base_edge: NDArray[np.int32],
    turn_s: NDArray[np.float32],
    depart_s: NDArray[np.float64],
    states: NDArray[np.uint64],
    trip: NDArray[np.int32],
    vehicle: NDArray[np.int32],
    city: City,
    hours: Hours,
) -> tuple[Traversals, NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """What the drives take: traversals, (trips + 1,) rows of each trip in them, when each ends, whether it was stopped.

    base_edge: road edge of each edge of the graph. turn_s (path edges,): of the turn onto each. states (trips,):
    random bits of each trip. A drive that comes to a shut edge stops before it; the first edge is left in any case.
    """
    start, edge, enter, leave, begin, end, turn, wait, arrive_s, is_stopped = _move(
        paths.start, paths.edges, base_edge, turn_s, paths.first_fraction, paths.last_fraction, depart_s, states,
        city.length_m, city.cycle_s, city.red_s, city.offset_s, hours.rows, hours.first, hours.next - 1,
    )  # fmt: skip
    count = np.diff(start)
    driven = Traversals(np.repeat(trip, count), np.repeat(vehicle, count), edge, enter, leave, begin, end, turn, wait)
    return driven, start, arrive_s, is_stopped


@cached(nogil=True)
def _move(  # type: ignore[no-untyped-def]  # a kernel; the function above is typed
    path_start, path_edge, base_edge, turns, first_fraction, last_fraction, depart, states, length_m, cycle, red,
    offset, rows, first_slot, last_slot,
):  # fmt: skip
    trips, most, width = len(depart), len(path_edge), len(rows)
    start = np.zeros(trips + 1, np.int64)
    edge, enter, leave = np.empty(most, np.int32), np.empty(most), np.empty(most)
    begin, end = np.zeros(most, np.float32), np.ones(most, np.float32)
    turn, wait = np.zeros(most, np.float32), np.zeros(most, np.float32)
    arrive, is_stopped = depart.copy(), np.zeros(trips, np.bool_)
    size = 0
    for i in range(trips):
        state = states[i]
        state, one, _ = draw_normals(state)
        # The mean of exp(s z) is exp(s^2 / 2): with it taken off, times are right on average.
        driver = np.exp(DRIVER_SPREAD * one - 0.5 * DRIVER_SPREAD**2)
        now, last = depart[i], path_start[i + 1] - 1
        for k in range(path_start[i], path_start[i + 1]):
            e = base_edge[path_edge[k]]
            slot = min(max(np.int64(now // SLOT_S), first_slot), last_slot)
            kmh = rows[slot % width, e]
            is_first = k == path_start[i]
            if not kmh > 0.0:
                if not is_first:
                    is_stopped[i] = True
                    break
                kmh = np.float32(5.0)
            state, one, _ = draw_normals(state)
            pace = driver * np.exp(EDGE_SPREAD * one - 0.5 * EDGE_SPREAD**2)
            here = first_fraction[i] if is_first else 0.0
            there = last_fraction[i] if k == last else 1.0
            there = max(there, here)
            lost = turns[k] * driver + (SET_OFF_S if is_first else 0.0) + (PULL_UP_S if k == last else 0.0)
            ends = now + lost + (there - here) * length_m[e >> 1] * 3.6 / kmh * pace
            standing = 0.0
            if k != last and cycle[e] > 0.0:
                standing = red[e] - (ends + offset[e]) % cycle[e]
                standing = standing + START_LOSS_S if standing > 0.0 else 0.0
            edge[size], enter[size], leave[size] = e, now, ends + standing
            begin[size], end[size], turn[size], wait[size] = here, there, lost, standing
            now = leave[size]
            size += 1
        arrive[i] = now
        start[i + 1] = size
    return (
        start, edge[:size].copy(), enter[:size].copy(), leave[:size].copy(), begin[:size].copy(), end[:size].copy(),
        turn[:size].copy(), wait[:size].copy(), arrive, is_stopped,
    )  # fmt: skip
