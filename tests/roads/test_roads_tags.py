"""Speeds, names and flags of roads."""

from __future__ import annotations

import pytest

from location_cloud.roads import model
from location_cloud.roads.names import NameBook
from location_cloud.roads.speeds import parse_maxspeed, signed_speeds
from location_cloud.roads.ways import WayReader, way_names


@pytest.mark.parametrize(
    ("value", "kmh"),
    [
        ("50", 50),
        ("50 km/h", 50),
        ("30 mph", 48),
        ("30mph", 48),
        ("10 knots", 19),
        ("5.5", 6),
        ("walk", 7),
        ("none", model.NO_LIMIT_KMH),
        ("DE:urban", 50),
        ("DE:rural", 100),
        ("DE:motorway", model.NO_LIMIT_KMH),
        ("DE:zone:30", 30),
        ("FI:zone30", 30),
        ("CN:urban", 50),
        ("RU:living_street", 20),
        ("XX:urban", 50),
        ("50;30", 30),
        ("999", 254),
        ("signals", 0),
        ("", 0),
        ("-50", 0),
        ("9" * 5000, 0),
        ("５0", 50),
        ("DE:unheard_of", 0),
    ],
)
def test_maxspeed_is_read(value: str, kmh: int) -> None:
    assert parse_maxspeed(value) == kmh


def test_directions_have_their_own_signs() -> None:
    assert signed_speeds({"maxspeed": "50", "maxspeed:backward": "30"}) == (50, 30)


def test_zone_of_the_source_stands_in_for_a_missing_sign() -> None:
    assert signed_speeds({"source:maxspeed": "DE:urban"}) == (50, 50)
    assert signed_speeds({"maxspeed": "30", "source:maxspeed": "DE:urban"}) == (30, 30)


@pytest.mark.parametrize(
    ("tags", "flag"),
    [
        ({"junction": "roundabout"}, model.ROUNDABOUT),
        ({"tunnel": "yes"}, model.TUNNEL),
        ({"bridge": "viaduct"}, model.BRIDGE),
        ({"toll": "yes"}, model.TOLL),
        ({"surface": "gravel"}, model.UNPAVED),
        ({"surface": "concrete:plates"}, 0),
        ({"bridge": "no"}, 0),
        ({"hazmat": "no"}, model.HAZMAT_NO),
        ({"lit": "automatic"}, model.LIT),
        ({"lit": "no"}, 0),
        ({"wheelchair": "no"}, model.WHEELCHAIR_NO),
        ({"wheelchair": "designated"}, model.WHEELCHAIR_YES),
        ({"dual_carriageway": "yes"}, model.DUAL),
    ],
)
def test_flag_is_set(tags: dict[str, str], flag: int) -> None:
    read = WayReader().read({"highway": "primary", **tags})
    assert read is not None
    assert read.numbers.flags & ~model.ONEWAY == flag


def test_track_is_unpaved_unless_it_is_grade1() -> None:
    for grade, unpaved in (("grade1", 0), ("grade3", model.UNPAVED)):
        read = WayReader().read({"highway": "track", "tracktype": grade})
        assert read is not None
        assert read.numbers.flags == unpaved


def test_link_living_street_and_service_are_told() -> None:
    reader = WayReader()
    link, street, alley, other = (
        reader.read(tags).numbers
        for tags in (
            {"highway": "primary_link"},
            {"highway": "living_street"},
            {"highway": "service", "service": "alley"},
            {"highway": "service", "service": "slipway"},
        )
    )
    assert (link.flags, street.flags) == (model.LINK, model.LIVING_STREET)
    assert [model.SERVICES[read.service] for read in (link, alley, other)] == ["", "alley", "other"]


def test_equal_tags_are_read_once() -> None:
    reader = WayReader()
    one = reader.read({"highway": "residential", "name": "A", "source": "x"})
    assert reader.read({"highway": "residential", "name": "B", "source": "y"}) is one


def test_names_in_three_languages_and_the_number() -> None:
    book = NameBook()
    tags = {"name": "Unioninkatu", "name:zh-Hans": "联盟街", "name:en": "Union Street", "ref": "E75"}
    numbers = way_names(tags, book)
    assert [book.as_texts()[number] for number in numbers] == ["Unioninkatu", "联盟街", "Union Street", "E75"]


def test_equal_names_share_a_number_and_none_is_zero() -> None:
    book = NameBook()
    assert book.number("世纪大道") == book.number("世纪大道") == 1
    assert book.number("") == 0
    assert len(book.as_texts()) == 2
