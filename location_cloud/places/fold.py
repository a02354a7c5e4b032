"""One spelling for names that mean the same: the form in which names are stored, and in which questions are asked."""

from __future__ import annotations

import re
import unicodedata

_NUMERAL = re.compile("[零〇一二两三四五六七八九十百千]+(?=号|號|弄|单元|栋|幢|室|公里)")
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}

_WORD = re.compile(r"[^\W_]+(?:-(?=\d)[^\W_]+)*")
"""A run of letters and digits; a hyphen before a digit stays, oil wells 北5-9-572 and 北5-95-72 are two."""

_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})
"""Letters that Unicode does not take apart; people type them without."""

_ABBREVIATIONS = {
    "street": "st",
    "road": "rd",
    "avenue": "ave",
    "boulevard": "blvd",
    "square": "sq",
    "saint": "st",
    "sankt": "st",
    "doctor": "dr",
}

_STRASSE = re.compile(r"(?<=[a-z])str\b\.?|\bstr\b\.?")


def fold(text: str) -> str:
    """The text without case, accents, spaces and punctuation, Chinese numerals before 号 and the like as digits."""
    return "".join(fold_words(text))


def fold_words(text: str) -> list[str]:
    """The folded words of a text; Chinese text is one word.

    >>> fold_words("Hauptstr. 5")
    ['hauptstrasse', '5']
    """
    return [_ABBREVIATIONS.get(word, word) for word in _WORD.findall(_plain(text))]


def arabic_numerals(text: str) -> str:
    """The text with Chinese numerals before 号, 弄, 单元, 栋, 幢, 室, 公里 written as digits: 二百五十七号 -> 257号."""
    return _NUMERAL.sub(lambda match: str(_value(match.group())), text)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not folded.isascii():
        parts = unicodedata.normalize("NFD", folded)
        # Only European accents: the same step would turn が into か.
        folded = unicodedata.normalize("NFC", "".join(char for char in parts if not "\u0300" <= char <= "\u036f"))
        folded = arabic_numerals(folded.translate(_LETTERS))
    return _STRASSE.sub("strasse", folded)


def _value(numerals: str) -> int:
    if not any(char in _UNITS for char in numerals):
        return int("".join(str(_DIGITS[char]) for char in numerals))
    total, digit = 0, 0
    for char in numerals:
        if char in _UNITS:
            total += max(digit, 1) * _UNITS[char]
            digit = 0
        else:
            digit = _DIGITS[char]
    return total + digit
