"""Questions about roads: one by its lasting key, those in a box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import NotFound, TooLarge
from location_cloud.roads import edges, model
from location_cloud.roads.dataset import DEGREE_E7, SECTION
from location_cloud.roads.model import Roads
from location_cloud.spatial.bbox import Bbox
from location_cloud.storage.world import World

MOST_BOX_DEG2 = 0.25
"""Largest box that is searched, square degrees: a whole city with its counties would be a download, not a question."""


@dataclass(frozen=True)
class Road:
    """One direction of a segment, in words.

    line: (k, 2) float64 lon, lat in degrees, in driving direction. access: who may use it in this direction.
    maxspeed_kmh: as signed; None if no sign is known or the sign says there is no limit (then `unlimited`).
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
    signed = int((roads.seg_maxspeed_backward_kmh if backward else roads.seg_maxspeed_forward_kmh)[segment])
    access = int((roads.seg_access_backward if backward else roads.seg_access_forward)[segment])
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
        access=tuple(name for name, bit in model.VEHICLES.items() if access & bit),
        flags=tuple(name for name, bit in model.FLAGS.items() if flags & bit),
        from_node=int(roads.node_osm_id[tail]),
        to_node=int(roads.node_osm_id[head]),
        line=edges.edge_line_e7(roads, edge) / DEGREE_E7,
    )
