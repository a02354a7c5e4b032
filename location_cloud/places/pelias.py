"""Pelias's questions read, and its answers written: translation only.

Source: pelias/documentation, search.md, autocomplete.md, reverse.md, place.md, response.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from location_cloud.places.addresses import address_parts, full_line, is_of_country, street_line
from location_cloud.places.model_answer import Answer, Beside
from location_cloud.spatial.bbox import Bbox

LAYER_OF_AREA = {"country": "country", "province": "region", "city": "locality", "town": "localadmin"}

COARSE = ("neighbourhood", "borough", "locality", "localadmin", "county", "region", "country")

OURS = "location_cloud"
"""The source of what is not of OpenStreetMap."""

SURE = 80
"""Confidence from which the whole question counts as matched, in percent."""


def layer_of(answer: Answer) -> str:
    """Pelias's layer."""
    if answer.own_area is not None:
        level, name = answer.own_area.level, answer.own_area.name
        if level == "district":
            return "borough" if name.endswith(("区", "District")) else "county"
        return LAYER_OF_AREA.get(level, "neighbourhood")
    if answer.kind == "settlement":
        return "locality" if answer.rank <= 20 and answer.value != "suburb" else "neighbourhood"
    kinds = {"road": "street", "address": "address", "unit": "address", "crossing": "intersection"}
    return kinds.get(answer.kind, "venue")


def is_wanted(answer: Answer, layers: str, sources: str, countries: str) -> bool:
    """Whether an answer is of the asked layers, sources and countries."""
    wanted = {layer.strip() for layer in layers.split(",") if layer.strip()}
    if "coarse" in wanted:
        wanted |= set(COARSE)
    from_where = {source.strip() for source in sources.split(",") if source.strip()}
    is_from = not from_where or bool(from_where & {_source(answer), {"openstreetmap": "osm"}.get(_source(answer), "")})
    return (not wanted or layer_of(answer) in wanted) and is_from and is_of_country(answer, countries)


def pick_at(beside: Beside) -> list[Answer]:
    """What is at a position, the nearest first; areas behind them, the smallest first."""
    things = [each for each in (beside.house, *beside.pois, beside.road) if each is not None]
    around = [beside.settlement] if beside.settlement is not None else []
    return [*sorted(things, key=lambda each: each.distance_m or 0.0), *around, *beside.areas]


def read_gids(text: str) -> tuple[str, ...]:
    """Our ids of gids such as "openstreetmap:venue:node/12"; others are left out."""
    found = []
    for gid in text.split(","):
        source, _, rest = gid.strip().partition(":")
        _, _, id_ = rest.partition(":")
        kind, _, number = id_.partition("/")
        if source == "openstreetmap" and kind in ("node", "way", "relation") and number.isdecimal():
            found.append(f"{kind[0]}{number}")
        elif source == OURS and id_:
            found.append(id_)
    return tuple(found)


def as_collection(answers: Sequence[Answer], query: dict[str, Any], language: str, now_ms: int) -> dict[str, Any]:
    """The answer of all questions."""
    features = [_feature(answer, language, "point.lat" in query) for answer in answers]
    boxes = [answer.bounds for answer in answers if answer.bounds is not None]
    collection: dict[str, Any] = {
        "geocoding": {"version": "0.2", "attribution": "© OpenStreetMap contributors (ODbL)", "query": query},
        "type": "FeatureCollection",
        "features": features,
    }
    collection["geocoding"] |= {"engine": {"name": "location cloud"}, "timestamp": now_ms}
    if boxes:
        collection["bbox"] = _box(
            Bbox(
                min(box.west for box in boxes),
                min(box.south for box in boxes),
                max(box.east for box in boxes),
                max(box.north for box in boxes),
            )
        )
    return collection


def error_body(status: int, message: str) -> dict[str, Any]:
    """A failure: of the key as Pelias's gateway tells it, else as Pelias does."""
    if status in (401, 403):
        error = {"type": "KeyError", "message": message}
        return {"meta": {"version": 1, "status_code": status}, "results": {"error": error}}
    return {
        "geocoding": {"version": "0.2", "errors": [message]},
        "type": "FeatureCollection",
        "features": [],
    }


def _feature(answer: Answer, language: str, is_reverse: bool) -> dict[str, Any]:
    layer, source = layer_of(answer), _source(answer)
    id_ = f"{answer.osm_type}/{answer.osm_id}" if answer.is_of_osm else answer.id or str(answer.number)
    parts = dict(address_parts(answer, language))
    is_exact = answer.comprehension == 100 and (answer.confidence >= SURE)
    told: dict[str, Any] = {
        "id": id_,
        "gid": f"{source}:{layer}:{id_}",
        "layer": layer,
        "source": source,
        "source_id": id_,
        "country_code": parts.get("country_code", "").upper(),
        "name": answer.name or street_line(answer),
        "housenumber": answer.housenumber,
        "street": answer.street or (answer.name if answer.kind == "road" else ""),
        "postalcode": answer.postcode,
        "confidence": round(answer.confidence / 100, 3) if not is_reverse else _near(answer),
        "distance": None if answer.distance_m is None else round(answer.distance_m / 1000, 3),
        "accuracy": "point" if answer.rank == 30 and answer.precise else "centroid",
        "country": parts.get("country"),
        "country_a": "CHN" if answer.is_in_china else None,
        "region": parts.get("state"),
        "county": parts.get("county"),
        "locality": parts.get("city"),
        "borough": parts.get("city_district"),
        "localadmin": parts.get("town") or parts.get("suburb"),
        "neighbourhood": parts.get("neighbourhood") or parts.get("village"),
        "label": full_line(answer),
    }
    if not is_reverse:
        is_between = answer.kind == "address" and not answer.precise
        told["match_type"] = "interpolated" if is_between else "exact" if is_exact else "fallback"
        told["accuracy"] = "interpolated" if is_between else told["accuracy"]
    kept = {name: value for name, value in told.items() if value not in ("", None)}
    geometry = {"type": "Point", "coordinates": [round(degrees, 7) for degrees in answer.lonlat]}
    feature: dict[str, Any] = {"type": "Feature", "geometry": geometry, "properties": kept}
    if answer.bounds is not None and answer.rank < 30:
        feature["bbox"] = _box(answer.bounds)
    return feature


def _near(answer: Answer) -> float:
    """Confidence of reverse by distance: 1 within 1 m, .9 within 10 m, .8 within 100 m, .7 within 250 m, .6 within
    1 km, else .5 (pelias/api, middleware/confidenceScoreReverse.js).
    """
    bounds = ((1.0, 1.0), (10.0, 0.9), (100.0, 0.8), (250.0, 0.7), (1000.0, 0.6))
    metres = answer.distance_m or 0.0
    return next((score for most, score in bounds if metres < most), 0.5)


def _source(answer: Answer) -> str:
    return "openstreetmap" if answer.is_of_osm else OURS


def _box(box: Bbox) -> list[float]:
    return [round(degrees, 7) for degrees in (box.west, box.south, box.east, box.north)]
