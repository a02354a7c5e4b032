"""Chinese numerals as numbers."""

from __future__ import annotations

import re

NUMBER = r"(?:\d{1,5}(?:\.\d{1,3})?|[零〇一二两三四五六七八九十百千]{1,9})"
"""A pattern of a number in digits or Chinese."""

DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
UNITS = {"十": 10, "百": 100, "千": 1000}
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千]+")


def number_of(text: str) -> float:
    """The value of what NUMBER matches: 12.5 -> 12.5, 二百五十 -> 250, 二五〇 -> 250."""
    return float(value_of(text)) if _CHINESE.fullmatch(text) else float(text)


def value_of(numerals: str) -> int:
    """The value of Chinese numerals: 二百五十 -> 250, digit by digit without a unit: 二五〇 -> 250."""
    if not any(char in UNITS for char in numerals):
        return int("".join(str(DIGITS[char]) for char in numerals))
    total, digit = 0, 0
    for char in numerals:
        if char in UNITS:
            total += max(digit, 1) * UNITS[char]
            digit = 0
        else:
            digit = DIGITS[char]
    return total + digit
