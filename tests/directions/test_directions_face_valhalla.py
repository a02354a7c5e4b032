from __future__ import annotations

import json

import numpy as np
import pytest

from location_cloud.directions.dataset import SECTION
from location_cloud.directions.formats import decode_polyline
from location_cloud.roads.dataset import SECTION as ROADS
from routing.trip import CLOSED

HERE, THERE, BESIDE = (
    {"lat": 60.1699, "lon": 24.9384},
    {"lat": 60.1640, "lon": 24.9458},
    {"lat": 60.1680, "lon": 24.9420},
)
AT_SEA = {"lat": 59.80, "lon": 25.30}
PAIR = {"locations": [HERE, THERE], "costing": "auto"}


def ask(client, path, body, status=200):
    answer = client.post(f"/valhalla/{path}", json=body)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def current(app):
    return app.extensions["location_cloud"].worlds.current()


def test_a_trip_is_told_with_maneuvers_that_cover_its_shape(client):
    trip = ask(client, "route", {**PAIR, "id": "a"})["trip"]
    leg = trip["legs"][0]
    line = decode_polyline(leg["shape"], 6)
    assert [leg["maneuvers"][0]["begin_shape_index"], leg["maneuvers"][-1]["end_shape_index"]] == [0, len(line) - 1]
    assert leg["maneuvers"][0]["type"] in (1, 2, 3)
    assert leg["maneuvers"][-1]["type"] in (4, 5, 6)
    assert sum(step["time"] for step in leg["maneuvers"]) == pytest.approx(trip["summary"]["time"], abs=0.05)


def test_the_address_asks_what_the_body_asks(client):
    answer = client.get("/valhalla/route", query_string={"json": json.dumps(PAIR)})
    assert answer.get_json() == ask(client, "route", PAIR)


def test_a_place_passed_ends_no_leg(client):
    through = {**PAIR, "locations": [HERE, {**BESIDE, "type": "through"}, THERE]}
    stopping = {**PAIR, "locations": [HERE, BESIDE, THERE]}
    assert len(ask(client, "route", stopping)["trip"]["legs"]) == 2
    legs = ask(client, "route", through)["trip"]["legs"]
    assert len(legs) == 1
    assert [step["type"] in (4, 5, 6) for step in legs[0]["maneuvers"]].count(True) == 1


def test_miles_are_shorter_numbers(client):
    kilometres = ask(client, "route", PAIR)["trip"]["summary"]["length"]
    miles = ask(client, "route", {**PAIR, "directions_options": {"units": "miles"}})["trip"]
    assert miles["units"] == "miles"
    assert miles["summary"]["length"] * 1.609344 == pytest.approx(kilometres, abs=0.002)


def test_words_come_in_the_wished_language_or_not_at_all(client):
    def first(**more):
        return ask(client, "route", {**PAIR, **more})["trip"]["legs"][0]

    assert first(language="zh-CN")["maneuvers"][0]["instruction"].endswith("出发")
    assert first(directions_type="maneuvers")["maneuvers"][0]["instruction"] == ""
    assert "maneuvers" not in first(directions_type="none")


def test_an_excluded_polygon_is_not_driven_through(client):
    box = [[24.9405, 60.1665], [24.9435, 60.1665], [24.9435, 60.1685], [24.9405, 60.1685]]
    shape = ask(client, "route", {**PAIR, "exclude_polygons": [box]})["trip"]["legs"][0]["shape"]
    line = decode_polyline(shape, 6) / 1e7
    inside = (line[:, 0] > 24.9406) & (line[:, 0] < 24.9434) & (line[:, 1] > 60.1666) & (line[:, 1] < 60.1684)
    assert not inside.any()


def test_the_time_of_arrival_is_repeated(client):
    at = {"type": 2, "value": "2026-11-23T08:00"}
    locations = ask(client, "route", {**PAIR, "date_time": at})["trip"]["locations"]
    assert locations[-1]["date_time"] == "2026-11-23T08:00"


def test_a_route_comes_as_gpx_and_in_osrms_form(client):
    gpx = client.post("/valhalla/route", json={**PAIR, "format": "gpx"})
    assert gpx.mimetype == "application/gpx+xml"
    assert ask(client, "route", {**PAIR, "format": "osrm"})["code"] == "Ok"


