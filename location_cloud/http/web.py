"""Operations become Flask routes here: check the caller, read the question, answer, shape the reply."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from time import perf_counter
from typing import Any

import orjson
from flask import Flask, Request, Response, current_app, request
from isal import igzip
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from location_cloud.access.model import Caller
from location_cloud.access.service import Keyring, anyone_here, check_scope
from location_cloud.capability import Bytes, Cache, Chunks, Operation, Reply
from location_cloud.errors import BadQuery, Broken, CloudError, KeyNeeded, NotReady, TooLarge
from location_cloud.http.body import known_names, read_body
from location_cloud.http.context import RequestCall, System
from location_cloud.http.parameters import Query
from location_cloud.http.problems import MEDIA_TYPE, as_problem, from_http, from_validation
from location_cloud.spatial.crs import from_wgs84
from location_cloud.spatial.geojson import map_coordinates
from location_cloud.storage.world import World

LOG = logging.getLogger("location_cloud.http")

LOOPBACK = ("127.0.0.1", "::1", "localhost")

PROXY_HEADERS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")

PROXY_VARIABLES = frozenset("HTTP_" + name.upper().replace("-", "_") for name in PROXY_HEADERS)
"""The same as WSGI names them."""

PACKED_FROM_BYTES = 1_400
"""Smaller answers fit into one packet as they are."""

PACKED_SUFFIX = "-gzip"
"""A strong validator names bytes: the compressed form needs its own."""

STREAMS = threading.BoundedSemaphore(os.cpu_count() or 1)
"""Answers that one worker sends piece by piece at once: a slow reader keeps a thread for as long as it reads."""

MOST_FOLLOWED = 8
"""Answers that go on and on which one worker sends at once: each has a thread (`serving.THREADS` counts them), which
sleeps most of the time. Whoever comes when all are taken is told what there is and asks again."""

FOLLOWED = threading.BoundedSemaphore(MOST_FOLLOWED)

EXPOSED = "ETag, Location-Cloud-Live-Version, Location-Cloud-Snapshot, Retry-After, Server-Timing, X-Request-Id"
"""Headers that a page of another origin may read."""

ALLOWED = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-API-Key"
"""Headers that it may send."""

MAX_QUERY_BYTES = 64_000

_ORJSON = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class MatchedRule(Rule):
    """A rule that is matched, never built into an address: to compile its builders took most of a start's time."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return _never_built


def _never_built(rule: Rule, **values: Any) -> tuple[str, str]:
    raise NotImplementedError("addresses are written out, not built from rules")


def build_flask(system: System, door: Door) -> Flask:
    """The Flask application that answers every operation of the system."""
    flask = Flask("location_cloud", static_folder=None)
    flask.url_rule_class = MatchedRule
    flask.url_map.merge_slashes = False
    for operation in system.operations:
        flask.add_url_rule(
            _rule(operation),
            operation.name,
            door.view(operation),
            methods=[operation.method],
            strict_slashes=True,
        )
    flask.register_error_handler(HTTPException, door.no_such_route)
    flask.before_request(door.preflight)
    return flask


