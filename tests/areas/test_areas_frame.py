from collections import Counter

from location_cloud.areas.frame import read_frame, read_sources

FRAME = {row.code: row for row in read_frame()}


def test_daqing_has_9_districts_118_towns_and_843_villages():
    levels = Counter(row.level for row in FRAME.values())
    assert levels == {"province": 1, "city": 1, "district": 10, "town": 118, "village": 843}
    assert sum(row.level == "district" and row.geometry is not None for row in FRAME.values()) == 9


def test_high_tech_zone_is_kept_without_polygon_inside_two_districts():
    zone = FRAME["230671"]
    assert zone.geometry is None
    assert zone.within == ("230602", "230603")
    assert sum(row.code.startswith("230671") for row in FRAME.values()) == 1 + 2 + 30


def test_every_parent_stands_before_its_children():
    seen = set()
    for row in FRAME.values():
        assert row.parent in seen or row.code == "23"
        seen.add(row.code)


def test_two_longfengs_get_two_positions():
    assert FRAME["230603014"].lonlat == (125.1038, 46.53168)
    assert FRAME["230603100"].lonlat == (125.12706, 46.55938)


def test_a_populated_place_serves_one_town_only():
    seats = [row.lonlat for row in FRAME.values() if row.level == "town" and row.position == "populated place"]
    assert len(seats) == len(set(seats)) == 29


def test_every_unit_has_a_position_and_an_honest_radius():
    assert all(row.lonlat and row.accuracy_m >= 3000 for row in FRAME.values())


def test_city_is_the_union_of_its_districts():
    parts = sum(row.geometry.area for row in FRAME.values() if row.level == "district" and row.geometry)
    assert abs(FRAME["2306"].geometry.area - parts) < 1e-6 * parts


def test_every_shipped_file_names_its_origin_and_licence():
    for name, source in read_sources().items():
        assert all(source[key] for key in ("origin", "licence", "attribution")), name
