"""The one form of HTTP/1.1 that is read here: a GET without a body, whole in one piece; anything odd is not plain."""

from __future__ import annotations

import re

NEEDS_MORE = frozenset(
    ("CONTENT_LENGTH", "TRANSFER_ENCODING", "UPGRADE", "EXPECT", "TE", "TRAILER", "HTTP2_SETTINGS", "PROXY_CONNECTION")
)
"""Header fields with which a request is not plain."""


def is_plain_target(target: bytes) -> bool:
    """Whether a request's target means itself: visible ASCII, nothing encoded."""
    return _PLAIN.fullmatch(target) is not None


_PLAIN = re.compile(rb"[A-Za-z0-9/?&=.,;:_~!$'()*+@-]+")


def read_fields(raw: bytes) -> dict[str, str] | None:
    """Header fields as WSGI names them, from the line end before them to the empty line after; None if not plain."""
    fields: dict[str, str] = {}
    for line in raw[2:-4].split(b"\r\n"):
        name, colon, value = line.partition(b":")
        key = name.decode("latin-1").upper().replace("-", "_")
        if not colon or not key.replace("_", "").isalnum() or b"_" in name or not key.isascii():
            return None
        text = value.strip(b" \t").decode("latin-1")
        if key in NEEDS_MORE or not text.isprintable() or f"HTTP_{key}" in fields:
            return None
        fields[f"HTTP_{key}"] = text
    if "HTTP_HOST" not in fields or fields.get("HTTP_CONNECTION", "keep-alive").lower() != "keep-alive":
        return None
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
