"""Real extracts: counts, checks, questions."""

from __future__ import annotations

import importlib.resources
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from location_cloud.errors import BadInput, NotFound, TooLarge
from location_cloud.roads import service
from location_cloud.roads.api import get_road, list_roads
from location_cloud.roads.dataset import SECTION
from location_cloud.roads.edges import edge_key, find_edge, rules_for, topology
from location_cloud.roads.model import CAR
from location_cloud.roads.schema import OneRoadQuery, RoadCollection, RoadFeature, RoadsQuery
from location_cloud.spatial.bbox import Bbox
from routing.graph import build_graph
from routing.restrictions import expand_restrictions
from tests.draw import draw_roads
from tests.roads.conftest import Builder, City, build_files

SHARED = Path(__file__).parents[2].parent / "shared/data/osm"
CENTRE = Bbox(24.944, 60.168, 24.95, 60.172)


@pytest.fixture(scope="session")
def helsinki(tmp_path_factory: pytest.TempPathFactory) -> City:
    file = importlib.resources.files("location_cloud.data") / "demo/helsinki-centre.osm.pbf"
    with importlib.resources.as_file(file) as path:
        return build_files([path], tmp_path_factory.mktemp("helsinki") / "roads")


@pytest.fixture
def world(helsinki: City) -> SimpleNamespace:
    return SimpleNamespace(section=lambda section: helsinki.roads)


def test_demo_city_has_its_restrictions(helsinki: City) -> None:
    counts = helsinki.built.counts
    assert counts["restrictions"] == 45
    assert counts["restrictions_unresolved"] <= 1
    assert counts["segments"] > 4000
    assert counts["named"] > 1000


def test_every_node_of_a_usable_road_is_in_its_shape(helsinki: City) -> None:
    # 6,910 nodes of highway ways are in the file; some 30 belong to closed roads, sites and pieces of one node.
    assert len(np.unique(helsinki.roads.shape_e7, axis=0)) == pytest.approx(6880, abs=10)


@pytest.mark.parametrize(
    ("name", "restrictions", "unresolved"),
    [("monaco-osrm.osm.pbf", 27, 0), ("heidelberg-ors.osm.pbf", 476, 10), ("lauf-gh.osm.pbf", 50, 6)],
)
def test_restrictions_of_real_cities_are_resolved(
    tmp_path: Path, name: str, restrictions: int, unresolved: int
) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"{name} is not beside this checkout")
    counts = build_files([SHARED / name], tmp_path / "roads").built.counts
    assert counts["restrictions"] == restrictions
    assert counts["restrictions_unresolved"] <= unresolved


def test_rules_are_accepted_by_the_routing_engine(helsinki: City) -> None:
    net = topology(helsinki.roads, CAR)
    rules = rules_for(helsinki.roads, CAR)
    forbidden = expand_restrictions(net.tail, net.head, net.nodes, rules)
    graph = build_graph(net.tail, net.head, net.nodes, forbidden.start, forbidden.edges)
    assert graph.edges == 2 * helsinki.roads.segment_count


def test_loaded_columns_are_mapped_read_only(helsinki: City) -> None:
    assert not helsinki.roads.seg_way.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        helsinki.roads.seg_way[0] = 1


# --- damage ------------------------------------------------------------------------------------------------------


@pytest.fixture
def damaged(helsinki: City, tmp_path: Path) -> Callable[[str, Callable[[np.ndarray], np.ndarray]], Path]:
    """A copy of the section with one column changed."""
    whole = tmp_path / "whole"
    whole.mkdir()
    shutil.copytree(helsinki.folder, whole, dirs_exist_ok=True)

    def damage(column: str, change: Callable[[np.ndarray], np.ndarray]) -> Path:
        file = whole / f"{column}.npy"
        np.save(file, change(np.load(file)))
        return whole

    return damage


