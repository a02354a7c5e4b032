"""Parameters, bodies and answers of components."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from location_cloud.cases.schema import ComponentId, Position, Strict, Text
from location_cloud.http.parameters import BboxParameter, Query

CountyText = Annotated[str, Field(pattern=r"^([0-9]{6})?$", examples=["230602"])]
ClassText = Annotated[str, Field(pattern=r"^[0-9]{4}$", examples=["0118"])]


class InComponent(Query):
    """One component."""

    id: ComponentId = Field(description="16 digits: county 6, class 4, serial 6")


class InComponentVersion(InComponent):
    """One component at a version."""

    version: int | None = Field(
        None, ge=1, le=2**31 - 1, description="the version that the change was made from, instead of If-Match"
    )


class InComponents(Query):
    """Which components."""

    repeatable = frozenset({"class"})

    bbox: BboxParameter | None = Field(None, description="only in this box: west,south,east,north")
    class_code: list[ClassText] = Field(
        default_factory=list, alias="class", description="only of these classes; may stand several times"
    )
    state: Text = Field("", max_length=32, description="only in this state")
    owner: Text = Field("", max_length=64, description="only of this owner")
    grid: str = Field("", pattern=r"^[0-9A-Za-z]{0,24}$", description="only in this unit grid")
    after: str = Field("", pattern=r"^([0-9]{16})?$", description="only ids above this one: the next page")
    limit: int = Field(100, ge=1, le=1000, description="components a page")


class InNew(Query):
    """Where a component is, for its id."""

    county: CountyText = Field("", description="six digits of its id, where no area or grid tells them")


class ComponentPatch(Strict):
    """What changes; fields left out stay as they are."""

    name: Text = Field("", max_length=200)
    owner: Text = Field("", max_length=64)
    maintainer: Text = Field("", max_length=64)
    supervisor: Text = Field("", max_length=64)
    state: Text = Field("intact", min_length=1, max_length=32, description="intact, damaged, missing, removed or other")
    source: Text = Field("", max_length=200)
    note: Text = Field("", max_length=2000)
    at: Position | None = Field(None, description="lon, lat")
    geometry: dict[str, Any] | None = Field(None, description="GeoJSON of what is no point, instead of at")

    def said(self) -> dict[str, Any]:
        """The fields that were sent, but the place."""
        return {name: getattr(self, name) for name in self.model_fields_set if name not in ("at", "geometry")}

    def place(self) -> dict[str, Any] | None:
        """The place that was sent, as GeoJSON."""
        if self.geometry is not None:
            return self.geometry
        return None if self.at is None else {"type": "Point", "coordinates": list(self.at)}


class ComponentBody(ComponentPatch):
    """A new component."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True, populate_by_name=True)

    id: ComponentId | None = Field(None, description="16 digits; null = the next serial of its county and class")
    class_code: ClassText = Field(alias="class", description="of the catalogue: GET /v1/classes?kind=component")
    simulated: bool = Field(False, strict=True, description="not of the real world; every answer says so")


class OutComponent(BaseModel):
    """A component."""

    model_config = ConfigDict(populate_by_name=True)

    id: str = Field(description="county 6, class 4, serial 6 digits; never given to another one")
    version: int
    class_code: str = Field(alias="class")
    name: str
    owner: str
    maintainer: str
    supervisor: str
    state: str
    grid: str
    area: str
    beidou: str
    lonlat: list[float]
    geometry: dict[str, Any]
    first_seen: str
    changed_at: str
    source: str
    note: str
    simulated: bool
    crs: str | None = None


class OutComponents(BaseModel):
    """Components by rising id."""

    components: list[OutComponent]
    next_after: str | None
    crs: str


class OutAdded(BaseModel):
    """What became of the components of a file."""

    added: int
    changed: int
    same: int
    ids: list[str] = Field(description="of the new ones, in the order of the file")
