"""The console over HTTP: the page at /, its files below /console/, and a point in every coordinate system."""

from __future__ import annotations

from typing import Any

from flask import request

from location_cloud.capability import Bytes, Cache, Operation, Reply
from location_cloud.console.schema import Coordinates, CoordinatesQuery, FileQuery, PageQuery
from location_cloud.console.service import positions
from location_cloud.console.static_files import VENDOR, StaticFile, load_static_files
from location_cloud.errors import NotFound

PAGE = "index.html"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "worker-src 'self' blob:",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
"""Nothing from elsewhere, nothing inline. data: and blob: pictures are MapLibre's control icons and tile images."""

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
}

FILES = load_static_files()
"""Read when the application starts (1.8 MB, 20 ms), so that a request touches no disk and no path."""


def show_page(call: Any, params: PageQuery, body: None) -> Reply:
    """The console's page."""
    return _reply(FILES[PAGE], Cache.REVALIDATE)


def send_file(call: Any, params: FileQuery, body: None) -> Reply:
    """One script, style, catalogue or picture of the console."""
    file = FILES.get(params.path)
    if file is None:
        raise NotFound(f"the console has no file {params.path!r}", hint="open / for the console")
    return _reply(file, Cache.LONG if params.path.startswith(VENDOR) else Cache.REVALIDATE)


def convert_point(call: Any, params: CoordinatesQuery, body: None) -> dict[str, Any]:
    """One point in every coordinate system."""
    return {"positions": positions(params.at)}


def _reply(file: StaticFile, cache: str) -> Reply:
    headers = {**HEADERS, "Cache-Control": cache}
    if request.accept_encodings["gzip"]:
        headers["Content-Encoding"] = "gzip"
        return Reply(file.packed, media_type=file.media_type, etag=f"{file.etag}-gzip", headers=headers)
    return Reply(file.body, media_type=file.media_type, etag=file.etag, headers=headers)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="console.page",
        method="GET",
        path="/",
        summary="The web console",
        answer=show_page,
        In=PageQuery,
        Out=Bytes("text/html"),
        scope="",
        cost=0,
        cache=Cache.REVALIDATE,
    ),
    Operation(
        name="console.file",
        method="GET",
        path="/console/{path}",
        summary="A file of the web console",
        answer=send_file,
        In=FileQuery,
        Out=Bytes("*/*"),
        scope="",
        cost=0,
        cache=Cache.REVALIDATE,
        errors=(404,),
    ),
    Operation(
        name="console.coordinates",
        method="GET",
        path="/v1/coordinates",
        summary="A point in every coordinate system: WGS-84, CGCS2000, GCJ-02, BD-09",
        answer=convert_point,
        In=CoordinatesQuery,
        Out=Coordinates,
        scope="console:read",
        cache=Cache.LONG,
    ),
)
