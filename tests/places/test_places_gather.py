from pathlib import Path

import numpy as np
import pytest

from location_cloud.places.gather import short_names
from location_cloud.places.gather_crossings import list_crossings
from location_cloud.places.gather_houses import numbers_between
from location_cloud.places.gather_posts import list_posts, parse_chainage
from location_cloud.places.gather_roads import list_numbered, list_roads
from location_cloud.places.model import AREA
from location_cloud.places.parts import part_number, split_part
from location_cloud.places.routes import build_routes
from location_cloud.spatial.measure import distance_m
from location_cloud.storage.osm import read_osm
from tests.places.drawn_towns import Quiet

# Degrees at 46.5 N: 0.0001 is 11.1 m to the north, 7.7 m to the east.
CROSSED = """
n 1 125.0000 46.5000
n 2 125.0100 46.5000
n 3 125.0200 46.5000
n 4 125.0100 46.4900
n 5 125.0100 46.5100
n 6 125.0000 46.5003
n 7 125.0100 46.5003
n 8 125.0200 46.5003
n 9 125.0300 46.5000
n 10 125.0302 46.5002
n 11 125.0304 46.5000
n 12 125.0302 46.4998
n 13 125.0302 46.5100
w 101 1,2,3,9 highway=primary name=世纪大道 ref=S201
w 102 8,7,6 highway=primary name=世纪大道 ref=S201
w 103 4,2,7,5 highway=secondary name=东风路 name:en=Dongfeng_Road old_name=红卫路
w 104 9,12,11,10,9 highway=primary junction=roundabout
w 105 10,13 highway=secondary name=学苑路
"""

NUMBERED = """
n 1 125.0000 46.5000
n 2 125.0100 46.5000
n 3 125.0300 46.5000
n 4 125.0300 46.5200
n 5 125.0300 46.5400
n 6 125.0000 46.5004
n 7 125.0300 46.5004
w 101 1,2,3,4,5 highway=motorway ref=G10 name=绥满高速 oneway=yes
w 102 7,6 highway=motorway ref=G10 name=绥满高速 oneway=yes
w 103 1,6 highway=primary name=世纪大道
n 21 125.0001 46.4999 highway=milestone distance=248 ref=G10
n 22 125.0290 46.5005 highway=milestone pk=250
n 23 125.0301 46.5400 highway=milestone name=K255+000
n 24 125.1000 46.6000 highway=milestone distance=300
n 25 125.0150 46.4999 highway=milestone distance=2490 ref=G10
n 26 125.0150 46.5000 highway=milestone distance=249 ref=G10
"""

COMPOUND = """
n 1 125.0000 46.5000
n 2 125.0040 46.5000 barrier=gate name=南门
n 3 125.0040 46.5040
n 4 125.0000 46.5040
n 11 125.0010 46.5010
n 12 125.0014 46.5010 entrance=main
n 13 125.0014 46.5012
n 14 125.0010 46.5012
n 21 125.0020 46.5020 building=apartments name=书香小区12号楼
n 22 125.0022 46.5022 building=apartments addr:housenumber=5
n 23 125.0500 46.5500 building=apartments name=3号楼
n 24 125.0060 46.5020 building=apartments name=书香小区A座
w 101 1,2,3,4,1 landuse=residential name=书香小区
w 102 11,12,13,14,11 building=apartments name=三号楼
"""

ADDRESSES = """
n 1 125.0000 46.5000 addr:street=东风路 addr:housenumber=2
n 2 125.0050 46.5000
n 3 125.0100 46.5000 addr:street=东风路 addr:housenumber=12
n 4 125.0100 46.5020 addr:housenumber=7
n 5 125.0120 46.5020 addr:housenumber=9;11
n 6 125.0000 46.5002
n 7 125.0200 46.5002
n 8 14.4000 50.1000 addr:place=Lhota addr:conscriptionnumber=123
n 9 14.4010 50.1000 addr:street=Dlouhá addr:housenumber=123/4 addr:streetnumber=4 addr:conscriptionnumber=123
w 101 1,2,3 addr:interpolation=even
w 102 6,7 highway=residential name=东风路
n 10 125.0300 46.5301 addr:housenumber=3
n 11 125.0310 46.5301 addr:street=西风路 addr:housenumber=5
n 12 125.0290 46.5300
n 13 125.0320 46.5300
w 103 12,13 highway=residential name=西风路
r 201 house:n4,street:w102 type=associatedStreet
"""

