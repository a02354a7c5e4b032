from __future__ import annotations

import pytest

from location_cloud.directions.service import find_route
from location_cloud.directions.steps import modifier, turn_deg
from location_cloud.directions.wording import LANGUAGES, instruction
from location_cloud.errors import Unprocessable
from tests.draw import draw_roads

STREET = {"highway": "residential"}


def names(drawing, route):
    """The drawn nodes that a route's line passes, in order."""
    at = {(round(lon, 6), round(lat, 6)): name for name, (lon, lat) in drawing.lonlat.items()}
    return "".join(at.get((round(lon, 6), round(lat, 6)), "") for lon, lat in route.line.tolist())


def way(drawing, world, start, end, profile="car"):
    route = find_route(world, drawing.lonlat[start], drawing.lonlat[end], profile, 50)
    return names(drawing, route)


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
        D-----E
        """,
        ways={"ABC": {**STREET, "motor_vehicle": "destination"}, "AD": STREET, "DE": STREET, "CE": STREET},
    )
    world = drawn(drawing)
    assert way(drawing, world, "A", "C") == "ADEC"
    assert way(drawing, world, "D", "B") == "DAB"


def test_no_way_between_two_parts_is_said_so(drawn):
    drawing = draw_roads("A--B  C--D", ways={"AB": STREET, "CD": STREET})
    with pytest.raises(Unprocessable, match=r"no road|no way"):
        way(drawing, drawn(drawing), "A", "D")


def test_a_point_off_the_road_names_the_radius(drawn):
    drawing = draw_roads("A--B", ways={"AB": STREET})
    world = drawn(drawing)
    with pytest.raises(Unprocessable, match="within 50 m"):
        find_route(world, (0.0, 0.0), drawing.lonlat["A"], "car", 50)


def test_duration_is_the_sum_of_the_steps_and_length_too(drawn):
    drawing = draw_roads(SQUARE, ways={"ABC": STREET, "AD": STREET, "DEF": STREET, "CF": STREET, "BE": STREET})
    route = find_route(drawn(drawing), drawing.lonlat["A"], drawing.lonlat["F"], "car", 50)
    assert sum(step.duration_s for step in route.steps) == pytest.approx(route.duration_ms / 1000, abs=1e-9)
    assert sum(step.distance_m for step in route.steps) == pytest.approx(route.distance_m, abs=1e-6)


def test_the_way_nowhere_has_no_length(drawn):
    drawing = draw_roads("A--B", ways={"AB": STREET})
    route = find_route(drawn(drawing), drawing.lonlat["A"], drawing.lonlat["A"], "car", 50)
    assert (route.duration_ms, route.distance_m) == (0, 0.0)


def test_a_change_of_road_is_told_with_its_name(drawn):
    ways = {"AB": {**STREET, "name": "世纪大道"}, "BC": {**STREET, "name": "东风路"}}
    drawing = draw_roads("A--B\n   |\n   C", ways=ways)
    steps = find_route(drawn(drawing), drawing.lonlat["A"], drawing.lonlat["C"], "car", 50).steps
    assert [step.kind for step in steps] == ["depart", "turn", "arrive"]
    assert [instruction(step, "zh-CN") for step in steps] == ["沿世纪大道向东出发", "右转，进入东风路", "到达目的地"]
    assert instruction(steps[1], "en") == "Turn right onto 东风路"


def test_a_roundabout_is_one_instruction_with_its_exit(drawn):
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
    steps = find_route(drawn(drawing), drawing.lonlat["A"], drawing.lonlat["F"], "car", 50).steps
    assert [(step.kind, step.exit) for step in steps] == [("depart", 0), ("roundabout", 2), ("arrive", 0)]


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (0, 0, "straight"),
        (0, 90, "right"),
        (0, 270, "left"),
        (350, 10, "straight"),
        (90, 130, "slight_right"),
        (90, 230, "sharp_right"),
        (90, 270, "uturn"),
        (10, 330, "slight_left"),
    ],
)
def test_a_turn_is_called_by_its_angle(before, after, word):
    assert modifier(turn_deg(before, after)) == word


def test_every_word_has_both_languages():
    assert set(LANGUAGES) == {"zh-CN", "en"}


# --- over HTTP --------------------------------------------------------------------------------------


def test_a_route_answers_in_the_documented_shape(client):
    answer = client.get(
        "/v1/route?from=24.9384,60.1699&to=24.9458,60.1640&profile=car", headers={"Accept-Language": "en"}
    )
    route = answer.json["routes"][0]
    assert route["geometry"]["type"] == "LineString"
    assert route["distance_m"] > 500
    assert route["legs"][0]["steps"][-1]["instruction"] == "You have arrived"
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
