"""HTTP operations of photos and papers of cases."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from location_cloud.capability import Bytes, Cache, Call, Operation, Reply
from location_cloud.cases import schema_files as schema
from location_cloud.cases import service_files as service
from location_cloud.cases.asked import READ, WRITE, actor_of
from location_cloud.cases.fields import as_file
from location_cloud.cases.photo import ENDINGS
from location_cloud.cases.schema import InCase
from location_cloud.errors import BadQuery

Json = dict[str, Any]

_RANGE = re.compile(r"bytes=([0-9]{0,12})-([0-9]{0,12})")
_PLAIN_NAME = re.compile(r"[^A-Za-z0-9._-]")


def add_file(call: Call, params: schema.InNewFile, body: bytes) -> Reply:
    """The file, and how far from the case its photo says that it was taken."""
    if not isinstance(body, bytes) or not body:
        raise BadQuery("the body is empty", hint="send the bytes of the photo, Content-Type: image/jpeg")
    actor = actor_of(call, f"cases/{params.id}/files")
    found, is_new = service.add_file(call.live, call.home, call.tenant, params.id, body, params.name, actor)
    return Reply(as_file(found), 201, headers={} if is_new else {"Idempotent-Replayed": "true"})


def list_files(call: Call, params: InCase, body: None) -> Json:
    """A case's files."""
    found = service.list_files(call.live, call.tenant, params.id, actor_of(call))
    return {"files": [as_file(each) for each in found]}


def read_file(call: Call, params: schema.InFile, body: None) -> Reply:
    """The bytes, all or the range that is asked for; never a page: to be saved, of the type that was found in them."""
    found = service.read_file(call.live, call.home, call.tenant, params.id, params.file, actor_of(call), params.plain)
    name = quote(found.name, safe="")
    headers = {
        "Content-Disposition": f"attachment; filename=\"{_PLAIN_NAME.sub('_', found.name)}\"; filename*=UTF-8''{name}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Accept-Ranges": "bytes",
    }
    etag = found.file.digest[:32] + ("-plain" if params.plain else "")
    part = _range(call.header("Range"), len(found.body)) if call.header("If-Range").strip('"') in ("", etag) else None
    if part is None:
        return Reply(found.body, media_type=found.media, etag=etag, headers=headers)
    begin, end = part
    headers |= {"Content-Range": f"bytes {begin}-{end - 1}/{len(found.body)}", "ETag": f'"{etag}"'}
    return Reply(found.body[begin:end], 206, found.media, headers=headers)


def _range(text: str, size: int) -> tuple[int, int] | None:
    """Begin and end of one range of bytes that there are; None = all (RFC 9110, 14.2: what is not understood)."""
    match = _RANGE.fullmatch(text.strip())
    if match is None or match[1] == match[2] == "":
        return None
    if not match[1]:
        return max(size - int(match[2]), 0), size
    begin, end = int(match[1]), min(int(match[2] or size) + 1, size)
    return (begin, end) if begin < end else None


_ALL = "/v1/cases/{id}/files"

OPERATIONS = (
    Operation(
        "cases.files",
        "GET",
        _ALL,
        "Photos and papers of a case, and how far from it the photos say that they were taken.",
        list_files,
        InCase,
        schema.OutFiles,
        READ,
        errors=(404,),
    ),
    Operation(
        "cases.add_file",
        "POST",
        _ALL,
        "Add a photo or paper: its bytes as the body, up to 25 MB. What it is, is read from them.",
        add_file,
        schema.InNewFile,
        schema.OutFile,
        WRITE,
        raw_body=(*ENDINGS, "application/octet-stream"),
        max_raw_bytes=service.MOST_BYTES,
        status=201,
        cost=5,
        deadline_s=30.0,
        errors=(403, 404, 409, 413, 422, 507),
    ),
    Operation(
        "cases.file",
        "GET",
        f"{_ALL}/{{file}}",
        "The bytes of a photo or paper, to be saved; with plain=true without what its camera wrote.",
        read_file,
        schema.InFile,
        Bytes("application/octet-stream"),
        READ,
        cache=Cache.REVALIDATE,
        other_media=tuple(ENDINGS),
        errors=(404, 422),
    ),
)