NAMED = """
n 1 125.0 46.5 man_made=petroleum_well name=北5-9-572井 ref=杏12-3
n 2 125.1 46.5 highway=bus_stop name=市政府 ref=A12
n 3 125.2 46.5 amenity=hospital name=人民医院 name:zh-Hant=人民醫院 old_name=工农医院 alt_name=市一院;一院
n 4 125.3 46.5 shop=kiosk name:zh=小卖部 name:pronunciation=xmb
n 5 125.4 46.5 highway=emergency_access_point ref=LAU-1203
n 6 125.5 46.5 amenity=bench ref=B12
"""


@pytest.fixture(scope="session")
def crossed(drawn_world):
    return drawn_world(CROSSED).sections["places"]


@pytest.fixture(scope="session")
def numbered_roads(drawn_world):
    return drawn_world(NUMBERED).sections["places"]


@pytest.fixture(scope="session")
def compound(drawn_world):
    return drawn_world(COMPOUND).sections["places"]


@pytest.fixture(scope="session")
def addresses(drawn_world):
    return drawn_world(ADDRESSES).sections["places"]


@pytest.fixture(scope="session")
def named(drawn_world):
    return drawn_world(NAMED).sections["places"]


def row_of(places, name):
    return places.name.as_list().index(name)


def under(places, name, column):
    row, start = row_of(places, name), getattr(places, f"{column}_start")
    return slice(int(start[row]), int(start[row + 1]))


def numbers_of(places, street):
    rows = places.houses(row_of(places, street))
    return {places.house_number[row]: row for row in range(rows.start, rows.stop)}


def test_crossing_of_two_carriageways_is_one_under_both_roads(crossed):
    east, north = under(crossed, "世纪大道", "crossing"), under(crossed, "东风路", "crossing")
    assert crossed.crossing_lonlat[north].tolist() == [pytest.approx([125.01, 46.50015])]
    assert [crossed.name[row] for row in crossed.crossing_other[east]] == ["东风路", "学苑路"]


def test_roads_that_end_at_a_roundabout_meet_in_its_middle(crossed):
    only = under(crossed, "学苑路", "crossing")
    assert crossed.crossing_lonlat[only].tolist() == [pytest.approx([125.0302, 46.5])]


def test_crossings_of_a_road_ascend_by_row_of_the_other(crossed):
    others = crossed.crossing_other[under(crossed, "世纪大道", "crossing")]
    assert (np.diff(others) > 0).all()


def test_other_names_of_a_road_are_kept(crossed):
    names = crossed.other_name.take(range(*under(crossed, "东风路", "other").indices(10**6)))
    assert set(names) == {"Dongfeng Road", "红卫路"}


def test_posts_calibrate_the_road_between_them(numbered_roads):
    places = numbered_roads
    assert places.route_ref.as_list() == ["g10"]
    assert places.route_name.as_list() == ["绥满高速"]
    at = [np.interp(252_500, places.lrs_m, places.lrs_lonlat[:, axis]) for axis in (0, 1)]
    assert at == pytest.approx([125.03, 46.52], abs=6e-4)


def test_bend_between_two_posts_is_followed(numbered_roads):
    places = numbered_roads
    assert (np.diff(places.lrs_m) >= 0).all()
    bend = np.flatnonzero(~places.lrs_is_post & (places.lrs_m > 250_000))
    assert places.lrs_lonlat[bend].tolist() == [pytest.approx([125.03, 46.5]), pytest.approx([125.03, 46.52])]


