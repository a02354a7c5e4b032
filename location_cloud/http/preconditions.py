"""What the headers of a request say of the version it changes, of being sent twice, and who sends it."""

from __future__ import annotations

import re
from hashlib import blake2b

import orjson
from pydantic import BaseModel

from location_cloud.capability import Call
from location_cloud.changes import Sent
from location_cloud.errors import BadQuery, VersionNeeded

_VERSION = re.compile(r'(?:W/)?"?([0-9]{1,9})(?:-[a-z]+)?"?')
"""An ETag of ours: the version, also with the suffix of its packed form."""

_REQUEST = re.compile(r"[\x21-\x7e]{1,128}")


def get_version(call: Call, told: int | None = None) -> int | None:
    """The version that must be named, by If-Match or in the address (told); None for "*", whichever is there.

    Raises VersionNeeded if none is named, BadQuery if If-Match is no version.
    """
    if not call.header("If-Match").strip() and told is None:
        raise VersionNeeded(
            "a change says which version it was made from", hint='send If-Match: "3", the ETag that was read, or *'
        )
    return find_version(call, told)


def find_version(call: Call, told: int | None = None) -> int | None:
    """The same where none need be named: None = whichever is there. Raises BadQuery."""
    text = call.header("If-Match").strip()
    if not text:
        return told
    match = _VERSION.fullmatch(text)
    if text != "*" and match is None:
        raise BadQuery(f"If-Match: {text[:40]} is no version", hint='send the ETag that was read, such as "3", or *')
    return None if match is None else int(match[1])


def request_key(call: Call) -> str:
    """The key under which it is done once, "" = none. Raises BadQuery."""
    request = call.header("Idempotency-Key")
    if request and not _REQUEST.fullmatch(request):
        raise BadQuery("Idempotency-Key has up to 128 visible ASCII characters", hint="a UUID serves")
    return request


def who(call: Call) -> str:
    """The caller as a log names it."""
    return call.caller.key_id or "local"


def sent_by(call: Call, path: str, body: BaseModel | None) -> Sent:
    """Who asks for a change, when, and under which Idempotency-Key. path: what is changed. Raises BadQuery."""
    said = orjson.dumps([path, body and body.model_dump(mode="json")], option=orjson.OPT_SORT_KEYS)
    return Sent(who(call), call.now, request_key(call), blake2b(said, digest_size=16).hexdigest())


def etag(version: int, is_new: bool = True) -> dict[str, str]:
    """Headers that name a version, and that a change had been made already when it was sent again."""
    return {"ETag": f'"{version}"'} | ({} if is_new else {"Idempotent-Replayed": "true"})
