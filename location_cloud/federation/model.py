"""A peer that is exchanged with, what waits for it, what came from it, and what is asked of each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

import orjson

from location_cloud.secrecy import Secrecy

SCHEMAS: tuple[int, ...] = (1,)
"""Forms of messages that are understood. Both sides use the highest one that they share."""

Shared: TypeAlias = Literal[
    "cases",
    "classes",
    "indicators",
    "grids.unit",
    "grids.manage",
    "grids.evaluate",
    "grids.village",
    "grids.service",
]
SHARED: tuple[Shared, ...] = Shared.__args__  # type: ignore[attr-defined]  # of a Literal
"""What may be agreed to go one way."""

Direction: TypeAlias = Literal["push", "pull", "both", "passive"]
"""push, pull, both: what is done by calling the peer; passive: it calls, as where it cannot be reached."""

Kind: TypeAlias = Literal["case", "class", "indicators", "grid", "request", "answer"]

MOST_PEERS = 1000
MOST_KEYS = 2
"""Keys of a peer that are valid together: the old one until the other side has the new one."""

MOST_MESSAGES, MOST_BATCH_BYTES = 200, 2_000_000
"""Of one exchange each way. A message over the rest of a batch goes in the next one."""

MOST_MESSAGE_BYTES = 4_000_000
"""Of one message: a grid of 20,000 vertices takes 1 MB. A larger one is never sent, and shown as undeliverable."""

MOST_EXCHANGE_BYTES = 8_000_000
"""Of the body of an exchange: one batch, or one message that is as large as it may be."""

MOST_ENTRIES = 200
"""Lines of a timeline in one message; the rest follows in the next one."""

MOST_WANTED = 20
"""Files that are asked for in one exchange."""

MOST_ROUNDS = 50
"""Batches that one exchange goes on for, before other peers have their turn."""

MOST_WAITING_REQUESTS = 10_000
"""Of a peer."""

FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 900.0
"""After a failure the next attempt waits twice as long as the one before, up to a quarter of an hour."""


@dataclass(frozen=True)
class Key:
    """A secret that both sides know. id: by which a signature names it. since: POSIX seconds."""

    id: str
    secret: str
    since: float


@dataclass(frozen=True)
class Agreement:
    """What is agreed with a peer.

    address: of its server, "" = it calls. remote: our name there. areas: codes whose cases and grids are sent with all
    below them, () = all. departments: whose cases are sent wherever they are. roles: in which the peer may ask for
    actions on our cases. api_key: of ours at its server, "" = none is needed.
    """

    title: str = ""
    address: str = ""
    remote: str = ""
    direction: Direction = "passive"
    sends: tuple[Shared, ...] = ()
    takes: tuple[Shared, ...] = ()
    areas: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    api_key: str = ""
    is_active: bool = True


@dataclass(frozen=True)
class Contact:
    """How the exchange with a peer goes. Times are POSIX seconds.

    failures: attempts since the last success. skew_s: its clock less ours. schema: form of messages that both know.
    """

    last_attempt: float | None = None
    last_contact: float | None = None
    next_attempt: float = 0.0
    failures: int = 0
    last_error: str = ""
    skew_s: float = 0.0
    schema: int = SCHEMAS[-1]


@dataclass(frozen=True)
class Peer:
    """A peer as kept. origin: its instance, "" = it was never heard. cases_seen, grids_seen: live versions up to which
    changes are queued for it.
    """

    name: str
    agreement: Agreement
    keys: tuple[Key, ...] = ()
    origin: str = ""
    contact: Contact = field(default_factory=Contact)
    cases_seen: int = 0
    grids_seen: int = 0
    id: int = 0
    version: int = 1


@dataclass(frozen=True)
class Kept:
    """What each process keeps: the keys that secrets of peers are encrypted with."""

    secrecy: Secrecy

    def seal(self, tenant: str, peer: Peer) -> bytes:
        """The peer's keys and our key at its server, encrypted."""
        told = {"api_key": peer.agreement.api_key, "keys": [asdict(key) for key in peer.keys]}
        return self.secrecy.seal(orjson.dumps(told), f"{tenant}/peer/{peer.name}")

    def open(self, tenant: str, name: str, sealed: bytes) -> tuple[str, tuple[Key, ...]]:
        """What was sealed. Raises NotReady if its key is not here."""
        told = orjson.loads(self.secrecy.open(sealed, f"{tenant}/peer/{name}"))
        return told["api_key"], tuple(Key(**each) for each in told["keys"])


@dataclass(frozen=True)
class Waiting:
    """One thing that is queued for a peer: the newest state of it is sent, however often it changed.

    number: rises with each mark; a later one replaces what came by an earlier one. known: line of a case's timeline up
    to which the peer has it. state: waiting, done, dead. since: POSIX seconds.
    """

    id: int
    peer: str
    kind: Kind
    object: str
    number: int
    known: int = 0
    state: str = "waiting"
    attempts: int = 0
    next_at: float = 0.0
    since: float = 0.0
    reason: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Message:
    """What goes over the line. through: line of the timeline up to which it tells; more: lines after it are missing."""

    kind: Kind
    object: str
    number: int
    content: Mapping[str, Any]
    through: int = 0
    more: bool = False

    def as_plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "kind": self.kind,
            "object": self.object,
            "number": self.number,
            "through": self.through,
            "more": self.more,
            "content": dict(self.content),
        }


Fate: TypeAlias = Literal["taken", "later", "refused"]


@dataclass(frozen=True)
class Result:
    """What became of a message: taken (durably), later (what goes before is missing, the taker is busy), refused."""

    kind: Kind
    object: str
    number: int
    fate: Fate
    reason: str = ""
    through: int = 0
    more: bool = False


@dataclass(frozen=True)
class Batch:
    """One side's part of an exchange. wants: files that are missing, (case, SHA-256). now: its clock, POSIX seconds.

    most: messages that it takes back, 0 = none.
    """

    origin: str
    now: float
    messages: tuple[Message, ...] = ()
    results: tuple[Result, ...] = ()
    wants: tuple[tuple[str, str], ...] = ()
    most: int = MOST_MESSAGES
    schema: int = SCHEMAS[-1]
    schemas: tuple[int, ...] = SCHEMAS


@dataclass(frozen=True)
class Copy:
    """A thing of the peer as it was last told. content: as sent. missing: files whose bytes are not here yet."""

    id: int
    peer: str
    origin: str
    kind: Kind
    object: str
    number: int
    content: Mapping[str, Any]
    change: int = 0
    missing: int = 0


@dataclass(frozen=True)
class ChosenCopies:
    """Which copies of cases are meant; what is empty or None chooses nothing. areas: that the caller is held to."""

    stages: tuple[str, ...] = ()
    is_open: bool | None = None
    class_code: str = ""
    area: str = ""
    areas: tuple[str, ...] = ()
    bbox: Any = None
    since: int | None = None


@dataclass(frozen=True)
class Request:
    """An action that one side asks of the owner of a case. way: "out" = we ask, "in" = the peer does.

    case: the owner's id. turn: its place among the peer's requests for that case, from 1 on, in which they are done.
    state: waiting, done, refused. answer: version of the case after it, stage, and reason of a refusal.
    """

    peer: str
    way: str
    case: int
    turn: int
    action: str
    said: Mapping[str, Any]
    who: str
    at: float
    state: str = "waiting"
    answer: Mapping[str, Any] = field(default_factory=dict)
    answered: float | None = None
    id: int = 0
    key: str = ""
    digest: str = ""


class LineError(Exception):
    """The peer was not reached, or did not take what was sent. Nothing is lost: it waits for the next attempt."""
