"""The body that the hotline 12345 sends."""

from __future__ import annotations

from pydantic import Field

from location_cloud.cases.model import MOST_DESCRIPTION
from location_cloud.cases.schema import ClassCode, Moment, Position, ReporterBody, SourceId, Strict, Text


class HotlineBody(Strict):
    """An order of the hotline."""

    order: SourceId = Field(min_length=1, description="the hotline's number of it: sent again, it is added once")
    class_code: ClassCode = Field(alias="class", description="of the catalogue: GET /v1/classes")
    at: Position = Field(description="lon, lat")
    band: str = Field(
        "ordinary",
        pattern=r"^[\w-]{1,32}$",
        description="within which time it is to be answered: GET /v1/limits, hotline",
    )
    description: Text = Field("", max_length=MOST_DESCRIPTION)
    address: Text = Field("", max_length=300)
    received_at: Moment | None = Field(None, description="when the call came, from which its time runs; null = now")
    caller: ReporterBody | None = Field(None, description="who called: encrypted at rest, and in no answer")
    simulated: bool = Field(False, strict=True, description="not of the real world; every answer says so")
