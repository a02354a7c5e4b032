"""Errors as the web sees them: RFC 9457 problem documents with a hint that says what to do next."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException

from location_cloud.errors import BadQuery, CloudError, NotFound, TooLarge

MEDIA_TYPE = "application/problem+json"

TYPE_BASE = "/docs#error-"
"""`type` is a link into the docs page of this very server: it works offline."""

MOST_TOLD_CHARS = 200
"""Of a wrong value: whoever sends a megabyte of it need not get it back."""


class Problem(BaseModel):
    """Why a question was not answered, and what to do; some carry more, e.g. the best guess as `partial`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="link to the error's description on this server")
    title: str
    status: int
    detail: str = Field(description="what is wrong, with the offending value and the allowed range")
    hint: str = Field(description="what to do next; empty if there is nothing to add")
    request_id: str = Field(description="finds this request in the server's log")
    errors: list[dict[str, Any]] = Field(default_factory=list, description="each wrong parameter, if several")


def as_problem(error: CloudError, request_id: str) -> bytes:
    """The problem document of an error, encoded."""
    document = {
        "type": TYPE_BASE + error.code if error.code else "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "hint": error.hint,
        "request_id": request_id,
        **error.extra,
    }
    return orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS)


def from_http(error: HTTPException) -> CloudError:
    """Flask's own errors (unknown path, wrong method, oversized body) in our words."""
    status = error.code or 500
    if status == 404:
        return NotFound("there is nothing at this address", hint="all addresses are listed at /docs and /openapi.json")
    if status == 413:
        return TooLarge("the body is larger than this operation accepts", hint="send it in smaller parts")
    ours = BadQuery(error.description or error.name, hint="all addresses are listed at /docs and /openapi.json")
    ours.status = status  # type: ignore[misc]  # the status is the class's for our errors, the instance's for Flask's
    ours.code = ""  # type: ignore[misc]  # likewise; the status says it all (RFC 9457, about:blank)
    ours.title = error.name  # type: ignore[misc]  # likewise
    return ours


def from_validation(error: ValidationError, place: str, known: tuple[str, ...] = ()) -> BadQuery:
    """A question that does not fit its model, as one 400 that names each wrong value and its range.

    place: "query", "path" or "body". known: the parameters that exist, for the hint.
    """
    faults = [_fault(item, place) for item in error.errors(include_url=False)]
    hint = f"parameters are: {', '.join(known)}" if any(fault["kind"] == "extra_forbidden" for fault in faults) else ""
    first = faults[0]
    detail = f"{first['where']}={_short(first['value'])}: {first['problem']}"
    if first["kind"] == "missing":
        detail = f"{first['where']} is missing"
    elif first["where"] == place and first["kind"] == "value_error":
        detail = first["problem"]  # about several fields together: it names them
    return BadQuery(detail, hint=hint or "see /docs for the meaning and range of each parameter", errors=faults)


def _fault(item: Any, place: str) -> dict[str, Any]:
    where = ".".join(str(part) for part in item["loc"]) or place
    unknown = item["type"] == "extra_forbidden"
    message = item["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return {
        "where": where,
        "value": _plain(item["input"]),
        "problem": f"there is no {place} parameter of that name" if unknown else message,
        "kind": item["type"],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= MOST_TOLD_CHARS else f"{value[: MOST_TOLD_CHARS - 3]}..."
    return value if isinstance(value, (int, float, bool, type(None))) else type(value).__name__


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."
