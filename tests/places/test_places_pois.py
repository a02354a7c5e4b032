import numpy as np
import pytest
import shapely

from location_cloud.errors import BadQuery, NotFound, TooLarge, Unprocessable
from location_cloud.places.dataset import SECTION
from location_cloud.places.find_pois import Wanted, pois_along, pois_around, pois_in_box, pois_in_polygon
from location_cloud.places.poi_index import ThingTable, load_poi_index, read_things, save_poi_index
from location_cloud.places.service_pois import (
    PoiWish,
    find_along,
    find_around,
    find_in_area,
    find_in_box,
    find_in_polygon,
    list_categories,
)
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.measure import destination, distance_m

STREET = """
n 1 125.0000 46.5000
n 2 125.0400 46.5000
w 101 1,2 highway=primary name=团结大街
n 11 125.0100 46.5005 amenity=fuel name=东方加油站
n 12 125.0200 46.4995 amenity=fuel name=西方加油站 name:en=West_Petrol
n 13 125.0300 46.5030 amenity=hospital name=油田总医院
n 14 125.0150 46.5001 emergency=fire_hydrant ref=H7
n 15 125.0160 46.5001 emergency=fire_hydrant
n 16 125.0170 46.5001 emergency=yes highway=crossing
n 17 125.0300 46.5200 amenity=charging_station
"""

BOX = Bbox(124.9, 46.4, 125.1, 46.6)


@pytest.fixture(scope="session")
def street(drawn_world):
    return drawn_world(STREET)


def ids(found):
    return [poi.id for poi in found.pois]


def test_nearest_comes_first_with_its_distance(street):
    found = find_around(street, (125.0105, 46.5), 2000.0, PoiWish("transport.road.fuel"))
    assert ids(found) == ["osm:n11", "osm:n12"]
    assert found.pois[0].distance_m == pytest.approx(67, abs=3)
    assert (found.total, found.next_offset) == (2, None)


def test_hydrants_are_found_though_they_have_no_name(street):
    found = find_around(street, (125.015, 46.5), 500.0, PoiWish("emergency"))
    assert ids(found) == ["osm:n14", "osm:n15"]
    assert [(poi.name, poi.label, poi.category_name) for poi in found.pois] == [
        ("", "H7", "消火栓"),
        ("", "", "消火栓"),
    ]


def test_who_may_drive_is_no_emergency_equipment(street):
    assert "osm:n16" not in ids(find_in_box(street, BOX, PoiWish("emergency")))


def test_a_name_in_any_language_narrows_the_list(street):
    assert ids(find_in_box(street, BOX, PoiWish(name="west p"))) == ["osm:n12"]
    assert ids(find_in_box(street, BOX, PoiWish(name="加油站", sort="importance"))) == ["osm:n11", "osm:n12"]


def test_important_ones_come_first_if_asked(street):
    assert ids(find_in_box(street, BOX, PoiWish(sort="importance")))[0] == "osm:n13"


def test_pages_join_without_gap_or_double(street):
    wish = [PoiWish(limit=2, offset=offset) for offset in (0, 2, 4)]
    pages = [find_around(street, (125.0, 46.5), 9000.0, each) for each in wish]
    assert [page.next_offset for page in pages] == [2, 4, None]
    assert len({one for page in pages for one in ids(page)}) == pages[0].total == 6


def test_along_a_line_they_come_in_the_order_of_the_way(street):
    line = np.array([(125.04, 46.5), (125.0, 46.5)])
    found = find_along(street, line, 100.0, PoiWish("transport.road.fuel"))
    assert ids(found) == ["osm:n12", "osm:n11"]
    west, east = found.pois
    assert west.at_m == pytest.approx(1535, rel=0.01)
    assert (west.side, east.side) == ("left", "right")
    assert east.detour_m == pytest.approx(2 * 55.6, rel=0.01)


def test_polygon_holds_only_what_is_inside(street):
    triangle = shapely.Polygon([(125.005, 46.499), (125.018, 46.499), (125.005, 46.51)])
    assert set(ids(find_in_polygon(street, triangle, PoiWish()))) == {"osm:n11", "osm:n14", "osm:n15"}


def test_daqing_is_asked_by_its_code(street):
    assert set(ids(find_in_area(street, "2306", PoiWish("fuel station")))) == {"osm:n11", "osm:n12"}


def test_area_that_nobody_knows_is_not_found(street):
    with pytest.raises(NotFound, match="999999"):
        find_in_area(street, "999999", PoiWish())


def test_area_without_boundary_cannot_be_searched(street):
    areas = street.sections["areas"]
    code = next(areas.code[row] for row in range(len(areas)) if areas.wkb_start[row] == areas.wkb_start[row + 1])
    with pytest.raises(Unprocessable, match="boundary"):
        find_in_area(street, code, PoiWish())


def test_unknown_kind_is_refused_with_near_ones(street):
    with pytest.raises(BadQuery) as error:
        find_around(street, (125.0, 46.5), 100.0, PoiWish("hospitl"))
    assert "hospital" in error.value.hint


def test_too_long_a_line_is_refused(street):
    with pytest.raises(TooLarge, match="1000 km"):
        find_along(street, np.array([(100.0, 30.0), (125.0, 46.5)]), 100.0, PoiWish())


def test_kinds_are_counted_up_the_tree(street):
    counts = {each.category.id: each.count for each in list_categories(street)}
    assert counts["emergency"] == counts["emergency.fire.hydrant"] == 2
    assert counts["transport.road"] == 3


