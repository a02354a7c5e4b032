"""Searches over HTTP: begun with a map, listed, read, closed to strangers."""

from __future__ import annotations

import secrets

import pytest

from location_cloud.spatial.cells import BEIDOU
from tests.searches.conftest import BEGUN, RAILWAY_STATION


def test_a_search_answers_with_its_version_and_its_layers(desk):
    answer = desk("POST", "", BEGUN)
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    told = {layer["name"]: layer["why_not"] for layer in answer.json["layers"]}
    assert told["distance"] == told["find_features"] == "" != told["phone"]


def test_all_chances_and_the_rest_of_the_world_are_one(desk, begun):
    cells, rest = desk.chances(begun)
    assert len(cells) == 121 * 121
    assert sum(cells.values()) + rest == pytest.approx(1, abs=1e-9)


def test_a_switched_off_layer_says_so_and_changes_the_map(desk, begun):
    other = desk.begin(layers={"find_features": False})
    layers = {layer["name"]: layer for layer in desk.get(f"/{other}")["layers"]}
    assert layers["find_features"]["why_not"] == "switched off"
    assert desk.chances(other)[0] != desk.chances(begun)[0]


def test_a_distance_ring_alone_holds_its_published_share(desk):
    only = {"find_features": False, "travel_time": False}
    search = desk.begin(layers=only, extent={"radius_m": 3000}, ground="temperate flat")
    levels = desk.get(f"/{search}/poa")["levels"]
    within = desk.get(f"/{search}")["rest_of_world"]
    assert 0.2 < within < 0.35  # 25 % of hikers are found beyond 3.2 km
    assert levels[0]["area_km2"] < levels[-1]["area_km2"]


def test_a_told_phone_fix_draws_the_map_to_it(desk, begun):
    fix = {"location": [24.953, 60.169], "ellipse": {"semi_major_m": 300, "semi_minor_m": 200, "azimuth_deg": 0}}
    search = desk.begin(layers={"phone": fix})
    near = [24.9528, 60.1691]
    assert density(desk, search, near) > 3 * density(desk, begun, near)


def density(desk, search, place):
    cells, _ = desk.chances(search)
    return cells[min(cells, key=lambda at: (at[0] - place[0]) ** 2 + 4 * (at[1] - place[1]) ** 2)]


def test_drift_makes_a_map_of_water(desk):
    drift = {
        "location": RAILWAY_STATION,
        "entered_at": "2026-11-23T10:00:00Z",
        "until": "2026-11-23T11:00:00Z",
        "wind": [{"at": "2026-11-23T10:00:00Z", "speed_m_s": 10, "from_deg": 270}],
    }
    off = {"distance": False, "find_features": False, "travel_time": False}
    search = desk.begin(layers={**off, "drift": drift})
    east, _ = max(desk.chances(search)[0].items(), key=lambda cell: cell[1])[0]
    assert east > RAILWAY_STATION[0]


def test_beidou_cells_carry_codes_that_lie_where_they_say(desk):
    search = desk.begin(grid={"beidou_level": 5}, extent={"radius_m": 1000})
    for cell in desk.get(f"/{search}/poa?limit=20")["cells"]:
        assert BEIDOU.encode(tuple(cell["location"]), 5) == cell["code"]


def test_a_point_in_gcj02_begins_the_same_search(desk):
    shifted = {**BEGUN, "ipp": [125.1094, 46.5911], "extent": {"radius_m": 1000}}
    told = desk.post("?crs=gcj02", shifted)
    assert told["ipp"] == pytest.approx(shifted["ipp"], abs=1e-5)
    assert desk.get(f"/{told['id']}")["ipp"] == pytest.approx([125.1031, 46.5893], abs=2e-3)


def test_sent_twice_under_one_key_it_is_begun_once(desk):
    key = secrets.token_hex(8)
    first, again = (desk("POST", "", BEGUN, Idempotency_Key=key) for _ in range(2))
    assert first.json["id"] == again.json["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    other = desk("POST", "", {**BEGUN, "title": "another"}, Idempotency_Key=key)
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"grid": {"cell_m": 1}, "extent": {"radius_m": 50_000}}, 413),
        ({"extent": {"bbox": [20, 60, 21, 61]}}, 400),
        ({"extent": {"radius_m": 99_000}, "ipp": [179.9, 60], "grid": {"cell_m": 500}}, 400),
        ({"ipp": [24.9, 89.0]}, 400),
        ({"subject": {"category": "astronaut"}, "layers": {"distance": {}}}, 422),
        ({"incident": 999_999}, 404),
        ({"emergency": 999_999}, 404),
        ({"layers": {"distance": False, "find_features": False, "travel_time": False}}, 422),
        ({"layers": {"distance": {"percent": [50, 25], "distance_m": [100, 200]}}}, 400),
        ({"title": "a\x00b"}, 400),
    ],
)
def test_what_cannot_be_is_refused_with_a_hint(desk, more, status):
    answer = desk("POST", "", {**BEGUN, **more})
    assert answer.status_code == status, answer.text
    assert answer.json["hint"]


