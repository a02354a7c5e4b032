"""What is told of a drive, rule by rule, on drawn roads."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.directions import junctions, look, manoeuvre_codes, turns
from location_cloud.directions.guidance import as_steps, build_guide
from location_cloud.directions.manoeuvre_codes import NOTHING
from location_cloud.directions.star import Star, build_star, parse_turn_lanes
from location_cloud.roads.model import CLASSES
from tests.directions.guided import Town, told
from tests.draw import draw_roads

ONE = {"oneway": "yes"}
PLAIN = {"name": ""}

CROSS = """
   E
   |
A--B--C
   |
   D
"""


def town(text, ways=None, grid_m=100.0, **others):
    return Town(draw_roads(text, ways, grid_m=grid_m, **others))


# --- turns ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "turn"),
    [("ABD", "turn right BD"), ("ABE", "turn left EB"), ("EBA", "turn right AB"), ("DBA", "turn left AB")],
)
def test_a_turn_at_a_crossing_is_told_with_its_side_and_road(path, turn):
    assert told(town(CROSS), path) == [turn]


def test_straight_over_a_crossing_on_one_road_is_not_told():
    assert told(town(CROSS, {"ABC": {}, "EBD": {}}), "ABC") == []


def test_straight_on_into_another_road_is_a_new_name():
    assert told(town(CROSS), "ABC") == ["new name straight BC"]


def test_a_road_that_merely_bends_is_not_told():
    assert told(town("A--B\n   |\n   C", {"ABC": {}}), "AC") == []


def test_a_bend_where_only_driveways_meet_the_road_is_not_told():
    roads = town("A--B--D\n   |\n   C", {"ABC": {"highway": "tertiary"}, "BD": {"highway": "service"}})
    assert told(roads, "ABC") in ([], ["continue right ABC"])


def test_a_main_road_that_turns_while_a_side_street_runs_straight_on_is_told():
    roads = town("A--B--D\n   |\n   C", {"ABC": {"highway": "primary"}, "BD": {"highway": "residential"}})
    assert told(roads, "ABC") == ["continue right ABC"]


def test_a_sharp_turn_is_called_sharp():
    assert told(town("A--B--C\n  /\n D", {"ABC": {}, "BD": {}}, grid_m=50), "ABD") == ["turn sharp right BD"]


def test_turning_round_at_a_dead_end_is_a_u_turn():
    assert told(town(CROSS, {"ABC": {}, "EBD": {}}), "ABCBA") == ["continue uturn ABC"]


def test_the_end_of_a_road_is_told_after_some_junctions():
    roads = town(
        "    G  H  E\n    |  |  |\nA---B--C--D\n    |  |  |\n    I  J  F", {"ABCD": {}, "EDF": {}, "GBI": {}, "HCJ": {}}
    )
    assert told(roads, "ABCDF") == ["end of road right EDF"]


def test_the_end_of_a_short_street_is_a_plain_turn():
    assert told(town("   C\n   |\nA--B\n   |\n   D", {"AB": {}, "CBD": {}}), "ABC") == ["turn left CBD"]


def test_two_roads_that_part_alike_are_a_fork():
    roads = town("         C\n      /\nA--B\n      \\\n         D", {"AB": {}, "BC": {}, "BD": {}}, grid_m=20)
    assert told(roads, "ABC") == ["fork slight left BC"]
    assert told(roads, "ABD") == ["fork slight right BD"]


def test_a_road_that_keeps_its_name_at_a_narrow_parting_is_not_told():
    roads = town("A---B----C\n\n         D", {"ABC": {}, "BD": {}}, grid_m=20)
    assert told(roads, "ABC") == []
    assert told(roads, "ABD") == ["turn slight right BD"]


def test_a_junction_with_one_way_on_needs_no_telling():
    roads = town("      D\n     /\nA--B--C", {"ABC": {}, "DB": ONE})
    assert told(roads, "ABC") == []


def test_a_forbidden_turn_does_not_compete_with_the_way_on():
    text, ways = "A---B----C\n\n         D", {"AB": {}, "BC": {}, "BD": {}}
    forbidden = town(text, ways, grid_m=20, restrictions=[("no_right_turn", "AB", "B", "BD")])
    assert told(town(text, ways, grid_m=20), "ABC") == ["fork slight left BC"]
    assert told(forbidden, "ABC") == ["new name straight BC"]


# --- names ---------------------------------------------------------------------------------------------------------


def test_a_name_that_is_missing_for_a_stretch_is_not_told_again():
    ways = {"AB": {"name": "M"}, "BC": PLAIN, "CD": {"name": "M"}}
    assert told(town("A--B--C--D", ways), "ABCD") == []


def test_a_short_bridge_with_a_name_of_its_own_is_not_told():
    ways = {"AB": {"name": "M"}, "BC": {"name": "Bridge"}, "CD": {"name": "M"}}
    assert told(town("A---B--C---D", ways, grid_m=30), "ABCD") == []


def test_a_change_of_tags_on_the_way_is_not_told():
    ways = {"AB": {"name": "M", "maxspeed": "50"}, "BC": {"name": "M", "surface": "gravel"}}
    assert told(town("A--B--C", ways), "ABC") == []


def test_a_name_that_grows_a_suffix_is_no_news():
    assert told(town("A--B--C", {"AB": {"name": "世纪大道"}, "BC": {"name": "世纪大道东段"}}), "ABC") == []


def test_a_new_number_on_a_road_of_the_same_name_is_told_only_if_the_old_one_ends():
    assert told(town("A--B--C", {"AB": {"name": "M", "ref": "G1"}, "BC": {"name": "M", "ref": "G1;G45"}}), "ABC") == []


def test_a_name_that_ends_is_no_news():
    assert told(town("A--B--C", {"AB": {"name": "M"}, "BC": PLAIN}), "ABC") == []


def test_the_first_name_after_a_few_steps_is_that_of_the_departure():
    steps = town("AB--C", {"AB": PLAIN, "BC": {"name": "M"}}, grid_m=20).steps("ABC")
    assert [step.kind for step in steps] == ["depart", "arrive"]
    assert steps[0].name == "M"


# --- what a driver sees as one turn ----------------------------------------------------------------------------------

DUAL = """
   E  F
   |  |