def test_post_without_number_belongs_to_the_numbered_road_it_stands_at(numbered_roads):
    posts = numbered_roads.lrs_m[numbered_roads.lrs_is_post].tolist()
    assert posts == [248_000, 249_000, 250_000, 255_000]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("K248+500", (248_500.0, 0)),
        ("248+500", (248_500.0, 0)),
        ("12.5", (12_500.0, 0)),
        ("12,5 km", (12_500.0, 0)),
        ("300 m", (300.0, 0)),
        ("10 mi", (16_093.44, 0)),
        ("ZK3+020", (3_020.0, 1)),
        ("YK3+020", (3_020.0, 2)),
        ("248公里300米", (248_300.0, 0)),
        ("-3", None),
        ("Straße", None),
        ("", None),
        ("9" * 5000, None),
    ],
)
def test_kilometre_on_a_post_is_read(text, found):
    assert parse_chainage(text) == found


def test_buildings_of_a_compound_are_its_parts(compound):
    parts = under(compound, "书香小区", "part")
    assert [compound.part_number[row] for row in range(parts.start, parts.stop)] == ["12", "3", "5", "a"]


def test_building_far_from_any_compound_is_no_part(compound):
    assert "n23" not in compound.part_osm.as_list()


def test_gate_on_the_outline_is_where_a_compound_is_entered(compound):
    gates = compound.access_lonlat[under(compound, "书香小区", "access")]
    assert gates.tolist() == [[125.004, 46.5]]


def test_named_gate_is_called_by_its_compound(compound):
    row = row_of(compound, "书香小区南门")
    assert compound.other_name[int(compound.other_start[row])] == "南门"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3号楼", "3"),
        ("3栋", "3"),
        ("３＃", "3"),
        ("3#楼", "3"),
        ("十二幢", "12"),
        ("第二十一号楼", "21"),
        ("A座", "a"),
        ("A3栋", "a3"),
        ("3-2栋", "3-2"),
        ("2号办公楼", "2"),
        ("第一医院2号楼", "2"),
        ("Haus 7b", "7b"),
        ("Building C", "c"),
        ("Bâtiment 12", "12"),
        ("办公楼", ""),
        ("新楼", ""),
        ("12", ""),
        ("", ""),
    ],
)
def test_number_of_a_building_is_read_from(text, number):
    assert part_number(text) == number


def test_name_before_a_building_number_is_told():
    assert split_part("书香小区十二号楼") == ("书香小区", "12")


def test_numbers_between_two_ends_are_estimated_by_parity(addresses):
    houses = numbers_of(addresses, "东风路")
    assert [number for number, row in houses.items() if addresses.house_estimated[row]] == ["4", "6", "8", "10"]
    assert addresses.house_lonlat[houses["8"]].tolist() == pytest.approx([125.006, 46.5])


def test_house_at_a_road_that_nobody_gave_it_is_estimated(addresses):
    """A corner house stands nearer to the street that it does not belong to."""
    houses = numbers_of(addresses, "西风路")
    assert {number: bool(addresses.house_estimated[row]) for number, row in houses.items()} == {"3": True, "5": False}


def test_house_of_a_street_relation_has_its_street(addresses):
    assert "7" in numbers_of(addresses, "东风路")


def test_house_without_street_far_from_every_road_is_left_out(addresses):
    assert not {"9", "11"} & set(addresses.house_number.as_list())


def test_czech_house_is_found_by_either_number(addresses):
    assert set(numbers_of(addresses, "Dlouhá")) == {"123/4", "4"}
    assert set(numbers_of(addresses, "Lhota")) == {"123"}


@pytest.mark.parametrize(
    ("first", "last", "rule", "between"),
    [
        ("2", "8", "even", ["4", "6"]),
        ("8", "2", "even", ["6", "4"]),
        ("1", "7", "odd", ["3", "5"]),
        ("1", "4", "all", ["2", "3"]),
        ("10", "40", "10", ["20", "30"]),
        ("12a", "12d", "alphabetic", ["12b", "12c"]),
        ("1", "8", "even", ["2", "4", "6"]),
        ("1", "999999", "odd", []),
        ("x", "8", "even", []),
        ("2", "8", "-2", []),
    ],
)
def test_interpolation_rule_gives(first, last, rule, between):
    assert numbers_between(first, last, rule) == between


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("北5-9-572井", {"杏12-3"}),
        ("市政府", {"A12"}),
        ("人民医院", {"人民醫院", "工农医院", "市一院", "一院"}),
        ("小卖部", set()),
        ("LAU-1203", set()),
    ],
)
def test_every_name_of_a_place_is_kept(name, others, named):
    found = under(named, name, "other")
    assert set(named.other_name.take(range(found.start, found.stop))) == others


