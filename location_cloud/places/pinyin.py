"""Chinese characters as Mandarin syllables without tones, from a table that the index carries."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import add
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.compiled import kernel

FIRST, LAST = 0x4E00, 0x9FFF
"""The block of CJK unified ideographs; rarer characters keep themselves."""

NUMERALS = "零一二三四五六七八九"
"""Digits beside Chinese characters are read so: folding has made digits of these."""

LONGEST = 6
"""Letters of a syllable: zhuang."""

LETTER_UNIT = 4096
"""From here on a unit of sound is a character that is no syllable, by its code point."""

_JUNK_COST, _SYLLABLE_COST = 3, 1
"""Few letters left over come before few syllables: xian is one, daqinshi three."""

_LATIN = re.compile("[a-z]{2,}")


class Readings(NamedTuple):
    """The table as compiled code reads it: syllable and digit (10,) into letters, (s, 8) uint8: count, then letters."""

    syllable: NDArray[np.uint16]
    digit: NDArray[np.uint16]
    letters: NDArray[np.uint8]
    sound: NDArray[np.uint16]


@dataclass(frozen=True)
class PinyinTable:
    """Most common syllable of each character.

    syllable: (LAST - FIRST + 1,) uint16 into `syllables`, 0 = none.
    """

    syllable: NDArray[np.uint16]
    syllables: list[str]

    def spell(self, text: str) -> tuple[str, str]:
        """(joined syllables, initials) of a text; other characters stay as they are. ("", "") without Chinese."""
        if not any(FIRST <= ord(char) <= LAST for char in text):
            return "", ""
        parts = [self._read(char) for char in text]
        return "".join(parts), "".join([part[0] for part in parts])

    def spell_digits(self, text: str) -> str:
        """The text with its digits as syllables: 3hao is what somebody types for 三号."""
        return "".join([self._read(char) if char.isascii() else char for char in text])

    def units(self, text: str) -> list[int]:
        """Units of sound of a question: syllables, those that accents confuse as one; letters that are none."""
        units: list[int] = []
        at = 0
        for run in _LATIN.finditer(text):
            units += [self._unit(char) for char in text[at : run.start()]]
            units += self._segment(run.group())
            at = run.end()
        return units + [self._unit(char) for char in text[at:]]

    @cached_property
    def readings(self) -> Readings:
        """The table for compiled code."""
        letters = np.zeros((len(self.syllables), 8), np.uint8)
        for row, syllable in enumerate(self.syllables):
            raw = syllable.encode()[:LONGEST]
            letters[row, 0] = len(raw)
            letters[row, 1 : len(raw) + 1] = list(raw)
        classes: dict[str, int] = {}
        sound = [classes.setdefault(_confused(syllable), len(classes)) for syllable in self.syllables]
        digit = [self.syllable[ord(char) - FIRST] for char in NUMERALS]
        return Readings(self.syllable, np.array(digit, np.uint16), letters, np.array(sound, np.uint16))

    @cached_property
    def phrase_starts(self) -> frozenset[str]:
        """First two characters of the words that are read otherwise than the table does. At import only."""
        from pypinyin.constants import PHRASES_DICT  # heavy optional: as in build_table

        def is_other(char: str, reading: str) -> bool:
            plain = self._read(char)
            return plain != char and plain != _without_tone(reading)

        return frozenset(
            phrase[:2]
            for phrase, readings in PHRASES_DICT.items()
            if any(is_other(char, reading[0]) for char, reading in zip(phrase, readings))
        )

    @cached_property
    def _sound_of(self) -> dict[str, int]:
        return {name: int(unit) for name, unit in zip(self.syllables, self.readings.sound) if name}

    def _read(self, char: str) -> str:
        code = ord(char)
        if FIRST <= code <= LAST:
            return self.syllables[self.syllable[code - FIRST]] or char
        if "0" <= char <= "9":
            return self.syllables[self.readings.digit[code - 48]] or char
        return char

    def _unit(self, char: str) -> int:
        syllable = "" if char.isascii() and char.isalpha() else self._read(char)
        return self._sound_of.get(syllable, LETTER_UNIT + ord(char))

    def _segment(self, run: str) -> list[int]:
        """Units of a run of letters: as few left over as possible, then as few syllables."""
        best = [(0, 0)]  # cost of the first letters, length of the last unit
        for end in range(1, len(run) + 1):
            sizes = [size for size in range(1, min(LONGEST, end) + 1) if run[end - size : end] in self._sound_of]
            syllables = [(best[end - size][0] + _SYLLABLE_COST, size) for size in sizes]
            best.append(min([(best[end - 1][0] + _JUNK_COST, 0), *syllables]))
        units, end = [], len(run)
        while end:
            size = best[end][1]
            units.append(self._sound_of[run[end - size : end]] if size else LETTER_UNIT + ord(run[end - 1]))
            end -= max(size, 1)
        return units[::-1]


def build_table() -> PinyinTable:
    """The table, from pypinyin's dictionary (at import only, requests use the stored one).

    Read from the dictionary itself: asking for 21,000 characters one by one took 0.4 s, as long as a small city does.
    """
    from pypinyin.constants import PINYIN_DICT  # heavy optional: 4 MB of words, no web worker needs

    index: dict[str, int] = {"": 0}
    syllable = np.zeros(LAST - FIRST + 1, np.uint16)
    for code in range(FIRST, LAST + 1):
        found = _without_tone(PINYIN_DICT.get(code, "").split(",")[0])
        if found:
            syllable[code - FIRST] = index.setdefault(found, len(index))
    return PinyinTable(syllable, list(index))


def phrase_reading(table: PinyinTable, text: str) -> list[str]:
    """The parts of a text's reading where a word asks for another one than the table, else nothing. At import only.

    Asking pypinyin takes 30 us; only texts with the first two characters of such a word are asked.
    """
    from pypinyin import lazy_pinyin  # heavy optional: as in build_table

    if table.phrase_starts.isdisjoint(map(add, text, text[1:])):
        return []
    return [str(part) for part in lazy_pinyin(text)]


@kernel
def write_reading(
    data: NDArray[np.uint8], at: int, end: int, table: Readings, is_initials: bool, out: NDArray[np.uint8]
) -> int:
    """Bytes of the syllables (or their first letters) of data[at:end], UTF-8, written to out; digits are read too."""
    size = 0
    # A field of a tuple is counted at each use.
    syllable_of, digit, letters = table.syllable, table.digit, table.letters
    while at < end:
        first = data[at]
        width, syllable = 1, 0
        if 48 <= first <= 57:
            syllable = int(digit[first - 48])
        elif first >= 0xF0:
            width = 4
        elif first >= 0xE0:
            width = 3
            code = ((first & 15) << 12) | ((data[at + 1] & 63) << 6) | (data[at + 2] & 63)
            if 0x4E00 <= code <= 0x9FFF:
                syllable = int(syllable_of[code - 0x4E00])
        elif first >= 0xC0:
            width = 2
        if syllable:
            count = 1 if is_initials else int(letters[syllable, 0])
            for each in range(count):
                out[size + each] = letters[syllable, each + 1]
            size += count
        else:
            for each in range(width):
                out[size + each] = data[at + each]
            size += width
        at += width
    return size


def _confused(syllable: str) -> str:
    """The syllable as it is heard where zh and z, ch and c, sh and s, ng and n are one."""
    if syllable[1:2] == "h" and syllable[0] in "zcs":
        syllable = syllable[0] + syllable[2:]
    return syllable[:-1] if syllable.endswith("ng") else syllable


@lru_cache(4096)
def _without_tone(reading: str) -> str:
    plain = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(char for char in plain if char.isascii())
