"""Amap's questions about traffic read, and its answers written: translation only.

All values are texts, positions are GCJ-02 with six decimals, a failure is told with status 200 in the body.
Source: lbs.amap.com, Web service API: "交通态势" (api/webservice/guide/api/trafficstatus),
"错误码说明" (.../tools/info).
"""

from __future__ import annotations

from collections.abc import Sequence

from location_cloud.chinese_form import AMAP_ERRORS, INVALID_PARAMS, Json, fault, read_location
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.crs import from_wgs84
from location_cloud.traffic.model_picture import Stretch
from location_cloud.traffic.wording import leads_zh

NO_DATA = ("20800", "OUT_OF_SERVICE")
"""The place is not served: roads of another city."""

ERRORS = {**AMAP_ERRORS, 404: NO_DATA}

LAST_CLASS = {
    "1": "motorway_link",
    "2": "trunk_link",
    "3": "primary_link",
    "4": "secondary_link",
    "5": "residential",
    "6": "",
}
"""`level`, a class of roads and those above it, as the last class of ours."""

MOST_ROADS = 500

EVALUATIONS = ("未知", "整体畅通", "轻度拥堵", "中度拥堵", "严重拥堵")
"""`evaluation.description` by its status."""


def read_rectangle(text: str) -> Bbox:
    """The box of two opposite corners "lon,lat;lon,lat" in GCJ-02. Raises BadQuery (20000)."""
    corners = text.split(";")
    if len(corners) != 2:
        raise fault(INVALID_PARAMS, f"rectangle={text[:60]!r} must be lon,lat;lon,lat")
    (west, south), (east, north) = (read_location(corner, "rectangle") for corner in corners)
    return Bbox(min(west, east), min(south, north), max(west, east), max(south, north))


def as_info(
    description: str, status: int, km: Sequence[float], stretches: Sequence[Stretch] | None, simulated: bool
) -> Json:
    """`trafficinfo`. km: by level, 0 to 5; shut roads count as blocked. stretches: None = not asked.

    simulated: said in a member of our own, as no field of Amap's has room for it.
    """
    whole = sum(km) or 1.0
    shares = {"expedite": km[1], "congested": km[2], "blocked": km[3] + km[4] + km[5], "unknown": km[0]}
    info: Json = {
        "description": description,
        "evaluation": {
            **{name: f"{100 * share / whole:.2f}%" for name, share in shares.items()},
            "status": str(status),
            "description": EVALUATIONS[status],
        },
    }
    if stretches is not None:
        info["roads"] = [as_road(stretch) for stretch in stretches]
    if simulated:
        info["simulated"] = "1"
    return info


def as_road(stretch: Stretch) -> Json:
    """One of roads[]; a shut road is 4, 严重拥堵. lcodes are keys of edges here."""
    line = from_wgs84(stretch.line, "gcj02")
    return {
        "name": stretch.name or stretch.ref or "无名道路",
        "status": str(min(stretch.level, 4)),
        "direction": leads_zh(stretch.wind),
        "angle": f"{stretch.bearing_deg:.0f}",
        "speed": "0" if stretch.kmh is None else f"{stretch.kmh:.0f}",
        "lcodes": ",".join(stretch.keys),
        "polyline": ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in line.tolist()),
    }
