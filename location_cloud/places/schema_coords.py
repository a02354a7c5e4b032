"""Parameters and answers of the coordinate converter."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from location_cloud.http.parameters import LonLat, Query
from location_cloud.spatial.crs import Crs

MAX_TEXTS = 10_000
MAX_TEXT_CHARS = 1_000


class CoordsQuery(Query):
    """A position: as text in any spelling, or as numbers."""

    text: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_TEXT_CHARS,
        description="a position in any spelling: 46.58758,125.10307 or 东经125度6分11秒北纬46度35分15秒 or "
        "51TXM6111161483 or H4Q3+26 大庆 or the link of a map",
    )
    at: LonLat | None = Field(None, description="the position as numbers, instead of a text")
    near: LonLat | None = Field(
        None, description="completes short codes, and decides between lat,lon and lon,lat where both are possible"
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> CoordsQuery:
        if (self.text is None) == (self.at is None):
            raise ValueError("give either text= or at=")
        return self


class BatchQuery(Query):
    """Where the texts are likely to be."""

    near: LonLat | None = Field(None, description="as for one text")


class CoordsBatch(BaseModel):
    """Many texts at once."""

    model_config = ConfigDict(extra="forbid")

    texts: list[str] = Field(min_length=1, max_length=MAX_TEXTS, description="positions in any spelling")


class Plane(BaseModel):
    """Plane coordinates, metres."""

    zone: str
    east_m: float
    north_m: float
    text: str


class SpellingsOut(BaseModel):
    """The position in every spelling; degrees without a datum in their name are WGS-84; empty = it does not reach."""

    decimal: str = Field(description="lon,lat")
    lat_lon: str = Field(description="lat,lon")
    dms: str
    dms_zh: str
    ddm: str
    iso6709: str
    geo_uri: str
    utm: Plane | None
    mgrs: str
    plus_code: str
    plus_code_11: str
    beidou: str = Field(description="GB/T 39409-2020, level 10")
    beidou_7: str
    beidou_8: str
    geohash: str
    quadkey: str
    gcj02: tuple[float, float]
    bd09: tuple[float, float]
    cgcs2000: tuple[float, float]
    gauss_kruger: Plane | None = Field(description="CGCS2000, 3-degree strip, its number in front of the metres east")
    gauss_kruger_6: Plane | None
    maidenhead: str
    gars: str


class Read(BaseModel):
    """What the question was read as."""

    form: str = Field(description="decimal, mgrs, plus code, map link, ...")
    crs: Crs = Field(description="the datum it was read in; codes of cells are WGS-84 always")
    name: str = Field(description="lon,lat as written, or the code in full")
    accuracy_m: float = Field(description="radius that holds every position that would be written so")
    confidence: int = Field(ge=0, le=100, description="how sure it is that this was meant")
    decided_by: Literal["text", "area", "near", "place", "custom"] = Field(
        description="what told the order of two numbers or completed a code; custom = nothing, see alternatives"
    )
    place: str = Field(description="the place whose name completed a short code")
    moved_m: float = Field(description="how far the numbers of another datum were moved to become WGS-84")


class Alternative(BaseModel):
    """Another reading."""

    lonlat: tuple[float, float]


class CoordsAnswer(BaseModel):
    """A position, what it was read as, and every spelling of it."""

    lonlat: tuple[float, float] = Field(description="in the asked coordinate system")
    read: Read
    bbox: tuple[float, float, float, float] | None = Field(description="the cell of a code, in the asked system")
    alternatives: list[Alternative]
    spellings: SpellingsOut
    crs: str = "wgs84"


class BatchLine(BaseModel):
    """One text of many: a position, or why there is none."""

    text: str
    lonlat: tuple[float, float] | None
    read: Read | None
    error: str


class CoordsBatchAnswer(BaseModel):
    """The positions of all texts, in their order."""

    positions: list[BatchLine]
    understood: int
    crs: str = "wgs84"
