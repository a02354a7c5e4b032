"""Whose rules hold: the country of an extract, its speeds, sides and closed roads; built-up areas and twin roads."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.roads.access import way_access
from location_cloud.roads.countries import box_country, default_limits_kmh, get_country, list_countries
from location_cloud.roads.model import BICYCLE, CAR, FOOT, HGV, MOTOR, MOTORCYCLE
from tests.draw import Drawing, draw_roads
from tests.roads.conftest import Builder

HELSINKI, HEIDELBERG, ATLANTIC = (24.94, 60.17), (8.69, 49.41), (-40.0, 30.0)
SQUARE = """
    A--B
    |  |
    D--C
"""


def test_every_number_of_law_has_its_source() -> None:
    rules = [rule for country in list_countries() for rule in country.speeds]
    assert len(rules) > 40
    assert all(len(rule.source) > 10 and rule.classes and rule.kmh[CAR] > 0 for rule in rules)


def test_the_countries_asked_for_are_shipped() -> None:
    assert {"", "CN", "DE", "AT", "FI", "FR", "MC", "SI"} <= {country.code for country in list_countries()}


@pytest.mark.parametrize(
    ("code", "side"), [("CN", "right"), ("GB", "left"), ("HK", "left"), ("JP", "left"), ("", "right")]
)
def test_side_of_the_road(code: str, side: str) -> None:
    assert get_country(code).driving_side == side


def test_unknown_country_drives_by_the_worlds_rules() -> None:
    assert get_country("ZZ").speeds == get_country("").speeds


# --- which country -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ((125.1, 46.6), "CN"),
        (HELSINKI, "FI"),
        (HEIDELBERG, "DE"),
        ((15.6, 48.4), "AT"),
        ((15.65, 46.55), "SI"),
        ((7.42, 43.735), "MC"),
        ((114.17, 22.3), "HK"),
        ((121.5, 25.05), "TW"),
        (ATLANTIC, ""),
    ],
)
def test_country_by_place(build: Builder, place: tuple[float, float], code: str) -> None:
    assert build(draw_roads("A--B", origin=place)).roads.country_code == code


def test_addresses_outweigh_the_place(build: Builder) -> None:
    assert build(draw_roads("A--B", nodes={"B": {"addr:country": "FR"}})).roads.country_code == "FR"


def boundary(drawing: Drawing, *relations: str) -> str:
    """The elements of a drawing with country boundaries: "DE:1" is Germany around way 1."""
    xml = drawing.osm_xml()
    inside = xml[xml.index(">", xml.index("<osm")) + 1 : xml.index("</osm>")]
    for number, (code, way) in enumerate((relation.split(":") for relation in relations), 90):
        tags = {"type": "boundary", "boundary": "administrative", "admin_level": "2", "name": code, "ISO3166-1": code}
        written = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        inside += f'<relation id="{number}"><member type="way" ref="{way}" role="outer"/>{written}</relation>'
    return inside


def test_only_country_boundary_that_touches_the_data_tells(build: Builder) -> None:
    drawing = draw_roads("A--B", nodes={"B": {"addr:country": "FR"}})
    assert build(boundary(drawing, "DE:1")).roads.country_code == "DE"


def test_of_two_boundaries_the_one_around_the_middle_tells(build: Builder) -> None:
    drawing = draw_roads(SQUARE, ways={"ABCDA": {}, "AB": {}})
    assert build(boundary(drawing, "FR:2", "MC:1")).roads.country_code == "MC"


def test_box_outside_all_countries_is_nobodys() -> None:
    assert box_country(*ATLANTIC) == ""


# --- access ------------------------------------------------------------------------------------------------------


def test_walkers_and_bicycles_keep_off_chinese_expressways() -> None:
    tags = {"highway": "trunk", "expressway": "yes"}
    assert way_access(tags, get_country("CN")).forward == MOTOR
    assert way_access(tags).forward & (BICYCLE | FOOT)
    assert way_access({**tags, "bicycle": "yes"}, get_country("CN")).forward == MOTOR | BICYCLE
    assert way_access({"highway": "trunk"}, get_country("CN")).forward & BICYCLE


def test_walkers_keep_off_german_cycleways_unless_they_may() -> None:
    assert way_access({"highway": "cycleway"}, get_country("DE")).forward == BICYCLE
    assert way_access({"highway": "cycleway", "foot": "yes"}, get_country("DE")).forward & FOOT
    assert way_access({"highway": "cycleway"}, get_country("FI")).forward & FOOT


# --- speeds ------------------------------------------------------------------------------------------------------


def limit(build: Builder, place: tuple[float, float], vehicle: int, **tags: str) -> float:
    roads = build(draw_roads("A--B", ways={"AB": tags}, origin=place, grid_m=1000)).roads
    return float(default_limits_kmh(roads, vehicle)[0])


@pytest.mark.parametrize(
    ("tags", "vehicle", "kmh"),
    [
        ("highway=motorway", CAR, 120),
        ("highway=motorway", HGV, 100),
        ("highway=motorway_link", MOTORCYCLE, 80),
        ("highway=secondary maxspeed:type=CN:urban", CAR, 50),
        ("highway=secondary", CAR, 70),
        ("highway=secondary lanes=4", CAR, 80),
        ("highway=secondary lanes=4 maxspeed:type=CN:urban", CAR, 70),
        ("highway=residential maxspeed:type=CN:urban", CAR, 30),
        ("highway=unclassified", CAR, 40),
        ("highway=track", CAR, np.nan),
    ],
)
def test_speed_by_chinese_law(build: Builder, tags: str, vehicle: int, kmh: float) -> None:
    read = dict(part.split("=") for part in tags.split())
    assert limit(build, (125.1, 46.6), vehicle, **read) == pytest.approx(kmh, nan_ok=True)


@pytest.mark.parametrize(
    ("tags", "vehicle", "kmh"),
    [
        ("highway=motorway", CAR, np.inf),
        ("highway=motorway", HGV, 80),
        ("highway=primary", CAR, 100),
        ("highway=primary", HGV, 60),
        ("highway=primary zone:traffic=DE:urban", HGV, 50),
        ("highway=living_street", CAR, 7),
    ],
)
def test_speed_by_german_law(build: Builder, tags: str, vehicle: int, kmh: float) -> None:
    read = dict(part.split("=") for part in tags.split())
    assert limit(build, HEIDELBERG, vehicle, **read) == kmh


# --- surroundings ------------------------------------------------------------------------------------------------

TOWN = """
    A--B--C--D
    |  |  |  |
    E--F--G--H
    |  |  |  |
    I--J--K--L
