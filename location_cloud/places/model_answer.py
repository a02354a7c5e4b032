"""One place as the interfaces of other geocoders tell it: what they all say of it, before each says it in its words."""

from __future__ import annotations

from dataclasses import dataclass

from location_cloud.places.model import KINDS
from location_cloud.spatial.bbox import Bbox

LEVEL_RANK = {"country": 4, "province": 8, "city": 10, "district": 12, "town": 16, "village": 20}
"""Nominatim's address rank of an area: twice its OSM admin_level (Nominatim, "Place Ranking")."""

PLACE_RANK = {"city": 16, "town": 18, "village": 19, "suburb": 19, "borough": 18, "hamlet": 20, "neighbourhood": 22}
"""The same of OSM's place=*; others are of 22."""

ROAD_RANK, THING_RANK = 26, 30


@dataclass(frozen=True)
class Around:
    """An administrative area around a place; its name in the asked language. level: one of areas' LEVELS."""

    code: str
    name: str
    level: str


@dataclass(frozen=True)
class Answer:
    """One place.

    id: "n12", "w3", "r4" of OpenStreetMap, an area's code, or "" = a position that nobody mapped. number: of the place
    in this snapshot, > 0. kind, level, confidence, comprehension, precise: as `service.Place`; nothing was asked in
    words: 100, 100, 1. key, value: OpenStreetMap tag. name: in the asked language, "" = a house. other_names: as
    written. importance: 0 to 1. areas: the smallest first, without the place itself. own_area: what it is of an area.
    distance_m, bearing_deg: from the place to the position asked about; None = none was.
    """

    id: str
    number: int
    kind: str
    level: str
    key: str
    value: str
    name: str
    lonlat: tuple[float, float]
    accuracy_m: float
    importance: float
    areas: tuple[Around, ...]
    own_area: Around | None = None
    other_names: tuple[str, ...] = ()
    bounds: Bbox | None = None
    housenumber: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""
    precise: int = 1
    confidence: int = 100
    comprehension: int = 100
    unmatched: str = ""
    distance_m: float | None = None
    bearing_deg: float | None = None

    @property
    def osm_type(self) -> str:
        """What it is in OpenStreetMap: "node", "way", "relation", or "" for what is of elsewhere."""
        return {"n": "node", "w": "way", "r": "relation"}[self.id[0]] if self.is_of_osm else ""

    @property
    def osm_id(self) -> int:
        """The object's number there; 0 = none."""
        return int(self.id[1:]) if self.is_of_osm else 0

    @property
    def is_of_osm(self) -> bool:
        """Whether it is an object of OpenStreetMap."""
        return self.id[:1] in ("n", "w", "r") and self.id[1:].isdecimal()

    @property
    def all_areas(self) -> tuple[Around, ...]:
        """The areas around it and itself, the smallest first."""
        return (self.own_area, *self.areas) if self.own_area else self.areas

    @property
    def is_in_china(self) -> bool:
        """Whether it lies in an area of China's statistical tree."""
        return any(area.code.isdecimal() for area in self.all_areas)

    @property
    def adcode(self) -> str:
        """The six digits of the district in China, "" elsewhere."""
        codes = [area.code for area in self.all_areas if area.code.isdecimal()]
        return max((code[:6] for code in codes), key=len).ljust(6, "0") if codes else ""

    @property
    def rank(self) -> int:
        """Nominatim's place rank: 4 a country, 26 a road, 30 a house or a point of interest."""
        if self.own_area is not None:
            return LEVEL_RANK[self.own_area.level]
        if self.kind == "settlement":
            return PLACE_RANK.get(self.value, 22)
        return ROAD_RANK if self.kind == "road" else THING_RANK

    @property
    def is_named(self) -> bool:
        """Whether it is a named thing, not an address or a position."""
        return self.kind in KINDS

    def area_of(self, level: str) -> Around | None:
        """The area of a level that it is or lies in."""
        return next((area for area in self.all_areas if area.level == level), None)

    def name_of(self, level: str) -> str:
        """The name of that area, "" if there is none."""
        area = self.area_of(level)
        return area.name if area else ""


@dataclass(frozen=True)
class Beside:
    """What is at a position: the nearest house, the nearest named road, points of interest, all nearest first, the
    nearest settlement, and the areas around it, the smallest first.
    """

    house: Answer | None
    road: Answer | None
    pois: tuple[Answer, ...]
    settlement: Answer | None
    areas: tuple[Answer, ...]
