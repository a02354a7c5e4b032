"""openrouteservice's questions read, and its errors written: translation only.

Source: openrouteservice API documentation v2 (giscience.github.io/openrouteservice/api-reference), "Error codes".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

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
from location_cloud.directions.model import FIRST_YEAR, LAST_YEAR, Place
from location_cloud.errors import BadQuery, CloudError, NotFound, TooLarge, Unprocessable

PROFILES = {
    "driving-car": "car",
    "driving-hgv": "truck",
    "cycling-regular": "bicycle",
    "cycling-road": "bicycle",
    "cycling-mountain": "bicycle",
    "cycling-electric": "bicycle",
    "foot-walking": "foot",
    "foot-hiking": "foot",
    "wheelchair": "wheelchair",
}

ROUTING, ISOCHRONES, MATRIX, SNAPPING = 2000, 3000, 6000, 8000
"""Where each service's error codes begin."""

BAD_JSON, MISSING, BAD_FORMAT, BAD_VALUE, TOO_MUCH = range(5)
UNSUPPORTED, NO_WAY, OFF_ROAD, UNKNOWN = 6, 9, 10, 99
"""What is added to it. Source: openrouteservice, classes ...ErrorCodes."""

MOST_PLACES, MOST_CELLS, MOST_SNAPS = 100, 1_000_000, 1000
MOST_RANGES, MOST_LOCATIONS = 10, 5
METRES = {"m": 1.0, "km": 1000.0, "mi": 1609.344}

_SIZES = {
    "height_m": "height",
    "width_m": "width",
    "length_m": "length",
    "weight_t": "weight",
    "axle_load_t": "axleload",
}
_AVOIDED = {"highways": "motorway", "tollways": "toll", "ferries": "ferry", "steps": "steps"}
_WEIGHTINGS = ("green", "quiet", "shadow", "steepness_difficulty")
_SLOPES = ("maximum_sloped_kerb", "maximum_incline", "minimum_width")
_IDLE = (*_WEIGHTINGS, "surface_type", "track_type", "smoothness_type", *_SLOPES)
"""Of profile_params, what has no effect here: a wheelchair's limits are those of its profile."""


@dataclass(frozen=True)
class Directions:
    """A question for a route. unit_m: metres in an asked unit. bearings and radiuses are in the places. ignored: what
    has no effect here.
    """

    wish: Wish
    places: tuple[Place, ...]
    raw: Json
    unit_m: float = 1.0
    language: str = "en"
    alternatives: int = 0
    has_steps: bool = True
    has_geometry: bool = True
    has_maneuvers: bool = False
    attributes: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Isochrones:
    """A question for what is in reach. ranges: seconds or metres, rising. as_asked: the same in asked units."""

    wish: Wish
    places: tuple[Place, ...]
    raw: Json
    metric: str
    ranges: tuple[float, ...]
    as_asked: tuple[float, ...]
    is_back: bool
    attributes: tuple[str, ...]
    area_unit_m2: float


@dataclass(frozen=True)
class Table:
    """A question for a matrix."""

    wish: Wish
    sources: tuple[Place, ...]
    targets: tuple[Place, ...]
    raw: Json
    metrics: tuple[str, ...]
    has_names: bool
    unit_m: float


def fault(service: int, kind: int, detail: str) -> BadQuery:
    """A question that openrouteservice refuses."""
    return BadQuery(detail, hint="see openrouteservice's API reference", ors=service + kind)


def read_directions(profile: str, asked: Json) -> Directions:
    """A route's request. Raises BadQuery with openrouteservice's code."""
    lonlats = _lonlats(ROUTING, asked, "coordinates", 2, MOST_PLACES)
    count = len(lonlats)
    radiuses = _each(asked, "radiuses", count)
    bearings = _each(asked, "bearings", count)
    is_straight = as_flag(asked.get("continue_straight"), False)
    if asked.get("skip_segments"):
        raise fault(ROUTING, UNSUPPORTED, "Parameter 'skip_segments' is not supported.")
    if as_flag(asked.get("elevation"), False):
        raise fault(ROUTING, UNSUPPORTED, "Parameter 'elevation' is not supported: there is no elevation in this data.")
    places = tuple(
        _place(lonlats[i], radiuses[i], bearings[i], is_straight and 0 < i < count - 1) for i in range(count)
    )
    several = asked.get("alternative_routes")
    alternatives = 0
    if isinstance(several, dict) and count == 2:
        alternatives = min(max(int(as_number(several.get("target_count"), 2.0) or 0) - 1, 0), 3)
    return Directions(
        read_wish(ROUTING, profile, asked),
        places,
        asked,
        _unit_m(ROUTING, asked),
        str(asked.get("language", "en"))[:20],
        alternatives,
        as_flag(asked.get("instructions"), True),
        as_flag(asked.get("geometry"), True),
        as_flag(asked.get("maneuvers"), False),
        _words(asked.get("attributes")),
        _words(asked.get("extra_info")),
        _ignored(asked),
    )


