from __future__ import annotations

from dataclasses import replace

import mapbox_vector_tile
import numpy as np
import pytest

from location_cloud.access.service import issue_key
from location_cloud.app import utc_now
from location_cloud.spatial.cells import get_system
from location_cloud.traffic.drawing import feature_ids
from location_cloud.traffic.model import TYPICAL

WHOLE = "bbox=125,46.5,125.3,46.7"


def edges(town, query=""):
    return town.get(f"/v1/traffic/edges?{WHOLE}{query}").json


def test_before_anything_is_published_nothing_is_known(town):
    told = town.get("/v1/traffic").json
    assert (told["as_of"], told["traffic_version"], told["simulated"]) == (None, None, False)
    assert told["edges"]["live"] == 0
    assert edges(town)["features"] == []


def test_an_edge_tells_its_speed_level_and_source(town):
    town.publish({"AB": 14.0})
    (feature,) = edges(town)["features"]
    told = feature["properties"]
    assert feature["id"] == town.key("AB")
    assert (told["name"], told["speed_kmh"], told["free_flow_kmh"], told["ratio"]) == ("中七路", 14.0, 50.0, 0.28)
    assert (told["level"], told["status"], told["source"], told["samples"]) == (4, "严重拥堵", "live", 3)


def test_every_answer_names_what_it_was_made_from(town):
    picture = town.publish({"AB": 14.0})
    for path in ("/v1/traffic", f"/v1/traffic/edges?{WHOLE}", f"/v1/traffic/status?{WHOLE}", "/v1/traffic/index"):
        told = town.get(path).json
        assert told["traffic_version"] == f"{picture.version:x}"
        assert told["snapshot"] == town.snapshot.id
        assert told["metric_version"]
        assert 0 <= told["age_s"] < 60


def test_a_simulated_picture_says_so_everywhere(town):
    town.publish({"AB": 14.0}, drives=10, simulated_drives=4)
    for path in ("/v1/traffic", f"/v1/traffic/edges?{WHOLE}", f"/v1/traffic/status?{WHOLE}", "/v1/traffic/index"):
        told = town.get(path).json
        assert (told["simulated"], told["simulated_share"]) == (True, 0.4)
    assert edges(town)["features"][0]["properties"]["simulated"]
    assert "模拟" in town.get(f"/v1/traffic/status?{WHOLE}").json["description"]
    assert town.get("/v1/traffic/export").headers["X-Traffic-Simulated"] == "true"


def test_edges_can_be_chosen_by_level_source_and_class(town):
    town.publish({"AB": 14.0, "DE": 45.0, "AD": 30.0})
    assert [each["id"] for each in edges(town, "&min_level=4")["features"]] == [town.key("AB")]
    assert edges(town, "&source=typical")["total"] == 0
    assert edges(town, "&source=live,typical")["total"] == 3
    assert [each["id"] for each in edges(town, "&class=secondary")["features"]] == [town.key("AD")]


def test_pages_of_edges_hold_each_once(town):
    town.publish({"AB": 14.0, "BC": 20.0, "DE": 45.0, "AD": 30.0, "EB": 10.0})
    seen, after = [], ""
    while after is not None:
        page = edges(town, f"&limit=2&after={after}")
        seen += [each["id"] for each in page["features"]]
        after = page["next_after"]
    assert len(seen) == len(set(seen)) == page["total"] == 5


def test_columns_say_the_same_as_features(town):
    town.publish({"AB": 14.0, "DE": 45.0})
    columns = edges(town, "&format=columns")["columns"]
    features = edges(town)["features"]
    assert columns["key"] == [each["id"] for each in features]
    assert columns["speed_kmh"] == [each["properties"]["speed_kmh"] for each in features]


def test_a_usual_speed_is_not_told_as_measured(town):
    town.publish({"AB": 14.0}, source=TYPICAL)
    assert edges(town)["features"][0]["properties"]["source"] == "typical"
    now = town.get("/v1/traffic/index").json["now"]
    assert (now["index"], now["measured_share"]) == (None, 0.0)


def test_a_shut_road_is_told_though_nobody_drives_there(town):
    town.publish({}, closed="BE")
    (feature,) = edges(town)["features"]
    assert (feature["id"], feature["properties"]["status"]) == (town.key("BE"), "封闭")


