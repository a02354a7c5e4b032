"""GraphHopper's questions read, and its errors written: translation only.

Source: GraphHopper web API documentation (docs/web/api-doc.md), version 11; errors as its exception mappers write them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from location_cloud.directions.asked import FARTHEST_M, Json, Wish, as_flag, as_lonlat, as_number, is_off_road
from location_cloud.directions.model import Place
from location_cloud.errors import BadQuery, CloudError, NotFound, TooLarge, Unprocessable

PROFILES = {
    "car": "car",
    "car_avoid_ferry": "car",
    "car_avoid_motorway": "car",
    "car_avoid_toll": "car",
    "small_truck": "truck",
    "truck": "truck",
    "bus": "bus",
    "taxi": "taxi",
    "emergency": "emergency",
    "motorcycle": "motorcycle",
    "scooter": "motorcycle",
    "bike": "bicycle",
    "mtb": "bicycle",
    "racingbike": "bicycle",
    "ecargobike": "bicycle",
    "foot": "foot",
    "hike": "foot",
    "wheelchair": "wheelchair",
}
_AVOIDING = {
    "car_avoid_ferry": frozenset({"ferry"}),
    "car_avoid_motorway": frozenset({"motorway"}),
    "car_avoid_toll": frozenset({"toll"}),
}

DETAILS = (
    "average_speed",
    "time",
    "distance",
    "weight",
    "street_name",
    "street_ref",
    "street_destination",
    "road_class",
    "road_class_link",
    "road_environment",
    "surface",
    "max_speed",
    "toll",
    "roundabout",
    "edge_id",
    "osm_way_id",
    "leg_time",
    "leg_distance",
    "leg_weight",
)

MOST_PLACES, MOST_CELLS, MOST_BUCKETS = 100, 250_000, 10
MOST_ALTERNATIVES = 3
SNAP = "com.graphhopper.util.exceptions."

_STATEMENTS = {
    "road_class==MOTORWAY": "motorway",
    "toll==ALL": "toll",
    "toll!=NO": "toll",
    "road_environment==FERRY": "ferry",
    "road_environment==TUNNEL": "tunnel",
    "road_environment==BRIDGE": "bridge",
}
"""Conditions of a custom model that we can close by; each must be multiplied by 0."""

_PREVENTABLE = ("motorway", "trunk", "ferry", "tunnel", "bridge", "ford")
_ALGORITHMS = ("", "dijkstra", "dijkstrabi", "astar", "astarbi", "alternative_route")
_GONE = ("block_area", "avoid", "weighting")
"""Options of old versions that this one refuses as well."""


@dataclass(frozen=True)
class Question:
    """A question for a route. details: of DETAILS. multiplier: of encoded lines, 1e5 or 1e6. format: "json" or "gpx".
    prevented: kinds of road that no point is put on.
    """

    wish: Wish
    places: tuple[Place, ...]
    through: tuple[bool, ...]
    language: str = "en"
    alternatives: int = 0
    details: tuple[str, ...] = ()
    has_instructions: bool = True
    has_points: bool = True
    is_encoded: bool = True
    multiplier: float = 1e5
    is_optimised: bool = False
    format: str = "json"
    prevented: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reach:
    """A question for what is in reach. limits: seconds or metres, rising, one for each bucket."""

    wish: Wish
    place: Place
    metric: str
    limits: tuple[float, ...]
    is_back: bool
    is_geojson: bool


@dataclass(frozen=True)
class Table:
    """A question for a matrix. parts: times, distances, weights."""

    wish: Wish
    sources: tuple[Place, ...]
    targets: tuple[Place, ...]
    parts: tuple[str, ...]
    fails_fast: bool


def fault(message: str, kind: str = "java.lang.IllegalArgumentException", **more: object) -> BadQuery:
    """A question that GraphHopper refuses; kind: of its exceptions."""
    return BadQuery(message, hint="see GraphHopper's web API documentation", graphhopper={"details": kind, **more})


def read_address(options: Json) -> Json:
    """The options of an address in the form of the body: points as lon, lat."""
    asked = dict(options)
    for name, ours in (("point", "points"), ("from_point", "from_points"), ("to_point", "to_points")):
        if name in asked:
            asked[ours] = [list(reversed(str(text).split(","))) for text in as_list(asked.pop(name))]
    for name, ours in (
        ("heading", "headings"),
        ("curbside", "curbsides"),
        ("out_array", "out_arrays"),
        ("detail", "details"),
        ("snap_prevention", "snap_preventions"),
    ):
        if name in asked:
            asked[ours] = as_list(asked.pop(name))
    return asked


def read_route(asked: Json) -> Question:
    """A route's request. Raises BadQuery with GraphHopper's words."""
    wish = read_wish(asked)
    points = asked.get("points")
    if not isinstance(points, list) or not points:
        raise fault("You have to pass at least one point")
    if len(points) < 2:
        raise fault("At least 2 points have to be specified, but was:1")
    if len(points) > MOST_PLACES:
        raise fault(f"Too many points: {len(points)}, at most {MOST_PLACES}")
    count = len(points)
    headings = _each(asked, "headings", count)
    sides = _each(asked, "curbsides", count)
    passes = as_flag(asked.get("pass_through"), False)
    through = tuple(passes and 0 < i < count - 1 for i in range(count))
    places = tuple(_place(i, points[i], headings[i], sides[i], through[i]) for i in range(count))
    details = tuple(str(name) for name in as_list(asked.get("details")))
    if unknown := [name for name in details if name not in DETAILS]:
        raise fault(f"Cannot find the path details: {unknown}")
    algorithm = str(asked.get("algorithm", "")).lower()
    if algorithm not in _ALGORITHMS:
        raise fault(f"algorithm {algorithm[:20]} is not offered here")
    for name in _GONE:
        if asked.get(name) not in (None, "", "fastest"):
            raise fault(f"The '{name}' parameter is no longer supported, use a custom_model instead")
    if as_flag(asked.get("elevation"), False):
        raise fault("Elevation not supported!")
    form = asked.get("type", "json")
    if form not in ("json", "gpx"):
        raise fault(f"Format not supported: {str(form)[:20]}")
    prevented = tuple(str(name) for name in as_list(asked.get("snap_preventions")) if name)
    if unknown := [name for name in prevented if name not in _PREVENTABLE]:
        raise fault(f"Cannot find snap prevention '{unknown[0][:20]}'; there are {', '.join(_PREVENTABLE)}")
    wanted = _number(asked, "alternative_route.max_paths", 2.0)
    several = algorithm == "alternative_route" and count == 2
    return Question(
        wish,
        places,
        through,
        str(asked.get("locale", "en"))[:20],
        min(max(int(wanted) - 1, 0), MOST_ALTERNATIVES) if several else 0,
        details,
        as_flag(asked.get("instructions"), True),
        as_flag(asked.get("calc_points"), True),
        as_flag(asked.get("points_encoded"), True),
        1e6 if as_number(asked.get("points_encoded_multiplier")) == 1e6 else 1e5,
        as_flag(asked.get("optimize"), False),
        form,
        prevented,
    )


def read_reach(asked: Json) -> Reach:
    """An isochrone's request. Raises BadQuery with GraphHopper's words."""
    wish = read_wish(asked)
    place = read_point(asked)
    buckets = _number(asked, "buckets", 1.0)
    if not 1 <= buckets <= MOST_BUCKETS or buckets % 1:
        raise fault(f"The number of buckets has to be in the range [1, {MOST_BUCKETS}]")
    metres = _number(asked, "distance_limit", -1.0)
    seconds = _number(asked, "time_limit", 600.0)
    metric, most = ("distance", metres) if metres > 0 else ("time", seconds)
    if not most > 0:
        raise fault("You have to specify time_limit or distance_limit above 0")
    form = asked.get("type", "json")
    if form not in ("json", "geojson"):
        raise fault(f"Format not supported: {str(form)[:20]}")
    limits = tuple(most * part / buckets for part in range(1, int(buckets) + 1))
    return Reach(wish, place, metric, limits, as_flag(asked.get("reverse_flow"), False), form == "geojson")


def read_table(asked: Json) -> Table:
    """A matrix's request. Raises BadQuery with GraphHopper's words."""
    wish = read_wish(asked)
    both = asked.get("points")
    sides = []
    for name in ("from_points", "to_points"):
        points = asked.get(name, both)
        if not isinstance(points, list) or not points:
            raise fault(f"{name} or points are needed")
        if len(points) > 1000:
            raise fault(f"Too many {name}: {len(points)}, at most 1000")
        sides.append(tuple(_place(i, point, None, None, False) for i, point in enumerate(points)))
    if len(sides[0]) * len(sides[1]) > MOST_CELLS:
        raise fault(f"Too many cells: {len(sides[0]) * len(sides[1])}, at most {MOST_CELLS}")
    parts = tuple(str(name) for name in as_list(asked.get("out_arrays"))) or ("weights",)
    if unknown := [name for name in parts if name not in ("times", "distances", "weights")]:
        raise fault(f"out_array {unknown[0][:20]!r} is none of times, distances, weights")
    return Table(wish, sides[0], sides[1], parts, as_flag(asked.get("fail_fast"), True))


def read_point(asked: Json) -> Place:
    """The one point of a request. Raises BadQuery with GraphHopper's words."""
    points = asked.get("points")
    if not isinstance(points, list) or len(points) != 1:
        raise fault("You have to pass exactly one point, point=lat,lon")
    return _place(0, points[0], None, None, False)


