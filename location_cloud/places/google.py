"""Google's geocoding questions read, and its answers written: translation only.

Source: Google Maps Platform, "Geocoding request and response", "Reverse geocoding", "Address types and address
component types".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from location_cloud.places.addresses import CHINA, full_line, is_of_country
from location_cloud.places.model_answer import Answer, Beside
from location_cloud.spatial.bbox import Bbox

TYPES_OF_AREA = {
    "country": ["country", "political"],
    "province": ["administrative_area_level_1", "political"],
    "city": ["locality", "political"],
    "district": ["sublocality_level_1", "sublocality", "political"],
    "town": ["sublocality_level_2", "sublocality", "political"],
    "village": ["neighborhood", "political"],
}

PLACE_TYPES = {
    "amenity=hospital": "hospital",
    "amenity=pharmacy": "pharmacy",
    "amenity=police": "police",
    "amenity=fire_station": "fire_station",
    "amenity=fuel": "gas_station",
    "amenity=restaurant": "restaurant",
    "amenity=cafe": "cafe",
    "amenity=bank": "bank",
    "amenity=school": "school",
    "amenity=university": "university",
    "tourism=hotel": "lodging",
    "tourism=museum": "museum",
    "railway=station": "train_station",
    "highway=bus_stop": "bus_station",
    "leisure=park": "park",
}
"""OpenStreetMap tags that have a type of their own there; the others are point_of_interest."""

NEAR_M = 500.0

STATUS_OF = {400: "INVALID_REQUEST", 401: "REQUEST_DENIED", 403: "REQUEST_DENIED", 413: "INVALID_REQUEST"}
STATUS_OF |= {404: "NOT_FOUND", 422: "ZERO_RESULTS", 429: "OVER_QUERY_LIMIT"}
"""HTTP status of ours -> status in the body; the others are UNKNOWN_ERROR."""

_PAIR = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*")


def read_latlng(text: str) -> tuple[float, float] | None:
    """lon, lat of "lat,lng"; None if it is none."""
    match = _PAIR.fullmatch(text[:100])
    lat, lon = (float(match[1]), float(match[2])) if match else (999.0, 999.0)
    return (lon, lat) if abs(lat) <= 90 and abs(lon) <= 180 else None


def read_bounds(text: str) -> Bbox | None:
    """A box of "south,west|north,east"; None if it is none."""
    corners = [read_latlng(part) for part in text.split("|")]
    if len(corners) != 2 or corners[0] is None or corners[1] is None or corners[0][1] > corners[1][1]:
        return None
    return Bbox(corners[0][0], corners[0][1], corners[1][0], corners[1][1])


def read_components(text: str) -> dict[str, str]:
    """The components that filter, by name."""
    pairs = (part.partition(":") for part in text.split("|") if ":" in part)
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}


def components_text(components: dict[str, str]) -> str:
    """What components alone ask for, the smallest first."""
    order = ("route", "locality", "administrative_area", "postal_code")
    return ", ".join(components[name] for name in order if name in components)


def is_wanted(answer: Answer, components: dict[str, str]) -> bool:
    """Whether an answer lies in the asked components."""
    return all(_meets(answer, name, value) for name, value in components.items())


def _meets(answer: Answer, name: str, value: str) -> bool:
    if name == "country":
        return is_of_country(answer, value)
    own = {
        "route": [answer.street, answer.name],
        "postal_code": [answer.postcode] if answer.postcode else [value],
        "locality": [answer.town, *(area.name for area in answer.all_areas)],
        "administrative_area": [area.name for area in answer.all_areas] or [value],
    }.get(name, [value])
    known = [text.casefold() for text in own if text]
    return not known or any(value.casefold() in text or text in value.casefold() for text in known)


def pick_at(beside: Beside) -> list[Answer]:
    """What is at a position from the most exact down to the largest area."""
    things = [each for each in (beside.house, *beside.pois, beside.road) if each is not None]
    return [*sorted(things, key=lambda each: (each.kind == "road", each.distance_m or 0.0)), *beside.areas]


def types_of(answer: Answer) -> list[str]:
    """Google's types of a place."""
    if answer.own_area is not None:
        return TYPES_OF_AREA[answer.own_area.level]
    kinds = {
        "road": ["route"],
        "address": ["street_address"],
        "unit": ["subpremise"],
        "crossing": ["intersection"],
        "settlement": ["locality", "political"],
    }
    if answer.kind in kinds:
        return kinds[answer.kind]
    own = PLACE_TYPES.get(f"{answer.key}={answer.value}")
    return [*([own] if own else []), "establishment", "point_of_interest"]


