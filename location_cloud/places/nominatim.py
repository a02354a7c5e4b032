"""Nominatim's questions read, and its answers written: translation only.

Source: Nominatim 5 manual, "API Reference" (search, reverse, lookup, details, status, "Place Output Formats").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import quoteattr

import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.places.addresses import address_parts, comma_line, is_of_country
from location_cloud.places.model_answer import Answer, Beside
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.geojson import as_geojson

SPOKEN_VERSION = "5.3.0"

LICENCE = "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright"

RANKS = (2, 2, 2, 4, 4, 8, 10, 10, 12, 12, 17, 17, 18, 19, 22, 25, 26, 27, 30)
"""Largest place rank by zoom (Nominatim's v1 helpers, REVERSE_MAX_RANKS)."""

FEATURE_RANKS = {"country": (4, 4), "state": (5, 9), "city": (10, 18), "settlement": (8, 22)}
"""featureType -> ranks (manual, "Restricting results")."""

LAYERS = {
    "railway": ("railway",),
    "natural": ("natural", "water", "waterway", "landuse"),
    "manmade": ("man_made", "power", "pipeline", "bridge"),
}
"""Layer -> keys of tags; everything else that is a point of interest is of the layer poi."""

STRUCTURED = ("amenity", "street", "city", "county", "state", "postalcode", "country")

OUTLINE_NAMES = {"geojson": "geojson", "kml": "geokml", "svg": "svg", "text": "geotext"}

NEAR_M = 400.0
"""How far a house or point of interest may be to stand for a position; a street, ten times as far."""

ROAD_M = 4_000.0


def structured_text(parts: dict[str, str]) -> str:
    """A structured question in one line, the smallest part first."""
    return ", ".join(parts[name].strip() for name in STRUCTURED if parts.get(name, "").strip())


def read_viewbox(text: str) -> Bbox | None:
    """A box of two corners in any order; None if the text is none."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        return None
    west, east, south, north = min(west, east), max(west, east), min(south, north), max(south, north)
    return Bbox(max(west, -180), max(south, -90), min(east, 180), min(north, 90)) if south <= 90 >= -north else None


def is_wanted(answer: Answer, layers: str, feature_type: str, countries: str, excluded: str) -> bool:
    """Whether an answer is of the asked layers, ranks and countries, and not left out by its number or id."""
    least, most = FEATURE_RANKS.get(feature_type, (0, 30))
    if not is_of_country(answer, countries):
        return False
    left_out = {text.strip().lower() for text in excluded.split(",")}
    is_left_out = str(answer.number) in left_out or bool(answer.id and answer.id in left_out)
    return least <= answer.rank <= most and not is_left_out and _is_of_layers(answer, layers)


def _is_of_layers(answer: Answer, layers: str) -> bool:
    wanted = {layer.strip() for layer in layers.split(",") if layer.strip()}
    if not wanted:
        return True
    own = next((layer for layer, keys in LAYERS.items() if answer.key in keys), "poi")
    return (own if answer.kind == "poi" else "address") in wanted


def pick_at(beside: Beside, zoom: int, layers: str) -> Answer | None:
    """The place that stands for a position at a level of detail; None if there is nothing."""
    most = RANKS[zoom]
    things = [_on_its_street(each, beside) for each in (beside.house, *beside.pois) if each is not None]
    things = [each for each in things if _distance(each) <= NEAR_M]
    choices: list[list[Answer]] = [
        sorted(things, key=_distance),
        [beside.road] if beside.road is not None and _distance(beside.road) <= ROAD_M else [],
        [beside.settlement] if beside.settlement is not None else [],
        list(beside.areas),
    ]
    for group in choices:
        for each in group:
            if each.rank <= most and _is_of_layers(each, layers or "address,poi"):
                return each
    return beside.areas[-1] if beside.areas else None


def _on_its_street(answer: Answer, beside: Beside) -> Answer:
    """A thing without an address of its own with the street that it lies at, and the town of the house beside it."""
    if answer.street or beside.road is None or _distance(beside.road) > AT_STREET_M:
        return answer
    house = beside.house
    return replace(
        answer,
        street=beside.road.name,
        postcode=house.postcode if house else "",
        town=house.town if house else "",
    )


AT_STREET_M = 100.0
"""A thing this close to a street is said to lie at it."""


def _distance(answer: Answer) -> float:
    return answer.distance_m if answer.distance_m is not None else 0.0


# --- answers -------------------------------------------------------------------------------------------------------


class Told:
    """What of each place is told. outlines: one for each answer, None = no outline is asked for."""

    def __init__(
        self, language: str, addressdetails: bool, extratags: bool, namedetails: bool, polygons: Sequence[str]
    ) -> None:
        self.language = language
        self.addressdetails = addressdetails
        self.extratags = extratags
        self.namedetails = namedetails
        self.polygons = tuple(polygons)

    def address(self, answer: Answer) -> dict[str, str]:
        """The address part by part, with the code of an area in China as ISO codes stand elsewhere."""
        return dict(address_parts(answer, self.language))

    def names(self, answer: Answer) -> dict[str, str]:
        """All names; which language the others are in is not known."""
        return {"name": answer.name, **{f"alt_name:{at}": name for at, name in enumerate(answer.other_names, 1)}}


def falling(answers: Iterable[Answer]) -> list[float]:
    """Importances that fall along the list: clients sort by them, and the order is ours."""
    found: list[float] = []
    for answer in answers:
        found.append(min(max(answer.importance, 1e-5), found[-1] if found else 1.0))
    return found


def as_place(
    answer: Answer, importance: float, told: Told, outline: BaseGeometry | None, version: int
) -> dict[str, Any]:
    """A place of format=json (version 1) or jsonv2 (2)."""
    lon, lat = answer.lonlat
    place: dict[str, Any] = {"place_id": answer.number, "licence": LICENCE}
    if answer.is_of_osm:
        place |= {"osm_type": answer.osm_type, "osm_id": answer.osm_id}
    place |= {
        "lat": f"{lat:.7f}",
        "lon": f"{lon:.7f}",
        "class" if version == 1 else "category": answer.key,
        "type": answer.value,
        "place_rank": answer.rank,
        "importance": round(importance, 6),
        "addresstype": address_type(answer),
        "name": answer.name,
        "display_name": comma_line(answer, told.language),
    }
    place |= _details(answer, told)
    place["boundingbox"] = [f"{degrees:.7f}" for degrees in _south_north(answer)]
    for form in told.polygons if outline is not None else ():
        place[OUTLINE_NAMES[form]] = written(outline, form)
    return place


def as_geojson_feature(answer: Answer, importance: float, told: Told, outline: BaseGeometry | None) -> dict[str, Any]:
    """A place of format=geojson."""
    place = as_place(answer, importance, told, None, 2)
    for name in ("licence", "lat", "lon", "boundingbox"):
        del place[name]
    south, north, west, east = _south_north(answer)
    shape = outline if outline is not None and "geojson" in told.polygons else shapely.Point(answer.lonlat)
    return {"type": "Feature", "properties": place, "bbox": [west, south, east, north], "geometry": as_geojson(shape)}


def as_geocodejson_feature(answer: Answer, told: Told, outline: BaseGeometry | None) -> dict[str, Any]:
    """A place of format=geocodejson (geocoders/geocodejson-spec 0.1)."""
    parts = told.address(answer)
    geocoding: dict[str, Any] = {
        "place_id": answer.number,
        "osm_type": answer.osm_type,
        "osm_id": answer.osm_id,
        "osm_key": answer.key,
        "osm_value": answer.value,
        "type": geocodejson_type(answer),
        "accuracy": round(answer.accuracy_m),
        "label": comma_line(answer, told.language),
        "name": answer.name,
        "housenumber": answer.housenumber,
        "street": answer.street or (answer.name if answer.kind == "road" else ""),
        "postcode": answer.postcode,
        "locality": parts.get("village") or parts.get("neighbourhood", ""),
        "district": parts.get("suburb") or parts.get("city_district", ""),
        "city": parts.get("city") or parts.get("town", ""),
        "county": parts.get("county", ""),
        "state": parts.get("state", ""),
        "country": parts.get("country", ""),
        "country_code": parts.get("country_code", ""),
    }
    levels = {"province": 4, "city": 5, "district": 6, "town": 8, "village": 10}
    geocoding["admin"] = {f"level{levels[area.level]}": area.name for area in answer.areas if area.level in levels}
    shape = outline if outline is not None and "geojson" in told.polygons else shapely.Point(answer.lonlat)
    kept = {name: value for name, value in geocoding.items() if value not in ("", 0)}
    return {"type": "Feature", "properties": {"geocoding": kept}, "geometry": as_geojson(shape)}


def xml_search(answers: Sequence[Answer], told: Told, outlines: Sequence[BaseGeometry | None], query: str) -> bytes:
    """format=xml of search and lookup."""
    places = []
    for answer, importance, outline in zip(answers, falling(answers), outlines, strict=True):
        place = as_place(answer, importance, told, outline, 1)
        attributes = _attributes(place, {**place, "ref": answer.name})
        inner = (
            "".join(_element(kind, text) for kind, text in told.address(answer).items()) if told.addressdetails else ""
        )
        inner += _xml_details(answer, told)
        places.append(f"<place {attributes}>{inner}</place>")
    head = f"<searchresults querystring={quoteattr(query)} attribution={quoteattr(LICENCE)}>"
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n{head}{"".join(places)}</searchresults>'.encode()


def xml_reverse(answer: Answer | None, told: Told, outline: BaseGeometry | None, query: str) -> bytes:
    """format=xml of reverse."""
    inner = _element("error", NOTHING["error"])
    if answer is not None:
        place = as_place(answer, falling([answer])[0], told, outline, 1)
        attributes = _attributes(place, {"ref": answer.name})
        inner = f"<result {attributes}>{_text(place['display_name'])}</result>"
        if told.addressdetails:
            parts = "".join(_element(kind, text) for kind, text in told.address(answer).items())
            inner += f"<addressparts>{parts}</addressparts>"
        inner += _xml_details(answer, told)
    head = f"<reversegeocode attribution={quoteattr(LICENCE)} querystring={quoteattr(query)}>"
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n{head}{inner}</reversegeocode>'.encode()


NOTHING = {"error": "Unable to geocode"}
"""What reverse says, with status 200, where there is nothing."""


def as_details(answer: Answer, told: Told, outline: BaseGeometry) -> dict[str, Any]:
    """The answer of details."""
    return {
        "place_id": answer.number,
        "parent_place_id": None,
        "osm_type": answer.osm_type[:1].upper(),
        "osm_id": answer.osm_id,
        "category": answer.key,
        "type": answer.value,
        "admin_level": 15,
        "localname": answer.name or comma_line(answer, told.language),
        "names": told.names(answer),
        "addresstags": {},
        "housenumber": answer.housenumber or None,
        "calculated_postcode": answer.postcode or None,
        "country_code": told.address(answer).get("country_code"),
        "importance": answer.importance,
        "extratags": {},
        "rank_address": answer.rank,
        "rank_search": answer.rank,
        "isarea": outline.geom_type in ("Polygon", "MultiPolygon"),
        "centroid": as_geojson(shapely.Point(answer.lonlat)),
        "geometry": as_geojson(outline if "geojson" in told.polygons else shapely.Point(answer.lonlat)),
    }


def address_type(answer: Answer) -> str:
    """Which part of its address the place is."""
    if answer.own_area is not None or answer.kind in ("road", "settlement"):
        return next((kind for kind, text in address_parts(answer) if text == answer.name), answer.value)
    return "place" if answer.kind == "address" else answer.key


def geocodejson_type(answer: Answer) -> str:
    """The type of the geocodejson specification."""
    if answer.kind == "road":
        return "street"
    rank = answer.rank
    bounds = ((27, "house"), (22, "locality"), (17, "district"), (13, "city"), (10, "county"), (5, "state"))
    return next((name for least, name in bounds if rank >= least), "country")


def written(outline: BaseGeometry, form: str) -> Any:
    """An outline as geojson, text (WKT), kml or svg."""
    if form == "geojson":
        return as_geojson(outline)
    if form == "text":
        return shapely.to_wkt(outline, rounding_precision=7, trim=True)
    if form == "kml":
        return "".join(_kml(part) for part in getattr(outline, "geoms", [outline]))
    return " ".join(_svg(part) for part in getattr(outline, "geoms", [outline]))


def _kml(shape: BaseGeometry) -> str:
    def line(ring: BaseGeometry) -> str:
        text = " ".join(f"{lon:.7f},{lat:.7f}" for lon, lat in shapely.get_coordinates(ring).tolist())
        return f"<coordinates>{text}</coordinates>"

    if shape.geom_type == "Polygon":
        rings = f"<outerBoundaryIs><LinearRing>{line(shape.exterior)}</LinearRing></outerBoundaryIs>"
        rings += "".join(
            f"<innerBoundaryIs><LinearRing>{line(ring)}</LinearRing></innerBoundaryIs>" for ring in shape.interiors
        )
        return f"<Polygon>{rings}</Polygon>"
    return f"<{shape.geom_type}>{line(shape)}</{shape.geom_type}>"


def _svg(shape: BaseGeometry) -> str:
    if shape.geom_type == "Point":
        return f'cx="{shape.x:.7f}" cy="{-shape.y:.7f}"'
    rings = [shape.exterior, *shape.interiors] if shape.geom_type == "Polygon" else [shape]
    paths = []
    for ring in rings:
        points = [f"{lon:.7f} {-lat:.7f}" for lon, lat in shapely.get_coordinates(ring).tolist()]
        paths.append(f"M {points[0]} L {' '.join(points[1:])}" + (" Z" if shape.geom_type == "Polygon" else ""))
    return " ".join(paths)


def _details(answer: Answer, told: Told) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if told.addressdetails:
        found["address"] = told.address(answer)
    if told.extratags:
        found["extratags"] = {}
    if told.namedetails:
        found["namedetails"] = told.names(answer)
    return found


def _south_north(answer: Answer) -> tuple[float, float, float, float]:
    box = answer.bounds
    lon, lat = answer.lonlat
    return (box.south, box.north, box.west, box.east) if box is not None else (lat, lat, lon, lon)


def _attributes(place: dict[str, Any], more: dict[str, Any]) -> str:
    """A place as attributes of its element."""
    values = {**more, **place, "boundingbox": ",".join(place["boundingbox"])}
    written_out = {name: value for name, value in values.items() if isinstance(value, (str, int, float))}
    written_out.pop("licence", None)
    if "geojson" in place:
        written_out["geojson"] = shapely.to_geojson(shapely.geometry.shape(place["geojson"]))
    return " ".join(f"{name}={quoteattr(_valid(str(value)))}" for name, value in written_out.items())


def _xml_details(answer: Answer, told: Told) -> str:
    if not told.namedetails:
        return ""
    names = "".join(f"<name desc={quoteattr(kind)}>{_text(name)}</name>" for kind, name in told.names(answer).items())
    return f"<namedetails>{names}</namedetails>"


def _element(name: str, text: str) -> str:
    name = "".join(char if char.isalnum() else "_" for char in name)
    return f"<{name}>{_text(text)}</{name}>"


def _text(text: str) -> str:
    return _valid(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _valid(text: str) -> str:
    """Without what XML 1.0 has no form for."""
    return "".join(char for char in text if char >= " " or char in "\t\n")
