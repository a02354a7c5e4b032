"""Requests whose bodies are still on their way: they wait at the public port, where waiting takes no thread.

A body is read by the thread that answers, and a worker has few of those: half a dozen senders that never finish would
take them all. So the port hands a request on when it is whole. Only the plainest form of one is waited for; what is
odd or very large goes on as it comes, to a web server that reads few of those at a time (`body.BODIES`).
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from typing import Generic, TypeVar

from location_cloud.http.body import WHOLE_BODY
from location_cloud.http.plain_http import Framing, read_framing

MAX_BODY_BYTES = 10_000_000
"""Of a body that is waited for: more than any operation takes as JSON. Its chunks' own lines count, too."""

MAX_WAITING_BYTES = 64_000_000
"""Of all that wait in one worker, or for its web server to take them."""

OWN_BYTES = 1_000
"""What a request takes beside its bytes."""

MAX_HEAD_BYTES = 16_000

MAX_CHUNKS = 10_000
"""Of one body: each is looked at by the thread that answers everybody."""

BODY_S, LEAST_BYTES_PER_S = 20.0, 500
"""A body may take so long, and a second more for so many bytes that came. Source: Apache's mod_reqtimeout,
`body=20,MinRate=500`, its default."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_BEGINNING = re.compile(rb"(?:POST|PUT|PATCH|DELETE) /")
_LINE = re.compile(rb"[A-Z]+ /[!-~]* HTTP/1\.1")
_CHUNK = re.compile(rb"[0-9A-Fa-f]{1,8}")
_EXPECT = re.compile(rb"\r\nexpect:[^\r]*", re.IGNORECASE)
_MARK = f"{WHOLE_BODY[0]}: {WHOLE_BODY[1]}\r\n".encode()


class State(enum.Enum):
    """What is to be done with a request: wait for more of it, hand it on as a whole one, or as it comes."""

    WAITING = enum.auto()
    WHOLE = enum.auto()
    ODD = enum.auto()


def may_have_body(data: bytes) -> bool:
    """Whether a request that begins so may have a body that is worth waiting for."""
    return _BEGINNING.match(data) is not None


class Arriving:
    """One request as far as it came. began_s: on any clock."""

    __slots__ = ("_at", "_chunks", "_end", "_framing", "_head_bytes", "began_s", "data", "is_alone")

    def __init__(self, began_s: float) -> None:
        self.began_s = began_s
        self.data = bytearray()
        self.is_alone = True
        """Whether nothing came behind a whole one."""
        self._framing: Framing | None = None
        self._head_bytes = self._end = self._at = self._chunks = 0

    def add(self, data: bytes) -> State:
        """More of it."""
        self.data += data
        if self._framing is None:
            state = self._read_head()
            if state is not State.WHOLE:
                return state
        assert self._framing is not None
        if self._framing.body_bytes is None:
            return self._read_chunks()
        return self._state(self._head_bytes + self._framing.body_bytes)

    def is_late(self, now_s: float) -> bool:
        """Whether it takes longer than it may."""
        return now_s > self.began_s + BODY_S + len(self.data) / LEAST_BYTES_PER_S

    def wants_to_be_asked(self) -> bool:
        """Whether the sender waits for a word before it sends the body, and did not get it yet; asked once."""
        if self._framing is None or not self._framing.waits_for_word:
            return False
        self._framing = self._framing._replace(waits_for_word=False)
        return len(self.data) == self._head_bytes

    def marked(self) -> bytes:
        """A whole request with a field that says so, for `body`. The word that its sender waited for was given here."""
        fields = _EXPECT.sub(b"", bytes(self.data[: self._head_bytes - 2]))
        return b"".join((fields, _MARK, b"\r\n", memoryview(self.data)[self._head_bytes :]))

    def _read_head(self) -> State:
        end = self.data.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES) + 4
        if end < 4:
            return State.WAITING if len(self.data) < MAX_HEAD_BYTES else State.ODD
        first = self.data.find(b"\r\n")
        if _LINE.fullmatch(self.data, 0, first) is None:
            return State.ODD
        self._framing = read_framing(bytes(self.data[first:end]))
        if self._framing is None or (self._framing.body_bytes or 0) > MAX_BODY_BYTES:
            return State.ODD
        self._head_bytes = self._at = end
        return State.WHOLE

    def _state(self, end: int) -> State:
        if len(self.data) < end:
            return State.WAITING
        self.is_alone = len(self.data) == end
        return State.WHOLE

    def _read_chunks(self) -> State:
        """Follows chunks without extensions or trailers. Source: RFC 9112, 7.1."""
        data = self.data
        while True:
            line = data.find(b"\r\n", self._at, self._at + 10)
            if line < 0:
                return State.WAITING if len(data) < self._at + 10 else State.ODD
            if _CHUNK.fullmatch(data, self._at, line) is None:
                return State.ODD
            size = int(data[self._at : line], 16)
            end = line + 2 + size + 2
            self._chunks += 1
            if end - self._head_bytes > MAX_BODY_BYTES or self._chunks > MAX_CHUNKS:
                return State.ODD
            if len(data) < end:
                self._chunks -= 1
                return State.WAITING
            if data[end - 2 : end] != b"\r\n":
                return State.ODD
            if size == 0:
                return self._state(end)
            self._at = end


Holder = TypeVar("Holder")


class Space(Generic[Holder]):
    """The memory of all requests that wait. When it is full, whoever's address holds most of it gives way."""

    def __init__(self, most_bytes: int = MAX_WAITING_BYTES) -> None:
        self._most_bytes = most_bytes
        self._held: dict[Holder, tuple[str, int]] = {}
        self._kept: dict[Holder, int] = {}
        self._by_address: Counter[str] = Counter()
        self._bytes = 0

    def hold(self, holder: Holder, address: str, size: int) -> list[Holder]:
        """A holder's request has grown to so many bytes; gives those who are to go, perhaps the holder itself."""
        size += OWN_BYTES
        grown = size - self._held.get(holder, ("", 0))[1]
        self._held[holder] = address, size
        self._by_address[address] += grown
        self._bytes += grown
        gone = []
        while self._bytes > self._most_bytes and self._held:
            greedy = max(self._by_address, key=self._by_address.__getitem__)
            oldest = next(each for each, (whose, _) in self._held.items() if whose == greedy)
            self._bytes -= self._take(oldest)
            gone.append(oldest)
        return gone

    def keep(self, holder: Holder) -> None:
        """The holder's request is handed on: it has its memory until it is taken, and gives way to nobody."""
        self._kept[holder] = self._take(holder)

    def free(self, holder: Holder) -> None:
        """The holder's request has no memory any more."""
        self._bytes -= self._take(holder) + self._kept.pop(holder, 0)

    def _take(self, holder: Holder) -> int:
        address, size = self._held.pop(holder, ("", 0))
        self._by_address[address] -= size
        if not self._by_address[address]:
            del self._by_address[address]
        return size