def read_ends(options: Json) -> Json:
    """The short question in the address, start= and end= as lon,lat. Raises BadQuery with openrouteservice's code."""
    ends = []
    for name in ("start", "end"):
        text = options.get(name)
        if not text:
            raise fault(ROUTING, MISSING, f"Parameter '{name}' is required.")
        lonlat = as_lonlat(str(text).split(","))
        if lonlat is None:
            raise fault(ROUTING, BAD_FORMAT, f"Parameter '{name}' has incorrect value or format: it is lon,lat.")
        ends.append(lonlat)
    return {"coordinates": ends}


def read_isochrones(profile: str, asked: Json) -> Isochrones:
    """An isochrone's request. Raises BadQuery with openrouteservice's code."""
    lonlats = _lonlats(ISOCHRONES, asked, "locations", 1, MOST_LOCATIONS)
    kind = asked.get("range_type", "time")
    if kind not in ("time", "distance"):
        raise fault(ISOCHRONES, BAD_VALUE, f"Parameter 'range_type' has incorrect value of '{str(kind)[:20]}'.")
    given = asked.get("range")
    values = [as_number(value) for value in given] if isinstance(given, list) else []
    if not values:
        raise fault(ISOCHRONES, MISSING, "Parameter 'range' is required.")
    ranges = sorted({value for value in values if value is not None and value > 0})
    if len(ranges) < len(values):
        raise fault(ISOCHRONES, BAD_VALUE, "Parameter 'range' must hold numbers above 0, each once.")
    step = as_number(asked.get("interval"))
    if step is not None and len(ranges) == 1:
        if step <= 0 or ranges[0] / step > MOST_RANGES:
            raise fault(ISOCHRONES, TOO_MUCH, f"Parameter 'interval': at most {MOST_RANGES} isochrones are made.")
        ranges = [step * part for part in range(1, int(ranges[0] / step) + 1)] or ranges
    if len(ranges) > MOST_RANGES:
        raise fault(ISOCHRONES, TOO_MUCH, f"Parameter 'range' holds {len(ranges)} values; at most {MOST_RANGES}.")
    unit = _unit_m(ISOCHRONES, asked) if kind == "distance" else 1.0
    area = _unit_m(ISOCHRONES, asked, "area_units")
    if as_flag(asked.get("intersections"), False) and len(lonlats) > 1:
        raise fault(ISOCHRONES, UNSUPPORTED, "Parameter 'intersections' is not supported.")
    return Isochrones(
        read_wish(ISOCHRONES, profile, asked),
        tuple(Place(lonlat, FARTHEST_M) for lonlat in lonlats),
        asked,
        kind,
        tuple(value * unit for value in ranges),
        tuple(ranges),
        asked.get("location_type") == "destination",
        _words(asked.get("attributes")),
        area * area,
    )


def read_table(profile: str, asked: Json) -> Table:
    """A matrix's request. Raises BadQuery with openrouteservice's code."""
    lonlats = _lonlats(MATRIX, asked, "locations", 1, 1000)
    places = [Place(lonlat, FARTHEST_M) for lonlat in lonlats]
    sources = _chosen(asked, "sources", places)
    targets = _chosen(asked, "destinations", places)
    if len(sources) * len(targets) > MOST_CELLS:
        raise fault(MATRIX, TOO_MUCH, f"Search exceeds the limit of {MOST_CELLS} cells.")
    metrics = _words(asked.get("metrics")) or ("duration",)
    if unknown := sorted(set(metrics) - {"duration", "distance"}):
        raise fault(MATRIX, BAD_VALUE, f"Parameter 'metrics' has incorrect value of '{unknown[0][:20]}'.")
    has_names = as_flag(asked.get("resolve_locations"), False)
    wish = read_wish(MATRIX, profile, asked)
    return Table(wish, sources, targets, asked, metrics, has_names, _unit_m(MATRIX, asked))


def read_snaps(profile: str, asked: Json) -> tuple[str, tuple[Place, ...]]:
    """Our profile and the places to be put on roads. Raises BadQuery with openrouteservice's code."""
    lonlats = _lonlats(SNAPPING, asked, "locations", 1, MOST_SNAPS)
    radius = as_number(asked.get("radius"), 350.0) or 350.0
    most = min(max(radius, 0.1), MOST_RADIUS_M)
    return _profile(SNAPPING, profile), tuple(Place(lonlat, most) for lonlat in lonlats)