A--B--C--D
   |  |
   G  H
"""
DUAL_WAYS = {
    "EBG": {"name": "Main", "highway": "primary", **ONE},
    "HCF": {"name": "Main", "highway": "primary", **ONE},
    "ABCD": {"name": "Side"},
}


def test_crossing_a_divided_road_is_not_told():
    assert told(town(DUAL, DUAL_WAYS, grid_m=8), "ABCD") == []


def test_a_left_turn_over_the_median_is_one_turn():
    assert told(town(DUAL, DUAL_WAYS, grid_m=8), "ABCF") == ["turn left Main"]
    assert told(town(DUAL, DUAL_WAYS, grid_m=8), "EBCD") == ["turn left Side"]


def test_turning_round_over_the_median_is_one_u_turn():
    assert told(town(DUAL, DUAL_WAYS, grid_m=8), "EBCF") == ["continue uturn Main"]


def test_a_road_that_divides_is_not_told():
    roads = town(
        "     C---D\n    /\nA--B\n    \\\n     E---F",
        {"AB": {"name": "M"}, "BCD": {"name": "M", **ONE}, "FEB": {"name": "M", **ONE}},
        grid_m=10,
    )
    assert told(roads, "ABD") == []


def test_a_slip_lane_is_the_turn_it_leads_to():
    text = """
           F
           |
    A--B---C---D
        e  |
          f|
           G
           |
           H
    """
    ways = {
        "ABCD": {"name": "Main", "highway": "primary"},
        "FCGH": {"name": "Side", "highway": "secondary"},
        "BefG": {"name": "", "highway": "primary_link", **ONE},
    }
    roads = town(text, ways, grid_m=10)
    assert told(roads, "ABGH") == ["turn right Side"]
    assert told(roads, "ABCD") == []


def test_staggered_side_streets_are_one_crossing():
    text = "   D\n   |\nA--BC--E\n    |\n    F"
    ways = {"ABCE": {"name": "Main", "highway": "tertiary"}, "DB": {"name": "Lane"}, "CF": {"name": "Lane"}}
    assert told(town(text, ways, grid_m=10), "DBCF") == []


# --- motorways -----------------------------------------------------------------------------------------------------

MOTORWAY = """
A----B------C----D
      \\   /
       E--F
