"""What an OSM object is on the base map: its Shortbread kind and the first zoom where it is drawn.

Source: Shortbread 1.0 schema (shortbread-tiles.org), layer and kind names; zooms are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Tags: TypeAlias = Mapping[str, str]
Kind: TypeAlias = "tuple[str, int] | None"

STREETS = {
    "motorway": 5,
    "trunk": 6,
    "primary": 8,
    "secondary": 9,
    "tertiary": 10,
    "unclassified": 12,
    "residential": 12,
    "living_street": 12,
    "busway": 12,
    "pedestrian": 13,
    "service": 13,
    "track": 13,
    "footway": 14,
    "path": 14,
    "steps": 14,
    "cycleway": 13,
    "bridleway": 14,
}
RAILS = {"rail": 8, "light_rail": 10, "narrow_gauge": 10, "subway": 12, "tram": 12, "funicular": 12, "monorail": 12}
WATERWAYS = {"river": 9, "canal": 10, "stream": 13, "ditch": 14, "drain": 14}
LAND = {
    "landuse": {
        "forest": 8,
        "grass": 11,
        "meadow": 11,
        "farmland": 10,
        "farmyard": 11,
        "orchard": 11,
        "vineyard": 11,
        "allotments": 11,
        "residential": 9,
        "commercial": 10,
        "retail": 10,
        "industrial": 10,
        "railway": 11,
        "cemetery": 11,
        "recreation_ground": 11,
        "village_green": 11,
        "garages": 12,
        "quarry": 10,
        "landfill": 11,
        "brownfield": 12,
        "greenfield": 12,
        "greenhouse_horticulture": 12,
        "plant_nursery": 12,
    },
    "natural": {
        "wood": 8,
        "scrub": 10,
        "heath": 10,
        "grassland": 10,
        "sand": 10,
        "beach": 10,
        "bare_rock": 11,
        "scree": 11,
        "shingle": 11,
        "wetland": 9,
    },
    "leisure": {
        "park": 10,
        "garden": 12,
        "golf_course": 11,
        "playground": 13,
        "pitch": 13,
        "nature_reserve": 9,
        "miniature_golf": 13,
    },
    "wetland": {"marsh": 9, "swamp": 9, "bog": 9, "reedbed": 9, "wet_meadow": 9},
}
SITES = {
    "amenity": {"hospital", "university", "college", "school", "kindergarten", "parking", "bicycle_parking", "prison"},
    "landuse": {"construction", "military"},
    "leisure": {"sports_centre"},
}
PLACES = {
    "city": 4,
    "town": 6,
    "village": 9,
    "hamlet": 11,
    "suburb": 10,
    "quarter": 11,
    "neighbourhood": 12,
    "borough": 9,
    "isolated_dwelling": 13,
    "farm": 13,
    "island": 10,
    "locality": 13,
}
POI_KEYS = (
    "amenity",
    "shop",
    "tourism",
    "leisure",
    "office",
    "historic",
    "man_made",
    "emergency",
    "healthcare",
    "sport",
)
POI_BORING = {
    "bench",
    "waste_basket",
    "parking_space",
    "bicycle_parking",
    "vending_machine",
    "surveillance",
    "yes",
    "no",
}
STOPS = {
    ("railway", "station"): ("station", 11),
    ("railway", "halt"): ("station", 12),
    ("railway", "tram_stop"): ("tram_stop", 13),
    ("railway", "subway_entrance"): ("subway_entrance", 14),
    ("highway", "bus_stop"): ("bus_stop", 13),
    ("amenity", "bus_station"): ("bus_station", 12),
    ("amenity", "ferry_terminal"): ("ferry_terminal", 12),
    ("aeroway", "aerodrome"): ("aerodrome", 10),
    ("aeroway", "helipad"): ("helipad", 13),
}


def names(tags: Tags) -> dict[str, str | None]:
    """The name as written there, in Chinese and in English."""
    return {
        "name": tags.get("name"),
        "name_zh": tags.get("name:zh-Hans") or tags.get("name:zh"),
        "name_en": tags.get("name:en"),
    }


def street(tags: Tags) -> Kind:
    """Streets and railways as lines."""
    highway = tags.get("highway", "")
    kind = highway.removesuffix("_link")
    if kind in STREETS:
        return kind, STREETS[kind] + (2 if highway.endswith("_link") else 0)
    railway = tags.get("railway", "")
    return (railway, RAILS[railway] + (2 if "service" in tags else 0)) if railway in RAILS else None


def street_attributes(tags: Tags) -> dict[str, Any]:
    """What a style asks about a street beside its kind; what is not so is left out, which saves a fifth of a tile."""
    return {
        "link": tags.get("highway", "").endswith("_link") or None,
        "rail": ("railway" in tags and "highway" not in tags) or None,
        "tunnel": tags.get("tunnel", "no") not in ("no", "") or None,
        "bridge": tags.get("bridge", "no") not in ("no", "") or None,
        "oneway": tags.get("oneway") in ("yes", "1", "true") or None,
        "oneway_reverse": tags.get("oneway") == "-1" or None,
        "surface": tags.get("surface"),
        "service": tags.get("service"),
        "ref": tags.get("ref"),
    }


def water_area(tags: Tags) -> Kind:
    """Lakes, river banks, basins."""
    if tags.get("natural") == "water":
        return tags.get("water", "water"), 6
    if tags.get("waterway") in ("riverbank", "dock", "canal"):
        return tags["waterway"], 8
    return (tags["landuse"], 9) if tags.get("landuse") in ("reservoir", "basin", "salt_pond") else None


def water_line(tags: Tags) -> Kind:
    """Rivers, canals, streams, ditches as lines."""
    kind = tags.get("waterway", "")
    return (kind, WATERWAYS[kind]) if kind in WATERWAYS else None


def land(tags: Tags) -> Kind:
    """What covers the ground."""
    for key, kinds in LAND.items():
        value = tags.get(key, "")
        if value in kinds and not (key == "landuse" and "natural" in tags):
            return value, kinds[value]
    return None


def site(tags: Tags) -> Kind:
    """Grounds with one use: schools, hospitals, car parks."""
    for key, kinds in SITES.items():
        if tags.get(key) in kinds:
            return tags[key], 13
    return None


def building(tags: Tags) -> Kind:
    """Buildings."""
    return ("building", 13) if tags.get("building", "no") != "no" else None


def place(tags: Tags) -> Kind:
    """Settlements and parts of them."""
    kind = tags.get("place", "")
    return (kind, PLACES[kind]) if kind in PLACES and "name" in tags else None


def poi(tags: Tags) -> Kind:
    """Points of interest: the first of the keys that says what it is."""
    for key in POI_KEYS:
        value = tags.get(key)
        if value is not None and value not in POI_BORING:
            return value, 14
    return None


def stop(tags: Tags) -> Kind:
    """Where public transport stops."""
    for (key, value), kind in STOPS.items():
        if tags.get(key) == value:
            return kind
    return None


def address(tags: Tags) -> Kind:
    """House numbers and house names."""
    return ("address", 14) if "addr:housenumber" in tags or "addr:housename" in tags else None
