"""What the server says about itself: health, metrics, its interface, and a docs page that needs no network."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from html import escape
from typing import Any

import orjson
from pydantic import BaseModel, Field

from location_cloud import __version__
from location_cloud.capability import Bytes, Cache, Operation, Reply
from location_cloud.errors import NotReady, all_errors
from location_cloud.http.context import RequestCall
from location_cloud.http.openapi import build_openapi
from location_cloud.http.parameters import Query
from location_cloud.storage.jobs import JobRun, list_runs

WORKER_LATE_FACTOR = 4
"""The worker process counts as gone after this many heartbeats without one."""


class Nothing(Query):
    """An operation without parameters."""


class Feed(BaseModel):
    """One background job's state."""

    age_s: float | None = Field(description="seconds since it last succeeded; null = never")
    error: str | None = Field(description="the last failure, if it came after the last success")


class Health(BaseModel):
    """Whether this server lives and can answer."""

    live: bool
    ready: bool = Field(description="a snapshot is served and the live store answers")
    version: str
    snapshot: str | None
    live_version: int
    worker: bool = Field(description="the background process reported lately")
    feeds: dict[str, Feed] = Field(description="age of each feed and job")
    hint: str = Field(description="the command that mends what is wrong; empty if all is well")
    crs: str


def health(call: RequestCall, params: Nothing, body: None) -> Reply:
    """Whether it can serve; 200 with ready=true when it can, 503 with the same document when it cannot."""
    system = call.system
    hint = ""
    snapshot = None
    try:
        snapshot = system.worlds.current().snapshot.id
    except NotReady as error:
        hint = error.hint
    feeds = {run.name: _feed(run) for run in list_runs(system.live, call.now)}
    beat = feeds.get("heartbeat")
    late_s = system.settings.heartbeat_s * WORKER_LATE_FACTOR
    worker = beat is not None and beat["age_s"] is not None and beat["age_s"] < late_s
    document = {
        "live": True,
        "ready": snapshot is not None,
        "version": __version__,
        "snapshot": snapshot,
        "live_version": system.live.version(),
        "worker": worker,
        "feeds": feeds,
        "hint": hint or ("" if worker else "the background process is not running: location-cloud work"),
    }
    return Reply(document, 200 if snapshot is not None else 503)


def _feed(run: JobRun) -> dict[str, Any]:
    is_failing = run.last_failed is not None and (run.last_ok is None or run.last_failed > run.last_ok)
    age_s = None if run.age_s is None else round(run.age_s, 1)
    return {"age_s": age_s, "error": run.last_error if is_failing else None}


def metrics(call: RequestCall, params: Nothing, body: None) -> Reply:
    """Counters of all worker processes in Prometheus text format."""
    system = call.system
    gauges = [
        ("location_cloud_ready", "1 if a snapshot is served.", float(system.worlds.find() is not None)),
        ("location_cloud_live_version", "Version of the live store.", float(system.live.version())),
    ]
    return Reply(system.metrics.text(gauges).encode(), media_type="text/plain; version=0.0.4")


def openapi(call: RequestCall, params: Nothing, body: None) -> Reply:
    """The server's interface as OpenAPI 3.1, self-contained."""
    return Reply(_document_bytes(call.system.operations))


def docs(call: RequestCall, params: Nothing, body: None) -> Reply:
    """Every operation, parameter and error as one page without scripts."""
    page = _docs_bytes(call.system.operations)
    policy = "default-src 'none'; style-src 'sha256-" + _STYLE_HASH + "'; frame-ancestors 'none'"
    return Reply(page, media_type="text/html", headers={"Content-Security-Policy": policy})


@lru_cache(maxsize=1)
def _document_bytes(operations: tuple[Operation, ...]) -> bytes:
    """Made once, when first asked: it takes half a second or more."""
    return orjson.dumps(build_openapi(operations))


@lru_cache(maxsize=1)
def _docs_bytes(operations: tuple[Operation, ...]) -> bytes:
    return _docs_page(orjson.loads(_document_bytes(operations))).encode()


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2733}"
    "code{background:#eef2f5;padding:0 .25rem}h2{border-top:1px solid #c9d3dc;padding-top:1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0}"
)

_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def _docs_page(document: dict[str, Any]) -> str:
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Location cloud: interface</title>',
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>',
        "<h1>Location cloud: interface</h1>",
        f"<p>Version {escape(document['info']['version'])}. Points are <code>lon,lat</code> in degrees. ",
        'The same as data: <a href="/openapi.json">/openapi.json</a>.</p>',
    ]
    for path, methods in document["paths"].items():
        for method, entry in methods.items():
            parts.append(_docs_operation(path, method, entry))
    parts.append('<h2 id="errors">Errors</h2><table>')
    for error in all_errors():
        summary = escape((error.__doc__ or "").strip())
        parts.append(
            f'<tr id="error-{error.code}"><td>{error.status}</td><td><code>{error.code}</code></td>'
            f"<td>{summary}</td></tr>"
        )
    parts.append("</table></body></html>")
    return "".join(parts)


def _docs_operation(path: str, method: str, entry: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{'required' if parameter['required'] else ''}</td>"
        f"<td>{escape(parameter.get('description', ''))}</td>"
        f"<td><code>{escape(_range(parameter['schema']))}</code></td></tr>"
        for parameter in entry["parameters"]
    )
    scope = escape(entry["x-scope"]) or "none"
    return (
        f'<h2 id="{escape(entry["operationId"])}"><code>{method.upper()} {escape(path)}</code></h2>'
        f"<p>{escape(entry['summary'])} Scope: <code>{scope}</code>.</p><table>{rows}</table>"
    )


def _range(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    low, high = schema.get("minimum"), schema.get("maximum")
    limits = (
        f" {low if low is not None else ''}..{high if high is not None else ''}" if (low, high) != (None, None) else ""
    )
    default = f" = {schema['default']}" if "default" in schema else ""
    return f"{schema.get('type', '')}{limits}{default}"


OPERATIONS = (
    Operation(
        "system.health",
        "GET",
        "/health",
        "Whether this server lives and can answer.",
        health,
        Nothing,
        Health,
        "",
        cost=0,
        errors=(503,),
    ),
    Operation(
        "system.metrics",
        "GET",
        "/metrics",
        "Counters in Prometheus text format.",
        metrics,
        Nothing,
        Bytes("text/plain"),
        "system:read",
        cost=0,
    ),
    Operation(
        "system.openapi",
        "GET",
        "/openapi.json",
        "This interface as OpenAPI 3.1.",
        openapi,
        Nothing,
        Bytes("application/json"),
        "",
        cost=0,
        cache=Cache.REVALIDATE,
    ),
    Operation(
        "system.docs",
        "GET",
        "/docs",
        "This interface as a page.",
        docs,
        Nothing,
        Bytes("text/html"),
        "",
        cost=0,
        cache=Cache.REVALIDATE,
    ),
)