"""
STREETS = {"ABCD": {}, "EFGH": {}, "IJKL": {}, "AEI": {}, "BFJ": {}, "DHL": {}}


def test_road_among_residential_streets_is_urban(build: Builder) -> None:
    ways = {**STREETS, "CGK": {"highway": "secondary"}}
    assert "urban" in build(draw_roads(TOWN, ways=ways)).flags("CG")


def test_road_alone_is_not_urban_unless_told(build: Builder) -> None:
    road = {"highway": "secondary"}
    assert "urban" not in build(draw_roads("A--B", ways={"AB": road})).flags("AB")
    assert "urban" in build(draw_roads("A--B", ways={"AB": {**road, "source:maxspeed": "CN:urban"}})).flags("AB")


def test_zone_outside_outweighs_the_streets_around(build: Builder) -> None:
    ways = {**STREETS, "CGK": {"highway": "secondary", "maxspeed:type": "DE:rural"}}
    assert "urban" not in build(draw_roads(TOWN, ways=ways)).flags("CG")


TWINS = """
    A-----B
    C-----D
"""
ONE = {"highway": "primary", "oneway": "yes", "name": "世纪大道"}


def test_carriageways_that_run_beside_each_other_are_dual(build: Builder) -> None:
    city = build(draw_roads(TWINS, ways={"BA": ONE, "CD": ONE}, grid_m=20))
    assert {"dual"} <= city.flags("BA") & city.flags("CD")


@pytest.mark.parametrize("other", [{**ONE, "name": "他路"}, {**ONE, "oneway": "-1"}, {**ONE, "oneway": "no"}])
def test_neighbour_of_another_name_or_the_same_direction_is_no_twin(build: Builder, other: dict[str, str]) -> None:
    assert "dual" not in build(draw_roads(TWINS, ways={"BA": ONE, "CD": other}, grid_m=20)).flags("BA")


def test_carriageways_far_apart_are_streets_of_their_own(build: Builder) -> None:
    assert "dual" not in build(draw_roads(TWINS, ways={"BA": ONE, "CD": ONE}, grid_m=100)).flags("BA")


def test_motorway_is_dual_by_itself_and_its_ramp_is_not(build: Builder) -> None:
    ways = {"AB": {"highway": "motorway"}, "CD": {"highway": "motorway_link", "oneway": "yes"}}
    city = build(draw_roads(TWINS, ways=ways))
    assert ("dual" in city.flags("AB"), "dual" in city.flags("CD")) == (True, False)
