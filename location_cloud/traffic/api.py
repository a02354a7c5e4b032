"""Traffic over HTTP: edges, states of places, the index, past travel times, files for other engines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from location_cloud.capability import Bytes, Call, Chunks, Operation, Reply
from location_cloud.traffic import schema, service, service_exports, service_history, service_index, service_status
from location_cloud.traffic.edge_rows import edge_columns, keys_of, line_of
from location_cloud.traffic.model_picture import GRADES_ZH, STATUS_EN, STATUS_ZH, About, Picture, Stretch, grade_of
from location_cloud.traffic.wording import sentence

Json = dict[str, Any]

LANGUAGES = ("zh-CN", "en")


def get_traffic(call: Call, params: schema.Nothing, body: None) -> Json:
    """What is known of the whole city."""
    picture, found = service.overview(call.world, call.tenant)
    return {
        **_about(call, picture),
        "edges": found.edges,
        "km": _by_status([round(km, 3) for km in found.km]),
        "probes": found.probes,
        "drives": found.drives,
        "refresh_s": service.get_pictures(call.world).refresh_s,
    }


def list_edges(call: Call, params: schema.InEdges, body: None) -> Json:
    """The edges of a box that something is known of."""
    picture, page = service.list_edges(
        call.world,
        call.tenant,
        params.bbox,
        params.limit,
        params.after,
        params.min_level,
        params.source,
        params.class_,
    )
    roads = service.get_roads(call.world)
    columns = edge_columns(roads, picture, page.edges)
    answer = {
        **_about(call, picture),
        "total": page.total,
        "next_after": None if page.following is None else keys_of(roads, [page.following])[0],
    }
    if params.format == "columns":
        return {**answer, "columns": columns}
    keys, names = columns.pop("key"), tuple(columns)
    features = [
        {"type": "Feature", "id": key, "geometry": line_of(roads, edge), "properties": dict(zip(names, row))}
        for key, edge, row in zip(keys, page.edges.tolist(), zip(*columns.values()))
    ]
    return {"type": "FeatureCollection", "features": features, **answer}


def get_status(call: Call, params: schema.InStatus, body: None) -> Json:
    """The traffic of a place."""
    place = service_status.Place(params.bbox, params.center, params.radius_m, params.road.strip())
    state = service_status.get_state(call.world, call.tenant, place, params.limit, params.min_level)
    about, whole = _about(call, state.picture), sum(state.km)
    return {
        **about,
        "status": state.status,
        **_index(state.measure),
        "description": sentence(state.stretches, call.language(LANGUAGES), about["simulated"]),
        "evaluation": _by_status([round(100 * km / whole, 2) if whole else 0.0 for km in state.km]),
        "km": round(whole, 3),
        "measured_share": round(state.measure.live, 4),
        "stretches": [_stretch(stretch) for stretch in state.stretches],
        "total": state.total,
    }


def get_index(call: Call, params: schema.InIndex, body: None) -> Json:
    """The traffic performance index."""
    scope = service_index.Scope(params.area, params.cell, params.system, params.road.strip(), tuple(params.edges))
    told = service_index.get_index(call.world, call.tenant, scope, call.now, params.since, params.until)
    about = _about(call, told.picture)
    return {
        **about,
        "simulated": about["simulated"] or any(row.is_simulated for row in told.history),
        "scope": told.kind,
        "title": told.title,
        "edges": told.edges,
        "km": round(told.km, 3),
        "now": _measure(told.now),
        "typical": _measure(told.typical),
        "next_hour": _measure(told.next_hour),
        "hour": round(told.hour, 2),
        "curve": [None if each is None else round(each, 2) for each in told.curve],
        "history": [
            {
                "begin": _time(row.begin_s),
                "length_s": row.length_s,
                "index": round(row.index, 2),
                "extra_time": round(row.extra, 4),
                "measured_share": round(row.measured, 4),
                "simulated": row.is_simulated,
            }
            for row in told.history
        ],
    }


def get_history(call: Call, params: schema.InHistory, body: None) -> Json:
    """Past travel times of a route."""
    ends = None if params.from_ is None or params.to is None else (params.from_, params.to)
    past = service_history.get_history(
        call.world, call.tenant, params.edges, ends, call.now, params.since, params.until
    )
    roads = service.get_roads(call.world)
    taken = [each.duration_s for each in past.times]
    ranks = dict(zip(("p10", "p50", "p90"), np.percentile(taken, (10, 50, 90)).round(1).tolist())) if taken else None
    about = _about(call, past.picture)
    return {
        **about,
        "simulated": about["simulated"] or any(each.is_simulated for each in past.times),
        "edges": keys_of(roads, past.edges.tolist()),
        "length_m": round(past.length_m, 1),
        "free_flow_s": round(past.free_flow_s, 1),
        "now_s": round(past.now_s, 1),
        "percentiles_s": ranks,
        "times": [
            {
                "begin": _time(each.begin_s),
                "length_s": each.length_s,
                "duration_s": round(each.duration_s, 1),
                "known_share": round(each.known, 4),
                "measured_share": round(each.measured, 4),
                "simulated": each.is_simulated,
            }
            for each in past.times
        ],
    }


def get_export(call: Call, params: schema.InExport, body: None) -> Reply:
    """The newest speeds as a file; what they were made from stands in headers, for which the forms have no room."""
    picture, pieces = service_exports.export_speeds(call.world, call.tenant, params.format, params.source)
    about = service.describe(call.world, call.tenant, picture, call.now)
    mark = "-simulated" if about.is_simulated else ""
    headers = {
        "Content-Disposition": f'attachment; filename="traffic-{params.format}{mark}.csv"',
        "X-Traffic-Version": about.version,
        "X-Traffic-As-Of": "" if about.as_of_s is None else _time(about.as_of_s).isoformat(),
        "X-Traffic-Simulated": str(about.is_simulated).lower(),
        "X-Snapshot": about.snapshot,
    }
    return Reply(Chunks(pieces), media_type="text/csv", headers=headers)


def _about(call: Call, picture: Picture) -> Json:
    about: About = service.describe(call.world, call.tenant, picture, call.now)
    return {
        "snapshot": about.snapshot,
        "traffic_version": about.version or None,
        "metric_version": about.metric_version,
        "as_of": None if about.as_of_s is None else _time(about.as_of_s),
        "age_s": None if about.age_s is None else round(about.age_s, 1),
        "simulated": about.is_simulated,
        "simulated_share": round(about.simulated_share, 4),
    }


def _stretch(stretch: Stretch) -> Json:
    return {
        "name": stretch.name,
        "ref": stretch.ref,
        "road_class": stretch.road_class,
        "level": stretch.level,
        "status": STATUS_ZH[stretch.level],
        "direction": stretch.wind,
        "bearing_deg": round(stretch.bearing_deg, 1),
        "speed_kmh": None if stretch.kmh is None else round(stretch.kmh, 1),
        "length_m": round(stretch.length_m, 1),
        "source": stretch.source,
        "simulated": stretch.is_simulated,
        "edges": list(stretch.keys),
        "geometry": {"type": "LineString", "coordinates": stretch.line.tolist()},
    }


def _index(measure: service_index.Measure) -> Json:
    index = measure.index
    return {
        "index": None if index is None else round(index, 2),
        "grade": None if index is None else GRADES_ZH[grade_of(index)],
    }


def _measure(measure: service_index.Measure) -> Json:
    return {
        **_index(measure),
        "extra_time": None if measure.extra is None else round(measure.extra, 4),
        "speed_kmh": None if measure.kmh is None else round(measure.kmh, 1),
        "known_share": round(measure.known, 4),
        "measured_share": round(measure.live, 4),
    }


def _by_status(values: Sequence[float]) -> dict[str, float]:
    return dict(zip(STATUS_EN, values))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


READ = "traffic:read"

OPERATIONS = (
    Operation(
        "traffic.now",
        "GET",
        "/v1/traffic",
        "How much is known of the traffic of the whole city, and how old it is.",
        get_traffic,
        schema.Nothing,
        schema.OutTraffic,
        READ,
    ),
    Operation(
        "traffic.edges",
        "GET",
        "/v1/traffic/edges",
        "Speed, free-flow speed and level of the road edges in a box.",
        list_edges,
        schema.InEdges,
        schema.OutEdges,
        READ,
        cost=2,
        errors=(413,),
    ),
    Operation(
        "traffic.status",
        "GET",
        "/v1/traffic/status",
        "The traffic in a box, in a circle or on a road, in shares and words.",
        get_status,
        schema.InStatus,
        schema.OutStatus,
        READ,
        cost=2,
        errors=(404, 413),
    ),
    Operation(
        "traffic.index",
        "GET",
        "/v1/traffic/index",
        "The traffic performance index, 0 to 10, of the city, an area, a cell or a corridor: now, usually, in an hour.",
        get_index,
        schema.InIndex,
        schema.OutIndex,
        READ,
        cost=5,
        deadline_s=15.0,
        errors=(404, 413, 422),
    ),
    Operation(
        "traffic.history",
        "GET",
        "/v1/traffic/history",
        "Past travel times along edges, or along the quickest way between two places.",
        get_history,
        schema.InHistory,
        schema.OutHistory,
        READ,
        cost=5,
        deadline_s=15.0,
        errors=(404, 413, 422),
    ),
    Operation(
        "traffic.export",
        "GET",
        "/v1/traffic/export",
        "The newest speeds as a file for OSRM (segment_speed_file) or for Valhalla's tools (speeds of ways).",
        get_export,
        schema.InExport,
        Bytes("text/csv"),
        READ,
        cost=10,
        deadline_s=15.0,
    ),
)
