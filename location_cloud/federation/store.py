"""The tables of peers, of instances' names and of requests' nonces: the only place that knows their SQL."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from location_cloud.capability import Migration
from location_cloud.errors import Conflict
from location_cloud.federation.model import Agreement, Contact, Kept, Peer
from location_cloud.federation.store_copies import create_copies
from location_cloud.federation.store_queue import create_queue
from location_cloud.federation.store_requests import create_requests
from location_cloud.storage.live import update_versioned
from location_cloud.storage.tenants import ALL_TENANTS

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("agreement", sa.LargeBinary, nullable=False),
        sa.Column("secrets", sa.LargeBinary, nullable=False),
        sa.Column("cases_seen", sa.BigInteger, nullable=False),
        sa.Column("grids_seen", sa.BigInteger, nullable=False),
        sa.Column("contact", sa.LargeBinary, nullable=False),
    ]


def _instance_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
    ]


def _nonce_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("peer", sa.String(32), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
    ]


PEERS = sa.Table("federation_peers", METADATA, *_columns(), sqlite_autoincrement=True)
"""secrets: keys of signatures and the key at the peer's server, encrypted."""

INSTANCES = sa.Table("federation_instances", METADATA, *_instance_columns())
"""What each tenant of this installation is called among peers: random, made once."""

NONCES = sa.Table("federation_nonces", METADATA, *_nonce_columns())
"""Of requests that were taken within the window of their signatures."""


def _create(op: Any, live: Any) -> None:
    op.create_table("federation_peers", *_columns(), sqlite_autoincrement=True)
    op.create_index("federation_peers_name", "federation_peers", ["tenant", "name"], unique=True)
    op.create_table("federation_instances", *_instance_columns())
    op.create_index("federation_instances_tenant", "federation_instances", ["tenant"], unique=True)
    op.create_table("federation_nonces", *_nonce_columns())
    op.create_index("federation_nonces_nonce", "federation_nonces", ["tenant", "peer", "nonce"], unique=True)
    op.create_index("federation_nonces_at", "federation_nonces", ["at"])
    create_queue(op, live)
    create_copies(op, live)
    create_requests(op, live)


MIGRATIONS = (Migration(1, "peers, what waits for them, what came from them", _create),)


# --- peers -------------------------------------------------------------------------------------------------------


def insert_peer(connection: Any, tenant: str, peer: Peer, kept: Kept) -> Peer:
    """The peer as stored, version 1. Raises Conflict if one of that name is being added."""
    values = {"version": 1, "name": peer.name, "origin": peer.origin, "cases_seen": peer.cases_seen}
    values |= {"grids_seen": peer.grids_seen, "contact": _packed(peer.contact), **_agreed(tenant, peer, kept)}
    try:
        row = connection.execute(PEERS.insert().values(tenant=tenant, **values).returning(PEERS.c.id))
    except IntegrityError:
        raise Conflict(f"peer {peer.name} is being added", hint="send it again in a second") from None
    return replace(peer, id=row.scalar_one(), version=1)


def change_peer(connection: Any, tenant: str, peer: Peer, kept: Kept) -> Peer:
    """The peer as stored with what is agreed, its keys and origin. Raises Conflict, NotFound."""
    values = {"origin": peer.origin, **_agreed(tenant, peer, kept)}
    return replace(peer, version=update_versioned(connection, PEERS, tenant, peer.id, peer.version, values))


def keep_contact(connection: Any, tenant: str, name: str, contact: Contact) -> None:
    """How the exchange goes; the version stays. Index: federation_peers_name."""
    connection.execute(_mine(PEERS.update(), tenant, name).values(contact=_packed(contact)))


def keep_origin(connection: Any, tenant: str, name: str, origin: str) -> None:
    """Which instance the peer is; the version stays. Index: federation_peers_name."""
    connection.execute(_mine(PEERS.update(), tenant, name).values(origin=origin))


def keep_seen(connection: Any, tenant: str, name: str, cases: int, grids: int) -> None:
    """Up to which live versions changes are queued. Index: federation_peers_name."""
    connection.execute(_mine(PEERS.update(), tenant, name).values(cases_seen=cases, grids_seen=grids))


