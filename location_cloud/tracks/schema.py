"""Parameters and answers of tracks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel, WithJsonSchema

from location_cloud.http.parameters import BboxParameter, Query
from location_cloud.tracks.model import MOST_FIXES, SOURCES

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Years of times that are asked about."""

PERSONAL = "Positions of devices are personal data."


def _iso(value: Any) -> Any:
    if not isinstance(value, str) or "-" not in value:
        raise ValueError("write times as ISO 8601 with their zone: 2026-11-23T07:30:00+08:00")
    return value.replace(" ", "+")  # an unquoted + in an address


def _zoned(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("write the zone: 2026-11-23T07:30:00+08:00, or Z for UTC")
    if not FIRST_YEAR <= value.year < LAST_YEAR:
        raise ValueError(f"a time lies between {FIRST_YEAR} and {LAST_YEAR}")
    return value


Moment: TypeAlias = Annotated[datetime, BeforeValidator(_iso), AfterValidator(_zoned)]
"""A time as text with its zone."""

Device: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[^/\x00-\x1f\x7f]+$", description="name of the device")
]


# --- taking fixes -------------------------------------------------------------------------------------------------


class InFixes(Query):
    """Of a whole body."""

    source: Literal[SOURCES] | None = Field(None, description="by which way the fixes came; empty = http")  # type: ignore[valid-type]  # one list of them


_NUMBER = {"type": "number"}
_MAYBE_NUMBER = {"type": ["number", "null"]}

_FIX = {
    "type": "object",
    "required": ["device", "time", "lon", "lat"],
    "additionalProperties": False,
    "properties": {
        "device": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[^/]+$"},
        "time": {
            "description": "of the device's clock: ISO 8601 with its zone, or unix seconds",
            "anyOf": [{"type": "string", "format": "date-time"}, _NUMBER],
        },
        "lon": {**_NUMBER, "description": "degrees, in the coordinate system that crs names"},
        "lat": _NUMBER,
        "speed_kmh": {**_MAYBE_NUMBER, "description": "km/h; what cannot be counts as not told"},
        "heading_deg": {**_MAYBE_NUMBER, "description": "degrees clockwise from north"},
        "accuracy_m": {**_MAYBE_NUMBER, "description": "metres; beyond 1,000 the fix is set aside as without signal"},
        "seq": {
            "type": ["integer", "null"],
            "minimum": 0,
            "maximum": 2**63 - 1,
            "description": "tells fixes of the same time apart",
        },
        "simulated": {"type": ["boolean", "null"], "description": "no real device; told wherever the fix is shown"},
        "no_signal": {"type": ["boolean", "null"], "description": "the receiver had no satellites: set aside"},
    },
}


class FixesBody(BaseModel):
    """Fixes of devices; they are known by device, time and seq, so that sending them again does no harm."""

    model_config = ConfigDict(extra="forbid")

    fixes: Annotated[list[Any], WithJsonSchema({"type": "array", "items": _FIX, "maxItems": MOST_FIXES})]


class OutTaken(BaseModel):
    """What became of the fixes; on the disk now. accepted + duplicate + quarantined are all of them."""

    accepted: int
    duplicate: int = Field(description="known before, by device, time and seq")
    quarantined: int = Field(description="not believed: kept apart and not shown")
    reasons: dict[str, int] = Field(
        description="why not, repetitions counted, too: jump (nobody can drive there, for now), zero (0, 0), range, "
        "time, future, no-signal"
    )
    late: int = Field(description="of the accepted, those that are older than five minutes")
    out_of_order: int = Field(description="of the accepted, those older than one that the device had sent before")
    revised: int = Field(description="fixes from before that are judged otherwise now, knowing these")


class InOsmand(Query):
    """One fix as OsmAnd and Traccar Client write it."""

    id: Device
    lat: float = Field(description="degrees")
    lon: float = Field(description="degrees")
    timestamp: str | None = Field(None, max_length=40, description="unix seconds or milliseconds; empty = now")
    speed: float | None = Field(None, description="speed in the unit of speed_unit")
    speed_unit: Literal["mps", "kn", "kmh"] = Field("mps", description="m/s as OsmAnd, knots, or km/h")
    bearing: float | None = Field(None, description="degrees clockwise from north")
    accuracy: float | None = Field(None, description="metres")
    valid: Literal["true", "false", "1", "0"] | None = Field(None, description="whether there was a signal")
    altitude: float | None = Field(None, description="metres; not kept")
    hdop: float | None = Field(None, description="not kept")
    batt: float | None = Field(None, description="percent; not kept")
    charge: str | None = Field(None, max_length=8, description="not kept")


