from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

import numpy as np
import pytest

from location_cloud.directions.costs import Costs, edge_costs, ever_open, shut_gates
from location_cloud.directions.model import Options, Vehicle
from location_cloud.directions.network import BARRIER, SIGN, TURN_ROUND, Gate
from location_cloud.errors import BadQuery
from location_cloud.roads.edges import edge_heads
from location_cloud.roads.model import CAR, EMERGENCY, HGV, MOTOR
from routing.trip import CLOSED
from tests.conftest import ROOT
from tests.directions.town import PROFILES, build_town, read_roads

STREET = {"highway": "residential"}
MONDAY_8, MONDAY_20 = datetime(2026, 3, 2, 8), datetime(2026, 3, 2, 20)


@pytest.fixture
def town(tmp_path):
    """A function: ways, drawing -> Town."""
    return partial(build_town, tmp_path)


# --- speeds --------------------------------------------------------------------------------------------------------


def test_a_signed_limit_is_driven_at_four_fifths_to_the_millisecond(town):
    street = town({"AB": {**STREET, "maxspeed": "60"}})
    assert street.ms("AB") == round(street.length_m("AB") * 3600 / 48)


def test_each_direction_has_its_own_limit(town):
    street = town({"AB": {**STREET, "maxspeed:forward": "30", "maxspeed:backward": "50"}})
    assert (street.kmh("AB"), street.kmh("BA")) == (24, 40)


def test_no_limit_at_all_is_driven_like_the_advised_speed(town):
    assert town({"AB": {"highway": "motorway", "maxspeed": "none"}}).kmh("AB") == 104


def test_unsigned_streets_go_by_their_class_where_the_law_allows_more(town):
    assert town({"AB": STREET}).kmh("AB") == 25


def test_unsigned_roads_of_china_go_by_its_law_where_the_class_is_faster(town):
    rural = town({"AB": {"highway": "primary", "lanes": "1"}})
    assert rural.roads.country_code == "CN"
    assert rural.kmh("AB") <= 0.8 * 70


def test_a_truck_heeds_its_own_lower_limit_on_a_motorway(town):
    road = town({"AB": {"highway": "motorway", "maxspeed": "120"}})
    assert (road.kmh("AB"), road.kmh("AB", "truck")) == (96, 80)


def test_a_sign_for_trucks_slows_trucks_only(town):
    road = town({"AB": {"highway": "primary", "maxspeed": "80", "maxspeed:hgv": "40"}})
    assert (road.kmh("AB"), road.kmh("AB", "truck")) == (64, 32)


def test_bad_ground_slows_whatever_is_signed(town):
    road = town({"AB": {**STREET, "maxspeed": "60", "surface": "sand"}})
    assert (road.kmh("AB"), road.kmh("AB", "motorcycle"), road.kmh("AB", "bicycle")) == (20, 10, 3)


def test_the_worst_of_ground_smoothness_and_track_counts(town):
    road = town({"AB": {"highway": "track", "maxspeed": "60", "tracktype": "grade2", "smoothness": "very_bad"}})
    assert road.kmh("AB") == 20


def test_impassable_ground_is_closed(town):
    road = town({"AB": {"highway": "track", "smoothness": "impassable"}})
    assert (road.ms("AB"), road.ms("AB", "bicycle")) == (None, None)
    assert road.kmh("AB", "foot") == 2


def test_a_car_park_is_crossed_slower_than_a_street(town):
    assert town({"AB": {"highway": "service", "service": "parking_aisle"}}).kmh("AB") == 10


def test_a_two_way_lane_of_three_metres_is_slower(town):
    assert town({"AB": {**STREET, "maxspeed": "50", "width": "3"}}).kmh("AB") == 34


def test_walkers_climb_slower_than_they_go_down(town):
    hill = town({"AB": {"highway": "footway", "incline": "10%"}})
    assert (hill.kmh("AB", "foot"), hill.kmh("BA", "foot")) == (3.5, 5)


def test_cyclists_go_down_faster_than_up(town):
    hill = town({"AB": {**STREET, "incline": "6%"}})
    assert hill.kmh("AB", "bicycle") == 7.5
    assert hill.kmh("BA", "bicycle") > 15


