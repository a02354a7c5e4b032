"""A drive timed by the hours it passes through, not by the hour it was chosen for."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from location_cloud.directions.model import Leg
from routing.search import part_ms
from routing.trip import CLOSED

CostsAt: TypeAlias = Callable[[int], NDArray[np.int32]]
"""Milliseconds of every road edge in the slot that begins at a moment, milliseconds since 1970; the same column (`is`)
for slots under equal conditions."""

SLOT_MS = 300_000
"""So long costs are taken as constant, from each full five minutes on: typical hours and signs change no finer."""

MINUTE_MS = 60_000
"""Signs speak of minutes, and metrics are made for them."""

SLOTS_KEPT = 4096
"""Of one timetable: two weeks."""

_EPOCH, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


def as_ms(moment: datetime) -> int:
    """A moment with a zone as whole milliseconds since 1970. Sums of the city's clock would lose or gain an hour where
    summer time begins and ends.
    """
    return (moment - _EPOCH) // _MS


def retime(
    legs: Sequence[Leg],
    stays_s: Sequence[float],
    depart_ms: int,
    costs_at: CostsAt,
    chosen_ms: int | None = None,
) -> tuple[list[Leg], int]:
    """The same drive with the time that each edge takes at the moment at which it is entered, and the arrival.

    stays_s: how long one stays at the end of each leg. chosen_ms: a moment by whose costs it was chosen, None = not
    known: if they hold from the departure to the arrival nothing changes, which is found in half the time.

    An edge that is closed by then keeps the time it was chosen with: whoever is on the way learns it from the traffic,
    not from a detour that nobody planned. Takes 3 us a leg.
    """
    if chosen_ms is not None:
        chosen = costs_at(chosen_ms // MINUTE_MS * MINUTE_MS)
        there_ms = (
            depart_ms + sum([leg.duration_ms for leg in legs]) + sum([round(1000 * stay_s) for stay_s in stays_s])
        )
        if all(costs_at(slot_ms) is chosen for slot_ms in range(depart_ms // SLOT_MS * SLOT_MS, there_ms, SLOT_MS)):
            return list(legs), there_ms
    clock = _Clock(costs_at)
    now_ms, timed = depart_ms, []
    for leg, stay_s in zip(legs, stays_s):
        edge_ms, now_ms = clock.drive(leg, now_ms)
        timed.append(Leg(leg.edges, leg.first_fraction, leg.last_fraction, edge_ms, leg.turn_ms))
        now_ms += round(1000 * stay_s)
    return timed, now_ms


def retime_back(
    legs: Sequence[Leg], stays_s: Sequence[float], arrive_ms: int, costs_at: CostsAt
) -> tuple[list[Leg], int]:
    """The same drive, begun as late as one still arrives in time, and the departure.

    Going back edge by edge gives the latest moment at which each may be entered. Only where a later departure would
    arrive earlier (a jam ends within an edge) may that be too late; then one leaves as much earlier as is missing.
    """
    clock, depart_ms = _Clock(costs_at), arrive_ms
    for leg, stay_s in zip(reversed(legs), reversed(stays_s)):
        depart_ms = clock.latest_entry(leg, depart_ms - round(1000 * stay_s))
    while True:
        timed, there_ms = retime(legs, stays_s, depart_ms, costs_at)
        if there_ms <= arrive_ms:
            return timed, depart_ms
        depart_ms -= there_ms - arrive_ms


class Timetable:
    """What every road edge costs at the moments of one clock: columns by the milliseconds since 1970.

    version: of the live store that it was begun with. Columns are those that the metrics keep, found in 0.2 us.
    """

    def __init__(
        self,
        version: int,
        zone: tzinfo | None,
        make: Callable[[datetime], NDArray[np.int32]],
    ) -> None:
        self.version = version
        self._zone, self._make = zone, make
        self._columns: dict[int, weakref.ref[NDArray[np.int32]]] = {}

    def __call__(self, begin_ms: int) -> NDArray[np.int32]:
        """The column of a moment. The same one (`is`) for moments under equal conditions, as long as it is kept."""
        kept = self._columns.get(begin_ms)
        column = None if kept is None else kept()
        if column is None:
            column = self._make(datetime.fromtimestamp(begin_ms / 1000, self._zone))
            if len(self._columns) >= SLOTS_KEPT:
                self._columns.clear()
            self._columns[begin_ms] = weakref.ref(column)
        return column


class _Clock:
    """What edges take at whole milliseconds since 1970."""

    def __init__(self, costs_at: CostsAt) -> None:
        self._costs_at = costs_at

    def drive(self, leg: Leg, now_ms: int) -> tuple[NDArray[np.int64], int]:
        """Milliseconds on each edge of a leg begun now, and when it ends."""
        edges, count = leg.edges, len(leg.edges)
        turn_ms = leg.turn_ms if leg.turn_ms is not None else _NO_TURNS
        edge_ms = np.empty(count, np.int64)
        at, slots = 0, 1
        while at < count:
            end_ms = now_ms // SLOT_MS * SLOT_MS
            cost_ms = self._costs_at(end_ms)
            end_ms += SLOT_MS
            # Most slots are like the one before: those are driven in one go, twice as many each time.
            for _ in range(slots - 1):
                if self._costs_at(end_ms) is not cost_ms:
                    break
                end_ms += SLOT_MS
            at, now_ms = _drive(
                cost_ms, edges, leg.first_fraction, leg.last_fraction, leg.edge_ms, turn_ms, at, now_ms, end_ms, edge_ms
            )
            slots *= 2
        return edge_ms, now_ms

    def latest_entry(self, leg: Leg, there_ms: int) -> int:
        """The latest moment to begin a leg so that it ends by then, each edge entered as late as can be."""
        left = len(leg.edges)
        while left:
            begin_ms = there_ms // SLOT_MS * SLOT_MS
            entries = there_ms - np.cumsum(self._spent(leg, begin_ms)[:left][::-1])
            inside = int((entries >= begin_ms).sum())
            if inside:
                there_ms = int(entries[inside - 1])
                left -= inside
                continue
            left -= 1
            there_ms = self._entry_before(leg, left, begin_ms, there_ms)
        return there_ms

    def _entry_before(self, leg: Leg, edge: int, begin_ms: int, there_ms: int) -> int:
        """The latest moment before a slot at which an edge may be entered."""
        while True:
            latest = min(there_ms - int(self._spent(leg, begin_ms - SLOT_MS)[edge]), begin_ms - 1)
            begin_ms -= SLOT_MS
            if latest >= begin_ms:
                return latest

    def _spent(self, leg: Leg, now_ms: int) -> NDArray[np.int64]:
        """What is driven of each edge: all of the inner ones, parts of the first and the last."""
        cost = self._costs_at(now_ms // SLOT_MS * SLOT_MS)[leg.edges].astype(np.int64)
        is_closed = cost == CLOSED
        first, last = int(cost[0]), int(cost[-1])
        cost[0] -= part_ms(first, leg.first_fraction)
        cost[-1] -= last - part_ms(last, leg.last_fraction)
        if leg.turn_ms is not None:
            cost += leg.turn_ms
        return np.where(is_closed, leg.edge_ms, cost)


_NO_TURNS = np.empty(0, np.int64)


@cached(nogil=True)
def _drive(  # type: ignore[no-untyped-def]  # a kernel; the class above is typed
    cost_ms, edges, first_fraction, last_fraction, planned_ms, turn_ms, at, now_ms, end_ms, edge_ms
):  # fmt: skip
    """(edge, time) at which a slot is left, or the leg's end: drives on as long as edges are entered within it."""
    last = len(edges) - 1
    while at <= last and now_ms < end_ms:
        cost = np.int64(cost_ms[edges[at]])
        spent = planned_ms[at]
        if cost != CLOSED:
            spent = cost
            if at == 0:
                spent -= np.int64(math.floor(cost * first_fraction))
            if at == last:
                spent -= cost - np.int64(math.floor(cost * last_fraction))
            if len(turn_ms):
                spent += turn_ms[at]
        edge_ms[at] = spent
        now_ms += spent
        at += 1
    return at, now_ms
