"""Chinese characters as Mandarin syllables without tones, from a table that the index carries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FIRST, LAST = 0x4E00, 0x9FFF
"""The block of CJK unified ideographs; rarer characters keep themselves."""


@dataclass(frozen=True)
class PinyinTable:
    """Most common syllable of each character.

    syllable: (LAST - FIRST + 1,) uint16 into `syllables`, 0 = none.
    """

    syllable: NDArray[np.uint16]
    syllables: list[str]

    def spell(self, text: str) -> tuple[str, str]:
        """(joined syllables, initials) of a text; other characters stay as they are. ("", "") without Chinese."""
        parts = []
        is_chinese = False
        for char in text:
            code = ord(char)
            syllable = self.syllables[self.syllable[code - FIRST]] if FIRST <= code <= LAST else ""
            is_chinese |= bool(syllable)
            parts.append(syllable or char)
        if not is_chinese:
            return "", ""
        return "".join(parts), "".join(part[0] for part in parts)


def build_table() -> PinyinTable:
    """The table, from pypinyin's dictionary (about 0.3 s; at import only, requests use the stored one)."""
    from pypinyin import lazy_pinyin  # heavy optional: 4 MB of words, no web worker needs

    index: dict[str, int] = {"": 0}
    syllable = np.zeros(LAST - FIRST + 1, np.uint16)
    for code in range(FIRST, LAST + 1):
        char = chr(code)
        found = lazy_pinyin(char)[0]
        if found != char and found.isascii():
            syllable[code - FIRST] = index.setdefault(found, len(index))
    return PinyinTable(syllable, list(index))


def phrase_spelling(text: str) -> tuple[str, str]:
    """(joined syllables, initials) with the readings that the words ask for: 重庆 is chongqing. At import only."""
    from pypinyin import lazy_pinyin  # heavy optional: as in build_table

    parts = lazy_pinyin(text)
    return "".join(parts), "".join(part[0] for part in parts)
