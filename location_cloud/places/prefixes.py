"""The best of all names that begin so, without looking at each: the most important ones and those near a point."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.entries import INITIALS_AT, READING_AT, Entries
from location_cloud.places.sources import INITIALS, PINYIN
from tiles.compiled import entry_point, kernel, leaf

BLOCK = 64
"""Entries that are summed up by the lowest key among them."""

NEAR_DEG = 0.01
"""Side of a cell, degrees: 1.1 km of latitude."""

CELLS_AROUND = 36_000
"""Cells around the globe."""

MAX_RINGS = 24
"""Of cells around the focus that are looked at: 26 km; whoever is further away is found by importance."""

SCANNED = 1_500
"""Entries that are all looked at; of more, the most important ones and the near ones."""

NEAR_LOOKED = 60_000
"""Places around the focus that are looked at for one question, one after the other in memory: 60 us."""

HELD = 16
"""Places that one of many entries brings, the most important ones of its name."""

NEAR_WEIGHT, IMPORTANCE_WEIGHT = 0.12, 0.08
"""As answers are ranked (search)."""

NEAR_KM = 2.0
"""Where the pull of the focus point has fallen by half."""

NAME_BASE, WORD_BASE, SHARE_WEIGHT = 0.86, 0.80, 0.1
"""As in match: what a name is worth that begins so, one of whose words does, and the share of it that was given."""


class Holders(NamedTuple):
    """Who has each key. Of two keys the smaller one is worth more: it is more important, or shorter.

    start: (k + 1,) int64 into holder, (h,) uint32: place * 4 + form, the most important first.
    mask: (k,) uint8, see Postings. kind: (n,) int8, importance: (n,) float32, lonlat: (n, 2) of places.
    first, inner: (blocks,) int32 lowest key of the entries of a block that begin a name, that begin a word in it or are
    initials; the largest int32 = none. cell: (c,) int64 ascending; cell_start: (c + 1,) int64 into near, (h,) int32
    holders, and near_rank, (h, 3) int32: the entries of each one's name, reading and initials, -1 = none.
    """

    start: NDArray[np.int64]
    holder: NDArray[np.uint32]
    mask: NDArray[np.uint8]
    kind: NDArray[np.int8]
    importance: NDArray[np.float32]
    lonlat: NDArray[np.float64]
    first: NDArray[np.int32]
    inner: NDArray[np.int32]
    cell: NDArray[np.int64]
    cell_start: NDArray[np.int64]
    near: NDArray[np.int32]
    near_rank: NDArray[np.int32]


MARK_BITS = 32
"""A mark is an entry's `at`, shifted so far, and its key."""

NONE = np.iinfo(np.int32).max


@entry_point
def list_best(
    entries: Entries,
    holders: Holders,
    low: int,
    high: int,
    wanted: NDArray[np.uint8],
    kinds: int,
    lon: float,
    lat: float,
    holder: NDArray[np.int64],
    mark: NDArray[np.int64],
) -> int:
    """Holders of the entries [low, high) that are worth most, written to holder, their marks to mark; how many.

    wanted: what they begin with. lon, lat: the focus, NaN = none. A holder may come twice.
    """
    worth = np.empty(len(holder), np.float64)
    size = 0
    if high - low <= SCANNED:
        for entry in range(low, high):
            key = entries.key[entry]
            if holders.mask[key] & kinds:
                size = _add_key(
                    entries, holders, key, int(entries.at[entry]), wanted, kinds, lon, lat, worth, holder, mark, size
                )
        return size
    half = len(holder) // 2 if lon == lon else len(holder)
    for is_inner in range(2):
        if is_inner and size >= half:
            break
        keys, places = np.full(half, NONE, np.int32), np.empty(half, np.int64)
        _lowest_keys(entries, holders, low, high, kinds, bool(is_inner), keys, places)
        for each in range(half):
            if keys[each] != NONE and size < len(holder):
                size = _add_key(
                    entries,
                    holders,
                    keys[each],
                    int(entries.at[places[each]]),
                    wanted,
                    kinds,
                    lon,
                    lat,
                    worth,
                    holder,
                    mark,
                    size,
                )
    if lon == lon:
        size = _add_near(entries, holders, low, high, wanted, kinds, lon, lat, worth, holder, mark, size)
    return size


