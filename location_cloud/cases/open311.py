"""Open311 GeoReport v2 on the wire: one value, written as XML or as JSON by the Spark convention.

Spark: lists lose the names around them, elements become fields, an empty element is null. XML without a schema cannot
tell a number from text, so which fields are numbers is said here, and codes are text: samples of the specification
write 006 in JSON, which is none. Source: wiki.open311.org/GeoReport_v2, wiki.open311.org/JSON_and_XML_Conversion.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias
from xml.sax.saxutils import escape

import orjson

from location_cloud.capability import Reply
from location_cloud.errors import CloudError, KeyNeeded

Form: TypeAlias = Literal["xml", "json"]

FORMS: tuple[Form, ...] = ("xml", "json")
MEDIA: Mapping[str, str] = {"xml": "text/xml", "json": "application/json"}
"""Of the answer; XML gets its charset as every text does."""
CHARSET: Mapping[str, str] = {"xml": "", "json": "; charset=utf-8"}

ITEMS: Mapping[str, str] = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "notes": "note",
}
"""List -> the name of its elements in XML."""

_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold (clause 2.2), and the carriage return, which its readers change (2.11)."""


def write(form: Form, root: str, value: Any) -> bytes:
    """An answer. root: the name of the whole in XML. value: dicts, lists, text, numbers, booleans, None."""
    clean = _clean(value)
    if form == "json":
        return orjson.dumps(clean)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_element(root, clean)}'.encode()


def reply(form: Form, root: str, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """The same as an answer over HTTP."""
    return Reply(write(form, root, value), status, media_type=MEDIA[form] + CHARSET[form], headers=headers or {})


def as_error(error: CloudError, form: Form) -> Reply:
    """A failure as the specification has it: 404 for what is not there, 403 for a wrong key, 400 for any other.

    Only failures of the server keep their status: a client may send the same again later. The code tells more.
    """
    code = 403 if isinstance(error, KeyNeeded) else error.status
    status = code if code in (403, 404) or code >= 500 else 400
    text = f"{error.detail}; {error.hint}" if error.hint else error.detail
    return reply(form, "errors", [{"code": code, "description": text}], status)


def _clean(value: Any) -> Any:
    """The value with texts that both forms can tell alike; "" is null, as an empty element is."""
    if isinstance(value, str):
        return _NOT_XML.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n")) or None
    if isinstance(value, Mapping):
        return {name: _clean(each) for name, each in value.items()}
    if isinstance(value, Sequence):
        return [_clean(each) for each in value]
    return value


def _element(name: str, value: Any) -> str:
    if value is None:
        return f"<{name}/>"
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(part, each) for part, each in value.items())}</{name}>"
    if isinstance(value, list):
        item = ITEMS[name]
        return f"<{name}>{''.join(_element(item, each) for each in value)}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{'true' if value else 'false'}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"