def find_seen(connection: Any, tenant: str, name: str) -> tuple[int, int]:
    """Up to which live versions changes of cases and of grids are queued. Index: federation_peers_name."""
    columns = PEERS.c.cases_seen, PEERS.c.grids_seen
    row = connection.execute(sa.select(*columns).where(PEERS.c.tenant == tenant, PEERS.c.name == name)).one_or_none()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def delete_peer(connection: Any, tenant: str, name: str) -> None:
    """Forgets a peer. Index: federation_peers_name."""
    connection.execute(_mine(PEERS.delete(), tenant, name))
    connection.execute(NONCES.delete().where(NONCES.c.tenant == tenant, NONCES.c.peer == name))


def find_peer(connection: Any, tenant: str, name: str, kept: Kept) -> Peer | None:
    """The tenant's peer of that name. Index: federation_peers_name."""
    row = connection.execute(PEERS.select().where(PEERS.c.tenant == tenant, PEERS.c.name == name)).one_or_none()
    return None if row is None else _as_peer(row, kept)


def list_peers(connection: Any, tenant: str, kept: Kept) -> list[Peer]:
    """The tenant's peers by name. Index: federation_peers_name."""
    rows = connection.execute(PEERS.select().where(PEERS.c.tenant == tenant).order_by(PEERS.c.name))
    return [_as_peer(row, kept) for row in rows]


def list_tenants(connection: Any) -> list[str]:
    """Tenants that have peers. Index: federation_peers_name."""
    return list(connection.execute(sa.select(PEERS.c.tenant).distinct(), execution_options=ALL_TENANTS).scalars())


# --- instances and nonces ----------------------------------------------------------------------------------------


def find_origin(connection: Any, tenant: str) -> str | None:
    """What the tenant is called among peers. Index: federation_instances_tenant."""
    found: str | None = connection.execute(
        sa.select(INSTANCES.c.origin).where(INSTANCES.c.tenant == tenant)
    ).scalar_one_or_none()
    return found


def insert_origin(connection: Any, tenant: str, origin: str) -> None:
    """Raises Conflict if it is being made by another process."""
    try:
        connection.execute(INSTANCES.insert().values(tenant=tenant, origin=origin))
    except IntegrityError:
        raise Conflict("this instance is being named", hint="send it again in a second") from None


def use_nonce(connection: Any, tenant: str, peer: str, nonce: str, at: float, before: float) -> bool:
    """Whether the nonce is used for the first time; those of requests before a moment are forgotten.

    Indexes: federation_nonces_nonce, federation_nonces_at.
    """
    c = NONCES.c
    connection.execute(NONCES.delete().where(c.tenant == tenant, c.at < before))
    mine = c.tenant == tenant, c.peer == peer, c.nonce == nonce
    if connection.execute(sa.select(c.id).where(*mine)).first() is not None:
        return False
    connection.execute(NONCES.insert().values(tenant=tenant, peer=peer, nonce=nonce, at=at))
    return True


# --- rows --------------------------------------------------------------------------------------------------------


def _mine(statement: Any, tenant: str, name: str) -> Any:
    return statement.where(PEERS.c.tenant == tenant, PEERS.c.name == name)


def _packed(contact: Contact) -> bytes:
    return orjson.dumps(asdict(contact))


def _agreed(tenant: str, peer: Peer, kept: Kept) -> dict[str, bytes]:
    told = asdict(peer.agreement)
    del told["api_key"]
    return {"agreement": orjson.dumps(told), "secrets": kept.seal(tenant, peer)}


def _as_peer(row: Any, kept: Kept) -> Peer:
    api_key, keys = kept.open(row.tenant, row.name, bytes(row.secrets))
    told = orjson.loads(bytes(row.agreement))
    lists = ("sends", "takes", "areas", "departments", "roles")
    told |= {name: tuple(told[name]) for name in lists}
    return Peer(
        name=row.name,
        agreement=Agreement(**told, api_key=api_key),
        keys=keys,
        origin=row.origin,
        contact=Contact(**orjson.loads(bytes(row.contact))),
        cases_seen=row.cases_seen,
        grids_seen=row.grids_seen,
        id=row.id,
        version=row.version,
    )
