"""Parameters and answers of calls."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field

from location_cloud.callers.model import Told
from location_cloud.callers.schema import LocateBody, OutEllipse, OutLocated, OutPhone
from location_cloud.http.parameters import Query

MOST_WORDS = 4000

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Years of times that are believed."""

PERSONAL = "Calls are personal data."


def _iso(value: Any) -> Any:
    if not isinstance(value, (str, datetime)) or (isinstance(value, str) and "-" not in value):
        raise ValueError("write times as ISO 8601 with a zone: 2026-11-23T07:30:00+08:00")
    return value


def _believed(value: datetime) -> datetime:
    if not FIRST_YEAR < value.year < LAST_YEAR:
        raise ValueError(f"a time lies between {FIRST_YEAR} and {LAST_YEAR}")
    return value


Moment: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_iso), AfterValidator(_believed)]
"""A time with its zone."""

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def _printable(value: str) -> str:
    if _UNSEEN.search(value):
        raise ValueError("it has control characters")
    return value


Words: TypeAlias = Annotated[str, AfterValidator(_printable)]


class CallBody(LocateBody):
    """A call for help; with whatever its place can be found from, else by the words."""

    number: str = Field("", max_length=40, pattern=r"^[0-9+*# ()-]*$", description="the caller's; encrypted")
    said: Words = Field("", max_length=MOST_WORDS, description="what the caller said; encrypted")
    received_at: Moment | None = Field(None, description="when it came in; null = now")
    source: str = Field("", pattern=r"^[\w.:-]*$", max_length=64, description="who passed it on: 110, 119, a gateway")
    simulated: bool = Field(False, strict=True, description="not of the real world; every answer says so")

    def told(self) -> Told:
        """The same as the model has it."""
        return Told(self.number, self.said, self.as_said(), self.received_at, self.source, self.simulated)


class InCall(Query):
    """One call."""

    id: int = Field(ge=1, le=2**31 - 1, description="id of the call")


class InOneCall(InCall):
    """One call, masked or in clear."""

    clear: bool = Field(False, description="personal data in clear; needs the scope rescue:private and is written down")


class InReads(InCall):
    """A page of who read a call."""

    after: int = Field(0, ge=0, le=2**31 - 1, description="only entries above this number: the next page")
    limit: int = Field(100, ge=1, le=1000, description="entries a page")


class InCalls(Query):
    """Which calls."""

    since: Moment | None = Field(None, description="only calls that came in at this time or later")
    until: Moment | None = Field(None, description="only calls that came in before this time")
    after: int = Field(0, ge=0, le=2**31 - 1, description="only ids above this one: the next page")
    limit: int = Field(100, ge=1, le=500, description="calls a page")


# --- answers -----------------------------------------------------------------------------------------------------


class OutCallLine(BaseModel):
    """One call of a list, masked."""

    id: int
    received_at: str
    number: str = Field(description="masked: 138****1234")
    said: str = Field(description="long numbers in it are masked")
    position: tuple[float, float] | None = Field(description="[lon, lat]; null = nobody could tell")
    ellipse: OutEllipse | None
    method: str
    words: str = Field(description="the place as a crew is told it")
    warnings: list[str]
    source: str
    simulated: bool


class OutCalls(BaseModel):
    """Calls by id."""

    calls: list[OutCallLine]
    next_after: int | None = Field(description="`after` of the next page; null = this was the last")
    crs: str


class OutCall(BaseModel):
    """One call."""

    id: int
    received_at: str
    number: str
    said: str
    located: OutLocated | None = Field(description="null = nobody could tell; warnings say why")
    phone: OutPhone
    messages: dict[str, str] = Field(description="of the phone as they came; only in clear")
    warnings: list[str]
    source: str
    simulated: bool
    same_number: list[int] = Field(description="ids of other calls from this number within a day")
    is_clear: bool = Field(description="whether personal data are in clear")
    crs: str


class OutRead(BaseModel):
    """Somebody read a call in clear."""

    number: int
    at: str
    who: str = Field(description="id of the key; local = a caller on this machine")


class OutReads(BaseModel):
    """Who read a call in clear, oldest first."""

    reads: list[OutRead]
    next_after: int | None = Field(description="`after` of the next page; null = this was the last")


class OutTaken(BaseModel):
    """A phone's message was taken."""

    id: int
