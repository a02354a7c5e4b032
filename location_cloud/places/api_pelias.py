"""Pelias's HTTP API over places: what its clients send is read, and answered in its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.errors import BadQuery, CloudError
from location_cloud.places import pelias, service_objects
from location_cloud.places.languages import read_language
from location_cloud.places.model_answer import Answer
from location_cloud.places.schema_pelias import (
    PeliasPlaceQuery,
    PeliasQuery,
    PeliasReverseQuery,
    PeliasStructuredQuery,
)
from location_cloud.spatial.bbox import Bbox, around
from location_cloud.spatial.errors import SpatialError

MOST = 50
STRUCTURED = ("venue", "address", "neighbourhood", "borough", "locality", "county", "region", "postalcode", "country")


def search(call: Call, params: PeliasQuery, _body: None) -> Reply:
    """Pelias's search."""
    return _found(call, params, _text(params.text), is_typing=False)


def autocomplete(call: Call, params: PeliasQuery, _body: None) -> Reply:
    """Pelias's autocomplete."""
    return _found(call, params, _text(params.text), is_typing=True)


def structured(call: Call, params: PeliasStructuredQuery, _body: None) -> Reply:
    """Pelias's structured search."""
    parts = [getattr(params, name).strip() for name in STRUCTURED]
    return _found(call, params, _text(", ".join(part for part in parts if part)), is_typing=False)


def reverse(call: Call, params: PeliasReverseQuery, _body: None) -> Reply:
    """Pelias's reverse: what is at a position, the nearest first."""
    limit = MOST if params.layers or params.sources else params.size
    language = read_language(params.lang, call.header("Accept-Language"))
    here = service_objects.beside(call.world, (params.lon, params.lat), 1000 * params.radius, limit, language)
    found = [
        answer
        for answer in pelias.pick_at(here)
        if pelias.is_wanted(answer, params.layers, params.sources, params.boundary_country)
    ]
    return _reply(call, params, found[: params.size], language)


def place(call: Call, params: PeliasPlaceQuery, _body: None) -> Reply:
    """Pelias's place, by gids."""
    ids = pelias.read_gids(params.ids)
    if not ids:
        raise BadQuery("invalid param 'ids': text length, must be >0", hint="gids are source:layer:id")
    language = read_language(params.lang, call.header("Accept-Language"))
    return _reply(call, params, service_objects.find_objects(call.world, ids, language), language)


def as_error(error: CloudError) -> Reply:
    """A failure in Pelias's words."""
    message = f"{error.detail}; {error.hint}" if error.hint else error.detail
    return Reply(pelias.error_body(error.status, message), error.status)


def _text(text: str) -> str:
    if not text.strip():
        raise BadQuery("invalid param 'text': text length, must be >0")
    return text


def _found(call: Call, params: Any, text: str, is_typing: bool) -> Reply:
    language = read_language(params.lang, call.header("Accept-Language"))
    focus = (params.focus_lon, params.focus_lat) if None not in (params.focus_lon, params.focus_lat) else None
    found = service_objects.search(
        call.world,
        text,
        focus=focus,
        bbox=_box(params),
        limit=min(3 * params.size, MOST),
        language=language,
        is_typing=is_typing,
    )
    wanted = [
        answer for answer in found if pelias.is_wanted(answer, params.layers, params.sources, params.boundary_country)
    ]
    return _reply(call, params, wanted[: params.size], language)


def _box(params: Any) -> Bbox | None:
    corners = (params.min_lon, params.min_lat, params.max_lon, params.max_lat)
    try:
        if None not in corners:
            return Bbox(*corners)
    except SpatialError as error:
        raise BadQuery(f"invalid boundary.rect: {error}") from None
    if None not in (params.circle_lon, params.circle_lat):
        return around((params.circle_lon, params.circle_lat), 1000 * params.circle_radius)
    return None


def _reply(call: Call, params: Any, answers: Sequence[Answer], language: str) -> Reply:
    asked = params.model_dump(by_alias=True, exclude={"crs"}, exclude_unset=True)
    return Reply(pelias.as_collection(answers, asked, language, round(call.now.timestamp() * 1000)))


def _operation(name: str, path: str, answer: Any, query: Any) -> Operation:
    return Operation(
        f"pelias.{name}", "GET", f"/pelias/v1/{path}", f"Pelias's {path}.", answer, query,
        Bytes("application/json"), "places:read", as_error=as_error, key_parameter="api_key",
        other_media=("application/geo+json",),
    )  # fmt: skip


OPERATIONS = (
    _operation("search", "search", search, PeliasQuery),
    _operation("structured", "search/structured", structured, PeliasStructuredQuery),
    _operation("autocomplete", "autocomplete", autocomplete, PeliasQuery),
    _operation("reverse", "reverse", reverse, PeliasReverseQuery),
    _operation("place", "place", place, PeliasPlaceQuery),
)
