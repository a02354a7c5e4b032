"""Signed limits of size and weight, widths and slopes: what OSM's values mean in centimetres, kilograms, per cent.

Source: OSM wiki, "Key:maxheight", "Key:maxweight", "Map features/Units", "Key:incline".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from location_cloud.extract import Tags

CM_PER_INCH = 2.54
_FEET = re.compile(r"(\d{1,3})\s*(?:'|ft|feet)\s*(?:(\d{1,2}(?:\.\d{1,3})?)\s*(?:\"|''|in|inch(?:es)?)?)?")
_INCHES = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*(?:\"|in|inch(?:es)?)")
_NUMBER = re.compile(r"(\d{1,6}(?:[.,]\d{1,4})?)\s*([a-z]{0,6})")
_CM_PER = {"": 100.0, "m": 100.0, "meter": 100.0, "metres": 100.0, "cm": 1.0, "mm": 0.1, "km": 100_000.0}
_KG_PER = {
    "": 1000.0,
    "t": 1000.0,
    "tons": 1000.0,
    "tonnes": 1000.0,
    "kg": 1.0,
    "st": 907.18474,
    "lt": 1016.0469088,
    "lbs": 0.45359237,
    "lb": 0.45359237,
    "cwt": 50.80234544,
}
"""st: short (US) ton, lt: long (imperial) ton, as the wiki's unit table has them."""

MOST_CM = 65_535
MOST_KG = 1_000_000
"""Nothing on a road weighs a thousand tonnes: larger numbers are slips."""

_SLOPE = re.compile(r"([+-]?\d{1,3}(?:[.,]\d{1,3})?)\s*(%|°)?")


class SizeLimits(NamedTuple):
    """Signed limits, 0 = none."""

    height_cm: int
    width_cm: int
    length_cm: int
    weight_kg: int
    axle_kg: int


def size_limits(tags: Tags) -> SizeLimits:
    """The limits of a way. Of several that speak of one size (legal and physical, general and for trucks) the smallest.

    A limit for trucks only (maxweight:hgv, maxweightrating) counts for all: nothing else is near it.
    """
    return SizeLimits(
        _smallest(tags, parse_length_cm, "maxheight", "maxheight:physical", "maxheight:hgv"),
        _smallest(tags, parse_length_cm, "maxwidth", "maxwidth:physical", "maxwidth:hgv"),
        _smallest(tags, parse_length_cm, "maxlength", "maxlength:hgv"),
        _smallest(tags, parse_weight_kg, "maxweight", "maxweight:hgv", "maxweightrating", "maxweightrating:hgv"),
        _smallest(tags, parse_weight_kg, "maxaxleload", "maxaxleload:hgv"),
    )


@lru_cache(maxsize=4096)
def parse_length_cm(value: str) -> int:
    """A length ("3.8", "3,8 m", 12'6", "12 ft 6 in", "380 cm") in whole centimetres; 0 for "none" and the unread."""
    text = value.split(";")[0].strip().lower()
    if match := _FEET.fullmatch(text):
        cm = (12 * int(match[1]) + float(match[2] or 0)) * CM_PER_INCH
    elif match := _INCHES.fullmatch(text):
        cm = float(match[1]) * CM_PER_INCH
    elif (match := _NUMBER.fullmatch(text)) and match[2] in _CM_PER:
        cm = float(match[1].replace(",", ".")) * _CM_PER[match[2]]
    else:
        return 0
    return round(cm) if cm <= MOST_CM else 0


@lru_cache(maxsize=4096)
def parse_weight_kg(value: str) -> int:
    """A weight ("7.5", "7.5 t", "3500 kg", "5 st", "10000 lbs") in whole kilograms; 0 for "none" and the unread."""
    match = _NUMBER.fullmatch(value.split(";")[0].strip().lower())
    if not match or match[2] not in _KG_PER:
        return 0
    kg = float(match[1].replace(",", ".")) * _KG_PER[match[2]]
    return round(kg) if kg <= MOST_KG else 0


@lru_cache(maxsize=4096)
def parse_incline_percent(value: str) -> int:
    """A slope ("8%", "-5°") in whole per cent, -100..100; 0 for "up", "down" and the unread: they tell no number."""
    match = _SLOPE.fullmatch(value.strip())
    if not match:
        return 0
    slope = float(match[1].replace(",", "."))
    if match[2] == "°":
        slope = 100.0 * math.tan(math.radians(max(-45.0, min(45.0, slope))))
    return max(-100, min(100, round(slope)))


def parse_level(value: str) -> int:
    """A storey or layer ("2", "-1", "0;1", "0.5"), the lowest of several, -127..127; 0 for the unread."""
    match = re.match(r"\s*(-?\d{1,3})", value)
    return max(-127, min(127, int(match[1]))) if match else 0


def _smallest(tags: Tags, parse: Callable[[str], int], *keys: str) -> int:
    return min((size for key in keys if key in tags and (size := parse(tags[key]))), default=0)
