"""HTTP operations of peers: agree, look how it goes, new keys, dead letters, end it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from location_cloud.capability import Call, Operation, Reply
from location_cloud.federation import schema, service
from location_cloud.federation.model import Agreement, Peer
from location_cloud.federation.moments import as_moment
from location_cloud.http.preconditions import etag, find_version, get_version

Json = dict[str, Any]

READ, ADMIN = "federation:read", "federation:admin"


def list_peers(call: Call, params: schema.Nothing, body: None) -> Json:
    """All peers with how it goes."""
    found = service.list_peers(call.live, call.tenant, service.kept_of(call.world))
    return {
        "origin": service.own_origin(call.live, call.tenant),
        "peers": [_as_peer(call, peer) for peer in found],
    }


def get_peer(call: Call, params: schema.InPeer, body: None) -> Reply:
    """One peer with how it goes."""
    return _reply(call, service.get_peer(call.live, call.tenant, params.peer, service.kept_of(call.world)))


def put_peer(call: Call, params: schema.InPeerVersion, body: schema.AgreementBody) -> Reply:
    """The peer; a new one with the secret of its first key."""
    version = find_version(call, params.version)
    is_told = bool(call.header("If-Match").strip()) or params.version is not None
    told = body.model_dump(exclude={"secret"})
    lists = {name: tuple(dict.fromkeys(value)) for name, value in told.items() if isinstance(value, list)}
    agreement = Agreement(**{**told, **lists})
    found, is_new = service.put_peer(
        call.live,
        call.tenant,
        params.peer,
        agreement,
        service.kept_of(call.world),
        call.now,
        version,
        is_told,
        body.secret,
    )
    secret = found.keys[0].secret if is_new and body.secret is None else None
    return _reply(call, found, 200, secret)


def remove_peer(call: Call, params: schema.InPeerVersion, body: None) -> Json:
    """What was removed."""
    version = get_version(call, params.version)
    return {
        "removed": service.remove_peer(call.live, call.tenant, params.peer, version, service.kept_of(call.world)).name
    }


def add_key(call: Call, params: schema.InPeerVersion, body: schema.KeyBody) -> Reply:
    """The peer with a new key."""
    version = get_version(call, params.version)
    found, key = service.add_key(
        call.live, call.tenant, params.peer, service.kept_of(call.world), call.now, version, body.secret
    )
    return _reply(call, found, 201, key.secret if body.secret is None else None)


def act(call: Call, params: schema.InPeerAction, body: None) -> Json:
    """To how many things it was done."""
    kept, count = service.kept_of(call.world), 1
    if params.action == "call":
        service.hurry(call.world, call.tenant, params.peer)
    elif params.action == "resend":
        count = service.send_again(call.live, call.tenant, params.peer, kept)
    elif params.action == "retry":
        count = service.try_again(call.live, call.tenant, params.peer, kept, params.number, call.now)
    else:
        service.forget_origin(call.live, call.tenant, params.peer, kept, None)
    return {"count": count}


def list_dead(call: Call, params: schema.InDead, body: None) -> Json:
    """Dead letters."""
    service.get_peer(call.live, call.tenant, params.peer, service.kept_of(call.world))
    found = service.list_dead(call.live, call.tenant, params.peer, params.after, params.limit)
    letters = [
        {
            "number": each.number,
            "kind": each.kind,
            "object": each.object,
            "reason": each.reason,
            "since": as_moment(each.since),
        }
        for each in found
    ]
    return {"letters": letters, "next_after": found[-1].number if len(found) == params.limit else None}


def _reply(call: Call, peer: Peer, status: int = 200, secret: str | None = None) -> Reply:
    return Reply({**_as_peer(call, peer), "secret": secret}, status, headers=etag(peer.version))


def _as_peer(call: Call, peer: Peer) -> Json:
    agreed = {each.name: getattr(peer.agreement, each.name) for each in fields(Agreement) if each.name != "api_key"}
    state = service.state_of(call.live, call.tenant, peer, call.now)
    times = ("last_attempt", "last_contact", "next_attempt")
    state |= {f"{name}_at": as_moment(state.pop(name) or None) for name in times}
    return {
        "name": peer.name,
        "version": peer.version,
        "origin": peer.origin,
        **{name: list(value) if isinstance(value, tuple) else value for name, value in agreed.items()},
        "has_api_key": bool(peer.agreement.api_key),
        "keys": [{"id": key.id, "since": as_moment(key.since)} for key in peer.keys],
        "state": state,
    }


_ALL, _ONE = "/v1/federation", "/v1/federation/{peer}"

OPERATIONS = (
    Operation(
        "federation.peers",
        "GET",
        _ALL,
        "The peers that cases, grids, classes and indicators are exchanged with, and how it goes.",
        list_peers,
        schema.Nothing,
        schema.OutPeers,
        READ,
    ),
    Operation(
        "federation.peer",
        "GET",
        _ONE,
        "One peer: what is agreed, what waits and since when, last contact, errors.",
        get_peer,
        schema.InPeer,
        schema.OutPeer,
        READ,
        errors=(404,),
    ),
    Operation(
        "federation.put_peer",
        "PUT",
        _ONE,
        "Agree on an exchange, or change it (If-Match). A new peer's first key is told this once.",
        put_peer,
        schema.InPeerVersion,
        schema.OutPeer,
        ADMIN,
        Body=schema.AgreementBody,
        errors=(404, 409, 413, 428, 507),
    ),
    Operation(
        "federation.remove_peer",
        "DELETE",
        _ONE,
        "End an exchange: what waits for the peer and the copies of its things go, too.",
        remove_peer,
        schema.InPeerVersion,
        schema.OutRemoved,
        ADMIN,
        errors=(404, 409, 428, 507),
    ),
    Operation(
        "federation.add_key",
        "POST",
        f"{_ONE}/keys",
        "A new key, which signs from now on; the one before stays valid until the next.",
        add_key,
        schema.InPeerVersion,
        schema.OutPeer,
        ADMIN,
        Body=schema.KeyBody,
        status=201,
        errors=(404, 409, 428, 507),
    ),
    Operation(
        "federation.act",
        "POST",
        f"{_ONE}/actions/{{action}}",
        "Call a peer now, send it everything again, try dead letters again, or let it be another installation.",
        act,
        schema.InPeerAction,
        schema.OutCount,
        ADMIN,
        errors=(404, 409, 507),
    ),
    Operation(
        "federation.dead",
        "GET",
        f"{_ONE}/dead",
        "What the peer refused, with the reason.",
        list_dead,
        schema.InDead,
        schema.OutDead,
        READ,
        errors=(404,),
    ),
)