class Door:
    """The way every request takes in and out."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.keyring = Keyring(system.live)
        settings = system.settings
        self.is_open = settings.keys == "auto" and settings.host in LOOPBACK

    def view(self, operation: Operation) -> Callable[..., Response]:
        """The Flask view of one operation."""

        def answer(**path: str) -> Response:
            started = perf_counter()
            request_id = _request_id(request)
            response = self._respond(operation, path, request_id, started)
            seconds = perf_counter() - started
            parts = [*response.headers.getlist("Server-Timing"), f"total;dur={seconds * 1000:.2f}"]
            response.headers["Server-Timing"] = ", ".join(parts)
            self._finish(response, request_id)
            self.system.metrics.count(operation.name, response.status_code, seconds)
            self._log(operation.name, response, request_id, seconds)
            return response

        return answer

    def preflight(self) -> Response | None:
        """The reply to OPTIONS: which methods an address has and, for an allowed origin, which headers may be sent."""
        if request.method != "OPTIONS" or request.url_rule is None:
            return None
        response = Response(status=204)
        response.headers["Allow"] = current_app.make_default_options_response().headers["Allow"]
        self._finish(response, _request_id(request))
        if "Access-Control-Allow-Origin" in response.headers:
            response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
            response.headers["Access-Control-Allow-Headers"] = ALLOWED
            response.headers["Access-Control-Max-Age"] = "600"
        return response

    def no_such_route(self, error: HTTPException) -> Response:
        """The reply where no operation is: unknown path, wrong method."""
        request_id = _request_id(request)
        response = _problem(from_http(error), request_id)
        if error.code == 405 and getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]  # 405 has it
        self._finish(response, request_id)
        self.system.metrics.count("none", response.status_code, 0.0)
        self._log("none", response, request_id, 0.0)
        return response

    def _respond(self, operation: Operation, path: Mapping[str, str], request_id: str, started: float) -> Response:
        try:
            call = RequestCall(self.system, request, self._caller(operation), request_id)
            params = _params(operation, path)
            body = read_body(operation, params)
            read = perf_counter()
            result = _answer(operation, call, params, body)
            response = _shape(operation, params, result, tuple(call.varies))
            response.headers["Server-Timing"] = f"read;dur={(read - started) * 1000:.2f}"
            if operation.scope:
                self._name_versions(call, response)
                response.headers["Cache-Control"] = self.for_caches(response.headers["Cache-Control"], call.caller)
            return response
        except CloudError as error:
            return _failure(operation, error, request_id)
        except HTTPException as error:
            return _failure(operation, from_http(error), request_id)
        except Exception:
            LOG.exception("request %s %s %s", request_id, request.method, request.path)
            broken = Broken("an unexpected error; it was logged", hint=f"tell the operator the request id {request_id}")
            return _failure(operation, broken, request_id)

    def _name_versions(self, call: RequestCall, response: Response) -> None:
        """What the answer was made from, so that it can be asked again. A route needs no live store to be right."""
        for name, value in self.versions(call.__dict__.get("world") or self.system.worlds.find()):
            response.headers[name] = value

    def versions(self, world: World | None) -> list[tuple[str, str]]:
        """The headers that name what an answer was made from."""
        try:
            live_version = str(self.system.live.version())
        except NotReady:
            live_version = "unknown"
        return [
            ("Location-Cloud-Snapshot", "none" if world is None else world.snapshot.id),
            ("Location-Cloud-Live-Version", live_version),
        ]

    def for_caches(self, cache: str, caller: Caller) -> str:
        """A Cache-Control as it goes out: what one key may see is not for everybody's caches."""
        return cache if self.is_open and not caller.key_id else cache.replace("public", "private")

    def _caller(self, operation: Operation) -> Caller:
        text = key_text(request.headers.get("Authorization", ""), request.headers.get("X-API-Key", ""))
        text = text or request.args.get(operation.key_parameter, "").removeprefix(operation.key_prefix)
        is_passed_on = any(header in request.headers for header in PROXY_HEADERS)
        is_from_here = is_local(request.host, request.remote_addr or "", is_passed_on)
        return self.find_caller(operation, text, is_from_here)

    def find_caller(self, operation: Operation, text: str, is_from_here: bool) -> Caller:
        """Who asks, by the text of a key or for being on this machine; may ask this. Raises KeyNeeded, Denied."""
        if text:
            caller = self.keyring.caller(text, self.system.clock())
        elif self.is_open and is_from_here:
            caller = anyone_here(self.system.settings.tenant)
        elif not operation.scope:
            caller = Caller("", frozenset())
        else:
            raise KeyNeeded(
                f"{operation.name} needs a key with the scope {operation.scope}",
                hint="send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'; "
                f"the operator issues one with: location-cloud keys add --scope {operation.scope}",
            )
        check_scope(caller, operation.scope)
        return caller

    def _finish(self, response: Response, request_id: str) -> None:
        headers = response.headers
        headers["X-Request-Id"] = request_id
        for name, value in SAFE_HEADERS.items():
            headers.setdefault(name, value)
        if self.system.settings.cors_origins:
            response.vary.add("Origin")  # else a browser gives a page of another origin what it kept for an image
        origin = request.headers.get("Origin", "")
        if origin and origin in self.system.settings.cors_origins:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = EXPOSED

    def _log(self, operation: str, response: Response, request_id: str, seconds: float) -> None:
        size = response.content_length
        self.log(operation, request.method, request.path, response.status_code, size, request_id, seconds)

    def log(
        self, operation: str, method: str, path: str, status: int, size: int | None, request_id: str, seconds: float
    ) -> None:
        """Writes the line of a request, if the settings want one."""
        if self.system.settings.log == "off":
            return
        line = {
            "time": self.system.clock(),
            "request": request_id,
            "operation": operation,
            "method": method,
            "path": path,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "bytes": size,
        }
        sys.stderr.write(orjson.dumps(line).decode() + "\n")


