"""Vehicles that stand: what they say of the edge that they are on, though they have not left it.

A drive is told when its edge was left. Where nothing moves nobody leaves, so the worst jam would be the one that nobody
is told of. Whoever drove onto an edge and is still there took at least so long for all of it: that is what it says,
more with every second. It says nothing while a red light explains it, nothing once somebody who came later got as far
(then it is parked, or waits for a passenger), and nothing after PARKED_MS. Like any other drive it is believed when
several agree (evidence.py); then whoever drove there before they came says nothing of now.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.traffic.recent import joined

STANDS_MS = 120_000
"""Whoever is on an edge for less tells of it soon enough: cycles of signals last 120 s at most (RiLSA 2015, 2.7)."""

PARKED_MS = 900_000
"""Whoever is on an edge for longer is not believed to want to drive. A jam lasts through those who come after. Ours."""


def with_waiting(drives: NDArray[Any], on: NDArray[Any]) -> NDArray[Any]:
    """Finished drives, by edge, with those that vehicles that stand are still driving. on: as `as_waiting`."""
    waiting = as_waiting(on, drives)
    if not len(waiting):
        return drives
    waiting = waiting[np.lexsort((waiting["enter_ms"], waiting["edge"]))]
    edge, first, count = np.unique(waiting["edge"], return_index=True, return_counts=True)
    edge, since_ms = edge[count > 1], waiting["enter_ms"][first[count > 1]]
    if len(edge):
        at = np.minimum(np.searchsorted(edge, drives["edge"]), len(edge) - 1)
        drives = drives[(edge[at] != drives["edge"]) | (drives["leave_ms"] > since_ms[at])]
    return joined(drives, waiting)


def as_waiting(on: NDArray[Any], drives: NDArray[Any]) -> NDArray[Any]:
    """The drives, of recent.DRIVE, that those who stand are driving: each along its whole edge up to now.

    on: one a vehicle, its edge from where it came onto it to where it is. drives: the finished ones, by edge.
    """
    waited_ms = on["leave_ms"] - on["enter_ms"]
    on = on[(on["begins"] <= 0.0) & (waited_ms >= STANDS_MS) & (waited_ms <= PARKED_MS)]
    begin = np.searchsorted(drives["edge"], on["edge"], side="left")
    count = np.searchsorted(drives["edge"], on["edge"], side="right") - begin
    who = np.repeat(np.arange(len(on)), count)
    other = drives[np.arange(len(who)) + np.repeat(begin - (np.cumsum(count) - count), count)]
    has_passed = (other["vehicle"] != on["vehicle"][who]) & (other["ends"] >= on["ends"][who])
    has_passed &= other["enter_ms"] > on["enter_ms"][who]
    waiting: NDArray[Any] = on[np.bincount(who[has_passed], minlength=len(on)) == 0]
    waiting["ends"] = 1.0
    return waiting
