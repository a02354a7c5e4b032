"""Parameters, bodies and answers of cases."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from location_cloud.cases.model import MOST_DESCRIPTION, MOST_NOTE, Action, Role, Source, Stage
from location_cloud.http.parameters import BboxParameter, LonLat, Query

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def _printable(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("it has control characters")
    return value


def _iso(value: Any) -> Any:
    if value is not None and (not isinstance(value, str) or "-" not in value):
        raise ValueError("write times as ISO 8601 with a zone: 2026-11-23T07:30:00+08:00")
    return value


def _believed(value: Any) -> Any:
    if value is not None and not 1970 < value.year < 2200:
        raise ValueError("a time lies between 1970 and 2200")
    return value


Text: TypeAlias = Annotated[str, AfterValidator(_printable)]
Moment: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_iso), AfterValidator(_believed)]
Position: TypeAlias = tuple[
    Annotated[float, Field(strict=True, ge=-180, le=180)],
    Annotated[float, Field(strict=True, ge=-90, le=90)],
]
"""lon, lat in a JSON body."""

Row: TypeAlias = Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]
ClassCode: TypeAlias = Annotated[str, Field(pattern=r"^[0-9A-Z]{2,12}$", examples=["E0112"])]
ComponentId: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{16}$", examples=["2306020118000001"])]
SourceId: TypeAlias = Annotated[str, Field(pattern=r"^[\x21-\x7e]{0,128}$")]
Person: TypeAlias = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,64}$")]
"""A department, post or person as the city names it."""
LimitText: TypeAlias = Annotated[
    str, Field(pattern=r"^[0-9]{1,5}(\.[0-9]{1,3})? (hour|work_hour|work_day)$", examples=["2 work_day"])
]
AreaCode: TypeAlias = Annotated[str, Field(pattern=r"^([0-9]{2,12}|osm:[rw][0-9]{1,12})?$", examples=["230602"])]
GridCode: TypeAlias = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{0,24}$")]


class Strict(BaseModel):
    """Base of bodies: nothing unknown, no NaN."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True, populate_by_name=True)


# --- bodies ------------------------------------------------------------------------------------------------------


class ReporterBody(Strict):
    """Who reports: personal data, encrypted at rest, and in no answer but that of who may read it."""

    name: Text = Field("", max_length=100)
    phone: Text = Field("", max_length=40)
    email: Text = Field("", max_length=200)
    account: Text = Field("", max_length=100, description="of a portal")
    device: Text = Field("", max_length=100, description="of the device")


class CorrectionBody(Strict):
    """What is corrected; fields left out stay as they are."""

    class_code: ClassCode = Field("E0603", alias="class", description="of the catalogue: GET /v1/classes")
    at: Position = Field((0.0, 0.0), description="lon, lat")
    description: Text = Field("", max_length=MOST_DESCRIPTION)
    address: Text = Field("", max_length=300)
    component: ComponentId | None = Field(None, description="the component that it is about")
    severity: float | None = Field(None, ge=1, le=5, strict=True, description="1-5, as rules weigh it")

    def said(self) -> dict[str, Any]:
        """The fields that were sent, as `service.add_case` names them."""
        told = {name: getattr(self, name) for name in self.model_fields_set if name in CorrectionBody.model_fields}
        if "class_code" in told:
            told["class"] = told.pop("class_code")
        if "at" in told:
            told["lonlat"] = tuple(round(each, 7) for each in told.pop("at"))
        return told


class CaseBody(CorrectionBody):
    """A new case."""

    class_code: ClassCode = Field(alias="class", description="of the catalogue: GET /v1/classes")
    at: Position = Field(description="lon, lat")
    source: Source = Field(description="who tells it")
    source_id: SourceId = Field("", description="the sender's number of it: sent again, it is added once")
    reported_at: Moment | None = Field(None, description="when it was reported; null = now")
    reporter: ReporterBody | None = Field(None, description="who reports it; null = is not told")
    simulated: bool = Field(False, strict=True, description="not of the real world; every answer says so")


