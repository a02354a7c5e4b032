"""The plain form of an operation that needs nothing of a request but its parameters (`Operation.plain`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import unquote_plus

from pydantic import BaseModel, ValidationError

from location_cloud.capability import PlainCall
from location_cloud.errors import Unprocessable
from location_cloud.http.parameters import Query
from location_cloud.http.web import json_bytes

MOST_UNANSWERABLE = 1_000
"""Questions remembered to have no answer: the port, the lane and the framework would each find that out in turn."""

Plain: TypeAlias = "Callable[[PlainCall, str, str], bytes | None]"


def plain_form(answer: Callable[[Any, Any, None], Any], asks: type[Query], out: type[BaseModel]) -> Plain:
    """What the lane answers an operation with: the bytes that the framework would send.

    answer, asks, out: the operation's `answer`, `In` and `Out`; it answers with a JSON-able value, has no path
    parameters, and may need of its call only what `PlainCall` has.
    """
    unanswerable: dict[tuple[str, str], None] = {}

    def plain(call: PlainCall, path: str, query: str) -> bytes | None:
        asked = call.world.snapshot.id, query
        params = None if asked in unanswerable else read_params(asks, query)
        if params is None:
            return None
        try:
            return json_bytes(out, answer(call, params.in_wgs84(), None), params)
        except Unprocessable:
            if len(unanswerable) >= MOST_UNANSWERABLE:
                unanswerable.clear()
            unanswerable[asked] = None
            raise

    return plain


def only_if(is_quick: Callable[[str], bool], plain: Plain) -> Plain:
    """The same for addresses whose query string says that the answer will not take long, for `Operation.quick`."""

    def quick(call: PlainCall, path: str, query: str) -> bytes | None:
        return plain(call, path, query) if is_quick(query) else None

    return quick


def read_params(asks: type[Query], query: str) -> Query | None:
    """The parameters of a query string whose names are plain; None = the framework says what is wrong with them."""
    values = {}
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if equals or name:
            values[name] = value
    try:
        return asks.model_validate({name: _decoded(value) for name, value in values.items()})
    except (ValidationError, UnicodeDecodeError):
        return None


def _decoded(value: str) -> str:
    return unquote_plus(value, errors="strict") if "%" in value or "+" in value else value
