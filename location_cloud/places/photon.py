"""Photon's questions read, and its answers written: translation only.

Source: komoot/photon, docs/api-v1.md and README.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from location_cloud.places.addresses import address_parts
from location_cloud.places.model_answer import Answer, Beside


def layer_of(answer: Answer) -> str:
    """Photon's layer."""
    if answer.kind == "road":
        return "street"
    bounds = ((26, "house"), (20, "locality"), (17, "district"), (13, "city"), (10, "county"), (5, "state"))
    return next((name for least, name in bounds if answer.rank >= least), "country")


def is_wanted(answer: Answer, tags: Sequence[str], layers: Sequence[str]) -> bool:
    """Whether an answer meets any of the tags (all that exclude), and one of the layers."""
    included = [tag for tag in tags if "!" not in tag]
    excluded = [tag for tag in tags if "!" in tag]
    is_in = not included or any(_has_tag(answer, tag) for tag in included)
    is_out = any(_is_left_out(answer, tag) for tag in excluded)
    return is_in and not is_out and (not layers or layer_of(answer) in layers)


def _has_tag(answer: Answer, tag: str) -> bool:
    key, _, value = tag.partition(":")
    return (not key or key == answer.key) and (not value or value == answer.value)


def _is_left_out(answer: Answer, tag: str) -> bool:
    """Whether !key, !key:value or :!value names it; key:!value leaves out that value of the key, and other keys."""
    key, _, value = tag.partition(":")
    if value.startswith("!") and key:
        return key != answer.key or value[1:] == answer.value
    return _has_tag(answer, tag.replace("!", ""))


def pick_at(beside: Beside) -> list[Answer]:
    """What is at a position, the nearest first; areas behind them."""
    things = [each for each in (beside.house, *beside.pois, beside.road, beside.settlement) if each is not None]
    return [*sorted(things, key=lambda each: each.distance_m or 0.0), *beside.areas]


def as_collection(answers: Sequence[Answer], language: str) -> dict[str, Any]:
    """The answer of all questions."""
    return {"type": "FeatureCollection", "features": [_feature(answer, language) for answer in answers]}


def _feature(answer: Answer, language: str) -> dict[str, Any]:
    parts = dict(address_parts(answer, language))
    told: dict[str, Any] = {
        "osm_type": answer.osm_type[:1].upper(),
        "osm_id": answer.osm_id,
        "osm_key": answer.key,
        "osm_value": answer.value,
        "type": layer_of(answer),
        "countrycode": parts.get("country_code", "").upper(),
        "name": answer.name,
        "housenumber": answer.housenumber,
        "street": answer.street,
        "postcode": answer.postcode,
        "locality": parts.get("village") or parts.get("neighbourhood"),
        "district": parts.get("suburb") or parts.get("city_district"),
        "city": parts.get("city") or parts.get("town"),
        "county": parts.get("county"),
        "state": parts.get("state"),
        "country": parts.get("country"),
    }
    own = {"state": "state", "county": "county", "city": "city", "district": "district", "country": "country"}
    told.pop(own.get(told["type"], ""), None)
    box = answer.bounds
    if box is not None and answer.rank < 30:
        told["extent"] = [round(degrees, 7) for degrees in (box.west, box.north, box.east, box.south)]
    kept = {name: value for name, value in told.items() if value not in ("", None, 0)}
    geometry = {"type": "Point", "coordinates": [round(degrees, 7) for degrees in answer.lonlat]}
    return {"type": "Feature", "properties": kept, "geometry": geometry}