# --- delays --------------------------------------------------------------------------------------------------------

LINE = "A---B---C"


def test_a_signal_costs_time_on_the_road_towards_it(town):
    road = town({"AB": STREET, "BC": STREET}, LINE, nodes={"B": {"highway": "traffic_signals"}})
    assert road.ms("AB") - road.ms("BA") == 2000
    assert road.ms("AB", "truck") - road.ms("BA", "truck") == 4000
    assert road.ms("AB", "emergency") - road.ms("BA", "emergency") == 1500


# --- who may go where ----------------------------------------------------------------------------------------------


def test_private_roads_are_closed_to_who_passes_and_open_to_who_arrives(town):
    road = town({"AB": {**STREET, "access": "private"}})
    assert road.ms("AB") is None
    assert road.ms("AB", local=True) == round(road.length_m("AB") * 3600 / 25)


def test_roads_for_residents_are_closed_to_who_passes(town):
    road = town({"AB": {**STREET, "motor_vehicle": "destination"}})
    assert road.ms("AB") is None
    assert road.ms("AB", local=True) is not None


def test_an_emergency_passes_through_private_roads(town):
    assert town({"AB": {**STREET, "access": "private"}}).ms("AB", "emergency") is not None


def test_trucks_pass_no_road_for_truck_deliveries(town):
    road = town({"AB": {**STREET, "hgv": "destination"}})
    assert road.ms("AB", "truck") is None
    assert road.ms("AB", "truck", local=True) is not None
    assert road.ms("AB") is not None


def test_an_emergency_drives_slowly_against_a_one_way_street(town):
    road = town({"AB": {**STREET, "oneway": "yes"}})
    assert (road.ms("BA"), road.kmh("BA", "emergency"), road.kmh("AB", "emergency")) == (None, 15, 34)


def test_an_emergency_never_drives_against_a_motorway(town):
    assert town({"AB": {"highway": "motorway"}}).ms("BA", "emergency") is None


def test_an_emergency_never_drives_against_a_roundabout(town):
    assert town({"AB": {**STREET, "junction": "roundabout"}}).ms("BA", "emergency") is None


def test_an_emergency_drives_faster_than_is_signed(town):
    road = town({"AB": {**STREET, "maxspeed": "50"}})
    assert road.kmh("AB", "emergency") == 55


def test_taxis_take_a_busway_that_is_signed_for_them(town):
    road = town({"AB": {"highway": "busway", "taxi": "yes"}})
    assert road.kmh("AB", "taxi") == road.kmh("AB", "bus")
    assert road.ms("AB") is None


def test_taxis_keep_off_other_busways(town):
    road = town({"AB": {"highway": "busway"}})
    assert road.ms("AB", "taxi") is None
    assert road.ms("AB", "bus") is not None
    assert road.ms("AB", "emergency") is not None


def test_wheelchairs_climb_no_steps(town):
    road = town({"AB": {"highway": "steps"}})
    assert (road.ms("AB", "wheelchair"), road.kmh("AB", "foot")) == (None, 3)


def test_wheelchairs_keep_off_steep_and_loose_ground(town):
    path = {"highway": "footway"}
    assert town({"AB": {**path, "incline": "15%"}}).ms("AB", "wheelchair") is None
    assert town({"AB": {**path, "surface": "sand"}}).ms("BA", "wheelchair") is None
    assert town({"AB": path}).kmh("AB", "wheelchair") == 4


def test_wheelchairs_are_stopped_by_raised_kerbs(town):
    path = {"highway": "footway"}
    road = town({"AB": path, "BC": path}, LINE, nodes={"B": {"barrier": "kerb", "kerb": "raised"}})
    blocked = int(road.roads.node_blocked[edge_heads(road.roads)[road.edges["AB"]]])
    gate = Gate(BARRIER, blocked, "")
    assert shut_gates([gate], PROFILES["wheelchair"]).tolist() == [True]
    assert shut_gates([gate], PROFILES["foot"]).tolist() == [False]


