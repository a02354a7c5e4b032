"""Parameters of Open311 GeoReport v2, and of placing requests that came without a position.

A parameter that is sent empty counts as left out. Source: wiki.open311.org/GeoReport_v2, Definitions.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from location_cloud.cases.model_open311 import MOST_RADIUS_M, MOST_REQUESTS
from location_cloud.cases.schema import Moment, Position, Strict
from location_cloud.http.parameters import BboxParameter, Query


def _statuses(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    parts = sorted(set(value.split(",")))
    if not set(parts) <= {"open", "closed"}:
        raise ValueError("status is open, closed, or both with a comma between them")
    return ",".join(parts)


Codes: TypeAlias = Annotated[str, Field(pattern=r"^[0-9A-Za-z,]{0,8000}$", examples=["E0112"])]
Ids: TypeAlias = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.,-]{0,16000}$", examples=["1"])]
Name: TypeAlias = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f/]{1,64}$")]


class InOpen311(Query):
    """Whose."""

    jurisdiction_id: str = Field("", max_length=200, description="whose; needed where the server has several")

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty(cls, values: Any) -> Any:
        return {name: value for name, value in values.items() if value != ""} if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _check_crs(self) -> InOpen311:
        if self.crs not in ("wgs84", "cgcs2000"):
            raise ValueError("Open311 is WGS-84: leave crs out, or ask /v1/cases")
        return self


class InService(InOpen311):
    """One service."""

    service_code: Name = Field(description="code of the service", examples=["E0112"])


class InToken(InOpen311):
    """One token."""

    token: Name = Field(description="what the report was answered with")


class InPage(InOpen311):
    """A page."""

    page: int = Field(1, ge=1, le=100_000, description="which page; the first is 1 (extension)")
    page_size: int = Field(MOST_REQUESTS, ge=1, le=MOST_REQUESTS, description="entries a page (extension)")


class InUpdates(InPage):
    """What happened to requests."""

    start_date: Moment | None = Field(None, description="only what happened at this time or later")
    end_date: Moment | None = Field(None, description="only what happened up to this time; at most 90 days later")


class InRequest(InOpen311):
    """One request."""

    service_request_id: Name = Field(description="id of the request", examples=["1"])
    extensions: Literal["true", "false"] = Field("false", description="true = also extended_attributes and notes")


class InRequests(InPage):
    """Which requests."""

    service_request_id: Ids = Field("", description="only these, with commas between; nothing else counts then")
    service_code: Codes = Field("", description="only of these services, with commas between")
    start_date: Moment | None = Field(None, description="only reported at this time or later")
    end_date: Moment | None = Field(None, description="only reported up to this time; at most 90 days later")
    status: Annotated[Literal["", "open", "closed", "closed,open", "open,closed"], BeforeValidator(_statuses)] = Field(
        "", description="open, closed; both with a comma between"
    )
    bbox: BboxParameter | None = Field(None, description="only in this box: west,south,east,north (extension)")
    lat: float | None = Field(None, ge=-90, le=90, description="latitude of a centre, with long and radius (extension)")
    long: float | None = Field(None, ge=-180, le=180, description="longitude of a centre (extension)")
    radius: float | None = Field(
        None, gt=0, le=MOST_RADIUS_M, description="only so near to the centre, metres (extension)"
    )
    extensions: Literal["true", "false"] = Field("false", description="true = also extended_attributes and notes")

    @model_validator(mode="after")
    def _check_centre(self) -> InRequests:
        told = [value is not None for value in (self.lat, self.long, self.radius)]
        if any(told) and not all(told):
            raise ValueError("lat, long and radius belong together")
        if any(told) and self.bbox is not None:
            raise ValueError("ask for a bbox, or for lat, long and radius")
        return self


# --- placing -----------------------------------------------------------------------------------------------------


class InWaiting(Query):
    """Requests without a place."""

    after: int = Field(0, ge=0, le=2**31 - 1, description="only ids above this one: the next page")
    limit: int = Field(50, ge=1, le=100, description="requests a page")


class InOneWaiting(Query):
    """A request without a place."""

    token: str = Field(pattern="^[0-9a-f]{32}$", description="its token")


class PlaceBody(Strict):
    """Where a request is."""

    at: Position = Field(description="lon, lat")


class Suggested(BaseModel):
    """What the words of an address mean most likely."""

    lonlat: tuple[float, float]
    accuracy_m: float
    confidence: int = Field(description="0-100")
    is_sure: bool = Field(description="one house alone is meant")


class OutWaiting(BaseModel):
    """A request that came without a position."""

    id: int
    token: str
    reported_at: str
    class_code: str = Field(alias="class")
    address: str
    description: str
    attributes: dict[str, Any]
    media_url: str
    suggested: Suggested | None = Field(description="where its address is most likely; null = nobody knows")


class OutAllWaiting(BaseModel):
    """Requests that came without a position, oldest first."""

    requests: list[OutWaiting]
    next_after: int | None
    crs: str
