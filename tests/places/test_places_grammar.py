"""Questions with a form of their own, put to a drawn district: crossings, kilometre posts, units, offsets."""

import contextlib
import random

import pytest

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.places import api, service
from location_cloud.places.find_km_post import ChainageOutOfRange
from location_cloud.places.schema import GeocodeQuery, ParseQuery, PlaceCollection, Readings
from location_cloud.spatial.bbox import Bbox

# Degrees at 46.5 N: 0.001 is 111 m to the north, 77 m to the east. North of 46.6 the same names once more.
DISTRICT = """
n 1 125.0000 46.5000
n 2 125.0100 46.5000
n 3 125.0200 46.5000
n 4 125.0100 46.4900
n 5 125.0100 46.5100
n 6 125.0000 46.7000
n 7 125.0100 46.7000
n 8 125.0100 46.6900
n 9 125.0100 46.7100
n 10 125.0000 46.4000
n 11 125.1000 46.4000
w 101 1,2,3 highway=primary name=世纪大道 name:en=Century_Avenue
w 102 4,2,5 highway=secondary name=东风路
w 103 6,7 highway=primary name=世纪大道
w 104 8,7,9 highway=secondary name=东风路
w 105 10,11 highway=motorway ref=G10 name=绥满高速
w 108 12,13 highway=residential name=春光巷
w 106 5,3 highway=residential name=火炬东大道
n 12 125.0124 46.5080
n 13 125.0124 46.5090
n 21 125.0000 46.4000 highway=milestone distance=100 ref=G10
n 22 125.1000 46.4000 highway=milestone distance=108 ref=G10
n 31 125.0010 46.5003 addr:street=世纪大道 addr:housenumber=2
n 32 125.0050 46.5003 addr:street=世纪大道 addr:housenumber=12
n 33 125.0010 46.7003 addr:street=世纪大道 addr:housenumber=2
n 34 125.0101 46.5050 addr:street=火炬东大道 addr:housenumber=5
n 41 125.0300 46.5000
n 42 125.0340 46.5000
n 43 125.0340 46.5020 barrier=gate
n 44 125.0340 46.5040
n 45 125.0300 46.5040
n 46 125.0310 46.5010 building=apartments name=书香小区3号楼
n 47 125.0330 46.5030 building=apartments name=书香小区12号楼
w 107 41,42,43,44,45,41 landuse=residential name=书香小区
n 51 125.0150 46.5010 shop=books name=书香书店
n 52 125.0101 46.5080 amenity=restaurant name=老巷口汉堡(东风路店)
n 53 125.0050 46.5002 amenity=restaurant name=老巷口汉堡(世纪大道店)
n 54 125.0060 46.5100 man_made=petroleum_well ref=北5-9-572
n 61 125.0100 46.5000 place=town name=南镇
n 62 125.0100 46.7000 place=town name=北镇
"""


@pytest.fixture(scope="session")
def district(drawn_world):
    return drawn_world(DISTRICT)


def first(world, text, **where):
    return service.geocode(world, text, **where)[0]


@pytest.mark.parametrize(
    "text",
    [
        "南镇世纪大道与东风路交叉口",
        "南镇世纪大道东风路路口",
        "喂我在南镇世纪大道和东风路的十字路口有人摔倒了",
        "南镇世纪大到与东风路交叉口",
    ],
)
def test_crossing_is_where_both_roads_meet(text, district):
    place = first(district, text)
    assert (place.kind, place.level) == ("crossing", "道路交叉路口")
    assert place.lonlat == pytest.approx((125.01, 46.5), abs=1e-4)


def test_crossing_that_two_districts_have_is_asked_about(district):
    places = service.geocode(district, "世纪大道与东风路交叉口")
    assert {round(place.lonlat[1], 1) for place in places[:2]} == {46.5, 46.7}
    assert "？" in places[0].ask
    assert places[0].ask == places[1].ask


def test_focus_decides_between_two_crossings(district):
    assert first(district, "世纪大道与东风路交叉口", focus=(125.0, 46.7)).lonlat[1] > 46.6


