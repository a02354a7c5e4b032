"""How alike a question and each of many names are: shared characters in order, whole words held, numbers, sound."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.entries import MAX_KEY_BYTES, READING_BYTES
from location_cloud.places.grams import decode
from location_cloud.places.pinyin import Readings, write_reading
from tiles.compiled import entry_point, kernel, leaf

OTHER_NUMBER = 0.75
"""Share of the likeness that is left where the question has a number and the name does not: Helsinki 00100, 00130."""

HELD_NAME = 0.63
"""Likeness of a whole name inside a question, whatever numbers stand around it: the hospital of "hospital, bed 5"."""

SOUNDS_LIKE = 0.78
"""Share of the likeness of Latin letters to the pinyin of a name: under a name that holds them, 0.78."""

SOUND_SHARE = 0.97
"""Two words that only sound alike are a little less alike than those with the same characters."""

HOLDS_QUESTION = 0.78
"""Likeness of a name that holds the whole question."""

OPEN_SHARE = 0.9
"""Share of the likeness of a question that may go on and the beginning of a name."""

MAX_ASKED = 200
"""Characters of a question that are compared."""

_ASCII = 128

_SLOTS = 512
"""Of the table of the question's characters behind ASCII: more than twice its different ones."""

_WORD = 64


class Pattern(NamedTuple):
    """A text prepared for comparing: slot_code -> slot_class; mask: (classes, words) uint64, bits where each stands."""

    slot_code: NDArray[np.int64]
    slot_class: NDArray[np.int64]
    mask: NDArray[np.uint64]
    rest: NDArray[np.uint64]
    size: int


@entry_point
def rate(
    text: NDArray[np.uint8],
    reading: NDArray[np.uint8],
    data: NDArray[np.uint8],
    start: NDArray[np.int64],
    rows: NDArray[np.int64],
    is_reading: NDArray[np.bool_],
    table: Readings,
    is_open: bool,
    likeness: NDArray[np.float64],
) -> None:
    """likeness: (c,) 0 to 1 of the question and each of the names data[start[row]:start[row + 1]].

    text, reading: the question and its pinyin, UTF-8, at most MAX_ASKED characters; no reading = it has no Chinese
    characters, and the name's pinyin is compared with the text itself. is_reading: (c,) the name is a reading already.
    is_open: the question may go on. Rows that follow each other and are equal cost nothing.
    """
    asked, spelled = np.empty(MAX_KEY_BYTES * 2, np.int64), np.empty(READING_BYTES * 2, np.int64)
    name, heard = np.empty(READING_BYTES, np.int64), np.empty(READING_BYTES, np.uint8)
    size = decode(text, 0, len(text), asked)
    sound_size = decode(reading, 0, len(reading), spelled)
    characters = _prepare(asked, size)
    sounds = _prepare(spelled, sound_size) if sound_size else characters
    share = SOUND_SHARE if sound_size else SOUNDS_LIKE
    for each in range(len(rows)):
        row = rows[each]
        if each and row == rows[each - 1] and is_reading[each] == is_reading[each - 1]:
            likeness[each] = likeness[each - 1]
            continue
        begin, end = start[row], start[row + 1]
        count = decode(data, begin, end, name)
        penalty = 1.0 if is_reading[each] or _has_numbers(asked, size, name, count) else OTHER_NUMBER
        best = 0.0
        if not is_reading[each]:
            best = _by_characters(characters, asked, name, count, is_open, penalty)
        if best < share and (is_reading[each] or _has_chinese(name, count)):
            heard_size = write_reading(data, begin, end, table, False, heard)
            count = decode(heard, 0, heard_size, name)
            best = max(best, penalty * share * _ratio(sounds, name, count, is_open))
        likeness[each] = best


