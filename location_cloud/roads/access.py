"""Who may use a road in which direction, and whom a barrier stops: OSM's access tags, read by their hierarchy.

Source: OSM wiki, "Key:access" (hierarchy of transport modes, values), "OSM tags for routing/Access restrictions"
(worldwide defaults by class), "Key:oneway", "Key:barrier".
"""

from __future__ import annotations

from dataclasses import dataclass

from location_cloud.extract import Tags
from location_cloud.roads import model
from location_cloud.roads.countries import WORLD, Country
from location_cloud.roads.model import (
    BICYCLE,
    BUS,
    CAR,
    EMERGENCY,
    EVERYONE,
    FOOT,
    HGV,
    MOTOR,
    MOTORCYCLE,
    TAXI,
    WALKERS,
    WHEELCHAIR,
)

CHAINS = {
    CAR: ("access", "vehicle", "motor_vehicle", "motorcar"),
    BICYCLE: ("access", "vehicle", "bicycle"),
    FOOT: ("access", "foot"),
    BUS: ("access", "vehicle", "motor_vehicle", "psv", "bus"),
    TAXI: ("access", "vehicle", "motor_vehicle", "psv", "taxi"),
    # Rules for ordinary traffic do not bind an ambulance on duty; a closed road (access=no) does.
    EMERGENCY: ("access", "emergency"),
    HGV: ("access", "vehicle", "motor_vehicle", "hgv"),
    MOTORCYCLE: ("access", "vehicle", "motor_vehicle", "motorcycle"),
    WHEELCHAIR: ("access", "foot", "wheelchair"),
}
"""For every traveller the keys that speak of it; a later one outweighs an earlier one."""

ONEWAY_KEYS = {
    CAR: ("oneway:motor_vehicle", "oneway:motorcar"),
    BICYCLE: ("oneway:bicycle",),
    BUS: ("oneway:motor_vehicle", "oneway:psv", "oneway:bus"),
    TAXI: ("oneway:motor_vehicle", "oneway:psv", "oneway:taxi"),
    EMERGENCY: ("oneway:emergency",),
    HGV: ("oneway:motor_vehicle", "oneway:hgv"),
    MOTORCYCLE: ("oneway:motor_vehicle", "oneway:motorcycle"),
}
"""Keys that speak of one way for one kind of traveller; walkers heed none of them."""

OPEN_WORDS = frozenset(
    ("yes", "designated", "official", "permissive", "public", "discouraged", "limited", "allowed", "true", "1")
)
LEAVE_WORDS = frozenset(("private", "permit", "residents", "employees", "members"))
BUSINESS_WORDS = frozenset(("destination", "customers", "delivery", "visitors", "guests"))
CLOSED_WORDS = frozenset(
    (
        *("no", "restricted", "agricultural", "forestry", "agricultural;forestry", "military", "use_sidepath"),
        *("dismount", "separate", "emergency", "psv", "bus", "hov", "false", "0"),
    )
)

_EVERYWHERE = frozenset(model.CLASSES[2:16]) - {"motorway_link"}
_BY_CLASS = {
    **dict.fromkeys(_EVERYWHERE, EVERYONE),
    "motorway": MOTOR,
    "motorway_link": MOTOR,
    "pedestrian": WALKERS | EMERGENCY,
    "busway": BUS | EMERGENCY,
    "bus_guideway": BUS,
    "cycleway": BICYCLE | WALKERS,
    "path": BICYCLE | WALKERS,
    "steps": FOOT,
    **dict.fromkeys(("footway", "bridleway", "corridor", "elevator", "platform"), WALKERS),
}
"""Who may use a class if no tag says otherwise."""

_LEAVE_FLAGS = {
    CAR: model.PRIVATE,
    FOOT: model.PRIVATE_FOOT,
    BICYCLE: model.PRIVATE_BICYCLE,
    HGV: model.HGV_DESTINATION,
}
_BUSINESS_FLAGS = {CAR: model.DESTINATION, HGV: model.HGV_DESTINATION}

_OLD_CLASSES = {"trail": "path"}
"""Given up in OSM, but still there: 159 ways of central Helsinki."""

