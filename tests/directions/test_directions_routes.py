from __future__ import annotations

import pytest

from location_cloud.directions.model import Ask, Place
from location_cloud.directions.service import find_routes
from location_cloud.directions.wording import instruction
from location_cloud.errors import Unprocessable
from tests.draw import draw_roads

STREET = {"highway": "residential"}


def drive(drawing, world, signs, profile="car", **more):
    """The quickest route past the places of these signs."""
    places = [Place(drawing.lonlat[sign], 50) for sign in signs]
    return find_routes(world, Ask(profile), places, **more).routes[0]


def way(drawing, world, start, end, profile="car"):
    """The drawn nodes that the quickest route passes, in order."""
    at = {(round(lon, 6), round(lat, 6)): name for name, (lon, lat) in drawing.lonlat.items()}
    line = drive(drawing, world, start + end, profile).shapes[0].line_e7 / 1e7
    return "".join(at.get((round(lon, 6), round(lat, 6)), "") for lon, lat in line.tolist())


SQUARE = """
A--B--C
|  |  |
D--E--F
"""


def test_one_way_street_is_not_driven_backwards(drawn):
    ways = {"CBA": {**STREET, "oneway": "yes"}, "AD": STREET, "DEF": STREET, "CF": STREET, "BE": STREET}
    drawing = draw_roads(SQUARE, ways=ways)
    assert way(drawing, drawn(drawing), "A", "C") in ("ADEBC", "ADEFC")


def test_a_pedestrian_may_walk_against_a_one_way_street(drawn):
    ways = {"CBA": {**STREET, "oneway": "yes"}, "AD": STREET, "DEF": STREET, "CF": STREET, "BE": STREET}
    drawing = draw_roads(SQUARE, ways=ways)
    assert way(drawing, drawn(drawing), "A", "C", "foot") == "ABC"


def test_a_forbidden_turn_is_not_escaped_by_turning_round_behind_the_junction(drawn):
    drawing = draw_roads(
        """
        A--B--C--D
           |     |
           E-----F
        """,
        ways={"AB": STREET, "BCD": STREET, "BE": STREET, "EF": STREET, "DF": STREET},
        restrictions=[("no_right_turn", "AB", "B", "BE")],
    )
    assert way(drawing, drawn(drawing), "A", "E") == "ABCDFE"


def test_a_bollard_stops_cars_and_lets_people_through(drawn):
    drawing = draw_roads(
        """
        A--B--C
        |     |
        D-----E
        """,
        ways={"ABC": STREET, "AD": STREET, "DE": STREET, "CE": STREET},
        nodes={"B": {"barrier": "bollard"}},
    )
    world = drawn(drawing)
    assert way(drawing, world, "A", "C") == "ADEC"
    assert way(drawing, world, "A", "C", "foot") == "ABC"


def test_a_road_for_residents_is_a_way_home_but_no_short_cut(drawn):
    drawing = draw_roads(
        """
        A--B--C
        |     |
        D     E
        |     |
        |     |
        F-----G
        """,
        ways={"ABC": {**STREET, "motor_vehicle": "destination"}, "ADF": STREET, "FG": STREET, "CEG": STREET},
    )
    world = drawn(drawing)
    assert way(drawing, world, "D", "E") == "DFGE"
    assert way(drawing, world, "D", "E", "foot") == "DABCE"
    assert way(drawing, world, "D", "B") == "DAB"


def test_no_way_between_two_parts_is_said_so(drawn):
    drawing = draw_roads("A--B  C--D", ways={"AB": STREET, "CD": STREET})
    with pytest.raises(Unprocessable, match=r"no road|no way"):
        way(drawing, drawn(drawing), "A", "D")


def test_a_point_off_the_road_names_the_radius(drawn):
    drawing = draw_roads("A--B", ways={"AB": STREET})
    world = drawn(drawing)
    with pytest.raises(Unprocessable, match="within 50 m"):
        find_routes(world, Ask(), [Place((0.0, 0.0), 50), Place(drawing.lonlat["A"], 50)])


