"""What holds for every system of cells: round trips, tiling, neighbours, and the vectors of three systems."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import union_all

from location_cloud.spatial.cells import GEOHASH, GEOSOT, LATTICES, PLUSCODE, QUADKEY, SHEETS, get_system
from location_cloud.spatial.cells.lattice_system import LatticeSystem
from location_cloud.spatial.errors import BadCode, BadCoordinate

DAQING = (125.1031, 46.5893)
patient = settings(max_examples=60)
systems = st.sampled_from(list(LATTICES.values()))
places = st.tuples(st.floats(-180, 180), st.floats(-84, 84))


def within(system: LatticeSystem, place: tuple[float, float]) -> tuple[float, float]:
    """The place itself, or one where the map series has sheets."""
    return (place[0], abs(place[1]) * 0.7) if system is SHEETS else place


@st.composite
def cells(draw, finest_left_out: bool = False, coarsest_left_out: bool = False):
    system = draw(systems)
    level = draw(st.sampled_from(system.levels[coarsest_left_out : -1 if finest_left_out else None]))
    return system, level, system.encode(within(system, draw(places)), level)


def test_system_is_found_by_name():
    assert get_system("beidou").name == "beidou"
    with pytest.raises(BadCode, match="use one of beidou, geosot, geohash, quadkey, pluscode, gbsheet, mgrs, h3"):
        get_system("s2")


@patient
@given(systems, places, st.data())
def test_cell_holds_the_point_it_was_made_from(system, place, data):
    level = data.draw(st.sampled_from(system.levels))
    place = within(system, place)
    box = system.decode(system.encode(place, level))
    # Round the globe, because Plus Codes write 180 as -180.
    assert (place[0] - box.west + 1e-11) % 360.0 <= box.width_deg + 2e-11
    assert box.south - 1e-11 <= place[1] <= box.north + 1e-11


@patient
@given(cells())
def test_middle_of_a_cell_leads_back_to_it(cell):
    system, level, code = cell
    assert system.level_of(code) == level
    assert system.encode(system.decode(code).centre, level) == code


@patient
@given(cells(finest_left_out=True))
def test_children_tile_the_parent(cell):
    system, _, code = cell
    children = system.children(code)
    boxes = [system.decode(child) for child in children]
    whole = system.decode(code).as_polygon()
    assert len(set(children)) == len(children)
    assert sum(box.as_polygon().area for box in boxes) == pytest.approx(whole.area, rel=1e-6)
    if len(children) <= 400:
        assert union_all([box.as_polygon() for box in boxes]).symmetric_difference(whole).area < 1e-6 * whole.area
    assert {system.parent(child) for child in children[:: max(1, len(children) // 20)]} == {code}


@patient
@given(cells(coarsest_left_out=True), places)
def test_parents_are_the_cells_of_the_same_point_at_coarser_levels(cell, place):
    system, level, _ = cell
    place = within(system, place)
    above = [lv for lv in reversed(system.levels) if system.is_finer(level, lv)]
    assert system.parents(system.encode(place, level)) == [system.encode(place, lv) for lv in above]


@patient
@given(cells())
def test_neighbours_are_mutual(cell):
    system, _, code = cell
    neighbours = system.neighbours(code)
    assert code not in neighbours
    assert len(set(neighbours)) == len(neighbours) <= 8
    assert all(code in system.neighbours(other) for other in neighbours)


@patient
@given(systems, st.tuples(st.floats(-179, 179), st.floats(-60, 60)), st.data())
def test_neighbours_in_the_open_are_the_eight_that_touch(system, place, data):
    level = data.draw(st.sampled_from(system.levels[9 if system is GEOSOT else 4 :]))
    code = system.encode(within(system, place), level)
    box = system.decode(code)
    assume(box.west > -180 and box.east < 180)  # a large cell may reach the antimeridian
    assume(system is not SHEETS or (box.south > 0 and box.north < 60))
    close = box.as_polygon().buffer(min(box.width_deg, box.height_deg) / 100)
    neighbours = system.neighbours(code)
    assert len(neighbours) == 8
    assert all(close.intersects(system.decode(other).as_polygon()) for other in neighbours)


@pytest.mark.parametrize("name", LATTICES)
def test_neighbours_go_across_the_antimeridian(name):
    system = LATTICES[name]
    level = system.levels[5]
    east, west = system.encode((179.999999, 10.0), level), system.encode((-179.999999, 10.0), level)
    assert west in system.neighbours(east)


@pytest.mark.parametrize("name", LATTICES)
def test_no_neighbour_beyond_the_last_row(name):
    system = LATTICES[name]
    top = {"beidou": 87.99999, "quadkey": 85.05, "gbsheet": 59.99999}.get(name, 89.99999)
    assert len(system.neighbours(system.encode((10.0, top), system.levels[5]))) == 5


@pytest.mark.parametrize("name", LATTICES)
def test_many_points_at_once_equal_one_by_one(name):
    system, rng = LATTICES[name], np.random.default_rng(0)
    points = np.column_stack([rng.uniform(-180, 180, 50), rng.uniform(0 if system is SHEETS else -84, 59, 50)])
    level = system.levels[-2]
    assert system.encode_many(points, level).tolist() == [system.encode(tuple(p), level) for p in points]
    assert system.encode_many(np.empty((0, 2)), level).size == 0


@pytest.mark.parametrize("name", LATTICES)
def test_ends_of_the_ladder_are_refused(name):
    system = LATTICES[name]
    finest, coarsest = system.encode(DAQING, system.levels[-1]), system.encode(DAQING, system.levels[0])
    with pytest.raises(BadCode, match="no children"):
        system.children(finest)
    with pytest.raises(BadCode, match="no parent"):
        system.parent(coarsest)
    with pytest.raises(BadCode, match="no parent at level"):
        system.parent(system.parent(finest), system.levels[-1])
    with pytest.raises(BadCode, match="finest"):
        system.finer(system.levels[-1])
    with pytest.raises(BadCode, match="coarsest"):
        system.coarser(system.levels[0])


@pytest.mark.parametrize(
    ("system", "lonlat", "level", "code"),
    [
        (GEOHASH, DAQING, 9, "yb2cnc363"),
        (GEOHASH, (-5.603, 42.605), 5, "ezs42"),
        (GEOHASH, (180.0, 90.0), 3, "zzz"),
        (QUADKEY, DAQING, 17, "13033020133303322"),
        (QUADKEY, (-180.0, 85.0), 3, "000"),
        (QUADKEY, (180.0, -85.0), 3, "333"),
        (GEOSOT, DAQING, 21, "G001313321200132021213"),
        (GEOSOT, (116.315222, 39.910278), 15, "G001310322230230"),
        (GEOSOT, (-1e-9, -1e-9), 1, "G3"),
        (GEOSOT, (180.0, 90.0), 9, "G012132013"),  # 179 = 0b10110011, 89 = 0b01011001
        (SHEETS, DAQING, 1_000_000, "L51"),
        (SHEETS, DAQING, 500_000, "L51B001002"),
        (SHEETS, DAQING, 250_000, "L51C002004"),
        (SHEETS, DAQING, 100_000, "L51D005011"),
        (SHEETS, DAQING, 50_000, "L51E009021"),
        (SHEETS, DAQING, 25_000, "L51F017041"),
        (SHEETS, DAQING, 10_000, "L51G034082"),
        (SHEETS, DAQING, 5_000, "L51H068164"),
        (SHEETS, DAQING, 2_000, "L51I204490"),
        (SHEETS, (114 + 33 / 60 + 45 / 3600, 39 + 22 / 60 + 30 / 3600), 10_000, "J50G015010"),
    ],
)
def test_code_equals_the_published_vector(system, lonlat, level, code):
    assert system.encode(lonlat, level) == code


# lat, lon, digits, code: from the reference measurements and the test data of the Open Location Code project.
PLUS_CODES = """
46.5893 125.1031 10 8QR7H4Q3+P6
46.58758 125.10307 10 8QR7H4Q3+26
46.58758 125.10307 11 8QR7H4Q3+26P
20.375 2.775 6 7FG49Q00+
20.3701135 2.78223535156 13 7FG49QCJ+2VXGJ
47.0000625 8.0000625 10 8FVC2222+22
-41.2730625 174.7859375 10 4VCPPQGP+Q9
0.5 -179.5 4 62G20000+
-89.9999375 -179.9999375 10 22222222+22
90 1 4 CFX30000+
90 1 10 CFX3X2X2+X2
1 180 4 62H20000+
1.2 3.4 10 6FH56C22+22
37.539669125 -122.375069724 15 849VGJQF+VX7QR3J
-2.804 7.003 13 6F9952W3+C6222
-48.71 142.78 8 4R347QRJ+
80.0099999999 58.57 15 CHGW2H5C+X2RRRRR
-80.0100000001 58.57 15 2HFWXHQC+X2RRRRR
-80 -170 2 22000000+
"""


@pytest.mark.parametrize("line", PLUS_CODES.strip().splitlines())
def test_plus_code_equals_the_published_vector(line):
    lat, lon, digits, code = line.split()
    assert PLUSCODE.encode((float(lon), float(lat)), int(digits)) == code
    assert PLUSCODE.level_of(code.lower()) == int(digits)


@pytest.mark.parametrize(
    ("code", "box"),
    [
        ("7FG49Q00+", (2.75, 20.35, 2.8, 20.4)),
        ("7FG49QCJ+2VXGJ", (2.782234375, 20.370113, 2.78223632813, 20.370114)),
        ("CFX3X2X2+X2", (1.0, 89.999875, 1.000125, 90.0)),
        ("84000000+", (-140.0, 30.0, -120.0, 50.0)),
    ],
)
def test_plus_code_box_equals_the_published_vector(code, box):
    assert PLUSCODE.decode(code).as_tuple() == pytest.approx(box, abs=1e-11)


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (GEOHASH, ""),
        (GEOHASH, "abc"),
        (GEOHASH, "0" * 13),
        (QUADKEY, ""),
        (QUADKEY, "1234"),
        (QUADKEY, "0" * 31),
        (PLUSCODE, "H4Q3+26"),
        (PLUSCODE, "8QR7H4Q326"),
        (PLUSCODE, "8QR7H4Q3++"),
        (PLUSCODE, "8QR7H4Q3+2"),
        (PLUSCODE, "8QR7H4A3+26"),
        (PLUSCODE, "8QR70000+26"),
        (PLUSCODE, "00000000+"),
        (PLUSCODE, "8Q070000+"),
        (PLUSCODE, "FX000000+"),
        (PLUSCODE, "2X000000+"),
        (GEOSOT, "G"),
        (GEOSOT, "001310322230230"),
        (GEOSOT, "G0013103222302304"),
        (GEOSOT, "G" + "0" * 33),
        (GEOSOT, "G0000000003333"),  # minute 60
        (GEOSOT, "G0" + "1" * 8),  # degree 255 east
        (SHEETS, "L5"),
        (SHEETS, "P51"),
        (SHEETS, "L61"),
        (SHEETS, "L51G097001"),
        (SHEETS, "L51G000001"),
        (SHEETS, "L51J001001"),
        (SHEETS, "L51G00010001"),
        (SHEETS, "L51A001001"),
    ],
)
def test_text_that_is_no_code_is_refused(system, code):
    with pytest.raises(BadCode):
        system.decode(code)


def test_geohash_is_read_in_capitals_too():
    assert GEOHASH.decode("EZS42") == GEOHASH.decode("ezs42")


def test_quadkey_names_its_map_tile():
    # x and y by the slippy map formula for zoom 3, Daqing
    assert QUADKEY.tile(QUADKEY.encode(DAQING, 3)) == (3, 6, 2)


def test_latitude_without_map_tile_is_refused():
    with pytest.raises(BadCoordinate, match=r"tiles end at 85\.051129"):
        QUADKEY.encode((0.0, 85.2), 5)