"""
MOTORWAY_WAYS = {
    "ABCD": {"highway": "motorway", "name": "", "ref": "G45", **ONE},
    "BE": {"highway": "motorway_link", "name": "", "destination": "大庆;安达", "junction:ref": "12", **ONE},
    "EF": {"highway": "secondary", "name": "Side"},
    "FC": {"highway": "motorway_link", "name": "", **ONE},
}


def test_staying_on_the_motorway_at_an_exit_is_not_told():
    assert told(town(MOTORWAY, MOTORWAY_WAYS), "ABCD") == []


def test_leaving_a_motorway_is_an_off_ramp_with_what_its_sign_says():
    step = town(MOTORWAY, MOTORWAY_WAYS).steps("ABEF")[1]
    assert (step.kind, step.modifier, step.junction, step.destinations) == (
        "off ramp",
        "right",
        "12",
        "大庆, 安达",
    )


def test_driving_onto_a_motorway_is_an_on_ramp_then_a_merge():
    assert told(town(MOTORWAY, MOTORWAY_WAYS), "EFCD") in (
        ["on ramp left", "merge slight left G45"],
        ["on ramp slight left", "merge slight left G45"],
    )


# --- roundabouts -----------------------------------------------------------------------------------------------------

RING = """
      E
      |
      C
    /   \\
A--B     D--F
    \\   /
      G
      |
      H
"""
RING_WAYS = {
    "BGDCB": {"junction": "roundabout", "name": ""},
    "AB": {},
    "CE": {},
    "DF": {},
    "GH": {},
}


@pytest.mark.parametrize(("path", "exit_"), [("ABGH", 1), ("ABGDF", 2), ("ABGDCE", 3), ("ABGDCBA", 4)])
def test_a_roundabout_is_one_step_with_its_exit(path, exit_):
    (step,) = town(RING, RING_WAYS).steps(path)[1:-1]
    assert (step.kind, step.exit) == ("roundabout", exit_)


def test_a_roundabout_is_named_by_the_road_behind_it():
    assert told(town(RING, RING_WAYS), "ABGDF") == ["roundabout slight right 2 DF"]


def test_an_exit_that_is_closed_to_the_traveller_is_not_counted():
    roads = town(RING, {**RING_WAYS, "GH": {"highway": "footway"}})
    assert told(roads, "ABGDF") == ["roundabout slight right 1 DF"]


def test_a_road_that_only_leads_in_is_no_exit():
    ways = {key: value for key, value in RING_WAYS.items() if key != "GH"} | {"HG": ONE}
    assert told(town(RING, ways), "ABGDF") == ["roundabout slight right 1 DF"]


def test_a_roundabout_with_a_name_of_its_own_is_a_rotary():
    ways = {**RING_WAYS, "BGDCB": {"junction": "roundabout", "name": "铁人广场"}}
    assert told(town(RING, ways), "ABGDF")[0].startswith("rotary slight right 2")


def test_a_circle_of_junction_circular_is_a_roundabout():
    ways = {**RING_WAYS, "BGDCB": {"junction": "circular", "name": "", **ONE}}
    assert told(town(RING, ways), "ABGDF") == ["roundabout slight right 2 DF"]


def test_a_trip_that_ends_inside_a_roundabout_enters_it():
    steps = town(RING, RING_WAYS).steps("ABGD")
    assert [(step.kind, step.exit) for step in steps] == [("depart", 0), ("roundabout", 0), ("arrive", 0)]


def test_a_trip_that_begins_inside_a_roundabout_leaves_it():
    assert told(town(RING, RING_WAYS), "GDF") == ["exit roundabout slight right 1 DF"]


def test_a_mini_roundabout_is_a_plain_crossing():
    roads = town(CROSS, nodes={"B": {"highway": "mini_roundabout"}})
    assert told(roads, "ABD") == ["turn right BD"]


def test_roundabouts_of_left_driving_countries_are_driven_the_other_way():
    ways = {key: value for key, value in RING_WAYS.items() if key != "BGDCB"}
    ways["BCDGB"] = {"junction": "roundabout", "name": ""}
    step = town(RING, ways, origin=(-0.12, 51.5)).steps("ABCDF")[1]
    assert (step.exit, step.modifier, step.driving_side) == (2, "slight left", "left")


# --- ends ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("north_m", "side"), [(20, "left"), (-20, "right"), (2, "")])
def test_the_arrival_tells_the_side_of_the_place(north_m, side):
    roads = town("A--B", {"AB": {}})
    lon, lat = roads.drawing.lonlat["B"]
    step = roads.steps("AB", end=(lon, lat + north_m / 111_200))[-1]
    assert (step.kind, step.side) == ("arrive", side)


def test_steps_share_the_length_and_time_of_the_drive():
    arrays, shape = town(CROSS).arrays("ABD", first=0.3, last=0.6)
    assert arrays.distance_m.sum() == pytest.approx(shape.along_m[-1])
    assert arrays.duration_ms.sum() == 2000


def test_a_trip_that_only_touches_its_first_edge_departs_on_the_second():
    steps = town(CROSS).steps("ABD", first=1.0)
    assert [step.kind for step in steps] == ["depart", "arrive"]
    assert steps[0].name == "BD"
    assert steps[0].bearing_after_deg == 180


def test_a_trip_that_only_touches_its_last_edge_arrives_before_it():
    assert [step.kind for step in town(CROSS).steps("ABD", last=0.0)] == ["depart", "arrive"]


def test_a_trip_without_length_departs_and_arrives():
    steps = town("A--B", {"AB": {}}).steps("AB", first=0.5, last=0.5)
    assert [(step.kind, step.distance_m) for step in steps] == [("depart", 0.0), ("arrive", 0.0)]


def test_a_ferry_is_a_step_of_its_own_mode():
    ways = {"AB": {}, "BC": {"highway": "", "route": "ferry", "motor_vehicle": "yes", "name": "Ferry"}, "CD": {}}
    ways["BC"].pop("highway")
    drawing = draw_roads("A--B--C--D", ways)
    drawing.ways["BC"].pop("highway")
    assert [step.mode for step in Town(drawing).steps("ABCD")] == ["driving", "ferry", "driving", "driving"]


# --- on foot ---------------------------------------------------------------------------------------------------------

PATHS = """
A--B-C
   |
   D--E
