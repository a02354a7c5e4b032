"""HTTP operations of patrols: begin, end, send fixes, and see what was done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from location_cloud.capability import Call, Operation, Reply
from location_cloud.http.preconditions import etag, get_version, sent_by, who
from location_cloud.patrols import schema_patrols as schema
from location_cloud.patrols import service_evaluating as evaluating
from location_cloud.patrols import service_patrols as service
from location_cloud.patrols import service_privacy as privacy
from location_cloud.patrols.beat_cells import codes_of, ground_of
from location_cloud.patrols.fields import as_patrol

Json = dict[str, Any]

FOREVER = datetime(2200, 1, 1, tzinfo=UTC)


def begin(call: Call, params: schema.Nothing, body: schema.BeginBody) -> Reply:
    """The patrol that begins."""
    said = body.model_dump(include={"person", "beat", "device", "profile", "note", "at"})
    said |= {"is_simulated": body.simulated}
    found, is_new = service.begin_patrol(call.live, call.tenant, said, body.accuracy_m, sent_by(call, "patrols", body))
    return Reply(as_patrol(found), 201, headers=etag(found.version, is_new))


def end(call: Call, params: schema.InEnd, body: schema.EndBody) -> Reply:
    """The patrol that is over."""
    version = get_version(call, params.version)
    found = service.end_patrol(call.live, call.tenant, params.id, body.at, body.accuracy_m, version, call.now)
    return Reply(as_patrol(found), headers=etag(found.version))


def get_patrol(call: Call, params: schema.InPatrol, body: None) -> Reply:
    """One patrol."""
    found = service.get_patrol(call.live, call.tenant, params.id)
    return Reply(as_patrol(found), headers=etag(found.version))


def list_patrols(call: Call, params: schema.InPatrols, body: None) -> Json:
    """A page of patrols."""
    begin_s = 0.0 if params.begin is None else params.begin.timestamp()
    end_s = (params.end or FOREVER).timestamp()
    chosen = params.person, params.beat, params.open, params.after, params.limit
    found = service.list_patrols(call.live, call.tenant, begin_s, end_s, *chosen)
    following = found[-1].id if len(found) == params.limit else None
    return {"patrols": [as_patrol(each) for each in found], "next_after": following}


def add_points(call: Call, params: schema.InPatrol, body: schema.PointsBody) -> Json:
    """What became of the fixes."""
    points = [
        {
            "time_s": each.time.timestamp(),
            "lonlat": each.lonlat,
            "accuracy_m": _told(each.accuracy_m),
            "speed_kmh": _told(each.speed_kmh),
            "heading_deg": _told(each.heading_deg),
        }
        for each in body.points
    ]
    outcome = service.add_points(call.live, call.home, call.tenant, params.id, points, call.now)
    return {
        "accepted": outcome.accepted,
        "duplicate": outcome.duplicate,
        "quarantined": outcome.quarantined,
        "reasons": dict(outcome.reasons),
    }


def get_track(call: Call, params: schema.InPatrol, body: None) -> Json:
    """The cleaned track; that it was read is written down."""
    privacy.write_down(call.live, call.tenant, params.id, who(call), "track", call.now)
    patrol, found = evaluating.read_track(call.live, call.tenant, params.id, call.now)
    track = found.track
    parts = [np.flatnonzero(track.part == part) for part in np.unique(track.part)]
    features = [_as_piece(track.walked.lonlat[at], track.walked.time_s[at]) for at in parts]
    features += [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": list(stay.lonlat)},
            "properties": {"kind": "stay", "begin_s": stay.begin_s, "end_s": stay.end_s},
        }
        for stay in found.stays
    ]
    return {
        "type": "FeatureCollection",
        "features": features,
        "gaps": [vars(gap) for gap in found.gaps],
        "left_out": found.numbers()["left_out"],
        "simulated": patrol.is_simulated,
    }


def get_coverage(call: Call, params: schema.InCoverage, body: None) -> Json:
    """What of its beat a patrol saw."""
    if params.form == "codes":
        privacy.write_down(call.live, call.tenant, params.id, who(call), "coverage", call.now)
    seen = evaluating.see(call.live, call.tenant, params.id, call.now)
    told = {name: value for name, value in seen.numbers.items() if name != "doubts"}
    answer = {
        "patrol": seen.patrol.id,
        "beat": seen.patrol.beat,
        "settled": evaluating.is_settled(seen.patrol),
        **told,
        "simulated": seen.patrol.is_simulated,
    }
    if seen.places is None or params.form == "numbers":
        return answer
    cells, is_seen = np.array(seen.places["cells"], np.int64), np.array(seen.places["seen_s"]) > 0
    if params.form == "codes":
        columns = zip(codes_of(cells), is_seen.tolist(), seen.places["stayed_s"])
        return {**answer, "codes": [{"code": c, "seen": s, "stayed_s": stayed} for c, s, stayed in columns]}
    ground = [
        {"type": "Feature", "geometry": ground_of(cells[chosen]), "properties": {"seen": word}}
        for word, chosen in ((True, is_seen), (False, ~is_seen))
        if chosen.any()
    ]
    return {**answer, "ground": {"type": "FeatureCollection", "features": ground}}


def list_doubts(call: Call, params: schema.InPatrol, body: None) -> Json:
    """What a person should look at; that it was read is written down."""
    privacy.write_down(call.live, call.tenant, params.id, who(call), "doubts", call.now)
    patrol, found = evaluating.read_track(call.live, call.tenant, params.id, call.now)
    doubts = [vars(doubt) for doubt in found.doubts]
    return {"patrol": patrol.id, "person": patrol.person, "doubts": doubts, "simulated": patrol.is_simulated}


def list_reads(call: Call, params: schema.InReads, body: None) -> Json:
    """Who read a track."""
    found = privacy.list_reads(call.live, call.tenant, params.id, params.after, params.limit)
    following = found[-1].id if len(found) == params.limit else None
    return {"reads": [vars(each) for each in found], "next_after": following}


def erase_person(call: Call, params: schema.InPerson, body: None) -> Json:
    """What was removed."""
    rows, fixes = privacy.erase_person(call.live, call.tenant, params.person)
    return {"person": params.person, "rows": rows, "fixes": fixes}


def _as_piece(lonlat: Any, time_s: Any) -> Json:
    line = lonlat.tolist()
    geometry = {"type": "LineString", "coordinates": line} if len(line) > 1 else None
    geometry = geometry or {"type": "Point", "coordinates": line[0]}
    return {"type": "Feature", "geometry": geometry, "properties": {"kind": "track", "times_s": time_s.tolist()}}


def _told(value: float | None) -> float:
    return float("nan") if value is None else value


_ALL, _ONE = "/v1/patrols", "/v1/patrols/{id}"
READ, WRITE = "patrols:read", "patrols:write"
TRACK = "tracks:read"
"""Who may read where devices were may read where people were; it is written down besides."""

OPERATIONS = (
    Operation(
        "patrols.begin",
        "POST",
        _ALL,
        "Begin a patrol within the fence of its post; the state says whether in time.",
        begin,
        schema.Nothing,
        schema.OutPatrol,
        WRITE,
        Body=schema.BeginBody,
        status=201,
        errors=(404, 409, 422, 507),
    ),
    Operation(
        "patrols.list",
        "GET",
        _ALL,
        "Patrols by number, of a person, a beat or a time.",
        list_patrols,
        schema.InPatrols,
        schema.OutPatrols,
        READ,
    ),
    Operation(
        "patrols.get",
        "GET",
        _ONE,
        "One patrol with what it did; its ETag is its version.",
        get_patrol,
        schema.InPatrol,
        schema.OutPatrol,
        READ,
        errors=(404,),
    ),
    Operation(
        "patrols.end",
        "POST",
        f"{_ONE}/end",
        "End a patrol within the fence; what it did is told at once.",
        end,
        schema.InEnd,
        schema.OutPatrol,
        WRITE,
        Body=schema.EndBody,
        errors=(404, 409, 422, 428, 507),
    ),
    Operation(
        "patrols.add_points",
        "POST",
        f"{_ONE}/points",
        "Fixes of a patrol, also later: up to 10,000, each counted once. Positions of people are personal data.",
        add_points,
        schema.InPatrol,
        schema.OutPoints,
        WRITE,
        Body=schema.PointsBody,
        cost=2,
        max_body_bytes=4_000_000,
        errors=(404, 413, 422, 507),
    ),
    Operation(
        "patrols.points",
        "GET",
        f"{_ONE}/points",
        "The cleaned track with stops and gaps. Personal data: that it was read is written down.",
        get_track,
        schema.InPatrol,
        schema.OutTrack,
        TRACK,
        errors=(404, 413, 507),
    ),
    Operation(
        "patrols.coverage",
        "GET",
        f"{_ONE}/coverage",
        "What of its beat a patrol saw: BeiDou cells of level 6 within 25 m of its track.",
        get_coverage,
        schema.InCoverage,
        schema.OutCoverage,
        READ,
        errors=(404, 507),
    ),
    Operation(
        "patrols.doubts",
        "GET",
        f"{_ONE}/doubts",
        "What in a track a person should look at, with evidence; never a verdict. That it was read is written down.",
        list_doubts,
        schema.InPatrol,
        schema.OutDoubts,
        TRACK,
        errors=(404, 413, 507),
    ),
    Operation(
        "patrols.reads",
        "GET",
        f"{_ONE}/reads",
        "Who read a patrol's track, and when.",
        list_reads,
        schema.InReads,
        schema.OutReads,
        READ,
    ),
    Operation(
        "patrols.erase_person",
        "DELETE",
        "/v1/patrols/persons/{person}",
        "Remove a person's patrols, rosters and own track, as the person may demand; who read them stays.",
        erase_person,
        schema.InPerson,
        schema.OutErased,
        WRITE,
        errors=(404, 507),
    ),
)