def test_the_status_of_a_box_gives_shares_and_the_worst_stretch_first(town):
    town.publish({"AB": 14.0, "BC": 14.0, "ED": 45.0})
    told = town.get(f"/v1/traffic/status?{WHOLE}").json
    assert sum(told["evaluation"].values()) == pytest.approx(100, abs=0.1)
    worst = told["stretches"][0]
    assert (worst["name"], worst["direction"], worst["level"]) == ("中七路", "E", 4)
    assert worst["edges"] == [town.key("AB"), town.key("BC")]
    assert "中七路自西向东严重拥堵" in told["description"]


def test_both_directions_of_a_road_are_stretches_of_their_own(town):
    town.publish({"AB": 14.0, "BC": 14.0, "CB": 14.0, "BA": 14.0})
    told = town.get("/v1/traffic/status?road=中七路").json
    assert sorted(each["direction"] for each in told["stretches"]) == ["E", "W"]
    assert {tuple(each["edges"]) for each in told["stretches"]} == {
        (town.key("AB"), town.key("BC")),
        (town.key("CB"), town.key("BA")),
    }


def test_a_circle_holds_the_roads_that_come_near_its_middle(town):
    town.publish({"AB": 14.0, "DE": 45.0})
    lon, lat = town.roads.node_e7[0] / 1e7
    near = town.get(f"/v1/traffic/status?center={lon},{lat}&radius_m=50").json
    assert {each["name"] for each in near["stretches"]} == {"中七路"}
    wide = town.get(f"/v1/traffic/status?center={lon},{lat}&radius_m=5000").json
    assert {each["name"] for each in wide["stretches"]} == {"中七路", "纬二路"}


def test_a_road_is_found_by_its_number_and_a_part_of_its_name(town):
    town.publish({"AD": 30.0})
    for name in ("S1", "s1", "西"):
        assert town.get(f"/v1/traffic/status?road={name}").json["stretches"][0]["name"] == "西路"
    assert town.get("/v1/traffic/status?road=nowhere").status_code == 404


@pytest.mark.parametrize("query", ["", "center=125.1,46.6&road=x", "center=125.1,46.6&radius_m=5001", "bbox=1,1,9,9"])
def test_a_status_of_nowhere_or_of_too_much_is_refused(town, query):
    assert town.get(f"/v1/traffic/status?{query}").status_code in (400, 413)


def test_the_index_rises_with_slow_roads(town):
    found = []
    for kmh in (50.0, 25.0, 10.0):
        town.publish(dict.fromkeys(["AB", "BC", "CB", "BA", "DE", "EF", "AD", "DA"], kmh))
        found.append(town.get("/v1/traffic/index").json["now"]["index"])
    assert found[0] == 0.0
    assert found[0] <= found[1] < found[2] <= 10.0


def test_two_vehicles_in_one_jam_are_not_the_city(town):
    town.publish({"DE": 2.0})
    told = town.get("/v1/traffic/index").json["now"]
    assert (told["index"], told["extra_time"] > 0) == (None, True)
    assert town.get(f"/v1/traffic/index?edges={town.key('DE')}").json["now"]["index"] == 10.0


def test_a_corridor_a_road_and_a_cell_have_an_index(town):
    town.publish({"AB": 10.0, "BC": 10.0})
    corridor = town.get(f"/v1/traffic/index?edges={town.key('AB')},{town.key('BC')}").json
    assert (corridor["scope"], corridor["edges"]) == ("corridor", 2)
    assert corridor["now"]["known_share"] == 1.0
    assert town.get("/v1/traffic/index?road=中七路").json["now"]["known_share"] == 0.5
    code = get_system("geohash").encode(tuple(town.roads.node_e7[0] / 1e7), 4)
    assert town.get(f"/v1/traffic/index?cell={code}&system=geohash").json["scope"] == "cell"
    assert town.get("/v1/traffic/index?cell=yb&system=geohash").status_code == 400
    assert town.get(f"/v1/traffic/index?edges={town.key('AB')}&road=中七路").status_code == 400


