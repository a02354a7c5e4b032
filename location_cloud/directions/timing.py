"""A drive timed by the hours it passes through, not by the hour it was chosen for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.model import Leg
from routing.search import part_ms
from routing.trip import CLOSED

CostsAt: TypeAlias = Callable[[datetime], NDArray[np.int32]]
"""Milliseconds of every road edge at a moment of the city's clock."""

SLOT_MS = 300_000
"""So long costs are taken as constant, from each full five minutes on: typical hours and signs change no more finely.
Shorter slots cost 50 us for every minute driven."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def retime(
    legs: Sequence[Leg], stays_s: Sequence[float], depart: datetime, costs_at: CostsAt
) -> tuple[list[Leg], datetime]:
    """The same drive with the time that each edge takes at the moment at which it is entered, and the arrival.

    stays_s: how long one stays at the end of each leg. depart: with a zone, in which `costs_at` is asked. An edge that
    is closed by then keeps the time it was chosen with: whoever is on the way learns it from the traffic, not from a
    detour that nobody planned.
    """
    clock = _Clock(depart, costs_at)
    now_ms, timed = clock.as_ms(depart), []
    for leg, stay_s in zip(legs, stays_s):
        edge_ms = clock.drive(leg, now_ms)
        timed.append(replace(leg, edge_ms=edge_ms))
        now_ms += int(edge_ms.sum()) + round(1000 * stay_s)
    return timed, clock.as_time(now_ms)


def retime_back(
    legs: Sequence[Leg], stays_s: Sequence[float], arrive: datetime, costs_at: CostsAt
) -> tuple[list[Leg], datetime]:
    """The same drive, begun as late as one still arrives in time, and the departure.

    Going back edge by edge gives the latest moment at which each may be entered. Only where a later departure would
    arrive earlier (a jam ends within an edge) may that be too late; then one leaves as much earlier as is missing.
    """
    clock = _Clock(arrive, costs_at)
    arrive_ms = clock.as_ms(arrive)
    depart_ms = arrive_ms
    for leg, stay_s in zip(reversed(legs), reversed(stays_s)):
        depart_ms = clock.latest_entry(leg, depart_ms - round(1000 * stay_s))
    while True:
        timed, there = retime(legs, stays_s, clock.as_time(depart_ms), costs_at)
        late_ms = clock.as_ms(there) - arrive_ms
        if late_ms <= 0:
            return timed, clock.as_time(depart_ms)
        depart_ms -= max(late_ms, 1)


class _Clock:
    """Whole milliseconds since 1970, and what edges take then. Sums of the city's clock would lose or gain an hour
    where summer time begins and ends.
    """

    def __init__(self, any_time: datetime, costs_at: CostsAt) -> None:
        self._zone: tzinfo | None = any_time.tzinfo
        self._costs_at = costs_at

    def as_ms(self, moment: datetime) -> int:
        return (moment.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)

    def as_time(self, ms: int) -> datetime:
        return (_EPOCH + timedelta(milliseconds=ms)).astimezone(self._zone)

    def drive(self, leg: Leg, now_ms: int) -> NDArray[np.int64]:
        """Milliseconds on each edge of a leg begun now."""
        edge_ms = np.empty(len(leg.edges), np.int64)
        at = 0
        while at < len(edge_ms):
            spent = self._spent(leg, now_ms)[at:]
            before = np.cumsum(spent) - spent
            entered = int(np.searchsorted(before, SLOT_MS - now_ms % SLOT_MS))
            edge_ms[at : at + entered] = spent[:entered]
            now_ms += int(spent[:entered].sum())
            at += entered
        return edge_ms

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
        cost = self._costs_at(self.as_time(now_ms // SLOT_MS * SLOT_MS))[leg.edges].astype(np.int64)
        is_closed = cost == CLOSED
        first, last = int(cost[0]), int(cost[-1])
        cost[0] -= part_ms(first, leg.first_fraction)
        cost[-1] -= last - part_ms(last, leg.last_fraction)
        return np.where(is_closed, leg.edge_ms, cost)