@pytest.mark.parametrize(
    "text", ["G10绥满高速K104", "绥满高速公路104公里", "g10 k104+000附近", "出车祸了，在绥满高速104公里处"]
)
def test_kilometre_lies_between_its_posts(text, district):
    place = first(district, text)
    assert (place.kind, place.level, place.precise) == ("km_post", "公里桩", 0)
    assert place.lonlat == pytest.approx((125.05, 46.4), abs=1e-3)


def test_kilometre_beyond_the_posts_is_refused_with_the_range(district):
    with pytest.raises(ChainageOutOfRange, match=r"K100.000 to K108.000") as error:
        service.geocode(district, "G10 K300+000")
    assert error.value.code == "chainage_out_of_range"


@pytest.mark.parametrize(
    ("text", "lonlat"),
    [
        ("书香书店北侧222米", (125.015, 46.503)),
        ("距书香书店以东153米", (125.017, 46.501)),
        ("222 m north of 书香书店", (125.015, 46.503)),
    ],
)
def test_place_lies_off_its_landmark(text, lonlat, district):
    place = first(district, text)
    assert place.lonlat == pytest.approx(lonlat, abs=1e-4)
    assert (place.kind, place.precise) == ("offset", 0)
    assert place.accuracy_m > 50


def test_place_beside_another_is_less_exact(district):
    assert first(district, "书香书店对面").accuracy_m > first(district, "书香书店").accuracy_m


def test_gate_is_the_mapped_one_on_that_side(district):
    place = first(district, "书香小区东门")
    assert place.lonlat == pytest.approx((125.034, 46.502), abs=1e-6)


@pytest.mark.parametrize(
    "text", ["书香小区3号楼2单元501室", "书香小区三栋2门501", "书香小区3-2-501", "书香小区内3号楼2单元501"]
)
def test_unit_is_in_its_building(text, district):
    place = first(district, text)
    assert (place.level, place.building, place.unit, place.room) == ("单元号", "3", "2", "501")
    assert place.lonlat == pytest.approx((125.031, 46.501), abs=1e-6)


def test_unknown_building_is_answered_by_its_compound(district):
    place = first(district, "书香小区99号楼2单元501室")
    assert (place.name, place.precise, place.building, place.room) == ("书香小区", 0, "99", "501")
    assert place.accuracy_m > 150


def test_room_of_a_house_keeps_the_houses_position(district):
    place = first(district, "南镇世纪大道12号2单元501室")
    assert (place.housenumber, place.unit, place.room) == ("12", "2", "501")
    assert place.lonlat == (125.005, 46.5003)


@pytest.mark.parametrize(
    "text", ["老巷口汉堡东风路店", "东风路老巷口汉堡", "东风路的老巷口汉堡", "南镇东风路老巷口汉堡"]
)
def test_branch_is_found_by_its_street(text, district):
    assert first(district, text).name == "老巷口汉堡(东风路店)"


@pytest.mark.parametrize("text", ["北5 9 572井", "北5—9—572", "北五-九-五七二"])
def test_well_is_found_as_it_is_spoken(text, district):
    assert first(district, text).name == "北5-9-572"


@pytest.mark.parametrize(
    "text",
    [
        "南镇那个世纪大道12号",
        "世纪大道12号，南镇",
        "12 世纪大道, 南镇",
        "同志您好，这块儿是南镇世纪大道12号呢，赶紧派人来吧",
        "听说了没有南镇世纪大道12号这边冒烟了",
        "12 Century Avenue, 南镇",
        "世紀大道12號南鎮",
    ],
)
def test_address_is_found_in_whatever_the_caller_says(text, district):
    place = first(district, text)
    assert (place.kind, place.lonlat) == ("address", (125.005, 46.5003))


def test_areas_short_name_does_not_cut_a_streets_name(district):
    assert first(district, "大庆市火炬东大道5号").lonlat == (125.0101, 46.505)


def test_number_between_two_mapped_ones_is_estimated(district):
    place = first(district, "南镇世纪大道6号")
    assert (place.precise, place.comprehension) == (0, 100)
    assert place.confidence < first(district, "南镇世纪大道12号").confidence


def test_share_that_was_understood_is_told(district):
    place = first(district, "世纪大道12号xyzxyz")
    assert place.unmatched == "xyzxyz"
    assert 40 < place.comprehension < 80


