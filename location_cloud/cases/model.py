"""A case of city and village: what, where, at which stage, whose turn it is, and until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from shapely.geometry.base import BaseGeometry

from location_cloud.cases.limits import Limit
from location_cloud.changes import Sent
from location_cloud.spatial.bbox import Bbox

Stage: TypeAlias = Literal[
    "reported",
    "to_verify",
    "accepted",
    "filed",
    "dispatched",
    "handling",
    "suspended",
    "feedback",
    "to_check",
    "closed",
    "voided",
    "rejected",
    "merged",
]
"""Seven stages of GB/T 30428.8 (信息收集, 案卷建立, 任务派遣, 任务处理, 处理反馈, 核查结案) and what lies beside."""

STAGES: tuple[Stage, ...] = Stage.__args__  # type: ignore[attr-defined]  # of a Literal
OVER: tuple[Stage, ...] = ("closed", "voided", "rejected", "merged")
STAGE_TITLES: Mapping[str, Mapping[str, str]] = {
    "reported": {"zh-CN": "已上报", "en": "reported"},
    "to_verify": {"zh-CN": "待核实", "en": "to be verified"},
    "accepted": {"zh-CN": "已受理", "en": "accepted"},
    "filed": {"zh-CN": "已立案", "en": "filed"},
    "dispatched": {"zh-CN": "已派遣", "en": "dispatched"},
    "handling": {"zh-CN": "处理中", "en": "being handled"},
    "suspended": {"zh-CN": "挂账", "en": "suspended"},
    "feedback": {"zh-CN": "已反馈", "en": "fed back"},
    "to_check": {"zh-CN": "待核查", "en": "to be checked"},
    "closed": {"zh-CN": "已结案", "en": "closed"},
    "voided": {"zh-CN": "已作废", "en": "voided"},
    "rejected": {"zh-CN": "不予受理", "en": "rejected"},
    "merged": {"zh-CN": "已合并", "en": "merged"},
}

Role: TypeAlias = Literal["inspector", "acceptor", "leader", "dispatcher", "department", "system"]
"""监督员, 受理员, 值班长, 派遣员, 专业部门, and the clock or another part of the product."""

PEOPLE: tuple[Role, ...] = ("inspector", "acceptor", "leader", "dispatcher", "department")

Action: TypeAlias = Literal[
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
    "merge",
    "note",
    "self_handle",
    "request_check",
    "request_verify",
]

ACTIONS: tuple[Action, ...] = Action.__args__  # type: ignore[attr-defined]  # of a Literal

Source: TypeAlias = Literal["inspector", "citizen", "hotline", "sensor", "incident", "federation", "open311", "patrol"]

CITIZENS = ("citizen", "hotline", "open311")
"""Sources that are people of the city, not its staff."""

MOST_OPEN = 2_000_000
"""Cases of a tenant that are not over."""

MOST_DESCRIPTION, MOST_NOTE = 4000, 4000
"""Characters; of a description as Open311 GeoReport v2 has it."""


@dataclass(frozen=True)
class Clock:
    """Time that runs against a limit. All amounts are in its unit.

    since: POSIX seconds from which it runs; None = stopped. used: before that. due, warn: POSIX seconds at which all of
    the limit, and 80 % of it, are used up; as they were when it was stopped. calendar: the tenant's that counts.
    """

    limit: Limit
    since: float | None
    due: float
    warn: float
    used: float = 0.0
    calendar: str = "default"

    def as_list(self) -> list[Any]:
        """As it is stored; `read_clock` reads it."""
        limit = self.limit
        return [limit.amount, limit.unit, self.since, self.due, self.warn, self.used, self.calendar]


def read_clock(told: Sequence[Any] | None) -> Clock | None:
    """A clock as it was stored."""
    if told is None:
        return None
    amount, unit, since, due, warn, used, calendar = told
    return Clock(Limit(amount, unit), since, due, warn, used, calendar)


@dataclass(frozen=True)
class Case:
    """One case as it is at a version. Times are POSIX seconds.

    class_code: of the catalogue. role: who must act. source_id: the sender's number, "" = none. cell: BeiDou level 5
    as a number. unit_grid, manage_grid, village_grid, area: codes when it was reported, "" = none is known there.
    area_class: management class of its unit grid, by which limits differ.
    component, incident, parent: ids; parent is the case that it was merged into.
    clock, stage_clock: of the whole case and of the present work; None = no limit. asked: what its department asks for
    ({"action", "reason", ...}), {} = nothing. checked: what the check found; None = not checked.
    until: when a suspension ends by itself. reporter: key that reported it. sent_by: who dispatched it.
    severity: 1-5, as rules weigh it. rule: what chose its department. factor: what rules made of its limit.
    votes: reports of it, those merged into it included.
    is_counted: that it should be closed is already in the stage table.
    attributes: answers to what its class asks. media_url: a picture that its reporter put elsewhere.
    band: of the hotline, by which the limit of the whole case is chosen; "" = its class says.
    """

    class_code: str
    lonlat: tuple[float, float]
    stage: Stage = "reported"
    role: Role | None = "acceptor"
    source: Source = "inspector"
    source_id: str = ""
    description: str = ""
    address: str = ""
    cell: int = -1
    unit_grid: str = ""
    manage_grid: str = ""
    village_grid: str = ""
    area: str = ""
    area_class: str = ""
    department: str = ""
    post: str = ""
    assignee: str = ""
    component: str | None = None
    incident: int | None = None
    parent: int | None = None
    created: float = 0.0
    filed: float | None = None
    closed: float | None = None
    stage_since: float = 0.0
    suspended_since: float | None = None
    clock: Clock | None = None
    stage_clock: Clock | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)
    checked: bool | None = None
    until: float | None = None
    reporter: str = ""
    sent_by: str = ""
    rule: str = ""
    factor: float = 1.0
    severity: float | None = None
    votes: int = 1
    files: int = 0
    reworks: int = 0
    returns: int = 0
    extensions: int = 0
    is_counted: bool = False
    is_simulated: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)
    media_url: str = ""
    band: str = ""
    id: int = 0
    number: str = ""
    version: int = 1
    change: int = 0

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.stage not in OVER

    @property
    def is_citizens(self) -> bool:
        """Whether people of the city told it."""
        return self.source in CITIZENS

    @property
    def due(self) -> float | None:
        """When the whole case should be closed."""
        return None if self.clock is None else self.clock.due

    @property
    def stage_due(self) -> float | None:
        """When the present work should be done; handling has the time of the whole case, if it has none of its own."""
        if self.stage_clock is None:
            return self.due if self.stage in ("handling", "suspended") else None
        return self.stage_clock.due


@dataclass(frozen=True)
class Actor(Sent):
    """Who acts. roles: that the key carries. departments, areas: that it is held to; () = all.

    areas: codes, each with all below it. may_all: of this machine or an administrator: any role.
    """

    roles: frozenset[str] = frozenset()
    departments: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()

    def may_see(self, case: Case) -> bool:
        """Whether the case lies in its areas and, for who is of a department and nothing else, with that."""
        if self.areas and not any(case.area.startswith(area) for area in self.areas):
            return False
        return not self.is_department_only or case.department in self.departments

    @property
    def is_department_only(self) -> bool:
        """Whether it sees the cases of its departments alone."""
        return bool(self.departments) and self.roles == {"department"}


DEPARTMENT, AREA = "cases:department=", "cases:area="
"""A key with cases:department=roads acts for that department alone; one with cases:area=230602 sees that area alone."""


def held_by(caller: Any) -> dict[str, Any]:
    """Of an Actor what a caller's key says: its roles, and the departments and areas that it is held to."""
    departments = tuple(
        sorted(scope.removeprefix(DEPARTMENT) for scope in caller.scopes if scope.startswith(DEPARTMENT))
    )
    areas = tuple(sorted(scope.removeprefix(AREA) for scope in caller.scopes if scope.startswith(AREA)))
    may_all = caller.may("cases:admin")
    roles = {role for role in PEOPLE if may_all or caller.may(f"cases:{role}")}
    if departments:
        roles.add("department")
    return {"roles": frozenset(roles), "departments": departments, "areas": areas}