def location_type(answer: Answer) -> str:
    """ROOFTOP, RANGE_INTERPOLATED, GEOMETRIC_CENTER or APPROXIMATE."""
    if answer.kind == "address":
        return "ROOFTOP" if answer.precise else "RANGE_INTERPOLATED"
    if answer.kind in ("road", "crossing", "poi"):
        return "GEOMETRIC_CENTER"
    return "ROOFTOP" if answer.kind in ("coordinates", "cell") and answer.precise else "APPROXIMATE"


def as_result(answer: Answer, language: str) -> dict[str, Any]:
    """One result."""
    lon, lat = answer.lonlat
    box = answer.bounds or Bbox(lon, lat, lon, lat)
    geometry: dict[str, Any] = {
        "location": {"lat": round(lat, 7), "lng": round(lon, 7)},
        "location_type": location_type(answer),
        "viewport": _corners(box),
    }
    if answer.rank < 30:
        geometry["bounds"] = _corners(box)
    result: dict[str, Any] = {
        "address_components": address_components(answer, language),
        "formatted_address": formatted(answer, language),
        "geometry": geometry,
        "place_id": place_id(answer),
        "types": types_of(answer),
    }
    if answer.unmatched or answer.comprehension < 100 or (answer.kind == "address" and not answer.precise):
        result["partial_match"] = True
    return result


def formatted(answer: Answer, language: str) -> str:
    """The address in one line, with the country in China."""
    line = full_line(answer)
    return f"{CHINA[language or 'zh']}{line}" if answer.is_in_china and language != "en" else line


def address_components(answer: Answer, language: str) -> list[dict[str, Any]]:
    """The address part by part, the smallest first."""
    parts: list[tuple[str, str, list[str]]] = []
    if answer.kind == "poi":
        parts.append((answer.name, answer.name, types_of(answer)))
    if answer.housenumber:
        parts.append((answer.housenumber, answer.housenumber, ["street_number"]))
    street = answer.name if answer.kind == "road" else answer.street
    if street:
        parts.append((street, street, ["route"]))
    parts += [(area.name, area.name, TYPES_OF_AREA[area.level]) for area in answer.all_areas]
    if answer.town and not answer.area_of("city"):
        parts.append((answer.town, answer.town, ["locality", "political"]))
    if answer.is_in_china and not answer.area_of("country"):
        parts.append((CHINA[language], "CN", ["country", "political"]))
    if answer.postcode:
        parts.append((answer.postcode, answer.postcode, ["postal_code"]))
    return [{"long_name": long, "short_name": short, "types": types} for long, short, types in parts]


def place_id(answer: Answer) -> str:
    """The id of a place; of a position its coordinates, by which it is found again."""
    lon, lat = answer.lonlat
    return answer.id or f"at_{lat:.7f}_{lon:.7f}"


def read_place_id(text: str) -> tuple[float, float] | None:
    """lon, lat of a place_id that is a position; None if it names a place."""
    return read_latlng(text[3:].replace("_", ",")) if text.startswith("at_") else None


def is_of_types(answer: Answer, result_types: str, location_types: str) -> bool:
    """Whether a result is of any of the asked types, and of any of the location types."""
    wanted, places = set(filter(None, result_types.split("|"))), set(filter(None, location_types.split("|")))
    return (not wanted or bool(wanted & set(types_of(answer)))) and (not places or location_type(answer) in places)


def as_body(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The answer of all questions."""
    return {"results": list(results), "status": "OK" if results else "ZERO_RESULTS"}


def error_body(status: int, message: str) -> dict[str, Any]:
    """A failure."""
    return {"error_message": message, "results": [], "status": STATUS_OF.get(status, "UNKNOWN_ERROR")}


def _corners(box: Bbox) -> dict[str, dict[str, float]]:
    return {
        "northeast": {"lat": round(box.north, 7), "lng": round(box.east, 7)},
        "southwest": {"lat": round(box.south, 7), "lng": round(box.west, 7)},
    }