# --- sizes ---------------------------------------------------------------------------------------------------------


def vehicle(**sizes):
    return Options(vehicle=Vehicle(**sizes))


def test_a_truck_of_four_metres_does_not_pass_under_a_lower_bridge(town):
    road = town({"AB": {**STREET, "maxheight": "3.8"}})
    assert road.ms("AB", "truck") is None
    assert road.ms("AB", "truck", local=True) is None
    assert road.ms("AB") is not None


def test_a_lower_truck_passes_where_the_usual_one_does_not(town):
    road = town({"AB": {**STREET, "maxheight": "3.8"}})
    assert road.ms("AB", "truck", vehicle(height_m=3.8)) is not None
    assert road.ms("AB", "truck", vehicle(height_m=3.81)) is None


@pytest.mark.parametrize(
    ("sign", "fits", "over"),
    [
        ({"maxheight": "3"}, {"height_m": 3}, {"height_m": 3.01}),
        ({"maxwidth": "2.2"}, {"width_m": 2.2}, {"width_m": 2.3}),
        ({"maxlength": "8"}, {"length_m": 8}, {"length_m": 8.5}),
        ({"maxweight": "7.5"}, {"weight_t": 7.5}, {"weight_t": 7.6}),
        ({"maxaxleload": "5"}, {"axle_load_t": 5}, {"axle_load_t": 5.1}),
        ({"hazmat": "no"}, {"hazmat": False}, {"hazmat": True}),
    ],
    ids=lambda each: next(iter(each)),
)
def test_any_vehicle_may_be_given_a_size(town, sign, fits, over):
    road = town({"AB": {**STREET, **sign}})
    assert road.ms("AB", "car", vehicle(**fits)) is not None
    assert road.ms("AB", "car", vehicle(**over)) is None


# --- options -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "tags"),
    [
        ("toll", {**STREET, "toll": "yes"}),
        ("unpaved", {**STREET, "surface": "gravel"}),
        ("motorway", {"highway": "motorway_link"}),
        ("tunnel", {**STREET, "tunnel": "yes"}),
        ("bridge", {**STREET, "bridge": "yes"}),
        ("steps", {"highway": "steps", "motor_vehicle": "yes"}),
        ("ferry", {"highway": "", "route": "ferry", "motor_vehicle": "yes"}),
    ],
)
def test_kinds_of_road_are_shut_out(town, kind, tags):
    road = town({"AB": tags})
    assert road.ms("AB") is not None
    assert road.ms("AB", options=Options(exclude=frozenset((kind,)))) is None


def test_an_unknown_kind_of_road_is_refused_with_the_known_ones(town):
    with pytest.raises(BadQuery, match="exclude=hills") as caught:
        town({"AB": STREET}).ms("AB", options=Options(exclude=frozenset(("hills",))))
    assert "toll, ferry, unpaved" in caught.value.hint


def test_closed_edges_are_closed_in_their_direction_only(town):
    road = town({"AB": STREET})
    shut = Options(closed=(road.edges["AB"],))
    assert road.ms("AB", options=shut) is None
    assert road.ms("AB", options=shut, local=True) is None
    assert road.ms("BA", options=shut) is not None


def test_a_closed_edge_of_another_network_is_refused(town):
    with pytest.raises(BadQuery, match="closed edge 2 is none"):
        town({"AB": STREET}).ms("AB", options=Options(closed=(2,)))


def test_winter_slows_lanes_more_than_main_roads(town):
    road = town({"AB": {"highway": "primary", "maxspeed": "50"}, "BC": STREET}, LINE)
    winter = Options(season="winter")
    assert road.kmh("AB", options=winter) / road.kmh("AB") == pytest.approx(0.85, abs=0.01)
    assert road.kmh("BC", options=winter) / road.kmh("BC") == pytest.approx(0.65, abs=0.01)


def test_no_lane_is_driven_faster_than_the_law_allows_on_ice(town):
    lane = town({"AB": {"highway": "unclassified", "maxspeed": "80"}})
    assert (lane.kmh("AB"), lane.kmh("AB", options=Options(season="winter"))) == (64, 30)


