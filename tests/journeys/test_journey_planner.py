"""A planner: walks Daqing's tree from the city to a village, and looks up what may be done with which data."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

Ask = Callable[..., Any]


@pytest.fixture
def ask(served: str) -> Ask:
    def get(path: str, **parameters: Any) -> Any:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{served}{path}?{query}", timeout=10) as answer:
            return json.loads(answer.read())

    return get


@pytest.fixture
def daqing(ask: Ask) -> Any:
    [city] = ask("/v1/areas", q="大庆市", level="city")["features"]
    return city


def children(ask: Ask, code: str) -> list[dict[str, Any]]:
    found = ask(f"/v1/areas/{code}/children", geometry="none", limit=1000)
    assert found["total"] == len(found["features"])
    return [feature["properties"] for feature in found["features"]]


def test_the_whole_tree_is_there_from_the_city_to_the_villages(ask, daqing):
    districts = children(ask, daqing["properties"]["code"])
    towns = [town for district in districts for town in children(ask, district["code"])]
    villages = [village for town in towns for village in children(ask, town["code"])]
    assert len([district for district in districts if district["level"] == "district"]) == 10
    assert (len(towns), len(villages)) == (118, 843)
    assert all(village["level"] == "village" for village in villages)


def test_a_village_knows_its_chain_and_says_that_it_has_no_border(ask):
    [village] = ask("/v1/areas", q="赛罕他拉村委会")["features"]
    levels = [area["level"] for area in village["properties"]["chain"]]
    assert levels == ["village", "town", "district", "city", "province"]
    assert village["geometry"] is None
    assert "No open boundary" in village["properties"]["geometry_note"]


def test_a_point_is_in_one_district_of_the_city(ask, daqing):
    around = ask("/v1/areas", at="125.1031,46.5893")["features"]
    assert [area["properties"]["level"] for area in around] == ["district", "city", "province"]
    assert around[1]["id"] == daqing["id"]


def test_district_borders_say_that_they_are_for_planning_only(ask):
    district = ask("/v1/areas/230602")
    assert district["geometry"]["type"] in ("Polygon", "MultiPolygon")
    assert "审图号" in district["properties"]["geometry_note"]


def test_every_source_names_its_licence(ask):
    found = ask("/v1/datasets")
    names = {dataset["name"] for dataset in found["datasets"]}
    assert names == {"areas", "directions", "grids", "maps", "places", "roads", "searches", "traffic"}
    assert all(source["licence"] for source in found["sources"])
    assert any(source["licence"].startswith("ODbL") for source in found["sources"])
    assert "OpenStreetMap" in found["attribution"]


def test_own_wells_are_kept_changed_and_found_by_box(served, ask):
    def send(method: str, path: str, document: Any = None) -> Any:
        content = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(served + path, content, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    well = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [125.03, 46.6]},
        "properties": {"name": "南1"},
    }
    path = "/v1/layers/planner-wells/features"
    added = send("POST", path, well)
    well["properties"]["state"] = "closed"
    changed = send("PUT", f"{path}/{added['id']}?version={added['version']}", well)
    [found] = ask(path, bbox="125,46.5,125.1,46.7")["features"]
    assert found["properties"] == {"name": "南1", "state": "closed"}
    send("DELETE", f"{path}/{added['id']}?version={changed['version']}")
    assert ask(path)["features"] == []
