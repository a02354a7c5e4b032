"""Parameters, bodies and answers of the exchange with peers."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field

from location_cloud.cases.schema import AreaCode, LimitText, Moment, Person, Strict, Text
from location_cloud.cases.schema_settings import InVersion
from location_cloud.federation.model import Direction, Shared
from location_cloud.http.parameters import BboxParameter, Query

PEER = r"^[a-z0-9][a-z0-9-]{0,31}$"

PeerName: TypeAlias = Annotated[str, Field(pattern=PEER, examples=["city"])]
Sha256: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
StageName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z_]{1,12}$")]
Area: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{2,12}$", examples=["230602"])]
PersonRole: TypeAlias = Literal["inspector", "acceptor", "leader", "dispatcher", "department"]


class Nothing(Query):
    """No parameters."""


class InPeer(Query):
    """One peer."""

    peer: PeerName = Field(description="what the peer is called here")


class InPeerVersion(InPeer, InVersion):
    """One peer at a version."""


class InPeerAction(InPeer):
    """What is done about a peer."""

    action: Literal["call", "resend", "retry", "forget_instance"] = Field(
        description="call: try now, whatever failed; resend: everything from the beginning, as after the peer lost its "
        "store; retry: dead letters again; forget_instance: its next contact may be from another installation"
    )
    number: int | None = Field(None, ge=1, lt=2**62, description="retry: this dead letter alone; empty = all")


class InDead(InPeer):
    """A page of dead letters."""

    after: int = Field(0, ge=0, lt=2**62, description="only numbers above this one: the next page")
    limit: int = Field(100, ge=1, le=500, description="letters a page")


class InCopies(InPeer):
    """Which copies of cases."""

    repeatable = frozenset({"stage"})

    bbox: BboxParameter | None = Field(None, description="only in this box: west,south,east,north")
    stage: list[StageName] = Field(default_factory=list, description="only at these stages; may stand several times")
    open: bool | None = Field(None, description="true = only those that are not over; false = only those that are")
    class_code: str = Field("", alias="class", pattern=r"^([0-9A-Z]{2,12})?$", description="only of this class")
    area: AreaCode = Field("", description="only in this area and below it")
    since: int | None = Field(None, ge=0, le=2**53, description="only those told after this live version")
    after: int = Field(0, ge=0, le=2**31 - 1, description="only after this one of `next_after`: the next page")
    limit: int = Field(100, ge=1, le=500, description="cases a page")


class InCopy(InPeer):
    """One copy."""

    id: int = Field(ge=1, le=2**31 - 1, description="id of the case at its owner")


class InTimeline(InCopy):
    """A page of a copy's timeline."""

    after: int = Field(0, ge=0, le=2**31 - 1, description="only lines above this number: the next page")
    limit: int = Field(100, ge=1, le=1000, description="lines a page")


class InCopyFile(InCopy):
    """One file of a copy."""

    sha256: Sha256 = Field(description="digest of the file")


class InPeerFile(InPeer):
    """One file that goes over the line."""

    case: int = Field(ge=1, le=2**31 - 1, description="id of the case at its owner")
    sha256: Sha256 = Field(description="digest of the file")


class InAsk(InCopy, InVersion):
    """An action that is asked of a case's owner."""

    action: Literal[
        "urge",
        "verify",
        "file",
        "dispatch",
        "accept",
        "finish",
        "check",
        "close",
        "rework",
        "suspend",
        "resume",
        "extend",
        "void",
        "reopen",
        "return",
        "reject",
        "note",
        "self_handle",
        "request_check",
        "request_verify",
    ] = Field(description="what is asked for; urge = a word for whose turn it is")


class InRequests(InPeer):
    """Which requests."""

    way: Literal["out", "in"] = Field("out", description="out = asked by us; in = asked by the peer")
    case: int | None = Field(None, ge=1, le=2**31 - 1, description="only for this case of the owner")
    state: Literal["", "waiting", "done", "refused"] = Field("", description="only in this state")
    after: int = Field(0, ge=0, le=2**31 - 1, description="only ids above this one: the next page")
    limit: int = Field(100, ge=1, le=500, description="requests a page")


class InIndicators(InPeer):
    """Which indicators."""

    scheme: Literal["", "village", "grid", "area"] = Field("", description="only by this; empty = all")
    period: str = Field("", pattern=r"^(20[0-9]{2}-(0[1-9]|1[0-2]))?$", description="only of this month; empty = all")
    after: int = Field(0, ge=0, le=2**31 - 1, description="only after this one of `next_after`: the next page")
    limit: int = Field(24, ge=1, le=100, description="tables a page")


# --- bodies ------------------------------------------------------------------------------------------------------


class AgreementBody(Strict):
    """What is agreed with a peer."""

    title: Text = Field("", max_length=100, description="for people")
    address: str = Field(
        "", max_length=300, pattern=r"^[\x21-\x7e]*$", description="of its server; empty = it calls, direction passive"
    )
    remote: str = Field("", pattern=r"^([a-z0-9][a-z0-9-]{0,31})?$", description="what we are called there")
    direction: Direction = Field(
        "passive", description="push, pull, both: what is done in calls of ours; passive: the peer calls"
    )
    sends: list[Shared] = Field(default_factory=list, max_length=20, description="what goes to the peer")
    takes: list[Shared] = Field(default_factory=list, max_length=20, description="what is taken from it")
    areas: list[Area] = Field(
        default_factory=list, max_length=500, description="whose cases and grids go, with all below them; [] = all"
    )
    departments: list[Person] = Field(
        default_factory=list, max_length=100, description="whose cases go wherever they are; it acts for these alone"
    )
    roles: list[PersonRole] = Field(
        default_factory=list, max_length=5, description="in which it may act on our cases; [] = it may not"
    )
    api_key: str = Field(
        "", max_length=200, pattern=r"^[\x21-\x7e]*$", description="ours at its server, scope federation:peer"
    )
    secret: str | None = Field(
        None, min_length=32, max_length=200, pattern=r"^[\x21-\x7e]*$", description="its first key; null = made here"
    )
    is_active: bool = Field(True, strict=True, description="false = nothing goes either way until it is true again")


