import pytest

from location_cloud.places.service import geocode


def test_position_inside_a_story_is_found_and_the_rest_is_told(town):
    best = geocode(town, "出事了 北纬46.58758东经125.10307 快来人")[0]
    assert (best.kind, best.lonlat) == ("coordinates", pytest.approx((125.10307, 46.58758)))
    assert best.comprehension < 100


def test_short_plus_code_with_its_town_is_found(town):
    assert geocode(town, "H4Q3+26 大庆")[0].name == "8QR7H4Q3+26"


def test_marks_that_look_alike_are_read(town):
    for text in ("46º30’0.0” 125º0’1.0”", "46°30′00″N,125°00′01″E"):
        assert geocode(town, text)[0].lonlat == pytest.approx((125.000278, 46.5), abs=1e-6)


def test_order_is_decided_by_where_anything_is_known(town):
    for text in ("60.1702,24.9402", "24.9402,60.1702"):
        assert geocode(town, text)[0].lonlat == pytest.approx((24.9402, 60.1702))


@pytest.mark.parametrize("category", ["medical", "090100", "amenity=hospital"])
def test_kinds_of_the_tree_narrow_the_answers(town, category):
    found = geocode(town, "医院", category=category)
    assert {place.category for place in found} == {"amenity=hospital"}