@entry_point
def list_holders(
    holders: Holders,
    keys: NDArray[np.int32],
    at: NDArray[np.uint16],
    limit: int,
    kinds: int,
    holder: NDArray[np.int64],
    mark: NDArray[np.int64],
) -> int:
    """Holders of keys, at most `limit` of each, written to holder, their marks to mark; gives how many."""
    size = 0
    for each in range(len(keys)):
        key = keys[each]
        left = limit
        for one in range(holders.start[key], holders.start[key + 1]):
            if left and size < len(holder) and (kinds >> holders.kind[holders.holder[one] >> 2]) & 1:
                holder[size], mark[size] = one, np.int64(at[each]) << MARK_BITS | key
                size += 1
                left -= 1
    return size


@entry_point
def describe(
    holders: Holders,
    start: NDArray[np.int64],
    holder: NDArray[np.int64],
    mark: NDArray[np.int64],
    doc: NDArray[np.int64],
    form: NDArray[np.int8],
    is_inner: NDArray[np.bool_],
    size: NDArray[np.int32],
    text: NDArray[np.int64],
    is_reading: NDArray[np.bool_],
) -> None:
    """The columns of Candidates. start: of the keys, see Entries."""
    for each in range(len(holder)):
        packed = holders.holder[holder[each]]
        place, key = mark[each] >> MARK_BITS, mark[each] & ((1 << MARK_BITS) - 1)
        doc[each], form[each], text[each] = packed >> 2, packed & 3, key
        is_reading[each] = form[each] >= PINYIN
        is_inner[each] = 0 < place < INITIALS_AT
        count = start[key + 1] - start[key]
        if place == READING_AT:
            form[each] = PINYIN
            count = count * 6 // 5  # three bytes of a Chinese character are 3.6 letters
        elif place == INITIALS_AT:
            form[each] = INITIALS
            count = count // 3
        size[each] = count


