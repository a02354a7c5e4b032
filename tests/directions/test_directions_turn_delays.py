"""What turning takes: by angle and side, as the profile says, and the same in every answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from location_cloud.directions import service
from location_cloud.directions.dataset import SECTION
from location_cloud.directions.joining import joined
from location_cloud.directions.model import Ask, Place
from location_cloud.directions.profiles import load_profiles
from location_cloud.directions.turn_delays import KINDS, TURN_ROUND_KIND, turn_delays_ms
from tests.draw import draw_roads

CAR = load_profiles()["car"]
STRAIGHT, RIGHT, LEFT, ROUND_LEFT = 37, 55, 19, 92
"""Kinds: 1 + 36 straight on, 18 steps of 5 degrees to each side of it; in a roundabout 73 further."""


@pytest.fixture(scope="module")
def crossing(road_worlds, tmp_path_factory):
    drawing = draw_roads(
        """
              N
              |
              |
        W-----X-----E--F
              |
              |
              S
        """
    )
    return drawing, road_worlds.of_drawing(tmp_path_factory.mktemp("crossing"), drawing)


def turns_s(crossing, start, end, profile="car"):
    """The seconds of each turn of a drive from one sign to another."""
    drawing, world = crossing
    places = [Place(drawing.lonlat[sign]) for sign in (start, end)]
    leg = service.find_routes(world, Ask(profile), places, with_steps=False).routes[0].legs[0]
    return [each / 1000 for each in leg.turn_ms.tolist() if each]


def test_a_right_turn_costs_less_than_a_left_one_and_straight_on_nothing(crossing):
    (right,), (left,) = turns_s(crossing, "S", "E"), turns_s(crossing, "S", "W")
    assert turns_s(crossing, "S", "N") == []
    assert 2 < right < 3 < 6 < left < 8


def test_where_only_two_roads_meet_nobody_turns(crossing):
    assert turns_s(crossing, "W", "F") == []


def test_who_drives_on_the_left_turns_left_with_ease():
    right_hand, left_hand = turn_delays_ms(CAR, "right"), turn_delays_ms(CAR, "left")
    assert left_hand[LEFT] == right_hand[RIGHT] < right_hand[LEFT] == left_hand[RIGHT]
    assert left_hand[TURN_ROUND_KIND] == right_hand[TURN_ROUND_KIND] > 20_000


def test_in_a_roundabout_no_traffic_comes_from_ahead():
    delays = turn_delays_ms(CAR, "right")
    assert (delays[STRAIGHT], len(delays)) == (0, KINDS)
    assert 0 < delays[ROUND_LEFT] < delays[LEFT]


def test_each_profile_of_a_family_turns_as_slowly_as_it_says(crossing):
    times = [turns_s(crossing, "S", "W", profile)[0] for profile in ("motorcycle", "car", "truck")]
    assert times == sorted(times)
    assert len(set(times)) == 3


def test_a_family_that_loses_no_time_by_turns_does_not_tell_them_apart(crossing):
    _, world = crossing
    families = world.section(SECTION).families
    assert not families["foot"].graph.delay_ms.any()
    assert not families["bicycle"].graph.delay_ms.any()
    assert families["motor"].graph.delay_ms.any()
    assert not turn_delays_ms(replace(CAR, turn_s=0, across_s=0, u_turn_s=0), "right").any()


@pytest.mark.parametrize("at", [None, datetime(2026, 11, 23, 7, 58, tzinfo=ZoneInfo("Asia/Shanghai"))])
def test_route_matrix_and_departure_time_agree_on_turns(at, crossing):
    drawing, world = crossing
    places = [Place(drawing.lonlat[sign]) for sign in "NWSF"]
    table = service.find_matrix(world, Ask(at=at), places, places, False).durations_ms
    for i, j in np.ndindex(4, 4):
        route = service.find_routes(world, Ask(at=at), [places[i], places[j]], with_steps=False).routes[0]
        assert route.duration_ms == table[i, j]
        assert route.duration_ms == int(route.legs[0].along_ms.sum() + route.legs[0].turn_ms.sum())


def test_legs_joined_at_a_place_that_is_only_passed_are_the_drive_without_it(crossing):
    drawing, world = crossing
    (lon, lat), (lon2, lat2) = drawing.lonlat["X"], drawing.lonlat["E"]
    places = [Place(drawing.lonlat["S"]), Place(((lon + lon2) / 2, (lat + lat2) / 2), through=True)]
    places.append(Place(drawing.lonlat["F"]))
    through = service.find_routes(world, Ask(), places, with_steps=False).routes[0]
    plain = service.find_routes(world, Ask(), [places[0], places[2]], with_steps=False).routes[0]
    leg, shape = joined(through.legs[0], through.shapes[0], through.legs[1], through.shapes[1])
    assert leg.edges.tolist() == plain.legs[0].edges.tolist()
    assert leg.edge_ms == pytest.approx(plain.legs[0].edge_ms, abs=1)
    assert leg.turn_ms.tolist() == plain.legs[0].turn_ms.tolist()
    assert shape.along_m[-1] == pytest.approx(plain.distance_m, abs=0.1)
    assert all(first < second for first, second in pairwise(shape.begins.tolist()))


# --- over HTTP, in the demo city -------------------------------------------------------------------------------------

HERE, BESIDE, THERE = "24.9384,60.1699", "24.942,60.168", "24.9458,60.164"


def test_annotations_and_turns_add_up_to_the_leg(client):
    asked = f"/v1/route?from={HERE}&to={THERE}&annotations=true"
    leg = client.get(asked).json["routes"][0]["legs"][0]
    told = leg["annotations"]
    assert sum(told["turn_s"]) > 0
    assert sum(told["duration_s"]) + sum(told["turn_s"]) == pytest.approx(leg["duration_s"], abs=1e-6)


def test_osrm_counts_turns_in_legs_only(client):
    asked = f"/osrm/route/v1/car/{HERE};{THERE}?annotations=duration"
    leg = client.get(asked).json["routes"][0]["legs"][0]
    assert sum(leg["annotation"]["duration"]) < leg["duration"] - 1


def test_osrm_ends_legs_at_named_waypoints_only(client):
    address = f"/osrm/route/v1/car/{HERE};{BESIDE};{THERE}?steps=true&overview=full"
    every, named = (client.get(f"{address}{more}").json for more in ("", "&waypoints=0;2"))
    (route,) = named["routes"]
    assert (len(every["routes"][0]["legs"]), len(route["legs"]), len(named["waypoints"])) == (2, 1, 3)
    assert [step["maneuver"]["type"] for step in route["legs"][0]["steps"]].count("arrive") == 1
    assert route["legs"][0]["distance"] == pytest.approx(route["distance"], abs=0.2)


def test_valhalla_ends_a_leg_where_it_is_broken_through(client):
    places = [dict(zip(("lon", "lat"), map(float, each.split(",")))) for each in (HERE, BESIDE, THERE)]
    places[1]["type"] = "break_through"
    trip = client.post("/valhalla/route", json={"locations": places, "costing": "auto"}).json["trip"]
    assert len(trip["legs"]) == 2
    assert trip["locations"][1]["type"] == "break_through"


def test_parameters_that_do_not_go_together_are_named(client):
    asked = f"/v1/route?from={HERE}&to={THERE}&depart_at=2026-11-23T08:00:00&arrive_by=2026-11-23T09:00:00"
    assert client.get(asked).json["detail"] == "give depart_at or arrive_by, not both"