def read_wish(asked: Json) -> Wish:
    """Profile and custom model. Raises BadQuery with GraphHopper's words."""
    name = str(asked.get("profile", asked.get("vehicle", "car")))
    if name not in PROFILES:
        known = ", ".join(PROFILES)
        raise fault(f"The requested profile '{name[:40]}' does not exist.\nAvailable profiles: [{known}]")
    wish = Wish(PROFILES[name], exclude=_AVOIDING.get(name, frozenset()))
    model = asked.get("custom_model") or {}
    if not isinstance(model, dict):
        raise fault("custom_model must be an object")
    return _with_model(wish, model) if model else wish


def as_list(value: Any) -> list[Any]:
    """A value that may be one or several."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _number(asked: Json, name: str, default: float) -> float:
    """A number that may be missing, but not be something else."""
    value = default if asked.get(name) is None else as_number(asked[name])
    if value is None:
        raise fault(f"{name} must be a number, but was: {str(asked[name])[:20]}")
    return value


def error_reply(error: CloudError) -> tuple[Json, int]:
    """A failure in GraphHopper's words, and its HTTP status: 400 for whatever the caller can change."""
    status = error.status if error.status in (401, 403, 500, 503) else 400
    hint: Json = {"message": error.detail, "details": "java.lang.RuntimeException"}
    given = error.extra.get("graphhopper")
    if isinstance(given, dict):
        hint |= given
    elif isinstance(error, Unprocessable) and is_off_road(error):
        hint["message"] = f"Cannot find {error.detail}"
        hint |= {"details": f"{SNAP}PointNotFoundException", **_point_index(error)}
    elif isinstance(error, Unprocessable):
        hint["message"] = f"Connection between locations not found: {error.detail}"
        hint["details"] = f"{SNAP}ConnectionNotFoundException"
    elif isinstance(error, (BadQuery, NotFound, TooLarge)):
        hint["details"] = "java.lang.IllegalArgumentException"
    return {"message": hint["message"], "hints": [hint]}, status