@kernel
def _lowest_keys(
    entries: Entries,
    holders: Holders,
    low: int,
    high: int,
    kinds: int,
    is_inner: bool,
    keys: NDArray[np.int32],
    places: NDArray[np.int64],
) -> None:
    """The lowest keys of the entries and where each stands, in no order; keys comes full of NONE."""
    summary, mask = holders.inner if is_inner else holders.first, holders.mask
    key_of, at = entries.key, entries.at  # a field of a tuple is counted at each use
    entry = low
    while entry < high:
        stop = min((entry // BLOCK + 1) * BLOCK, high)
        if summary[entry // BLOCK] < keys[0]:
            for each in range(entry, stop):
                key = key_of[each]
                place = int(at[each])
                if key < keys[0] and (place != 0 and place != READING_AT) == is_inner and mask[key] & kinds:
                    _sink_key(keys, places, key, each)
        entry = stop


@kernel
def _sink_key(keys: NDArray[np.int32], places: NDArray[np.int64], key: int, place: int) -> None:
    """Replaces the highest key, which stands first in the heap."""
    at = 0
    while 2 * at + 1 < len(keys):
        child = 2 * at + 1
        if child + 1 < len(keys) and keys[child + 1] > keys[child]:
            child += 1
        if keys[child] <= key:
            break
        keys[at], places[at] = keys[child], places[child]
        at = child
    keys[at], places[at] = key, place


@kernel
def _add_key(
    entries: Entries,
    holders: Holders,
    key: int,
    place: int,
    wanted: NDArray[np.uint8],
    kinds: int,
    lon: float,
    lat: float,
    worth: NDArray[np.float64],
    holder: NDArray[np.int64],
    mark: NDArray[np.int64],
    size: int,
) -> int:
    base = _base(entries, key, place, wanted)
    for each in range(holders.start[key], min(holders.start[key] + HELD, holders.start[key + 1])):
        if (kinds >> holders.kind[holders.holder[each] >> 2]) & 1:
            size = _keep(holders, each, place << MARK_BITS | key, base, lon, lat, worth, holder, mark, size)
    return size


@kernel
def _base(entries: Entries, key: int, place: int, wanted: NDArray[np.uint8]) -> float:
    size = float(max(entries.start[key + 1] - entries.start[key], 1))
    if place == READING_AT:
        size *= 1.2  # three bytes of a Chinese character are 3.6 letters
    elif place == INITIALS_AT:
        size /= 3
    share = min(len(wanted) / size, 1.0)
    return (NAME_BASE if place == 0 or place == READING_AT else WORD_BASE) + SHARE_WEIGHT * share


@kernel
def _keep(
    holders: Holders,
    each: int,
    marked: int,
    base: float,
    lon: float,
    lat: float,
    worth: NDArray[np.float64],
    holder: NDArray[np.int64],
    mark: NDArray[np.int64],
    size: int,
) -> int:
    """Adds a holder to the heap of the best ones, whose worst stands first; gives the new size."""
    doc = holders.holder[each] >> 2
    own = base + IMPORTANCE_WEIGHT * holders.importance[doc]
    if lon == lon:
        km = _distance_km(holders.lonlat[doc, 0], holders.lonlat[doc, 1], lon, lat)
        own += NEAR_WEIGHT / (1.0 + (km / NEAR_KM) ** 1.2)
    if size < len(holder):
        place_in = size
        while place_in and _is_worse(own, each, worth[(place_in - 1) >> 1], holder[(place_in - 1) >> 1]):
            above = (place_in - 1) >> 1
            worth[place_in], holder[place_in], mark[place_in] = worth[above], holder[above], mark[above]
            place_in = above
        worth[place_in], holder[place_in], mark[place_in] = own, each, marked
        return size + 1
    if not _is_worse(worth[0], holder[0], own, each):
        return size
    place_in = 0
    while 2 * place_in + 1 < size:
        child = 2 * place_in + 1
        if child + 1 < size and _is_worse(worth[child + 1], holder[child + 1], worth[child], holder[child]):
            child += 1
        if not _is_worse(worth[child], holder[child], own, each):
            break
        worth[place_in], holder[place_in], mark[place_in] = worth[child], holder[child], mark[child]
        place_in = child
    worth[place_in], holder[place_in], mark[place_in] = own, each, marked
    return size


@leaf
def _is_worse(one: float, one_holder: int, other: float, other_holder: int) -> bool:
    return one < other or (one == other and one_holder > other_holder)


@leaf
def _distance_km(lon: float, lat: float, lon_to: float, lat_to: float) -> float:
    """On a plane through the two, for choosing: 1 % wrong at 100 km, and then it does not matter."""
    across = abs(lon_to - lon)
    across = min(across, 360.0 - across) * math.cos(math.radians(0.5 * (lat + lat_to)))
    return 111.195 * math.sqrt(across * across + (lat_to - lat) ** 2)


@kernel
def _add_near(
    entries: Entries,
    holders: Holders,
    low: int,
    high: int,
    wanted: NDArray[np.uint8],
    kinds: int,
    lon: float,
    lat: float,
    worth: NDArray[np.float64],
    holder: NDArray[np.int64],
    mark: NDArray[np.int64],
    size: int,
) -> int:
    """Holders around the focus whose name, reading or initials are among the entries [low, high), outwards."""
    middle_row, middle_column = math.floor((lat + 90.0) / NEAR_DEG), math.floor((lon + 180.0) / NEAR_DEG)
    rank, cells, cell_start = holders.near_rank, holders.cell, holders.cell_start
    looked = found = 0
    for ring in range(MAX_RINGS):
        for row in range(middle_row - ring, middle_row + ring + 1):
            is_edge = row == middle_row - ring or row == middle_row + ring
            step = 1 if is_edge or ring == 0 else 2 * ring
            for column in range(middle_column - ring, middle_column + ring + 1, step):
                cell = row * CELLS_AROUND + column % CELLS_AROUND
                where = np.searchsorted(cells, cell)
                if where == len(cells) or cells[where] != cell:
                    continue
                first, last = cell_start[where], cell_start[where + 1]
                last = min(last, first + NEAR_LOOKED)
                looked += last - first
                for each in range(first, last):
                    place = _place_of(rank, each, low, high)
                    if place < 0:
                        continue
                    one = holders.near[each]
                    if (kinds >> holders.kind[holders.holder[one] >> 2]) & 1:
                        found += 1
                        key = np.searchsorted(holders.start, one, side="right") - 1
                        base = _base(entries, key, place, wanted)
                        size = _keep(holders, one, place << MARK_BITS | key, base, lon, lat, worth, holder, mark, size)
        if looked >= NEAR_LOOKED or found >= len(holder):
            break
    return size


@leaf
def _place_of(rank: NDArray[np.int32], each: int, low: int, high: int) -> int:
    """Where the entries of a holder that are in the range begin, -1 = there are none."""
    if low <= rank[each, 0] < high:
        return 0
    if low <= rank[each, 1] < high:
        return READING_AT
    return INITIALS_AT if low <= rank[each, 2] < high else -1
