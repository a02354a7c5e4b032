import re

import pytest

from location_cloud.places.categories import category_mask, load_categories

TREE = load_categories()


def test_every_kind_has_a_parent_and_both_names():
    for kind in TREE.by_id.values():
        assert kind.name
        assert kind.name_en
        assert kind.level == kind.id.count(".") + 1
        assert not kind.parent or kind.parent in TREE.by_id


def test_no_tag_is_of_two_kinds():
    tags = [tag for kind in TREE.by_id.values() for tag in kind.osm]
    assert len(tags) == len(set(tags))


def test_tags_stand_at_the_leaves_only():
    assert all(kind.level == 3 for kind in TREE.by_id.values() if kind.osm)


def test_amap_codes_are_six_digits():
    assert all(re.fullmatch(r"\d{6}", kind.amap) for kind in TREE.by_id.values() if kind.amap)


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("amenity=hospital", "medical.hospital.hospital"),
        ("man_made=petroleum_well", "energy.oil.well"),
        ("man_made=pump", "energy.oil.pump"),
        ("amenity=fire_station", "emergency.fire.fire_station"),
        ("emergency=fire_hydrant", "emergency.fire.hydrant"),
        ("amenity=shelter", "emergency.shelter.shelter"),
        ("amenity=fuel", "transport.road.fuel"),
        ("amenity=charging_station", "transport.road.charging"),
        ("shop=never_heard_of", "shopping.special.other"),
        ("never=heard", "other.structure.thing"),
    ],
)
def test_tag_is_of_the_kind(tag, kind):
    assert TREE.of_tag(tag) == kind


TAGS = ("amenity=clinic", "amenity=fuel", "amenity=hospital", "shop=x")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("medical", "amenity=clinic amenity=hospital"),
        ("medical.hospital.hospital", "amenity=hospital"),
        ("090100", "amenity=hospital"),
        ("090000", "amenity=clinic amenity=hospital"),
        ("加油站", "amenity=fuel"),
        ("fuel station", "amenity=fuel"),
        ("amenity=fuel", "amenity=fuel"),
        ("amenity=fuel|010100, medical.hospital.clinic", "amenity=clinic amenity=fuel"),
    ],
)
def test_kinds_are_asked_by_id_code_name_or_tag(asked, found):
    mask = category_mask(TAGS, asked)
    assert [tag for tag, is_wanted in zip(TAGS, mask) if is_wanted] == found.split()


def test_unknown_kind_is_not_nothing():
    assert category_mask(TAGS, "medical,nonsense") is None
