"""The body of a request: how much of it is read, by how many at once, and what it says."""

from __future__ import annotations

import os
import secrets
import threading

import orjson
from flask import request
from pydantic import BaseModel, ValidationError

from location_cloud.capability import Operation
from location_cloud.errors import BadQuery, NotReady, TooLarge
from location_cloud.http.parameters import Query
from location_cloud.http.problems import from_validation
from location_cloud.spatial.crs import as_wgs84
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import map_coordinates

BODIES = threading.BoundedSemaphore(os.cpu_count() or 1)
"""Bodies that one worker receives at once, besides whole ones: under half of its threads (serving.THREADS)."""

WHOLE_BODY = ("Location-Cloud-Body", secrets.token_hex(16))
"""The field by which the public port says that the body is there whole (`bodies.Arriving`); its value is a secret."""

MAX_DEPTH = 64
"""Nesting of a JSON body; the deepest GeoJSON needs 8."""


def known_names(model: type[BaseModel]) -> tuple[str, ...]:
    """The names of a model's fields as callers write them."""
    return tuple(info.alias or name for name, info in model.model_fields.items())


def read_body(operation: Operation, params: Query) -> BaseModel | bytes | None:
    """What the request's body says, its points in WGS-84; bytes of a form that is no JSON; None where none is wanted.

    Raises BadQuery for another form or model, and as `_read_body`.
    """
    if request.mimetype in operation.raw_media:
        return _read_body(operation.max_raw_bytes)
    if operation.Body is None and not operation.raw_body:
        return None
    if operation.Body is None or request.mimetype not in ("application/json", "application/geo+json"):
        raise BadQuery(
            f"the body's Content-Type is {request.mimetype or 'missing'}",
            hint=f"send Content-Type: {' or '.join(_body_types(operation))}",
        )
    text = _read_body(operation.max_body_bytes)
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadQuery(
            f"the body is not JSON: {error}", hint="JSON has no NaN, no comments and at most 1,024 levels"
        ) from None
    _check_depth(text)
    try:
        if params.crs != "wgs84":
            content = map_coordinates(content, lambda lonlat: as_wgs84(lonlat, params.crs))
        return operation.Body.model_validate(content)
    except ValidationError as error:
        raise from_validation(error, "body", known_names(operation.Body)) from None
    except SpatialError as error:
        raise BadQuery(f"the body: {error}", hint="points are lon,lat in degrees") from None


def _body_types(operation: Operation) -> tuple[str, ...]:
    json = ("application/json",) if operation.Body is not None else ()
    return (*json, *operation.raw_media)


def _read_body(most: int) -> bytes:
    """The request's body. Raises TooLarge over `most` bytes, NotReady where too many bodies are being received.

    A body is read by the thread that answers: a few senders that never finish must not take all threads.
    """
    if (request.content_length or 0) > most:
        raise TooLarge(f"the body has {request.content_length:,} bytes; the most is {most:,}", hint="send it in parts")
    if request.headers.get(WHOLE_BODY[0]) == WHOLE_BODY[1]:
        return _received(most)
    if not BODIES.acquire(blocking=False):
        raise NotReady("too many bodies are being received at once", hint="send it again in a second")
    try:
        return _received(most)
    finally:
        BODIES.release()


def _received(most: int) -> bytes:
    # Werkzeug hides a chunked body from servers that do not promise its end; granian ends it properly.
    stream = request.environ["wsgi.input"] if request.content_length is None else request.stream
    content: bytes = stream.read(most + 1)
    if len(content) > most:
        raise TooLarge(f"the body has more than {most:,} bytes", hint="send it in parts")
    return content


def _check_depth(text: bytes) -> None:
    """Raises BadQuery for JSON nested too deep; on the text, as a walk through 20,000 small lists takes 6 ms."""
    if b"\\" in text:
        text = text.replace(rb"\\", b"").replace(rb"\"", b"")
    outside = b"".join(text.translate(_NESTING, _NO_NESTING).split(b'"')[::2])
    for _ in range(MAX_DEPTH):
        if not outside:
            return
        outside = outside.replace(b"[]", b"")  # the innermost level
    if outside:
        raise BadQuery(
            f"the body is nested more than {MAX_DEPTH} levels deep", hint="the deepest GeoJSON needs 8 levels"
        )


_NESTING = bytes.maketrans(b"{}", b"[]")
_NO_NESTING = bytes(set(range(256)) - set(b'[]{}"'))
