"""Hands what a simulation says to a running server, over HTTP."""

from __future__ import annotations

import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Any

import orjson

from location_cloud.errors import BadInput, CloudError, NotReady

TIMEOUT_S = 30.0
TRIES, WAIT_S = 6, 2.0
"""A busy or restarting server is asked so often, waiting this much longer each time: 42 s in all."""

BUSY = (429, 502, 503, 504)


class Refused(CloudError):
    """The server took nothing of what was sent; it says why."""

    status = 422
    code = "refused"
    title = "The server refuses simulated data"


@dataclass(frozen=True)
class Server:
    """A running location cloud. key: None on the machine of the server itself. run: tells one run from the next."""

    url: str
    key: str | None
    run: bytes = field(default_factory=partial(secrets.token_bytes, 8))

    def send(self, path: str, body: bytes) -> dict[str, Any]:
        """What the server answers to a POST of JSON.

        A body that was perhaps taken may be sent again: fixes are told apart by device, time and sequence, incidents by
        the key that each body has.
        Raises Refused if it says no, NotReady if it does not answer for 42 s.
        """
        reason: object = ""
        for turn in range(TRIES):
            time.sleep(WAIT_S * turn)
            try:
                with _opener(self.url).open(self._request(path, body), timeout=TIMEOUT_S) as reply:
                    answer: dict[str, Any] = orjson.loads(reply.read())
                    return answer
            except urllib.error.HTTPError as error:
                with error:
                    said = error.read()[:2000].decode("utf-8", "replace")
                if error.code not in BUSY:
                    raise Refused(f"{self.url}{path} answers {error.code}: {said}") from None
                reason = f"{error.code}: {said}"
            except (OSError, orjson.JSONDecodeError) as error:
                reason = error
        raise NotReady(f"{self.url}{path} does not answer: {reason}", hint="is it running? location-cloud serve")

    def _request(self, path: str, body: bytes) -> urllib.request.Request:
        key = blake2b(body, key=self.run, digest_size=16).hexdigest()
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Idempotency-Key": key}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        return urllib.request.Request(f"{self.url}{path}", body, headers, method="POST")


def find_server(url: str, key: str | None) -> Server:
    """The server of an address. Raises BadInput if it is none."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"--to {url!r} is no http:// or https:// address")
    return Server(url.rstrip("/"), key or None)


def _opener(url: str) -> urllib.request.OpenerDirector:
    """A proxy of the office network cannot reach a server on this machine."""
    if urllib.parse.urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost"):
        return urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener()
