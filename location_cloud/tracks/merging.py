"""New fixes laid among those that the store has: which are new, which win, and what is judged anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from location_cloud.tracks.jumps import find_jumps
from location_cloud.tracks.model import (
    ASKED,
    CONTENT,
    DEVICE,
    JUMP,
    KEPT,
    NUMBER,
    REASON,
    SEQ,
    TIME_MS,
    Bools,
    Ints,
    Rows,
)

CLUSTER_GAP_MS = 60_000
"""New fixes of a device no further apart are looked up together, with whatever the store has between them."""


@dataclass(frozen=True, eq=False)
class Merged:
    """What the store is to write.

    rows: all that were at hand, each once, ordered by device and time. written: those to be put, in the place of what
    the store has under the same key. added: which of `written` the store did not have. revised: which of them it had
    and are only judged anew; the others, and those that are believed after all, have new numbers.
    duplicate: how many of the new fixes said what was there already. out_of_order: (k,) of the added ones, whether the
    store had a later fix of the device.
    """

    rows: Rows
    written: Rows
    added: Bools
    revised: Bools
    duplicate: int
    out_of_order: Bools

    def last_number(self, number: int) -> int:
        """The highest number given, the one before included."""
        return int(self.written[:, NUMBER].max(initial=number))


def clusters_of(rows: Rows) -> Rows:
    """Spans of the store to be looked up for new fixes: (k, 3) device, first and last time_ms of each cluster."""
    ordered = rows[np.lexsort((rows[:, TIME_MS], rows[:, DEVICE]))]
    if not len(ordered):
        return np.empty((0, 3), np.int64)
    breaks = (np.diff(ordered[:, DEVICE]) != 0) | (np.diff(ordered[:, TIME_MS]) > CLUSTER_GAP_MS)
    first = np.flatnonzero(np.r_[True, breaks])
    last = np.r_[first[1:] - 1, len(ordered) - 1]
    return np.stack([ordered[first, DEVICE], ordered[first, TIME_MS], ordered[last, TIME_MS]], axis=1)


def merge(new: Rows, stored: Rows, number: int) -> Merged:
    """Lays new fixes among stored ones.

    new: rows that the screening keeps, in any order. stored: what the store has within and at least model.REACH rows
    around each of `clusters_of(new)`, in any order, rows that come twice included. number: the highest that is used.

    A fix is known by device, time and sequence number. Of two that say different things the one that sorts first by
    what it says is kept, so that it is the same one whichever came first; real ones sort before simulated ones.
    """
    rows, is_new, has_stored, has_new = _unite(new, stored)
    is_added = ~has_stored
    is_replaced = is_new & has_stored
    is_changed = is_added | is_replaced
    before = rows[:, REASON].copy()
    is_judged = _near(is_changed, rows[:, DEVICE])
    rows[:, REASON] = np.where(is_judged, np.where(find_jumps(rows), JUMP, KEPT), before)
    is_revised = ~is_changed & (rows[:, REASON] != before)
    is_written = is_changed | is_revised

    # Followers read by number: a fix comes to them when it is new to them, be it because it is believed after all.
    is_numbered = is_changed | (is_revised & (rows[:, REASON] == KEPT))
    rows[is_numbered, NUMBER] = number + 1 + np.arange(int(is_numbered.sum()))
    return Merged(
        rows=rows,
        written=rows[is_written],
        added=is_added[is_written],
        revised=is_revised[is_written],
        duplicate=len(new) - int((has_new & is_added).sum()),
        out_of_order=_before_stored(rows, has_stored)[is_added],
    )


def _unite(new: Rows, stored: Rows) -> tuple[Rows, Bools, Bools, Bools]:
    """All fixes once, by device, time and sequence number; whether each is the new one, and who has it."""
    rows = np.concatenate([stored, new])
    is_new = np.arange(len(rows)) >= len(stored)
    order = np.lexsort((is_new, rows[:, SEQ], rows[:, TIME_MS], rows[:, DEVICE]))
    keys = rows[order][:, (DEVICE, TIME_MS, SEQ)]
    is_again = np.r_[False, (keys[1:] == keys[:-1]).all(axis=1)][: len(rows)]
    several = is_again | np.r_[is_again[1:], False][: len(rows)]
    if several.any():  # within each key by content, the stored one before a new one that is equal
        among = order[several]
        content = rows[among, CONTENT].T[::-1]
        sub = np.lexsort((is_new[among], *content, rows[among, SEQ], rows[among, TIME_MS], rows[among, DEVICE]))
        order[several] = among[sub]
    first = np.flatnonzero(~is_again)
    has_stored = np.logical_or.reduceat(~is_new[order], first) if len(first) else is_new
    has_new = np.logical_or.reduceat(is_new[order], first) if len(first) else is_new
    chosen = order[first]
    return rows[chosen], is_new[chosen], has_stored, has_new


def _near(is_changed: Bools, device: Ints) -> Bools:
    """Which rows a change speaks about: itself and ASKED on each side, of the same device."""
    near = is_changed.copy()
    for step in range(1, ASKED + 1):
        is_same = device[step:] == device[:-step]
        near[step:] |= is_changed[:-step] & is_same
        near[:-step] |= is_changed[step:] & is_same
    return near


def _before_stored(rows: Rows, has_stored: Bools) -> Bools:
    """Which rows come before one of their device that was stored."""
    place = np.arange(len(rows))
    last: dict[int, int] = dict(zip(rows[has_stored, DEVICE].tolist(), place[has_stored].tolist()))
    return place < np.fromiter((last.get(one, -1) for one in rows[:, DEVICE].tolist()), np.int64, len(rows))
