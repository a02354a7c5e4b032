"""What the headers of a request say of the version it changes and of being sent twice, and who sends it."""

from __future__ import annotations

import re

from location_cloud.capability import Call
from location_cloud.errors import BadQuery, VersionNeeded

DESK, CREW, PRIVATE = "rescue:desk", "rescue:crew", "rescue:private"
"""Scopes: of the duty desk, and of a crew that tells of its own unit. No key with "*:read" carries any of them."""

_VERSION = re.compile(r'(?:W/)?"?([0-9]{1,9})(?:-[a-z]+)?"?')
_REQUEST = re.compile(r"[\x21-\x7e]{1,128}")


def find_version(call: Call) -> int | None:
    """The version that If-Match names; None = whichever is there, or none is named. Raises BadQuery."""
    text = call.header("If-Match").strip()
    match = _VERSION.fullmatch(text)
    if text and text != "*" and match is None:
        raise BadQuery(f"If-Match: {text[:40]} is no version", hint='send the ETag that was read, such as "3", or *')
    return None if match is None else int(match[1])


def get_version(call: Call, version: int | None) -> int | None:
    """The same where one must be named (* = whichever), by If-Match or in the address. Raises VersionNeeded."""
    if not call.header("If-Match").strip() and version is None:
        raise VersionNeeded(
            "a change says which version it was made from", hint='send If-Match: "3", the ETag that was read, or *'
        )
    return find_version(call) if call.header("If-Match").strip() else version


def request_key(call: Call) -> str:
    """The key under which it is done once, "" = none. Raises BadQuery."""
    request = call.header("Idempotency-Key")
    if request and not _REQUEST.fullmatch(request):
        raise BadQuery("Idempotency-Key has up to 128 visible ASCII characters", hint="a UUID serves")
    return request


def who(call: Call) -> str:
    """The caller as the log names it."""
    return call.caller.key_id or "local"


def crew_key(call: Call) -> str | None:
    """The key of a crew, which writes of its own unit only; None = the desk writes."""
    return None if call.caller.may(DESK) else str(call.caller.key_id)


def etag(version: int) -> dict[str, str]:
    """The header that names a version."""
    return {"ETag": f'"{version}"'}
