"""What a way's tags say about every segment of it, as numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from location_cloud.extract import Tags
from location_cloud.roads import model
from location_cloud.roads.access import Access, road_class, way_access
from location_cloud.roads.conditions import When, read_conditions
from location_cloud.roads.countries import WORLD, Country
from location_cloud.roads.lanes import lane_counts
from location_cloud.roads.model import CAR, SMOOTHNESS, SURFACES, UNPAVED_FROM, WHEN_OPEN
from location_cloud.roads.names import NameBook
from location_cloud.roads.sizes import parse_incline_percent, parse_length_cm, parse_level, size_limits
from location_cloud.roads.speeds import signed_speeds


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ACCESS_KEYS = _words(
    "highway route junction access vehicle motor_vehicle motorcar bicycle foot psv bus taxi emergency hgv motorcycle "
    "motorroad expressway oneway conveying cycleway busway wheelchair ramp"
)
_OTHER_KEYS = _words(
    "service tunnel bridge toll surface tracktype smoothness maxspeed source zone locked lanes turn lit level layer "
    "incline width hazmat dual_carriageway maxheight maxwidth maxlength maxweight maxweightrating maxaxleload"
)
_RULE_KEYS = _ACCESS_KEYS | _OTHER_KEYS
"""Keys that the numbers below depend on; a suffix after a colon belongs to its key. Ways with equal values under these
share one reading: of 100 residential streets 90 are alike."""

_SURFACE_ALIASES = {
    "unhewn_cobblestone": "cobblestone",
    "earth": "ground",
    "soil": "ground",
    "cement": "concrete",
    "stone": "rock",
    "pavement": "paved",
    "tarmac": "asphalt",
    "gravel;ground": "gravel",
}
_SURFACE = {name: place for place, name in enumerate(SURFACES)}
_SMOOTHNESS = {name: place for place, name in enumerate(SMOOTHNESS)}
_CLASS = {name: place for place, name in enumerate(model.CLASSES)}
_DARK = frozenset(("", "no", "disused"))


class WayNumbers(NamedTuple):
    """What becomes columns of all segments of a way. told_urban: NOT_TOLD, TOLD_URBAN, TOLD_RURAL."""

    kind: int
    service: int
    flags: int
    speed_forward_kmh: int
    speed_backward_kmh: int
    access_forward: int
    access_backward: int
    surface: int
    smoothness: int
    tracktype: int
    lanes_forward: int
    lanes_backward: int
    max_height_cm: int
    max_width_cm: int
    max_length_cm: int
    max_weight_kg: int
    max_axle_kg: int
    incline_percent: int
    level: int
    width_cm: int
    told_urban: int


class WayReading(NamedTuple):
    """What tags say: numbers, and what holds under a condition only."""

    numbers: WayNumbers
    conditions: tuple[When, ...]


class WayReader:
    """Reads the tags of ways by the defaults of a country; equal ones once."""

    def __init__(self, country: Country = WORLD) -> None:
        self.country = country
        self._read: dict[tuple[tuple[str, str], ...], WayReading | None] = {}
        self._access: dict[tuple[tuple[str, str], ...], Access] = {}
        self._is_rule_key: dict[str, bool] = {}

    def read(self, tags: Tags) -> WayReading | None:
        """What the tags say; None if they describe no road that anybody may ever use."""
        if "highway" not in tags and "route" not in tags:
            return None
        relevant = tuple(item for item in tags.items() if self._counts(item[0]))
        if relevant not in self._read:
            self._read[relevant] = self._reading(tags, relevant)
        return self._read[relevant]

    def _counts(self, key: str) -> bool:
        known = self._is_rule_key.get(key)
        if known is None:
            known = self._is_rule_key[key] = key.partition(":")[0] in _RULE_KEYS and key != "source"
        return known

    def _reading(self, tags: Tags, relevant: tuple[tuple[str, str], ...]) -> WayReading | None:
        kind = road_class(tags)
        if not kind:
            return None
        access_tags = tuple(item for item in relevant if item[0].partition(":")[0] in _ACCESS_KEYS)
        if access_tags not in self._access:
            self._access[access_tags] = way_access(tags, self.country)
        access = self._access[access_tags]
        conditions: tuple[When, ...] = ()
        if any(key.endswith(":conditional") or key.startswith("maxspeed:") for key, _ in relevant):
            conditions = read_conditions(tags, access, self.country)
        if not access.forward and not access.backward and not any(when.kind == WHEN_OPEN for when in conditions):
            return None
        return WayReading(_way_numbers(tags, kind, access), conditions)


def way_names(tags: Tags, book: NameBook) -> tuple[int, int, int, int]:
    """Numbers of the local, Chinese and English name and of the road's reference number."""
    return (
        book.number(tags.get("name", "")),
        book.number(tags.get("name:zh") or tags.get("name:zh-Hans", "")),
        book.number(tags.get("name:en", "")),
        book.number(tags.get("ref", "")),
    )


