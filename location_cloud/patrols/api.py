"""HTTP operations of beats and rosters, of unseen cells, next routes, attendance and reports."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

import shapely

from location_cloud.capability import Call, Operation, Reply
from location_cloud.errors import BadQuery
from location_cloud.http.preconditions import etag, find_version, get_version
from location_cloud.patrols import schema, service, service_reports, service_routes
from location_cloud.patrols.beat_cells import LEVEL, codes_of, ground_of, spans_of
from location_cloud.patrols.fields import as_beat, as_roster
from location_cloud.patrols.model import NewBeat, Pattern, Post
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import parse_geometry

Json = dict[str, Any]

DAY_S = 86_400.0

CSV = "text/csv; charset=utf-8"


def list_beats(call: Call, params: schema.InBeats, body: None) -> Json:
    """A page of beats."""
    found = service.list_beats(call.live, call.tenant, params.bbox, params.after, params.limit)
    following = found[-1].code if len(found) == params.limit else None
    return {"type": "FeatureCollection", "features": [as_beat(each) for each in found], "next_after": following}


def get_beat(call: Call, params: schema.InBeat, body: None) -> Reply:
    """One beat."""
    found = service.get_beat(call.live, call.tenant, params.beat)
    return Reply(as_beat(found), headers=etag(found.version))


def put_beat(call: Call, params: schema.InBeat, body: schema.BeatBody) -> Reply:
    """The beat as registered."""
    try:
        shape = None if body.geometry is None else parse_geometry(body.geometry)
    except SpatialError as error:
        raise BadQuery(f"geometry: {error}", hint="GeoJSON, points lon,lat in degrees") from error
    if shape is not None and not shape.is_valid:
        raise BadQuery(f"geometry is not valid: {shapely.is_valid_reason(shape)}", hint="repair it")
    said = NewBeat(
        body.name,
        tuple((each.scheme, each.code) for each in body.grids),
        tuple(body.roads),
        shape,
        None if body.post is None else Post(body.post.lonlat, body.post.radius_m),
        body.profile,
        body.every_days,
        body.note,
        body.simulated,
    )
    day = body.on or call.now.date()
    stored = service.put_beat(call.world, call.tenant, params.beat, said, find_version(call), day)
    return Reply(as_beat(stored), headers=etag(stored.version))


def retire_beat(call: Call, params: schema.InBeatVersion, body: None) -> Json:
    """What is no longer in force."""
    version = get_version(call, params.version)
    service.retire_beat(call.live, call.tenant, params.beat, version, call.now.timestamp())
    return {"deleted": params.beat}


def list_rosters(call: Call, params: schema.InRosters, body: None) -> Json:
    """A page of rosters."""
    found = service.list_rosters(call.live, call.tenant, params.person, params.beat, params.after, params.limit)
    following = found[-1].code if len(found) == params.limit else None
    return {"rosters": [as_roster(each) for each in found], "next_after": following}


def get_roster(call: Call, params: schema.InRoster, body: None) -> Reply:
    """One roster."""
    found = service.get_roster(call.live, call.tenant, params.roster)
    return Reply(as_roster(found), headers=etag(found.version))


def put_roster(call: Call, params: schema.InRoster, body: schema.RosterBody) -> Reply:
    """The roster as registered."""
    if body.valid_to is not None and body.valid_to <= body.valid_from:
        raise BadQuery(f"valid_to={body.valid_to} is not after {body.valid_from}", hint="choose a later day")
    days = {each.day: tuple(sorted(shift.said() for shift in each.shifts)) for each in body.days}
    said = {
        "person": body.person,
        "beat": body.beat,
        "device": body.device,
        "pattern": Pattern(body.zone, body.week.said(), days, body.late_min, body.early_min),
        "valid_from": body.valid_from,
        "valid_to": body.valid_to,
        "note": body.note,
    }
    stored = service.put_roster(call.live, call.tenant, params.roster, said, find_version(call))
    return Reply(as_roster(stored), headers=etag(stored.version))


def remove_roster(call: Call, params: schema.InRosterVersion, body: None) -> Json:
    """What was removed."""
    service.remove_roster(call.live, call.tenant, params.roster, get_version(call, params.version))
    return {"deleted": params.roster}


def list_unseen(call: Call, params: schema.InUnseen, body: None) -> Json:
    """What of each beat was not seen."""
    now_s = call.now.timestamp()
    codes = [params.beat] if params.beat else []
    found = service.list_unseen(call.live, call.tenant, params.days, now_s, codes, params.bbox)
    return {
        "type": "FeatureCollection",
        "since": now_s - params.days * DAY_S,
        "level": LEVEL,
        "cells": sum(len(each.beat.cells) for each in found),
        "unseen": sum(len(each.cells) for each in found),
        "features": [_as_unseen(each, params.form) for each in found],
    }


def find_route(call: Call, params: schema.InBeat, body: schema.RouteBody) -> Json:
    """The next round of a beat."""
    profile = body.profile or service.get_beat(call.live, call.tenant, params.beat).said.profile
    spots = [service_routes.Spot(each.lonlat, each.gain, each.name) for each in body.spots]
    budget_s, now_s = body.budget_min * 60.0, call.now.timestamp()
    found = service_routes.find_next(
        call.world, call.tenant, params.beat, profile, body.start, budget_s, body.stop_s, body.days, spots, now_s
    )
    tour, route = found.tour, found.route
    lines = [] if route is None else [(shape.line_e7 / 1e7).tolist() for shape in route.shapes]
    return {
        "type": "Feature",
        "geometry": {"type": "MultiLineString", "coordinates": lines} if lines else None,
        "properties": {
            "beat": params.beat,
            "profile": profile,
            "lonlat": list(found.start),
            "duration_s": 0 if route is None else round(route.duration_ms / 1000 + body.stop_s * len(found.stops)),
            "distance_m": 0 if route is None else round(route.distance_m),
            "gained": round(tour.gained, 2),
            "bound": round(tour.bound, 2),
            "gap_share": round(tour.bound / tour.gained - 1.0, 4) if tour.gained else None,
            "stops": [
                {
                    "code": stop.code,
                    "name": stop.name,
                    "lonlat": list(stop.lonlat),
                    "gain": round(stop.gain, 2),
                    "arrive_s": round(stop.arrive_s),
                }
                for stop in found.stops
            ],
            "cells_in_sight": found.seen,
            "candidates": found.candidates,
            "left_out": found.left_out,
            "simulated": found.beat.said.is_simulated,
        },
    }


def list_attendance(call: Call, params: schema.InDays, body: None) -> Json | Reply:
    """Every shift planned or worked."""
    lines = _attendance(call, params)
    if params.form == "csv":
        return _csv([_as_line(line) for line in lines])
    return {"counts": dict(Counter(line.state for line in lines)), "shifts": [_as_line(line) for line in lines]}


def get_report(call: Call, params: schema.InReport, body: None) -> Json | Reply:
    """Sums of shifts."""
    rows = service_reports.report(_attendance(call, params), params.by, params.zone)
    return _csv(rows) if params.form == "csv" else {"by": params.by, "rows": rows}


def _csv(rows: Sequence[Json]) -> Reply:
    """A table with the names of its columns above; UTF-8 with a mark, which spreadsheets ask for."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return Reply(text.getvalue().encode("utf-8-sig"), media_type=CSV)


