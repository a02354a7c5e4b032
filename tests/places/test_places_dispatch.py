"""What a crew is told of a position, on a drawn town with roads."""

from collections.abc import Callable
from pathlib import Path

import pytest

from location_cloud.capability import Import
from location_cloud.places import service_reverse
from location_cloud.places.api_reverse import reverse
from location_cloud.places.dataset import SECTION
from location_cloud.places.schema_reverse import NearCollection, ReverseQuery
from location_cloud.places.stops import build_drivable_grid, find_stop
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import Roads
from location_cloud.storage.osm import read_osm
from tests.places.drawn_towns import AREAS, PLACES, BuiltWorld, Quiet, osm_of

TOWN = """
n 1 125.0000 46.5000
n 2 125.0100 46.5000
n 3 125.0200 46.5000
n 4 125.0100 46.5100
n 5 125.0100 46.4900
n 6 125.0200 46.5100
n 7 125.0400 46.5000
n 8 125.0400 46.4900
w 101 1,2,3,7 highway=primary name=团结大街 name:en=Unity_Avenue ref=S201
w 103 4,2,5 highway=secondary name=会战大街 name:en=Battle_Avenue
w 104 6,3 highway=residential name=学府路
n 11 125.0110 46.5003 addr:street=团结大街 addr:housenumber=202
n 12 125.0116 46.4997 addr:street=团结大街 addr:housenumber=205
n 33 125.0130 46.5006 shop=books name=书香书店 name:en=Fragrant_Books
n 34 125.0135 46.5006 shop=books name=书香书店
n 35 125.0190 46.5010 amenity=hospital name=油田总医院
n 36 125.1190 46.4010 place=village name=红旗村
n 41 125.0000 46.6000
n 42 125.0200 46.6000
n 43 125.0200 46.6003
n 44 125.0000 46.6003
w 111 41,42 highway=motorway oneway=yes ref=G10 name=绥满高速
w 112 43,44 highway=motorway oneway=yes ref=G10 name=绥满高速
n 45 125.0010 46.6000 highway=milestone distance=248 ref=G10
n 46 125.0140 46.6000 highway=milestone distance=249 ref=G10
n 51 125.2000 46.5000
n 52 125.2000 46.5030
n 53 125.2040 46.5030
n 54 125.2040 46.5000
n 55 125.2020 46.5000 entrance=main
n 56 125.2020 46.4990
n 57 125.2100 46.4990
n 58 125.2020 46.5035
n 59 125.2060 46.5035
w 121 51,55,54,53,52,51 amenity=university name=石油大学
w 122 56,57 highway=residential name=学苑街
w 123 58,59 highway=motorway name=环城高速
"""

HERE = (125.0115, 46.4996)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> BuiltWorld:
    folder: Path = tmp_path_factory.mktemp("dispatch")
    (folder / "town.osm").write_text(osm_of(TOWN))
    osm, sources = read_osm([folder / "town.osm"], None, Quiet())
    import_ = Import("test", osm, sources, folder, None, (), Quiet())
    for section in (AREAS, ROADS, PLACES):
        (folder / section.name).mkdir()
        section.build(import_, folder / section.name)
    return BuiltWorld({each.name: each.load(folder / each.name) for each in (AREAS, ROADS, PLACES)})


@pytest.fixture
def told(town: BuiltWorld) -> Callable[..., service_reverse.Dispatch]:
    def tell(at: tuple[float, float], language: str = "zh-CN", limit: int = 3) -> service_reverse.Dispatch:
        return service_reverse.describe(town, at, 1000.0, limit, language)

    return tell


def test_road_is_told_with_number_class_and_side(told):
    road = told(HERE).road
    assert (road.name, road.ref, road.road_class) == ("团结大街", "S201", "primary")
    assert (road.direction, road.side, road.distance_m) == ("S", "right", pytest.approx(44.5, abs=0.1))


def test_position_lies_between_two_crossings(told):
    behind, ahead = told(HERE).crossings
    assert (behind.towards, behind.name, behind.distance_m) == ("behind", "会战大街", pytest.approx(115, abs=1))
    assert (ahead.towards, ahead.name, ahead.distance_m) == ("ahead", "学府路", pytest.approx(653, abs=4))


