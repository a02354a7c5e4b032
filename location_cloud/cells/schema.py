"""Parameters and answers of the questions about one cell."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from location_cloud.http.parameters import LonLat, Query

System = Literal["beidou", "geosot", "gbsheet", "geohash", "quadkey", "pluscode", "mgrs", "h3"]
LEVEL = "of the system (map sheets: the scale's denominator); left out = its usual one"


class InSystems(Query):
    """All systems."""

    at: LonLat | None = Field(None, description="list the cell of every level at this point, with its size")


class InSystem(Query):
    """Which system."""

    system: System = Field(description="name of the system, as /v1/cells lists them")


class InEncode(InSystem):
    """The cell of a point."""

    at: LonLat = Field(description="the point; a code tells a place in WGS-84 (CGCS2000), whatever crs= says of it")
    level: int | None = Field(None, ge=0, le=1_000_000, description=LEVEL)
    height_m: float | None = Field(
        None, gt=-6_378_137, le=1e9, description="beidou: metres above the ellipsoid, for height_code; experimental"
    )


class InCode(InSystem):
    """One cell."""

    code: str = Field(min_length=1, max_length=40, description="code of the cell")


class InDecode(InCode):
    """The ground of a cell."""

    height: str | None = Field(
        None, min_length=1, max_length=12, description="beidou: a height code, for height_m; experimental"
    )


class InListed(InCode):
    """Cells that have to do with one."""

    format: Literal["codes", "geojson"] = Field("codes", description="geojson: with their shapes")


class InChildren(InListed):
    """Cells below one."""

    level: int | None = Field(None, ge=0, le=1_000_000, description="of the children; left out = the next finer one")


class InReference(Query):
    """A BeiDou code told from a known one nearby, or the other way round."""

    base: str | None = Field(
        None, min_length=11, max_length=20, description="code of level 5 or finer, at most 7 cells away"
    )
    code: str | None = Field(None, min_length=11, max_length=20, description="code to be told from the base")
    reference: str | None = Field(
        None, min_length=14, max_length=60, description="reference code to be resolved, instead of base and code"
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> InReference:
        if (self.reference is None) == (self.base is None) or (self.base is None) != (self.code is None):
            raise ValueError("give base= and code=, or reference= alone")
        return self


class LevelSize(BaseModel):
    """The cell of one level at a place."""

    level: int
    code: str
    width_m: float
    height_m: float
    area_m2: float


class OutSystem(BaseModel):
    """A system of cells."""

    name: System
    title_zh: str
    title: str
    detail: str
    levels: list[int] = Field(description="from coarse to fine")
    usual_level: int
    spans: bool = Field(description="whether cells lie in rows, so that areas can be told as spans")
    installed: bool
    most_in_a_batch: int
    sizes: list[LevelSize] = Field(description="at the point asked about")


class OutSystems(BaseModel):
    """All systems; the first is the default of the others' questions."""

    systems: list[OutSystem]


class CellFacts(BaseModel):
    """One cell beside its shape."""

    system: System
    code: str
    level: int
    lonlat: tuple[float, float] = Field(description="its middle, in the asked coordinate system")
    width_m: float = Field(description="along the parallel through its middle")
    height_m: float
    area_m2: float
    key: str = Field(description="beidou, geosot: the code as a 64-bit number that sorts like the codes of its level")
    index: tuple[int, int] | None = Field(
        description="beidou to level 5: least and greatest `cell` of records that lie in it"
    )


class OutCell(CellFacts):
    """The cell of a point."""

    bbox: tuple[float, float, float, float] = Field(description="west, south, east, north, in the asked system")
    height_code: str | None = Field(None, description="experimental: twelve digits of the height")
    crs: str = "wgs84"


class DecodedFacts(CellFacts):
    """A decoded cell beside its shape."""

    height_m_range: tuple[float, float] | None = Field(None, description="experimental: lowest and highest height")


class OutDecoded(BaseModel):
    """One cell as a GeoJSON feature."""

    type: Literal["Feature"]
    id: str
    bbox: tuple[float, float, float, float]
    geometry: dict[str, Any]
    properties: DecodedFacts
    crs: str = "wgs84"


class OutCodes(BaseModel):
    """Cells that have to do with one."""

    system: System
    code: str
    count: int
    codes: list[str]


class OutReference(BaseModel):
    """A BeiDou code and how it is told from a known one."""

    base: str
    code: str
    reference: str
