"""Groups of characters and sounds of all names, gathered without sorting them: at import only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.entries import MAX_KEY_BYTES
from location_cloud.places.grams import MAX_GRAMS, decode, list_grams, list_sounds
from location_cloud.places.pinyin import LETTER_UNIT, Readings
from tiles.compiled import entry_point, kernel


@kernel
def _read_units(code: NDArray[np.int64], size: int, table: Readings, unit: NDArray[np.int64]) -> bool:
    """Units of sound of the characters, as PinyinTable.units; False without Chinese."""
    is_chinese = False
    for each in range(size):
        syllable = 0
        if 0x4E00 <= code[each] <= 0x9FFF:
            syllable = int(table.syllable[code[each] - 0x4E00])
            is_chinese |= syllable > 0
        elif 48 <= code[each] <= 57:
            syllable = int(table.digit[code[each] - 48])
        unit[each] = np.int64(table.sound[syllable]) if syllable else LETTER_UNIT + code[each]
    return is_chinese


@kernel
def _key_grams(
    data: NDArray[np.uint8],
    start: NDArray[np.int64],
    key: int,
    form: int,
    table: Readings,
    own_units: NDArray[np.int64],
    own_start: NDArray[np.int64],
    code: NDArray[np.int64],
    out: NDArray[np.uint64],
) -> tuple[int, int]:
    """(groups of characters, all groups) of a key. form: bit 0 = it is a name, bit 1 = it is a reading."""
    size = decode(data, start[key], start[key + 1], code)
    characters = 0
    if form & 1:
        characters = list_grams(code, size, out, 0)
        # A text is read after its characters were listed: the units take their place.
        if _read_units(code, size, table, code):
            return characters, list_sounds(code, size, out, characters)
    total = characters
    if form & 2:
        count = own_start[key + 1] - own_start[key]
        total = list_sounds(own_units[own_start[key] : own_start[key + 1]], count, out, characters)
    return characters, total


@entry_point
def number_grams(
    data: NDArray[np.uint8],
    start: NDArray[np.int64],
    form: NDArray[np.uint8],
    table: Readings,
    own_units: NDArray[np.int64],
    own_start: NDArray[np.int64],
    number: NDArray[np.uint32],
    key_size: NDArray[np.uint8],
    key_end: NDArray[np.int64],
) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """(groups in the order of their first key, how often each stands). At import.

    number: for each group of each key, key by key, its place in what is returned. key_size: see Postings.size.
    key_end: (k,) where each key's groups end in number.
    """
    code, grams = np.empty(MAX_KEY_BYTES, np.int64), np.empty(MAX_GRAMS, np.uint64)
    bits = 16
    slot_gram, slot_number = np.empty(1 << bits, np.uint64), np.full(1 << bits, -1, np.int32)
    gram, count = np.empty(1 << (bits - 1), np.uint64), np.zeros(1 << (bits - 1), np.uint32)
    known = written = 0
    for key in range(len(start) - 1):
        characters, total = _key_grams(data, start, key, form[key], table, own_units, own_start, code, grams)
        key_size[key] = min(characters if characters else total, 255)
        for each in range(total):
            slot = _slot(grams[each], bits)
            while slot_number[slot] >= 0 and slot_gram[slot] != grams[each]:
                slot = (slot + 1) & ((1 << bits) - 1)
            if slot_number[slot] < 0:
                slot_gram[slot], slot_number[slot] = grams[each], known
                gram[known] = grams[each]
                known += 1
            found = slot_number[slot]
            count[found] += 1
            number[written] = found
            written += 1
            if known == len(gram):
                bits += 1
                slot_gram, slot_number = np.empty(1 << bits, np.uint64), np.full(1 << bits, -1, np.int32)
                gram, count = np.append(gram, np.empty(known, np.uint64)), np.append(count, np.zeros(known, np.uint32))
                for old in range(known):
                    place = _slot(gram[old], bits)
                    while slot_number[place] >= 0:
                        place = (place + 1) & ((1 << bits) - 1)
                    slot_gram[place], slot_number[place] = gram[old], old
        key_end[key] = written
    return gram[:known], count[:known]


@kernel
def _slot(gram: np.uint64, bits: int) -> np.int64:
    return np.int64((gram * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - bits))


@entry_point
def fill_postings(
    number: NDArray[np.uint32],
    key_end: NDArray[np.int64],
    place: NDArray[np.uint32],
    room: NDArray[np.int64],
    holder: NDArray[np.uint32],
    held: NDArray[np.int64],
) -> None:
    """Keys of each group, ascending, each once. At import.

    key_end: (k,) end of each key's groups in number. place: number -> place of the group in the sorted ones.
    room: (g + 1,) where each group's keys may begin in holder. held: (g,) out, how many there are.
    """
    key = 0
    for each in range(len(number)):
        while key_end[key] <= each:
            key += 1
        gram = place[number[each]]
        at = room[gram] + held[gram]
        if held[gram] and holder[at - 1] == key:
            continue
        holder[at] = key
        held[gram] += 1


@entry_point
def pack_postings(
    holder: NDArray[np.uint32],
    room: NDArray[np.int64],
    held: NDArray[np.int64],
    out: NDArray[np.uint8],
    start: NDArray[np.int64],
) -> int:
    """The keys of each group as bytes, see Postings.data; gives their number. At import."""
    size = 0
    for gram in range(len(held)):
        start[gram] = size
        last = np.uint32(0)
        for each in range(room[gram], room[gram] + held[gram]):
            step = holder[each] - last
            last = holder[each]
            while step >= 128:
                out[size] = step & 127
                step >>= 7
                size += 1
            out[size] = step | 128
            size += 1
    start[len(held)] = size
    return size
