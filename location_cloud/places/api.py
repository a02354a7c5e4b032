"""Places over HTTP: geocode, suggest, reverse."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from location_cloud.capability import Cache, Call, Operation
from location_cloud.places import service
from location_cloud.places.schema import GeocodeQuery, NearCollection, PlaceCollection, ReverseQuery, SuggestQuery


def geocode(call: Call, params: GeocodeQuery, _body: None) -> dict[str, Any]:
    """Places that a text means."""
    found = service.geocode(call.world, params.q, params.focus, params.bbox, params.limit, params.crs)
    return _collection(params.q, found)


def suggest(call: Call, params: SuggestQuery, _body: None) -> dict[str, Any]:
    """Places that somebody who is still typing may mean."""
    return _collection(params.q, service.suggest(call.world, params.q, params.focus, params.limit))


def reverse(call: Call, params: ReverseQuery, _body: None) -> dict[str, Any]:
    """A position in words."""
    here = service.reverse(call.world, params.at, params.radius_m, params.limit)
    things = [thing for thing in (here.address, here.road, *here.pois) if thing]
    return {
        "type": "FeatureCollection",
        "features": [_feature(thing) for thing in things],
        "location": params.at,
        "areas": [asdict(area) for area in here.areas],
        "cell": {"system": "beidou", "level": service.REVERSE_CELL_LEVEL, "code": here.cell},
    }


def _collection(query: str, found: tuple[service.Place, ...]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [_feature(place) for place in found], "query": query}


def _feature(thing: service.Place | service.NearPlace) -> dict[str, Any]:
    properties = asdict(thing)
    geometry = {"type": "Point", "coordinates": properties.pop("lonlat")}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


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
    ),
    Operation(
        name="places.reverse",
        method="GET",
        path="/v1/reverse",
        summary="A position in words: address, road and side, places near it, areas around it",
        answer=reverse,
        In=ReverseQuery,
        Out=NearCollection,
        scope="places:read",
        cache=Cache.SHORT,
    ),
)
