from __future__ import annotations

import csv
import io

from location_cloud.traffic.dataset import SECTION


def test_every_vertex_of_a_road_has_its_osm_node(town):
    ids = town.snapshot.section(SECTION).vertex_osm_id
    ends = town.roads.shape_start[:-1], town.roads.shape_start[1:] - 1
    assert (ids[ends[0]] == town.roads.node_osm_id[town.roads.seg_from]).all()
    assert (ids[ends[1]] == town.roads.node_osm_id[town.roads.seg_to]).all()


def test_osrm_gets_a_line_for_each_pair_of_nodes_and_no_head(town):
    town.publish({"AB": 14.2, "CB": 44.0})
    number = {name: osm for osm, name in town.names.items()}
    told = town.get("/v1/traffic/export?format=osrm").get_data(as_text=True)
    assert sorted(told.splitlines()) == sorted([f"{number['A']},{number['B']},14", f"{number['C']},{number['B']},44"])


def test_a_shut_road_is_told_to_osrm_as_nought(town):
    town.publish({"AB": 14.2}, closed="AB")
    assert town.get("/v1/traffic/export").get_data(as_text=True).endswith(",0\n")


def test_valhalla_gets_ways_by_direction(town):
    town.publish({"AB": 20.0, "BC": 60.0, "CB": 30.0})
    rows = list(csv.DictReader(io.StringIO(town.get("/v1/traffic/export?format=valhalla").get_data(as_text=True))))
    told = {(row["osm_way_id"], row["direction"]): row for row in rows}
    way = town.key("AB").split(":")[0]
    assert float(told[way, "1"]["kmh"]) == 30.0
    assert float(told[way, "0"]["kmh"]) == 30.0
    assert float(told[way, "1"]["measured_share"]) == 1.0


def test_an_export_of_nothing_is_empty(town):
    answer = town.get("/v1/traffic/export")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["X-Traffic-Simulated"] == "false"
