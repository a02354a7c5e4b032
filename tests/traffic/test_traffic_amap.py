from __future__ import annotations

from xml.etree import ElementTree

import pytest

from location_cloud.spatial.crs import from_wgs84


def box(town):
    west_south, east_north = town.roads.node_e7.min(axis=0) / 1e7, town.roads.node_e7.max(axis=0) / 1e7
    corners = from_wgs84([west_south, east_north], "gcj02").tolist()
    return ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in corners)


def ask(town, path):
    return town.get(f"/amap/v3/traffic/status/{path}").json


def test_a_rectangle_is_answered_in_amaps_shape(town):
    town.publish({"AB": 14.0, "BC": 14.0})
    told = ask(town, f"rectangle?rectangle={box(town)}&extensions=all&level=6")
    assert (told["status"], told["infocode"]) == ("1", "10000")
    evaluation = told["trafficinfo"]["evaluation"]
    assert set(evaluation) == {"expedite", "congested", "blocked", "unknown", "status", "description"}
    road = told["trafficinfo"]["roads"][0]
    assert (road["name"], road["status"], road["direction"], road["speed"]) == ("中七路", "4", "自西向东", "14")


def test_positions_of_roads_are_gcj02(town):
    town.publish({"AB": 14.0, "BC": 14.0})
    told = ask(town, f"rectangle?rectangle={box(town)}&extensions=all")
    first = told["trafficinfo"]["roads"][0]["polyline"].split(";")[0]
    assert first in (f"{lon:.6f},{lat:.6f}" for lon, lat in from_wgs84(town.roads.node_e7 / 1e7, "gcj02").tolist())


def test_base_leaves_the_roads_out(town):
    assert "roads" not in ask(town, f"rectangle?rectangle={box(town)}")["trafficinfo"]


def test_a_level_leaves_smaller_roads_out(town):
    town.publish({"AB": 14.0, "DE": 14.0})
    told = {
        level: {
            road["name"]
            for road in ask(town, f"rectangle?rectangle={box(town)}&extensions=all&level={level}")["trafficinfo"][
                "roads"
            ]
        }
        for level in (1, 3, 5)
    }
    assert told == {1: set(), 3: {"中七路"}, 5: {"中七路", "纬二路"}}


def test_a_circle_and_a_road_are_answered(town):
    town.publish({"AB": 14.0})
    corner = box(town).split(";")[1]
    assert ask(town, f"circle?location={corner}&radius=5000&extensions=all")["trafficinfo"]["roads"]
    assert ask(town, "road?name=中七路&extensions=all")["trafficinfo"]["roads"][0]["lcodes"] == town.key("AB")


@pytest.mark.parametrize(
    ("path", "infocode"),
    [
        ("rectangle", "20001"),
        ("rectangle?rectangle=1,2", "20000"),
        ("circle?location=a,b", "20000"),
        ("road?name=无此路", "20800"),
        ("circle?location=1,2&radius=9000", "20000"),
    ],
)
def test_a_refusal_stands_in_the_body(town, path, infocode):
    answer = town.get(f"/amap/v3/traffic/status/{path}")
    assert (answer.status_code, answer.json["status"], answer.json["infocode"]) == (200, "0", infocode)


def test_simulated_traffic_says_so(town):
    town.publish({"AB": 14.0}, drives=1, simulated_drives=1)
    info = ask(town, f"rectangle?rectangle={box(town)}")["trafficinfo"]
    assert info["simulated"] == "1"
    assert info["description"].startswith("(模拟数据)")


def test_an_answer_can_be_xml(town):
    town.publish({"AB": 14.0})
    answer = town.get(f"/amap/v3/traffic/status/rectangle?rectangle={box(town)}&output=XML")
    assert answer.mimetype == "text/xml"
    assert ElementTree.fromstring(answer.data).findtext("trafficinfo/evaluation/status") in "1234"
