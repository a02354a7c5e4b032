"""Answers that may be repeated: whatever says of itself that caches may keep it, for as long as the snapshot is served.

Kept in each worker's memory and repeated by the thread that reads the port (`front.Front`), to the same address, the
same wishes and the same caller. Whether a key is still good is asked as often as for any other answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from location_cloud.access.service import REVOCATION_S
from location_cloud.http.context import System, key_in
from location_cloud.http.web import PROXY_VARIABLES, is_local, key_text

MAX_BYTES = 32_000_000
"""Of all answers that a worker keeps; the oldest go first."""

MAX_KEPT_BYTES = MAX_BYTES // 16
"""Of one answer."""

OWN_BYTES = 600
"""What an entry takes beside its bytes and the words of the caller that it is found by."""

MAX_REQUESTS, MAX_REQUEST_BYTES = 20_000, 1_500
"""Whole requests, some 300 bytes each, whose answers are found without reading them; longer ones are read each time."""

NOT_KEPT_FOR = frozenset(
    ("HTTP_ORIGIN", "HTTP_IF_NONE_MATCH", "HTTP_X_REQUEST_ID", "HTTP_RANGE", "HTTP_COOKIE", "HTTP_CACHE_CONTROL")
)
"""Header fields with which a question is always asked anew."""

LIVE_VERSION = "location-cloud-live-version"

OF_ONE_ANSWER = frozenset(("date", "x-request-id", "server-timing", "server", "connection", "keep-alive", LIVE_VERSION))
"""Header fields that are written anew for each repetition, or left out."""

VARIES = frozenset(("accept-encoding", "origin"))
"""What a kept answer may depend on: it is found by the one, and whoever sends the other is answered anew."""

SNAPSHOT = "location-cloud-snapshot"

Wishes = tuple[str, str, bool]
"""What an answer depends on beside its address: Accept-Encoding, the key of a header, and whether the caller is on this
machine."""


@dataclass(slots=True)
class Kept:
    """An answer. head: status line and header fields without OF_ONE_ANSWER.

    names_versions: whether it says which live version it belongs to. What caches may keep is made from the snapshot
    alone, so that is always the present one.
    key: of the caller that it was made for. until, is_good_until: how long it may be repeated, and how long without
    asking whether the key is still good, as the clock counts seconds.
    """

    operation: str
    path: str
    status: int
    head: bytes
    body: bytes
    key: str
    until: float
    is_good_until: float
    names_versions: bool


class KeptAnswers:
    """The answers that one worker keeps."""

    def __init__(
        self,
        system: System,
        is_good: Callable[[str], bool],
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """is_good: whether a key still opens anything."""
        self._worlds = system.worlds
        self._is_good = is_good
        asked = [operation for operation in system.operations if operation.method == "GET"]
        self._names = {operation.path: operation.name for operation in asked}
        self._paths = [
            (re.compile(re.sub(r"\\{\w+\\}", "[^?]+", re.escape(operation.path))), operation.name)
            for operation in asked
            if "{" in operation.path
        ]
        self._world = self._worlds.find()
        self._kept: dict[tuple[bytes, Wishes], Kept] = {}
        self._by_request: dict[tuple[bytes, bool], Kept] = {}
        self._bytes, self._max_bytes = 0, max_bytes
        self._clock = clock

    def find_again(self, request: bytes, is_here: bool) -> Kept | None:
        """The answer that `find` gave to the same request, byte for byte."""
        kept = self._by_request.get((request, is_here))
        if kept is None or self._worlds.find() is not self._world:
            return None
        return kept if kept.is_good_until >= self._clock() or self._may_go_on(kept) else None

    def remember(self, request: bytes, is_here: bool, kept: Kept) -> None:
        """Lets `find_again` find it."""
        if len(request) > MAX_REQUEST_BYTES:
            return
        if len(self._by_request) >= MAX_REQUESTS:
            self._by_request.clear()
        self._by_request[request, is_here] = kept

    def find(self, target: bytes, wishes: Wishes | None) -> Kept | None:
        """The answer to repeat, if there is one."""
        if wishes is None:
            return None
        if self._worlds.find() is not self._world:
            self.clear()
        kept = self._kept.get((target, wishes))
        if kept is not None and kept.is_good_until < self._clock() and not self._may_go_on(kept):
            self._drop((target, wishes))
            return None
        return kept

    def keep(self, target: bytes, wishes: Wishes, head: str, body: bytes) -> None:
        """Keeps an answer, if it may be. head: status line and header fields, each with its line end."""
        status, *lines = head.split("\r\n")
        named = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines if line)]
        fields = dict(named)
        varies = {each.strip().lower() for name, value in named if name == "vary" for each in value.split(",")}
        seconds = max_age(fields.get("cache-control", ""))
        if status[9:12] not in ("200", "204") or not seconds or not varies <= VARIES:
            return
        if self._world is None or fields.get(SNAPSHOT, self._world.snapshot.id) != self._world.snapshot.id:
            return  # made while the snapshot was changed
        path, _, query = target.decode().partition("?")
        key = wishes[1] or key_in(query)
        operation = self._names.get(path) or next((name for each, name in self._paths if each.fullmatch(path)), "none")
        own = "".join(f"{line}\r\n" for line in lines if line.partition(":")[0].lower() not in {"", *OF_ONE_ANSWER})
        now = self._clock()
        kept = Kept(
            operation,
            path,
            int(status[9:12]),
            f"{status}\r\n{own}".encode("latin-1"),
            body,
            key,
            until=now + seconds,
            is_good_until=now + (min(seconds, REVOCATION_S) if key else seconds),
            names_versions=LIVE_VERSION in fields,
        )
        self._drop((target, wishes))
        self._kept[target, wishes] = kept
        self._bytes += _weight(target, wishes, kept)
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Forgets all: another snapshot is served."""
        self._world = self._worlds.find()
        self._kept.clear()
        self._by_request.clear()
        self._bytes = 0

    def _may_go_on(self, kept: Kept) -> bool:
        now = self._clock()
        if now > kept.until or not kept.key or not self._is_good(kept.key):
            return False
        kept.is_good_until = min(now + REVOCATION_S, kept.until)
        return True

    def _drop(self, key: tuple[bytes, Wishes]) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bytes -= _weight(*key, kept)
            kept.until, kept.is_good_until, kept.body = -1.0, -1.0, b""  # whole requests may still know it


def _weight(target: bytes, wishes: Wishes, kept: Kept) -> int:
    return len(kept.body) + 2 * len(target) + len(wishes[0]) + OWN_BYTES


def max_age(cache_control: str) -> float:
    """For how many seconds a Cache-Control lets an answer be kept; 0 = it must not be, or only if asked again."""
    found = re.search(r"\bmax-age=(\d+)", cache_control)
    return 0.0 if found is None or "no-" in cache_control else float(found[1])


def wishes_of(fields: dict[str, str], address: str) -> Wishes | None:
    """What an answer to a request depends on, from its header fields as WSGI names them; None = it is asked anew."""
    if not fields.keys().isdisjoint(NOT_KEPT_FOR):
        return None
    is_here = is_local(fields.get("HTTP_HOST", ""), address, not fields.keys().isdisjoint(PROXY_VARIABLES))
    key = key_text(fields.get("HTTP_AUTHORIZATION", ""), fields.get("HTTP_X_API_KEY", ""))
    return fields.get("HTTP_ACCEPT_ENCODING", ""), key, is_here
