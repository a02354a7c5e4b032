"""A position in words over HTTP: what is there, and what a crew is told."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from location_cloud.capability import Bytes, Cache, Operation, PlainCall
from location_cloud.errors import CloudError
from location_cloud.http.batch_form import MAX_BYTES, MEDIA, NDJSON, LineCall, batches
from location_cloud.http.plain_form import plain_form
from location_cloud.places import service_reverse as service
from location_cloud.places.model_reverse import LANGUAGES, HouseHere, Landmark, NearPlace, RoadHere
from location_cloud.places.schema_reverse import NearCollection, ReverseLinesQuery, ReverseQuery


def reverse(call: PlainCall, params: ReverseQuery, _body: None) -> dict[str, Any]:
    """A position in words."""
    if params.profile == "dispatch":
        language = params.language or call.language(LANGUAGES)
        told = service.describe(call.world, params.at, params.radius_m, params.limit, language)
        return as_dispatch(params.at, told)
    return as_plain(params.at, service.reverse(call.world, params.at, params.radius_m, params.limit))


def reverse_lines(call: LineCall, asked: Sequence[ReverseQuery]) -> Iterator[dict[str, Any] | CloudError]:
    """Many positions in words; those of the plain profile with one radius are looked up together."""
    together = [each for each in asked if each.profile == "plain"]
    is_one_kind = len({(each.radius_m, each.limit) for each in together}) == 1
    try:
        here = iter(
            service.reverse_many(call.world, [each.at for each in together], together[0].radius_m, together[0].limit)
            if is_one_kind
            else ()
        )
        for each in asked:
            is_looked_up = is_one_kind and each.profile == "plain"
            yield as_plain(each.at, next(here)) if is_looked_up else reverse(call, each, None)
    except CloudError as error:  # the section is missing: so it is for every line
        yield from itertools.repeat(error, len(asked))


def as_plain(at: tuple[float, float], here: service.Here) -> dict[str, Any]:
    """Address, road and places as features."""
    return _collection(at, [_feature(vars(thing)) for thing in (here.address, here.road, *here.pois) if thing], here)


def as_dispatch(at: tuple[float, float], told: service.Dispatch) -> dict[str, Any]:
    """The same of what a crew is told, and all of it in `dispatch`."""
    parts = {name: as_values(part) for name, part in vars(told).items() if name not in ("areas", "cell")}
    things = [thing for thing in (told.house, told.road, *told.landmarks) if thing]
    return {**_collection(at, [_feature(_near(thing)) for thing in things], told), "dispatch": parts}


def as_values(value: Any) -> Any:
    """A dataclass as a mapping, and so what it holds; dataclasses.asdict takes 20 times as long."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: as_values(part) for name, part in vars(value).items()}
    return [as_values(part) for part in value] if isinstance(value, tuple) else value


def _collection(
    at: tuple[float, float], features: list[dict[str, Any]], here: service.Here | service.Dispatch
) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": features,
        "location": at,
        "areas": [vars(area) for area in here.areas],
        "cell": {"system": "beidou", "level": service.CELL_LEVEL, "code": here.cell},
    }


def _feature(properties: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": properties["lonlat"]}
    told = {name: value for name, value in properties.items() if name != "lonlat"}
    return {"type": "Feature", "geometry": geometry, "properties": told}


def _near(thing: HouseHere | RoadHere | Landmark) -> dict[str, Any]:
    """One of the parts as a thing near the position."""
    if isinstance(thing, HouseHere):
        name, kind, category = f"{thing.street} {thing.housenumber}", "address", ""
    elif isinstance(thing, RoadHere):
        name, kind, category = thing.name, "road", thing.category
    else:
        name, kind, category = thing.name, "poi", thing.category
    house = thing if isinstance(thing, HouseHere) else None
    return vars(
        NearPlace(
            thing.id,
            kind,
            name,
            category,
            thing.lonlat,
            thing.distance_m,
            thing.bearing_deg,
            thing.direction,
            house.street if house else "",
            house.housenumber if house else "",
            house.city if house else "",
            house.postcode if house else "",
        )
    )


OPERATIONS = (
    Operation(
        name="places.reverse",
        method="GET",
        path="/v1/reverse",
        summary="A position in words: address, road and side, places near it, areas around it, and what a crew is told",
        answer=reverse,
        In=ReverseQuery,
        Out=NearCollection,
        scope="places:read",
        cache=Cache.SHORT,
        plain=plain_form(reverse, ReverseQuery, NearCollection),
        quick=plain_form(reverse, ReverseQuery, NearCollection),
        typical=service.typical_addresses,
    ),
    Operation(
        name="places.reverse_batch",
        method="POST",
        path="/v1/reverse/batch",
        summary="Many positions in words: one a line in, one a line out, in the same order",
        answer=batches(reverse_lines, ReverseQuery, NearCollection, "at"),
        In=ReverseLinesQuery,
        Out=Bytes(NDJSON),
        raw_body=MEDIA,
        max_raw_bytes=MAX_BYTES,
        scope="places:read",
        cost=100,
        deadline_s=60.0,
        errors=(413,),
    ),
)