# --- reading the question -------------------------------------------------------------------------


def _rule(operation: Operation) -> str:
    rule = operation.path
    for name in operation.In.model_fields:
        converter = "path:" if name == "path" else ""
        rule = rule.replace("{" + name + "}", f"<{converter}{name}>")
    return rule


def _request_id(asked: Request) -> str:
    given = asked.headers.get("X-Request-Id", "")
    return given if 0 < len(given) <= 64 and given.isascii() and given.isprintable() else secrets.token_hex(8)


def is_local(host: str, address: str, is_passed_on: bool) -> bool:
    """Whether the caller is a program on this machine that asked for this machine by name.

    A page of a stranger whose name was pointed at 127.0.0.1 (DNS rebinding) still sends its own name as Host,
    and a proxy on this machine says for whom it asks: neither is a local caller.
    """
    name = host.rsplit(":", 1)[0].strip("[]") if ":" in host else host
    return address in LOOPBACK and name.lower() in LOOPBACK and not is_passed_on


def key_text(authorization: str, api_key: str) -> str:
    """The key that header fields carry, empty if none."""
    if authorization[:7].lower() == "bearer ":
        return authorization[7:].strip()
    return api_key or ("" if " " in authorization else authorization)  # openrouteservice's clients send the bare key


def _params(operation: Operation, path: Mapping[str, str]) -> Query:
    if len(request.query_string) > MAX_QUERY_BYTES:
        raise TooLarge(
            f"the query is {len(request.query_string)} bytes long; the most is {MAX_QUERY_BYTES}",
            hint="ask in several questions",
        )
    values: dict[str, str | list[str]] = dict(path)
    for name, given in request.args.lists():
        if name == operation.key_parameter:
            continue
        if name in path:
            raise BadQuery(f"{name} is part of the path and cannot be a query parameter too", hint=f"leave out {name}=")
        if name in operation.In.repeatable:  # type: ignore[attr-defined]  # every In derives from Query: app checks it
            values[name] = given
            continue
        if len(given) > 1:
            raise BadQuery(f"{name} is given {len(given)} times", hint=f"give {name} once")
        values[name] = given[0]
    try:
        return operation.In.model_validate(values)  # type: ignore[return-value]  # every In derives from Query: app checks it
    except ValidationError as error:
        raise from_validation(error, "query", known_names(operation.In)) from None


def _answer(operation: Operation, call: RequestCall, params: Query, body: BaseModel | bytes | None) -> Any:
    try:
        return operation.answer(call, params.in_wgs84(), body)
    except CloudError as error:
        if error.extra:
            error.extra = {**_moved(error.extra, params), "crs": params.crs}
        raise


# --- shaping the reply ----------------------------------------------------------------------------


def _shape(operation: Operation, params: Query, result: Any, varies: tuple[str, ...]) -> Response:
    reply = result if isinstance(result, Reply) else Reply(result, operation.status)
    body = reply.body
    if isinstance(body, Chunks):
        return _stream(operation, reply, body, varies)
    if not isinstance(body, bytes):
        body = json_bytes(operation.Out, body, params)
    response = Response(b"", reply.status, dict(reply.headers), mimetype=reply.media_type)
    response.headers.setdefault("Cache-Control", operation.cache)
    if isinstance(reply.body, dict) and reply.body.get("type") in ("Feature", "FeatureCollection"):
        response.mimetype = "application/geo+json"
    for header in varies:
        response.vary.add(header)
    packed = _is_packed(response, body)
    if operation.method == "GET" and reply.status == 200 and operation.cache != Cache.NEVER:
        etag = (reply.etag or etag_of(body)) + (PACKED_SUFFIX if packed else "")
        response.set_etag(etag)
        if request.if_none_match.contains_weak(etag):
            response.status_code = 304
            del response.headers["Content-Type"]
            return response
    if packed:
        response.headers["Content-Encoding"] = "gzip"
        body = igzip.compress(body, 1, mtime=0)
    response.set_data(body)
    return response


