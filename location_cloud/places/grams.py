"""Names by their groups of characters and of sounds: which share the rarest groups with a question.

A group of characters is a pair where one is Chinese or the like, otherwise three letters; a group of sounds is two
syllables. Both also stand at the ends of a name. Rejected, measured on 50,000 Chinese names (p50, one character
deleted): SQLite FTS5 trigram 2.4 ms and 19 % lost, Tantivy 0.08 ms and 8 % lost, brute-force rapidfuzz 8 ms, jieba
words (让胡路区 falls into 让/胡路区).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.entries import MAX_KEY_BYTES
from tiles.compiled import entry_point, kernel, leaf

MAX_GRAMS = 3 * MAX_KEY_BYTES + 4
"""Groups of characters and of sounds of one text."""

TOUCHED = 60_000
"""Postings read for one question; rare groups come first, so what is left out tells little."""

SURE_LETTERS, SURE_CHARACTERS, SURE_SOUNDS = 5, 4, 3
"""Groups, the rarest ones, whose names are all taken in: one slip spoils at most four groups of letters, two of Chinese
characters (of two that changed places the swapped pair is looked up), one homophone two of sounds. Groups that no name
has count as spoiled. More frequent groups only weigh what is there."""

SURE_TOUCHED = 4_000
"""Postings that are taken in in any case."""

WEIGHED = 24_000
"""Postings read after which more frequent groups are left out, if enough names are taken in."""

TABLE_BITS = 17
"""Slots of the table that a question's names are counted in: twice what it may touch."""

WEIGHTS = (1.0, 0.55, 0.8)
"""Of a group of characters, of sounds (many characters share a syllable), of two characters that changed places."""

_CHARACTERS, _SOUNDS, _SWAPPED = 0, 1, 2

_HAN = 0x2E80
"""From here on a pair of characters tells as much as three Latin letters do."""

_OPEN, _CLOSE = 1, 0
"""Before and behind a text."""


class Postings(NamedTuple):
    """g groups. gram: (g,) uint64 ascending. start: (g + 1,) int64 into data. frequency: (g,) uint32, how many keys.

    data: bytes; of each group its keys ascending, the first and then the steps, seven bits a byte, the last one with
    the eighth bit. A third of the bytes that uint32 keys took. size: (k,) uint8 groups of characters of each key.
    mask: (k,) uint8, bit i = a place of kind i has this key.
    """

    gram: NDArray[np.uint64]
    start: NDArray[np.int64]
    frequency: NDArray[np.uint32]
    data: NDArray[np.uint8]
    size: NDArray[np.uint8]
    mask: NDArray[np.uint8]


@kernel
def decode(data: NDArray[np.uint8], at: int, end: int, out: NDArray[np.int64]) -> int:
    """Code points of data[at:end], UTF-8, written to out; gives how many."""
    size = 0
    while at < end:
        first = np.int64(data[at])
        if first < 0x80:
            out[size] = first
            at += 1
        elif first < 0xE0:
            out[size] = ((first & 31) << 6) | (np.int64(data[at + 1]) & 63)
            at += 2
        elif first < 0xF0:
            out[size] = ((first & 15) << 12) | ((np.int64(data[at + 1]) & 63) << 6) | (np.int64(data[at + 2]) & 63)
            at += 3
        else:
            high = ((first & 7) << 18) | ((np.int64(data[at + 1]) & 63) << 12)
            out[size] = high | ((np.int64(data[at + 2]) & 63) << 6) | (np.int64(data[at + 3]) & 63)
            at += 4
        size += 1
    return size


@kernel
def list_grams(code: NDArray[np.int64], size: int, out: NDArray[np.uint64], begin: int) -> int:
    """Groups of characters of code[:size] written to out[begin:]; gives where they end."""
    for each in range(-1, size):
        first = np.uint64(code[each]) if each >= 0 else np.uint64(_OPEN)
        second = np.uint64(code[each + 1]) if each + 1 < size else np.uint64(_CLOSE)
        third = np.uint64(code[each + 2]) if each + 2 < size else np.uint64(_CLOSE)
        is_pair = first >= _HAN or second >= _HAN
        if is_pair:
            third = np.uint64(_CLOSE)
        elif each + 1 >= size:
            continue
        out[begin] = (first << np.uint64(42)) | (second << np.uint64(21)) | third
        begin += 1
    return begin


@kernel
def list_sounds(unit: NDArray[np.int64], size: int, out: NDArray[np.uint64], begin: int) -> int:
    """Groups of sounds of unit[:size], as list_grams."""
    for each in range(size + 1):
        first = np.uint64(unit[each - 1]) if each > 0 else np.uint64(0)
        second = np.uint64(unit[each]) if each < size else np.uint64(0)
        out[begin] = np.uint64(1 << 63) | (first << np.uint64(31)) | second
        begin += 1
    return begin


