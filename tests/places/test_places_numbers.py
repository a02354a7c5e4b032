import numpy as np
import pytest

from location_cloud.places.find_number import find_house
from location_cloud.places.houses import number_value
from location_cloud.places.match import distance_m
from location_cloud.places.model import METRES_PER_DEGREE, OSM_ACCURACY_M


def street(*numbers, east_m=None, estimated=()):
    """Houses on the equator, 11 m further east for each number unless east_m says where."""
    values = np.array([number_value(number) for number in numbers], np.int32)
    east = values * 11.1 if east_m is None else np.array(east_m)
    lonlat = np.stack([east / METRES_PER_DEGREE, np.zeros(len(values))], axis=1)
    return list(numbers), values, lonlat, np.isin(numbers, estimated)


def test_missing_number_lies_between_its_neighbours_on_the_same_side():
    house = find_house("6", *street("2", "3", "5", "10"))
    assert not house.is_mapped
    assert house.lonlat[0] * METRES_PER_DEGREE == pytest.approx(6 * 11.1)


def test_mapped_number_is_exact():
    house = find_house("5", *street("2", "3", "5", "10"))
    assert (house.is_exact, house.accuracy_m) == (True, OSM_ACCURACY_M)


def test_number_within_a_written_range_is_mapped_but_not_exact():
    house = find_house("14", *street("12-16", "20"))
    assert (house.row, house.is_mapped, house.is_exact) == (0, True, False)
    assert not find_house("13", *street("12-16", "20")).is_mapped


def test_first_number_of_a_range_is_mapped_but_not_exact():
    house = find_house("12", *street("12-14", "20"))
    assert (house.is_mapped, house.is_exact) == (True, False)


def test_long_range_is_stated_less_exactly_than_a_short_one():
    long, short = (find_house("14", *street(text, "30", "32")) for text in ("12-28", "12-14"))
    assert long.accuracy_m > 2 * short.accuracy_m


def test_letter_decides_between_houses_of_one_number():
    assert find_house("12b", *street("12a", "12b")).row == 1


@pytest.mark.parametrize(("number", "row"), [("12d", 1), ("12b", 0), ("12", 0), ("12k", 2)])
def test_other_letter_is_by_the_letter_before_it_and_not_exact(number, row):
    house = find_house(number, *street("12a", "12c", "12h"))
    assert (house.row, house.is_mapped, house.is_exact) == (row, False, False)


def test_number_beyond_the_last_has_a_wide_radius():
    assert find_house("28", *street("2", "10")).accuracy_m > 200


def test_number_beyond_its_own_side_is_between_the_others():
    house = find_house("11", *street("10", "12", "14", "25", "27", "29"))
    assert house.lonlat[0] * METRES_PER_DEGREE == pytest.approx(11 * 11.1, abs=12)


def test_radius_grows_where_a_street_does_not_count_evenly():
    even = street("2", "4", "6", "8", "12", "14", "16", "18")
    campus = street(*even[0], east_m=[300, 20, 180, 90, 110, 310, 40, 200])
    assert find_house("10", *campus).accuracy_m > 5 * find_house("10", *even).accuracy_m


def test_metres_as_numbers_are_seen_from_the_street():
    by_metres = street("100", "212", "340", "456", east_m=[100, 212, 340, 456])
    assert find_house("480", *by_metres).accuracy_m < 150


def test_interpolated_number_is_a_guess():
    known = street("2", "4", "6", "8", estimated=("4", "6"))
    house = find_house("4", *known)
    assert house.lonlat[0] * METRES_PER_DEGREE == pytest.approx(4 * 11.1)
    assert not house.is_exact
    assert house.accuracy_m > 2 * OSM_ACCURACY_M


def test_interpolated_numbers_do_not_show_how_even_a_street_is():
    numbers, rest = ("2", "4", "6", "8", "10", "12", "14"), ("4", "6", "8", "10", "12")
    mapped, guessed = street("2", "6", "8", "10", "14"), street(*numbers, estimated=rest)
    assert find_house("4", *guessed).accuracy_m > find_house("4", *mapped).accuracy_m


@pytest.mark.parametrize("frontage_m", [3, 12, 40])
@pytest.mark.parametrize("jitter_m", [2, 15, 60])
def test_stated_radius_holds_about_95_percent_of_missing_numbers(frontage_m, jitter_m):
    random = np.random.default_rng(5)
    held = []
    for _ in range(300):
        values = np.sort(random.choice(np.arange(1, 60), random.integers(5, 40), replace=False)).astype(np.int32)
        north_m = np.where(values % 2, 15, -15) + random.normal(0, jitter_m / 3, len(values))
        east_m = values * frontage_m + random.normal(0, jitter_m, len(values))
        lonlat = np.stack([east_m, north_m], axis=1) / METRES_PER_DEGREE
        left, known = int(random.integers(len(values))), np.ones(len(values), bool)
        known[left] = False
        texts = [str(value) for value in values[known]]
        house = find_house(str(values[left]), texts, values[known], lonlat[known], ~known[known])
        held.append(house is None or distance_m(lonlat[left], np.array(house.lonlat)) <= house.accuracy_m)
    assert np.mean(held) >= 0.94


@pytest.mark.parametrize(("number", "known"), [("9999", ("2", "10")), ("300", ("2", "100")), ("1", ("200", "210"))])
def test_number_far_outside_the_known_ones_is_not_estimated(number, known):
    assert find_house(number, *street(*known)) is None


@pytest.mark.parametrize(("number", "known"), [("150", ("2", "100")), ("12", ("2",)), ("190", ("200", "210"))])
def test_number_a_little_outside_the_known_ones_is_estimated(number, known):
    assert not find_house(number, *street(*known)).is_mapped


def test_street_without_numbers_has_no_house():
    assert find_house("1", *street()) is None
