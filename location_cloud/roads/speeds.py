"""Signed speeds: what OSM's maxspeed values mean in km/h."""

from __future__ import annotations

import re
from functools import lru_cache

from location_cloud.extract import Tags
from location_cloud.roads.model import NO_LIMIT_KMH, UNKNOWN_KMH

KMH_PER_MPH = 1.609344
KMH_PER_KNOT = 1.852
WALK_KMH = 7
"""Walking speed as German courts read the sign ("Schrittgeschwindigkeit", 4 to 7 km/h)."""

_ZONES = {
    "urban": 50,
    "rural": 90,
    "trunk": 110,
    "motorway": 120,
    "living_street": 10,
    "bicycle_road": 30,
    "school": 30,
}
"""What most countries mean by a zone. Source: OSM wiki, "Default speed limits"."""

_COUNTRY_ZONES = {
    "AT:bicycle_road": 30,
    "AT:motorway": 130,
    "AT:rural": 100,
    "BE:rural": 70,
    "CH:motorway": 120,
    "CH:rural": 80,
    "CH:trunk": 100,
    "CN:motorway": 120,
    "CN:rural": 70,
    "CN:urban": 50,
    "DE:living_street": 7,
    "DE:motorway": NO_LIMIT_KMH,
    "DE:rural": 100,
    "DK:motorway": 130,
    "DK:rural": 80,
    "FI:rural": 80,
    "FR:motorway": 130,
    "FR:rural": 80,
    "GB:motorway": 113,
    "GB:nsl_dual": 113,
    "GB:nsl_restricted": 48,
    "GB:nsl_single": 97,
    "IT:motorway": 130,
    "NL:motorway": 100,
    "NL:rural": 80,
    "NL:trunk": 100,
    "NO:motorway": 110,
    "NO:rural": 80,
    "PL:living_street": 20,
    "PL:motorway": 140,
    "RU:living_street": 20,
    "RU:motorway": 110,
    "RU:urban": 60,
    "SE:rural": 70,
    "SI:motorway": 130,
    "SI:trunk": 110,
    "UK:motorway": 113,
    "UK:nsl_dual": 113,
    "UK:nsl_restricted": 48,
    "UK:nsl_single": 97,
}
"""Source: OSM wiki, "Default speed limits"; China: 道路交通安全法实施条例 (2017), articles 45 and 78."""

_VALUE = re.compile(r"(\d{1,4}(?:\.\d{1,4})?)\s*(mph|knots?|km/h|kmh|kph)?")
_ZONE_NUMBER = re.compile(r"[a-z]{2}:(?:zone:?)?(\d{1,4})")
_FACTORS = {"mph": KMH_PER_MPH, "knot": KMH_PER_KNOT, "knots": KMH_PER_KNOT}


@lru_cache(maxsize=4096)
def parse_maxspeed(value: str) -> int:
    """A maxspeed value in whole km/h, 1..254; NO_LIMIT_KMH for "none", UNKNOWN_KMH for what says no number.

    Of several values ("50;30") the smallest holds.
    """
    speeds = [_parse_one(part.strip()) for part in value.split(";")]
    known = [speed for speed in speeds if speed != UNKNOWN_KMH]
    return min(known, default=UNKNOWN_KMH)


def signed_speeds(tags: Tags) -> tuple[int, int]:
    """The signed speed forward and backward of a way, as `parse_maxspeed` gives it."""
    both = 0
    for key in ("maxspeed", "maxspeed:type", "source:maxspeed", "zone:maxspeed"):
        both = both or parse_maxspeed(tags.get(key, ""))
    return (
        parse_maxspeed(tags.get("maxspeed:forward", "")) or both,
        parse_maxspeed(tags.get("maxspeed:backward", "")) or both,
    )


def _parse_one(text: str) -> int:
    if text == "none":
        return NO_LIMIT_KMH
    if text == "walk":
        return WALK_KMH
    if match := _VALUE.fullmatch(text.lower()):
        kmh = round(float(match[1]) * _FACTORS.get(match[2] or "", 1.0))
        return min(kmh, NO_LIMIT_KMH - 1)
    if match := _ZONE_NUMBER.fullmatch(text.lower()):
        return min(int(match[1]), NO_LIMIT_KMH - 1)
    country, _, zone = text.partition(":")
    if len(country) == 2 and country.isupper():
        return _COUNTRY_ZONES.get(text, _ZONES.get(zone, UNKNOWN_KMH))
    return UNKNOWN_KMH
