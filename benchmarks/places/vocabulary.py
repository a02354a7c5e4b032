"""The words of words.toml, as the city's names and its callers' questions take them."""

from __future__ import annotations

import tomllib
from pathlib import Path

_WORDS = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))

STEMS: list[str] = _WORDS["stems"].split()
"""Two characters each."""

SYLLABLES = "".join(_WORDS["syllables"].split())
SURNAMES = "".join(_WORDS["surnames"].split())

ROAD_ENDINGS: list[tuple[str, int, str]] = [tuple(each) for each in _WORDS["road_endings"]]
"""Ending, how often, and what the English name says."""

SIDES = (("东", "East"), ("西", "West"), ("南", "South"), ("北", "North"))
ORDINALS = "一二三四五六七八九"
DIGITS = "零" + ORDINALS

GRID_STREETS: list[list[str]] = _WORDS["grid_streets"]
COMPOUND_PARTS: list[str] = _WORDS["compound_parts"]
COMPOUND_ENDINGS: list[str] = _WORDS["compound_endings"]
BUILDING_FORMS: list[str] = _WORDS["building_forms"]
VILLAGE_ENDINGS: list[str] = _WORDS["village_endings"]
VILLAGE_STEMS: list[str] = _WORDS["village_stems"]
WELLS: list[str] = _WORDS["wells"]
WELL_LETTERS: list[str] = _WORDS["well_letters"]

POIS: list[tuple[str, int, list[str]]] = [(each["tag"], each["weight"], each["forms"]) for each in _WORDS["pois"]]
"""Tag, how often, and forms of names: stem = two characters, name = a stem or invented syllables."""

CHAINS: list[tuple[str, str]] = [(each["tag"], each["name"]) for each in _WORDS["chains"]]
"""Tag and name of invented chains."""

TRADITIONAL = str.maketrans("".join(_WORDS["simplified"].split()), "".join(_WORDS["traditional"].split()))

DIALECTS: dict[str, dict[str, list[str]]] = _WORDS["dialects"]
"""How callers say things, by dialect and occasion."""


def spoken(value: int) -> str:
    """A number below 10,000 in Chinese: 205 is 二百零五, 17 is 十七."""
    parts = ""
    for unit, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            parts += DIGITS[digit] + word
        elif parts and value and not parts.endswith("零"):
            parts += "零"
    return parts[1:] if parts.startswith("一十") else parts
