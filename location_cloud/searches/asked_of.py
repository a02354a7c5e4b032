"""What the headers of a request say of the version it changes and of being sent twice, and who sends it."""

from __future__ import annotations

import re
from hashlib import blake2b

import orjson
from pydantic import BaseModel

from location_cloud.capability import Call
from location_cloud.errors import BadQuery, VersionNeeded
from location_cloud.searches.model import Sent

DESK, CREW = "rescue:desk", "rescue:crew"
"""Scopes: of the duty desk, and of a team that tells what it searched. No key with "*:read" carries any of them."""

_VERSION = re.compile(r'(?:W/)?"?([0-9]{1,9})(?:-[a-z]+)?"?')
_REQUEST = re.compile(r"[\x21-\x7e]{1,128}")


def find_version(call: Call, told: int | None = None) -> int | None:
    """The version that If-Match names, else the address (told); None = whichever is there. Raises BadQuery."""
    text = call.header("If-Match").strip() or str(told or "")
    match = _VERSION.fullmatch(text)
    if text and text != "*" and match is None:
        raise BadQuery(f"If-Match: {text[:40]} is no version", hint='send the ETag that was read, such as "3", or *')
    return None if match is None else int(match[1])


def get_version(call: Call, told: int | None = None) -> int | None:
    """The same where one must be named (* = whichever). Raises VersionNeeded."""
    if not call.header("If-Match").strip() and told is None:
        raise VersionNeeded(
            "a change says which version it was made from", hint='send If-Match: "3", the ETag that was read, or *'
        )
    return find_version(call, told)


def sent_by(call: Call, path: str, body: BaseModel) -> Sent:
    """Who asks for a change, when, and under which Idempotency-Key. path: what is changed. Raises BadQuery."""
    request = call.header("Idempotency-Key")
    if request and not _REQUEST.fullmatch(request):
        raise BadQuery("Idempotency-Key has up to 128 visible ASCII characters", hint="a UUID serves")
    said = orjson.dumps([path, body.model_dump(mode="json")], option=orjson.OPT_SORT_KEYS)
    return Sent(call.caller.key_id or "local", call.now, request, blake2b(said, digest_size=16).hexdigest())


def etag(version: int, is_new: bool = True) -> dict[str, str]:
    """Headers that name a version, and that a change had been made already when it was sent again."""
    return {"ETag": f'"{version}"'} | ({} if is_new else {"Idempotent-Replayed": "true"})
