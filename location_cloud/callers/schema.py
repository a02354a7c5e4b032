"""Parameters and answers of locating a caller."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from location_cloud.callers.model import MOST_ARRIVALS, MOST_STRENGTHS, Arrival, Rat, Said, Sector, Strength
from location_cloud.http.parameters import Query

MOST_TEXT = 1000
"""Characters of a message or of what was said."""

Lon: TypeAlias = Annotated[float, Field(ge=-180, le=180, strict=True)]
Lat: TypeAlias = Annotated[float, Field(ge=-90, le=90, strict=True)]
Point: TypeAlias = tuple[Lon, Lat]
"""[lon, lat] in degrees, in the coordinate system that crs names."""

Number: TypeAlias = Annotated[float, Field(strict=True)]

Geometry: TypeAlias = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {"type": {"enum": ["Polygon", "MultiPolygon"]}, "coordinates": {"type": "array"}},
        }
    ),
]


class Strict(BaseModel):
    """Base of bodies: nothing unknown, no NaN."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Nothing(Query):
    """No parameters."""


class InLocate(Query):
    """Of an answer with an address."""

    language: Literal["zh-CN", "en"] | None = Field(None, description="of the address; empty = as Accept-Language says")


class ArrivalBody(Strict):
    """When a tower heard the phone."""

    site: Point = Field(description="the tower, [lon, lat]")
    time_ns: Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)] | Number = Field(
        description="nanoseconds on the towers' common clock; whole numbers are kept exactly"
    )
    sigma_ns: Number = Field(ge=0.1, le=1e6, description="standard deviation, nanoseconds; 100 ns are 30 m")


class SectorBody(Strict):
    """The cell that serves the phone."""

    site: Point = Field(description="the antenna, [lon, lat]")
    azimuth: Number | None = Field(None, ge=-360, le=360, description="direction of the beam, degrees from north")
    beam: Number = Field(360.0, ge=1, le=360, description="width of the beam at half power, degrees; 360 = all around")
    ta: int | None = Field(
        None, ge=0, le=100_000, strict=True, description="timing advance, steps as the network counts; null = not told"
    )
    rat: Rat = Field(description="gsm: a step is 553.46 m; lte: 78.07 m; nr: 78.07 m / 2**mu")
    mu: int | None = Field(None, ge=0, le=4, strict=True, description="numerology of NR: 15 kHz * 2**mu")
    range_m: Number | None = Field(None, ge=10, le=200_000, description="how far the cell reaches where ta is not told")

    @model_validator(mode="after")
    def _points(self) -> SectorBody:
        if self.azimuth is None and self.beam < 360:
            raise ValueError(f"a beam of {self.beam:g} degrees has an azimuth")
        return self

    def as_sector(self) -> Sector:
        """The same as the model has it."""
        return Sector(**{**dict(self), "azimuth": self.azimuth or 0.0})


class StrengthBody(Strict):
    """How strong the phone hears a transmitter."""

    site: Point = Field(description="the transmitter, [lon, lat]")
    rssi_dbm: Number = Field(ge=-200, le=50, description="as the phone hears it")
    reference_dbm: Number = Field(ge=-200, le=100, description="as it would be heard reference_m away")
    reference_m: Number = Field(1.0, ge=0.1, le=10_000, description="metres")
    exponent: Number = Field(3.5, ge=1.5, le=6, description="of the loss with distance: 2 free space, 3.5 a town")
    sigma_db: Number = Field(8.0, ge=0.5, le=20, description="standard deviation of shadowing: 8 in a town")


class LocateBody(Strict):
    """What is said of a caller's place; several kinds together are joined."""

    aml: str | None = Field(None, max_length=MOST_TEXT, description="text of an AML message, version 1 or 2")
    aml_sms_hex: str | None = Field(None, max_length=MOST_TEXT, description="AML as a data SMS: packed, hexadecimal")
    aml_form: str | None = Field(None, max_length=8000, description="AML over HTTPS: the body that the phone posted")
    tdoa: list[ArrivalBody] = Field(
        default_factory=list, max_length=MOST_ARRIVALS, description="times of arrival at 3 towers or more"
    )
    sector: SectorBody | None = Field(None, description="the serving cell")
    rssi: list[StrengthBody] = Field(default_factory=list, max_length=MOST_STRENGTHS, description="signal strengths")
    point: Point | None = Field(None, description="a fix, [lon, lat]")
    accuracy_m: Number | None = Field(None, gt=0, le=1e6, description="of point: it is within, in so many cases")
    confidence_percent: Number = Field(68.0, ge=1, le=99.9, description="of accuracy_m: in so many cases of 100")
    sms: str | None = Field(None, max_length=MOST_TEXT, description="words of an SMS to 12110")

    @model_validator(mode="after")
    def _fits(self) -> LocateBody:
        if (self.point is None) != (self.accuracy_m is None):
            raise ValueError("point and accuracy_m belong together")
        return self

    def as_said(self) -> Said:
        """The same as the model has it."""
        return Said(
            aml=self.aml,
            aml_sms_hex=self.aml_sms_hex,
            aml_form=self.aml_form,
            tdoa=tuple(Arrival(**dict(each)) for each in self.tdoa),
            sector=None if self.sector is None else self.sector.as_sector(),
            rssi=tuple(Strength(**dict(each)) for each in self.rssi),
            point=self.point,
            accuracy_m=self.accuracy_m,
            confidence_percent=self.confidence_percent,
            sms=self.sms,
        )


# --- answers -----------------------------------------------------------------------------------------------------


class OutEllipse(BaseModel):
    """Around the position."""

    semi_major_m: float
    semi_minor_m: float
    azimuth_deg: float = Field(description="of the longer half axis, from north, 0 to 180")
    level: float = Field(description="share of cases in which it holds the caller; below 0.95 where places compete")


class OutExcluded(BaseModel):
    """What was left out."""

    name: str = Field(description="as the question has it: tdoa[2], sector, ...")
    why: str


class OutHeight(BaseModel):
    """How high the phone is."""

    altitude_m: float | None
    accuracy_m: float | None
    floor: str = Field(description="as the lift's button says it, empty = not told")


class OutPhone(BaseModel):
    """What messages tell of the phone; masked unless read in clear."""

    number: str
    imsi: str
    imei: str
    iccid: str
    model: str
    language: str
    network: str = Field(description="country and network code of the serving network")
    home_network: str
    emergency_number: str = Field(description="which was dialled")


class OutLocated(BaseModel):
    """Where the caller is."""

    position: tuple[float, float] = Field(description="[lon, lat]")
    ellipse: OutEllipse
    area: Geometry = Field(description="the ground that holds the caller in 95 % of cases")
    method: str = Field(description="what it was found from, the sharpest first, joined by +")
    excluded: list[OutExcluded]
    warnings: list[str]
    address: dict[str, Any] | None = Field(description="what a crew is told, as /v1/reverse?profile=dispatch has it")
    height: OutHeight | None
    positioned_at: str | None = Field(description="when the phone was there, if it told")
    sms: dict[str, str] | None = Field(description="how the words of the SMS were read: template and its parts")


class OutLocatedPhone(OutLocated):
    """Where the caller is, and the phone."""

    phone: OutPhone
    crs: str