@entry_point
def find_similar(
    postings: Postings,
    text: NDArray[np.uint8],
    units: NDArray[np.int64],
    kinds: int,
    slot_key: NDArray[np.int32],
    slot_score: NDArray[np.float32],
    found: NDArray[np.int32],
) -> int:
    """Keys that share the rarest groups with a text, the most alike first, written to found; gives how many.

    text: UTF-8. units: of sound, see PinyinTable.units, none = do not listen. kinds: bits, see Postings.mask.
    slot_key, slot_score: (1 << TABLE_BITS,) to work in.

    Score: sum of inverse document frequencies over the square root of the key's length (Salton & Buckley 1988).
    """
    code, grams = np.empty(MAX_KEY_BYTES, np.int64), np.empty(MAX_GRAMS, np.uint64)
    size = decode(text, 0, len(text), code)
    characters = list_grams(code, size, grams, 0)
    heard = list_sounds(units, len(units), grams, characters) if len(units) else characters
    total = _list_swapped(code, size, grams, heard)
    place, frequency, sort = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.int64)
    known = 0
    seen = np.zeros(3, np.int64)
    ordered = np.argsort(grams[:total], kind="mergesort")
    for each in range(total):
        gram = grams[ordered[each]]
        if each and gram == grams[ordered[each - 1]]:
            continue
        at = np.searchsorted(postings.gram, gram)
        kind = _CHARACTERS if ordered[each] < characters else _SOUNDS if ordered[each] < heard else _SWAPPED
        if at < len(postings.gram) and postings.gram[at] == gram:
            place[known], frequency[known], sort[known] = at, postings.frequency[at], kind
            known += 1
        else:
            seen[kind] += 1
    order = np.argsort(frequency[:known], kind="mergesort")
    enough = SURE_LETTERS if total == heard else SURE_CHARACTERS
    sure, used, touched = _choose(frequency, sort, order, seen, enough, SURE_SOUNDS if len(units) else 0)
    bits = 4
    while (1 << bits) < 2 * touched and bits < TABLE_BITS:
        bits += 1
    slot_key[: 1 << bits] = -1
    for each in range(used):
        one = order[each]
        weight = WEIGHTS[sort[one]] * math.log1p(len(postings.size) / frequency[one])
        _count(postings, place[one], np.float32(weight), each < sure, slot_key, slot_score, bits)
    return _best(postings, kinds, slot_key, slot_score, 1 << bits, found)


@kernel
def _list_swapped(code: NDArray[np.int64], size: int, out: NDArray[np.uint64], begin: int) -> int:
    """Pairs of Chinese characters the other way round, as list_grams."""
    for each in range(size - 1):
        first, second = np.uint64(code[each + 1]), np.uint64(code[each])
        if first >= _HAN and second >= _HAN:
            out[begin] = (first << np.uint64(42)) | (second << np.uint64(21))
            begin += 1
    return begin


@kernel
def _choose(
    frequency: NDArray[np.int64],
    sort: NDArray[np.int64],
    order: NDArray[np.int64],
    seen: NDArray[np.int64],
    characters: int,
    sounds: int,
) -> tuple[int, int, int]:
    """(groups, rarest first, whose keys are taken in, groups that are read, postings taken in at most)."""
    used = sure = read = touched = 0
    while used < len(order) and (used == 0 or read + frequency[order[used]] <= TOUCHED):
        is_sure = seen[_CHARACTERS] >= characters and seen[_SOUNDS] >= sounds and touched >= SURE_TOUCHED
        if is_sure and read + frequency[order[used]] > WEIGHED:
            break
        seen[sort[order[used]]] += 1
        read += min(frequency[order[used]], TOUCHED)
        used += 1
        if not is_sure:
            sure, touched = used, read
    return sure, used, touched


@kernel
def _count(
    postings: Postings,
    gram: int,
    weight: np.float32,
    is_taken_in: bool,
    slot_key: NDArray[np.int32],
    slot_score: NDArray[np.float32],
    bits: int,
) -> None:
    """Adds the weight to the keys of a group; of a very frequent one, to the most important."""
    data, at, key = postings.data, postings.start[gram], np.uint32(0)
    for _ in range(min(int(postings.frequency[gram]), TOUCHED)):
        shift, byte = np.uint32(0), np.uint32(data[at])
        step = byte & np.uint32(127)
        while byte < 128:
            at += 1
            shift += np.uint32(7)
            byte = np.uint32(data[at])
            step |= (byte & np.uint32(127)) << shift
        at += 1
        key += step
        slot = np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - bits))
        while slot_key[slot] != key and slot_key[slot] >= 0:
            slot = (slot + 1) & ((1 << bits) - 1)
        if slot_key[slot] >= 0:
            slot_score[slot] += weight
        elif is_taken_in:
            slot_key[slot] = key
            slot_score[slot] = weight


@kernel
def _best(
    postings: Postings,
    kinds: int,
    slot_key: NDArray[np.int32],
    slot_score: NDArray[np.float32],
    slots: int,
    found: NDArray[np.int32],
) -> int:
    """The keys with the highest scores, best first, equal ones by number."""
    limit, mask, sizes = len(found), postings.mask, postings.size
    score = np.empty(limit, np.float32)
    size = 0
    for slot in range(slots):
        key = slot_key[slot]
        if key < 0 or not mask[key] & kinds:
            continue
        own = slot_score[slot] / np.float32(math.sqrt(sizes[key] + 1.0))
        if size < limit:
            at = size
            size += 1
            while at and _is_worse(own, key, score[(at - 1) >> 1], found[(at - 1) >> 1]):
                score[at], found[at] = score[(at - 1) >> 1], found[(at - 1) >> 1]
                at = (at - 1) >> 1
            score[at], found[at] = own, key
        elif _is_worse(score[0], found[0], own, key):
            _sink(score, found, size, own, key)
    for end in range(size - 1, 0, -1):
        own, key = score[end], found[end]
        score[end], found[end] = score[0], found[0]
        _sink(score, found, end, own, key)
    return size


@kernel
def _sink(score: NDArray[np.float32], found: NDArray[np.int32], size: int, own: np.float32, key: int) -> None:
    """Replaces the worst, which stands first in the heap."""
    at = 0
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and _is_worse(score[child + 1], found[child + 1], score[child], found[child]):
            child += 1
        if not _is_worse(score[child], found[child], own, key):
            break
        score[at], found[at] = score[child], found[child]
        at = child
    score[at], found[at] = own, key


@leaf
def _is_worse(one: np.float32, one_key: int, other: np.float32, other_key: int) -> bool:
    return bool(one < other or (one == other and one_key > other_key))
