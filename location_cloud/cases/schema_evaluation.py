"""Parameters and answers of evaluations."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field

from location_cloud.cases.schema import Person
from location_cloud.http.parameters import Query

SchemeName: TypeAlias = Literal["grid", "village", "area", "department", "team", "post", "person", "class"]
Percent: TypeAlias = dict[str, float | None]


def _day(value: object) -> object:
    if value is not None and (not isinstance(value, str) or len(value) != 10):
        raise ValueError("write days as 2026-11-01")
    return value


Day: TypeAlias = Annotated[date, BeforeValidator(_day)]


class Nothing(Query):
    """No parameters."""


class InPeriod(Query):
    """Of which time, by what."""

    scheme: SchemeName = Field(
        description="grid, village, area, department, team (posts in a department), post (roles), person, class",
        examples=["area"],
    )
    period: str | None = Field(
        None,
        pattern=r"^20[0-9]{2}(-(0[1-9]|1[0-2]|Q[1-4]))?$",
        description="month 2026-11, quarter 2026-Q4 or year 2026; without it and from, to: this month",
        examples=["2026-11"],
    )
    from_day: Day | None = Field(None, alias="from", description="first of any days instead", examples=["2026-11-01"])
    to_day: Day | None = Field(None, alias="to", description="last of them, included", examples=["2026-11-15"])
    level: Literal["district", "town", "village", ""] = Field("", description="of scheme area; empty = district")
    within: str = Field(
        "", pattern=r"^[0-9A-Za-z]{0,24}$", description="of grid, village, area: those whose code begins so"
    )


class InRanking(InPeriod):
    """A ranking."""

    by: str = Field(
        "score", pattern=r"^[a-z_]{1,32}$", description="score, or the index that ranks", examples=["score"]
    )
    least: int = Field(5, ge=1, le=100_000, description="cases below which no rank is told")
    compare: bool = Field(False, description="with the values of the period before")
    after: int = Field(0, ge=0, le=1_000_000, description="how many were told before: next_after")
    limit: int = Field(100, ge=1, le=1000, description="how many are told at most")
    format: Literal["json", "csv", "xlsx", "pdf"] = Field("json", description="files hold all of it, not a page")
    lang: Literal["zh-CN", "en", ""] = Field("", description="of a file; empty = Accept-Language")


class InTrend(InPeriod):
    """One of them over time."""

    of: Person = Field(description="its key in the ranking", examples=["230602"])
    sub: str = Field("", pattern=r"^[^\x00-\x1f\x7f]{0,64}$", description="its sub-key, of team and person")
    periods: int = Field(12, ge=1, le=60, description="how many, the asked one last")


class InBehind(InPeriod):
    """The cases behind a number."""

    of: str = Field("", pattern=r"^[^\x00-\x1f\x7f]{0,64}$", description="its key in the ranking; empty = all of them")
    sub: str = Field("", pattern=r"^[^\x00-\x1f\x7f]{0,64}$", description="its sub-key, of team and person")
    index: str = Field(pattern=r"^[a-z_]{1,32}$", description="the index", examples=["timely_closing"])
    which: Literal["over", "under", "rest"] = Field(
        "rest", description="over = they count above the line, under = below it, rest = below it and not above"
    )
    after: int = Field(0, ge=0, le=2**31 - 1, description="id of the last case that was told")
    limit: int = Field(100, ge=1, le=1000, description="how many are told at most")


class OutPeriod(BaseModel):
    """Days, the first and the last included."""

    name: str
    first_day: date = Field(alias="from")
    last_day: date = Field(alias="to")
    zone: str


class OutRow(BaseModel):
    """How one of them does."""

    key: str
    sub: str
    name: str
    rank: int | None = Field(
        description="null = too few cases, or nothing to be told of; the same value, the same rank"
    )
    score: float | None = Field(description="0 to 100; null where one of its indices has nothing to be told of")
    cases: int = Field(description="of how many cases what it is ranked by is")
    few: bool = Field(description="fewer than least")
    values: Percent = Field(description="index -> share from 0 to 1, or number; null = nothing was to do")
    change: Percent | None = Field(description="index -> value less that of the period before")
    counts: dict[str, int] = Field(description="what the indices are made of")


class OutRanking(BaseModel):
    """A page of a ranking."""

    scheme: SchemeName
    level: str
    period: OutPeriod
    before: OutPeriod | None
    by: str
    least: int
    groups: int
    ranked: int
    total: OutRow
    rows: list[OutRow]
    next_after: int | None


class OutPoint(BaseModel):
    """One period."""

    period: OutPeriod
    score: float | None
    values: Percent
    counts: dict[str, int]


class OutTrend(BaseModel):
    """One of them over time, the oldest first."""

    scheme: SchemeName
    key: str
    sub: str
    points: list[OutPoint]


class OutBehind(BaseModel):
    """Ids of cases, rising."""

    period: OutPeriod
    index: str
    which: str
    cases: list[int]
    next_after: int | None


class OutIndex(BaseModel):
    """An index: what is summed over what."""

    name: str
    zh: str
    en: str
    over: dict[str, int]
    under: dict[str, int]
    relative: bool = Field(description="divided by the largest of those that are compared")
    better: Literal["high", "low"]


class OutScore(BaseModel):
    """Several indices as one number."""

    name: str
    zh: str
    en: str
    weights: dict[str, float] = Field(description="percent")
    source: str


class OutIndices(BaseModel):
    """Everything that evaluations are made of."""

    indices: list[OutIndex]
    scores: list[OutScore]
    counters: list[str]