def etag_of(body: bytes) -> str:
    """A strong validator of a body."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()


class _Sent:
    """Pieces of an answer; gives its place back at their end, or when nobody wants more of them."""

    def __init__(self, pieces: Iterable[bytes], places: threading.Semaphore) -> None:
        self._pieces = iter(pieces)
        self._places = places
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Called by the web server when the answer is sent or its reader is gone."""
        if self._is_open:
            self._is_open = False
            self._places.release()
            close = getattr(self._pieces, "close", None)  # of a generator, which may hold a file
            if close is not None:
                close()

    __del__ = close


def _stream(operation: Operation, reply: Reply, chunks: Chunks, varies: tuple[str, ...]) -> Response:
    """An answer sent piece by piece as it is made: neither compressed nor named by a validator.

    Raises NotReady where too many are being sent, unless it can be told briefly.
    """
    places = STREAMS if chunks.briefly is None else FOLLOWED
    if places.acquire(blocking=False):
        body: Iterable[bytes] | bytes = _Sent(chunks.pieces, places)
    elif chunks.briefly is None:
        raise NotReady("too many long answers are being sent at once", hint="send it again in a second")
    else:
        body = chunks.briefly()
    response = Response(body, reply.status, dict(reply.headers), mimetype=reply.media_type)
    response.headers.setdefault("Cache-Control", operation.cache)
    if chunks.size is not None:
        response.content_length = chunks.size
    for header in varies:
        response.vary.add(header)
    return response


def may_be_packed(body: bytes, media_type: str, headers: Mapping[str, str] | Headers) -> bool:
    """Whether compressing saves anything: pictures are packed by nature."""
    return len(body) >= PACKED_FROM_BYTES and "Content-Encoding" not in headers and not media_type.startswith("image/")


def _is_packed(response: Response, body: bytes) -> bool:
    """Whether the body goes out compressed; whoever may get either form is told so by Vary."""
    if not may_be_packed(body, response.mimetype or "", response.headers):
        return False
    response.vary.add("Accept-Encoding")
    return request.accept_encodings.quality("gzip") > 0 and "gzip" in request.headers.get("Accept-Encoding", "")


def json_bytes(out: type[BaseModel] | Bytes, body: Any, params: Query) -> bytes:
    """A JSON-able answer as it goes out."""
    return orjson.dumps(_in_crs(out, body, params), default=_as_json, option=_ORJSON)


def _in_crs(out: type[BaseModel] | Bytes, body: Any, params: Query) -> Any:
    """The answer in the asked coordinate system, where its model declares `crs`; elsewhere it has no positions."""
    if not isinstance(body, dict) or isinstance(out, Bytes) or "crs" not in out.model_fields:
        return body
    return {**_moved(body, params), "crs": params.crs}


def _moved(value: dict[str, Any], params: Query) -> dict[str, Any]:
    if params.crs == "wgs84":
        return value
    moved: dict[str, Any] = map_coordinates(value, lambda lonlat: from_wgs84(lonlat, params.crs))
    return moved


def _as_json(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _failure(operation: Operation, error: CloudError, request_id: str) -> Response:
    """The reply to a question that failed, in the words of the protocol that was spoken."""
    response = _problem(error, request_id)
    if operation.as_error is not None:
        reply = operation.as_error(error)
        response.status_code, response.mimetype = reply.status, reply.media_type
        response.set_data(reply.body if isinstance(reply.body, bytes) else orjson.dumps(reply.body))
    return response


def _problem(error: CloudError, request_id: str) -> Response:
    response = Response(as_problem(error, request_id), error.status, mimetype=MEDIA_TYPE)
    response.headers["Cache-Control"] = Cache.NEVER
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="location cloud"'
    if error.status == 503:
        response.headers["Retry-After"] = str(error.extra.get("retry_after_s", 1))
    return response
