"""Questions about roads: one by its lasting key, those in a box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import NotFound, TooLarge
from location_cloud.roads import edges, model
from location_cloud.roads.dataset import DEGREE_E7, SECTION
from location_cloud.roads.hours import parse_condition
from location_cloud.roads.model import Roads
from location_cloud.spatial.bbox import Bbox
from location_cloud.storage.world import World

Number = TypeVar("Number", bound=np.integer[Any])
MOST_BOX_DEG2 = 0.25
"""Largest box that is searched, square degrees: a whole city with its counties would be a download, not a question."""


@dataclass(frozen=True)
class Limits:
    """Signed limits of size and weight, None = no limit is known."""

    height_m: float | None
    width_m: float | None
    length_m: float | None
    weight_t: float | None
    axle_load_t: float | None


@dataclass(frozen=True)
class RoadCondition:
    """What holds at some times or for some vehicles only.

    effect: one of model.WHEN_KINDS. value: km/h or tonnes; None where the effect has none. when: as OpenStreetMap
    writes it, "" = always. is_understood: whether it can be evaluated.
    """

    effect: str
    vehicles: tuple[str, ...]
    value: float | None
    when: str
    is_understood: bool


@dataclass(frozen=True)
class Road:
    """One direction of a segment, in words.

    line: (k, 2) float64 lon, lat in degrees, in driving direction. access: who may use it in this direction.
    maxspeed_kmh: as signed; None if no sign is known or the sign says there is no limit (then `unlimited`).
    lanes, turn_lanes, destination, signals, stops, incline_percent: in driving direction. lanes, width_m: None = not
    told. tracktype: grade1..grade5 or "".
    flags: names of model.FLAGS. opposite: key of the other direction. from_node, to_node: OSM node ids.
    """

    key: str
    opposite: str
    way: int
    road_class: str
    service: str
    name: str
    name_zh: str
    name_en: str
    ref: str
    length_m: float
    maxspeed_kmh: int | None
    unlimited: bool
    access: tuple[str, ...]
    flags: tuple[str, ...]
    from_node: int
    to_node: int
    surface: str
    smoothness: str
    tracktype: str
    lanes: int | None
    turn_lanes: str
    destination: str
    junction_ref: str
    limits: Limits
    signals: int
    stops: int
    crossings: int
    incline_percent: int
    level: int
    width_m: float | None
    conditions: tuple[RoadCondition, ...]
    line: NDArray[np.float64]


@dataclass(frozen=True)
class RoadPage:
    """Some roads of a box and how many it holds altogether."""

    roads: tuple[Road, ...]
    total: int


def get_road(world: World, key: str) -> Road:
    """The road of a lasting key ("way:position:f" or ":b"). Raises NotFound if the snapshot has no such segment."""
    roads = world.section(SECTION)
    edge = edges.find_edge(roads, key)
    if edge is None:
        raise NotFound(
            f"there is no road {key[:60]!r} in this snapshot",
            hint="a key is way:position:f or way:position:b; /v1/roads?bbox= lists them",
        )
    return describe_road(roads, edge)


def list_roads(world: World, bbox: Bbox, limit: int) -> RoadPage:
    """The segments whose own box touches the given one, as drawn, in the order of their ways; at most `limit`.

    Raises TooLarge if the box covers more than MOST_BOX_DEG2.
    """
    if (area := bbox.width_deg * bbox.height_deg) > MOST_BOX_DEG2:
        raise TooLarge(
            f"bbox covers {area:.3f} square degrees, at most {MOST_BOX_DEG2} allowed",
            hint="ask for a smaller box, or use the tiles of /tiles/base.json",
        )
    roads = world.section(SECTION)
    hit = np.zeros(roads.segment_count, bool)
    for part in bbox.split():
        west, south, east, north = (np.int64(round(edge * DEGREE_E7)) for edge in part.as_tuple())
        box = roads.seg_box_e7
        hit |= (box[:, 0] <= east) & (box[:, 2] >= west) & (box[:, 1] <= north) & (box[:, 3] >= south)
    found = np.flatnonzero(hit)
    return RoadPage(tuple(describe_road(roads, 2 * int(segment)) for segment in found[:limit]), len(found))


def describe_road(roads: Roads, edge: int) -> Road:
    """What the network knows of an edge."""
    segment, backward = edge >> 1, edge & 1
    signed = int(_side(roads.seg_maxspeed_forward_kmh, roads.seg_maxspeed_backward_kmh, edge))
    access = int(_side(roads.seg_access_forward, roads.seg_access_backward, edge))
    flags = int(roads.seg_flags[segment])
    ends = int(roads.seg_from[segment]), int(roads.seg_to[segment])
    tail, head = reversed(ends) if backward else ends
    return Road(
        key=edges.edge_key(roads, edge),
        opposite=edges.edge_key(roads, edge ^ 1),
        way=int(roads.seg_way[segment]),
        road_class=model.CLASSES[roads.seg_class[segment]],
        service=model.SERVICES[roads.seg_service[segment]],
        name=roads.names[roads.seg_name[segment]],
        name_zh=roads.names[roads.seg_name_zh[segment]],
        name_en=roads.names[roads.seg_name_en[segment]],
        ref=roads.names[roads.seg_ref[segment]],
        length_m=float(roads.seg_length_m[segment]),
        maxspeed_kmh=None if signed in (model.UNKNOWN_KMH, model.NO_LIMIT_KMH) else signed,
        unlimited=signed == model.NO_LIMIT_KMH,
        access=_names(model.VEHICLES, access),
        flags=_names(model.FLAGS, flags),
        from_node=int(roads.node_osm_id[tail]),
        to_node=int(roads.node_osm_id[head]),
        surface=model.SURFACES[roads.seg_surface[segment]],
        smoothness=model.SMOOTHNESS[roads.seg_smoothness[segment]],
        tracktype=f"grade{grade}" if (grade := int(roads.seg_tracktype[segment])) else "",
        lanes=int(_side(roads.seg_lanes_forward, roads.seg_lanes_backward, edge)) or None,
        turn_lanes=roads.names[int(_side(roads.seg_turn_lanes_forward, roads.seg_turn_lanes_backward, edge))],
        destination=roads.names[int(_side(roads.seg_destination_forward, roads.seg_destination_backward, edge))],
        junction_ref=roads.names[roads.seg_junction_ref[segment]],
        limits=Limits(
            height_m=_known(roads.seg_max_height_cm[segment], 100),
            width_m=_known(roads.seg_max_width_cm[segment], 100),
            length_m=_known(roads.seg_max_length_cm[segment], 100),
            weight_t=_known(roads.seg_max_weight_kg[segment], 1000),
            axle_load_t=_known(roads.seg_max_axle_kg[segment], 1000),
        ),
        signals=int(_side(roads.seg_signals_forward, roads.seg_signals_backward, edge)),
        stops=int(_side(roads.seg_stops_forward, roads.seg_stops_backward, edge)),
        crossings=int(roads.seg_crossings[segment]),
        incline_percent=int(roads.seg_incline_percent[segment]) * (-1 if backward else 1),
        level=int(roads.seg_level[segment]),
        width_m=_known(roads.seg_width_cm[segment], 100),
        conditions=_conditions(roads, edge),
        line=edges.edge_line_e7(roads, edge) / DEGREE_E7,
    )


def _conditions(roads: Roads, edge: int) -> tuple[RoadCondition, ...]:
    first, last = np.searchsorted(roads.when_segment, [edge >> 1, (edge >> 1) + 1])
    mine = model.BACKWARD if edge & 1 else model.FORWARD
    found = []
    for row in range(first, last):
        if not roads.when_direction[row] & mine:
            continue
        kind, value, text = int(roads.when_kind[row]), int(roads.when_value[row]), roads.names[roads.when_text[row]]
        shown = {model.WHEN_SPEED: float(value), model.WHEN_MAX_WEIGHT: value / 1000}.get(kind)
        who = _names(model.VEHICLES, int(roads.when_vehicles[row]))
        found.append(RoadCondition(model.WHEN_KINDS[kind], who, shown, text, parse_condition(text) is not None))
    return tuple(found)


def _names(bits: Mapping[str, int], mask: int) -> tuple[str, ...]:
    return tuple(name for name, bit in bits.items() if mask & bit)


def _side(forward: NDArray[Number], backward: NDArray[Number], edge: int) -> Number:
    """What a pair of columns says of an edge."""
    number: Number = (backward if edge & 1 else forward)[edge >> 1]
    return number


def _known(number: np.integer[Any], per_unit: int) -> float | None:
    return int(number) / per_unit or None