def _attendance(call: Call, params: schema.InDays) -> list[service_reports.Line]:
    return service_reports.attendance(
        call.live, call.tenant, params.first_day, params.last_day, params.zone, params.person, params.beat, call.now
    )


def _as_line(line: service_reports.Line) -> Json:
    shift, patrol = line.shift, line.patrol
    return {
        "person": line.person,
        "beat": line.beat,
        "roster": line.roster,
        "day": line.day.isoformat(),
        "state": line.state,
        "planned_begin": None if shift is None else shift.begin_s,
        "planned_end": None if shift is None else shift.end_s,
        "patrol": None if patrol is None else patrol.id,
        "begun": None if patrol is None else patrol.begun,
        "ended": None if patrol is None else patrol.ended,
        "late_min": round(line.late_min, 1),
        "early_min": round(line.early_min, 1),
        "forgotten": patrol is not None and patrol.is_forgotten,
    }


def _as_unseen(unseen: service.Unseen, form: str) -> Json:
    cells, beat = len(unseen.beat.cells), unseen.beat
    told: Json = {
        "beat": beat.code,
        "name": beat.said.name,
        "cells": cells,
        "unseen": len(unseen.cells),
        "never": unseen.never,
        "share": round(len(unseen.cells) / cells, 4) if cells else 0.0,
        "oldest_s": unseen.oldest_s,
        "simulated": beat.said.is_simulated,
    }
    if form == "spans":
        spans = spans_of(unseen.cells)
        told["spans"] = {"row": spans.row.tolist(), "first": spans.first.tolist(), "last": spans.last.tolist()}
    elif form == "codes":
        told["codes"] = codes_of(unseen.cells)
    shape = ground_of(unseen.cells) if form == "geojson" else None
    return {"type": "Feature", "id": beat.code, "geometry": shape, "properties": told}


