"""The plain forms of HTTP/1.1 that are read here: a GET whole in one piece, and how long a body is; the rest is odd."""

from __future__ import annotations

import re
from typing import NamedTuple

NEEDS_MORE = frozenset(
    ("CONTENT_LENGTH", "TRANSFER_ENCODING", "UPGRADE", "EXPECT", "TE", "TRAILER", "HTTP2_SETTINGS", "PROXY_CONNECTION")
)
"""Header fields with which a request is not plain."""


def is_plain_target(target: bytes) -> bool:
    """Whether a request's target means itself: visible ASCII, nothing encoded but in the values of parameters.

    A path or a name could otherwise be written in two ways, and one of them be overlooked.
    """
    return _PLAIN.fullmatch(target) is not None


_NAME, _VALUE = rb"[A-Za-z0-9/?.,;:_~!$'()*+@-]*", rb"[A-Za-z0-9/?=.,;:_~!$'()*+@%-]*"
_PARAMETER = rb"%b(=%b)?" % (_NAME, _VALUE)
_PLAIN = re.compile(rb"[A-Za-z0-9/&=.,;:_~!$'()*+@-]+(\?%b(&%b)*)?" % (_PARAMETER, _PARAMETER))


def read_fields(raw: bytes) -> dict[str, str] | None:
    """Header fields as WSGI names them, from the line end before them to the empty line after; None if not plain."""
    fields = _split(raw)
    if fields is None or not fields.keys().isdisjoint(_NEEDS_MORE):
        return None
    if "HTTP_HOST" not in fields or fields.get("HTTP_CONNECTION", "keep-alive").lower() != "keep-alive":
        return None
    return fields


_NEEDS_MORE = frozenset(f"HTTP_{name}" for name in NEEDS_MORE)


class Framing(NamedTuple):
    """How the body of a request is sent. body_bytes: None = in chunks. waits_for_word: see RFC 9110, 10.1.1."""

    body_bytes: int | None
    waits_for_word: bool


def read_framing(raw: bytes) -> Framing | None:
    """How long the body behind these header fields is (see `read_fields`); None if that is not said plainly."""
    fields = _split(raw)
    if fields is None or "HTTP_HOST" not in fields:
        return None
    size, coding = fields.pop("HTTP_CONTENT_LENGTH", None), fields.pop("HTTP_TRANSFER_ENCODING", None)
    word = fields.pop("HTTP_EXPECT", None)
    if not fields.keys().isdisjoint(_NEEDS_MORE) or fields.get("HTTP_CONNECTION", "close").lower() not in _CONNECTION:
        return None
    if word not in (None, "100-continue") or (size is not None and coding is not None):
        return None
    if coding is not None:
        return Framing(None, word is not None) if coding.lower() == "chunked" else None
    return Framing(int(size or 0), word is not None) if size is None or _SIZE.fullmatch(size) else None


_CONNECTION = ("keep-alive", "close")
_SIZE = re.compile(r"[0-9]{1,12}")


def _split(raw: bytes) -> dict[str, str] | None:
    """Header fields, each named once and in plain letters; else None."""
    fields: dict[str, str] = {}
    for line in raw[2:-4].split(b"\r\n"):
        name, colon, value = line.partition(b":")
        key = name.decode("latin-1").upper().replace("-", "_")
        if not colon or not key.replace("_", "").isalnum() or b"_" in name or not key.isascii():
            return None
        text = value.strip(b" \t").decode("latin-1")
        if not text.isprintable() or f"HTTP_{key}" in fields:
            return None
        fields[f"HTTP_{key}"] = text
    return fields


def body_size(head: bytes) -> int | None:
    """How many bytes follow the head of an answer; None if the connection cannot be used on, or that is not said."""
    status = head[9:12]
    fields = dict(line.partition(b":")[::2] for line in head.lower().split(b"\r\n")[1:])
    if status < b"200" or b"transfer-encoding" in fields or b"close" in fields.get(b"connection", b""):
        return None
    if status in (b"204", b"304"):
        return 0
    size = fields.get(b"content-length", b"").strip()
    return int(size) if size.isdigit() else None
