"""The newest drives along every edge, whatever the order in which they were told."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.match_result import Traversals
from tiles.compiled import entry_point, kernel

DRIVE = np.dtype(
    [
        ("edge", np.int32),
        ("vehicle", np.int32),
        ("enter_ms", np.int64),
        ("leave_ms", np.int64),
        ("begins", np.float32),
        ("ends", np.float32),
        ("confidence", np.float32),
        ("is_simulated", np.int32),
    ],
    align=True,
)
"""One vehicle along one edge, 40 bytes. Times since 1970, so that what was told twice is the same to the bit; begins,
ends: fractions of the edge in driving direction."""

PER_EDGE = 16
"""So many drives of an edge are kept, the newest: more say nothing new of now, and memory is bounded by them."""

KEPT_S = 3600.0
"""Older drives are forgotten: four half-lives of the quietest roads."""

MOST_WAITING = 1 << 20
"""Drives that wait to be sorted in; more are sorted in at once, so that a flood does not pile up."""


def as_drives(traversals: Traversals, is_simulated: Any, edges: int) -> NDArray[Any]:
    """Traversals as records of DRIVE; those without duration, way, or an edge of these roads are left out."""
    span = traversals.to_fraction - traversals.from_fraction
    counts = (traversals.leave_s > traversals.enter_s) & (span > 0) & (traversals.confidence > 0)
    counts &= (traversals.edge >= 0) & (traversals.edge < edges)
    counts &= np.isfinite(traversals.enter_s) & np.isfinite(traversals.leave_s)
    drives = np.zeros(int(np.count_nonzero(counts)), DRIVE)
    drives["edge"], drives["vehicle"] = traversals.edge[counts], traversals.track[counts]
    drives["enter_ms"] = np.rint(1000.0 * traversals.enter_s[counts])
    drives["leave_ms"] = np.rint(1000.0 * traversals.leave_s[counts])
    drives["begins"], drives["ends"] = traversals.from_fraction[counts], traversals.to_fraction[counts]
    drives["confidence"] = traversals.confidence[counts]
    drives["is_simulated"] = np.broadcast_to(is_simulated, counts.shape)[counts]
    return drives


class Recent:
    """The newest PER_EDGE drives of each edge: of the same drives the same ones, in whatever order they are added.

    A drive is named by its vehicle, its edge and the millisecond at which it begins; of two tellings of one the later
    end counts. Rings written in order of arrival were rejected: a late batch would leave another state than a
    punctual one.
    """

    def __init__(self) -> None:
        self.drives: NDArray[Any] = np.empty(0, DRIVE)
        self._waiting: list[NDArray[Any]] = []
        self._count = 0

    def add(self, drives: NDArray[Any]) -> None:
        """Takes records of DRIVE."""
        if len(drives):
            self._waiting.append(drives)
            self._count += len(drives)
            if self._count > MOST_WAITING:
                self.settle(-np.inf)

    def settle(self, since_s: float) -> NDArray[Any]:
        """All kept drives that ended since then, by edge, the newest of each first; what is older is forgotten.

        Takes 3 ms for 1,000 new ones beside 300,000.
        """
        new = np.concatenate([np.empty(0, DRIVE), *self._waiting])
        self._waiting, self._count = [], 0
        if len(new):
            new = new[_order(new)]
        since_ms = np.int64(np.clip(since_s, -1e15, 1e15) * 1000.0)
        kept = np.empty(len(self.drives) + len(new), DRIVE)
        count = _merge(self.drives, new, since_ms, PER_EDGE, kept)
        self.drives = kept[:count].copy() if count < len(kept) // 2 else kept[:count]
        return self.drives


def joined(drives: NDArray[Any], more: NDArray[Any]) -> NDArray[Any]:
    """Kept drives, as `Recent.settle` gives them, with some more that are not to be kept."""
    kept = np.empty(len(drives) + len(more), DRIVE)
    return kept[: _merge(drives, more[_order(more)], np.int64(-(10**15)), PER_EDGE, kept)]


def _order(drives: NDArray[Any]) -> NDArray[np.intp]:
    """By edge, then the latest end first; whatever else differs decides the rest, so that no two orders are right."""
    columns = ("is_simulated", "confidence", "begins", "ends", "enter_ms", "vehicle")
    return np.lexsort([*(drives[name] for name in columns), -drives["leave_ms"], drives["edge"]])


@kernel
def _comes_first(one: Any, other: Any) -> bool:
    """Whether a drive stands before another in the order of `_order`."""
    first: bool
    if one.edge != other.edge:
        first = one.edge < other.edge
    elif one.leave_ms != other.leave_ms:
        first = one.leave_ms > other.leave_ms
    elif one.vehicle != other.vehicle:
        first = one.vehicle < other.vehicle
    elif one.enter_ms != other.enter_ms:
        first = one.enter_ms < other.enter_ms
    elif one.ends != other.ends:
        first = one.ends < other.ends
    elif one.begins != other.begins:
        first = one.begins < other.begins
    elif one.confidence != other.confidence:
        first = one.confidence < other.confidence
    else:
        first = one.is_simulated <= other.is_simulated
    return first


@entry_point
def _merge(old: NDArray[Any], new: NDArray[Any], since_ms: np.int64, most: int, out: NDArray[Any]) -> int:
    """Writes both sorted lists as one without repetitions, at most so many of an edge; gives how many."""
    count, first, edge, i, j = 0, 0, -1, 0, 0
    while i < len(old) or j < len(new):
        if j == len(new) or (i < len(old) and _comes_first(old[i], new[j])):
            drive = old[i]
            i += 1
        else:
            drive = new[j]
            j += 1
        if drive.edge != edge:
            edge, first = drive.edge, count
        if drive.leave_ms < since_ms or count - first >= most:
            continue
        is_known = False
        for k in range(first, count):
            if out[k].vehicle == drive.vehicle and out[k].enter_ms == drive.enter_ms:
                is_known = True
                break
        if not is_known:
            out[count] = drive
            count += 1
    return count
