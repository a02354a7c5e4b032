"""Where a search by prefix may begin: at every word of a name, its reading, its initials; all sorted by their bytes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.pinyin import Readings, write_reading
from tiles.compiled import entry_point, kernel

READING_AT, INITIALS_AT = 65535, 65534
"""In the place of a byte offset: the entry is the reading of the key, or the initials of it."""

MAX_KEY_BYTES = 600
"""Of a key; longer names are cut. 200 Chinese characters, twice the longest value that OpenStreetMap holds."""

READING_BYTES = 6 * MAX_KEY_BYTES
"""Enough for any reading: an ASCII digit has four letters, three bytes of a Chinese character have six."""

_FEW = 24
"""Entries sorted by insertion; fewer and more made no difference."""

_LESS, _SAME, _LONGER, _MORE = -1, 0, 1, 2


class Entries(NamedTuple):
    """k keys and m entries sorted by what is read from each on.

    data, start: the keys in UTF-8. key: (m,) int32. at: (m,) uint16 byte offset in the key, or READING_AT, INITIALS_AT.
    """

    data: NDArray[np.uint8]
    start: NDArray[np.int64]
    key: NDArray[np.int32]
    at: NDArray[np.uint16]


@entry_point
def find_range(entries: Entries, table: Readings, wanted: NDArray[np.uint8], found: NDArray[np.int64]) -> None:
    """found: (3,) first entry that begins with the wanted bytes, end of those that are no longer, end of all."""
    reading = np.empty(READING_BYTES, np.uint8)
    low = _bisect(entries, table, wanted, reading, 0, _SAME)
    # What begins so lies close together: look at a few entries before halving all that follow.
    found[0] = low
    found[1] = _bisect(entries, table, wanted, reading, low, _LONGER)
    found[2] = _bisect(entries, table, wanted, reading, found[1], _MORE)


@kernel
def _bisect(
    entries: Entries, table: Readings, wanted: NDArray[np.uint8], reading: NDArray[np.uint8], low: int, least: int
) -> int:
    """First entry from low on that compares at least so."""
    step, high = 1, low
    while high < len(entries.key) and _compare(entries, table, high, wanted, reading) < least:
        low = high + 1
        high += step
        step *= 4
    high = min(high, len(entries.key))
    while low < high:
        middle = (low + high) >> 1
        if _compare(entries, table, middle, wanted, reading) < least:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _compare(
    entries: Entries, table: Readings, entry: int, wanted: NDArray[np.uint8], reading: NDArray[np.uint8]
) -> int:
    key, at = entries.key[entry], int(entries.at[entry])
    begin, end = entries.start[key], entries.start[key + 1]
    if at >= INITIALS_AT:
        size = write_reading(entries.data, begin, end, table, at == INITIALS_AT, reading)
        return _compare_bytes(reading, 0, size, wanted)
    return _compare_bytes(entries.data, begin + at, end, wanted)


@kernel
def _compare_bytes(text: NDArray[np.uint8], begin: int, end: int, wanted: NDArray[np.uint8]) -> int:
    size = min(end - begin, len(wanted))
    for each in range(size):
        if text[begin + each] != wanted[each]:
            return _LESS if text[begin + each] < wanted[each] else _MORE
    if end - begin < len(wanted):
        return _LESS
    return _SAME if end - begin == len(wanted) else _LONGER


@entry_point
def write_readings(
    data: NDArray[np.uint8],
    start: NDArray[np.int64],
    keys: NDArray[np.int32],
    table: Readings,
    is_initials: bool,
    out: NDArray[np.uint8],
    out_start: NDArray[np.int64],
) -> int:
    """Readings of the keys one after the other in out; gives their bytes. At import."""
    size = 0
    reading = np.empty(READING_BYTES, np.uint8)
    for row in range(len(keys)):
        key = keys[row]
        count = write_reading(data, start[key], start[key + 1], table, is_initials, reading)
        out_start[row] = size
        out[size : size + count] = reading[:count]
        size += count
    out_start[len(keys)] = size
    return size


@entry_point
def sort_texts(data: NDArray[np.uint8], begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int32]:
    """Order of the texts data[begin:end] by their bytes, equal ones as they stand.

    Eight bytes at a time (Bentley & Sedgewick 1997, multikey quicksort, with words for characters): 3 M texts in 1.5 s.
    """
    count = len(begin)
    order = np.arange(count).astype(np.int32)
    kept = np.empty(count, np.int32)
    word = np.empty(count, np.uint64)
    waiting = [(0, count, 0)]
    while len(waiting):
        low, high, depth = waiting.pop()
        if high - low <= _FEW:
            _sort_few(data, begin, end, order, low, high, depth)
            continue
        for each in range(low, high):
            word[each] = _word(data, begin[order[each]] + depth, end[order[each]])
        places = np.argsort(word[low:high], kind="mergesort")
        kept[low:high] = order[low:high]
        for each in range(high - low):
            order[low + each] = kept[low + places[each]]
        run = low
        while run < high:
            shared = word[low + places[run - low]]
            stop = run + 1
            while stop < high and word[low + places[stop - low]] == shared:
                stop += 1
            # Folded texts hold no zero byte: one at the end of the word says that these texts end, all alike.
            if stop - run > 1 and shared & np.uint64(255):
                waiting.append((run, stop, depth + 8))
            run = stop
    return order


@kernel
def _word(data: NDArray[np.uint8], at: int, end: int) -> np.uint64:
    word = np.uint64(0)
    for each in range(8):
        byte = np.uint64(data[at + each]) if at + each < end else np.uint64(0)
        word = (word << np.uint64(8)) | byte
    return word


@kernel
def _sort_few(
    data: NDArray[np.uint8],
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    order: NDArray[np.int32],
    low: int,
    high: int,
    depth: int,
) -> None:
    for each in range(low + 1, high):
        moved = order[each]
        place = each
        while place > low and _is_less(data, begin, end, moved, order[place - 1], depth):
            order[place] = order[place - 1]
            place -= 1
        order[place] = moved


@kernel
def _is_less(
    data: NDArray[np.uint8], begin: NDArray[np.int64], end: NDArray[np.int64], one: int, other: int, depth: int
) -> bool:
    at, to = begin[one] + depth, begin[other] + depth
    while at < end[one] and to < end[other]:
        if data[at] != data[to]:
            return bool(data[at] < data[to])
        at += 1
        to += 1
    return bool(at >= end[one] and to < end[other])
