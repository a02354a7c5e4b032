"""HTTP operations that peers call: the exchange itself, and files by their digest. Every request is signed."""

from __future__ import annotations

import random
from typing import Any

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.errors import BadQuery
from location_cloud.federation import schema, service_files
from location_cloud.federation import service_exchanging as service
from location_cloud.federation.model import MOST_EXCHANGE_BYTES, Peer
from location_cloud.federation.service import kept_of
from location_cloud.federation.signing import KEY, NONCE, SIGNATURE, TIME, Signed

SCOPE = "federation:peer"

MEDIA = "application/octet-stream"


def exchange(call: Call, params: schema.InPeer, body: Any) -> Reply:
    """Our batch for the peer's."""
    text = _bytes(body)
    peer = _caller(call, params.peer, "POST", f"/v1/federation/{params.peer}/exchange", text)
    kept, chance = kept_of(call.world), random.random()
    answer = service.receive(call.world, call.tenant, peer, text, kept, call.now, chance)
    return Reply(answer, media_type=MEDIA)


def send_file(call: Call, params: schema.InPeerFile, body: None) -> Reply:
    """The bytes of a file of ours."""
    peer = _caller(call, params.peer, "GET", _path(params), b"")
    content = service_files.read_own(call.live, call.home, call.tenant, peer, params.case, params.sha256, call.now)
    return Reply(content, media_type=MEDIA)


def take_file(call: Call, params: schema.InPeerFile, body: Any) -> dict[str, int]:
    """That the bytes are here."""
    content = _bytes(body)
    peer = _caller(call, params.peer, "PUT", _path(params), content)
    service_files.keep_copy(call.live, call.home, call.tenant, peer, params.case, params.sha256, content)
    return {"count": 1}


def _caller(call: Call, name: str, method: str, path: str, body: bytes) -> Peer:
    signed = Signed(call.header(KEY), call.header(TIME), call.header(NONCE), call.header(SIGNATURE))
    return service.check_caller(call.live, call.tenant, name, kept_of(call.world), signed, method, path, body, call.now)


def _bytes(body: Any) -> bytes:
    if not isinstance(body, bytes):
        raise BadQuery("the body is empty", hint="peers send it; they sign what they send")
    return body


def _path(params: schema.InPeerFile) -> str:
    return f"/v1/federation/{params.peer}/files/{params.case}/{params.sha256}"


_FILE = "/v1/federation/{peer}/files/{case}/{sha256}"

OPERATIONS = (
    Operation(
        "federation.exchange",
        "POST",
        "/v1/federation/{peer}/exchange",
        "For peers: messages and what became of them, both ways. Signed with HMAC-SHA256.",
        exchange,
        schema.InPeer,
        Bytes(MEDIA),
        SCOPE,
        raw_body=MEDIA,
        max_raw_bytes=MOST_EXCHANGE_BYTES,
        cost=5,
        deadline_s=60.0,
        errors=(409, 413, 422, 507),
    ),
    Operation(
        "federation.send_file",
        "GET",
        _FILE,
        "For peers: the bytes of a file of a case that they were told of. Signed.",
        send_file,
        schema.InPeerFile,
        Bytes(MEDIA),
        SCOPE,
        errors=(404,),
    ),
    Operation(
        "federation.take_file",
        "PUT",
        _FILE,
        "For peers: the bytes of a file that was asked for. Signed.",
        take_file,
        schema.InPeerFile,
        schema.OutCount,
        SCOPE,
        raw_body=MEDIA,
        max_raw_bytes=service_files.MOST_BYTES,
        cost=5,
        deadline_s=60.0,
        errors=(404, 413, 507),
    ),
)
