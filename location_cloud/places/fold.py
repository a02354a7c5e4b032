"""One spelling for names that mean the same: the form in which names are stored, and in which questions are asked."""

from __future__ import annotations

import importlib.resources
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from location_cloud.places.numerals import DIGITS, value_of

SIMPLIFIED_FILE = "places/simplified.txt"
"""Two lines: traditional characters, and below each its simplified one."""

_COUNTED = re.compile("[零〇一二两三四五六七八九十百千]+(?=号|號|弄|单元|栋|幢|室|公里)")

_TENS = re.compile("[零〇一二两三四五六七八九]{0,9}[十百千][零〇一二两三四五六七八九十百千]{0,18}")

_COUNTERS = ("号", "弄", "单元", "栋", "幢", "室", "公里", "层", "楼", "组", "队", "区")

_WORD = re.compile(r"[^\W_]+(?:-(?=\d)[^\W_]+)*")
"""A run of letters and digits; a hyphen before a digit stays, oil wells 北5-9-572 and 北5-95-72 are two."""

_WORD_OR_END = re.compile(rf"\n|{_WORD.pattern}")

_LETTERS = {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}
"""Letters that Unicode does not take apart; people type them without."""

_ABBREVIATIONS = {
    "street": "st",
    "road": "rd",
    "avenue": "ave",
    "av": "ave",
    "boulevard": "blvd",
    "bd": "blvd",
    "square": "sq",
    "saint": "st",
    "sainte": "ste",
    "sankt": "st",
    "doctor": "dr",
}

_STRASSE = re.compile(r"str(?<![^\Wa-z]str)\b\.?")
"""At the end of a word; the letters first, as they are found fast."""


FOLDED_KEPT = 4_096
"""Texts whose fold is remembered: a question asks for that of its parts ten times over, 7 us each."""


@lru_cache(FOLDED_KEPT)
def fold(text: str) -> str:
    """The text without case, accents, spaces and punctuation, in simplified characters, Chinese numerals as digits."""
    return "".join(fold_words(text))


def fold_words(text: str) -> list[str]:
    """The folded words of a text; Chinese text is one word.

    >>> fold_words("Hauptstr. 5")
    ['hauptstrasse', '5']
    """
    return [_ABBREVIATIONS.get(word, word) for word in _WORD.findall(_plain(text))]


def fold_all(texts: Sequence[str]) -> list[list[str]]:
    """`fold_words` of each text, all in one go: 2 us a name instead of 6."""
    words: list[list[str]] = [[]]
    plain = _plain("\n".join([text.replace("\n", " ") if "\n" in text else text for text in texts]))
    for word in _WORD_OR_END.findall(plain):
        if word == "\n":
            words.append([])
        else:
            words[-1].append(_ABBREVIATIONS.get(word, word))
    return words if texts else []


def fold_without_numerals(text: str) -> str:
    """The folded text with its Chinese numerals as they are, for reading it aloud."""
    return "".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold().translate(_SAME)))


def arabic_numerals(text: str) -> str:
    """The text with Chinese numerals before 号, 弄, 单元, 栋, 幢, 室, 公里 written as digits: 二百五十七号 -> 257号."""
    return _COUNTED.sub(lambda match: str(value_of(match.group())), text)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not folded.isascii():
        folded = _TENS.sub(_tens_as_digits, folded.translate(_SAME))
        for numeral, digit in _DIGIT_OF:
            folded = folded.replace(numeral, digit)
    return _STRASSE.sub("strasse", folded) if "str" in folded else folded


def _tens_as_digits(found: re.Match[str]) -> str:
    """A number with tens; one of units alone (千山, 十字街) only after 第 or before what is counted."""
    numerals, text = found.group(), found.string
    is_counted = text.startswith("第", max(found.start() - 1, 0)) or text.startswith(_COUNTERS, found.end())
    is_number = is_counted or any(char in DIGITS for char in numerals)
    return str(value_of(numerals)) if is_number else numerals


def _same_characters() -> dict[int, int | str | None]:
    """What each character is replaced with: European letters without their marks, simplified characters.

    Those that stay are in it too where they are common: a character that is missing costs five times as much.
    """
    same: dict[int, int | str | None] = {code: code for code in (*range(0x250), *range(0x3000, 0x3100))}
    same |= {code: code for code in range(0x4E00, 0xA000)}
    content = (importlib.resources.files("location_cloud.data") / SIMPLIFIED_FILE).read_text("utf-8")
    traditional, simplified = content.split()
    same |= {ord(old): new for old, new in zip(traditional, simplified)}
    # Only European accents: taking が apart the same way would give か.
    same |= dict.fromkeys(range(768, 880))
    for code in (*range(0xC0, 0x300), *range(0x370, 0x530), *range(0x1E00, 0x2000)):
        parts = unicodedata.normalize("NFD", chr(code))
        bare = "".join(part for part in parts if not "\u0300" <= part <= "\u036f")
        if bare != chr(code):
            same[code] = unicodedata.normalize("NFC", bare)
    return same | {ord(letter): written for letter, written in _LETTERS.items()}


_SAME = _same_characters()

_DIGIT_OF = [(char, str(value)) for char, value in DIGITS.items()]
