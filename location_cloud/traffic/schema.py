"""Parameters and answers of traffic."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator

from location_cloud.http.parameters import BboxParameter, LonLat, Query

FIRST_YEAR, LAST_YEAR = 1970, 2199
MOST_EDGES, MOST_KEYS, MOST_STRETCHES = 5_000, 500, 500

SourceName = Literal["live", "filled", "typical", "none"]
ClassName: TypeAlias = Literal[
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link",
    "tertiary", "tertiary_link", "unclassified", "residential", "living_street", "service", "road",
]  # fmt: skip


def _moment(value: Any) -> Any:
    if value is not None and not isinstance(value, datetime) and not (isinstance(value, str) and "-" in value):
        raise ValueError("write times as ISO 8601: 2026-11-23T07:30:00+08:00")
    return value


def _in_calendar(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"a time must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


Moment: TypeAlias = Annotated[datetime, AfterValidator(_in_calendar), BeforeValidator(_moment)]


def _words(value: Any) -> Any:
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


def _listed(names: tuple[str, ...]) -> Any:
    one = f"({'|'.join(names)})"
    return WithJsonSchema({"type": "string", "pattern": f"^({one}(,{one})*)?$"})


Sources: TypeAlias = Annotated[
    list[SourceName],
    BeforeValidator(_words),
    _listed(SourceName.__args__),
]


def _measured() -> list[SourceName]:
    return ["live", "filled"]


Classes: TypeAlias = Annotated[
    list[ClassName],
    BeforeValidator(_words),
    _listed(ClassName.__args__),
]

_KEY = r"-?[0-9]{1,13}:[0-9]{1,7}:[fb]"

Keys: TypeAlias = Annotated[
    list[Annotated[str, Field(pattern=f"^{_KEY}$")]],
    BeforeValidator(_words),
    Field(max_length=MOST_KEYS),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^({_KEY}(,{_KEY}){{0,{MOST_KEYS - 1}}})?$",
        }
    ),
]


class Nothing(Query):
    """No parameters."""


class InEdges(Query):
    """Which edges, in which form."""

    bbox: BboxParameter = Field(description="west,south,east,north; at most 4 square degrees")
    format: Literal["geojson", "columns"] = Field(
        "geojson", description="columns: one list for each property, no lines"
    )
    min_level: int = Field(0, ge=0, le=5, description="only from this level on: 2 = slow; 5 = closed")
    source: Sources = Field(
        default_factory=list, description="only speeds from these: live,filled,typical; empty = all that are known"
    )
    class_: Classes = Field(
        default_factory=list, alias="class", description="only roads of these classes, with commas; empty = all"
    )
    after: str = Field("", max_length=40, description="only keys after this one: the next page")
    limit: int = Field(1000, ge=1, le=MOST_EDGES, description="edges a page")


class InStatus(Query):
    """Where: a box, a circle, or a road (within a box, if given)."""

    bbox: BboxParameter | None = Field(None, description="west,south,east,north; at most 4 square degrees")
    center: LonLat | None = Field(None, description="middle of a circle, lon,lat")
    radius_m: float = Field(1000.0, gt=0, le=5000, description="of the circle")
    road: str = Field("", max_length=100, description="name or number of a road")
    min_level: int = Field(1, ge=0, le=5, description="list only stretches from this level on")
    limit: int = Field(50, ge=0, le=MOST_STRETCHES, description="stretches listed, the worst first")

    @model_validator(mode="after")
    def _somewhere(self) -> InStatus:
        if not (self.bbox or self.center or self.road.strip()):
            raise ValueError("give bbox, center or road")
        if self.center is not None and (self.bbox is not None or self.road.strip()):
            raise ValueError("give center alone, or bbox, or road (with a bbox or without)")
        return self


class InIndex(Query):
    """Of what; nothing = the whole city."""

    area: str = Field("", max_length=64, description="code of a city, district or town (/v1/areas)")
    cell: str = Field("", max_length=64, description="code of a grid cell")
    system: Literal["beidou", "geohash", "quadkey", "pluscode"] = Field("beidou", description="of the cell's code")
    road: str = Field("", max_length=100, description="name or number of a road: a corridor")
    edges: Keys = Field(
        default_factory=list, description=f"keys of edges in driving order, commas between them; at most {MOST_KEYS}"
    )
    since: Moment | None = Field(
        None,
        description="history from here on (ISO 8601); without zone: the city's; at most 400 days, 31 of cells, roads "
        "and edges, whose index is made from past speeds",
    )
    until: Moment | None = Field(None, description="history up to here, excluded; empty = now")


class InHistory(Query):
    """Along which edges, or between which places."""

    edges: Keys = Field(
        default_factory=list, description=f"keys of edges in driving order, commas between them; at most {MOST_KEYS}"
    )
    from_: LonLat | None = Field(None, alias="from", description="where the way begins, lon,lat")
    to: LonLat | None = Field(None, description="where the way ends, lon,lat")
    since: Moment | None = Field(None, description="from here on (ISO 8601); empty = a day before `until`")
    until: Moment | None = Field(None, description="up to here, excluded; empty = now")

    @model_validator(mode="after")
    def _some_way(self) -> InHistory:
        if bool(self.edges) == (self.from_ is not None or self.to is not None):
            raise ValueError("give edges, or from and to")
        if not self.edges and (self.from_ is None or self.to is None):
            raise ValueError("give both from and to")
        return self


class InExport(Query):
    """Which file, of which speeds."""

    format: Literal["osrm", "valhalla"] = Field(
        "osrm", description="osrm: segment_speed_file; valhalla: speeds of ways, for valhalla_ways_to_edges"
    )
    source: Sources = Field(default_factory=_measured, description="only speeds from these; empty = live,filled")


# --- answers -----------------------------------------------------------------------------------------------------


class FromWhat(BaseModel):
    """What an answer was made from."""

    snapshot: str
    traffic_version: str | None = Field(description="of the picture of the traffic; null = none was made yet")
    metric_version: str = Field(description="of the weights that cars' routes are found with now")
    as_of: datetime | None = Field(description="the moment that the picture shows; null = none was made yet")
    age_s: float | None = Field(description="seconds since then")
    simulated: bool = Field(description="true: simulated vehicles counted; this is not the real traffic")
    simulated_share: float = Field(description="share of simulated drives in all that counted lately")


class OutTraffic(FromWhat):
    """What is known of the traffic of the whole city."""

    edges: dict[str, int] = Field(description="road edges that cars use, by where their speed comes from")
    km: dict[str, float] = Field(description="kilometres of them by status")
    probes: int = Field(description="vehicles that told of the roads lately")
    drives: int = Field(description="drives over edges that counted lately")
    refresh_s: float = Field(description="how often a new picture is made")


class EdgeProperties(BaseModel):
    """The traffic on one direction of a road segment."""

    name: str
    ref: str
    road_class: str
    length_m: float
    speed_kmh: float | None
    free_flow_kmh: float | None
    ratio: float | None = Field(description="speed beside that of the empty road")
    level: int = Field(description="0 unknown, 1 畅通, 2 缓行, 3 拥堵, 4 严重拥堵, 5 封闭 (closed)")
    status: str = Field(description="the word of the level, in Chinese")
    source: SourceName = Field(description="live: measured; filled: from roads around; typical: usual at this hour")
    samples: int = Field(description="vehicles that a live speed is of")
    sample_age_s: float | None = Field(description="since the last of them, when the picture was made")
    simulated: bool
    factors: list[str] = Field(description="what is known to slow it beside what was measured")


class EdgeLine(BaseModel):
    """The line of an edge in driving direction."""

    type: Literal["LineString"]
    coordinates: list[tuple[float, float]]


class EdgeFeature(BaseModel):
    """An edge; id is its lasting key."""

    type: Literal["Feature"]
    id: str
    geometry: EdgeLine
    properties: EdgeProperties


class OutEdges(FromWhat):
    """Edges of a box: features, or with format=columns the same as lists."""

    type: Literal["FeatureCollection"] | None = None
    features: list[EdgeFeature] | None = None
    columns: dict[str, list[Any]] | None = Field(None, description="key and the properties of features, a list each")
    total: int = Field(description="edges that fit the question, on all pages")
    next_after: str | None = Field(description="`after` of the next page; null = this was the last")
    crs: str = "wgs84"


class OutStretch(BaseModel):
    """A part of one road in one direction with one level."""

    name: str
    ref: str
    road_class: str
    level: int
    status: str
    direction: str = Field(description="where it leads: N, NE, ...")
    bearing_deg: float
    speed_kmh: float | None
    length_m: float
    source: SourceName
    simulated: bool
    edges: list[str]
    geometry: EdgeLine


class OutStatus(FromWhat):
    """The traffic of a place in shares and words."""

    status: int = Field(description="one word for all: 0 未知, 1 畅通, 2 缓行, 3 拥堵, 4 严重拥堵")
    index: float | None = Field(description="traffic performance index, 0 to 10")
    grade: str | None = Field(description="the word of the index, in Chinese")
    description: str
    evaluation: dict[str, float] = Field(description="per cent of the length by status")
    km: float
    measured_share: float = Field(description="share of vehicle kilometres that was measured")
    stretches: list[OutStretch]
    total: int = Field(description="stretches that there are")
    crs: str = "wgs84"


class OutMeasure(BaseModel):
    """The index at a time; null = nothing is known."""

    index: float | None
    grade: str | None
    extra_time: float | None = Field(description="0.2 = 20 % longer than on empty roads")
    speed_kmh: float | None
    known_share: float = Field(description="share of vehicle kilometres of which any speed is known")
    measured_share: float = Field(description="share of them that was measured")


class OutPastIndex(BaseModel):
    """The index in a slot of time."""

    begin: datetime
    length_s: int
    index: float
    extra_time: float
    measured_share: float
    simulated: bool


class OutIndex(FromWhat):
    """The traffic performance index. Thresholds are settings; no conformity with a standard is claimed."""

    scope: Literal["city", "area", "cell", "road", "corridor"]
    title: str
    edges: int
    km: float
    now: OutMeasure
    typical: OutMeasure = Field(description="usual on this day at this hour")
    next_hour: OutMeasure = Field(description="expected in an hour")
    hour: float = Field(description="the city's time of day now, 0 to 24: the place in `curve`")
    curve: list[float | None] = Field(description="of a usual day like this, hour by hour; empty = not known")
    history: list[OutPastIndex]


class OutPastTime(BaseModel):
    """The travel time in a slot."""

    begin: datetime
    length_s: int
    duration_s: float
    known_share: float = Field(description="share of the length of which a speed is known; the rest at free flow")
    measured_share: float
    simulated: bool


class OutHistory(FromWhat):
    """Past travel times of a route."""

    edges: list[str]
    length_m: float
    free_flow_s: float
    now_s: float
    percentiles_s: dict[str, float] | None = Field(description="of the slots: p10, p50, p90; null = none is stored")
    times: list[OutPastTime]
