"""HTTP: where devices are and were."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.tracks import schema, service
from location_cloud.tracks.features import as_features, as_time, as_track
from location_cloud.tracks.gtfs_realtime import MEDIA_TYPE, write_feed
from location_cloud.tracks.model import NOT_TOLD

USUAL_SPAN = timedelta(days=1)

FEED_AGE_S = 600.0
"""A vehicle that was silent for longer is not on its way any more."""


def list_devices(call: Call, params: schema.InDevices, body: None) -> dict[str, Any]:
    """A page of devices, each with its last position."""
    found, ids = service.list_devices(call.live, call.tenant, params.after, params.limit)
    fixes = service.last_positions(call.live, call.tenant, [name for name, _ in found])
    last = dict(zip(fixes.device.tolist(), as_features(fixes)))
    devices = [{"device": name, "first_seen": as_time(seen), "last": last.get(ids[name])} for name, seen in found]
    return {"devices": devices, "next_after": found[-1][0] if len(found) == params.limit else None}


def get_device(call: Call, params: schema.InDevice, body: None) -> dict[str, Any]:
    """One device with its last position."""
    first_seen_s, fixes = service.get_device(call.live, call.tenant, params.device)
    last = as_features(fixes)
    return {"device": params.device, "first_seen": as_time(first_seen_s), "last": last[0] if last else None}


def erase_device(call: Call, params: schema.InDevice, body: None) -> dict[str, Any]:
    """How much was removed."""
    return {"device": params.device, "fixes": service.erase_device(call.live, call.tenant, params.device)}


def list_positions(call: Call, params: schema.InPositions, body: None) -> dict[str, Any]:
    """A page of last positions."""
    since_s = call.now.timestamp() - params.max_age_s if params.max_age_s else 0.0
    fixes = service.last_positions(
        call.live, call.tenant, params.device or None, params.bbox, since_s, params.after, params.limit
    )
    following = int(fixes.device[-1]) if len(fixes) == params.limit else None
    return {"type": "FeatureCollection", "features": as_features(fixes), "next_after": following}


def get_feed(call: Call, params: schema.InNothing, body: None) -> Reply:
    """The feed of those that were heard of lately."""
    now_s = call.now.timestamp()
    pages = service.all_last_positions(call.live, call.tenant, now_s - FEED_AGE_S)
    return Reply(write_feed(pages, now_s), media_type=MEDIA_TYPE)


def get_history(call: Call, params: schema.InHistory, body: None) -> dict[str, Any]:
    """A page of fixes."""
    begin_s, end_s = _span(call, params)
    fixes, following = service.history(call.live, call.tenant, params.device, begin_s, end_s, params.limit)
    next_begin = None if following is None else as_time(following)
    return {"type": "FeatureCollection", "features": as_features(fixes), "next_begin": next_begin}


def get_track(call: Call, params: schema.InTrack, body: None) -> dict[str, Any]:
    """The way as a line."""
    fixes = service.whole_history(call.live, call.tenant, params.device, *_span(call, params))
    return as_track(fixes, params.tolerance_m, params.gap_s)


def list_aside(call: Call, params: schema.InAside, body: None) -> dict[str, Any]:
    """Fixes with the reason that they are not believed for."""
    found = service.list_aside(call.live, call.tenant, params.device, params.limit)
    return {
        "fixes": [
            {
                "time": as_time(one.time_s) if abs(one.time_s) < 1e11 else one.time_s,
                "seq": None if one.seq == NOT_TOLD else one.seq,
                "reason": one.reason,
                "lonlat": one.lonlat,
                "source": one.source,
                "received": as_time(one.received_s),
            }
            for one in found
        ]
    }


def _span(call: Call, params: schema.InHistory | schema.InTrack) -> tuple[float, float]:
    end = params.end or call.now
    return (params.begin or end - USUAL_SPAN).timestamp(), end.timestamp()


READ = "tracks:read"

OPERATIONS = (
    Operation(
        "tracks.devices",
        "GET",
        "/v1/devices",
        f"Devices that sent fixes, by name, each with its last position. {schema.PERSONAL}",
        list_devices,
        schema.InDevices,
        schema.OutDevices,
        READ,
    ),
    Operation(
        "tracks.device",
        "GET",
        "/v1/devices/{device}",
        f"One device with its last position. {schema.PERSONAL}",
        get_device,
        schema.InDevice,
        schema.OutDevice,
        READ,
        errors=(404,),
    ),
    Operation(
        "tracks.erase_device",
        "DELETE",
        "/v1/devices/{device}",
        "Remove a device and all of its fixes, as its owner may demand.",
        erase_device,
        schema.InDevice,
        schema.OutErased,
        "tracks:write",
        errors=(404, 507),
    ),
    Operation(
        "tracks.positions",
        "GET",
        "/v1/positions",
        f"Last positions, all of them or by box or device. {schema.PERSONAL}",
        list_positions,
        schema.InPositions,
        schema.OutFixes,
        READ,
    ),
    Operation(
        "tracks.feed",
        "GET",
        "/gtfs-realtime/vehicle-positions",
        f"Positions of the last ten minutes as a GTFS Realtime feed. {schema.PERSONAL}",
        get_feed,
        schema.InNothing,
        Bytes(MEDIA_TYPE),
        READ,
        cost=5,
        errors=(413,),
    ),
    Operation(
        "tracks.history",
        "GET",
        "/v1/devices/{device}/fixes",
        f"A device's fixes by its own time, page by page. {schema.PERSONAL}",
        get_history,
        schema.InHistory,
        schema.OutHistory,
        READ,
        errors=(404,),
    ),
    Operation(
        "tracks.track",
        "GET",
        "/v1/devices/{device}/track",
        f"A device's way as a simplified line with times. {schema.PERSONAL}",
        get_track,
        schema.InTrack,
        schema.OutTrack,
        READ,
        errors=(404, 413),
    ),
    Operation(
        "tracks.quarantined",
        "GET",
        "/v1/devices/{device}/quarantined",
        f"A device's fixes that are not believed, and why. {schema.PERSONAL}",
        list_aside,
        schema.InAside,
        schema.OutAside,
        READ,
        errors=(404,),
    ),
)