def test_alternates_are_further_trips(client):
    found = ask(client, "route", {**PAIR, "alternates": 2, "directions_type": "none"})
    assert found["trip"]["summary"]["time"] <= min(
        [other["trip"]["summary"]["time"] for other in found.get("alternates", [])], default=1e9
    )


def test_contours_come_farthest_first_with_colours(client):
    contours = [{"time": 1}, {"time": 3, "color": "ff0000"}, {"distance": 0.5}]
    asked = {"locations": [HERE], "costing": "pedestrian", "contours": contours, "polygons": True}
    features = ask(client, "isochrone", asked)["features"]
    told = [(feature["properties"]["metric"], feature["properties"]["contour"]) for feature in features]
    assert told == [("distance", 0.5), ("time", 3.0), ("time", 1.0)]
    assert features[1]["properties"]["color"] == "#ff0000"


def test_a_matrix_agrees_with_the_route(client):
    cell = ask(client, "sources_to_targets", {"sources": [HERE], "targets": [THERE], "costing": "auto"})
    summary = ask(client, "route", PAIR)["trip"]["summary"]
    assert cell["sources_to_targets"][0][0]["time"] == round(summary["time"])


def test_the_best_order_keeps_both_ends(client):
    asked = {"locations": [HERE, THERE, BESIDE, {"lat": 60.165, "lon": 24.944}], "costing": "pedestrian"}
    places = ask(client, "optimized_route", asked)["trip"]["locations"]
    numbers = [place["original_index"] for place in places]
    assert [numbers[0], numbers[-1]] == [0, 3]
    assert sorted(numbers) == [0, 1, 2, 3]


def test_locate_tells_both_directions_and_nothing_at_sea(client):
    found = ask(client, "locate", {"locations": [BESIDE, AT_SEA], "costing": "pedestrian"})
    assert {edge["way_id"] for edge in found[0]["edges"]}
    assert found[1]["edges"] == []


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("route", {"locations": [HERE, AT_SEA], "costing": "auto"}, 171),
        ("route", {"locations": [HERE, {"lat": 0, "lon": 0}], "costing": "auto"}, 154),
        ("route", {"locations": [HERE], "costing": "auto"}, 120),
        ("route", {"costing": "auto"}, 110),
        ("route", {"locations": [HERE, THERE]}, 124),
        ("route", {**PAIR, "costing": "plane"}, 125),
        ("route", {**PAIR, "locations": [HERE, {"lat": 60}]}, 130),
        ("route", {**PAIR, "exclude_polygons": [[[24, 60]]]}, 137),
        ("route", {**PAIR, "date_time": {"type": 1}}, 160),
        ("route", {**PAIR, "date_time": {"type": 2}}, 161),
        ("route", {**PAIR, "date_time": {"type": 1, "value": "soon"}}, 162),
        ("route", {**PAIR, "locations": [HERE] * 101}, 150),
        ("isochrone", {"locations": [HERE], "costing": "auto"}, 113),
        ("isochrone", {"locations": [HERE], "costing": "auto", "contours": [{"time": 500}]}, 151),
        ("isochrone", {"locations": [HERE], "costing": "auto", "contours": [{"distance": 500}]}, 166),
        ("isochrone", {"locations": [HERE], "costing": "auto", "contours": [{"time": 1}] * 11}, 152),
        ("sources_to_targets", {"sources": [HERE], "costing": "auto"}, 112),
        ("height", {}, 312),
        ("height", {"shape": [HERE]}, 107),
        ("trace_route", {}, 312),
        ("trace_attributes", {}, 312),
    ],
)
def test_errors_have_valhallas_form_and_code(client, path, body, code):
    error = ask(client, path, body, 400)
    assert (error["error_code"], error["status_code"], error["status"]) == (code, 400, "Bad Request")
    assert set(error) == {"error_code", "error", "status_code", "status"}


def test_a_body_that_is_no_json_is_error_100(client):
    answer = client.post("/valhalla/route", data="{", content_type="application/json")
    assert (answer.status_code, answer.get_json()["error_code"]) == (400, 100)
    assert client.get("/valhalla/route").get_json()["error_code"] == 100