@pytest.mark.parametrize(
    ("column", "change", "claim"),
    [
        ("seg_from", lambda old: old[:-1], "seg_from has"),
        ("seg_to", lambda old: old + 1_000_000, "seg_to is below"),
        ("shape_start", lambda old: old[::-1].copy(), "shape_start ends"),
        ("seg_name", lambda old: old - 1, "seg_name numbers a text"),
        ("rule_edges", lambda old: old[::-1].copy(), "follow each other"),
        ("seg_class", lambda old: old + 200, "seg_class is below"),
        ("node_osm_id", lambda old: old[::-1].copy(), "node ids ascend"),
        ("node_e7", lambda old: old + 1, "start at their first node"),
        ("seg_length_m", lambda old: old * np.nan, "lengths are finite"),
    ],
)
def test_contradiction_is_found(damaged, column: str, change, claim: str) -> None:
    with pytest.raises(BadInput, match=claim):
        SECTION.check(damaged(column, change))


def test_missing_and_foreign_files_are_found(helsinki: City, tmp_path: Path) -> None:
    shutil.copytree(helsinki.folder, tmp_path / "a")
    (tmp_path / "a/seg_way.npy").write_bytes(b"not an array")
    with pytest.raises(BadInput, match="cannot be read"):
        SECTION.check(tmp_path / "a")
    (tmp_path / "a/seg_way.npy").unlink()
    with pytest.raises(BadInput, match="cannot be read"):
        SECTION.check(tmp_path / "a")


# --- questions ---------------------------------------------------------------------------------------------------


def test_road_is_found_by_its_key(helsinki: City, world: SimpleNamespace) -> None:
    key = edge_key(helsinki.roads, 1000)
    answer = get_road(SimpleNamespace(world=world), OneRoadQuery(key=key), None)
    feature = RoadFeature.model_validate(answer)
    assert (feature.id, feature.properties.opposite) == (key, key[:-1] + "b")
    assert find_edge(helsinki.roads, feature.properties.opposite) == 1001


def test_opposite_runs_the_same_line_backward(helsinki: City, world: SimpleNamespace) -> None:
    there, back = (service.get_road(world, edge_key(helsinki.roads, edge)) for edge in (1000, 1001))
    assert (there.line == back.line[::-1]).all()
    assert (there.from_node, there.to_node) == (back.to_node, back.from_node)


def test_unknown_key_is_not_found(world: SimpleNamespace) -> None:
    with pytest.raises(NotFound, match="no road '1:2:f'"):
        service.get_road(world, "1:2:f")


def test_box_gives_the_roads_that_touch_it(helsinki: City, world: SimpleNamespace) -> None:
    answer = list_roads(SimpleNamespace(world=world), RoadsQuery(bbox=CENTRE, limit=2000), None)
    page = RoadCollection.model_validate(answer)
    lines = np.split(helsinki.roads.shape_e7 / 1e7, helsinki.roads.shape_start[1:-1])
    touching = sum(
        bool((line.max(0) >= (CENTRE.west, CENTRE.south)).all() and (line.min(0) <= (CENTRE.east, CENTRE.north)).all())
        for line in lines
    )
    assert page.total == touching == len(page.features)


def test_limit_cuts_the_answer_but_not_the_total(world: SimpleNamespace) -> None:
    page = service.list_roads(world, CENTRE, 3)
    assert len(page.roads) == 3 < page.total


def test_box_across_the_antimeridian_is_searched_in_two_parts(world: SimpleNamespace) -> None:
    assert service.list_roads(world, Bbox(179.9, 60, -179.9, 60.1), 3).total == 0


def test_box_over_the_ceiling_is_refused(world: SimpleNamespace) -> None:
    with pytest.raises(TooLarge, match=r"at most 0\.25 allowed"):
        service.list_roads(world, Bbox(24, 60, 25, 61), 3)


# --- over HTTP ---------------------------------------------------------------------------------------------------


