"""What is told of a position: things near it, and for a crew the road, its crossings, landmarks and the way there."""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("zh-CN", "en")
"""Languages of the one line of words; the first is spoken to whoever asks for none of them."""

LEVEL_CROSSING, LEVEL_POST = "道路交叉路口", "公里桩"

LEFT, RIGHT, ON = "left", "right", "on"
"""Sides of a road as it is drawn in the map; "on" within ON_ROAD_M of its line."""

ON_ROAD_M = 3.0
"""Half a lane: nearer to the line no side is told."""


@dataclass(frozen=True)
class NearPlace:
    """One thing near a position; see `nearby.Near`."""

    id: str
    kind: str
    name: str
    category: str
    lonlat: tuple[float, float]
    distance_m: float
    bearing_deg: float
    direction: str
    street: str = ""
    housenumber: str = ""
    city: str = ""
    postcode: str = ""


@dataclass(frozen=True)
class RoadHere:
    """The road that a position is told by. local_name, here and below: its name in the language of the words.

    ref: its number. road_class: OSM highway class. lonlat: its nearest point. direction: side of the road that the
    position is on, one of 8 winds. side: the same as LEFT, RIGHT, ON.
    """

    id: str
    name: str
    local_name: str
    ref: str
    road_class: str
    category: str
    lonlat: tuple[float, float]
    distance_m: float
    bearing_deg: float
    direction: str
    side: str


@dataclass(frozen=True)
class CrossingHere:
    """A crossing next to the position. towards: "behind" or "ahead" as the road is drawn. distance_m: along it."""

    id: str
    name: str
    local_name: str
    towards: str
    lonlat: tuple[float, float]
    distance_m: float


@dataclass(frozen=True)
class Landmark:
    """A place to tell a position by: distance and bearing from it to the position; words: "书香书店西南166米"."""

    id: str
    kind: str
    name: str
    local_name: str
    category: str
    lonlat: tuple[float, float]
    distance_m: float
    bearing_deg: float
    direction: str
    accuracy_m: float
    words: str = ""


@dataclass(frozen=True)
class HouseHere:
    """The nearest house.

    side: of the road that the position is told by; is_same_side: as the position. None = the house belongs to another
    road, or one of the two is on the line.
    """

    id: str
    street: str
    housenumber: str
    city: str
    postcode: str
    lonlat: tuple[float, float]
    distance_m: float
    bearing_deg: float
    direction: str
    is_estimated: bool
    side: str | None
    is_same_side: bool | None


@dataclass(frozen=True)
class PostHere:
    """A kilometre post. text: "G10 K248+500"."""

    text: str
    chainage_m: float
    side: str
    lonlat: tuple[float, float]
    distance_m: float


@dataclass(frozen=True)
class ChainageHere:
    """Where on a numbered road. side: "up" (上行), "down" (下行) or "": one carriageway, or not known."""

    ref: str
    name: str
    text: str
    chainage_m: float
    side: str
    lonlat: tuple[float, float]
    distance_m: float
    nearest_post: PostHere | None


@dataclass(frozen=True)
class Entrance:
    """Gate or entrance of the place that was hit. distance_m: to the position."""

    place: str
    lonlat: tuple[float, float]
    distance_m: float


@dataclass(frozen=True)
class StopHere:
    """Where a vehicle must stop. road: key of the edge in /v1/roads."""

    road: str
    name: str
    ref: str
    road_class: str
    lonlat: tuple[float, float]


@dataclass(frozen=True)
class Access:
    """How a crew gets there. on_foot_m: from the stop to the entrance, if any, and on to the position, straight."""

    entrance: Entrance | None
    stop: StopHere | None
    on_foot_m: float | None


@dataclass(frozen=True)
class Words:
    """One line for a crew, and one for an envelope."""

    words: str
    address: str


@dataclass(frozen=True)
class Quality:
    """How good the words are.

    level: what they go down to, as Amap names levels. precise: 1 if they lead to the thing itself. accuracy_m: radius
    around where they lead that holds the position. confidence: 0 to 100, the lower the larger that radius is.
    """

    level: str
    precise: int
    confidence: int
    accuracy_m: float