def test_words_are_what_a_dispatcher_says(told):
    words = told(HERE).words
    assert words.startswith("大庆市")
    assert "团结大街南侧，距会战大街路口115米，205号西南" in words
    assert words.endswith("书香书店西南160米")


def test_words_are_said_in_english(told):
    words = told(HERE, "en").words
    assert words.startswith("South side of Unity Avenue, 115 m from the crossing with Battle Avenue")
    assert "160 m southwest of Fragrant Books" in words
    assert words.endswith("Daqing")


def test_address_is_one_line_from_province_to_house_number(told):
    address = told((125.0116, 46.4996)).address
    assert address.startswith("黑龙江省大庆市")
    assert address.endswith("区团结大街205号")


def test_house_is_told_with_its_side(told):
    house = told(HERE).house
    assert (house.housenumber, house.side, house.is_same_side) == ("205", "right", True)
    other = told((125.0111, 46.5002)).house
    assert (other.housenumber, other.side, other.is_same_side) == ("202", "left", True)


def test_names_of_landmarks_are_told_once(told):
    names = [mark.name for mark in told(HERE).landmarks]
    assert sorted(names) == sorted(set(names)) == sorted(["油田总医院", "书香书店"])


def test_no_side_is_told_on_the_road_itself(told):
    here = told((125.03, 46.5))
    assert here.road.side == "on"
    assert "团结大街，距学府路路口" in here.words


def test_crossing_is_the_place_where_one_is_at_it(told):
    here = told((125.0101, 46.5001))
    assert "与" in here.words.partition("路口")[0]
    assert (here.quality.level, here.quality.precise) == ("道路交叉路口", 1)


@pytest.mark.parametrize(("lat", "carriageway"), [(46.6, "down"), (46.6003, "up")])
def test_kilometre_is_told_with_its_carriageway(lat, carriageway, told):
    chainage = told((125.0075, lat)).chainage
    assert (chainage.text, chainage.side) == ("G10 K248+500", carriageway)
    assert chainage.nearest_post.text in {"G10 K248+000", "G10 K249+000"}


def test_vehicle_stops_before_the_entrance_and_never_on_a_motorway(told):
    access = told((125.2020, 46.5025)).access
    assert access.entrance.place == "石油大学"
    assert (access.stop.name, access.stop.road) == ("学苑街", "122:0:f")
    assert access.on_foot_m == pytest.approx(access.entrance.distance_m + 111, abs=1)


def test_who_is_on_the_motorway_is_reached_there(told):
    assert told((125.2040, 46.5035)).access.stop.name == "环城高速"


def test_middle_of_nowhere_has_honest_words(told):
    here = told((125.0, 46.25))
    assert (here.house, here.crossings) == (None, ())
    assert here.road.distance_m > 20_000
    assert here.settlement.name
    assert "公里" in here.words
    assert here.quality.accuracy_m > 1_000
    assert here.quality.confidence < 50


@pytest.mark.parametrize(("language", "start"), [("zh-CN", "附近没有已知"), ("en", "No road or place")])
def test_words_are_never_empty(language, start, told):
    here = told((-30.0, -40.0), language)
    assert here.words.startswith(start)
    assert here.cell in here.words
    assert told((0.0, 89.9), language).words


@pytest.mark.parametrize("at", [HERE, (125.2020, 46.5025), (125.0075, 46.6), (-30.0, -40.0), (0.0, 89.9)])
def test_answer_is_what_the_document_says(at, town):
    class Call:
        world = town

        def language(self, offered):
            return offered[0]

    answer = reverse(Call(), ReverseQuery(at=at, profile="dispatch"), None)
    assert NearCollection.model_validate(answer).dispatch.language == "zh-CN"


def test_grid_of_drivable_roads_holds_every_one(town):
    roads: Roads = town.section(ROADS)
    grid = build_drivable_grid(roads)
    assert set(grid.item.tolist()) == set(range(roads.segment_count))
    for segment in range(roads.segment_count):
        lon, lat = roads.shape_e7[roads.shape_start[segment]] / 1e7
        assert find_stop(roads, (float(lon), float(lat)), 5.0) is not None


def test_names_without_roads_are_told_all_the_same(town):
    places = town.section(SECTION)
    assert service_reverse.around.access_here(places, None, HERE, 1000.0).stop is None