def test_answer_that_may_be_another_is_stated_less_exactly(district):
    alone, tied = first(district, "南镇世纪大道2号"), first(district, "世纪大道2号")
    assert alone.accuracy_m < 50
    assert tied.accuracy_m > 10_000


def test_nothing_outside_the_box_is_answered_by_any_form(district):
    north = Bbox(124.9, 46.6, 125.2, 46.8)
    for text in ("世纪大道与东风路交叉口", "世纪大道2号", "世纪大道"):
        assert all(place.lonlat[1] > 46.6 for place in service.geocode(district, text, bbox=north))


def test_only_asked_kinds_are_answered(district):
    assert {place.kind for place in service.suggest(district, "东", kinds=("road",))} == {"road"}
    with pytest.raises(BadQuery, match="kinds"):
        service.geocode(district, "东风路", kinds=("house",))


def test_only_asked_category_is_answered(district):
    assert {place.category for place in service.suggest(district, "书香", category="shop")} == {"shop=books"}


def test_only_the_asked_area_is_looked_in(district):
    assert first(district, "大庆", adcode="2306").id == "2306"
    with pytest.raises(BadQuery, match="adcode"):
        service.geocode(district, "东风路", adcode="999999")
    with pytest.raises(Unprocessable):
        service.geocode(district, "书香书店", adcode="230622")


def test_readings_say_what_each_part_is(district):
    text, readings = service.parse(district, "喂我在大庆市世纪大道12号")
    address = next(reading for reading in readings if reading.form == "address")
    assert [(part["text"], part["as"]) for part in address.parts] == [
        ("大庆市", "area"),
        ("世纪大道", "street"),
        ("12", "house number"),
    ]
    assert all(text[part["start"] : part["end"]] == part["text"] for part in address.parts)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("125.1,46.5", "position"),
        ("G10 K104+200", "km_post"),
        ("世纪大道与东风路交叉口", "crossing"),
        ("书香书店北侧200米", "offset"),
        ("书香小区3号楼2单元", "unit"),
        ("大庆市", "area"),
        ("书香书店", "name"),
    ],
)
def test_form_of_a_question_is_told(text, form, district):
    assert service.parse(district, text)[1][0].form == form


@pytest.mark.parametrize(
    "text",
    [
        "南镇世纪大道上，和东风路交叉的那个路口",
        "南镇世纪大道由东向西行驶至东风路路口处与一电动车相撞",
        "南镇世纪大道跟东风路拐弯那儿",
        "南镇东风路（世纪大道口）",
        "corner of 世纪大道 and 东风路, 南镇",
    ],
)
def test_two_known_roads_anywhere_in_a_story_are_their_crossing(text, district):
    place = first(district, text)
    assert place.kind == "crossing"
    assert place.lonlat == pytest.approx((125.01, 46.5), abs=1e-4)


@pytest.mark.parametrize(
    "text",
    [
        "南镇世纪大道，门牌号12",
        "我在南镇世纪大道呢，就是那个12号",
        "12号，世纪大道，南镇",
        "南镇公安分局辖区世纪大道12号发生纠纷",
        "南镇世纪大道12有个小孩掉水里了",
    ],
)
def test_number_belongs_to_the_known_street_beside_it(text, district):
    assert first(district, text).lonlat == (125.005, 46.5003)


@pytest.mark.parametrize(
    "text",
    [
        "书香小区，3号楼，二单元，电梯困人",
        "3号楼，书香小区",
        "书香小区3号楼顶层有人要跳楼",
        "书香小区里面的3号楼",
        "书香小区3号楼甲单元",
        "书香小区3号楼地下室",
    ],
)
def test_building_belongs_to_the_known_compound_beside_it(text, district):
    assert first(district, text).lonlat == pytest.approx((125.031, 46.501), abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "绥满高速大庆段104公里",
        "G10 104+000",
        "G10104加000",
        "绥满高速k104加0附近货车着火",
        "在绥满高速上，桩号104+000，车翻了",
        "G10 104K+000",
    ],
)
def test_kilometre_is_read_behind_its_known_road(text, district):
    place = first(district, text)
    assert place.kind == "km_post"
    assert place.lonlat == pytest.approx((125.05, 46.4), abs=1e-3)


