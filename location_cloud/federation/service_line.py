"""The line to a peer over HTTP: each request signed, with the peer's clock where ours differs; nothing is followed."""

from __future__ import annotations

import http.client
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from location_cloud.federation.model import MOST_EXCHANGE_BYTES, LineError, Peer
from location_cloud.federation.service_files import MOST_BYTES
from location_cloud.federation.signing import sign
from location_cloud.federation.wire import common_schema

TIMEOUT_S = 30.0
"""For each step of a request; a batch of 2 MB needs 0.5 Mbit/s in that time."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A signed request goes to the agreed address or nowhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


class HttpLine:
    """The line to one peer. note: gets the peer's clock less ours, seconds, where they differ too much, and the form of
    messages where another one is agreed on.
    """

    def __init__(
        self, peer: Peer, clock: Callable[[], datetime], note: Callable[[Peer], None], timeout_s: float = TIMEOUT_S
    ) -> None:
        self._peer, self._clock, self._note, self._timeout_s = peer, clock, note, timeout_s
        self._opener = urllib.request.build_opener(_NoRedirects())
        self._path = f"/v1/federation/{peer.agreement.remote}"

    def exchange(self, batch: bytes) -> bytes:
        """The peer's batch for ours, in a form that both know. Raises LineError."""
        status, answer = self._send("POST", f"{self._path}/exchange", batch)
        if status == 422 and (schema := common_schema(_problem(answer).get("schemas"))) is not None:
            told = {**orjson.loads(batch), "schema": schema}
            self._know(replace(self._peer.contact, schema=schema))
            status, answer = self._send("POST", f"{self._path}/exchange", orjson.dumps(told))
        return self._checked(status, answer)

    def find_file(self, case: str, digest: str) -> bytes | None:
        """Bytes of a file of the peer's case; None where it has not got them either. Raises LineError."""
        status, answer = self._send("GET", f"{self._path}/files/{case}/{digest}", b"")
        return None if status == 404 else self._checked(status, answer)

    def send_file(self, case: str, digest: str, content: bytes) -> None:
        """Bytes of a file of ours for the peer's copy. Raises LineError."""
        status, answer = self._send("PUT", f"{self._path}/files/{case}/{digest}", content)
        if status != 404:  # its copy was told anew meanwhile, without that file
            self._checked(status, answer)

    def _send(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and body; signed a second time by the peer's clock if ours is too far from it."""
        status, answer = self._once(method, path, body)
        theirs = _problem(answer).get("now") if status == 403 else None
        if isinstance(theirs, int | float):
            self._know(replace(self._peer.contact, skew_s=round(theirs - self._clock().timestamp(), 3)))
            status, answer = self._once(method, path, body)
        return status, answer

    def _once(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        peer = self._peer
        if not peer.keys:
            raise LineError("there is no key for this peer")
        now = self._clock().timestamp() + peer.contact.skew_s
        headers = sign(peer.keys[0], method, path, body, now, secrets.token_hex(16))
        if method != "GET":
            headers["Content-Type"] = "application/octet-stream"
        if peer.agreement.api_key:
            headers["X-API-Key"] = peer.agreement.api_key
        address = peer.agreement.address.rstrip("/") + path
        asked = urllib.request.Request(address, body if method != "GET" else None, headers, method=method)
        most = max(2 * MOST_EXCHANGE_BYTES, MOST_BYTES) + 1
        try:
            with self._opener.open(asked, timeout=self._timeout_s) as reply:
                content: bytes = reply.read(most)
                status = int(reply.status)
        except urllib.error.HTTPError as error:
            return int(error.code), error.read(100_000)
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise LineError(f"{peer.agreement.address} is not reached: {reason}") from None
        if len(content) >= most:
            raise LineError(f"its answer has more than {most - 1:,} bytes")
        return status, content

    def _know(self, contact: Any) -> None:
        self._peer = replace(self._peer, contact=contact)
        self._note(self._peer)

    def _checked(self, status: int, answer: bytes) -> bytes:
        if status in (200, 201):
            return answer
        told = _problem(answer)
        words = f"{told.get('detail', '')} {told.get('hint', '')}".strip() or answer[:100].decode("utf-8", "replace")
        raise LineError(f"{self._peer.agreement.address} answers {status}: {words}"[:500])


def _problem(answer: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}