def test_things_are_read_back_as_they_were_gathered(street):
    things = read_things(street.section(SECTION).pois)
    assert list(zip(things.category, things.osm, things.label)) == [
        ("emergency=fire_hydrant", "n14", "H7"),
        ("emergency=fire_hydrant", "n15", ""),
        ("amenity=charging_station", "n17", ""),
    ]
    assert things.lonlat[0] == pytest.approx([125.015, 46.5001])


class Crowd:
    """Many points of interest without names, as the part of Places that a search reads."""

    def __init__(self, folder, lonlat, rank, tags):
        n = len(lonlat)
        none = np.zeros(0, np.int32)
        things = ThingTable([], np.zeros((0, 2)), [], [])
        rows = np.arange(n, dtype=np.int32)
        save_poi_index(folder, rows, lonlat, tags, rank, np.zeros(n, np.int32), things, none)
        self.pois = load_poi_index(folder)
        self.name = type("Names", (), {"data": np.zeros(0, np.uint8), "start": np.zeros(n + 1, np.int64)})
        self.other_name = type("Names", (), {"data": np.zeros(0, np.uint8), "start": np.zeros(1, np.int64)})
        self.other_start = np.zeros(n + 1, np.int64)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    random = np.random.default_rng(11)
    lonlat = random.normal((125.0, 46.5), (0.1, 0.07), (60_000, 2))
    tags = [("shop=a", "shop=b", "amenity=fuel")[at] for at in random.choice(3, len(lonlat), p=(0.6, 0.39, 0.01))]
    rank = random.choice(np.array([0.3, 0.5, 0.7], np.float32), len(lonlat), p=(0.9, 0.09, 0.01))
    return Crowd(tmp_path_factory.mktemp("crowd"), lonlat, rank, tags), lonlat, rank, np.array(tags)


def wanted(crowd, tag="", **values):
    tags = np.array([not tag or each == tag for each in crowd.pois.tags])
    return Wanted(tags, "", **{"is_by_distance": True, "limit": 50, "offset": 0, **values})


@pytest.mark.parametrize("tag", ["", "amenity=fuel"])
@pytest.mark.parametrize("radius_m", [300.0, 3_000.0, 40_000.0])
@pytest.mark.parametrize("offset", [0, 75])
def test_nearest_ones_equal_the_slow_obvious_way(crowd, radius_m, tag, offset):
    places, lonlat, _rank, tags = crowd
    at = (125.03, 46.47)
    metres = np.where((tags == tag) | (tag == ""), distance_m(lonlat, at), np.inf)
    order = np.argsort(metres)[offset : offset + 50]
    order = order[metres[order] <= radius_m]
    page = pois_around(places, at, radius_m, wanted(places, tag, offset=offset))
    assert places.pois.row[page.place].tolist() == order.tolist()
    assert page.metres == pytest.approx(metres[order], rel=1e-4, abs=0.01)
    assert page.total in (-1, np.count_nonzero(metres <= radius_m))


@pytest.mark.parametrize("half_deg", [0.01, 0.5])
def test_most_important_ones_of_a_box_equal_the_slow_obvious_way(crowd, half_deg):
    places, lonlat, rank, _tags = crowd
    box = Bbox(125.0 - half_deg, 46.5 - half_deg, 125.0 + half_deg, 46.5 + half_deg)
    inside = np.flatnonzero(box.contains(lonlat))
    best = inside[np.lexsort((inside, -rank[inside]))][:50]
    page = pois_in_box(places, box, wanted(places, is_by_distance=False))
    assert places.pois.row[page.place].tolist() == best.tolist()


def test_those_along_a_line_equal_the_slow_obvious_way(crowd):
    places, lonlat, _rank, _tags = crowd
    random = np.random.default_rng(3)
    line = np.cumsum(np.vstack([(124.95, 46.45), random.normal(2e-4, 6e-4, (300, 2))]), axis=0)
    scale = np.array([np.cos(np.radians(line[:, 1].mean())) * 111_320, 111_170])
    off_m = shapely.distance(shapely.LineString(line * scale), shapely.points(lonlat * scale))
    page = pois_along(places, line, 400.0, wanted(places, limit=10**6))
    found = set(places.pois.row[page.place].tolist())
    assert set(np.flatnonzero(off_m < 396).tolist()) <= found <= set(np.flatnonzero(off_m < 404).tolist())
    assert (np.diff(page.along[:, 0]) >= 0).all()


def test_those_in_a_polygon_equal_the_slow_obvious_way(crowd):
    places, lonlat, _rank, _tags = crowd
    polygon = shapely.Polygon([(124.9, 46.4), (125.1, 46.45), (125.0, 46.6)])
    page = pois_in_polygon(places, polygon, wanted(places, limit=10**6))
    slow = shapely.contains_xy(polygon, lonlat[:, 0], lonlat[:, 1])
    assert sorted(places.pois.row[page.place].tolist()) == np.flatnonzero(slow).tolist()


def test_radius_reaches_across_the_date_line(tmp_path):
    lonlat = np.vstack([destination((179.99, 10.0), [90.0, 270.0], [3_000.0, 3_000.0]), (170.0, 10.0)])
    places = Crowd(tmp_path, lonlat, np.full(3, 0.3, np.float32), ["shop=a"] * 3)
    assert sorted(places.pois.row[pois_around(places, (179.99, 10.0), 5_000.0, wanted(places)).place]) == [0, 1]
