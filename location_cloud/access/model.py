"""Keys and the callers they stand for."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

PREFIX = "lc"
"""Keys read lc_<id>_<secret>: a leaked one is found by searching for it."""

ALL = "*"
"""The scope that stands for every scope."""


@dataclass(frozen=True)
class Caller:
    """Who asks: a tenant with scopes. key_id is empty for a caller on loopback without a key."""

    tenant: str
    scopes: frozenset[str]
    key_id: str = ""

    def may(self, scope: str) -> bool:
        """Whether this caller carries the scope ("areas:read"; "areas:*" and "*" include it)."""
        return not scope or bool(self.scopes & {scope, f"{scope.split(':')[0]}:*", f"*:{scope.split(':')[-1]}", ALL})


@dataclass(frozen=True)
class Key:
    """An issued key as stored: the secret's hash, never the secret."""

    id: str
    tenant: str
    name: str
    scopes: tuple[str, ...]
    secret_hash: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens anything at that time."""
        return self.revoked is None and (self.expires is None or now < self.expires)


def new_key_text() -> tuple[str, str]:
    """A fresh key id and the full text to show once. 256 random bits, so a plain hash keeps it safe."""
    key_id = secrets.token_hex(6)
    return key_id, f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"


def parse_key(text: str) -> str | None:
    """The key id inside a key text, or None if it is no key of ours."""
    parts = text.split("_", 2)
    return parts[1] if len(parts) == 3 and parts[0] == PREFIX and parts[1] and parts[2] else None


def hash_key(text: str) -> str:
    """SHA-256 of the key text, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_same(text: str, secret_hash: str) -> bool:
    """Whether the text hashes to that, in constant time."""
    return hmac.compare_digest(hash_key(text), secret_hash)
