"""Chinese numerals as numbers."""

from __future__ import annotations

import re

NUMBER = r"(?:\d{1,5}(?:\.\d{1,3})?|[零〇一二两三四五六七八九十百千]{1,9})"
"""A pattern of a number in digits or Chinese."""

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千]+")


def number_of(text: str) -> float:
    """The value of what NUMBER matches: 12.5 -> 12.5, 二百五十 -> 250, 二五〇 -> 250."""
    if not _CHINESE.fullmatch(text):
        return float(text)
    if not any(char in _UNITS for char in text):
        return float("".join(str(_DIGITS[char]) for char in text))
    total, digit = 0, 0
    for char in text:
        if char in _UNITS:
            total += max(digit, 1) * _UNITS[char]
            digit = 0
        else:
            digit = _DIGITS[char]
    return float(total + digit)