def read_wish(service: int, profile: str, asked: Json) -> Wish:
    """Profile, things to avoid, sizes and the time of the drive. Raises BadQuery for what would change the way, but is
    not offered here.
    """
    preference = asked.get("preference", "recommended")
    if preference == "shortest":
        raise fault(
            service, UNSUPPORTED, "Parameter 'preference' is not supported as 'shortest': ways are the fastest."
        )
    if preference not in ("recommended", "fastest"):
        raise fault(service, BAD_VALUE, f"Parameter 'preference' has incorrect value of '{str(preference)[:20]}'.")
    options = _object(service, asked, "options")
    for name in ("round_trip", "avoid_borders", "avoid_countries"):
        if options.get(name) not in (None, "none", [], {}):
            raise fault(service, UNSUPPORTED, f"Parameter '{name}' is not supported.")
    avoided = options.get("avoid_features") or []
    if not isinstance(avoided, list):
        raise fault(service, BAD_FORMAT, "Parameter 'avoid_features' has incorrect value or format: it is a list.")
    if unknown := [str(feature)[:20] for feature in avoided if feature not in _AVOIDED]:
        kind = UNSUPPORTED if unknown[0] == "fords" else BAD_VALUE
        raise fault(service, kind, f"Parameter 'avoid_features' has incorrect value of '{unknown[0]}'.")
    polygons = _object(service, options, "avoid_polygons")
    limits = _object(service, _object(service, options, "profile_params"), "restrictions")
    return Wish(
        _vehicle(service, profile, options),
        replace(as_size(limits, _SIZES), max_kmh=_top_kmh(service, asked)),
        frozenset(_AVOIDED[feature] for feature in avoided),
        (polygons,) if polygons else (),
        depart=_moment(service, asked, "departure") or _moment(service, asked, "time"),
        arrive=_moment(service, asked, "arrival"),
    )


def _vehicle(service: int, profile: str, options: Json) -> str:
    """Our profile: of driving-hgv, a bus is one of its own."""
    ours = _profile(service, profile)
    return "bus" if ours == "truck" and options.get("vehicle_type") == "bus" else ours


def _top_kmh(service: int, asked: Json) -> float:
    given = asked.get("maximum_speed")
    kmh = 0.0 if given is None else as_number(given)
    if kmh is None or (given is not None and kmh < 1):
        raise fault(service, BAD_VALUE, "Parameter 'maximum_speed' has incorrect value: it is km/h, 1 or more.")
    return kmh


def _moment(service: int, asked: Json, name: str) -> datetime | None:
    """A time in the city's zone if it names none."""
    given = asked.get(name)
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(str(given))
    except ValueError:
        raise fault(service, BAD_FORMAT, f"Parameter '{name}' has incorrect value or format: it is ISO 8601.") from None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise fault(service, BAD_VALUE, f"Parameter '{name}' lies outside the years {FIRST_YEAR} to {LAST_YEAR}.")
    return at


def _object(service: int, asked: Json, name: str) -> Json:
    given = asked.get(name)
    if given is not None and not isinstance(given, dict):
        raise fault(service, BAD_FORMAT, f"Parameter '{name}' has incorrect value or format: it is an object.")
    return given or {}


def _ignored(asked: Json) -> tuple[str, ...]:
    """Options that change nothing here."""
    parameters = _object(ROUTING, _object(ROUTING, asked, "options"), "profile_params")
    given = {**_object(ROUTING, parameters, "weightings"), **_object(ROUTING, parameters, "restrictions")}
    return tuple(name for name in _IDLE if name in given)


def read_problem(asked: Json) -> Json:
    """VROOM's request with our profiles. Raises BadQuery where there are no vehicles."""
    vehicles = asked.get("vehicles")
    if not isinstance(vehicles, list) or not vehicles or not all(isinstance(each, dict) for each in vehicles):
        raise BadQuery("Invalid vehicles: a list of objects is needed.", hint="see VROOM's API")
    ours = [
        {**vehicle, "profile": PROFILES.get(str(vehicle.get("profile", "car")), str(vehicle.get("profile", "car")))}
        for vehicle in vehicles
    ]
    return {**asked, "vehicles": ours}


def vroom_error(error: CloudError) -> tuple[Json, int]:
    """A failure in VROOM's words: 2 the question is wrong, 3 no way, 1 our fault."""
    code = 3 if isinstance(error, Unprocessable) else 2 if error.status < 500 else 1
    return {"code": code, "error": error.detail}, 400 if error.status in (404, 413, 422) else error.status


