"""HTTP operations of searches: begin, list, read, the map, the log, the find."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Call, Operation, Reply
from location_cloud.http.preconditions import etag, get_version, sent_by
from location_cloud.searches import schema, service, service_poa
from location_cloud.searches.fields import as_entry, as_json, as_text
from location_cloud.searches.model import DESK, Search, Subject
from location_cloud.searches.service import Asked
from location_cloud.searches.service_state import get_search

Json = dict[str, Any]


def begin_search(call: Call, params: schema.Nothing, body: schema.SearchBody) -> Reply:
    """The new search with its map."""
    asked = _asked(body)
    said = body.model_dump(mode="json", exclude_unset=True)
    stored, is_new = service.begin_search(call.world, call.tenant, asked, said, sent_by(call, "searches", body))
    return _reply(stored, 201, is_new)


def list_searches(call: Call, params: schema.InSearches, body: None) -> Json:
    """A page of searches."""
    found = service.list_searches(call.live, call.tenant, tuple(params.status), params.after, params.limit)
    following = found[-1].id if len(found) == params.limit else None
    return {"searches": [as_json(each) for each in found], "next_after": following}


def read_search(call: Call, params: schema.InSearch, body: None) -> Reply:
    """One search."""
    return _reply(get_search(call.live, call.tenant, params.id))


def list_log(call: Call, params: schema.InLog, body: None) -> Json:
    """What happened to a search."""
    found = service.list_log(call.live, call.tenant, params.id, params.after, params.limit)
    following = found[-1].number if len(found) == params.limit else None
    return {"entries": [as_entry(each) for each in found], "next_after": following}


def read_poa(call: Call, params: schema.InPoa, body: None) -> Reply:
    """The map in the asked form."""
    poa = service_poa.find_poa(call.world, call.tenant, params.id, params.as_of)
    headers = etag(poa.version)
    if params.format == "png":
        box = ",".join(f"{each:.7f}" for each in poa.search.lattice.bounds)
        told = headers | {"Content-Bbox": box}
        return Reply(service_poa.picture(poa, params.max_side), media_type="image/png", headers=told)
    if params.format == "cog":
        name = f'attachment; filename="search-{poa.search.id}-{poa.version}.tif"'
        told = headers | {"Content-Disposition": name}
        return Reply(service_poa.geotiff(poa), media_type="image/tiff; application=geotiff", headers=told)
    about = {
        "search": poa.search.id,
        "version": poa.version,
        "as_of": as_text(params.as_of),
        "simulated": poa.search.is_simulated,
    }
    if params.format == "geojson":
        by_levels = params.by == "levels"
        features = service_poa.level_features(poa) if by_levels else service_poa.cell_features(poa, params.limit)
        answer = {"type": "FeatureCollection", **about, "rest_of_world": poa.rest_of_world, "features": features}
        return Reply(answer, headers=headers)
    summary = service_poa.summary(poa, params.limit)
    return Reply({**about, "grid": as_json(poa.search)["grid"], **summary}, headers=headers)


def close_with_find(call: Call, params: schema.InVersion, body: schema.FindBody) -> Reply:
    """The search, over."""
    found = service.close_with_find(
        call.world,
        call.tenant,
        params.id,
        get_version(call, params.version),
        body.location,
        body.found_at or call.now,
        body.condition,
        sent_by(call, f"find/{params.id}", body),
    )
    return _reply(found)


def set_status(call: Call, params: schema.InVersion, body: schema.StatusBody) -> Reply:
    """The search, suspended or open."""
    sent = sent_by(call, f"status/{params.id}", body)
    version = get_version(call, params.version)
    return _reply(service.set_status(call.world, call.tenant, params.id, version, body.status, body.reason, sent))


def _asked(body: schema.SearchBody) -> Asked:
    told = body.subject
    subject = Subject(
        told.category, told.age, told.mobility, told.last_seen_at, told.responsive, is_vulnerable=told.vulnerable
    )
    extent = body.extent
    return Asked(
        body.title,
        subject,
        body.ipp,
        body.ipp_type,
        body.grid.cell_m,
        body.grid.beidou_level,
        None if extent is None else extent.radius_m,
        None if extent is None else extent.bbox,
        body.season,
        body.ground,
        body.layers.wish(),
        body.rest_of_world,
        body.emergency,
        body.incident,
        body.simulated,
    )


def _reply(search: Search, status: int = 200, is_new: bool = True) -> Reply:
    return Reply(as_json(search), status, headers=etag(search.version, is_new))


_ALL, _ONE = "/v1/searches", "/v1/searches/{id}"

OPERATIONS = (
    Operation(
        "searches.begin",
        "POST",
        _ALL,
        "Begin a search: the probability map is made at once. Header Idempotency-Key: sent twice, begun once.",
        begin_search,
        schema.Nothing,
        schema.OutSearch,
        DESK,
        Body=schema.SearchBody,
        status=201,
        cost=10,
        errors=(404, 409, 413, 422, 507),
    ),
    Operation(
        "searches.list",
        "GET",
        _ALL,
        "Searches by status, page by page.",
        list_searches,
        schema.InSearches,
        schema.OutSearches,
        DESK,
    ),
    Operation(
        "searches.get",
        "GET",
        _ONE,
        "One search; its ETag is its version.",
        read_search,
        schema.InSearch,
        schema.OutSearch,
        DESK,
        errors=(404,),
    ),
    Operation(
        "searches.log",
        "GET",
        "/v1/searches/{id}/log",
        "Every change of a search: who, when, what; its map follows from these.",
        list_log,
        schema.InLog,
        schema.OutLog,
        DESK,
        errors=(404,),
    ),
    Operation(
        "searches.poa",
        "GET",
        "/v1/searches/{id}/poa",
        "The probability map as numbers, GeoJSON, picture or GeoTIFF, now or as it was at a time.",
        read_poa,
        schema.InPoa,
        schema.OutPoa,
        DESK,
        cost=2,
        errors=(404, 501),
        other_media=("application/geo+json", "image/png", "image/tiff; application=geotiff"),
    ),
    Operation(
        "searches.find",
        "POST",
        "/v1/searches/{id}/find",
        "The subject was found: closes the search of the version that If-Match names, scores its map (MapScore).",
        close_with_find,
        schema.InVersion,
        schema.OutSearch,
        DESK,
        Body=schema.FindBody,
        errors=(404, 409, 422, 428, 507),
    ),
    Operation(
        "searches.status",
        "POST",
        "/v1/searches/{id}/status",
        "Suspend the search of the version that If-Match names, or take it up again.",
        set_status,
        schema.InVersion,
        schema.OutSearch,
        DESK,
        Body=schema.StatusBody,
        errors=(404, 409, 428, 507),
    ),
)
