"""Parameters and answers of indicators of grids, of their maps and of sums over areas."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StringConstraints

from location_cloud.grids.model import MOST_AT_ONCE
from location_cloud.grids.model_indicators import MOST_CLASSES, NAME, PERIOD, Method, Total
from location_cloud.grids.schema import CODE, Day, InScheme

Number: TypeAlias = StrictInt | StrictFloat
Name: TypeAlias = Annotated[str, StringConstraints(pattern=NAME, max_length=40)]
Period: TypeAlias = Annotated[str, StringConstraints(pattern=PERIOD, max_length=10)]
Code: TypeAlias = Annotated[str, StringConstraints(pattern=CODE, max_length=24)]
Word: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$")]

MOST_VALUE = 1e15
"""Beyond it sums of grids lose whole units."""


class InCode(InScheme):
    """One grid."""

    code: str = Field(max_length=24, pattern=CODE, description="code of the grid")


class InValues(InCode):
    """Indicators of one grid."""

    indicator: str = Field("", max_length=40, pattern=r"^[a-z0-9_]*$", description="only this one")
    after: str = Field(
        "", max_length=60, pattern=r"^[a-zA-Z0-9_:-]*$", description="`next_after` of the page before: indicator:period"
    )
    limit: int = Field(1000, ge=1, le=10_000, description="values a page")


class InChoropleth(InScheme):
    """A map of an indicator."""

    indicator: str = Field(
        max_length=40, pattern=NAME, description="one that was told, or area_m2, households, households_per_km2"
    )
    period: str = Field("", max_length=10, pattern=f"^$|{PERIOD}", description="the one that ends last if left out")
    method: Method = Field(
        "quantile", description="as many grids in each class, natural breaks, or classes of the same width"
    )
    classes: int = Field(5, ge=1, le=MOST_CLASSES, description="how many, at most")
    area: str = Field("", max_length=16, pattern=r"^[0-9]*$", description="only grids in this area, by its code")
    on: Day | None = Field(
        None, description="grids that hold on this day; the last of the period if left out, or today"
    )
    geometry: bool = Field(True, description="false: values and legend alone, to colour the tile set grids")


class InSummary(InScheme):
    """Grids added up by area."""

    by: Literal["city", "county", "town", "village"] = Field("town", description="level of the areas")
    on: Day | None = Field(None, description="grids that hold on this day; today if left out")
    area: str = Field("", max_length=16, pattern=r"^[0-9]*$", description="only grids in this area, by its code")
    indicator: str = Field("", max_length=40, pattern=f"^$|{NAME}", description="add this one up, too")
    period: str = Field("", max_length=10, pattern=f"^$|{PERIOD}", description="of the indicator; its last if left out")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class ValueBody(_Body):
    """An indicator of a grid in a period."""

    indicator: Name
    period: Period = Field(description="2026, 2026-Q4, 2026-11, 2026-W47 or 2026-11-24")
    value: Annotated[Number, Field(ge=-MOST_VALUE, le=MOST_VALUE)] | None = Field(description="null removes it")
    unit: Word = Field("", max_length=20, description="the same for all values of an indicator")
    total: Total = Field("sum", description="how grids of an area add up")
    source: Word = Field("", max_length=80, description="where the number comes from")


class ValuesBody(_Body):
    """Indicators of one grid."""

    values: list[ValueBody] = Field(min_length=1, max_length=1000)


class ManyBody(_Body):
    """One indicator of many grids in a period."""

    indicator: Name
    period: Period = Field(description="2026, 2026-Q4, 2026-11, 2026-W47 or 2026-11-24")
    unit: Word = Field("", max_length=20, description="the same for all values of an indicator")
    total: Total = Field("sum", description="how grids of an area add up")
    source: Word = Field("", max_length=80, description="where the numbers come from")
    values: dict[Code, Annotated[Number, Field(ge=-MOST_VALUE, le=MOST_VALUE)] | None] = Field(
        min_length=1, max_length=MOST_AT_ONCE, description="by code of the grid; null removes the value"
    )


class OutValue(BaseModel):
    """An indicator of a grid in a period. at: unix seconds when it was told. who: by which key."""

    indicator: str
    period: str
    value: float
    unit: str
    total: Total
    source: str
    at: float
    who: str


class OutValues(BaseModel):
    """Indicators of a grid."""

    code: str
    values: list[OutValue]
    next_after: str | None
    crs: str


class OutPut(BaseModel):
    """How many values were put and removed."""

    put: int
    removed: int
    crs: str


class OutPeriod(BaseModel):
    """An indicator in a period over all grids that have it. at: unix seconds of the last value that was told."""

    indicator: str
    period: str
    unit: str
    total: Total
    grids: int
    low: float
    high: float
    mean: float
    at: float


class OutPeriods(BaseModel):
    """Which indicators there are, for which periods."""

    indicators: list[OutPeriod]
    crs: str


class OutClass(BaseModel):
    """A class: from its least to its greatest value, both in it."""

    number: int
    low: float
    high: float
    colour: str
    grids: int


class OutChoropleth(BaseModel):
    """Grids coloured by an indicator, as GeoJSON. Grids without a value have no class and the colour `no_value`."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]
    indicator: str
    unit: str
    total: Total
    period: str
    on: date
    method: Method
    legend: list[OutClass]
    no_value: str
    without_value: int
    crs: str


class OutRow(BaseModel):
    """The grids of an area; code empty: those in no area of the level. value: of the indicator, null without.

    with_households, with_people, with_value: grids of which that is known.
    """

    code: str
    name: str
    grids: int
    area_m2: float
    households: int
    with_households: int
    people: int
    with_people: int
    value: float | None
    with_value: int


class OutSummary(BaseModel):
    """Grids added up by area."""

    by: str
    on: date
    indicator: str
    unit: str
    period: str
    rows: list[OutRow]
    crs: str
