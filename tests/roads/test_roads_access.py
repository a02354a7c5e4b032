"""Who may use a road in which direction: one rule a row."""

from __future__ import annotations

import pytest

from location_cloud.roads import model
from location_cloud.roads.access import barrier_access, road_class, way_access
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


def tags(text: str) -> dict[str, str]:
    """highway=service access=no as a dict."""
    return dict(part.split("=", 1) for part in text.split())


def directions(text: str, vehicle: int) -> str:
    """f, b, fb or "" for a traveller."""
    access = way_access(tags(text))
    return "f" * bool(access.forward & vehicle) + "b" * bool(access.backward & vehicle)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("highway=residential", EVERYONE),
        ("highway=motorway oneway=no", MOTOR),
        ("highway=motorway_link", MOTOR),
        ("highway=trunk motorroad=yes", MOTOR),
        ("highway=trunk motorroad=yes bicycle=yes", MOTOR | BICYCLE),
        ("highway=pedestrian", WALKERS | EMERGENCY),
        ("highway=pedestrian bicycle=yes", WALKERS | BICYCLE | EMERGENCY),
        ("highway=footway", WALKERS),
        ("highway=footway bicycle=designated", WALKERS | BICYCLE),
        ("highway=path", WALKERS | BICYCLE),
        ("highway=cycleway", WALKERS | BICYCLE),
        ("highway=cycleway foot=no", BICYCLE),
        ("highway=steps", FOOT),
        ("highway=steps ramp:wheelchair=yes", WALKERS),
        ("highway=footway wheelchair=no", FOOT),
        ("highway=footway foot=no wheelchair=yes", 0),
        ("highway=footway foot=private", WALKERS),
        ("highway=track", EVERYONE),
        ("highway=busway", BUS | EMERGENCY),
        ("highway=service access=no", 0),
        ("highway=service access=no foot=yes", WALKERS),
        ("highway=residential motor_vehicle=no", BICYCLE | WALKERS | EMERGENCY),
        ("highway=residential motor_vehicle=no motorcar=yes", BICYCLE | WALKERS | EMERGENCY | CAR),
        ("highway=residential vehicle=no", WALKERS | EMERGENCY),
        ("highway=residential vehicle=no bicycle=yes", WALKERS | EMERGENCY | BICYCLE),
        ("highway=service access=no bus=yes", BUS),
        ("highway=service access=no psv=yes", BUS | TAXI),
        ("highway=service motor_vehicle=no psv=bus", BICYCLE | WALKERS | EMERGENCY | BUS),
        ("highway=residential hgv=no", EVERYONE & ~HGV),
        ("highway=residential motorcycle=no", EVERYONE & ~MOTORCYCLE),
        ("highway=track motor_vehicle=agricultural", BICYCLE | WALKERS | EMERGENCY),
        ("highway=track access=forestry", EMERGENCY),
        ("highway=primary bicycle=use_sidepath", EVERYONE & ~BICYCLE),
        ("highway=footway bicycle=dismount", WALKERS),
        ("highway=service access=emergency", EMERGENCY),
        ("highway=residential access=private", EVERYONE),
        ("highway=residential access=unheard_of", EVERYONE),
        ("highway=track motor_vehicle=no;permissive", EVERYONE),
        ("route=ferry", EVERYONE),
        ("route=ferry foot=yes bicycle=yes", WALKERS | BICYCLE),
        ("route=ferry foot=yes motor_vehicle=yes", EVERYONE & ~EMERGENCY),
        ("highway=construction", 0),
        ("highway=proposed", 0),
        ("highway=raceway", 0),
        ("route=bus", 0),
        ("building=yes", 0),
    ],
)
def test_tags_allow(text: str, allowed: int) -> None:
    assert way_access(tags(text)).forward == allowed


