"""Chinese characters as Mandarin syllables without tones, from a table that the index carries."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from operator import add
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.compiled import kernel

FIRST, LAST = 0x4E00, 0x9FFF
"""The block of CJK unified ideographs; rarer characters keep themselves."""

NUMERALS = "零一二三四五六七八九"
"""Digits beside Chinese characters are read so: folding has made digits of these."""

READINGS_FILE = "places/pinyin.txt"

_LONGEST_WORD = 12
"""Characters; the longest of them has so many at most."""

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
        parts = [self.read(char) for char in text]
        return "".join(parts), "".join([part[0] for part in parts])

    def spell_digits(self, text: str) -> str:
        """The text with its digits as syllables: 3hao is what somebody types for 三号."""
        return "".join([self.read(char) if char.isascii() else char for char in text])

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
    def _sound_of(self) -> dict[str, int]:
        return {name: int(unit) for name, unit in zip(self.syllables, self.readings.sound) if name}

    def read(self, char: str) -> str:
        """The syllable of a Chinese character or a digit; other characters stay as they are."""
        code = ord(char)
        if FIRST <= code <= LAST:
            return self.syllables[self.syllable[code - FIRST]] or char
        if "0" <= char <= "9":
            return self.syllables[self.readings.digit[code - 48]] or char
        return char

    def _unit(self, char: str) -> int:
        syllable = "" if char.isascii() and char.isalpha() else self.read(char)
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
    """The table as the product ships it (at import only, requests use the stored one)."""
    index: dict[str, int] = {"": 0}
    syllable = np.zeros(LAST - FIRST + 1, np.uint16)
    for line in _blocks()[0].splitlines()[1:]:
        name, chars = line.split(" ", 1)
        code = np.frombuffer(chars.encode("utf-32-le"), np.uint32)
        syllable[code.astype(np.int64) - FIRST] = index.setdefault(name, len(index))
    return PinyinTable(syllable, list(index))


def phrase_reading(table: PinyinTable, text: str) -> list[str]:
    """The parts of a text's reading where a word asks for another one than the table, else nothing. At import only.

    Of words that overlap the first one counts, of those that begin at one character the longest. A part is a syllable,
    or a run of what is not Chinese.
    """
    words, starts = _words()
    if starts.isdisjoint(map(add, text, text[1:])):
        return []
    parts: list[str] = []
    is_other, is_run, at = False, False, 0
    while at < len(text):
        size = 0
        if text[at : at + 2] in starts:
            size = next((size for size in range(_LONGEST_WORD, 1, -1) if text[at : at + size] in words), 0)
        if size:
            parts += words[text[at : at + size]]
            is_other, is_run, at = True, False, at + size
            continue
        is_chinese = FIRST <= ord(text[at]) <= LAST
        if is_run and not is_chinese:
            parts[-1] += text[at]
        else:
            parts.append(table.read(text[at]) if is_chinese else text[at])
        is_run, at = not is_chinese, at + 1
    return parts if is_other else []


def may_be_phrases(texts: Sequence[str]) -> NDArray[np.bool_]:
    """(n,) which texts hold the first two characters of a word that `phrase_reading` knows; the others need no look."""
    code = np.frombuffer("\n".join([*texts, ""]).encode("utf-32-le"), np.uint32).astype(np.int64)
    starts = np.array([(ord(start[0]) << 32) | ord(start[1]) for start in _words()[1]], np.int64)
    is_first = np.zeros(int(max(code.max(initial=0), (starts >> 32).max())) + 1, bool)
    is_first[starts >> 32] = True
    at = np.flatnonzero(is_first[code[:-1]])
    at = at[np.isin((code[at] << 32) | code[at + 1], starts)]
    found = np.zeros(len(texts), bool)
    found[np.searchsorted(np.flatnonzero(code == ord("\n")), at)] = True
    return found


@cache
def _words() -> tuple[dict[str, list[str]], frozenset[str]]:
    """(syllables of the words that are read otherwise than their characters, the first two characters of each)."""
    rows = [line.split(" ") for line in _blocks()[1].splitlines()]
    return {row[0]: row[1:] for row in rows}, frozenset(row[0][:2] for row in rows)


def _blocks() -> tuple[str, str]:
    """The two blocks of the file: a syllable and its characters a line; a word and its syllables a line."""
    content = (importlib.resources.files("location_cloud.data") / READINGS_FILE).read_text("utf-8")
    characters, words = content.split("\n\n")
    return characters, words


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