_FORWARD, _BACKWARD = 1, 2
_ONEWAY_VALUES = {
    **dict.fromkeys(("yes", "true", "1"), _FORWARD),
    **dict.fromkeys(("-1", "reverse"), _BACKWARD),
    **dict.fromkeys(("no", "false", "0", "alternating"), _FORWARD | _BACKWARD),
    "reversible": 0,  # changes with the hour: nobody may be sent in
}


@dataclass(frozen=True)
class Access:
    """Masks of who may go forward and backward; flags: PRIVATE, DESTINATION and their like, ONEWAY."""

    forward: int
    backward: int
    flags: int


def road_class(tags: Tags) -> str:
    """The class of a way, "" if it is no road: not built yet, abandoned, a raceway, a rest area."""
    value = tags.get("highway", "")
    value = _OLD_CLASSES.get(value, value)
    if value in _BY_CLASS:
        return value
    if not value and tags.get("route") in ("ferry", "shuttle_train"):
        return "ferry"
    return ""


def way_access(tags: Tags, country: Country = WORLD) -> Access:
    """Who may use a road, by its tags and by what the country's law says where they say nothing."""
    kind = road_class(tags)
    default = _ferry_default(tags) if kind == "ferry" else _BY_CLASS.get(kind, 0)
    default &= ~country.closed.get(kind, 0)
    if tags.get("expressway") == "yes":
        default &= ~country.closed_expressway.get(kind, 0)
    if tags.get("motorroad") == "yes":
        default &= MOTOR
    if tags.get("ramp:wheelchair") == "yes" and default & FOOT:
        default |= WHEELCHAIR
    forward = backward = flags = 0
    for vehicle, chain in CHAINS.items():
        ways = _directions(tags, vehicle, kind)
        if (ways & _FORWARD or _is_sent(tags, chain, ":forward")) and _may(tags, vehicle, default, ":forward"):
            forward |= vehicle
        if (ways & _BACKWARD or _is_sent(tags, chain, ":backward")) and _may(tags, vehicle, default, ":backward"):
            backward |= vehicle
        word = _word(tags, chain)
        if word in LEAVE_WORDS:
            flags |= _LEAVE_FLAGS.get(vehicle, 0)
        elif word in BUSINESS_WORDS:
            flags |= _BUSINESS_FLAGS.get(vehicle, 0)
    # wheelchair=yes tells of kerbs and slopes: it gives nobody leave to go where walkers may not.
    forward &= ~WHEELCHAIR if not forward & FOOT else EVERYONE
    backward &= ~WHEELCHAIR if not backward & FOOT else EVERYONE
    if bool(forward & CAR) != bool(backward & CAR):
        flags |= model.ONEWAY
    return Access(forward, backward, flags)


# --- one way -----------------------------------------------------------------------------------------------------


def _directions(tags: Tags, vehicle: int, kind: str) -> int:
    """In which directions a traveller may go as far as one-way rules speak of it: bits _FORWARD, _BACKWARD."""
    if vehicle & WALKERS:
        return _foot_directions(tags)
    stated = tags.get("oneway", "")
    if stated in _ONEWAY_VALUES:
        ways = _ONEWAY_VALUES[stated]
    elif tags.get("junction") in ("roundabout", "circular") or kind == "motorway":
        ways = _FORWARD
    else:
        ways = _FORWARD | _BACKWARD
    for key in ONEWAY_KEYS[vehicle]:
        ways = _ONEWAY_VALUES.get(tags.get(key, ""), ways)
    if ways in (_FORWARD, _BACKWARD) and _has_contraflow(tags, vehicle):
        ways = _FORWARD | _BACKWARD
    return ways


def _foot_directions(tags: Tags) -> int:
    """Walkers heed neither oneway nor roundabouts, only signs for them and escalators."""
    if (escalator := tags.get("conveying", "")) in ("forward", "backward"):
        return _FORWARD if escalator == "forward" else _BACKWARD
    return _ONEWAY_VALUES.get(tags.get("oneway:foot", ""), _FORWARD | _BACKWARD)


def _has_contraflow(tags: Tags, vehicle: int) -> bool:
    key = {BICYCLE: "cycleway", BUS: "busway"}.get(vehicle)
    if key is None or tags.get(f"oneway:{'bicycle' if vehicle == BICYCLE else 'bus'}") in ("yes", "-1"):
        return False
    for side in ("", ":left", ":right", ":both"):
        if tags.get(key + side, "").startswith("opposite") or tags.get(f"{key}{side}:oneway") in ("no", "-1"):
            return True
    return False


