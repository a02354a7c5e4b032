"""The road network as arrays, and the names of what stands in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import Texts

CAR, BICYCLE, FOOT, BUS, TAXI, EMERGENCY, HGV, MOTORCYCLE = (1 << bit for bit in range(8))
"""Bits of an access mask: who may use a direction of a segment, whom a barrier stops, whom a turn rule binds."""

VEHICLES = {
    "car": CAR,
    "bicycle": BICYCLE,
    "foot": FOOT,
    "bus": BUS,
    "taxi": TAXI,
    "emergency": EMERGENCY,
    "hgv": HGV,
    "motorcycle": MOTORCYCLE,
}
MOTOR = CAR | BUS | TAXI | EMERGENCY | HGV | MOTORCYCLE
EVERYONE = 255

CLASSES = (
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
    "track",
    "pedestrian",
    "busway",
    "bus_guideway",
    "cycleway",
    "footway",
    "path",
    "bridleway",
    "steps",
    "corridor",
    "elevator",
    "platform",
    "ferry",
)
"""Names of `seg_class`: values of OSM's highway key (OSM wiki, "Key:highway"), and ferry lines (route=ferry)."""

SERVICES = ("", "driveway", "parking_aisle", "alley", "drive-through", "emergency_access", "other")
"""Names of `seg_service`: the service key of class service."""

ROUNDABOUT, TUNNEL, BRIDGE, TOLL, UNPAVED, FERRY, LINK, LIVING_STREET = (1 << bit for bit in range(8))
PRIVATE, DESTINATION, PRIVATE_FOOT, PRIVATE_BICYCLE, ONEWAY = (1 << bit for bit in range(8, 13))
"""Bits of `seg_flags`. PRIVATE (a car needs leave: access=private, permit) and DESTINATION (only for who has business
there: destination, customers, delivery) do not clear the access bit, because a trip may end there; a router must not
lead through. PRIVATE_FOOT and PRIVATE_BICYCLE say PRIVATE of those two. ONEWAY: cars may go one way only."""

FLAGS = {
    "roundabout": ROUNDABOUT,
    "tunnel": TUNNEL,
    "bridge": BRIDGE,
    "toll": TOLL,
    "unpaved": UNPAVED,
    "ferry": FERRY,
    "link": LINK,
    "living_street": LIVING_STREET,
    "private": PRIVATE,
    "destination": DESTINATION,
    "private_foot": PRIVATE_FOOT,
    "private_bicycle": PRIVATE_BICYCLE,
    "oneway": ONEWAY,
}

UNKNOWN_KMH, NO_LIMIT_KMH = 0, 255
"""In the columns of signed speeds: no sign known; signed as without limit (maxspeed=none)."""

NO_RULE, ONLY_RULE = 0, 1
"""Values of `rule_kind`: the sequence may not be driven; after its beginning nothing else may."""

RULE_KINDS = ("no", "only")


@dataclass(frozen=True, eq=False)
class Roads:
    """The network: n nodes, s segments; edge 2i is segment i as drawn (forward), edge 2i + 1 is it backward.

    node_e7: (n, 2) int32 lon, lat in 1e-7 degree. node_osm_id: (n,) int64, ascending; a node is a junction, the end of
    a road, a barrier, or a cut in a loop (no segment starts where it ends).
    node_blocked: (n,) uint8 mask of who cannot pass the node (bollard, closed gate); they may still turn there.

    seg_way: (s,) int64, ascending. seg_position: (s,) int32, place of the segment's first node in the way as OSM writes
    it, ascending within a way. seg_from, seg_to: (s,) int32 nodes.
    shape_start: (s + 1,) int64; shape_e7: (k, 2) int32 line of the segment, both end nodes included.
    seg_box_e7: (s, 4) int32 west, south, east, north of that line.
    seg_length_m: (s,) float64 along the ellipsoid.
    seg_class: (s,) uint8 place in CLASSES. seg_service: (s,) uint8 place in SERVICES. seg_flags: (s,) uint16.
    seg_name, seg_name_zh, seg_name_en, seg_ref: (s,) int32 numbers in `names`; 0 = none.
    seg_maxspeed_forward_kmh, seg_maxspeed_backward_kmh: (s,) uint8 signed speed, UNKNOWN_KMH, NO_LIMIT_KMH.
    seg_access_forward, seg_access_backward: (s,) uint8 masks.

    rule_kind: (r,) uint8. rule_vehicles: (r,) uint8 mask of whom it binds. rule_relation: (r,) int64 OSM relation.
    rule_start: (r + 1,) int64; rule_edges: int32 edges [from, via..., to] that follow each other.
    conditional_*: the same for rules that hold at some times only; conditional_text: (c,) int32 number in `names` of
    the condition as OSM writes it. They are kept, not applied.
    """

    node_e7: NDArray[np.int32]
    node_osm_id: NDArray[np.int64]
    node_blocked: NDArray[np.uint8]
    seg_way: NDArray[np.int64]
    seg_position: NDArray[np.int32]
    seg_from: NDArray[np.int32]
    seg_to: NDArray[np.int32]
    shape_start: NDArray[np.int64]
    shape_e7: NDArray[np.int32]
    seg_box_e7: NDArray[np.int32]
    seg_length_m: NDArray[np.float64]
    seg_class: NDArray[np.uint8]
    seg_service: NDArray[np.uint8]
    seg_flags: NDArray[np.uint16]
    seg_name: NDArray[np.int32]
    seg_name_zh: NDArray[np.int32]
    seg_name_en: NDArray[np.int32]
    seg_ref: NDArray[np.int32]
    seg_maxspeed_forward_kmh: NDArray[np.uint8]
    seg_maxspeed_backward_kmh: NDArray[np.uint8]
    seg_access_forward: NDArray[np.uint8]
    seg_access_backward: NDArray[np.uint8]
    rule_kind: NDArray[np.uint8]
    rule_vehicles: NDArray[np.uint8]
    rule_relation: NDArray[np.int64]
    rule_start: NDArray[np.int64]
    rule_edges: NDArray[np.int32]
    conditional_kind: NDArray[np.uint8]
    conditional_vehicles: NDArray[np.uint8]
    conditional_relation: NDArray[np.int64]
    conditional_start: NDArray[np.int64]
    conditional_edges: NDArray[np.int32]
    conditional_text: NDArray[np.int32]
    names: Texts

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.node_osm_id)

    @property
    def segment_count(self) -> int:
        """Number of segments; edges are twice as many."""
        return len(self.seg_way)
