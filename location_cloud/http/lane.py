"""The lane in front of the web framework: the plainest form of the hottest questions, with the same checks and counts.

Flask, Werkzeug and pydantic cost more than a route does. An operation may offer `plain`, which reads the address as it
came and answers with bytes; whatever it does not take (a parameter it does not know, a wrong value, a question without
an answer) goes to the framework, so that there is one place where errors are made.
"""

from __future__ import annotations

import gzip
import logging
import secrets
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from location_cloud.capability import Operation
from location_cloud.errors import CloudError
from location_cloud.http.context import KEY_PARAMETER, System
from location_cloud.http.web import MAX_QUERY_BYTES, PACKED_FROM_BYTES, PROXY_HEADERS, SAFE_HEADERS, Door, is_local
from location_cloud.storage.world import World

LOG = logging.getLogger("location_cloud.http")

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

PROXY_VARIABLES = tuple("HTTP_" + name.upper().replace("-", "_") for name in PROXY_HEADERS)

LEFT_TO_FLASK = ("HTTP_ORIGIN", "HTTP_IF_NONE_MATCH", "HTTP_X_REQUEST_ID", "HTTP_RANGE")
"""Headers that need more than a plain answer."""


class PlainCall:
    """What a plain answer is made from (`capability.PlainCall`)."""

    __slots__ = ("tenant", "world")

    def __init__(self, world: World, tenant: str) -> None:
        self.world = world
        self.tenant = tenant


class Lane:
    """A WSGI application around another one."""

    def __init__(self, system: System, door: Door, inner: Application) -> None:
        self._system = system
        self._door = door
        self._inner = inner
        self._plain = {
            (operation.path.split("{")[0]): operation for operation in system.operations if operation.plain is not None
        }
        self._headers = [*SAFE_HEADERS.items(), ("Cache-Control", "no-store")]

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answers here what is plain, and lets the inner application answer the rest."""
        operation, rest = self._find(environ)
        if operation is not None:
            started = perf_counter()
            body = self._ask(operation, environ, rest)
            if body is not None:
                return self._reply(operation, environ, start_response, body, started)
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
        if environ["REQUEST_METHOD"] != "GET" or any(name in environ for name in LEFT_TO_FLASK):
            return None, ""
        if not _is_plain(environ.get("QUERY_STRING", "")) or "q=" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            return None, ""
        return found, path

    def _ask(self, operation: Operation, environ: Environ, rest: str) -> bytes | None:
        assert operation.plain is not None
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        text = (
            authorization[7:].strip() if authorization[:7].lower() == "bearer " else environ.get("HTTP_X_API_KEY", "")
        )
        is_passed_on = any(name in environ for name in PROXY_VARIABLES)
        is_here = is_local(environ.get("HTTP_HOST", ""), environ.get("REMOTE_ADDR", ""), is_passed_on)
        try:
            caller = self._door.find_caller(operation, text, is_here)
            world = self._system.worlds.current()
            return operation.plain(PlainCall(world, caller.tenant), rest, environ.get("QUERY_STRING", ""))
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
        started: float,
    ) -> Iterable[bytes]:
        request_id = secrets.token_hex(8)
        headers = [*self._headers, ("Content-Type", "application/json"), ("X-Request-Id", request_id)]
        headers += self._door.versions(self._system.worlds.find())
        if len(body) >= PACKED_FROM_BYTES:
            headers.append(("Vary", "Accept-Encoding"))
            if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
                headers.append(("Content-Encoding", "gzip"))
                body = gzip.compress(body, compresslevel=1, mtime=0)
        seconds = perf_counter() - started
        headers += [("Content-Length", str(len(body))), ("Server-Timing", f"total;dur={seconds * 1000:.2f}")]
        self._system.metrics.count(operation.name, 200, seconds)
        self._door.log(operation.name, "GET", environ["PATH_INFO"], 200, len(body), request_id, seconds)
        start_response("200 OK", headers)
        return (body,)


def _is_plain(query: str) -> bool:
    """Whether each parameter is named once, in plain letters, and none is a key: the framework judges the others."""
    names = [part.partition("=")[0] for part in query.split("&")] if query else []
    return (
        len(query) <= MAX_QUERY_BYTES
        and len(set(names)) == len(names)
        and KEY_PARAMETER not in names
        and not any("%" in name or "+" in name for name in names)
    )