class ActionBody(Strict):
    """What is said with an action; each action needs or takes some of it."""

    role: Role | None = Field(None, description="in which of the key's roles; null = the one that may")
    text: Text = Field("", max_length=MOST_NOTE, description="a word for the timeline; why")
    department: Person | None = Field(None, description="dispatch: who gets it; null = as rules say")
    post: Person | None = Field(None, description="dispatch: which post there")
    assignee: Person | None = Field(None, description="dispatch, accept: which person")
    into: Row | None = Field(None, description="merge: the case that it is the same as")
    until: Moment | None = Field(None, description="suspend: when it goes on by itself; null = when it is resumed")
    limit: LimitText | None = Field(None, description="extend: how much more time")
    passed: bool | None = Field(None, strict=True, description="check: whether it is in order; null = yes")
    component: ComponentId | None = Field(None, description="the component that it is about, where none was named")

    def said(self) -> dict[str, Any]:
        """What was sent, as `service.act` names it."""
        told = {name: value for name in self.model_fields_set if (value := getattr(self, name)) not in (None, "")}
        if self.until is not None:
            told["until"] = self.until.timestamp()
        return told


# --- parameters --------------------------------------------------------------------------------------------------


class Nothing(Query):
    """No parameters."""


class InCase(Query):
    """One case."""

    id: int = Field(ge=1, le=2**31 - 1, description="id of the case")


class InCaseVersion(InCase):
    """One case at a version."""

    version: int | None = Field(
        None, ge=1, le=2**31 - 1, description="the version that the change was made from, instead of If-Match"
    )


class InAction(InCaseVersion):
    """An action on a case."""

    action: Action = Field(description="what is done with it")


class InCaseThen(InCase):
    """One case as it is, or was."""

    as_of: Moment | None = Field(None, description="as it was at that time (ISO 8601 with zone); empty = as it is")


class InCases(Query):
    """Which cases."""

    repeatable = frozenset({"stage", "class"})

    bbox: BboxParameter | None = Field(None, description="only in this box: west,south,east,north")
    stage: list[Stage] = Field(default_factory=list, description="only at these stages; may stand several times")
    open: bool | None = Field(None, description="true = only those that are not over; false = only those that are")
    overdue: bool | None = Field(None, description="true = only open ones whose deadline is past; false = whose is not")
    lamp: Literal["", "green", "yellow", "red"] = Field("", description="only open ones with this lamp")
    grid: GridCode = Field("", description="only in this unit grid")
    village_grid: GridCode = Field("", description="only in this village grid")
    area: AreaCode = Field("", description="only in this area and below it: code of a district, town or village")
    cell: str = Field("", pattern=r"^[0-9A-Z]{0,12}$", description="only below this BeiDou cell, of level 1 to 5")
    class_code: list[ClassCode] = Field(
        default_factory=list, alias="class", description="only of these classes; may stand several times"
    )
    department: Text = Field("", max_length=64, description="only with this department")
    role: Literal["", "inspector", "acceptor", "leader", "dispatcher", "department"] = Field(
        "", description="only open ones that wait for this role"
    )
    source: Literal["", "inspector", "citizen", "hotline", "sensor", "incident", "federation", "open311", "patrol"] = (
        Field("", description="only told by this source")
    )
    source_id: SourceId = Field("", description="only the one that its source calls so")
    number: str = Field("", pattern=r"^([0-9]{8}-[0-9]{1,10})?$", description="only the one of this number")
    component: str = Field("", pattern=r"^([0-9]{16})?$", description="only about this component")
    incident: int | None = Field(None, ge=1, le=2**31 - 1, description="only those of this incident")
    parent: int | None = Field(None, ge=1, le=2**31 - 1, description="only those merged into this case")
    created_from: Moment | None = Field(None, description="only reported at this time or later")
    created_until: Moment | None = Field(None, description="only reported before this time")
    since: int | None = Field(None, ge=0, le=2**53, description="only changed after this live version")
    order: Literal["oldest", "newest"] = Field("oldest", description="by id, which comes first")
    after: int = Field(0, ge=0, le=2**31 - 1, description="only ids after this one in that order: the next page")
    limit: int = Field(100, ge=1, le=500, description="cases a page")


class InCount(InCases):
    """Which cases are counted."""


class InLog(InCase):
    """A page of a case's timeline."""

    after: int = Field(0, ge=0, le=2**31 - 1, description="only lines above this number: the next page")
    limit: int = Field(100, ge=1, le=1000, description="lines a page")