class InOwntracks(Query):
    """Who sends, where the header fields X-Limit-U and X-Limit-D do not say it."""

    u: str = Field("", max_length=31, description="user")
    d: str = Field("", max_length=31, description="device")


_MESSAGE = {"type": "object", "required": ["_type"], "properties": {"_type": {"type": "string"}}}


class OwntracksBody(RootModel[Any]):
    """A message of OwnTracks, or several."""

    root: Annotated[
        Any,
        WithJsonSchema(
            {
                "anyOf": [
                    _MESSAGE,
                    {"type": "array", "items": _MESSAGE},
                ]
            }
        ),
    ]


class OutOwntracks(RootModel[list[Any]]):
    """Commands for the app: none."""


# --- devices and positions ----------------------------------------------------------------------------------------


class InDevices(Query):
    """A page of devices."""

    after: str = Field("", max_length=64, description="only names after this one: the next page")
    limit: int = Field(100, ge=1, le=1000, description="devices a page")


class InDevice(Query):
    """One device."""

    device: Device


class InAside(InDevice):
    """A device's fixes that are not believed."""

    limit: int = Field(100, ge=1, le=1000, description="how many, the newest first")


class InPositions(Query):
    """Whose last positions."""

    repeatable = frozenset({"device"})

    bbox: BboxParameter | None = Field(None, description="only positions within west,south,east,north")
    device: list[Device] = Field(default_factory=list, max_length=1000, description="only these; may be repeated")
    max_age_s: float = Field(0, ge=0, le=1e9, description="only fixes not older than this; 0 = of any age")
    after: int = Field(0, ge=0, le=2**63 - 1, description="next_after of the page before")
    limit: int = Field(1000, ge=1, le=10_000, description="positions a page")


class InHistory(InDevice):
    """A span of a device's time."""

    begin: Moment | None = Field(None, description="from when, with zone; empty = a day before the end")
    end: Moment | None = Field(None, description="until when, with zone, excluded; empty = now")
    limit: int = Field(1000, ge=1, le=10_000, description="fixes a page")


class InTrack(InDevice):
    """A span of a device's time, as a line."""

    begin: Moment | None = Field(None, description="from when, with zone; empty = a day before the end")
    end: Moment | None = Field(None, description="until when, with zone, excluded; empty = now")
    tolerance_m: float = Field(10, ge=0, le=10_000, description="how far the line may be from any fix, metres")
    gap_s: float = Field(600, gt=0, le=1e7, description="a silence longer than this parts the line, seconds")


class InStream(Query):
    """What to follow."""

    bbox: BboxParameter | None = Field(None, description="only positions within west,south,east,north")
    after: int | None = Field(
        None, ge=0, le=2**63 - 1, description="the id of the last event seen; empty = only what comes from now on"
    )


class OutDevice(BaseModel):
    """A device and where it was last."""

    device: str
    first_seen: datetime
    last: dict[str, Any] | None = Field(description="its newest fix that is believed, a GeoJSON Feature; null = none")
    crs: str | None = None


class OutDevices(BaseModel):
    """The caller's devices, by name."""

    devices: list[OutDevice]
    next_after: str | None = Field(description="`after` of the next page; null = this was the last")
    crs: str


class OutFixes(BaseModel):
    """Fixes as a GeoJSON FeatureCollection of points."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]
    next_after: int | None = Field(None, description="`after` of the next page; null = this was the last")
    crs: str


class OutHistory(BaseModel):
    """A device's fixes by its own time, as a GeoJSON FeatureCollection of points."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]
    next_begin: datetime | None = Field(description="`begin` of the next page; null = this was the last")
    crs: str


class OutTrack(BaseModel):
    """A device's way as a GeoJSON LineString or MultiLineString, times beside it."""

    type: Literal["Feature"]
    geometry: dict[str, Any] | None = Field(description="null = fewer than two fixes together")
    properties: dict[str, Any] = Field(description="times: unix seconds of the positions, nested as they are")
    crs: str


class OutAside(BaseModel):
    """A device's fixes that are not believed, newest first."""

    fixes: list[dict[str, Any]]
    crs: str


class OutErased(BaseModel):
    """What was removed."""

    device: str
    fixes: int


class InNothing(Query):
    """No parameters."""
