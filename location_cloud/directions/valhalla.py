"""Valhalla's questions read, and its errors written: translation only.

Source: Valhalla API reference (valhalla.github.io/valhalla/api); codes and texts as Valhalla 3.9.1 answers them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.directions.asked import (
    FARTHEST_M,
    MOST_RADIUS_M,
    Json,
    Wish,
    as_flag,
    as_lonlat,
    as_number,
    as_size,
    is_off_road,
)
from location_cloud.directions.formats import decode_polyline
from location_cloud.directions.model import FIRST_YEAR, LAST_YEAR, Place
from location_cloud.directions.wording import FALLBACK, find_language
from location_cloud.errors import BadQuery, CloudError, NotFound, TooLarge, Unprocessable

PROFILES = {
    "auto": "car",
    "auto_shorter": "car",
    "hov": "car",
    "taxi": "taxi",
    "bus": "bus",
    "truck": "truck",
    "motorcycle": "motorcycle",
    "motor_scooter": "motorcycle",
    "bicycle": "bicycle",
    "pedestrian": "foot",
    "emergency": "emergency",
}
"""Costings; `emergency` is ours. multimodal, transit and bikeshare need timetables."""

MOST_LOCATIONS, MOST_CONTOURS, MOST_CELLS, MOST_PLAIN_CELLS = 100, 10, 40_000, 1_000_000
MOST_MINUTES, MOST_KM = 240.0, 300.0
MOST_ALTERNATES = 3
LONGEST_WAIT_S = 604_800.0

LONGEST_KM = {"foot": 250.0, "wheelchair": 250.0, "bicycle": 500.0}
OTHERS_LONGEST_KM = 5000.0
"""Straight lines between locations. Source: Valhalla's default configuration, service_limits max_distance."""

_SIZES = {
    "height_m": "height",
    "width_m": "width",
    "length_m": "length",
    "weight_t": "weight",
    "axle_load_t": "axle_load",
}
_TOP_SPEEDS = {"bicycle": "cycling_speed", "foot": "walking_speed", "wheelchair": "walking_speed"}
OTHERS_TOP_SPEED = "top_speed"
"""By profile, the option that holds its speed, km/h: slower than ours is heeded, faster is not."""

_SHUNNED = {"use_tolls": "toll", "use_ferry": "ferry", "use_highways": "motorway"}
"""0 is the strongest wish; Valhalla may still go there, we do not."""

_EXCLUDED = {
    "exclude_tolls": "toll",
    "exclude_ferries": "ferry",
    "exclude_highways": "motorway",
    "exclude_bridges": "bridge",
    "exclude_tunnels": "tunnel",
    "exclude_unpaved": "unpaved",
}

_TEXTS = {
    100: "Failed to parse json request",
    107: "Not Implemented",
    110: "Insufficiently specified required parameter 'locations'",
    112: "Insufficiently specified required parameter 'locations' or 'sources & targets'",
    113: "Insufficiently specified required parameter 'contours'",
    120: "Insufficient number of locations provided",
    124: "No edge/node costing provided",
    125: "No costing method found",
    130: "Failed to parse location",
    131: "Failed to parse source",
    132: "Failed to parse target",
    133: "Failed to parse avoid",
    137: "Failed to parse polygon",
    150: "Exceeded max locations",
    151: "Exceeded max time",
    152: "Exceeded max contours",
    154: "Path distance exceeds the max distance limit",
    160: "Date and time required for origin for date_type of depart at",
    161: "Date and time required for destination for date_type of arrive by",
    162: "Date and time is invalid.  Format is YYYY-MM-DDTHH:MM",
    165: "Date and time required for destination for date_type of invariant",
    166: "Exceeded max distance",
    171: "No suitable edges near location",
    199: "Unknown",
    312: "Insufficiently specified required parameter 'shape' or 'encoded_polyline'",
    442: "No path could be found for input",
    444: "Map Match algorithm failed to find path",
}
"""Source: Valhalla, its table of exceptions; most were answered by the real server to the same question."""


@dataclass(frozen=True)
class Question:
    """What is common to all of Valhalla's questions. costing: as asked. raw: the whole request.

    units: "kilometers" or "miles". shape: "polyline6", "polyline5", "geojson" or "no_shape".
    narrative: "instructions", "maneuvers" or "none". through: by location, whether it is only passed.
    ignored: costing options without effect here.
    """

    costing: str
    wish: Wish
    places: tuple[Place, ...]
    locations: tuple[Json, ...]
    through: tuple[bool, ...]
    raw: Json
    units: str = "kilometers"
    language: str = "en-US"
    narrative: str = "instructions"
    shape: str = "polyline6"
    format: str = "json"
    alternates: int = 0
    ignored: tuple[str, ...] = ()

    @property
    def km(self) -> float:
        """Asked units in a kilometre."""
        return 0.621371192 if self.units == "miles" else 1.0


