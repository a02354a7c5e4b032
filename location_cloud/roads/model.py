"""The road network as arrays, and the names of what stands in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import Texts

CAR, BICYCLE, FOOT, BUS, TAXI, EMERGENCY, HGV, MOTORCYCLE, WHEELCHAIR = (1 << bit for bit in range(9))
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
    "wheelchair": WHEELCHAIR,
}
MOTOR = CAR | BUS | TAXI | EMERGENCY | HGV | MOTORCYCLE
WALKERS = FOOT | WHEELCHAIR
EVERYONE = MOTOR | BICYCLE | WALKERS

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

SURFACES = (
    "",
    "paved",
    "asphalt",
    "chipseal",
    "concrete",
    "concrete:lanes",
    "concrete:plates",
    "paving_stones",
    "bricks",
    "sett",
    "cobblestone",
    "metal",
    "metal_grid",
    "wood",
    "rubber",
    "unpaved",
    "compacted",
    "fine_gravel",
    "gravel",
    "pebblestone",
    "rock",
    "ground",
    "dirt",
    "clay",
    "mud",
    "sand",
    "grass",
    "grass_paver",
    "woodchips",
    "snow",
    "ice",
    "salt",
    "other",
)
"""Names of `seg_surface`: OSM's surface key (OSM wiki, "Key:surface"); "" = not told, "other" = none of these."""

UNPAVED_FROM = SURFACES.index("unpaved")
"""Places in SURFACES from here on are unpaved."""

SMOOTHNESS = (
    "",
    "excellent",
    "good",
    "intermediate",
    "bad",
    "very_bad",
    "horrible",
    "very_horrible",
    "impassable",
)
"""Names of `seg_smoothness`, best first; "" = not told (OSM wiki, "Key:smoothness")."""

ROUNDABOUT, TUNNEL, BRIDGE, TOLL, UNPAVED, FERRY, LINK, LIVING_STREET = (1 << bit for bit in range(8))
PRIVATE, DESTINATION, PRIVATE_FOOT, PRIVATE_BICYCLE, ONEWAY = (1 << bit for bit in range(8, 13))
HAZMAT_NO, WHEELCHAIR_NO, WHEELCHAIR_YES, LIT, HGV_DESTINATION, DUAL, URBAN = (1 << bit for bit in range(13, 20))
"""Bits of `seg_flags`. PRIVATE (a car needs leave: access=private, permit) and DESTINATION (only for who has business
there: destination, customers, delivery) do not clear the access bit, because a trip may end there; a router must not
lead through. PRIVATE_FOOT and PRIVATE_BICYCLE say PRIVATE of those two, HGV_DESTINATION either of trucks (set wherever
a truck may only begin or end a trip, cars or not). ONEWAY: cars may go one way only.
HAZMAT_NO: closed to dangerous goods. WHEELCHAIR_YES, WHEELCHAIR_NO: as tagged. LIT: street lights. DUAL: part of a dual
carriageway. URBAN: inside a built-up area, by speed zone tags or by the density of residential streets."""

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
    "hazmat_no": HAZMAT_NO,
    "wheelchair_no": WHEELCHAIR_NO,
    "wheelchair_yes": WHEELCHAIR_YES,
    "lit": LIT,
    "hgv_destination": HGV_DESTINATION,
    "dual": DUAL,
    "urban": URBAN,
}

UNKNOWN_KMH, NO_LIMIT_KMH = 0, 255
"""In the columns of signed speeds: no sign known; signed as without limit (maxspeed=none)."""

NO_RULE, ONLY_RULE = 0, 1
"""Values of `rule_kind`: the sequence may not be driven; after its beginning nothing else may."""

RULE_KINDS = ("no", "only")

WHEN_CLOSED, WHEN_OPEN, WHEN_LOCAL, WHEN_SPEED, WHEN_MAX_WEIGHT = range(5)
"""Values of `when_kind`: while its condition holds the segment is closed; open, whatever access, PRIVATE, DESTINATION
or oneway say; open only to whom a trip begins or ends there (private, destination); signed `when_value` km/h
(NO_LIMIT_KMH = no limit); or limited to `when_value` kg (0 = the limit is lifted)."""

WHEN_KINDS = ("closed", "open", "local", "speed", "max_weight")

FORWARD, BACKWARD, BOTH = 1, 2, 3
"""Values of `when_direction`."""