def test_number_of_a_bench_is_no_name(named):
    assert "B12" not in named.name.as_list()


@pytest.mark.parametrize(
    ("name", "shorts"),
    [
        ("萨尔图区", ["萨尔图"]),
        ("红旗社区居委会", ["红旗社区", "红旗"]),
        ("曙光村委会", ["曙光村", "曙光"]),
        ("新站镇", ["新站"]),
        ("林甸县", ["林甸"]),
        ("郊区", []),
    ],
)
def test_short_names_of_an_area(name, shorts):
    assert short_names(name) == shorts


def test_short_name_of_every_town_and_village_is_a_name_of_it(named, drawn_world):
    areas = drawn_world(NAMED).sections["areas"]
    for row in np.flatnonzero(named.kind == AREA).tolist():
        others = named.other_name.take(range(int(named.other_start[row]), int(named.other_start[row + 1])))
        assert set(short_names(named.name[row])) <= set(others)
        assert named.accuracy_m[row] == areas.accuracy_m[named.area[row]] > 0


def test_populated_place_that_is_no_town_is_a_settlement(named):
    categories = {named.categories[named.category[row]] for row in np.flatnonzero(named.kind == 1)}
    assert categories == {"place=village"}


# --- real extracts ------------------------------------------------------------------------------

SHARED = Path(__file__).parents[2].parent / "shared/data/osm"
is_here = pytest.mark.skipif(not SHARED.exists(), reason="the shared OSM extracts are not on this machine")


@pytest.fixture(scope="session")
def heidelberg():
    return read_osm([SHARED / "heidelberg-ors.osm.pbf"], None, Quiet())[0]


@is_here
def test_posts_of_a_real_motorway_lie_on_it_in_order(heidelberg):
    routes = build_routes(list_numbered(heidelberg), list_posts(heidelberg))
    row = routes.ref.index("a5")
    part = slice(routes.start[row], routes.start[row + 1])
    metres, lonlat = routes.metres[part], routes.lonlat[part]
    steps_m = np.hypot(*(np.diff(lonlat, axis=0) * (72_600, 111_195)).T)
    assert (np.diff(metres) >= 0).all()
    # A motorway's posts stand 500 m apart; what is between them is as long as they say.
    assert steps_m.sum() == pytest.approx(metres[-1] - metres[0], rel=0.02)


@is_here
def test_crossings_of_a_real_town_equal_the_slow_obvious_way(heidelberg):
    _places, lines = list_roads(heidelberg)
    roads, others, lonlat = list_crossings(heidelberg, lines)
    meets = {}
    for line, road in enumerate(lines.road.tolist()):
        for node in set(lines.node[lines.start[line] : lines.start[line + 1]].tolist()):
            meets.setdefault(node, set()).add(road)
    pairs = {(a, b) for at in meets.values() for a in at for b in at if a != b}
    found = set(zip(roads.tolist(), others.tolist(), strict=True))
    assert pairs <= found
    assert len(found - pairs) < 0.05 * len(found)  # those that meet at a roundabout
    assert np.isfinite(lonlat).all()


@is_here
def test_every_house_of_a_real_town_is_near_its_road(import_file):
    places = import_file(SHARED / "lauf-gh.osm.pbf").sections["places"]
    street = places.house_street
    away_m = distance_m(places.house_lonlat, places.lonlat[street])
    assert (away_m <= places.accuracy_m[street] + 1_500).all()
    assert np.count_nonzero(places.house_estimated) > 50
