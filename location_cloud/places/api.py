"""Places over HTTP: geocode, suggest, parse."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from location_cloud.capability import Bytes, Cache, Call, Operation, PlainCall
from location_cloud.http.batch_form import MAX_BYTES, MEDIA, NDJSON, batch_form
from location_cloud.http.plain_form import Plain, only_if, plain_form
from location_cloud.places import service
from location_cloud.places.quick import is_short_question, typical_questions
from location_cloud.places.schema import (
    GeocodeLinesQuery,
    GeocodeQuery,
    ParseQuery,
    PlaceCollection,
    Readings,
    SuggestQuery,
)
from location_cloud.places.service_names import are_stored


def geocode(call: Call, params: GeocodeQuery, _body: None) -> dict[str, Any]:
    """Places that a text means."""
    found = service.geocode(
        call.world,
        params.q,
        params.focus,
        params.bbox,
        params.limit,
        params.crs,
        params.list_kinds(),
        params.category,
        params.adcode,
    )
    return as_collection(params.q, found)


def suggest(call: Call, params: SuggestQuery, _body: None) -> dict[str, Any]:
    """Places that somebody who is still typing may mean."""
    found = service.suggest(
        call.world,
        params.q,
        params.focus,
        params.limit,
        params.crs,
        params.list_kinds(),
        params.category,
        params.adcode,
        params.bbox,
    )
    return as_collection(params.q, found)


def parse(call: Call, params: ParseQuery, _body: None) -> dict[str, Any]:
    """How a text can be read."""
    text, readings = service.parse(call.world, params.q, params.crs)
    return {"query": params.q, "text": text, "readings": [asdict(reading) for reading in readings]}


def as_collection(query: str, found: tuple[service.Place, ...]) -> dict[str, Any]:
    """Answers as the document of PlaceCollection."""
    ask = found[0].ask if found else ""
    return {"type": "FeatureCollection", "features": [_feature(place) for place in found], "query": query, "ask": ask}


def _feature(place: service.Place) -> dict[str, Any]:
    # dataclasses.asdict copies every value deeply, which took longer than the search.
    properties = dict(vars(place))
    properties["areas"] = [dict(vars(area)) for area in place.areas]
    geometry = {"type": "Point", "coordinates": properties.pop("lonlat")}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


PLAIN_GEOCODE = plain_form(geocode, GeocodeQuery, PlaceCollection)
PLAIN_SUGGEST = plain_form(suggest, SuggestQuery, PlaceCollection)


def _quick(plain: Plain) -> Plain:
    """The same for short questions, where names are in the snapshot: PostgreSQL takes milliseconds."""
    short = only_if(is_short_question, plain)

    def quick(call: PlainCall, path: str, query: str) -> bytes | None:
        return None if are_stored(call.world) else short(call, path, query)

    return quick


OPERATIONS = (
    Operation(
        name="places.geocode",
        method="GET",
        path="/v1/geocode",
        summary="The position of a name, an address, coordinates in words or a grid code",
        answer=geocode,
        In=GeocodeQuery,
        Out=PlaceCollection,
        scope="places:read",
        cache=Cache.SHORT,
        errors=(422,),
        plain=PLAIN_GEOCODE,
        quick=_quick(PLAIN_GEOCODE),
        typical=typical_questions("/v1/geocode"),
    ),
    Operation(
        name="places.geocode_batch",
        method="POST",
        path="/v1/geocode/batch",
        summary="The positions of many names and addresses: one a line in, one a line out, in the same order",
        answer=batch_form(geocode, GeocodeQuery, PlaceCollection, "q"),
        In=GeocodeLinesQuery,
        Out=Bytes(NDJSON),
        raw_body=MEDIA,
        max_raw_bytes=MAX_BYTES,
        scope="places:read",
        cost=100,
        deadline_s=60.0,
    ),
    Operation(
        name="places.suggest",
        method="GET",
        path="/v1/suggest",
        summary="Names that begin so, while somebody types",
        answer=suggest,
        In=SuggestQuery,
        Out=PlaceCollection,
        scope="places:read",
        cache=Cache.SHORT,
        plain=PLAIN_SUGGEST,
        quick=_quick(PLAIN_SUGGEST),
        typical=typical_questions("/v1/suggest"),
    ),
    Operation(
        name="places.parse",
        method="GET",
        path="/v1/parse",
        summary="Every way to read a question, part by part, without looking for the place",
        answer=parse,
        In=ParseQuery,
        Out=Readings,
        scope="places:read",
        cache=Cache.SHORT,
    ),
)
