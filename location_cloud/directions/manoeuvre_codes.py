"""The numbers of manoeuvres: ours, and those that other engines' clients know them by.

Compiled kernels have these numbers built in and notice no change of them: only append.
"""

from __future__ import annotations

KINDS = (
    "depart",
    "turn",
    "new name",
    "continue",
    "merge",
    "on ramp",
    "off ramp",
    "fork",
    "end of road",
    "roundabout",
    "rotary",
    "exit roundabout",
    "arrive",
)
DEPART, TURN, NEW_NAME, CONTINUE, MERGE, ON_RAMP, OFF_RAMP, FORK, END_OF_ROAD = range(9)
ROUND, ROTARY, EXIT_ROUND, ARRIVE = range(9, 13)
"""Places in KINDS. EXIT_ROUND: a trip that begins inside a roundabout leaves it."""

MODIFIERS = ("uturn", "sharp left", "left", "slight left", "straight", "slight right", "right", "sharp right")
UTURN, SHARP_LEFT, LEFT, SLIGHT_LEFT, STRAIGHT, SLIGHT_RIGHT, RIGHT, SHARP_RIGHT = range(8)
SIDES = ("", "left", "right")
MODES = ("driving", "cycling", "walking", "ferry")
DRIVING, CYCLING, WALKING, ON_FERRY = range(4)

NOTHING = -1
"""No manoeuvre: the way on is plain."""

VALHALLA = {
    "none": 0,
    "start": 1,
    "start right": 2,
    "start left": 3,
    "destination": 4,
    "destination right": 5,
    "destination left": 6,
    "becomes": 7,
    "continue": 8,
    "slight right": 9,
    "right": 10,
    "sharp right": 11,
    "uturn right": 12,
    "uturn left": 13,
    "sharp left": 14,
    "left": 15,
    "slight left": 16,
    "ramp straight": 17,
    "ramp right": 18,
    "ramp left": 19,
    "exit right": 20,
    "exit left": 21,
    "stay straight": 22,
    "stay right": 23,
    "stay left": 24,
    "merge": 25,
    "roundabout enter": 26,
    "roundabout exit": 27,
    "ferry enter": 28,
    "ferry exit": 29,
    "merge right": 37,
    "merge left": 38,
}
"""Maneuver types. Source: Valhalla API reference, "Maneuver types"."""

GRAPHHOPPER = {
    "uturn unknown": -98,
    "uturn left": -8,
    "keep left": -7,
    "roundabout leave": -6,
    "sharp left": -3,
    "left": -2,
    "slight left": -1,
    "straight": 0,
    "slight right": 1,
    "right": 2,
    "sharp right": 3,
    "finish": 4,
    "via": 5,
    "roundabout": 6,
    "keep right": 7,
    "uturn right": 8,
    "ferry": 9,
}
"""Signs. Source: GraphHopper, constants of its class Instruction, web API document "instructions.sign"."""

ORS = {
    "left": 0,
    "right": 1,
    "sharp left": 2,
    "sharp right": 3,
    "slight left": 4,
    "slight right": 5,
    "straight": 6,
    "roundabout": 7,
    "roundabout exit": 8,
    "uturn": 9,
    "finish": 10,
    "start": 11,
    "keep left": 12,
    "keep right": 13,
}
"""Instruction types. Source: openrouteservice documentation, "Instruction Types"."""


def valhalla_type(kind: str, modifier: str, side: str = "", driving_side: str = "right") -> int:
    """Valhalla's number of a step of ours."""
    hand = "left" if "left" in modifier else "right" if "right" in modifier else "straight"
    if kind in ("depart", "arrive"):
        return VALHALLA[f"{'start' if kind == 'depart' else 'destination'} {side}".rstrip()]
    if kind in ("roundabout", "rotary"):
        return VALHALLA["roundabout enter"]
    if kind == "exit roundabout":
        return VALHALLA["roundabout exit"]
    if modifier == "uturn":
        return VALHALLA[f"uturn {'left' if driving_side == 'right' else 'right'}"]
    if kind == "merge":
        return VALHALLA["merge" if hand == "straight" else f"merge {hand}"]
    if kind == "on ramp":
        return VALHALLA[f"ramp {hand}"]
    if kind == "off ramp":
        return VALHALLA["exit right" if hand == "straight" else f"exit {hand}"]
    if kind == "fork":
        return VALHALLA[f"stay {hand}"]
    if modifier == "straight":
        return VALHALLA["becomes" if kind == "new name" else "continue"]
    return VALHALLA[modifier]


def graphhopper_sign(kind: str, modifier: str, driving_side: str = "right") -> int:
    """GraphHopper's number of a step of ours."""
    if kind == "depart":
        return GRAPHHOPPER["straight"]
    if kind == "arrive":
        return GRAPHHOPPER["finish"]
    if kind in ("roundabout", "rotary"):
        return GRAPHHOPPER["roundabout"]
    if modifier == "uturn":
        return GRAPHHOPPER[f"uturn {'left' if driving_side == 'right' else 'right'}"]
    if kind in ("fork", "off ramp", "on ramp", "merge") and modifier.startswith("slight "):
        return GRAPHHOPPER[f"keep {modifier.removeprefix('slight ')}"]
    return GRAPHHOPPER[modifier]


def ors_type(kind: str, modifier: str) -> int:
    """The number of a step of ours in openrouteservice."""
    if kind == "depart":
        return ORS["start"]
    if kind == "arrive":
        return ORS["finish"]
    if kind in ("roundabout", "rotary"):
        return ORS["roundabout"]
    if kind == "exit roundabout":
        return ORS["roundabout exit"]
    if kind in ("fork", "off ramp", "on ramp", "merge") and modifier.startswith("slight "):
        return ORS[f"keep {modifier.removeprefix('slight ')}"]
    return ORS[modifier]