@dataclass(frozen=True, eq=False)
class Roads:
    """The network: n nodes, s segments; edge 2i is segment i as drawn (forward), edge 2i + 1 is it backward.

    node_e7: (n, 2) int32 lon, lat in 1e-7 degree. node_osm_id: (n,) int64, ascending; a node is a junction, the end of
    a road, a barrier, or a cut in a loop (no segment starts where it ends).
    node_blocked: (n,) uint16 mask of who cannot pass the node (bollard, closed gate); they may still turn there.

    seg_way: (s,) int64, ascending. seg_position: (s,) int32, place of the segment's first node in the way as OSM writes
    it, ascending within a way. seg_from, seg_to: (s,) int32 nodes.
    shape_start: (s + 1,) int64; shape_e7: (k, 2) int32 line of the segment, both end nodes included.
    seg_box_e7: (s, 4) int32 west, south, east, north of that line.
    seg_length_m: (s,) float64 along the ellipsoid.
    seg_class: (s,) uint8 place in CLASSES. seg_service: (s,) uint8 place in SERVICES. seg_flags: (s,) uint32.
    seg_name, seg_name_zh, seg_name_en, seg_ref: (s,) int32 numbers in `names`; 0 = none.
    seg_maxspeed_forward_kmh, seg_maxspeed_backward_kmh: (s,) uint8 signed speed, UNKNOWN_KMH, NO_LIMIT_KMH.
    seg_access_forward, seg_access_backward: (s,) uint16 masks.
    seg_surface: (s,) uint8 place in SURFACES. seg_smoothness: (s,) uint8 place in SMOOTHNESS. seg_tracktype: (s,)
    uint8 grade 1 (solid) to 5 (soft), 0 = not told.
    seg_lanes_forward, seg_lanes_backward: (s,) uint8 lanes to drive in, 0 = not told. seg_turn_lanes_*: (s,) int32
    number in `names` of the turn:lanes text ("left|through|right", from the left). seg_destination_*: (s,) int32 number
    of what signs name ahead ("A 5: Heidelberg, Mannheim"). seg_junction_ref: (s,) int32 number of the exit's number.
    seg_max_height_cm, seg_max_width_cm, seg_max_length_cm: (s,) uint16; seg_max_weight_kg, seg_max_axle_kg: (s,) int32;
    signed limits, 0 = none.
    seg_signals_*, seg_stops_*: (s,) uint8 traffic signals, and stop and give-way signs, met when driving it, those at
    its head node included (those at its tail not). seg_crossings: (s,) uint8 crossings on it.
    seg_incline_percent: (s,) int8 rise as drawn, 0 = flat or not told. seg_level: (s,) int8 storey, else layer.
    seg_width_cm: (s,) uint16, 0 = not told.

    rule_kind: (r,) uint8. rule_vehicles: (r,) uint16 mask of whom it binds. rule_relation: (r,) int64 OSM relation.
    rule_start: (r + 1,) int64; rule_edges: int32 edges [from, via..., to] that follow each other.
    conditional_*: the same for rules that hold at some times only; conditional_text: (c,) int32 number in `names` of
    the condition as OSM writes it (hours.parse_condition reads it). They are kept, not applied.
    when_*: what holds of a segment under a condition only, ascending by segment; of several rows that hold together the
    later one counts. when_segment: (w,) int32. when_kind: (w,) uint8 WHEN_... . when_direction: (w,) uint8 FORWARD,
    BACKWARD, BOTH. when_vehicles: (w,) uint16 mask. when_value: (w,) int32, see WHEN_... . when_text: (w,) int32 number
    in `names` of the condition; 0 = always (a speed for some vehicles only).
    country: (1,) int32 number in `names` of the country's code ("CN"), 0 = not known.
    """

    node_e7: NDArray[np.int32]
    node_osm_id: NDArray[np.int64]
    node_blocked: NDArray[np.uint16]
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
    seg_flags: NDArray[np.uint32]
    seg_name: NDArray[np.int32]
    seg_name_zh: NDArray[np.int32]
    seg_name_en: NDArray[np.int32]
    seg_ref: NDArray[np.int32]
    seg_maxspeed_forward_kmh: NDArray[np.uint8]
    seg_maxspeed_backward_kmh: NDArray[np.uint8]
    seg_access_forward: NDArray[np.uint16]
    seg_access_backward: NDArray[np.uint16]
    seg_surface: NDArray[np.uint8]
    seg_smoothness: NDArray[np.uint8]
    seg_tracktype: NDArray[np.uint8]
    seg_lanes_forward: NDArray[np.uint8]
    seg_lanes_backward: NDArray[np.uint8]
    seg_turn_lanes_forward: NDArray[np.int32]
    seg_turn_lanes_backward: NDArray[np.int32]
    seg_destination_forward: NDArray[np.int32]
    seg_destination_backward: NDArray[np.int32]
    seg_junction_ref: NDArray[np.int32]
    seg_max_height_cm: NDArray[np.uint16]
    seg_max_width_cm: NDArray[np.uint16]
    seg_max_length_cm: NDArray[np.uint16]
    seg_max_weight_kg: NDArray[np.int32]
    seg_max_axle_kg: NDArray[np.int32]
    seg_signals_forward: NDArray[np.uint8]
    seg_signals_backward: NDArray[np.uint8]
    seg_stops_forward: NDArray[np.uint8]
    seg_stops_backward: NDArray[np.uint8]
    seg_crossings: NDArray[np.uint8]
    seg_incline_percent: NDArray[np.int8]
    seg_level: NDArray[np.int8]
    seg_width_cm: NDArray[np.uint16]
    rule_kind: NDArray[np.uint8]
    rule_vehicles: NDArray[np.uint16]
    rule_relation: NDArray[np.int64]
    rule_start: NDArray[np.int64]
    rule_edges: NDArray[np.int32]
    conditional_kind: NDArray[np.uint8]
    conditional_vehicles: NDArray[np.uint16]
    conditional_relation: NDArray[np.int64]
    conditional_start: NDArray[np.int64]
    conditional_edges: NDArray[np.int32]
    conditional_text: NDArray[np.int32]
    when_segment: NDArray[np.int32]
    when_kind: NDArray[np.uint8]
    when_direction: NDArray[np.uint8]
    when_vehicles: NDArray[np.uint16]
    when_value: NDArray[np.int32]
    when_text: NDArray[np.int32]
    country: NDArray[np.int32]
    names: Texts

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.node_osm_id)

    @property
    def segment_count(self) -> int:
        """Number of segments; edges are twice as many."""
        return len(self.seg_way)

    @property
    def country_code(self) -> str:
        """Two letters (ISO 3166-1) of the country whose rules hold; "" = not known."""
        return self.names[int(self.country[0])]