def _way_numbers(tags: Tags, kind: str, access: Access) -> WayNumbers:
    service = tags.get("service", "") if kind == "service" else ""
    surface = _surface(tags.get("surface", ""))
    grade = tags.get("tracktype", "")
    return WayNumbers(
        _CLASS[kind],
        model.SERVICES.index(service if service in model.SERVICES else "other"),
        access.flags | _flags(tags, kind, surface),
        *signed_speeds(tags),
        access.forward,
        access.backward,
        surface,
        _SMOOTHNESS.get(tags.get("smoothness", ""), 0),
        int(grade[5]) if grade in ("grade1", "grade2", "grade3", "grade4", "grade5") else 0,
        *lane_counts(tags, bool(access.forward & CAR), bool(access.backward & CAR)),
        *size_limits(tags),
        parse_incline_percent(tags.get("incline", "")),
        parse_level(tags.get("level") or tags.get("layer", "")),
        parse_length_cm(tags.get("width", "")),
        _told_urban(tags, kind),
    )


def _surface(value: str) -> int:
    if not value:
        return 0
    text = value.split(";")[0].strip()
    text = _SURFACE_ALIASES.get(text, text)
    return _SURFACE.get(text) or _SURFACE.get(text.partition(":")[0]) or _SURFACE["other"]


def _flags(tags: Tags, kind: str, surface: int) -> int:
    wheelchair = tags.get("wheelchair", "")
    claims: Iterable[tuple[int, bool]] = (
        (model.ROUNDABOUT, tags.get("junction") in ("roundabout", "circular")),
        (model.TUNNEL, tags.get("tunnel", "no") != "no"),
        (model.BRIDGE, tags.get("bridge", "no") != "no"),
        (model.TOLL, tags.get("toll", "no") != "no"),
        (model.UNPAVED, surface >= UNPAVED_FROM or (not surface and kind == "track" and not _is_solid(tags))),
        (model.FERRY, kind == "ferry"),
        (model.LINK, kind.endswith("_link")),
        (model.LIVING_STREET, kind == "living_street"),
        (model.HAZMAT_NO, tags.get("hazmat") == "no"),
        (model.WHEELCHAIR_NO, wheelchair == "no"),
        (model.WHEELCHAIR_YES, wheelchair in ("yes", "designated")),
        (model.LIT, tags.get("lit", "") not in _DARK),
        (model.DUAL, tags.get("dual_carriageway") == "yes"),
    )
    return sum(flag for flag, holds in claims if holds)


def _is_solid(tags: Tags) -> bool:
    return tags.get("tracktype") == "grade1"


NOT_TOLD, TOLD_URBAN, TOLD_RURAL = range(3)
"""Values of `WayNumbers.told_urban`."""


def _told_urban(tags: Tags, kind: str) -> int:
    """Whether a speed zone tag puts the way inside or outside a built-up area ("DE:urban", "FI:zone30", "CN:rural")."""
    for key in ("source:maxspeed", "maxspeed:type", "zone:maxspeed", "zone:traffic", "maxspeed"):
        country, colon, zone = tags.get(key, "").partition(":")
        if not colon or len(country) != 2:
            continue
        if zone.startswith(("urban", "zone", "living_street", "bicycle_road", "school", "nsl_restricted")):
            return TOLD_URBAN
        if zone.startswith(("rural", "motorway", "trunk", "nsl_")):
            return TOLD_RURAL
    return TOLD_RURAL if kind == "motorway" else TOLD_URBAN if kind == "living_street" else NOT_TOLD
