"""Bodies and answers of what teams and clues tell."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, Field, WithJsonSchema, model_validator

from location_cloud.searches.model import DETECTIONS
from location_cloud.searches.schema_fields import Moment, Name, Number, PolygonBody, Position, Strict, Walking, Words
from location_cloud.spatial.geojson import json_schema_of

LinesBody: TypeAlias = Annotated[dict[str, Any], WithJsonSchema(json_schema_of("LineString", "MultiLineString"))]
"""A GeoJSON line; its positions are checked by `spatial.geojson`."""


class DeviceTrack(Strict):
    """A stretch of a device's track, of /v1/devices."""

    device: str = Field(min_length=1, max_length=64, pattern=r"^[^/\x00-\x1f\x7f]+$")
    begin: Moment
    end: Moment = Field(description="excluded")


class ResultBody(Strict):
    """What somebody searched without finding the subject."""

    assignment: str | None = Field(None, max_length=32, description="id of a plan's assignment")
    segment: Name | None = Field(None, description="id of a segment, where nothing was assigned")
    track: DeviceTrack | LinesBody | None = Field(
        None, union_mode="left_to_right", description="the way searched: a GeoJSON line, or of a device"
    )
    W_m: Number | None = Field(None, ge=0.1, le=5_000, description="sweep width of the track; null = the assignment's")
    W_unresponsive_m: Number | None = Field(None, ge=0, le=5_000, description="of a subject who does not answer")
    coverage: Number | None = Field(None, ge=0, le=100, description="of the segment, W v t / A")
    pod: Number | None = Field(None, ge=0, le=0.9999, description="probability of detection in the segment")
    pod_unresponsive: Number | None = Field(None, ge=0, le=0.9999, description="of a subject who does not answer")
    responsive: bool = Field(False, strict=True, description="it only finds a subject who answers: calls, whistles")
    detection: DETECTIONS = Field("random", description="how coverage becomes a probability of detection")
    team: Words = Field("", max_length=64)
    note: Words = Field("", max_length=2_000)
    simulated: bool = Field(False, strict=True, description="the track is not of the real world")

    @model_validator(mode="after")
    def _fits(self) -> ResultBody:
        if self.assignment is not None and self.segment is not None:
            raise ValueError("give one of assignment and segment")
        if sum(each is not None for each in (self.track, self.coverage, self.pod)) != 1:
            raise ValueError("give one of track, coverage and pod")
        if self.track is None and self.assignment is None and self.segment is None:
            raise ValueError("say where: an assignment or a segment, or send a track")
        if self.pod_unresponsive is not None and self.track is not None:
            raise ValueError("a track takes W_unresponsive_m, not pod_unresponsive")
        return self


class ClueBody(Strict):
    """Something that makes places likelier, or less likely."""

    location: Position | None = Field(None, description="about this place, with sigma_m")
    sigma_m: Number = Field(500.0, ge=1, le=50_000, description="how far its meaning reaches")
    area: PolygonBody | None = Field(None, description="or inside of this area")
    likelihood_ratio: Number = Field(
        ge=1e-6, le=1e6, description="times likelier the clue is if the subject is there; below 1 it speaks against"
    )
    rest: Number = Field(1.0, ge=1e-6, le=1e6, description="the same of the rest of the world")
    description: Words = Field("", max_length=2_000)

    @model_validator(mode="after")
    def _one(self) -> ClueBody:
        if (self.location is None) == (self.area is None):
            raise ValueError("give one of location and area")
        return self


class MoveBody(Walking):
    """The subject went on walking for a while."""

    duration_s: Number = Field(ge=1, le=14 * 86_400)


class OutSegmentPoa(BaseModel):
    """A segment's chance."""

    id: str
    poa: float


class OutChanged(BaseModel):
    """A search after a change."""

    search: int
    version: int
    pos: float | None = Field(description="chance of success of this search; null = it was no search")
    mean_coverage: float | None
    pos_total: float = Field(description="chance of success of all searches so far")
    row: float = Field(description="chance that the subject is in the rest of the world")
    rest_of_world: float = Field(description="the same as row")
    responsive: float | None = Field(description="chance that the subject answers; null = not told apart")
    segments: list[OutSegmentPoa] = Field(description="chance of each segment now, for the desk; [] = none drawn yet")
