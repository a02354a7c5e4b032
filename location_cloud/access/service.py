"""The questions about keys: issue one, recognise one, list and revoke them."""

from __future__ import annotations

import threading
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from location_cloud.access import store
from location_cloud.access.model import ALL, Caller, Key, hash_key, is_same, new_key_text, parse_key
from location_cloud.errors import Denied, KeyNeeded

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

REVOCATION_S = 1.0
"""A worker asks the store about a key again after this long, so a revoked key is dead everywhere within a second."""

CACHED_KEYS = 10_000


def issue_key(
    live: Live,
    tenant: str,
    name: str,
    scopes: tuple[str, ...],
    now: datetime,
    expires: datetime | None = None,
) -> tuple[Key, str]:
    """A new key and its text, which is shown this once and never again."""
    key_id, text = new_key_text()
    key = Key(key_id, tenant, name, scopes, hash_key(text), now, expires, None)
    with live.write() as connection:
        store.insert_key(connection, key)
    return key, text


def list_keys(live: Live, tenant: str | None) -> list[Key]:
    """The keys of one tenant, or of all for the operator."""
    with live.read() as connection:
        tenants = store.list_tenants(connection) if tenant is None else [tenant]
        return [key for one in tenants for key in store.list_keys(connection, one)]


def revoke_key(live: Live, key_id: str, now: datetime) -> bool:
    """Whether the key was valid until now; it opens nothing any more."""
    with live.write() as connection:
        return store.revoke_key(connection, key_id, now)


class Keyring:
    """Recognises callers; each worker process has one. Keeps what it learned for REVOCATION_S."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._known: dict[str, tuple[float, Key | None]] = {}
        self._lock = threading.Lock()

    def caller(self, text: str, now: datetime) -> Caller:
        """Who the key stands for. Raises KeyNeeded if it is unknown, expired or revoked."""
        key_id = parse_key(text)
        key = None if key_id is None else self._find(key_id)
        if key is None or not is_same(text, key.secret_hash) or not key.is_valid(now):
            raise KeyNeeded(
                "the given key is unknown, expired or revoked",
                hint="the operator issues a new one with: location-cloud keys add --scope '*:read'",
            )
        return Caller(key.tenant, frozenset(key.scopes), key.id)

    def _find(self, key_id: str) -> Key | None:
        known = self._known.get(key_id)
        if known is not None and monotonic() - known[0] < REVOCATION_S:
            return known[1]
        with self._live.read() as connection:
            key = store.find_key(connection, key_id)
        with self._lock:
            if len(self._known) >= CACHED_KEYS:
                self._known.clear()
            self._known[key_id] = (monotonic(), key)
        return key


def check_scope(caller: Caller, scope: str) -> None:
    """Raises Denied if the caller's key does not carry the scope."""
    if not caller.may(scope):
        carried = " ".join(sorted(caller.scopes)) or "none"
        raise Denied(
            f"this needs the scope {scope}; the key carries: {carried}",
            hint=f"the operator issues a key with: location-cloud keys add --scope {scope}",
        )


def anyone_here(tenant: str) -> Caller:
    """The caller on this very machine, who needs no key: everything is allowed."""
    return Caller(tenant, frozenset({ALL}))