def fault(code: int, detail: str = "") -> BadQuery:
    """A question that Valhalla refuses with this code."""
    text = f"{_TEXTS[code]}: {detail}" if detail else _TEXTS[code]
    return BadQuery(text, hint="see Valhalla's API reference", valhalla=code)


def read_json(text: Any) -> Json:
    """The request of `json=`. Raises BadQuery with code 100."""
    try:
        asked = orjson.loads(str(text))
    except orjson.JSONDecodeError:
        raise fault(100) from None
    if not isinstance(asked, dict):
        raise fault(100)
    return asked


def read_question(asked: Json, least: int = 2, name: str = "locations", most: int = MOST_LOCATIONS) -> Question:
    """The request, understood. least, most: how many locations there must be. Raises BadQuery with Valhalla's code."""
    costing, profile, options = _costing(asked)
    given = asked.get(name)
    if not isinstance(given, list):
        raise fault(110)
    if len(given) < least:
        raise fault(120) if given else fault(110)
    if len(given) > most:
        raise fault(150, str(most))
    places = [read_place(place) for place in given]
    through = [isinstance(value, dict) and value.get("type") in ("through", "via") for value in given]
    through[:1], through[-1:] = [False], [False]
    _check_distance(places, profile)
    narrated = asked.get("directions_options")
    told: Json = {**(narrated if isinstance(narrated, dict) else {}), **asked}
    alternates = as_number(asked.get("alternates"), 0.0) or 0.0
    return Question(
        costing,
        read_wish(asked, profile, options),
        tuple(places),
        tuple(place for place in given if isinstance(place, dict)),
        tuple(through),
        asked,
        "miles" if told.get("units") in ("miles", "mi") else "kilometers",
        _language(str(told.get("language", "en-US"))[:20]),
        "none" if not as_flag(asked.get("narrative"), True) else str(told.get("directions_type", "instructions")),
        _shape_format(asked),
        str(asked.get("format", "json")),
        min(max(int(alternates), 0), MOST_ALTERNATES) if len(places) == 2 else 0,
        _ignored(profile, options),
    )


def read_sides(asked: Json) -> tuple[Question, list[Place], list[Place]]:
    """A matrix's question, its sources and its targets. Raises BadQuery with Valhalla's code."""
    costing, profile, options = _costing(asked)
    sources, targets = asked.get("sources"), asked.get("targets")
    if not (isinstance(sources, list) and isinstance(targets, list) and sources and targets):
        raise fault(112)
    most = MOST_CELLS if is_verbose(asked) else MOST_PLAIN_CELLS
    if len(sources) * len(targets) > most or max(len(sources), len(targets)) > 1000:
        raise fault(150, f"{most} pairs of at most 1000 sources and 1000 targets")
    if asked.get("format") == "osrm":
        raise fault(107, "a matrix in OSRM's form; /osrm/table answers it")
    begin = [read_place(place, 131) for place in sources]
    end = [read_place(place, 132) for place in targets]
    units = "miles" if asked.get("units") in ("miles", "mi") else "kilometers"
    wish = read_wish(asked, profile, options)
    return Question(costing, wish, (), (), (), asked, units, ignored=_ignored(profile, options)), begin, end


def is_verbose(asked: Json) -> bool:
    """Whether a matrix is answered cell by cell."""
    return as_flag(asked.get("verbose"), True)


def read_contours(asked: Json) -> dict[str, list[tuple[float, str]]]:
    """Limits by metric, "distance" (m) and "time" (s), the farthest first, each with its colour, if one is wished."""
    contours = asked.get("contours")
    if not isinstance(contours, list) or not contours:
        raise fault(113)
    if len(contours) > MOST_CONTOURS:
        raise fault(152, str(MOST_CONTOURS))
    found: dict[str, list[tuple[float, str]]] = {"distance": [], "time": []}
    for contour in contours:
        values = contour if isinstance(contour, dict) else {}
        colour = str(values.get("color", ""))[:6]
        for metric, factor, most, code in (("distance", 1000, MOST_KM, 166), ("time", 60, MOST_MINUTES, 151)):
            limit = as_number(values.get(metric))
            if limit is not None and limit > most:
                raise fault(code, f"{most:g}")
            if limit is not None and limit > 0:
                found[metric].append((limit * factor, colour))
    if not any(found.values()):
        raise fault(113)
    return {metric: sorted(limits, reverse=True) for metric, limits in found.items() if limits}


