"""Parameters and answers of the catalogue."""

from __future__ import annotations

from pydantic import BaseModel, Field

from location_cloud.http.parameters import Query


class InDatasets(Query):
    """No parameters."""


class DataSource(BaseModel):
    """Where data came from."""

    name: str
    licence: str
    attribution: str
    date: str
    url: str


class Dataset(BaseModel):
    """One section of the snapshot."""

    name: str
    counts: dict[str, int]


class OutDatasets(BaseModel):
    """What is in the snapshot."""

    snapshot: str
    name: str = Field(description="what the operator called the import")
    created: str
    bbox: list[float] | None = Field(description="west, south, east, north of the imported data, degrees")
    datasets: list[Dataset]
    sources: list[DataSource]
    attribution: str = Field(description="the line a map made of this must show")
    crs: str