# --- words of access tags ----------------------------------------------------------------------------------------


def _may(tags: Tags, vehicle: int, default: int, direction: str) -> bool:
    """Whether access tags let a traveller go in a direction. Leave and business are open here: flags tell of them."""
    chain = tuple(key + suffix for key in CHAINS[vehicle] for suffix in ("", direction))
    word = _word(tags, chain)
    if not word or (vehicle == EMERGENCY and word in CLOSED_WORDS and word != "no"):
        return bool(default & vehicle)
    return word not in CLOSED_WORDS


def _is_sent(tags: Tags, chain: tuple[str, ...], direction: str) -> bool:
    """Whether a sign lets just this traveller go in a direction (bicycle:backward=yes), whatever oneway says."""
    return tags.get(chain[-1] + direction) in OPEN_WORDS


def _word(tags: Tags, chain: tuple[str, ...]) -> str:
    """The value that holds for a traveller: of the last key in its chain whose value we know. Lists: the most open."""
    for key in reversed(chain):
        if value := tags.get(key):
            parts = [part.strip() for part in value.split(";")]
            if any(part in chain for part in parts):  # psv=bus, access=emergency: the traveller itself is named
                return "yes"
            for known in (OPEN_WORDS, BUSINESS_WORDS, LEAVE_WORDS, CLOSED_WORDS):
                for part in parts:
                    if part in known:
                        return part
    return ""


def _ferry_default(tags: Tags) -> int:
    """Walkers and cyclists; motor vehicles unless only the others are mentioned (a footpassenger ferry)."""
    if "foot" in tags or "bicycle" in tags:
        return WALKERS | BICYCLE
    return EVERYONE


# --- barriers ----------------------------------------------------------------------------------------------------


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NARROW = _words("block bollard chain cycle_barrier debris jersey_barrier log motorcycle_barrier planter rope rock yes")
_WALKED_THROUGH = _words("full-height_turnstile hampshire_gate horse_stile kissing_gate stile turnstile step")
_SOLID = _words("city_wall ditch fence guard_rail hedge retaining_wall wall")
_WIDE_ONLY = frozenset(("bus_trap", "sump_buster"))


def barrier_access(tags: Tags) -> tuple[int, int]:
    """Whom a barrier on a node stops, and whom only for want of leave: two masks.

    Gates, lift gates, toll booths, cattle grids and unknown kinds stop nobody unless tags say so; bollards and blocks
    stop motor vehicles, stiles and turnstiles also bicycles and wheelchairs, walls everybody; a raised kerb stops
    wheelchairs (not that of a crossing drawn as a node of the road it crosses: one rolls along that road). A gate
    marked private stops strangers: the second mask, for the caller to weigh against the roads that meet there.
    """
    kind = tags.get("barrier", "")
    if not kind and tags.get("kerb") == "raised" and tags.get("highway") != "crossing":
        kind = "kerb"
    if not kind or kind == "no":
        return 0, 0
    stopped = leave = 0
    default = _stopped_by(kind, tags)
    for vehicle, chain in CHAINS.items():
        word = _word(tags, chain)
        if word in LEAVE_WORDS:
            leave |= vehicle
        elif word in CLOSED_WORDS or (default & vehicle and _word(tags, _opening(vehicle)) in ("", *CLOSED_WORDS)):
            stopped |= vehicle
    return stopped, leave


def _opening(vehicle: int) -> tuple[str, ...]:
    """The keys that open a barrier: not access=yes on a bollard, but motor_vehicle=yes; wheelchair=yes on a stile."""
    return CHAINS[vehicle][2 if vehicle == WHEELCHAIR else 1 :]


def _stopped_by(kind: str, tags: Tags) -> int:
    if kind in _SOLID or tags.get("locked") == "yes":
        return EVERYONE
    if kind == "kerb":
        return WHEELCHAIR if tags.get("kerb") == "raised" else 0
    if kind == "wicket_gate":
        return EVERYONE & ~WALKERS
    if kind in _WALKED_THROUGH:
        return EVERYONE & ~FOOT
    if kind in _WIDE_ONLY:
        return CAR | TAXI | MOTORCYCLE
    if kind in _NARROW:
        return MOTOR & ~EMERGENCY if tags.get("bollard") in ("removable", "rising", "foldable") else MOTOR
    return 0