class KeyBody(Strict):
    """A new key."""

    secret: str | None = Field(
        None,
        min_length=32,
        max_length=200,
        pattern=r"^[\x21-\x7e]*$",
        description="as the other side made it; null = new",
    )


class AskBody(Strict):
    """What is said with an action that is asked for."""

    role: PersonRole | None = Field(None, description="in which of the key's roles; null = the one that may")
    text: Text = Field("", max_length=4000, description="a word for the timeline; why")
    department: Person | None = Field(None, description="dispatch: who gets it")
    post: Person | None = Field(None, description="dispatch: which post there")
    assignee: Person | None = Field(None, description="dispatch, accept: which person")
    until: Moment | None = Field(None, description="suspend: when it goes on by itself")
    limit: LimitText | None = Field(None, description="extend: how much more time")
    passed: bool | None = Field(None, strict=True, description="check: whether it is in order; null = yes")

    def said(self) -> dict[str, Any]:
        """The fields that were sent."""
        told = {name: value for name, value in self.model_dump(mode="json").items() if value not in (None, "")}
        return told | ({} if self.until is None else {"until": self.until.timestamp()})


# --- answers -----------------------------------------------------------------------------------------------------


class OutKey(BaseModel):
    """A key of a peer, by name alone."""

    id: str
    since: str


class OutState(BaseModel):
    """How the exchange goes."""

    last_attempt_at: str | None
    last_contact_at: str | None
    next_attempt_at: str | None
    failures: int = Field(description="attempts since the last success")
    last_error: str
    skew_s: float = Field(description="the peer's clock less ours, seconds; requests are signed by its clock")
    schema_: int = Field(alias="schema", description="form of messages that both know")
    waiting: int = Field(description="things whose newest state the peer has not taken")
    lag_s: float = Field(description="how long the oldest of them waits")
    dead: int = Field(description="things that the peer refused: GET .../dead")
    sent: int
    copies: dict[str, int] = Field(description="what came from the peer, by kind")
    unanswered: int = Field(description="requests of ours that it has not answered")


class OutPeer(BaseModel):
    """A peer and how the exchange with it goes. Secrets are in no answer."""

    name: str
    version: int
    origin: str = Field(description="its instance; empty = it was never heard")
    title: str
    address: str
    remote: str
    direction: Direction
    sends: list[Shared]
    takes: list[Shared]
    areas: list[str]
    departments: list[str]
    roles: list[str]
    is_active: bool
    has_api_key: bool
    keys: list[OutKey] = Field(description="the first one signs; all are valid")
    state: OutState
    secret: str | None = Field(None, description="of a key that was just made; told this once")


class OutPeers(BaseModel):
    """The peers, and what this instance is called among them."""

    origin: str
    peers: list[OutPeer]


class OutRemoved(BaseModel):
    """What was removed."""

    removed: str


class OutCount(BaseModel):
    """To how many things it was done."""

    count: int


class OutLetter(BaseModel):
    """Something that the peer refused, or that cannot be sent."""

    number: int
    kind: str
    object: str
    reason: str
    since: str


class OutDead(BaseModel):
    """Dead letters by rising number."""

    letters: list[OutLetter]
    next_after: int | None


class OutCopyFile(BaseModel):
    """A file of a copied case."""

    sha256: str
    name: str
    media_type: str
    size: int
    href: str


class OutCopy(BaseModel):
    """A case of the peer as it was last told."""

    peer: str
    origin: str
    live_version: int = Field(description="of this system when it was told")
    case: dict[str, Any] = Field(description="as its owner has it; ids in it are the owner's")
    lamp: str
    overdue: bool
    files: list[OutCopyFile]
    missing_files: int
    crs: str | None = None


class OutCopies(BaseModel):
    """Copies in the order in which they came first."""

    copies: list[OutCopy]
    next_after: int | None
    crs: str


class OutTimeline(BaseModel):
    """What happened to a case at its owner, oldest first."""

    entries: list[dict[str, Any]]
    next_after: int | None
    crs: str


class OutRequest(BaseModel):
    """An action that was asked for, and what became of it."""

    id: int
    peer: str
    way: str
    case: int
    turn: int
    action: str
    said: dict[str, Any]
    who: str
    asked_at: str
    state: Literal["waiting", "done", "refused"]
    answer: dict[str, Any] = Field(description="version and stage after it, or the reason of a refusal")
    answered_at: str | None


class OutRequests(BaseModel):
    """Requests by rising id."""

    requests: list[OutRequest]
    next_after: int | None


class OutTable(BaseModel):
    """Indicators of a month."""

    peer: str
    scheme: str
    period: str
    rows: list[dict[str, Any]]


class OutTables(BaseModel):
    """Indicators that the peer told."""

    tables: list[OutTable]
    next_after: int | None