def test_an_unknown_category_still_goes_by_what_else_is_known(desk):
    fix = {"location": RAILWAY_STATION, "ellipse": {"semi_major_m": 300, "semi_minor_m": 200, "azimuth_deg": 0}}
    search = desk.begin(subject={"category": "astronaut"}, layers={"phone": fix})
    told = {layer["name"]: layer["why_not"] for layer in desk.get(f"/{search}")["layers"]}
    assert "hiker" in told["distance"]


def test_no_key_for_reading_everything_opens_a_search(desk, begun):
    for key in (desk.issue("*:read"), desk.issue("incidents:*")):
        assert desk("GET", f"/{begun}/poa", key=key).status_code == 403


def test_a_crew_tells_results_but_reads_no_map(desk, cut):
    crew = desk.issue("rescue:crew")
    search = desk.begin()
    desk.post(f"/{search}/segments", {"target_km2": 1}, If_Match="*")
    told = desk("POST", f"/{search}/results", {"segment": "1", "pod": 0.5}, key=crew)
    assert (told.status_code, told.json["segments"]) == (201, [])
    assert desk("GET", f"/{search}/poa", key=crew).status_code == 403


def test_another_tenant_finds_nothing(desk, begun):
    stranger = desk.issue("rescue:desk", "rescue:crew", tenant="elsewhere")
    assert desk("GET", "", key=stranger).json["searches"] == []
    for path in ("", "/poa", "/log", "/segments", "/export?format=gpx"):
        assert desk("GET", f"/{begun}{path}", key=stranger).status_code == 404
    assert desk("POST", f"/{begun}/results", {"segment": "1", "pod": 0.5}, key=stranger).status_code == 404


def test_searches_are_listed_page_by_page(desk, begun):
    other = desk.begin()
    page = desk.get(f"?after={begun - 1}&limit=1")
    assert ([each["id"] for each in page["searches"]], page["next_after"]) == ([begun], begun)
    assert other in [each["id"] for each in desk.get(f"?after={begun}")["searches"]]


@pytest.mark.parametrize(
    ("query", "media", "begins"),
    [
        ("format=png", "image/png", b"\x89PNG"),
        ("format=geojson", "application/geo+json", b'{"type":"FeatureCollection"'),
        ("format=geojson&by=cells&limit=5", "application/geo+json", b'{"type":"FeatureCollection"'),
    ],
)
def test_the_map_comes_in_the_form_that_was_asked(desk, cut, query, media, begins):
    answer = desk("GET", f"/{cut}/poa?{query}")
    assert (answer.status_code, answer.mimetype) == (200, media)
    assert answer.data.startswith(begins)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_geotiff_holds_the_same_chances(desk, cut):
    rasterio = pytest.importorskip("rasterio")
    answer = desk("GET", f"/{cut}/poa?format=cog")
    cells, rest = desk.chances(cut)
    with rasterio.MemoryFile(answer.data).open() as file:
        values = file.read(1)
        for (lon, lat), chance in list(cells.items())[:50]:
            row, column = file.index(lon, lat)
            assert values[row, column] == pytest.approx(chance, rel=1e-5)
    assert values.sum(dtype=float) + rest == pytest.approx(1, abs=1e-5)


def test_levels_hold_what_they_say_and_lie_inside_each_other(desk, cut):
    features = desk.get(f"/{cut}/poa?format=geojson")["features"]
    mass = 1 - desk.get(f"/{cut}/poa")["rest_of_world"]
    for feature in features:
        told = feature["properties"]
        assert told["poa"] / mass == pytest.approx(told["share"], abs=0.01)


def test_a_suspended_search_takes_no_results_until_it_is_resumed(desk, begun):
    desk.post(f"/{begun}/status", {"status": "suspended"}, If_Match='"1"')
    line = {"track": {"type": "LineString", "coordinates": [[24.94, 60.17], [24.945, 60.17]]}, "W_m": 20}
    assert desk("POST", f"/{begun}/results", line).status_code == 409
    desk.post(f"/{begun}/status", {"status": "open"}, If_Match='"2"')
    assert desk("POST", f"/{begun}/results", line).status_code == 201


def test_the_season_follows_the_month_and_may_be_told(desk):
    assert desk.get(f"/{desk.begin(season='winter')}")["season"] == "winter"