class InEvents(Query):
    """What happened to all cases."""

    since: int = Field(0, ge=0, le=2**53, description="only after this live version")
    limit: int = Field(500, ge=1, le=1000, description="lines a page")


class InSimilar(Query):
    """A case that is about to be reported."""

    at: LonLat = Field(description="lon,lat where it is")
    class_code: ClassCode = Field(alias="class", description="its class")
    component: str = Field("", pattern=r"^([0-9]{16})?$", description="the component that it is about")


# --- answers -----------------------------------------------------------------------------------------------------


class OutCase(BaseModel):
    """A case."""

    model_config = ConfigDict(populate_by_name=True)

    id: int
    number: str
    version: int = Field(description="grows by one at each change; If-Match names it")
    class_code: str = Field(alias="class")
    stage: Stage
    stage_title: dict[str, str]
    role: str | None = Field(description="who must act")
    source: Source
    source_id: str
    lonlat: list[float]
    address: str
    beidou: str = Field(description="cell of level 5 (GB/T 39409-2020)")
    grid: str = Field(description="code of the unit grid, as of when it was reported")
    manage_grid: str
    village_grid: str
    area: str = Field(description="code of the deepest area")
    area_class: str
    department: str
    post: str
    assignee: str
    description: str
    severity: float | None
    component: str | None
    incident: int | None
    parent: int | None = Field(description="the case that it was merged into")
    created_at: str
    filed_at: str | None
    closed_at: str | None
    deadline: str | None = Field(description="when the whole case should be closed")
    warn_at: str | None = Field(description="when 80 % of its time are used")
    limit: str | None
    lamp: str = Field(description="green, yellow from 80 % of the limit on, red after the deadline")
    overdue: bool
    stage_since: str
    stage_deadline: str | None = Field(description="when the present work should be done")
    stage_warn_at: str | None
    stage_lamp: str
    suspended_since: str | None
    suspended_until: str | None
    asked: dict[str, Any] = Field(description="what its department asks for: suspend or extend; {} = nothing")
    checked: bool | None = Field(description="what the check found; null = not checked")
    reworks: int
    returns: int
    extensions: int
    votes: int = Field(description="reports of it, those merged into it included")
    files: int
    citizen: bool
    rule: str = Field(description="the rule that chose its department; empty = somebody did")
    simulated: bool
    attributes: dict[str, Any] = Field(default_factory=dict, description="answers to what its class asks")
    media_url: str = Field("", description="a picture that its reporter put elsewhere; nobody here has looked at it")
    band: str = Field("", description="of the hotline: within which time it is to be answered; empty = none")
    actions: list[str] | None = Field(None, description="what this key may do with it now")
    similar: list[dict[str, Any]] | None = Field(None, description="open cases that may be the same")
    crs: str | None = None


class OutCases(BaseModel):
    """Cases in the order that was asked for."""

    cases: list[OutCase]
    next_after: int | None = Field(description="`after` of the next page; null = this was the last")
    crs: str


class OutCount(BaseModel):
    """How many cases are meant."""

    count: int
    is_exact: bool = Field(description="false = there are more than were counted")


class OutSimilar(BaseModel):
    """Open cases that may be the same, the likeliest first."""

    similar: list[dict[str, Any]]
    crs: str


class OutEntry(BaseModel):
    """A line of a timeline."""

    number: int
    case: int
    version: int
    live_version: int
    at: str
    who: str
    role: str
    action: str
    stage_from: str
    stage_to: str
    fields: dict[str, Any]


class OutLog(BaseModel):
    """What happened to a case, oldest first."""

    entries: list[OutEntry]
    next_after: int | None
    crs: str


class OutEvents(BaseModel):
    """What happened to all cases, oldest first."""

    entries: list[OutEntry]
    live_version: int = Field(description="`since` of the next question")
    crs: str


class OutReporter(BaseModel):
    """Who reported a case."""

    case: int
    name: str
    phone: str
    email: str
    account: str
    device: str


class OutReads(BaseModel):
    """Who read a reporter in clear, oldest first."""

    reads: list[dict[str, Any]]
    next_after: int | None


class OutStages(BaseModel):
    """The flow of cases as it is enforced."""

    stages: list[dict[str, Any]]
    steps: list[dict[str, Any]]