_BEAT, _ROSTER = "/v1/patrols/beats/{beat}", "/v1/patrols/rosters/{roster}"
READ, WRITE = "patrols:read", "patrols:write"

OPERATIONS = (
    Operation(
        "patrols.beats", "GET", "/v1/patrols/beats", "Beats by code.", list_beats, schema.InBeats, schema.OutBeats, READ
    ),
    Operation(
        "patrols.beat",
        "GET",
        _BEAT,
        "One beat; its ETag is its version.",
        get_beat,
        schema.InBeat,
        schema.OutBeat,
        READ,
        errors=(404,),
    ),
    Operation(
        "patrols.put_beat",
        "PUT",
        _BEAT,
        "Register a beat, or change it (If-Match: of that version only); cells that stay keep when they were seen.",
        put_beat,
        schema.InBeat,
        schema.OutBeat,
        WRITE,
        Body=schema.BeatBody,
        errors=(404, 409, 413, 507),
        max_body_bytes=4_000_000,
    ),
    Operation(
        "patrols.retire_beat",
        "DELETE",
        _BEAT,
        "End a beat; what was patrolled stays.",
        retire_beat,
        schema.InBeatVersion,
        schema.OutGone,
        WRITE,
        errors=(404, 409, 428, 507),
    ),
    Operation(
        "patrols.rosters",
        "GET",
        "/v1/patrols/rosters",
        "Rosters by code: who walks which beat when.",
        list_rosters,
        schema.InRosters,
        schema.OutRosters,
        READ,
    ),
    Operation(
        "patrols.roster",
        "GET",
        _ROSTER,
        "One roster; its ETag is its version.",
        get_roster,
        schema.InRoster,
        schema.OutRoster,
        READ,
        errors=(404,),
    ),
    Operation(
        "patrols.put_roster",
        "PUT",
        _ROSTER,
        "Register a roster, or change it (If-Match: of that version only).",
        put_roster,
        schema.InRoster,
        schema.OutRoster,
        WRITE,
        Body=schema.RosterBody,
        errors=(404, 409, 413, 507),
    ),
    Operation(
        "patrols.remove_roster",
        "DELETE",
        _ROSTER,
        "Remove a roster; what was patrolled by it stays.",
        remove_roster,
        schema.InRosterVersion,
        schema.OutGone,
        WRITE,
        errors=(404, 409, 428, 507),
    ),
    Operation(
        "patrols.unseen",
        "GET",
        "/v1/patrols/unseen",
        "Cells of beats that nobody has seen for so many days.",
        list_unseen,
        schema.InUnseen,
        schema.OutUnseen,
        READ,
        cost=2,
        errors=(404, 413),
    ),
    Operation(
        "patrols.route",
        "POST",
        f"{_BEAT}/route",
        "The next round: by the cells longest unseen and the places told, within a time, and back.",
        find_route,
        schema.InBeat,
        schema.OutRoute,
        READ,
        Body=schema.RouteBody,
        cost=5,
        deadline_s=20.0,
        errors=(404, 422),
    ),
    Operation(
        "patrols.attendance",
        "GET",
        "/v1/patrols/attendance",
        "Who came when: every shift planned or worked on some days, with its state.",
        list_attendance,
        schema.InDays,
        schema.OutAttendance,
        READ,
        other_media=(CSV,),
        errors=(413,),
    ),
    Operation(
        "patrols.report",
        "GET",
        "/v1/patrols/report",
        "Shifts, hours, way, coverage and gaps by person, beat, day or month.",
        get_report,
        schema.InReport,
        schema.OutReport,
        READ,
        other_media=(CSV,),
        errors=(413,),
    ),
)