def test_an_unknown_season_is_refused(town):
    with pytest.raises(BadQuery, match="season=monsoon"):
        town({"AB": STREET}).ms("AB", options=Options(season="monsoon"))


# --- live speeds ---------------------------------------------------------------------------------------------------


def speeds(road, **kmh):
    known = np.full(2 * road.roads.segment_count, np.nan, np.float32)
    for edge, value in kmh.items():
        known[road.edges[edge]] = value
    return known


def test_a_measured_speed_replaces_speed_and_signals(town):
    road = town({"AB": STREET, "BC": STREET}, LINE, nodes={"B": {"highway": "traffic_signals"}})
    live = speeds(road, AB=12)
    assert road.ms("AB", speeds=live) == round(road.length_m("AB") * 3600 / 12)
    assert road.ms("CB", speeds=live) == road.ms("CB")


def test_a_truck_is_slower_than_the_traffic_and_never_faster_than_it_may(town):
    road = town({"AB": {"highway": "motorway"}})
    assert road.ms("AB", "truck", speeds=speeds(road, AB=50)) == round(road.length_m("AB") * 3600 / 45)
    assert road.ms("AB", "truck", speeds=speeds(road, AB=130)) == round(road.length_m("AB") * 3600 / 100)


def test_a_vehicle_of_its_own_top_speed_is_never_faster(town):
    road = town({"AB": {"highway": "motorway"}, "BC": STREET}, LINE)
    slow = Options(Vehicle(max_kmh=40))
    assert road.ms("AB", options=slow) == round(road.length_m("AB") * 3600 / 40)
    assert road.ms("BC", options=slow) == road.ms("BC")
    assert road.ms("AB", options=slow, speeds=speeds(road, AB=90)) == road.ms("AB", options=slow)


def test_measured_speeds_say_nothing_to_walkers(town):
    road = town({"AB": STREET})
    assert road.ms("AB", "foot", speeds=speeds(road, AB=60)) == road.ms("AB", "foot")


def test_standing_traffic_is_slow_and_not_closed(town):
    road = town({"AB": STREET})
    assert road.ms("AB", speeds=speeds(road, AB=0)) == round(road.length_m("AB") * 3600)


def test_a_measured_speed_opens_nothing(town):
    road = town({"AB": {**STREET, "access": "private"}, "BC": {**STREET, "motor_vehicle": "no"}}, LINE)
    live = speeds(road, AB=30, BC=30)
    assert (road.ms("AB", speeds=live), road.ms("BC", speeds=live)) == (None, None)
    assert road.ms("AB", speeds=live, local=True) == round(road.length_m("AB") * 3600 / 30)


# --- hours ---------------------------------------------------------------------------------------------------------


def test_a_road_is_closed_at_its_hours_only(town):
    road = town({"AB": {**STREET, "motor_vehicle:conditional": "no @ (Mo-Fr 07:00-09:00)"}})
    assert road.ms("AB", at=MONDAY_8) is None
    assert road.ms("AB", at=MONDAY_20) == road.ms("AB") == round(road.length_m("AB") * 3600 / 25)


def test_a_road_is_open_at_its_hours_only(town):
    road = town({"AB": {**STREET, "motor_vehicle": "no", "motor_vehicle:conditional": "yes @ (19:00-23:00)"}})
    assert (road.ms("AB"), road.ms("AB", at=MONDAY_8)) == (None, None)
    assert road.ms("AB", at=MONDAY_20) is not None


def test_a_speed_is_signed_at_its_hours_only(town):
    road = town({"AB": {**STREET, "maxspeed": "50", "maxspeed:conditional": "30 @ (07:00-17:00)"}})
    assert (road.kmh("AB"), road.kmh("AB", at=MONDAY_8), road.kmh("AB", at=MONDAY_20)) == (40, 24, 40)