def test_roads_of_a_box_and_one_of_them_over_http(client: FlaskClient) -> None:
    page = client.get("/v1/roads?bbox=24.944,60.168,24.946,60.17&limit=5").get_json()
    road = client.get(f"/v1/roads/{page['features'][0]['id']}").get_json()
    assert len(page["features"]) == 5 < page["total"]
    assert road["properties"] == page["features"][0]["properties"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/roads/1:2:f", 404),
        ("/v1/roads/x", 400),
        ("/v1/roads", 400),
        ("/v1/roads?bbox=0,0,10,10", 413),
        ("/v1/roads?bbox=24.9,60.1,25,60.2&limit=0", 400),
    ],
)
def test_wrong_question_is_a_problem(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.get_json()["status"] == status


# --- what is known of a road -------------------------------------------------------------------------------------


def known(build: Builder, key: str, **tags: str) -> dict[str, Any]:
    """What the answer says of one direction of a street with these tags."""
    city = build(draw_roads("A--B", ways={"AB": tags}, nodes={"B": {"highway": "traffic_signals"}}))
    world = SimpleNamespace(section=lambda section: city.roads)
    answer = get_road(SimpleNamespace(world=world), OneRoadQuery(key=key), None)
    return RoadFeature.model_validate(answer).model_dump()["properties"]


def test_answer_tells_of_surface_lanes_limits_and_signals(build: Builder) -> None:
    there = {
        "surface": "sett",
        "lanes:forward": "2",
        "turn:lanes:forward": "left|right",
        "incline": "6%",
        "width": "7.5",
    }
    road = known(build, "1:0:f", **there, maxheight="3.8", maxweight="7.5")
    assert (road["surface"], road["lanes"], road["turn_lanes"]) == ("sett", 2, "left|right")
    assert (road["signals"], road["incline_percent"], road["width_m"]) == (1, 6, 7.5)
    nothing = {"width_m": None, "length_m": None, "axle_load_t": None}
    assert road["limits"] == {"height_m": 3.8, "weight_t": 7.5, **nothing}


def test_answer_tells_of_the_direction_that_is_asked(build: Builder) -> None:
    tags = {"lanes:forward": "2", "lanes:backward": "1", "turn:lanes:forward": "left|right", "incline": "6%"}
    road = known(build, "1:0:b", **tags)
    assert (road["lanes"], road["turn_lanes"], road["signals"], road["incline_percent"]) == (1, "", 0, -6)


def test_answer_tells_of_conditions_in_words(build: Builder) -> None:
    tags = {"maxweight:hgv:conditional": "3.5 @ (22:00-06:00)", "hgv:forward:conditional": "no @ (full moon)"}
    weight = {"effect": "max_weight", "vehicles": ["hgv"], "value": 3.5, "when": "22:00-06:00", "is_understood": True}
    closed = {"effect": "closed", "vehicles": ["hgv"], "value": None, "when": "full moon", "is_understood": False}
    assert known(build, "1:0:f", **tags)["conditions"] == [weight, closed]
    assert known(build, "1:0:b", **tags)["conditions"] == [weight]


@pytest.mark.parametrize(
    ("column", "change", "claim"),
    [
        ("seg_surface", lambda old: old + 200, "seg_surface is below"),
        ("seg_lanes_forward", lambda old: old[:-1], "seg_lanes_forward has"),
        ("seg_destination_forward", lambda old: old - 1, "seg_destination_forward numbers a text"),
        ("when_kind", lambda old: np.zeros(3, np.uint8), "when_segment has 3 rows"),
        ("country", lambda old: old[:0], "country has 1 rows"),
        ("conditional_edges", lambda old: old + 1_000_000, "conditional_edges is below"),
    ],
)
def test_contradiction_in_what_is_known_of_roads_is_found(damaged, column: str, change, claim: str) -> None:
    with pytest.raises(BadInput, match=claim):
        SECTION.check(damaged(column, change))