def test_a_private_road_is_located_too(client, app):
    directions, roads = current(app).section(SECTION), current(app).section(ROADS)
    network = directions.networks["car"]
    closed = network.metric.cost_ms[: network.graph.roads] == CLOSED
    edge = int(np.flatnonzero(closed & (network.local_ms[: network.graph.roads] != CLOSED))[0])
    lon, lat = roads.shape_e7[roads.shape_start[edge // 2]] / 1e7
    at = {"locations": [{"lon": lon, "lat": lat}], "costing": "auto"}
    assert all(found["edges"] for found in ask(client, "locate", at))


@pytest.mark.parametrize("value", ["9999-12-31T23:59", "0001-01-01T00:00", "2026-11-23", "soon"])
@pytest.mark.parametrize("kind", [1, 2, 3])
def test_no_other_calendar_is_read(kind, value, client):
    assert ask(client, "route", {**PAIR, "date_time": {"type": kind, "value": value}}, 400)["error_code"] == 162


def test_the_present_moment_may_be_named(client):
    assert ask(client, "route", {**PAIR, "date_time": {"type": 1, "value": "current"}}) == ask(client, "route", PAIR)


def test_a_location_may_tell_the_time(client):
    leaving = {**PAIR, "locations": [{**HERE, "date_time": "2026-11-23T08:00"}, THERE]}
    assert ask(client, "route", leaving)["trip"]["locations"][0]["date_time"] == "2026-11-23T08:00"


def test_nobody_waits_for_ages(client):
    places = [HERE, {**BESIDE, "waiting": 1e12}, THERE]
    refused = ask(client, "route", {**PAIR, "locations": places}, 400)
    assert refused["error_code"] == 130
    assert "waiting" in refused["error"]


@pytest.mark.parametrize("path", ["sources_to_targets", "isochrone", "optimized_route", "route"])
def test_an_hour_of_arrival_counts_everywhere(path, client, app):
    """An hour that nobody asked for yet leaves its conditions with the metrics."""
    hour = 6 + ["sources_to_targets", "isochrone", "optimized_route", "route"].index(path)
    at = {"type": 2, "value": f"2031-11-24T{hour:02}:30"}
    asked = {**PAIR, "sources": [HERE], "targets": [THERE], "contours": [{"time": 3}], "date_time": at}
    asked["locations"] = [HERE] if path == "isochrone" else [HERE, BESIDE, THERE]
    moments = current(app).overlay["directions"]._moments
    ask(client, path, {**asked, "format": "osrm"} if path == "route" else asked)
    assert any((key[2].year, key[2].hour) == (2031, hour) for key in moments)


@pytest.mark.parametrize(("path", "form"), [("route", "pbf"), ("isochrone", "geotiff"), ("sources_to_targets", "osrm")])
def test_a_form_that_is_not_offered_is_refused(path, form, client):
    asked = {**PAIR, "sources": [HERE], "targets": [THERE], "contours": [{"time": 3}], "format": form}
    assert ask(client, path, asked, 400)["error_code"] == 107


def test_options_without_effect_are_told(client):
    options = {"auto": {"shortest": True, "height": 2.0, "use_ferry": 0}}
    trip = ask(client, "route", {**PAIR, "costing_options": options})["trip"]
    assert trip["warnings"][0]["text"].endswith(": shortest")
    assert "warnings" not in ask(client, "route", PAIR)["trip"]


@pytest.mark.parametrize(("costing", "option"), [("auto", "top_speed"), ("pedestrian", "walking_speed")])
def test_who_is_slower_takes_longer(costing, option, client):
    def seconds(**more):
        return ask(client, "route", {**PAIR, "costing": costing, **more})["trip"]["summary"]["time"]

    assert seconds(costing_options={costing: {option: 3}}) > 1.5 * seconds()


def test_the_language_told_is_the_one_spoken(client):
    def told(tag):
        return ask(client, "route", {**PAIR, "language": tag})["trip"]["language"]

    assert [told(tag) for tag in ("zh-CN", "en-GB", "de-DE", "xx")] == ["zh-CN", "en-GB", "en-US", "en-US"]