@kernel
def _prepare(code: NDArray[np.int64], size: int) -> Pattern:
    words = max((size + _WORD - 1) // _WORD, 1)
    slot_code, slot_class = np.full(_ASCII + _SLOTS, -1, np.int64), np.zeros(_ASCII + _SLOTS, np.int64)
    mask = np.zeros((min(size, _SLOTS) + 1, words), np.uint64)
    known = 0
    for each in range(size):
        slot = _slot(slot_code, code[each])
        if slot_code[slot] < 0:
            slot_code[slot], slot_class[slot] = code[each], known
            known += 1
        mask[slot_class[slot], each // _WORD] |= np.uint64(1) << np.uint64(each % _WORD)
    return Pattern(slot_code, slot_class, mask, np.empty(words, np.uint64), size)


@leaf
def _slot(slot_code: NDArray[np.int64], code: int) -> int:
    if code < _ASCII:
        return code
    slot = code * 40503 >> 4 & (_SLOTS - 1)
    while slot_code[_ASCII + slot] >= 0 and slot_code[_ASCII + slot] != code:
        slot = (slot + 1) & (_SLOTS - 1)
    return _ASCII + slot


@kernel
def _ratio(pattern: Pattern, name: NDArray[np.int64], count: int, is_open: bool) -> float:
    """Twice the longest common subsequence over both lengths: `rapidfuzz.fuzz.ratio` / 100.

    is_open: or of the question and as long a beginning of the name, OPEN_SHARE of it.
    Source: Hyyro 2004, bit-parallel LCS-length computation revisited: one word of bits a character of the name.
    """
    best, shared = 0.0, 0
    rest = pattern.rest
    rest[:] = ~np.uint64(0)
    short = ~np.uint64(0)
    # A field of a tuple is counted at each use.
    slot_code, slot_class, masks, size = pattern.slot_code, pattern.slot_class, pattern.mask, pattern.size
    for each in range(count):
        slot = _slot(slot_code, name[each])
        if slot_code[slot] >= 0:
            row = slot_class[slot]
            if len(rest) == 1:
                mask = masks[row, 0]
                short = (short + (short & mask)) | (short & ~mask)
            else:
                _step(rest, masks, row)
        if is_open and size <= each + 2 and each <= size:
            shared = _zeros(short, size) if len(rest) == 1 else _all_zeros(rest, size)
            best = max(best, OPEN_SHARE * 2.0 * shared / (size + each + 1))
    shared = _zeros(short, size) if len(rest) == 1 else _all_zeros(rest, size)
    return max(best, 2.0 * shared / max(size + count, 1))


@leaf
def _step(rest: NDArray[np.uint64], mask: NDArray[np.uint64], row: int) -> None:
    carry = np.uint64(0)
    for word in range(len(rest)):
        both = rest[word] & mask[row, word]
        total = rest[word] + both
        over = np.uint64(1) if total < both else np.uint64(0)
        total += carry
        over |= np.uint64(1) if total < carry else np.uint64(0)
        rest[word] = total | (rest[word] & ~mask[row, word])
        carry = over


@kernel
def _all_zeros(bits: NDArray[np.uint64], size: int) -> int:
    zeros = 0
    for word in range(len(bits)):
        zeros += _zeros(bits[word], size - word * _WORD)
    return zeros


@leaf
def _zeros(bits: np.uint64, size: int) -> int:
    """Zeros among the lowest `size` bits."""
    left = ~bits
    if size < _WORD:
        left &= (np.uint64(1) << np.uint64(size)) - np.uint64(1)
    zeros = 0
    while left:
        left &= left - np.uint64(1)
        zeros += 1
    return zeros


@kernel
def _by_characters(
    pattern: Pattern, asked: NDArray[np.int64], name: NDArray[np.int64], count: int, is_open: bool, penalty: float
) -> float:
    ratio = _ratio(pattern, name, count, is_open)
    is_held = count >= 3 and _holds(asked, pattern.size, name, count)
    if is_held:
        ratio = max(ratio, 0.6 + 0.3 * count / pattern.size)
    elif pattern.size >= 2 and _holds(name, count, asked, pattern.size):
        ratio = max(ratio, HOLDS_QUESTION)
    if penalty < 1.0:
        return max(penalty * ratio, HELD_NAME if is_held else 0.0)
    return ratio


@kernel
def _holds(text: NDArray[np.int64], size: int, part: NDArray[np.int64], count: int) -> bool:
    for begin in range(size - count + 1):
        each = 0
        while each < count and text[begin + each] == part[each]:
            each += 1
        if each == count:
            return True
    return False


@kernel
def _has_numbers(asked: NDArray[np.int64], size: int, name: NDArray[np.int64], count: int) -> bool:
    """Whether each number of the question stands in the name as well."""
    begin = 0
    while begin < size:
        end = begin
        while end < size and 48 <= asked[end] <= 57:
            end += 1
        if end > begin and not _has_number(asked, begin, end, name, count):
            return False
        begin = end + 1
    return True


@kernel
def _has_number(asked: NDArray[np.int64], first: int, last: int, name: NDArray[np.int64], count: int) -> bool:
    begin = 0
    while begin < count:
        end = begin
        while end < count and 48 <= name[end] <= 57:
            end += 1
        if end - begin == last - first:
            each = 0
            while each < last - first and name[begin + each] == asked[first + each]:
                each += 1
            if each == last - first:
                return True
        begin = end + 1
    return False


@kernel
def _has_chinese(name: NDArray[np.int64], count: int) -> bool:
    each = 0
    while each < count and not 0x4E00 <= name[each] <= 0x9FFF:
        each += 1
    return each < count
