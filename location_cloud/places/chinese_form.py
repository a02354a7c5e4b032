"""How Chinese map services write answers: JSON, JSONP, or XML with the same names; and pages of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import orjson

JSON, XML, SCRIPT = "application/json", "text/xml", "application/javascript"


def write(answer: Mapping[str, Any], root: str, output: str, callback: str) -> tuple[bytes, str]:
    """(body, media type) of an answer. root: name of the XML element. callback: of JSONP, "" = plain JSON."""
    if output.lower() == "xml":
        head = '<?xml version="1.0" encoding="UTF-8"?>\n'
        return f"{head}<{root}>{_elements(answer)}</{root}>".encode(), XML
    body = orjson.dumps(answer)
    return (callback.encode() + b"(" + body + b")", SCRIPT) if callback else (body, JSON)


def _elements(value: Any, item: str = "item") -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}{_kind(part)}>{_elements(part, _one(name))}</{name}>" for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return "".join(f"<{item}>{_elements(part, item)}</{item}>" for part in value)
    if value is None:
        return ""
    return escape("".join(char for char in str(value) if char >= " " or char in "\t\n"))


def _kind(value: Any) -> str:
    return ' type="list"' if isinstance(value, Sequence) and not isinstance(value, str) and value else ""


def _one(name: str) -> str:
    """The name of one of several: pois -> poi, result -> result."""
    return name.removesuffix("s") if name.endswith("s") and len(name) > 2 else name