@dataclass(frozen=True)
class Entry:
    """One line of a case's timeline. number: rises with each. change: the live version. fields: what was written."""

    number: int
    case: int
    version: int
    change: int
    at: float
    who: str
    role: str
    action: str
    stage_from: str
    stage_to: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Chosen:
    """Which cases are meant; what is empty or None chooses nothing.

    overdue, lamp: as of `now`. area: code, with all below it. open: not over. departments, areas: as of `Actor`.
    """

    now: float
    bbox: Bbox | None = None
    stages: tuple[str, ...] = ()
    is_open: bool | None = None
    overdue: bool | None = None
    lamp: str = ""
    grid: str = ""
    village_grid: str = ""
    area: str = ""
    cells: tuple[int, int] | None = None
    classes: tuple[str, ...] = ()
    department: str = ""
    role: str = ""
    source: str = ""
    source_id: str = ""
    number: str = ""
    component: str = ""
    incident: int | None = None
    parent: int | None = None
    created_from: float | None = None
    created_until: float | None = None
    changed_since: int | None = None
    departments: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Similar:
    """An open case that may be the same. distance_m: between both. is_same_component: both name one."""

    case: Case
    distance_m: float
    is_same_component: bool
    radius_m: float


@dataclass(frozen=True)
class Reporter:
    """Who reported a case: personal data, encrypted at rest."""

    name: str = ""
    phone: str = ""
    email: str = ""
    account: str = ""
    device: str = ""


