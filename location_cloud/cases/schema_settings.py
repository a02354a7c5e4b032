"""Parameters, bodies and answers of classes, calendars, limits and rules."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from location_cloud.cases.model import Source
from location_cloud.cases.schema import ClassCode, ComponentId, LimitText, Moment, Position, Row, Strict, Text
from location_cloud.http.parameters import Query

Interval: TypeAlias = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-4]):[0-5][0-9]-([01][0-9]|2[0-4]):[0-5][0-9]$", examples=["08:30-11:30"])
]
Day: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]

AttributeCode: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", examples=["LANE"])]

CALENDAR_NAME = r"^\w[\w.-]{0,63}$"
LIMIT_NAME = r"^(any|[0-9A-Z]{2,12})\.[\w-]{1,32}\.\w{1,16}$"


class InVersion(Query):
    """The version of something that is changed."""

    version: int | None = Field(
        None, ge=1, le=2**31 - 1, description="the version that the change was made from, instead of If-Match"
    )


class InClasses(Query):
    """Which classes."""

    kind: Literal["", "component", "event"] = Field("", description="only these")
    group: str = Field("", pattern=r"^[0-9A-Z]{0,10}$", description="only of this group")
    setting: Literal["", "urban", "rural"] = Field("", description="only those for town or country")
    own: bool = Field(False, description="true = only what the tenant has set itself")


class InClass(Query):
    """One class."""

    code: ClassCode = Field(description="code of the class")


class InClassVersion(InClass, InVersion):
    """One class at a version."""


class InCalendar(Query):
    """One calendar."""

    name: str = Field(pattern=CALENDAR_NAME, description="name of the calendar; default counts where none is named")


class InCalendarVersion(InCalendar, InVersion):
    """One calendar at a version."""


class InDeadline(InCalendar):
    """A limit that begins at a time."""

    start: Moment | None = Field(None, description="when it begins; empty = now")
    limit: LimitText = Field(description="an amount of hour, work_hour or work_day")


class InLimits(Query):
    """Which limits."""

    class_code: str = Field("", alias="class", pattern=r"^[0-9A-Z]{0,12}$", description="only of this class")


class InLimit(InVersion):
    """One limit at a version."""

    name: str = Field(
        pattern=LIMIT_NAME, description="class.area_class.part, such as E0112.any.case or any.any.to_verify"
    )


# --- bodies ------------------------------------------------------------------------------------------------------


class Words(Strict):
    """A text by language."""

    zh: Text = Field("", max_length=500)
    en: Text = Field("", max_length=500)

    def said(self) -> dict[str, str]:
        """Those that are not empty."""
        return {name: text for name in ("zh", "en") if (text := getattr(self, name))}


class ValueBody(Strict):
    """One of the values to choose from."""

    key: AttributeCode
    name: Words


class AttributeBody(Strict):
    """A question of a class to who reports, as Open311 has them."""

    code: AttributeCode
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
    description: Words = Field(description="the question")
    hint: Words | None = Field(None, description="how to answer it")
    required: bool = Field(False, strict=True)
    values: list[ValueBody] = Field(default_factory=list, max_length=200, description="of lists")

    def said(self) -> dict[str, Any]:
        """What was sent, as `attributes.parse_attributes` reads it."""
        return {
            "code": self.code,
            "datatype": self.datatype,
            "description": self.description.said(),
            "hint": self.hint.said() if self.hint else None,
            "required": self.required,
            "values": [{"key": each.key, "name": each.name.said()} for each in self.values],
        }


class ClassBody(Strict):
    """A class; of a shipped one only what differs need be said."""

    kind: Literal["component", "event"] | None = None
    group: ClassCode | None = Field(None, description="code of its group")
    names: Words | None = None
    group_names: Words | None = None
    setting: Literal["urban", "rural", "both"] | None = None
    department: Text | None = Field(None, max_length=64, description="who handles it; rules say which department")
    merge_radius_m: float | None = Field(None, ge=0, le=5000, strict=True, description="so near it may be the same")
    limits: dict[str, LimitText] | None = Field(None, max_length=20, description="by area class; any = all others")
    filing: Words | None = Field(None, description="when a case is filed")
    needs_component: bool | None = Field(None, strict=True)
    source: Text | None = Field(None, max_length=500)
    is_active: bool | None = Field(None, strict=True, description="false = it is not reported any more")
    is_public: bool | None = Field(None, strict=True, description="false = its cases are never told over Open311")
    attributes: list[AttributeBody] | None = Field(None, max_length=50, description="asked of who reports")

    def said(self, code: str) -> dict[str, Any]:
        """What was sent, as `catalogue.parse_class` reads it."""
        told: dict[str, Any] = {"code": code}
        for name in self.model_fields_set:
            value = getattr(self, name)
            if value is not None:
                told[name] = value.said() if isinstance(value, Words) else value
        if self.attributes is not None:
            told["attributes"] = [each.said() for each in self.attributes]
        return told


class CalendarBody(Strict):
    """Working time: a week, and days that differ."""

    zone: str = Field("Asia/Shanghai", pattern=r"^[A-Za-z0-9_+/-]{1,64}$", description="IANA time zone")
    week: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], list[Interval]]
    days: dict[Day, Literal["holiday", "work"] | list[Interval]] = Field(
        default_factory=dict, max_length=3660, description="what single days are instead"
    )
    ordinary: list[Interval] = Field(default_factory=list, max_length=12, description="hours of days made up for")
    public_holidays: bool = Field(False, strict=True, description="with those of mainland China, as far as published")


class LimitBody(Strict):
    """How long something may take."""

    limit: LimitText
    calendar: str = Field("default", pattern=CALENDAR_NAME, description="whose hours count")
    source: Text = Field("", max_length=500, description="which rule says so")


class ApplyBody(Strict):
    """Which open cases are measured by the limits of today."""

    class_code: ClassCode = Field(alias="class")


class RulesBody(Strict):
    """Routing rules in their order."""

    rules: list[dict[str, Any]] = Field(max_length=2000, description="id, name, when, then, stops, is_active of each")


class JoiningBody(Strict):
    """How incidents become cases."""

    opens: bool = Field(True, strict=True, description="whether they do")
    effects: list[Literal["shuts", "slows"]] = Field(["shuts"], max_length=2, description="those of incidents that do")
    class_code: ClassCode = Field("E0306", alias="class", description="class of such a case")
    at_end: Literal["check", "note"] = Field("check", description="what an incident's end makes of its case")


class WeatherBody(Strict):
    """Weather that is assumed."""

    condition: Text = Field("", max_length=32)
    temperature_c: float | None = Field(None, ge=-90, le=70, strict=True)


class TryBody(Strict):
    """A case that is there, or one that might be; and rules that might be."""

    case: Row | None = Field(None, description="id of a case; null = the one that is described")
    class_code: ClassCode | None = Field(None, alias="class")
    at: Position | None = None
    source: Source = "inspector"
    component: ComponentId | None = None
    severity: float | None = Field(None, ge=1, le=5, strict=True)
    when: Moment | None = Field(None, description="at which time; null = now")
    weather: WeatherBody | None = Field(None, description="null = as it is told now")
    rules: list[dict[str, Any]] | None = Field(None, max_length=2000, description="null = those that are set")


# --- answers -----------------------------------------------------------------------------------------------------


class OutClass(BaseModel):
    """A class as it counts for the tenant."""

    code: str
    kind: str
    group: str
    names: dict[str, str]
    group_names: dict[str, str]
    setting: str
    department: str
    merge_radius_m: float
    limits: dict[str, str] = Field(description="by area class; any = all others")
    filing: dict[str, str]
    needs_component: bool
    source: str
    is_active: bool
    is_public: bool = Field(description="false = its cases are never told over Open311")
    attributes: list[dict[str, Any]] = Field(description="asked of who reports")
    version: int | None = Field(description="of what the tenant has set itself; null = as shipped")


class OutClasses(BaseModel):
    """Classes as they count for the tenant."""

    classes: list[OutClass]


class OutCalendar(BaseModel):
    """A calendar as it counts for the tenant."""

    name: str
    zone: str
    week: dict[str, list[str]]
    days: dict[str, Any]
    public_holidays: bool
    holidays_known_until: str | None = Field(description="later years count weekdays; null = none are asked for")
    version: int | None = Field(description="null = as shipped")


class OutCalendars(BaseModel):
    """The tenant's calendars."""

    calendars: list[OutCalendar]


