import pytest

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.places import api, service
from location_cloud.places.schema import GeocodeQuery, PlaceCollection, SuggestQuery
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.cells import BEIDOU

SAERTU = (125.0, 46.5)


def first(world, text, **where):
    return service.geocode(world, text, **where)[0]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("大庆市第一医院", "大庆市第一医院"),
        ("大庆第一医院", "大庆市第一医院"),
        ("大庆市第一医原", "大庆市第一医院"),
        ("daqingshidiyiyiyuan", "大庆市第一医院"),
        ("dqsdyyy", "大庆市第一医院"),
        ("fragrant books", "书香书店"),
        ("cafe angstrom", "Café Ångström"),
        ("北5-9-572", "北5-9-572"),
        ("北5-95-72井", "北5-95-72"),
        ("unity avenue", "团结大街"),
        ("萨尔图大街", "萨尔图大街"),
        ("Springfield Central Staton", "Springfield Central Station"),
    ],
)
def test_place_is_found_by(text, name, town):
    assert first(town, text).name == name


@pytest.mark.parametrize(
    ("text", "code", "level"),
    [
        ("黑龙江省", "23", "省"),
        ("大庆市", "2306", "市"),
        ("萨尔图", "230602", "区县"),
        ("黑龙江省大庆市让胡路区", "230604", "区县"),
        ("高新区农场", "230671580", "乡镇"),
        ("肇源县新站镇", "230622105", "乡镇"),
        ("三环社区", "230602013004", "村庄"),
        ("ranghuluqu", "230604", "区县"),
        ("Dorbod Mongol Autonomous County", "230624", "区县"),
    ],
)
def test_every_level_of_daqing_is_found(text, code, level, town):
    place = first(town, text)
    assert (place.id, place.level) == (code, level)
    assert place.precise == 0


def test_all_970_units_of_daqing_are_found_by_their_full_name(town):
    areas = town.sections["areas"]
    for row, code in enumerate(areas.code.as_list()):
        chain = [areas.name[each] for each in reversed([row, *areas.ancestors(row)])]
        assert first(town, "".join(chain)).id == code


@pytest.mark.parametrize("text", ["团结大街10号", "大庆市团结大街10号", "10 团结大街", "团结大街十号", "团结大街 10"])
def test_chinese_address_is_found_in_every_order(text, town):
    place = first(town, text, focus=SAERTU)
    assert (place.kind, place.level, place.precise) == ("address", "门牌号", 1)
    assert place.lonlat == (125.005, 46.5003)


def test_of_two_roads_of_one_name_the_one_with_the_number_answers(town):
    assert first(town, "团结大街202号").lonlat == (125.305, 46.4003)
    assert first(town, "团结大街257号").lonlat == (125.015, 46.5003)


def test_missing_number_is_interpolated_on_its_side_and_marked(town):
    place = first(town, "团结大街6号", focus=SAERTU)
    assert place.lonlat == pytest.approx((125.003, 46.5003))
    assert (place.precise, place.id, place.housenumber) == (0, "", "6")
    assert place.accuracy_m > 100


@pytest.mark.parametrize(
    "text", ["Main Street 12 B, Springfield", "Main Street 12 B, 00999 Springfield", "12 c Main St"]
)
def test_letter_that_nobody_mapped_is_a_guess(text, town):
    place = first(town, text)
    assert (place.kind, place.precise) == ("address", 0)


def test_callers_story_is_no_part_of_the_place(town):
    place = first(town, "喂我在团结大街257号这边有人受伤了快来")
    assert (place.housenumber, place.unmatched, place.confidence) == ("257", "", 100)


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("Main Street 12, Shelbyville", "Shelbyville"),
        ("12 Main St, 00100 Springfield", "Springfield"),
        ("Main Street 12, 00200", "Shelbyville"),
        ("12 Main Street Springfield", "Springfield"),
    ],
)
def test_town_or_postcode_decides_between_streets_of_one_name(text, city, town):
    assert first(town, text).city == city


def test_letter_of_a_house_number_counts(town):
    assert first(town, "Main Street 12A, Springfield").lonlat == (24.945, 60.17)


def test_focus_decides_between_equal_names(town):
    assert first(town, "团结大街", focus=(125.3, 46.4)).lonlat[0] > 125.2
    assert first(town, "团结大街", focus=SAERTU).lonlat[0] < 125.1


def test_nothing_outside_the_box_is_answered(town):
    found = service.geocode(town, "团结大街", bbox=Bbox(125.2, 46.3, 125.4, 46.5))
    assert all(place.lonlat[0] > 125.2 for place in found)


def test_coordinates_and_grid_codes_are_places(town):
    assert first(town, "北纬46.5 东经125.0").lonlat == (125.0, 46.5)
    cell = BEIDOU.encode(SAERTU, 7)
    assert first(town, cell).lonlat == pytest.approx(SAERTU, abs=1e-4)