"""


def test_walkers_are_not_told_of_roundabouts():
    assert all("round" not in step for step in told(town(RING, RING_WAYS), "ABGDF", "walking"))


def test_a_zigzag_of_unnamed_paths_is_not_told_step_by_step():
    path = {"highway": "footway", "name": ""}
    text = "A----B   F\n     |\n  G--C----D\n          |\n          E"
    roads = town(text, {"ABCD": path, "CG": path, "DE": path, "BF": path}, grid_m=5)
    assert told(roads, "ABCD", "walking") == []


def test_a_walker_turns_once_where_two_turns_are_a_few_metres_apart():
    path = {"highway": "footway", "name": ""}
    text = "A------B---F\n       |\n   G---C---H\n       |\n       D"
    roads = town(text, {"AB": path, "BF": path, "BC": path, "GCH": path, "CD": path}, grid_m=10)
    assert told(roads, "ABCD", "walking") == ["turn right"]


# --- junctions and lanes ---------------------------------------------------------------------------------------------


def test_a_passed_junction_lists_its_roads_clockwise_and_how_it_is_passed():
    (_, passed) = town(CROSS, {"ABC": {}, "EBD": {}}).steps("ABC")[0].junctions
    assert passed.bearings_deg == (0, 90, 180, 270)
    assert passed.entry == (True, True, True, False)
    assert (passed.came_by, passed.goes_by) == (3, 1)


def test_every_step_begins_at_its_own_junction():
    for step in town(CROSS).steps("ABD"):
        assert step.junctions[0].lonlat == pytest.approx(step.lonlat)


def test_departure_and_arrival_are_junctions_of_one_road():
    depart, arrive = town("A--B", {"AB": {}}).steps("AB")
    assert depart.junctions[0].bearings_deg == (90,)
    assert (depart.junctions[0].came_by, depart.junctions[0].goes_by) == (-1, 0)
    assert arrive.junctions[0].bearings_deg == (270,)
    assert (arrive.junctions[0].came_by, arrive.junctions[0].goes_by) == (0, -1)


def test_a_forbidden_turn_and_the_wrong_end_of_a_one_way_street_cannot_be_entered():
    roads = town(CROSS, {"AB": {}, "BC": {}, "DB": ONE, "BE": {}}, restrictions=[("no_left_turn", "AB", "B", "BE")])
    assert roads.steps("ABC")[1].junctions[0].entry == (False, True, False, False)


def test_lanes_tell_their_arrows_and_which_serve_the_turn():
    ways = {"AB": {"turn:lanes": "left|through;right|none", "lanes": "3", **ONE}, "BC": {}, "DB": {}, "BE": {}}
    lanes = town(CROSS, ways).steps("ABD")[1].junctions[0].lanes
    assert [lane.indications for lane in lanes] == [("left",), ("straight", "right"), ("none",)]
    assert [lane.valid for lane in lanes] == [False, True, False]


def test_lanes_of_the_other_direction_are_not_told():
    ways = {"AB": {"turn:lanes:backward": "left|right"}, "BC": {}, "DB": {}, "BE": {}}
    assert town(CROSS, ways).steps("ABD")[1].junctions[0].lanes == ()


@pytest.mark.parametrize(
    ("text", "lanes"),
    [
        ("left|through;right||", 4),
        ("none|none", 0),
        ("", 0),
        ("left", 1),
        ("nonsense|left", 2),
        ("|".join(["left"] * 40), 0),
    ],
)
def test_turn_lanes_are_read_or_left_alone(text, lanes):
    assert len(parse_turn_lanes(text)) == lanes


# --- the star --------------------------------------------------------------------------------------------------------


def test_a_star_is_the_same_from_its_saved_arrays():
    star = town(CROSS).star
    again = Star.from_arrays(star.as_arrays())
    assert all(np.array_equal(value, again.as_arrays()[name]) for name, value in star.as_arrays().items())


def test_arms_stand_clockwise_from_north_and_every_edge_has_one():
    star = town(RING, RING_WAYS).star
    for low, high in zip(star.start, star.start[1:]):
        assert (np.diff(star.bearing_deg[low:high]) >= 0).all()
    assert (star.edge[star.place] == np.arange(len(star.edge))).all()


def test_a_guide_is_made_once_for_a_snapshot():
    roads = town(CROSS)
    assert build_guide(roads.roads, roads.star) is roads.guide


def test_steps_need_no_junctions():
    roads = town(CROSS)
    arrays, shape = roads.arrays("ABD")
    assert len(as_steps(roads.guide, arrays, shape)) == 3


def test_an_empty_network_has_an_empty_star():
    star = build_star(Town(draw_roads("A--B", {"AB": {"highway": "proposed"}})).roads)
    assert len(star.edge) == 0


def test_numbers_that_compiled_kernels_have_built_in_stay_what_they_are():
    """Numbers that compiled code has built in.

    Numba compiles a kernel anew when its own file's text changes, not when a number it imports does: whoever renumbers
    these changes a line of look.py, turns.py, steps.py and junctions.py too, or old code reads the wrong columns.
    """
    columns = "ANGLE OPEN NAME REF CLASS FLAGS FAR SLIP BEARING RANK MINOR COLUMNS"
    assert [getattr(look, name) for name in columns.split()] == list(range(12))
    assert [getattr(look, name) for name in ("FIRST", "SIZE", "TAKEN", "NODE", "LANES")] == list(range(5))
    rows = "AT KIND WORD EXIT T_ANGLE BEFORE AFTER NAMED LEFT_AT PASSED"
    assert [getattr(turns, name) for name in rows.split()] == list(range(10))
    rows = "J_AT J_POINT J_CAME J_GOES J_ARM J_LANE"
    assert [getattr(junctions, name) for name in rows.split()] == list(range(6))
    kinds = "DEPART TURN NEW_NAME CONTINUE MERGE ON_RAMP OFF_RAMP FORK END_OF_ROAD ROUND ROTARY EXIT_ROUND ARRIVE"
    assert [getattr(manoeuvre_codes, name) for name in kinds.split()] == list(range(13))


def test_a_place_where_the_road_just_runs_on_is_judged_at_once_as_by_all_rules() -> None:
    chance, told = np.random.default_rng(11), 0
    data, start = np.frombuffer(b"abc", np.uint8), np.arange(4)
    for _ in range(3000):
        arms = chance.integers(0, 3, (2, look.COLUMNS)).astype(np.int32)
        arms[:, look.ANGLE], arms[1, look.OPEN], arms[:, look.SLIP] = [0, chance.integers(1, 360)], 1, -1
        arms[:, look.CLASS] = chance.integers(0, len(CLASSES), 2)
        mode = int(chance.integers(0, 3))
        if turns._runs_on(arms, mode):
            felt = np.empty((look.MOST_ARMS, look.COLUMNS), np.int32)
            assert turns._turn(*turns._simplify(2, 1, arms, felt, mode), felt, data, start, mode)[0] == NOTHING
            told += 1
    assert told > 300