def test_what_is_usual_or_to_come_is_not_told_as_measured(town):
    kmh = np.full(2 * town.roads.segment_count, 20.0, np.float32)
    town.publisher.publish(replace(town.picture({"AB": 14.0}), typical_kmh=kmh, next_kmh=kmh))
    told = town.get("/v1/traffic/index").json
    assert told["now"]["measured_share"] > 0
    assert (told["typical"]["known_share"], told["typical"]["measured_share"]) == (1.0, 0.0)
    assert (told["next_hour"]["known_share"], told["next_hour"]["measured_share"]) == (1.0, 0.0)


def test_another_tenant_sees_nothing_of_what_these_vehicles_told(town):
    town.publish({"AB": 14.0})
    key = issue_key(town.live, "other", "test", ("*",), utc_now())[1]
    told = town.get(f"/v1/traffic/edges?{WHOLE}", **{"X-API-Key": key}).json
    assert (told["features"], told["as_of"]) == ([], None)


def test_positions_are_told_in_the_asked_system(town):
    town.publish({"AB": 14.0})
    plain = edges(town)["features"][0]["geometry"]["coordinates"]
    moved = edges(town, "&crs=gcj02")["features"][0]["geometry"]["coordinates"]
    assert 0.001 < np.abs(np.array(moved) - plain).max() < 0.01


def tile_levels(town):
    """Level by id of every feature in the tile of the town's first junction."""
    body = town.get("/tiles/traffic/14/{}/{}.mvt".format(*town.tile())).data
    return {each["id"]: each["properties"] for each in mapbox_vector_tile.decode(body)["traffic"]["features"]}


@pytest.mark.parametrize("query", ["", "?crs=gcj02"])
def test_another_tenant_sees_the_roads_without_levels_on_the_map(town, query):
    ends = ("AB", "BA", "BC", "CB", "DE", "ED", "EF", "FE", "AD", "DA", "BE", "EB", "CF")
    town.publish(dict.fromkeys(ends, 14.0))
    key = issue_key(town.live, "other", "test", ("*",), utc_now())[1]
    for headers, wanted in (({}, {4}), ({"X-API-Key": key}, {0})):
        body = town.get("/tiles/traffic/14/{}/{}.mvt".format(*town.tile()) + query, **headers).data
        drawn = mapbox_vector_tile.decode(body)["traffic"]["features"]
        assert {each["properties"]["level"] for each in drawn} == wanted
        states = town.get("/tiles/traffic/14/{}/{}.bin".format(*town.tile()) + query, **headers).data
        assert set(states[8:]) == wanted


def test_each_direction_of_a_road_is_a_line_of_its_own_on_the_map(town):
    town.publish({"AB": 14.0, "BA": 45.0}, closed="AD")
    told = tile_levels(town)
    found = {ends: told[int(town.tile_id(ends)[0])]["level"] for ends in ("AB", "BA", "BC", "AD")}
    assert found == {"AB": 4, "BA": 1, "BC": 0, "AD": 5}


def test_one_way_streets_are_drawn_on_their_line_and_others_beside_it(town):
    told = tile_levels(town)
    assert told[int(town.tile_id("AB")[0])]["side"] == 1
    assert told[int(town.tile_id("CF")[0])]["side"] == 0


def test_ids_on_the_map_are_numbers_that_a_browser_can_tell_apart(town):
    ids = feature_ids(np.array([(1_500_000_000 << 22) | 4000], np.int64))
    assert int(ids[0]) < 2**53


def test_what_is_only_usual_is_drawn_as_unknown(town):
    town.publish({"AB": 14.0}, source=TYPICAL)
    assert tile_levels(town)[int(town.tile_id("AB")[0])]["level"] == 0
    assert town.get(f"/v1/traffic/status?{WHOLE}").json["evaluation"]["unknown"] == 100.0


@pytest.mark.parametrize("center", ["0,90", "0,-90", "180,0", "-180,0", "179.999,89.9"])
def test_a_circle_at_the_edge_of_the_globe_holds_nothing(town, center):
    town.publish({"AB": 14.0})
    answer = town.get(f"/v1/traffic/status?center={center}&radius_m=5000")
    assert (answer.status_code, answer.json.get("total")) == (200, 0)