@pytest.mark.parametrize(
    ("text", "vehicle", "expected"),
    [
        ("oneway=yes", CAR, "f"),
        ("oneway=true", CAR, "f"),
        ("oneway=1", CAR, "f"),
        ("oneway=-1", CAR, "b"),
        ("oneway=reverse", CAR, "b"),
        ("oneway=no", CAR, "fb"),
        ("oneway=reversible", CAR, ""),
        ("oneway=alternating", CAR, "fb"),
        ("oneway=yes", FOOT, "fb"),
        ("oneway=yes oneway:foot=yes", FOOT, "f"),
        ("oneway=yes", BICYCLE, "f"),
        ("oneway=yes oneway:bicycle=no", BICYCLE, "fb"),
        ("oneway=yes oneway:bicycle=no", CAR, "f"),
        ("oneway=-1 cycleway=opposite", BICYCLE, "fb"),
        ("oneway=yes cycleway=opposite_lane", BICYCLE, "fb"),
        ("oneway=yes cycleway:left=opposite_track", BICYCLE, "fb"),
        ("oneway=yes cycleway:left=lane cycleway:left:oneway=-1", BICYCLE, "fb"),
        ("oneway=yes cycleway=opposite oneway:bicycle=yes", BICYCLE, "f"),
        ("oneway=yes cycleway=lane", BICYCLE, "f"),
        ("oneway=yes bicycle:backward=yes", BICYCLE, "fb"),
        ("oneway=yes busway=opposite_lane", BUS, "fb"),
        ("oneway=yes oneway:bus=no", BUS, "fb"),
        ("oneway=yes oneway:psv=no", TAXI, "fb"),
        ("oneway:motor_vehicle=yes", CAR, "f"),
        ("oneway:motor_vehicle=yes", BICYCLE, "fb"),
        ("junction=roundabout", CAR, "f"),
        ("junction=circular", CAR, "f"),
        ("junction=roundabout oneway=-1", CAR, "b"),
        ("junction=roundabout", FOOT, "fb"),
        ("motor_vehicle:forward=no", CAR, "b"),
        ("vehicle:backward=no", CAR, "f"),
        ("vehicle:backward=no bicycle=yes", BICYCLE, "fb"),
        ("access=no motorcar:forward=yes", CAR, "f"),
    ],
)
def test_directions_of_a_street(text: str, vehicle: int, expected: str) -> None:
    assert directions(f"highway=residential {text}", vehicle) == expected


def test_motorway_is_one_way_and_its_ramp_is_not() -> None:
    assert directions("highway=motorway", CAR) == "f"
    assert directions("highway=motorway_link", CAR) == "fb"


def test_escalator_runs_one_way() -> None:
    assert directions("highway=steps conveying=backward", FOOT) == "b"


ALL_PRIVATE = model.PRIVATE | model.PRIVATE_FOOT | model.PRIVATE_BICYCLE | model.HGV_DESTINATION


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("access=private", ALL_PRIVATE),
        ("access=private foot=yes", model.PRIVATE | model.PRIVATE_BICYCLE | model.HGV_DESTINATION),
        ("motor_vehicle=permit", model.PRIVATE | model.HGV_DESTINATION),
        ("motor_vehicle=destination", model.DESTINATION | model.HGV_DESTINATION),
        ("access=customers", model.DESTINATION | model.HGV_DESTINATION),
        ("vehicle=delivery", model.DESTINATION | model.HGV_DESTINATION),
        ("hgv=delivery", model.HGV_DESTINATION),
        ("oneway=yes", model.ONEWAY),
        ("access=yes", 0),
    ],
)
def test_leave_and_business_are_flags(text: str, flags: int) -> None:
    access = way_access(tags(f"highway=service {text}"))
    assert access.flags == flags
    assert access.forward & CAR


@pytest.mark.parametrize(
    ("text", "stopped"),
    [
        ("barrier=bollard", MOTOR),
        ("barrier=bollard bollard=removable", MOTOR & ~EMERGENCY),
        ("barrier=bollard access=yes", MOTOR),
        ("barrier=bollard motor_vehicle=yes", EMERGENCY),
        ("barrier=block bicycle=no", MOTOR | BICYCLE),
        ("barrier=gate", 0),
        ("barrier=gate locked=yes", EVERYONE),
        ("barrier=gate access=no foot=yes", EVERYONE & ~WALKERS),
        ("barrier=lift_gate", 0),
        ("barrier=toll_booth", 0),
        ("barrier=cattle_grid", 0),
        ("barrier=kerb", 0),
        ("barrier=kerb kerb=raised", WHEELCHAIR),
        ("barrier=kerb kerb=lowered", 0),
        ("kerb=raised", WHEELCHAIR),
        ("highway=crossing kerb=raised", 0),
        ("barrier=kissing_gate", EVERYONE & ~FOOT),
        ("barrier=kissing_gate wheelchair=yes", EVERYONE & ~WALKERS),
        ("barrier=stile foot=yes", EVERYONE & ~FOOT),
        ("barrier=wicket_gate", EVERYONE & ~WALKERS),
        ("barrier=gate wheelchair=no", WHEELCHAIR),
        ("barrier=no", 0),
        ("barrier=stile", EVERYONE & ~FOOT),
        ("barrier=bus_trap", CAR | TAXI | MOTORCYCLE),
        ("barrier=wall", EVERYONE),
        ("highway=crossing", 0),
    ],
)
def test_barrier_stops(text: str, stopped: int) -> None:
    assert barrier_access(tags(text)) == (stopped, 0)


def test_private_gate_stops_for_want_of_leave_only() -> None:
    assert barrier_access(tags("barrier=gate access=private foot=yes")) == (0, EVERYONE & ~WALKERS)


def test_ferry_line_is_a_class_of_its_own() -> None:
    assert road_class(tags("route=ferry")) == "ferry"
    assert road_class(tags("highway=steps route=ferry")) == "steps"
    assert road_class(tags("highway=rest_area")) == ""
