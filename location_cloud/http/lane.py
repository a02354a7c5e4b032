"""The lane in front of the web framework: the plainest form of the hottest questions, with the same checks and counts.

Flask, Werkzeug and pydantic cost more than a route does. An operation may offer `plain`, which reads the address as it
came and answers with bytes; whatever it does not take (a parameter it does not know, a wrong value, a question without
an answer) goes to the framework, so that there is one place where errors are made.
"""

from __future__ import annotations

import itertools
import logging
import re
import secrets
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any, NamedTuple

from isal import igzip

from location_cloud.access.model import Caller
from location_cloud.capability import Cache, Operation, Reply
from location_cloud.errors import CloudError
from location_cloud.http.context import KEY_PARAMETER, System, best_language, key_in
from location_cloud.http.kept_answers import Kept
from location_cloud.http.web import (
    MAX_QUERY_BYTES,
    PACKED_SUFFIX,
    PROXY_VARIABLES,
    SAFE_HEADERS,
    Door,
    etag_of,
    is_local,
    key_text,
    may_be_packed,
)
from location_cloud.storage.world import World

LOG = logging.getLogger("location_cloud.http")

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

Plain = Callable[[Any, str, str], "bytes | Reply | None"]

KEY = f"{KEY_PARAMETER}="

LEFT_TO_FLASK = frozenset(("HTTP_ORIGIN", "HTTP_X_REQUEST_ID", "HTTP_RANGE"))
"""Headers that need more than a plain answer."""

FEATURES = b'{"type":"FeatureCollection"'
"""How GeoJSON begins, which has a media type of its own."""

VERSION_S = 0.02
"""How long the live version is taken for unchanged where answers are repeated: asking the store takes 4 us,
PostgreSQL many times that, and a repetition 2."""

STATUS_LINES = {200: "200 OK", 204: "204 No Content", 304: "304 Not Modified"}


class PlainCall:
    """What a plain answer is made from (`capability.PlainCall`)."""

    __slots__ = ("_environ", "caller", "tenant", "varies", "world")

    def __init__(self, world: World, caller: Caller, environ: Environ) -> None:
        self.world = world
        self.caller = caller
        self.tenant = caller.tenant
        self.varies: list[str] = []
        self._environ = environ

    def header(self, name: str) -> str:
        """A request header, empty if absent."""
        value: str = self._environ.get("HTTP_" + name.upper().replace("-", "_"), "")
        return value

    def language(self, offered: tuple[str, ...]) -> str:
        """The offered language that the client likes best; the first one if none fits."""
        self.varies.append("Accept-Language")
        return best_language(self.header("Accept-Language"), offered)


