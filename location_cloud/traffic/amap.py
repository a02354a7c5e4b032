"""Amap's questions about traffic read, and its answers written: translation only.

All values are texts, positions are GCJ-02 with six decimals, a failure is told with status 200 in the body.
Source: lbs.amap.com, Web service API: "交通态势" (api/webservice/guide/api/trafficstatus),
"错误码说明" (.../tools/info).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from location_cloud.errors import BadQuery, CloudError
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.crs import as_wgs84, from_wgs84
from location_cloud.spatial.errors import SpatialError
from location_cloud.traffic.model_picture import Stretch
from location_cloud.traffic.wording import leads_zh

Json = dict[str, Any]

OK = {"status": "1", "info": "OK", "infocode": "10000"}

INVALID_PARAMS, MISSING_PARAMS = ("20000", "INVALID_PARAMS"), ("20001", "MISSING_REQUIRED_PARAMS")
NO_DATA = ("20800", "OUT_OF_SERVICE")
"""The place is not served: roads of another city."""

UNKNOWN = ("20003", "UNKNOWN_ERROR")
ERRORS = {
    400: INVALID_PARAMS,
    401: ("10001", "INVALID_USER_KEY"),
    403: ("10012", "INSUFFICIENT_PRIVILEGES"),
    404: NO_DATA,
    413: INVALID_PARAMS,
    429: ("10004", "ACCESS_TOO_FREQUENT"),
    503: ("10016", "SERVER_IS_BUSY"),
}
"""HTTP status of ours -> infocode and info."""

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


def fault(what: tuple[str, str], detail: str) -> BadQuery:
    """A question that Amap refuses with that infocode."""
    return BadQuery(detail, amap=list(what))


def error_body(error: CloudError) -> Json:
    """A failure."""
    own: Any = error.extra.get("amap")
    infocode, info = own or ERRORS.get(error.status, UNKNOWN)
    return {"status": "0", "info": info, "infocode": infocode}


def missing(text: str, name: str) -> str:
    """The text. Raises BadQuery (20001) if it is empty."""
    if not text.strip():
        raise fault(MISSING_PARAMS, f"{name} is missing")
    return text.strip()


def read_location(text: str, name: str = "location") -> tuple[float, float]:
    """lon, lat in WGS-84 of "lon,lat" in GCJ-02. Raises BadQuery (20000)."""
    try:
        lon, lat = (float(part) for part in text.split(","))
        (at,) = as_wgs84([(lon, lat)], "gcj02").tolist()
    except (ValueError, SpatialError):
        raise fault(INVALID_PARAMS, f"{name}={text[:60]!r} must be lon,lat") from None
    return at[0], at[1]


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
