"""Fixes as the text that servers and archives take: one JSON object a line, or a body of POST /v1/fixes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from location_cloud.simulator.model import Fixes

MOST_FIXES = 10_000
"""In one body: what POST /v1/fixes takes."""


def as_records(fixes: Fixes, names: Sequence[str]) -> list[str]:
    """Each fix as a JSON object, in their order. names: of devices, by vehicle. Takes 2 us a fix."""
    return [
        f'{{"device":"{names[vehicle]}","time":{time_s:.3f},"lon":{lon:.7f},"lat":{lat:.7f},'
        f'"accuracy_m":{accuracy_m:.1f},{_told("speed_kmh", speed_kmh)}{_told("heading_deg", heading_deg)}'
        f'"seq":{seq},"simulated":true}}'
        for vehicle, time_s, (lon, lat), accuracy_m, speed_kmh, heading_deg, seq in zip(
            fixes.vehicle.tolist(),
            fixes.time_s.tolist(),
            fixes.lonlat.tolist(),
            fixes.accuracy_m.tolist(),
            fixes.speed_kmh.tolist(),
            fixes.heading_deg.tolist(),
            fixes.seq.tolist(),
        )
    ]


def as_lines(fixes: Fixes, names: Sequence[str]) -> bytes:
    """NDJSON."""
    records = as_records(fixes, names)
    return ("\n".join(records) + "\n").encode() if records else b""


def as_bodies(fixes: Fixes, names: Sequence[str]) -> list[bytes]:
    """Bodies of POST /v1/fixes of MOST_FIXES each."""
    records = as_records(fixes, names)
    return [
        ('{"fixes":[' + ",".join(records[first : first + MOST_FIXES]) + "]}").encode()
        for first in range(0, len(records), MOST_FIXES)
    ]


def _told(name: str, value: float) -> str:
    return "" if math.isnan(value) else f'"{name}":{value:.1f},'
