"""Fixes as GeoJSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from location_cloud.tracks.model import NOT_TOLD, Fixes
from location_cloud.tracks.simplify import parts_of, simplify


def as_features(fixes: Fixes) -> list[dict[str, Any]]:
    """A Feature for each fix; what was not told is null, and a simulated one says so."""
    columns = zip(
        (fixes.device_names[id_] for id_ in fixes.device.tolist()),
        fixes.time_s.tolist(),
        fixes.received_s.tolist(),
        np.round(fixes.lonlat, 7).tolist(),
        _rounded(fixes.speed_kmh),
        _rounded(fixes.heading_deg),
        _rounded(fixes.accuracy_m),
        fixes.seq.tolist(),
        fixes.is_simulated.tolist(),
        fixes.source.tolist(),
        fixes.number.tolist(),
    )
    return [
        {
            "type": "Feature",
            "id": number,
            "geometry": {"type": "Point", "coordinates": lonlat},
            "properties": {
                "device": device,
                "time": as_time(time_s),
                "received": as_time(received_s),
                "speed_kmh": speed,
                "heading_deg": heading,
                "accuracy_m": accuracy,
                "seq": None if seq == NOT_TOLD else seq,
                "simulated": is_simulated,
                "source": source,
            },
        }
        for device, time_s, received_s, lonlat, speed, heading, accuracy, seq, is_simulated, source, number in columns
    ]


def as_track(fixes: Fixes, tolerance_m: float, gap_s: float) -> dict[str, Any]:
    """One device's fixes as a Feature: a LineString, or a MultiLineString where it was silent longer than gap_s.

    fixes: by time. A fix alone between two silences is in no line; geometry is None where there is no line at all.
    properties.times: unix seconds of the positions, nested as they are. Only what lies on the line is simplified: times
    between two positions are not to be interpolated across a stop.
    """
    lines, times = [], []
    for part in parts_of(fixes.time_s, gap_s):
        lonlat = fixes.lonlat[part]
        if len(lonlat) > 1:
            places = simplify(lonlat, tolerance_m)
            lines.append(np.round(lonlat[places], 7).tolist())
            times.append(fixes.time_s[part][places].tolist())
    geometry: dict[str, Any] | None = {"type": "MultiLineString", "coordinates": lines} if lines else None
    if len(lines) == 1:
        geometry, times = {"type": "LineString", "coordinates": lines[0]}, times[0]
    properties = {
        "device": next(iter(fixes.device_names.values())),
        "fixes": len(fixes),
        "tolerance_m": tolerance_m,
        "simulated": bool(fixes.is_simulated.any()),
        "times": times,
    }
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def as_time(unix_s: float) -> str:
    """Unix seconds as ISO 8601 in UTC, with milliseconds where there are any."""
    time = datetime.fromtimestamp(unix_s, UTC)
    return time.isoformat(timespec="milliseconds" if time.microsecond else "seconds").replace("+00:00", "Z")


def _rounded(values: Any) -> list[float | None]:
    return [None if value != value else round(value, 2) for value in values.tolist()]