def test_duration_is_the_sum_of_the_steps_and_length_too(drawn):
    drawing = draw_roads(SQUARE, ways={"ABC": STREET, "AD": STREET, "DEF": STREET, "CF": STREET, "BE": STREET})
    route = drive(drawing, drawn(drawing), "AF")
    assert sum(step.duration_s for step in route.steps[0]) == pytest.approx(route.duration_ms / 1000, abs=1e-9)
    assert sum(step.distance_m for step in route.steps[0]) == pytest.approx(route.distance_m, abs=1e-6)


def test_the_way_nowhere_has_no_length(drawn):
    drawing = draw_roads("A--B", ways={"AB": STREET})
    route = drive(drawing, drawn(drawing), "AA")
    assert (route.duration_ms, route.distance_m) == (0, 0.0)


def test_a_change_of_road_is_told_with_its_name(drawn):
    ways = {"AB": {**STREET, "name": "世纪大道"}, "BC": {**STREET, "name": "东风路"}, "BD": STREET}
    drawing = draw_roads("A--B--D\n   |\n   C", ways=ways)
    steps = drive(drawing, drawn(drawing), "AC").steps[0]
    assert [step.kind for step in steps] == ["depart", "turn", "arrive"]
    assert [instruction(step, "zh-CN") for step in steps] == [
        "沿世纪大道向东出发",
        "前方路口右转进入东风路",
        "到达目的地",
    ]
    assert instruction(steps[1], "en") == "Turn right onto 东风路"


def test_a_roundabout_with_a_name_is_one_instruction_with_its_exit(drawn):
    ring = {**STREET, "junction": "roundabout"}
    drawing = draw_roads(
        """
              E
              |
              C
            /   \\
        A--B     D--F
            \\   /
              G
              |
              H
        """,
        ways={"BGDCB": ring, "AB": STREET, "CE": STREET, "DF": STREET, "GH": STREET},
    )
    steps = drive(drawing, drawn(drawing), "AF").steps[0]
    assert [(step.kind, step.exit) for step in steps] == [("depart", 0), ("rotary", 2), ("arrive", 0)]


def test_each_stop_ends_a_leg_and_begins_the_next(drawn):
    drawing = draw_roads(SQUARE, ways={"ABC": STREET, "AD": STREET, "DEF": STREET, "CF": STREET, "BE": STREET})
    world = drawn(drawing)
    whole, first, second = (drive(drawing, world, signs) for signs in ("AEC", "AE", "EC"))
    assert [leg.duration_ms for leg in whole.legs] == [first.duration_ms, second.duration_ms]
    assert whole.shapes[0].line_e7[-1].tolist() == whole.shapes[1].line_e7[0].tolist()


# --- over HTTP --------------------------------------------------------------------------------------


def test_a_route_answers_in_the_documented_shape(client):
    answer = client.get(
        "/v1/route?from=24.9384,60.1699&to=24.9458,60.1640&profile=car", headers={"Accept-Language": "en"}
    )
    route = answer.json["routes"][0]
    assert route["geometry"]["type"] == "LineString"
    assert route["distance_m"] > 500
    assert route["legs"][0]["steps"][-1]["instruction"].startswith("You have arrived")
    assert sum(step["duration_s"] for step in route["legs"][0]["steps"]) == pytest.approx(route["duration_s"])


def test_a_route_outside_the_city_says_what_to_check(client):
    answer = client.get("/v1/route?from=125.1,46.6&to=125.2,46.6")
    assert answer.status_code == 422
    assert "/v1/datasets" in answer.json["hint"]


def test_two_towns_that_no_road_joins_are_said_to_be_apart(drawn):
    drawing = draw_roads(
        """
        A--B--C          F--G
        |  |  |          |  |
        D--E--H          I--J
        """,
        ways={"ABC": STREET, "DEH": STREET, "AD": STREET, "BE": STREET, "CH": STREET, "FG": STREET, "IJ": STREET}
        | {"FI": STREET, "GJ": STREET},
    )
    with pytest.raises(Unprocessable, match="no way leads"):
        way(drawing, drawn(drawing), "A", "G")