def error_code(service: int, error: CloudError) -> int:
    """Openrouteservice's code of a failure."""
    if "ors" in error.extra:
        return int(str(error.extra["ors"]))
    if isinstance(error, Unprocessable):
        return service + (OFF_ROAD if is_off_road(error) else NO_WAY)
    if isinstance(error, TooLarge):
        return service + TOO_MUCH
    if isinstance(error, NotFound):
        return service + BAD_VALUE
    if isinstance(error, BadQuery):
        return service + (BAD_JSON if error.detail.startswith("the body") else BAD_VALUE)
    return service + UNKNOWN


def error_status(service: int, code: int, error: CloudError) -> int:
    """The HTTP status that goes with it."""
    if code - service in (NO_WAY, OFF_ROAD):
        return 404
    return 400 if error.status in (404, 413, 422) else error.status


def _profile(service: int, profile: str) -> str:
    if profile not in PROFILES:
        raise fault(service, BAD_VALUE, f"Parameter 'profile' has incorrect value of '{profile[:40]}'.")
    return PROFILES[profile]


def _lonlats(service: int, asked: Json, name: str, least: int, most: int) -> list[tuple[float, float]]:
    given = asked.get(name)
    if given is None:
        raise fault(service, MISSING, f"Parameter '{name}' is required.")
    if not isinstance(given, (list, tuple)):
        raise fault(service, BAD_FORMAT, f"Parameter '{name}' has incorrect value or format.")
    if len(given) < least:
        raise fault(service, BAD_VALUE, f"Parameter '{name}' must hold at least {least} places.")
    if len(given) > most:
        raise fault(service, TOO_MUCH, f"Parameter '{name}' holds {len(given)} places; at most {most}.")
    found = []
    for place, value in enumerate(given):
        lonlat = as_lonlat(value)
        if lonlat is None:
            raise fault(service, BAD_VALUE, f"Parameter '{name}' has incorrect value at {place}: it is [lon, lat].")
        found.append(lonlat)
    return found


def _place(lonlat: tuple[float, float], radius: Any, bearing: Any, is_through: bool) -> Place:
    most = FARTHEST_M if radius is None else as_number(radius)
    if not most:
        raise fault(ROUTING, BAD_FORMAT, "Parameter 'radiuses' has incorrect value or format: it holds metres, or -1.")
    most = MOST_RADIUS_M if most < 0 else min(most, MOST_RADIUS_M)
    pair = bearing if isinstance(bearing, (list, tuple)) else () if bearing is None else (None,)
    heading = as_number(pair[0]) if pair else None
    if pair and heading is None:
        raise fault(ROUTING, BAD_FORMAT, "Parameter 'bearings' has incorrect value or format: it is [degrees, width].")
    tolerance = (as_number(pair[1], 45.0) if len(pair) > 1 else None) or 45.0
    heading = None if heading is None else heading % 360
    return Place(lonlat, most, heading, min(max(tolerance, 1.0), 180.0), through=is_through)


def _each(asked: Json, name: str, count: int) -> Sequence[Any]:
    """A value for each place; a single one counts for all, missing ones at the end are none."""
    given = asked.get(name)
    if given is None:
        return (None,) * count
    values = list(given) if isinstance(given, (list, tuple)) else [given]
    if len(values) == 1 and name == "radiuses":
        return values * count
    if len(values) > count or (name == "radiuses" and len(values) < count):
        raise fault(ROUTING, BAD_VALUE, f"The number of specified {name} must correspond to the number of waypoints.")
    return (*values, *(None,) * (count - len(values)))


def _chosen(asked: Json, name: str, places: Sequence[Place]) -> tuple[Place, ...]:
    numbers = asked.get(name)
    if numbers is None or numbers == ["all"]:
        return tuple(places)
    chosen = [as_number(number) for number in numbers] if isinstance(numbers, list) else [None]
    if not chosen or any(number is None or number % 1 or not 0 <= number < len(places) for number in chosen):
        raise fault(MATRIX, BAD_VALUE, f"Parameter '{name}' must hold numbers of locations, 0..{len(places) - 1}.")
    return tuple(places[int(number or 0)] for number in chosen)


def _unit_m(service: int, asked: Json, name: str = "units") -> float:
    unit = str(asked.get(name, "m"))
    if unit not in METRES:
        raise fault(service, BAD_VALUE, f"Parameter '{name}' has incorrect value of '{unit[:20]}'.")
    return METRES[unit]


def _words(given: Any) -> tuple[str, ...]:
    return tuple(str(word) for word in given) if isinstance(given, (list, tuple)) else ()
