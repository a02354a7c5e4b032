import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_cloud.places.fold import fold_words
from location_cloud.places.grid import build_grid
from location_cloud.places.houses import find_house
from location_cloud.places.names import build_index
from location_cloud.places.pinyin import build_table, phrase_spelling

NAMES = ["大庆市第一医院", "大庆市第二医院", "油田总医院", "Central Station", "Station Road", "a", "医院"]


@pytest.fixture(scope="module")
def index():
    words = [fold_words(name) for name in NAMES]
    keys = ["".join(parts) for parts in words]
    return build_index(keys, range(len(keys)), [0] * len(keys), words.__getitem__)


def named(index, keys):
    return [NAMES[index.key_doc[key]] for key in keys]


def test_exact_name_is_found_alone(index):
    assert named(index, index.find_exact("医院")) == ["医院"]


def test_prefix_is_found_at_every_word_start(index):
    low, high = index.find_prefix("stat")
    assert sorted(named(index, index.entry_key[low:high])) == ["Central Station", "Station Road"]


def test_missing_character_still_finds_the_name_first(index):
    assert named(index, index.find_similar("大庆第一医院"))[0] == "大庆市第一医院"


def test_unknown_groups_find_nothing(index):
    assert len(index.find_similar("zzzz")) == 0


@given(
    st.lists(st.text("ab大庆c", min_size=1, max_size=6), min_size=1, max_size=20),
    st.text("ab大庆c", min_size=1, max_size=3),
)
def test_index_agrees_with_looking_at_every_name(names, asked):
    index = build_index(names, range(len(names)), [0] * len(names), lambda each: [names[each]])
    low, high = index.find_prefix(asked)
    assert sorted(index.entry_key[low:high]) == [i for i, name in enumerate(names) if name.startswith(asked)]
    assert sorted(index.find_exact(asked)) == [i for i, name in enumerate(names) if name == asked]


def test_characters_are_spelled_and_polyphones_follow_their_word():
    assert build_table().spell("大庆a") == ("daqinga", "dqa")
    assert phrase_spelling("重庆路")[0] == "chongqinglu"


def test_grid_gives_every_point_of_the_box():
    points = np.random.default_rng(3).uniform((125.0, 46.0), (125.1, 46.1), (500, 2))
    found = set(build_grid(points).find_near((125.05, 46.05), (0.01, 0.005)).tolist())
    inside = np.flatnonzero((abs(points[:, 0] - 125.05) <= 0.01) & (abs(points[:, 1] - 46.05) <= 0.005))
    assert set(inside.tolist()) <= found


def street(*numbers):
    values = np.array([int(number.split("-")[0].rstrip("ab")) for number in numbers], np.int32)
    lonlat = np.stack([values / 1e4, np.zeros(len(values))], axis=1)
    return list(numbers), values, lonlat


def test_missing_number_lies_between_its_neighbours_on_the_same_side():
    house = find_house("6", *street("2", "3", "5", "10"))
    assert not house.is_mapped
    assert house.lonlat[0] == pytest.approx(6 / 1e4)


def test_number_within_a_written_range_is_mapped():
    assert find_house("14", *street("12-16", "20")).is_mapped
    assert not find_house("13", *street("12-16", "20")).is_mapped


def test_letter_decides_between_houses_of_one_number():
    assert find_house("12b", *street("12a", "12b")).row == 1


def test_other_letter_is_next_door_and_not_precise():
    assert not find_house("12", *street("12a")).is_mapped


def test_number_beyond_the_last_has_a_wide_radius():
    assert find_house("28", *street("2", "10")).accuracy_m > 200


@pytest.mark.parametrize(("number", "known"), [("9999", ("2", "10")), ("300", ("2", "100")), ("1", ("200", "210"))])
def test_number_far_outside_the_known_ones_is_not_estimated(number, known):
    assert find_house(number, *street(*known)) is None


@pytest.mark.parametrize(("number", "known"), [("150", ("2", "100")), ("12", ("2",)), ("190", ("200", "210"))])
def test_number_a_little_outside_the_known_ones_is_estimated(number, known):
    assert not find_house(number, *street(*known)).is_mapped


def test_street_without_numbers_has_no_house():
    assert find_house("1", *street()) is None
