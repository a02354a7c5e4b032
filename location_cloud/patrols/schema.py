"""Parameters and answers of beats, rosters, the map of unseen cells, next routes, attendance and reports."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field, StrictBool, WithJsonSchema

from location_cloud.directions.schema_asks import Position, Strict
from location_cloud.grids.schema import Day
from location_cloud.http.parameters import BboxParameter, Query
from location_cloud.patrols.model import Moving, Span, State
from location_cloud.spatial.geojson import json_schema_of

CODE = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$"
WORDS = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
DAY_MIN = 1440

Code: TypeAlias = Annotated[str, Field(pattern=CODE, max_length=40)]
Text: TypeAlias = Annotated[str, Field(pattern=WORDS)]
Clock: TypeAlias = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["08:30"])]
Profile: TypeAlias = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]{0,15})?$", max_length=16)]
Ground: TypeAlias = Annotated[
    dict[str, Any], WithJsonSchema(json_schema_of("Polygon", "MultiPolygon", "LineString", "MultiLineString"))
]
Version: TypeAlias = Annotated[int, Field(ge=1, le=2**31 - 1)]


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("a zone is an IANA name such as Asia/Shanghai") from None
    return value


Zone: TypeAlias = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z][\w+/-]*$"), AfterValidator(_zone)]

CITY = "Asia/Shanghai"
"""Where no zone is named: that of the calendars of cases."""


class Nothing(Query):
    """No parameters."""


# --- beats -----------------------------------------------------------------------------------------------------------


class InBeat(Query):
    """One beat."""

    beat: str = Field(pattern=CODE, max_length=40, description="code of the beat")


class InBeatVersion(InBeat):
    """One beat that ends."""

    version: Version | None = Field(None, description="the version it was read at, instead of If-Match")


class InBeats(Query):
    """Beats."""

    bbox: BboxParameter | None = Field(None, description="only beats whose box meets west,south,east,north")
    after: str = Field("", max_length=40, pattern=r"^[A-Za-z0-9_.-]*$", description="only codes above: the next page")
    limit: int = Field(100, ge=1, le=1000, description="beats a page")


class GridName(Strict):
    """A grid of the registry."""

    scheme: Literal["unit", "manage", "evaluate", "village", "service"]
    code: str = Field(max_length=24, pattern=r"^[0-9A-Z-]+$")


class PostBody(Strict):
    """Where shifts are begun and ended."""

    lonlat: Position
    radius_m: float = Field(100.0, ge=10, le=5_000, strict=True, description="of the fence around it")


class BeatBody(Strict):
    """A beat: grids, roads or ground of its own, or all of them."""

    name: Text = Field("", max_length=200)
    grids: list[GridName] = Field(default_factory=list, max_length=500, description="as they are on that day")
    roads: list[Annotated[str, Field(min_length=5, max_length=40)]] = Field(
        default_factory=list, max_length=2_000, description="lasting keys of roads (/v1/roads)"
    )
    geometry: Ground | None = None
    post: PostBody | None = Field(None, description="null = the fence is the beat, 100 m around it")
    profile: Moving = Field("foot", description="how it is patrolled")
    every_days: int = Field(7, ge=1, le=365, strict=True, description="how often each cell is to be seen")
    on: Day | None = Field(None, description="day of which the grids are; null = today")
    note: Text = Field("", max_length=2_000)
    simulated: StrictBool = Field(False, description="not of the real world; every answer says so")


class OutBeat(BaseModel):
    """One beat as GeoJSON."""

    type: Literal["Feature"]
    id: str
    geometry: dict[str, Any]
    properties: dict[str, Any]
    crs: str | None = None


class OutBeats(BaseModel):
    """Beats as GeoJSON."""

    type: Literal["FeatureCollection"]
    features: list[OutBeat]
    next_after: str | None
    crs: str | None = None


class OutGone(BaseModel):
    """What is no more."""

    deleted: str


# --- rosters ---------------------------------------------------------------------------------------------------------


class InRoster(Query):
    """One roster."""

    roster: str = Field(pattern=CODE, max_length=40, description="code of the roster")


class InRosterVersion(InRoster):
    """One roster that goes."""

    version: Version | None = Field(None, description="the version it was read at, instead of If-Match")


class InRosters(Query):
    """Rosters."""

    person: str = Field("", max_length=40, pattern=r"^[A-Za-z0-9_.-]*$", description="only of this person")
    beat: str = Field("", max_length=40, pattern=r"^[A-Za-z0-9_.-]*$", description="only on this beat")
    after: str = Field("", max_length=40, pattern=r"^[A-Za-z0-9_.-]*$", description="only codes above: the next page")
    limit: int = Field(100, ge=1, le=1000, description="rosters a page")


class ShiftBody(Strict):
    """Hours of duty on the clocks of the zone."""

    begin: Clock
    end: Clock = Field(description="not after its begin: on the next day")

    def said(self) -> Span:
        """Minutes after midnight."""
        begin, end = (int(each[:2]) * 60 + int(each[3:]) for each in (self.begin, self.end))
        return begin, end if end > begin else end + DAY_MIN


def _apart(shifts: list[ShiftBody]) -> list[ShiftBody]:
    spans = sorted(shift.said() for shift in shifts)
    if any(after[0] < before[1] for before, after in pairwise(spans)):
        raise ValueError("shifts of one day overlap")
    return shifts


Shifts: TypeAlias = Annotated[list[ShiftBody], Field(max_length=6), AfterValidator(_apart)]


class WeekBody(Strict):
    """The shifts of each day of a week."""

    mon: Shifts = Field(default_factory=list)
    tue: Shifts = Field(default_factory=list)
    wed: Shifts = Field(default_factory=list)
    thu: Shifts = Field(default_factory=list)
    fri: Shifts = Field(default_factory=list)
    sat: Shifts = Field(default_factory=list)
    sun: Shifts = Field(default_factory=list)

    def said(self) -> tuple[tuple[Span, ...], ...]:
        """From Monday."""
        week = (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)
        return tuple(tuple(sorted(shift.said() for shift in day)) for day in week)


class DayBody(Strict):
    """What a single day is instead: a holiday, or a day made up for."""

    day: Day
    shifts: Shifts = Field(description="[] = no work")


class RosterBody(Strict):
    """Who walks which beat when."""

    person: Code = Field(description="a number or short name of yours; no full name is needed")
    beat: Code
    device: str = Field(
        "",
        max_length=64,
        pattern=r"^[^/\x00-\x1f\x7f]*$",
        description="tracker that the person carries; empty = a phone",
    )
    week: WeekBody
    days: list[DayBody] = Field(default_factory=list, max_length=400, description="days that differ from the week")
    zone: Zone = CITY
    late_min: float = Field(5.0, ge=0, le=240, strict=True, description="minutes of grace at the beginning")
    early_min: float = Field(5.0, ge=0, le=240, strict=True, description="minutes of grace at the end")
    valid_from: Day
    valid_to: Day | None = Field(None, description="first day on which it holds no longer; null = until further notice")
    note: Text = Field("", max_length=2_000)


class OutRoster(BaseModel):
    """One roster."""

    id: str
    version: int
    person: str
    beat: str
    device: str
    zone: str
    week: dict[str, list[dict[str, str]]]
    days: list[dict[str, Any]]
    late_min: float
    early_min: float
    valid_from: date
    valid_to: date | None
    note: str


class OutRosters(BaseModel):
    """Rosters by code."""

    rosters: list[OutRoster]
    next_after: str | None


# --- unseen cells ----------------------------------------------------------------------------------------------------


class InUnseen(Query):
    """Which cells nobody has seen for long."""

    days: float = Field(30.0, gt=0, le=3650, description="not seen in so many days")
    beat: str = Field("", max_length=40, pattern=r"^[A-Za-z0-9_.-]*$", description="only of this beat")
    bbox: BboxParameter | None = Field(None, description="only beats whose box meets west,south,east,north")
    form: Literal["geojson", "spans", "codes", "count"] = Field(
        "geojson", description="outlines, runs of columns by row, BeiDou codes of level 6, or numbers alone"
    )


class OutUnseen(BaseModel):
    """What of each beat was not seen; every feature carries the numbers of its beat."""

    type: Literal["FeatureCollection"]
    since: float = Field(description="unix seconds; cells seen later are not told of")
    level: int = Field(description="of the BeiDou cells")
    cells: int = Field(description="of all beats together")
    unseen: int
    features: list[dict[str, Any]]
    crs: str | None = None


# --- next route ------------------------------------------------------------------------------------------------------


class SpotBody(Strict):
    """A place to go to besides cells: an open case, a complaint."""

    lonlat: Position
    gain: float = Field(30.0, gt=0, le=10_000, strict=True, description="worth as many unseen days of a cell")
    name: Text = Field("", max_length=100)


class RouteBody(Strict):
    """What the next round may take."""

    budget_min: float = Field(120.0, gt=0, le=720, strict=True, description="from the start and back to it")
    profile: Profile = Field("", description="how one moves (/v1/profiles); empty = as the beat is patrolled")
    start: Position | None = Field(None, description="null = the post, or a place amid the beat")
    stop_s: float = Field(0.0, ge=0, le=3600, strict=True, description="stay at each place")
    days: float = Field(0.0, ge=0, le=365, strict=True, description="cells seen since then are not worth going to")
    spots: list[SpotBody] = Field(default_factory=list, max_length=100)


class OutRoute(BaseModel):
    """The round. bound: no round in that time gains more; gap_share: how far that is above what this one gains."""

    type: Literal["Feature"]
    geometry: dict[str, Any] | None
    properties: dict[str, Any]
    crs: str | None = None


# --- attendance and reports ------------------------------------------------------------------------------------------


class InDays(Query):
    """Some days."""

    first_day: Day = Field(description="the first day")
    last_day: Day = Field(description="the last day, included")
    zone: Zone = Field(CITY, description="whose days they are, an IANA name")
    form: Literal["json", "csv"] = Field("json", description="csv: a table for spreadsheets")
    person: str = Field("", max_length=40, pattern=r"^[A-Za-z0-9_.-]*$", description="only of this person")
    beat: str = Field("", max_length=40, pattern=r"^[A-Za-z0-9_.-]*$", description="only on this beat")


class InReport(InDays):
    """Sums over some days."""

    by: Literal["shift", "person", "beat", "day", "month"] = Field("person", description="what a row is about")


class OutLine(BaseModel):
    """One shift, planned or worked."""

    person: str
    beat: str
    roster: str
    day: date
    state: State
    planned_begin: float | None = Field(description="unix seconds, as all times; null = no shift was planned")
    planned_end: float | None
    patrol: int | None = Field(description="null = nobody came")
    begun: float | None
    ended: float | None
    late_min: float
    early_min: float
    forgotten: bool = Field(description="nobody ended it: it was ended with its shift")


class OutAttendance(BaseModel):
    """Every shift planned or worked. counts: by state."""

    counts: dict[str, int]
    shifts: list[OutLine]


class OutReport(BaseModel):
    """Sums, by name; *_share: null where there is nothing to divide by."""

    by: str
    rows: list[dict[str, Any]]