def test_whatever_may_ever_be_open_is_in_the_network(town):
    ways = {
        "AB": {**STREET, "motor_vehicle": "no", "motor_vehicle:conditional": "yes @ (19:00-23:00)"},
        "BC": {**STREET, "maxheight": "2"},
        "CD": {**STREET, "motor_vehicle": "no"},
    }
    road = town(ways, "A---B---C---D")
    open_to = ever_open(road.roads, [PROFILES["truck"]])
    assert [bool(open_to[road.edges[edge]]) for edge in ("AB", "BC", "CD")] == [True, True, False]
    assert ever_open(road.roads, [PROFILES["truck"], PROFILES["emergency"]])[road.edges["CD"]]


# --- gates ---------------------------------------------------------------------------------------------------------

RUSH = "Mo-Fr 07:00-09:00"


@pytest.mark.parametrize(
    ("gate", "profile", "at", "is_shut"),
    [
        (Gate(SIGN, MOTOR, ""), "car", None, True),
        (Gate(SIGN, MOTOR, ""), "emergency", None, False),
        (Gate(SIGN, HGV, ""), "car", None, False),
        (Gate(SIGN, CAR, RUSH), "car", None, False),
        (Gate(SIGN, CAR, RUSH), "car", MONDAY_8, True),
        (Gate(SIGN, CAR, RUSH), "car", MONDAY_20, False),
        (Gate(SIGN, HGV, "weight > 20"), "truck", None, False),
        (Gate(SIGN, HGV, "weight > 7.5"), "truck", None, True),
        (Gate(SIGN, CAR, "whenever the moon is full"), "car", MONDAY_8, False),
        (Gate(TURN_ROUND, MOTOR, ""), "emergency", None, True),
        (Gate(BARRIER, EMERGENCY, ""), "emergency", None, True),
        (Gate(BARRIER, CAR, ""), "emergency", None, False),
    ],
)
def test_gates_are_shut_to_whom_they_bind_when_they_bind(gate, profile, at, is_shut):
    assert shut_gates([gate], PROFILES[profile], at).tolist() == [is_shut]


# --- whole cities --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def helsinki():
    return read_roads(ROOT / "data/demo/helsinki-centre.osm.pbf")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("at", [None, MONDAY_8])
def test_costs_from_a_base_are_those_from_nothing(helsinki, profile, at):
    options = Options(Vehicle(height_m=3, weight_t=3, hazmat=True), frozenset(("toll", "bridge")), closed=(1, 7))
    base = edge_costs(helsinki, PROFILES[profile])
    kept = Costs(base.cost_ms.copy(), base.local_ms.copy())
    live = np.random.default_rng(5).choice(np.array([np.nan, 20.0, 60.0], np.float32), 2 * helsinki.segment_count)
    for asked in (options, Options()):
        fresh = edge_costs(helsinki, PROFILES[profile], asked, at, live)
        again = edge_costs(helsinki, PROFILES[profile], asked, at, live, base)
        assert np.array_equal(fresh.cost_ms, again.cost_ms)
        assert np.array_equal(fresh.local_ms, again.local_ms)
    assert np.array_equal(base.cost_ms, kept.cost_ms)
    assert np.array_equal(base.local_ms, kept.local_ms)


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_open_that_is_never_open(helsinki, profile):
    ever = ever_open(helsinki, [PROFILES[profile]])
    tiny = Options(Vehicle(0.1, 0.1, 0.1, 0.1, 0.1))
    for options, at in ((Options(), None), (tiny, MONDAY_8), (tiny, MONDAY_20)):
        costs = edge_costs(helsinki, PROFILES[profile], options, at)
        assert not ((costs.local_ms != CLOSED) & ~ever).any()
        assert ((costs.cost_ms == costs.local_ms) | (costs.cost_ms == CLOSED)).all()


@pytest.mark.parametrize("profile", ["car", "truck", "bus"])
def test_a_vehicle_given_costs_what_a_profile_of_that_size_does(helsinki, profile):
    given = Vehicle(height_m=3, width_m=2, length_m=30, weight_t=3, axle_load_t=1)
    asked = edge_costs(helsinki, PROFILES[profile], Options(given))
    own = edge_costs(helsinki, replace(PROFILES[profile], size=given))
    assert np.array_equal(asked.cost_ms, own.cost_ms)
    assert np.array_equal(asked.local_ms, own.local_ms)
