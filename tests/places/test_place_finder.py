"""Words for a place as other capabilities ask for them: sure is what one drawn thing alone is called."""

from location_cloud.places.service_finding import find_place


def test_one_drawn_place_alone_is_sure(town):
    found = find_place(town, "大庆市第一医院")
    assert found.is_sure
    assert found.accuracy_m <= 50


def test_a_letter_that_is_wrong_changes_nothing(town):
    assert find_place(town, "Springfield Central Staton").is_sure


def test_a_street_and_a_district_are_not_sure(town):
    for text in ("萨尔图大街", "萨尔图"):
        assert not find_place(town, text).is_sure, text


def test_words_that_mean_nothing_find_nothing(town):
    assert find_place(town, "qqzzxxyy") is None
    assert find_place(town, "???") is None