def test_position_says_which_areas_it_lies_in(town):
    assert "大庆市" in [area.name for area in first(town, "125.0,46.5").areas]


def test_what_nobody_understands_is_refused_with_the_best_guess(town):
    with pytest.raises(Unprocessable) as error:
        service.geocode(town, "第一中学附属幼儿园")
    assert "partial" in error.value.extra
    assert error.value.hint


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A 5", "A 5"),
        ("a5", "A 5"),
        ("L 600", "L 600"),
        ("B 3", "Rohrbacher Straße"),
        ("B37", "Rohrbacher Straße"),
        ("G10", "绥满高速公路"),
    ],
)
def test_road_is_found_by_its_number(text, name, numbered):
    names = [place.name for place in service.geocode(numbered, text)]
    assert names == [name]


@pytest.mark.parametrize("text", ["x", "L", "B 5", "b 5, x", "W 7"])
def test_single_letter_is_no_beginning_of_a_name(text, numbered):
    with pytest.raises(Unprocessable):
        service.geocode(numbered, text)


def test_single_letter_finds_what_is_called_exactly_so(numbered):
    assert [place.name for place in service.geocode(numbered, "c")] == ["C"]


@pytest.mark.parametrize(
    "text", ["Rohrbacher Straße 9999", "Rohrbacher Str.9999", "9999 rohrbacher straße", "B 3 9999"]
)
def test_number_far_outside_the_street_finds_the_road_and_says_so(text, numbered):
    place = first(numbered, text)
    assert (place.kind, place.name, place.precise) == ("road", "Rohrbacher Straße", 0)
    assert (place.unmatched, place.housenumber) == ("9999", "")
    assert place.confidence < 80


@pytest.mark.parametrize("text", ["油田总医院3号楼", "油田总医院 5床", "大庆市第一医院急诊科120"])
def test_numbers_around_a_whole_name_leave_it_found(text, town):
    assert first(town, text).name in text


def test_latin_word_inside_a_name_comes_before_what_sounds_like_it(numbered):
    names = [place.name for place in service.suggest(numbered, "sairaala")]
    assert names[0] == "Silmäsairaala"


@pytest.mark.parametrize("text", ["Main Street 12", "团结大街10号", "大庆第一医院", "Springfield"])
def test_candidates_read_by_falling_confidence(text, town):
    confidences = [place.confidence for place in service.geocode(town, text)]
    assert confidences == sorted(confidences, reverse=True)


def test_house_in_the_named_district_comes_before_one_outside(town):
    place = first(town, "高新区农场团结大街10号")
    assert place.lonlat == (125.005, 46.5003)


def test_coordinates_in_the_question_are_read_in_its_coordinate_system(town):
    place = first(town, "46.59140392 125.11015349", crs="gcj02")
    assert place.lonlat == pytest.approx((125.1039, 46.5893), abs=1e-3)
    assert place.name == "125.11015349,46.59140392"


def test_grid_code_is_never_shifted(town):
    cell = BEIDOU.encode(SAERTU, 7)
    assert first(town, cell, crs="gcj02").lonlat == first(town, cell).lonlat


def test_question_without_a_letter_is_refused(town):
    with pytest.raises(BadQuery, match="no letter"):
        service.geocode(town, "！？")


@pytest.mark.parametrize("text", ["大", "大庆市第", "dqsd", "daqingshid", "医", "spri", "cent"])
def test_suggestions_begin_as_typed(text, town):
    names = [place.name for place in service.suggest(town, text, limit=20)]
    assert names
    assert len(names) == len(set(names)) or text in {"大", "医"}


def test_nearest_suggestion_comes_first(town):
    names = [place.name for place in service.suggest(town, "团结大", focus=(125.3, 46.4))]
    assert names[0] == "团结大街"
    assert service.suggest(town, "团结大", focus=(125.3, 46.4))[0].lonlat[0] > 125.2


class Call:
    def __init__(self, world):
        self.world = world


def test_answers_are_what_the_document_says(town):
    call = Call(town)
    PlaceCollection.model_validate(api.geocode(call, GeocodeQuery(q="团结大街6号"), None))
    PlaceCollection.model_validate(api.suggest(call, SuggestQuery(q="大庆"), None))


def test_same_question_has_the_same_answer(town):
    assert service.geocode(town, "团结大街") == service.geocode(town, "团结大街")


TWO_BEGINNINGS = """
n 1 125.0000 46.5000 place=town name=南镇
n 2 125.0100 46.5000 shop=books name=南镇美味书店
n 3 125.0001 46.5000 shop=books name=美顺书店
"""


def test_name_that_begins_with_all_that_was_typed_comes_before_one_letter_in_an_area(drawn_world):
    found = service.suggest(drawn_world(TWO_BEGINNINGS), "南镇美", focus=(125.005, 46.5))
    assert [place.name for place in found[:2]] == ["南镇美味书店", "美顺书店"]