def _point_index(error: CloudError) -> Json:
    found = re.match(r"\w+[ \[](\d+)", error.detail)
    return {"point_index": int(found[1])} if found else {}


def _place(number: int, point: Any, heading: Any, side: Any, is_through: bool) -> Place:
    lonlat = as_lonlat(point)
    if lonlat is None:
        raise fault(f"Cannot parse point {number} '{str(point)[:60]}'", point_index=number)
    degrees = as_number(heading)
    if degrees is None and heading is not None and str(heading).lower() != "nan":
        raise fault(f"Heading for point {number} must be in range [0,360) or NaN, but was: {str(heading)[:20]}")
    if degrees is not None and not 0 <= degrees <= 360:
        raise fault(f"Heading for point {number} must be in range [0,360) or NaN, but was: {degrees:g}")
    if side not in (None, "", "any", "left", "right"):
        raise fault(f"Illegal curbside: {str(side)[:20]}")
    heading_deg = None if degrees is None else degrees % 360
    approach = {"right": "curb", "left": "opposite"}.get(str(side), "unrestricted")
    return Place(lonlat, FARTHEST_M, heading_deg, 60.0, approach, through=is_through)


def _each(asked: Json, name: str, count: int) -> Sequence[Any]:
    given = as_list(asked.get(name))
    if not given:
        return (None,) * count
    if len(given) == 1:
        return (*given, *(None,) * (count - 1))
    if len(given) != count:
        raise fault(f"The number of '{name}' must be zero, one or equal to the number of points ({count})")
    return given


