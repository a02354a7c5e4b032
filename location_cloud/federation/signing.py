"""Signatures of requests between peers: who sent it, that nothing was changed, and that it is not an old one again."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from location_cloud.errors import Denied
from location_cloud.federation.model import Key

WINDOW_S = 300.0
"""How far a request's time may be from the clock of who gets it, as Kerberos has it (RFC 4120, 8.2: five minutes)."""

KEY, TIME, NONCE, SIGNATURE = (f"Federation-{name}" for name in ("Key", "Time", "Nonce", "Signature"))
"""Headers of a signed request."""

_NONCE = re.compile(r"[0-9a-f]{16,64}")
_TIME = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


@dataclass(frozen=True)
class Signed:
    """What the headers of a request say; "" = one is missing."""

    key: str
    time: str
    nonce: str
    signature: str


def sign(key: Key, method: str, path: str, body: bytes, now: float, nonce: str) -> dict[str, str]:
    """Headers of a signed request. path: as the receiver names it, with the query. nonce: random, never used twice."""
    time = f"{now:.3f}"
    signature = _signature(key.secret, method, path, body, time, nonce)
    return {KEY: key.id, TIME: time, NONCE: nonce, SIGNATURE: signature}


def check_signature(
    keys: Sequence[Key], signed: Signed, method: str, path: str, body: bytes, now: float
) -> tuple[str, float]:
    """Nonce and time of a request that one of the keys signed. Whether the nonce was used is for the caller to see.

    Raises Denied for another signature, and for a time outside the window, with the clock of who says so.
    """
    key = next((each for each in keys if hmac.compare_digest(each.id, signed.key)), None)
    is_formed = _TIME.fullmatch(signed.time) and _NONCE.fullmatch(signed.nonce)
    secret = key.secret if key is not None else "no such key"  # as long, whether there is one or not
    right = _signature(secret, method, path, body, signed.time, signed.nonce)
    is_right = hmac.compare_digest(right.encode(), signed.signature.encode("utf-8", "surrogatepass"))
    if key is None or not is_formed or not is_right:
        raise Denied(
            "the request is not signed by a key of this peer", hint=f"headers {KEY}, {TIME}, {NONCE}, {SIGNATURE}"
        )
    at = float(signed.time)
    if abs(at - now) > WINDOW_S:
        raise Denied(
            f"it was signed at {at:.0f}, more than {WINDOW_S:.0f} s from {now:.0f}",
            hint="set the clock, or sign again with the time that is told",
            now=now,
        )
    return signed.nonce, at


def name_of_secret(secret: str) -> str:
    """The id of a key, which both sides derive alike from its secret and which tells nothing of that."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), b"name of the key", hashlib.sha256).hexdigest()[:16]


def _signature(secret: str, method: str, path: str, body: bytes, time: str, nonce: str) -> str:
    """HMAC-SHA256 (RFC 2104) over method, path, digest of the body, time and nonce, a line each."""
    told = "\n".join((method, path, hashlib.sha256(body).hexdigest(), time, nonce))
    return hmac.new(
        secret.encode("utf-8", "surrogatepass"), told.encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hexdigest()