def test_kilometre_of_no_road_is_a_guess(district):
    place = first(district, "K104")
    assert (place.precise, place.confidence <= 70) == (0, True)


def test_words_of_a_way_from_a_place_make_it_less_exact(district):
    place = first(district, "南镇世纪大道12号西侧300米拐进去那个院")
    assert place.precise == 0
    assert place.accuracy_m > 300


@pytest.mark.parametrize("text", ["我在一个书店旁边", "附近的加油站", "前面路口", "110", "超市门口", "我家楼下"])
def test_sort_of_place_without_a_name_is_no_answer(text, district):
    with pytest.raises(Unprocessable):
        service.geocode(district, text)


@pytest.mark.parametrize("text", ["书香书店东边一百来米", "离书香书店100米，在东边", "书香书店往东大概一百米路南"])
def test_distance_is_read_as_it_is_spoken(text, district):
    assert first(district, text).lonlat == pytest.approx((125.0163, 46.501), abs=1e-4)


def test_section_of_a_road_is_between_its_crossings(district):
    place = first(district, "世纪大道（东风路至火炬东大道段）全线堵车")
    assert place.lonlat == pytest.approx((125.015, 46.5), abs=1e-4)
    assert (place.precise, place.accuracy_m > 380) == (0, True)


def test_crossings_are_no_answer_where_other_kinds_are_wanted(district):
    for text in ("世纪大道与东风路交叉口", "G10 K104"):
        with contextlib.suppress(Unprocessable):
            assert {place.kind for place in service.geocode(district, text, kinds=("poi",))} == {"poi"}


def test_roads_that_do_not_meet_are_answered_where_they_are_nearest(district):
    place = first(district, "东风路与春光巷交叉口")
    assert (place.precise, "～" in place.name) == (0, True)
    assert place.lonlat == pytest.approx((125.01, 46.508), abs=1e-4)


@pytest.mark.parametrize(
    "text",
    [
        "Wohnungsbrand Burggasse 3, 1. OG, Menschenrettung",
        "malaise cardiaque 3 Burggasse 4e étage",
        "Burggasse 3 digicode 1234",
    ],
)
def test_number_belongs_to_the_known_street_among_words_of_any_language(text, numbered):
    assert first(numbered, text).lonlat == (8.62, 49.4001)


class Call:
    def __init__(self, world):
        self.world = world


def test_documents_of_every_form_are_as_declared(district):
    for text in ("世纪大道与东风路交叉口", "G10 K104", "书香书店北侧200米", "书香小区3号楼2单元501", "125.1,46.5"):
        PlaceCollection.model_validate(api.geocode(Call(district), GeocodeQuery(q=text), None))
        Readings.model_validate(api.parse(Call(district), ParseQuery(q=text), None))


QUESTIONS = (
    "黑龙江省大庆市南镇世纪大道12号2单元501室",
    "世纪大道与东风路交叉口东北侧200米",
    "G10绥满高速K104+500上行",
    "222 m north of Century Avenue 12, 南镇",
    "老巷口汉堡(东风路店)附近有人受伤了快来",
)


@pytest.mark.parametrize("seed", range(60))
def test_mutilated_questions_are_answered_or_refused(seed, district):
    chance = random.Random(seed)
    text = list(chance.choice(QUESTIONS) + chance.choice(QUESTIONS))
    for _ in range(chance.randrange(1, 12)):
        at = chance.randrange(len(text))
        text[at : at + chance.randrange(3)] = chance.choice(
            ["", "号", "1", "-", "路", " ", "与", "K", "\u0301", "𠀀", "十", "A", ","]
        )
    with contextlib.suppress(Unprocessable, BadQuery):
        service.geocode(district, "".join(text) + "x", focus=(125.0, 46.5) if seed % 2 else None)
    service.suggest(district, "".join(text[:8]) + "x")


def test_word_for_a_sort_of_place_is_no_name_that_only_sounds_so(drawn_world):
    world = drawn_world("n 1 125.0 46.5 place=village name=怡园\nn 2 125.1 46.5 place=village name=让胡路")
    with pytest.raises(Unprocessable):
        service.geocode(world, "医院")
    assert any(place.name == "怡园" for place in service.geocode(world, "怡远"))
