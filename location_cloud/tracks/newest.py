"""What is known of devices' newest fixes: enough to judge the next one by, and to say where the device is.

Most fixes are newer than all that their device has sent. What they are judged by are the newest REACH fixes, which are
kept beside the last position, so that such a batch does not look at the fixes of the store at all.
"""

from __future__ import annotations

import numpy as np

from location_cloud.tracks.model import COLUMNS, DEVICE, KEPT, REACH, REASON, TIME_MS, Bools, Ints, Known, Rows


def are_appended(clusters: Rows, known: Known) -> Bools:
    """Which clusters (`merging.clusters_of`) are of devices for which all new fixes are newer than all known ones.

    Devices that are not known have no fixes.
    """
    first = np.r_[True, np.diff(clusters[:, DEVICE]) != 0][: len(clusters)]
    device, begins = clusters[first, DEVICE], clusters[first, TIME_MS]
    newest = np.full(len(device), np.iinfo(np.int64).min)
    newest[np.searchsorted(device, known.device)] = known.newest_ms
    is_appended: Bools = (begins > newest)[np.cumsum(first) - 1]
    return is_appended


def tails_of(known: Known, devices: Ints) -> Rows:
    """The newest fixes of some devices."""
    content = b"".join(tail for tail, wanted in zip(known.tail, np.isin(known.device, devices).tolist()) if wanted)
    return np.frombuffer(content, np.int64).reshape(-1, len(COLUMNS))


def learn(known: Known, rows: Rows) -> tuple[Known, Ints]:
    """What is known after a merge; and the ids of devices that are to be looked up, as what is at hand does not tell
    where they were last.

    rows: `merging.Merged.rows`. known: of all of their devices that had fixes before.

    A device whose newest fix is not among its rows was told of its past only, and its tail stays as it is: rows reach
    REACH + ASKED beyond a change, and a change is not felt further than ASKED.
    """
    device, begin = np.unique(rows[:, DEVICE], return_index=True)
    end = np.r_[begin[1:], len(rows)][: len(begin)]
    is_kept = rows[:, REASON] == KEPT
    kept = np.maximum.accumulate(np.where(is_kept, np.arange(len(rows)), -1))[end - 1]
    place = {one: number for number, one in enumerate(known.device.tolist())}
    found: list[tuple[int, int, bytes, bytes]] = []
    doubted: list[int] = []
    spans = zip(device.tolist(), begin.tolist(), end.tolist(), kept.tolist(), rows[end - 1, TIME_MS].tolist())
    for one, first, after, newest_kept, newest_ms in spans:
        old = place.get(one)
        last = b"" if old is None else known.last[old]
        is_past = old is not None and newest_ms < known.newest_ms[old]
        if is_past:
            if not _is_after(last, newest_ms):
                doubted.append(one)  # the last position lies in the past, too, where something changed
            continue
        if newest_kept >= max(first, after - REACH):
            last = rows[newest_kept].tobytes()
        elif newest_kept >= first or _is_after(last, int(rows[first, TIME_MS]) - 1):
            doubted.append(one)  # the newest kept one is none of those, and may not be at hand
            continue
        found.append((one, newest_ms, last, rows[max(first, after - REACH) : after].tobytes()))
    columns = list(zip(*found)) or [(), (), (), ()]
    told = Known(np.array(columns[0], np.int64), np.array(columns[1], np.int64), list(columns[2]), list(columns[3]))
    return told, np.array(doubted, np.int64)


def _is_after(row: bytes, time_ms: int) -> bool:
    """Whether a row that is kept as bytes is later than a time."""
    return bool(row) and bool(np.frombuffer(row, np.int64)[TIME_MS] > time_ms)