def read_drawing(asked: Json) -> tuple[bool, float]:
    """Whether contours are filled, and the least share of the largest part that other parts must have (denoise)."""
    denoise = as_number(asked.get("denoise"), 1.0)
    return as_flag(asked.get("polygons"), False), min(max(1.0 if denoise is None else denoise, 0.0), 1.0)


def is_reverse(asked: Json) -> bool:
    """Whether it is asked from where one comes."""
    return as_flag(asked.get("reverse"), False)


def read_wish(asked: Json, profile: str, options: Json) -> Wish:
    """Costing options, exclusions and the time of the drive."""
    exclude = {kind for name, kind in _SHUNNED.items() if as_number(options.get(name)) == 0}
    exclude |= {kind for name, kind in _EXCLUDED.items() if as_flag(options.get(name, False), False)}
    depart, arrive = _times(asked)
    top_kmh = as_number(options.get(_top_speed(profile)), 0.0) or 0.0
    shunned = asked.get("exclude_locations", asked.get("avoid_locations")) or []
    if not isinstance(shunned, list):
        raise fault(133)
    return Wish(
        profile,
        replace(as_size(options, _SIZES), max_kmh=max(top_kmh, 1.0) if top_kmh > 0 else 0.0),
        frozenset(exclude),
        tuple(_polygons(asked.get("exclude_polygons", asked.get("avoid_polygons")) or [])),
        tuple(read_place(place, 133).lonlat for place in shunned[:50]),
        depart,
        arrive,
    )


def read_place(value: Any, code: int = 130) -> Place:
    """A location. Raises BadQuery with the code."""
    values: Json = value if isinstance(value, dict) else {}
    lonlat = as_lonlat((values.get("lon"), values.get("lat")))
    if lonlat is None:
        raise fault(code)
    heading = as_number(values.get("heading"))
    cutoff = as_number(values.get("search_cutoff"), FARTHEST_M) or FARTHEST_M
    wait_s = as_number(values.get("waiting"), 0.0) or 0.0
    if not 0 <= wait_s <= LONGEST_WAIT_S:
        raise fault(code, f"waiting={wait_s:g} is not within 0..{LONGEST_WAIT_S:g} seconds")
    side = {"same": "curb", "opposite": "opposite"}.get(str(values.get("preferred_side")), "unrestricted")
    return Place(
        lonlat,
        min(max(cutoff, 1.0), MOST_RADIUS_M),
        None if heading is None else heading % 360,
        min(max(as_number(values.get("heading_tolerance"), 60.0) or 60.0, 1.0), 180.0),
        side,
        stay_s=wait_s,
        through=values.get("type") in ("through", "via", "break_through"),
    )


def read_shape(asked: Json) -> NDArray[np.int32]:
    """The line of a request, (n, 2) lonlat_e7. Raises BadQuery with Valhalla's code."""
    shape, encoded = asked.get("shape"), asked.get("encoded_polyline")
    if isinstance(encoded, str):
        return decode_polyline(encoded, 6)
    if not isinstance(shape, list) or not shape:
        raise fault(312)
    return np.rint(np.array([read_place(place).lonlat for place in shape[:1000]]) * 1e7).astype(np.int32)


def error_reply(error: CloudError) -> tuple[Json, int]:
    """A failure in Valhalla's words, and its HTTP status. Valhalla answers 400 to whatever the caller can change."""
    status = error.status if error.status in (401, 403, 500, 503) else 400
    code, text = _code(error)
    body = {"error_code": code, "error": text, "status_code": status, "status": HTTPStatus(status).phrase}
    return body, status


def _code(error: CloudError) -> tuple[int, str]:
    if "valhalla" in error.extra:
        return int(str(error.extra["valhalla"])), error.detail
    code = 199
    if isinstance(error, Unprocessable):
        code = 171 if is_off_road(error) else 442
    elif isinstance(error, NotFound):
        code = 125
    elif isinstance(error, TooLarge):
        code = 150
    elif isinstance(error, BadQuery):
        code = 137 if error.detail.startswith("avoid.") else 100
    return code, f"{_TEXTS[code]}: {error.detail}"


