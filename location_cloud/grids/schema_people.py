"""Parameters and answers of who answers for grids."""

from __future__ import annotations

from datetime import date
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from location_cloud.grids.model_people import MOST_PEOPLE
from location_cloud.grids.schema import CODE, Day, InScheme, OutGrid
from location_cloud.http.parameters import LonLat

Word: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$")]


class InCode(InScheme):
    """One grid."""

    code: str = Field(max_length=24, pattern=CODE, description="code of the grid")


class InPeople(InCode):
    """Who answers for one grid."""

    on: Day | None = Field(None, description="on this day; today if left out")
    history: bool = Field(False, description="all who ever did, with their days, instead of those of one day")
    clear: bool = Field(False, description="phones in clear; needs the scope grids:private and is written down")


class InSetPeople(InCode):
    """Who answers for one grid from a day on."""

    version: int | None = Field(None, ge=0, le=2**31 - 1, description="the version it was read at, instead of If-Match")


class InAnswering(InScheme):
    """Who answers for a point."""

    at: LonLat = Field(description="the point")
    on: Day | None = Field(None, description="on this day; today if left out")


class InReads(InCode):
    """Who read phones in clear."""

    after: int = Field(0, ge=0, le=2**62, description="only reads after this number: the next page")
    limit: int = Field(100, ge=1, le=1000, description="reads a page")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PersonBody(_Body):
    """Somebody who answers for a grid."""

    role: Word = Field(min_length=1, max_length=40, description="网格长, 网格员, 网格指导员 or your own")
    name: Word = Field(min_length=1, max_length=80)
    team: Word = Field("", max_length=80)
    phone: str = Field("", max_length=40, pattern=r"^[0-9+() -]*$", description="encrypted at rest, masked in answers")


class PeopleBody(_Body):
    """All who answer for a grid from a day on; others end on it."""

    valid_from: Day = Field(description="the first day on which they answer")
    people: list[PersonBody] = Field(max_length=MOST_PEOPLE)


class OutPerson(BaseModel):
    """Somebody who answers for a grid. phone: masked unless asked for in clear."""

    role: str
    name: str
    team: str
    phone: str
    valid_from: date
    valid_to: date | None


class OutPeople(BaseModel):
    """Who answers for a grid. version: for If-Match."""

    code: str
    version: int
    people: list[OutPerson]
    is_clear: bool
    crs: str


class OutAnswering(BaseModel):
    """The grid around a point, and who answers for it."""

    grid: OutGrid
    people: list[OutPerson]
    crs: str


class OutRead(BaseModel):
    """Somebody read phones in clear. at: unix seconds."""

    number: int
    at: float
    who: str


class OutReads(BaseModel):
    """Who read phones of a grid in clear, oldest first."""

    reads: list[OutRead]
    next_after: int | None
    crs: str
