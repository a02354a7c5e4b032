"""HTTP operations of segments, plans, patterns and exports."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.http.preconditions import etag, find_version, get_version, sent_by
from location_cloud.searches import schema_plans as schema
from location_cloud.searches import service_exports, service_plans, service_poa, service_segments
from location_cloud.searches.fields import as_plan, as_way
from location_cloud.searches.model import DESK
from location_cloud.searches.schema import InSearch, InVersion
from location_cloud.searches.service_segments import polygon_of

Json = dict[str, Any]


def make_segments(call: Call, params: InVersion, body: schema.SegmentsBody) -> Reply:
    """The segments, drawn or given."""
    sent, version = sent_by(call, f"segments/{params.id}", body), get_version(call, params.version)
    if body.segments is not None:
        given = [(each.id, each.geometry) for each in body.segments]
        service_segments.give_segments(call.world, call.tenant, params.id, version, given, sent)
    else:
        wanted_m2 = None if body.target_km2 is None else body.target_km2 * 1e6
        service_segments.draw_segments(call.world, call.tenant, params.id, version, body.area, wanted_m2, sent)
    return _segments(call, params.id, 201)


def list_segments(call: Call, params: InSearch, body: None) -> Reply:
    """The segments with their chances."""
    return _segments(call, params.id)


def make_plan(call: Call, params: InVersion, body: schema.PlanBody) -> Reply:
    """The next best plan."""
    sent = sent_by(call, f"plan/{params.id}", body)
    version = find_version(call, params.version)
    search, plan = service_plans.make_plan(call.world, call.tenant, params.id, version, body.model_dump(), sent)
    return Reply(as_plan(search.id, plan), 201, headers=etag(search.version))


def read_plan(call: Call, params: InSearch, body: None) -> Reply:
    """The newest plan."""
    plan = service_plans.find_plan(call.live, call.tenant, params.id)
    return Reply(as_plan(params.id, plan))


def draw_pattern(call: Call, params: InSearch, body: schema.PatternBody) -> Json:
    """Lines to follow."""
    told = body.model_dump()
    if body.area is not None:
        told["area"] = polygon_of(body.area, "area")
    drawn = service_plans.draw_pattern(call.world, call.tenant, params.id, told)
    ways = drawn.ways
    times = [way.duration_s for way in ways if way.duration_s is not None]
    return {
        "type": "FeatureCollection",
        "features": [as_way(way, number + 1) for number, way in enumerate(ways)],
        "length_m": sum(way.length_m for way in ways),
        "duration_s": sum(times) if times else None,
        "gathered": drawn.gathered,
        "bound": drawn.bound,
    }


def export_search(call: Call, params: schema.InExport, body: None) -> Reply:
    """The search for another tool, or as a form."""
    language = params.lang or call.language(("zh-CN", "en"))
    file = service_exports.export(
        call.world, call.tenant, params.id, params.format, params.form, params.team, language, call.now
    )
    shown = "inline" if file.media_type.startswith(("text/html", "application/pdf")) else "attachment"
    headers = {"Content-Disposition": f'{shown}; filename="{file.name}"'}
    return Reply(file.body, media_type=file.media_type, headers=headers)


def _segments(call: Call, search_id: int, status: int = 200) -> Reply:
    segments, features = service_poa.segment_features(call.world, call.tenant, search_id)
    answer = {"type": "FeatureCollection", "version": segments.version, "features": features}
    return Reply(answer, status, headers=etag(segments.version))


OPERATIONS = (
    Operation(
        "searches.segment",
        "POST",
        "/v1/searches/{id}/segments",
        "Cut the map of the version that If-Match names into segments along roads, water and ridges, or give them.",
        make_segments,
        InVersion,
        schema.OutSegments,
        DESK,
        Body=schema.SegmentsBody,
        status=201,
        cost=10,
        deadline_s=20.0,
        max_body_bytes=8_000_000,
        errors=(404, 409, 413, 422, 428, 507),
    ),
    Operation(
        "searches.segments",
        "GET",
        "/v1/searches/{id}/segments",
        "The newest segments with their area and present chance.",
        list_segments,
        InSearch,
        schema.OutSegments,
        DESK,
        cost=2,
        errors=(404,),
    ),
    Operation(
        "searches.plan",
        "POST",
        "/v1/searches/{id}/plan",
        "Share out the hours of teams over segments, of one period or several, for the greatest success, with a proof.",
        make_plan,
        InVersion,
        schema.OutPlan,
        DESK,
        Body=schema.PlanBody,
        status=201,
        cost=10,
        deadline_s=20.0,
        errors=(404, 409, 413, 422, 507),
    ),
    Operation(
        "searches.newest_plan",
        "GET",
        "/v1/searches/{id}/plan",
        "The newest plan.",
        read_plan,
        InSearch,
        schema.OutPlan,
        DESK,
        errors=(404,),
    ),
    Operation(
        "searches.pattern",
        "POST",
        "/v1/searches/{id}/patterns",
        "Lines to walk, sail or fly over a segment or about a place; UAV flights by battery, with their times.",
        draw_pattern,
        InSearch,
        schema.OutPattern,
        DESK,
        Body=schema.PatternBody,
        cost=2,
        errors=(404, 413, 422),
    ),
    Operation(
        "searches.export",
        "GET",
        "/v1/searches/{id}/export",
        "The search as GPX, KML, GeoJSON, for CalTopo, or as assignment forms (after ICS 204) in HTML or PDF.",
        export_search,
        schema.InExport,
        Bytes("application/gpx+xml"),
        DESK,
        cost=2,
        errors=(404, 501),
        other_media=("application/vnd.google-earth.kml+xml", "application/geo+json", "text/html", "application/pdf"),
    ),
)