def _costing(asked: Json) -> tuple[str, str, Json]:
    costing = asked.get("costing")
    if not isinstance(costing, str) or not costing:
        raise fault(124)
    if costing not in PROFILES:
        raise fault(125, f"'{costing[:40]}'")
    every = asked.get("costing_options")
    options = every.get(costing) if isinstance(every, dict) else None
    options = options if isinstance(options, dict) else {}
    if asked.get("format") in ("pbf", "geotiff"):
        raise fault(107, f"format={asked['format']}; a route comes as json, osrm or gpx, all else as json")
    is_wheeled = costing == "pedestrian" and options.get("type") == "wheelchair"
    return costing, "wheelchair" if is_wheeled else PROFILES[costing], options


def _times(asked: Json) -> tuple[datetime | None, datetime | None]:
    """When one leaves, when one must be there: one of them at most. Both None = now."""
    given = asked.get("date_time")
    if not isinstance(given, dict):
        return _times_of_ends(asked.get("locations"))
    kind, value = as_number(given.get("type")), given.get("value")
    if kind not in (1, 2, 3):
        return None, None
    if not value:
        raise fault({1: 160, 2: 161, 3: 165}[int(kind)])
    at = _moment(value)
    return (None, at) if kind == 2 else (at, None)


def _times_of_ends(locations: Any) -> tuple[datetime | None, datetime | None]:
    """The same from the first location, or else the last."""
    ends = (locations[0], locations[-1]) if isinstance(locations, list) and len(locations) > 1 else ()
    told = [end.get("date_time") if isinstance(end, dict) else None for end in ends] or [None, None]
    depart = _moment(told[0]) if told[0] else None
    return depart, _moment(told[1]) if told[1] and depart is None else None


def _moment(value: Any) -> datetime | None:
    """A time in the city's zone if it names none; None = now. Raises BadQuery with code 162."""
    text = str(value)
    if text == "current":
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise fault(162) from None
    if "T" not in text or not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise fault(162, f"in the years {FIRST_YEAR} to {LAST_YEAR}")
    return at


def _polygons(given: Any) -> list[Json]:
    """Rings, closed or not, or a GeoJSON FeatureCollection of polygons."""
    if isinstance(given, dict):
        features = given.get("features")
        geometries = [feature.get("geometry") for feature in features or [] if isinstance(feature, dict)]
        return [geometry for geometry in geometries if isinstance(geometry, dict)]
    if not isinstance(given, list):
        raise fault(137)
    polygons = []
    for ring in given:
        points = [as_lonlat(point) for point in ring] if isinstance(ring, list) else []
        if len(points) < 3 or None in points:
            raise fault(137, "a ring has at least three lon, lat pairs")
        points += points[:1] if points[0] != points[-1] else []
        polygons.append({"type": "Polygon", "coordinates": [points]})
    return polygons


def _check_distance(places: Sequence[Place], profile: str) -> None:
    most = LONGEST_KM.get(profile, OTHERS_LONGEST_KM)
    metres = 0.0
    for before, after in pairwise(places):
        (west, south), (east, north) = before.lonlat, after.lonlat
        half_lat, half_lon = math.radians(north - south) / 2, math.radians(east - west) / 2
        chord = math.sin(half_lat) ** 2 + math.cos(math.radians(south)) * math.cos(math.radians(north)) * (
            math.sin(half_lon) ** 2
        )
        metres += 2 * 6_371_000 * math.asin(min(math.sqrt(chord), 1.0))
    if metres > most * 1000:
        raise fault(154, f"{most * 1000:g} meters")


def _shape_format(asked: Json) -> str:
    wished = asked.get("shape_format")
    return wished if wished in ("polyline5", "geojson", "no_shape") else "polyline6"


def _language(tag: str) -> str:
    """The language in which it is told: the asked one where there are words of it."""
    spoken = find_language(tag)
    return tag if tag.lower().split("-")[0] == spoken.lower().split("-")[0] else {FALLBACK: "en-US"}.get(spoken, spoken)


def _top_speed(profile: str) -> str:
    return _TOP_SPEEDS.get(profile, OTHERS_TOP_SPEED)


def _ignored(profile: str, options: Json) -> tuple[str, ...]:
    """Costing options that change nothing here."""
    heeded = {*_SIZES.values(), *_EXCLUDED, "hazmat", "type", _top_speed(profile)}
    heeded |= {name for name in _SHUNNED if as_number(options.get(name)) == 0}
    return tuple(sorted(str(name)[:40] for name in set(options) - heeded))[:20]
