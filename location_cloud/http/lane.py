"""The lane in front of the web framework: the plainest form of the hottest questions, with the same checks and counts.

Flask, Werkzeug and pydantic cost more than a route does. An operation may offer `plain`, which reads the address as it
came and answers with bytes; whatever it does not take (a parameter it does not know, a wrong value, a question without
an answer) goes to the framework, so that there is one place where errors are made.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from isal import igzip

from location_cloud.capability import Operation
from location_cloud.errors import CloudError
from location_cloud.http.context import KEY_PARAMETER, System, best_language
from location_cloud.http.web import MAX_QUERY_BYTES, PACKED_FROM_BYTES, PROXY_HEADERS, SAFE_HEADERS, Door, is_local
from location_cloud.storage.world import World

LOG = logging.getLogger("location_cloud.http")

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

PROXY_VARIABLES = frozenset("HTTP_" + name.upper().replace("-", "_") for name in PROXY_HEADERS)

LEFT_TO_FLASK = frozenset(("HTTP_ORIGIN", "HTTP_IF_NONE_MATCH", "HTTP_X_REQUEST_ID", "HTTP_RANGE"))
"""Headers that need more than a plain answer."""

FEATURES = b'{"type":"FeatureCollection"'
"""How GeoJSON begins, which has a media type of its own."""


class PlainCall:
    """What a plain answer is made from (`capability.PlainCall`)."""

    __slots__ = ("_accepted", "tenant", "varies", "world")

    def __init__(self, world: World, tenant: str, accepted: str = "") -> None:
        self.world = world
        self.tenant = tenant
        self.varies: list[str] = []
        self._accepted = accepted

    def language(self, offered: tuple[str, ...]) -> str:
        """The offered language that the client likes best; the first one if none fits."""
        self.varies.append("Accept-Language")
        return best_language(self._accepted, offered)


class Lane:
    """A WSGI application around another one."""

    def __init__(self, system: System, door: Door, inner: Application) -> None:
        self._system = system
        self._door = door
        self._inner = inner
        self._plain = {
            (operation.path.split("{")[0]): operation for operation in system.operations if operation.plain is not None
        }
        self._headers = [*SAFE_HEADERS.items(), ("Cache-Control", "no-store"), ("Content-Type", "application/json")]

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answers here what is plain, and lets the inner application answer the rest."""
        operation, rest = self._find(environ)
        if operation is not None:
            started = perf_counter()
            answer = self._ask(operation, environ, rest)
            if answer is not None:
                return self._reply(operation, environ, start_response, *answer, started)
        return self._inner(environ, start_response)

    def _find(self, environ: Environ) -> tuple[Operation | None, str]:
        path: str = environ["PATH_INFO"]
        found = self._plain.get(path)
        if found is None:
            # The fixed part of a path with parameters ends at its fourth slash: /osrm/route/v1/
            end = path.find("/", path.find("/", path.find("/", 1) + 1) + 1) + 1
            found = self._plain.get(path[:end])
            if found is None:
                return None, ""
            path = path[end:]
        else:
            path = ""
        if environ["REQUEST_METHOD"] != "GET" or not environ.keys().isdisjoint(LEFT_TO_FLASK):
            return None, ""
        if not _is_plain(environ.get("QUERY_STRING", "")) or "q=" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            return None, ""
        return found, path

    def _ask(self, operation: Operation, environ: Environ, rest: str) -> tuple[bytes, list[str]] | None:
        assert operation.plain is not None
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        text = (
            authorization[7:].strip() if authorization[:7].lower() == "bearer " else environ.get("HTTP_X_API_KEY", "")
        )
        is_passed_on = not environ.keys().isdisjoint(PROXY_VARIABLES)
        is_here = is_local(environ.get("HTTP_HOST", ""), environ.get("REMOTE_ADDR", ""), is_passed_on)
        try:
            caller = self._door.find_caller(operation, text, is_here)
            call = PlainCall(self._system.worlds.current(), caller.tenant, environ.get("HTTP_ACCEPT_LANGUAGE", ""))
            body = operation.plain(call, rest, environ.get("QUERY_STRING", ""))
            return None if body is None else (body, call.varies)
        except CloudError:
            return None  # the framework says it in the right form
        except Exception:
            LOG.exception("the plain form of %s failed; the framework answers", operation.name)
            return None

    def _reply(
        self,
        operation: Operation,
        environ: Environ,
        start_response: Callable[..., Any],
        body: bytes,
        varies: list[str],
        started: float,
    ) -> Iterable[bytes]:
        request_id = secrets.token_hex(8)
        headers = [*self._headers, ("X-Request-Id", request_id), *self._door.versions(self._system.worlds.find())]
        if body.startswith(FEATURES):
            headers[len(self._headers) - 1] = ("Content-Type", "application/geo+json")
        if len(body) >= PACKED_FROM_BYTES:
            varies.append("Accept-Encoding")
            if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
                headers.append(("Content-Encoding", "gzip"))
                body = igzip.compress(body, 1, mtime=0)
        if varies:
            headers.append(("Vary", ", ".join(varies)))
        seconds = perf_counter() - started
        headers += [("Content-Length", str(len(body))), ("Server-Timing", f"total;dur={seconds * 1000:.2f}")]
        self._system.metrics.count(operation.name, 200, seconds)
        self._door.log(operation.name, "GET", environ["PATH_INFO"], 200, len(body), request_id, seconds)
        start_response("200 OK", headers)
        return [body]  # granian sends a list at once; through any other iterable it takes 15 us more


def _is_plain(query: str) -> bool:
    """Whether each parameter is named once, in plain letters, and none is a key: the framework judges the others."""
    names = [part.partition("=")[0] for part in query.split("&")] if query else []
    return (
        len(query) <= MAX_QUERY_BYTES
        and len(set(names)) == len(names)
        and KEY_PARAMETER not in names
        and not any("%" in name or "+" in name for name in names)
    )