@dataclass(frozen=True)
class Read:
    """Somebody read a reporter in clear."""

    number: int
    case: int
    at: float
    who: str


@dataclass(frozen=True)
class StoredFile:
    """A photo or paper of a case. digest: SHA-256, by which its bytes are stored. at: POSIX seconds.

    lonlat, taken: as its EXIF says; distance_m: from there to the case. None = not told.
    """

    id: int
    case: int
    digest: str
    media: str
    size: int
    name: str
    at: float
    who: str
    stage: str
    lonlat: tuple[float, float] | None = None
    distance_m: float | None = None
    taken: str = ""


@dataclass(frozen=True)
class Component:
    """A thing in the city that somebody owns and maintains (部件).

    id: 16 digits, 6 of the county, 4 of the class, 6 of a serial that is never given again. county: the first six.
    owner, maintainer, supervisor: departments. state: intact, damaged, missing, removed or a word of the city's own.
    geometry: WGS-84, of what is no point; None = the point. first_seen, changed: POSIX seconds.
    """

    id: str
    class_code: str
    lonlat: tuple[float, float]
    name: str = ""
    owner: str = ""
    maintainer: str = ""
    supervisor: str = ""
    unit_grid: str = ""
    area: str = ""
    state: str = "intact"
    source: str = ""
    note: str = ""
    geometry: BaseGeometry | None = None
    first_seen: float = 0.0
    changed: float = 0.0
    cell: int = -1
    is_simulated: bool = False
    number: int = 0
    version: int = 1
    change: int = 0


MOST_COMPONENTS = 2_000_000
"""Of a tenant."""


@dataclass(frozen=True)
class ChosenComponents:
    """Which components are meant; what is empty or None chooses nothing."""

    bbox: Bbox | None = None
    classes: tuple[str, ...] = ()
    state: str = ""
    owner: str = ""
    grid: str = ""


@dataclass(frozen=True)
class Setting:
    """One of a tenant's own classes, calendars, limits, rules: named content with a version."""

    kind: str
    name: str
    content: Mapping[str, Any]
    id: int = 0
    version: int = 1