class OutDeadline(BaseModel):
    """When a limit runs out."""

    start: str
    limit: str
    deadline: str
    warn_at: str = Field(description="when 80 % of it are used")
    years_without_holidays: list[int] = Field(description="not published yet: weekdays are counted")


class OutLimit(BaseModel):
    """A limit that the tenant has set."""

    name: str
    limit: str
    calendar: str
    source: str
    version: int


class OutLimits(BaseModel):
    """The tenant's limits, and what is shipped."""

    limits: list[OutLimit]
    shipped: dict[str, dict[str, str]]


class OutApplied(BaseModel):
    """What became of open cases."""

    changed: int
    same: int
    extended: int = Field(description="got more time before, and keep it")


class OutRules(BaseModel):
    """The tenant's rules in their order."""

    rules: list[dict[str, Any]]
    version: int | None = Field(description="null = none were ever set")


class OutJoining(BaseModel):
    """How incidents become cases."""

    model_config = ConfigDict(populate_by_name=True)

    opens: bool
    effects: list[str]
    class_code: str = Field(alias="class")
    at_end: str
    version: int | None


class OutDecision(BaseModel):
    """What rules say of a case."""

    department: str | None
    post: str | None
    assignee: str | None
    limit_factor: float | None
    automatic: bool
    decided_by: str = Field(description="id of the rule that named the department; empty = none did")
    fits: list[dict[str, Any]] = Field(
        description="every rule that fits, in order; what each said; whether it was reached"
    )
    unsure: list[dict[str, Any]] = Field(description="rules that turn on what is not known")
    facts: dict[str, Any]


class OutRemoved(BaseModel):
    """What was removed."""

    removed: str