def _with_model(wish: Wish, model: Json) -> Wish:
    """The wish with what a custom model closes. Everything else that would change the way is refused."""
    areas = _model_areas(model.get("areas"))
    exclude, avoided = set(wish.exclude), []
    if model.get("distance_influence"):
        raise fault("custom_model: distance_influence is not supported, ways are the quickest")
    vehicle = replace(wish.vehicle, max_kmh=_top_kmh(model.get("speed")))
    for statement in as_list(model.get("priority")):
        condition = str(statement.get("if", "")) if isinstance(statement, dict) else ""
        if not condition or as_number(statement.get("multiply_by")) != 0:
            raise fault("custom_model: only priority statements with 'if' and multiply_by 0 are supported")
        for term in re.split(r"\s*\|\|\s*", condition):
            plain = term.replace(" ", "")
            if plain.startswith("in_") and plain[3:] in areas:
                avoided.append(areas[plain[3:]])
            elif plain in _STATEMENTS:
                exclude.add(_STATEMENTS[plain])
            else:
                raise fault(f"custom_model: the condition '{term[:60]}' is not supported")
    return replace(wish, vehicle=vehicle, exclude=frozenset(exclude), areas=tuple(avoided))


def _top_kmh(statements: Any) -> float:
    """The speed that all roads are limited to; 0 = none."""
    most = 0.0
    for statement in as_list(statements):
        given = statement if isinstance(statement, dict) else {}
        limit = as_number(given.get("limit_to"))
        if given.keys() != {"if", "limit_to"} or str(given["if"]) not in ("true", "True") or limit is None or limit < 1:
            raise fault("custom_model: of speed only {'if': 'true', 'limit_to': km/h from 1 on} is supported")
        most = min(most or limit, limit)
    return most


def _model_areas(given: Any) -> dict[str, Json]:
    """Geometries by name: of a FeatureCollection, or of an object that holds a feature for each name."""
    if not isinstance(given, dict):
        return {}
    listed = as_list(given.get("features")) if given.get("type") == "FeatureCollection" else None
    named = (
        ((str(each.get("id")), each) for each in listed if isinstance(each, dict))
        if listed is not None
        else given.items()
    )
    return {
        name: feature["geometry"]
        for name, feature in named
        if isinstance(feature, dict) and isinstance(feature.get("geometry"), dict)
    }
