"""What faces of Chinese map services share: answers as JSON, JSONP or XML, and Amap's codes and positions.

Source of the codes: lbs.amap.com, Web service API: "错误码说明" (api/webservice/guide/tools/info).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import orjson

from location_cloud.errors import BadQuery, CloudError
from location_cloud.spatial.crs import as_wgs84
from location_cloud.spatial.errors import SpatialError

Json = dict[str, Any]

AMAP_OK = {"status": "1", "info": "OK", "infocode": "10000"}

INVALID_PARAMS, MISSING_PARAMS = ("20000", "INVALID_PARAMS"), ("20001", "MISSING_REQUIRED_PARAMS")
UNKNOWN = ("20003", "UNKNOWN_ERROR")

AMAP_ERRORS = {
    400: INVALID_PARAMS,
    401: ("10001", "INVALID_USER_KEY"),
    403: ("10012", "INSUFFICIENT_PRIVILEGES"),
    404: INVALID_PARAMS,
    413: INVALID_PARAMS,
    429: ("10004", "ACCESS_TOO_FREQUENT"),
    503: ("10016", "SERVER_IS_BUSY"),
}
"""HTTP status of ours -> infocode and info."""

JSON, XML, SCRIPT = "application/json", "text/xml", "application/javascript"


def write(answer: Mapping[str, Any], root: str, output: str, callback: str) -> tuple[bytes, str]:
    """(body, media type) of an answer. root: name of the XML element. callback: of JSONP, "" = plain JSON."""
    if output.lower() == "xml":
        head = '<?xml version="1.0" encoding="UTF-8"?>\n'
        return f"{head}<{root}>{_elements(answer)}</{root}>".encode(), XML
    body = orjson.dumps(answer)
    return (callback.encode() + b"(" + body + b")", SCRIPT) if callback else (body, JSON)


def _elements(value: Any, item: str = "item") -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}{_kind(part)}>{_elements(part, _one(name))}</{name}>" for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return "".join(f"<{item}>{_elements(part, item)}</{item}>" for part in value)
    if value is None:
        return ""
    return escape("".join(char for char in str(value) if char >= " " or char in "\t\n"))


def _kind(value: Any) -> str:
    return ' type="list"' if isinstance(value, Sequence) and not isinstance(value, str) and value else ""


def _one(name: str) -> str:
    """The name of one of several: pois -> poi, result -> result."""
    return name.removesuffix("s") if name.endswith("s") and len(name) > 2 else name


# --- Amap ---------------------------------------------------------------------------------------------------------


def fault(what: tuple[str, str], detail: str) -> BadQuery:
    """A question that Amap refuses with that infocode."""
    return BadQuery(detail, amap=list(what))


def error_body(error: CloudError, errors: Mapping[int, tuple[str, str]] = AMAP_ERRORS) -> Json:
    """A failure in Amap's words."""
    own: Any = error.extra.get("amap")
    infocode, info = own or errors.get(error.status, UNKNOWN)
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