class Answer(NamedTuple):
    """An answer of the lane. headers: without those that every answer has (`web.SAFE_HEADERS`)."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    may_be_kept: bool


class Lane:
    """A WSGI application around another one."""

    def __init__(self, system: System, door: Door, inner: Application) -> None:
        self._system = system
        self._door = door
        self._inner = inner
        self._plain = {
            (operation.path.split("{")[0]): operation for operation in system.operations if operation.plain is not None
        }
        self._safe = list(SAFE_HEADERS.items())
        self._id = secrets.token_hex(4)
        self._numbers = itertools.count()
        self._version_field, self._version_until = "", 0.0

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answers here what is plain, and lets the inner application answer the rest."""
        answer = self.answer(environ) if environ["REQUEST_METHOD"] == "GET" else None
        if answer is None:
            return self._inner(environ, start_response)
        start_response(STATUS_LINES[answer.status], self._safe + answer.headers)
        return [answer.body]  # granian sends a list at once; through any other iterable it takes 15 us more

    def answer(self, environ: Environ, is_quick: bool = False) -> Answer | None:
        """The answer to a GET if it is plain, else None. is_quick: and if it takes about a millisecond at most."""
        operation, rest = self._find(environ["PATH_INFO"])
        if operation is None:
            return None
        ask = operation.quick if is_quick else operation.plain
        if ask is None or not environ.keys().isdisjoint(LEFT_TO_FLASK):
            return None
        query = environ.get("QUERY_STRING", "")
        if "q=" in environ.get("HTTP_ACCEPT_ENCODING", "") or not _is_plain(query):
            return None
        started = perf_counter()
        asked = self._ask(operation, ask, environ, rest, query)
        return None if asked is None else self._reply(operation, environ, *asked, started)

    def repeat(self, kept: Kept) -> bytes:
        """Counts a repetition of a kept answer; gives the header fields of its own."""
        request_id = f"{self._id}{next(self._numbers):08x}"
        self._system.metrics.count(kept.operation, kept.status, 0.0)
        self._door.log(kept.operation, "GET", kept.path, kept.status, len(kept.body), request_id, 0.0)
        own = f"X-Request-Id: {request_id}\r\n"
        return (own + self._live_version() if kept.names_versions else own).encode("latin-1")

    def _live_version(self) -> str:
        """The header field that names the live version, as it was at most VERSION_S ago."""
        now = perf_counter()
        if now > self._version_until:
            self._version_field = "".join(f"{name}: {value}\r\n" for name, value in self._door.versions(None)[1:])
            self._version_until = now + VERSION_S
        return self._version_field

    def refuse(self, status: int) -> str:
        """Counts a request that the port ended; gives its id."""
        request_id = f"{self._id}{next(self._numbers):08x}"
        self._system.metrics.count("none", status, 0.0)
        self._door.log("none", "", "", status, 0, request_id, 0.0)
        return request_id

    def is_good(self, key: str) -> bool:
        """Whether a key still opens anything."""
        try:
            self._door.keyring.caller(key, self._system.clock())
        except CloudError:
            return False
        return True

    def _find(self, path: str) -> tuple[Operation | None, str]:
        found = self._plain.get(path)
        if found is not None:
            return found, ""
        # The fixed part of a path with parameters ends at a slash: /tiles/, /osrm/route/v1/
        end = path.find("/", 1) + 1
        found = self._plain.get(path[:end])
        if found is None:
            end = path.find("/", path.find("/", end) + 1) + 1
            found = self._plain.get(path[:end])
        return found, path[end:]

    def _ask(
        self, operation: Operation, ask: Plain, environ: Environ, rest: str, query: str
    ) -> tuple[bytes | Reply, PlainCall] | None:
        text = key_text(environ.get("HTTP_AUTHORIZATION", ""), environ.get("HTTP_X_API_KEY", ""))
        if KEY in query:
            text = text or key_in(query)
            query = "&".join(part for part in query.split("&") if not part.startswith(KEY))
        is_passed_on = not environ.keys().isdisjoint(PROXY_VARIABLES)
        is_here = is_local(environ.get("HTTP_HOST", ""), environ.get("REMOTE_ADDR", ""), is_passed_on)
        try:
            caller = self._door.find_caller(operation, text, is_here)
            world = self._system.worlds.current()
            call = PlainCall(world, caller, environ)
            made = ask(call, rest, query)
            return None if made is None else (made, call)
        except CloudError:
            return None  # the framework says it in the right form
        except Exception:
            LOG.exception("the plain form of %s failed; the framework answers", operation.name)
            return None

    def _reply(
        self, operation: Operation, environ: Environ, made: bytes | Reply, call: PlainCall, started: float
    ) -> Answer:
        request_id = f"{self._id}{next(self._numbers):08x}"
        if isinstance(made, bytes):
            kind = "application/geo+json" if made.startswith(FEATURES) else "application/json"
            made = Reply(made, media_type=kind)
        status, body, own = made.status, made.body, dict(made.headers)
        cache = self._door.for_caches(own.pop("Cache-Control", operation.cache), call.caller)
        varies = [*call.varies, *filter(None, own.pop("Vary", "").split(", "))]
        headers = [("X-Request-Id", request_id), ("Cache-Control", cache), *own.items()]
        headers += self._door.versions(self._system.worlds.find())
        is_packed = False
        if may_be_packed(body, made.media_type, own):
            varies.append("Accept-Encoding")
            is_packed = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        if self._system.settings.cors_origins:
            varies.append("Origin")
        if varies:
            headers.append(("Vary", ", ".join(dict.fromkeys(varies))))
        if status == 200 and cache != Cache.NEVER:
            etag = (made.etag or etag_of(body)) + (PACKED_SUFFIX if is_packed else "")
            headers.append(("ETag", f'"{etag}"'))
            if is_named(etag, environ.get("HTTP_IF_NONE_MATCH", "")):
                status, body, is_packed = 304, b"", False
        if is_packed:
            headers.append(("Content-Encoding", "gzip"))
            body = igzip.compress(body, 1, mtime=0)
        if status != 304:
            headers.append(("Content-Type", made.media_type))
        if status == 200:
            headers.append(("Content-Length", str(len(body))))
        seconds = perf_counter() - started
        headers.append(("Server-Timing", f"total;dur={seconds * 1000:.2f}"))
        self._system.metrics.count(operation.name, status, seconds)
        self._door.log(operation.name, "GET", environ["PATH_INFO"], status, len(body), request_id, seconds)
        return Answer(status, headers, body, cache.startswith(("public", "private")))


def is_named(etag: str, if_none_match: str) -> bool:
    """Whether an If-None-Match header names the validator. Source: RFC 9110, 13.1.2: the weak comparison."""
    return f'"{etag}"' in if_none_match or if_none_match.strip() == "*"


_PLAIN_KEY = re.compile(r"[\w-]+", re.ASCII)


def _is_plain(query: str) -> bool:
    """Whether each parameter is named once, in plain letters, and a key is plain: the framework judges the others."""
    names = [part.partition("=")[0] for part in query.split("&")] if query else []
    return (
        len(query) <= MAX_QUERY_BYTES
        and len(set(names)) == len(names)
        and (KEY_PARAMETER not in names or _PLAIN_KEY.fullmatch(key_in(query)) is not None)
        and not any("%" in name or "+" in name for name in names)
    )
