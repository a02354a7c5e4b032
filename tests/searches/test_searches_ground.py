"""The ground of a search: what the import knows of it, its heights, and what follows from both."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from location_cloud.errors import BadInput
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.searches import dataset
from location_cloud.searches.bayes import probability
from location_cloud.searches.dataset import SECTION as LAND
from location_cloud.searches.ground import FEATURES, cover_of, features_of, mask_of_lines, walked_cover, walking_speed
from location_cloud.searches.lattice import box_around, metre_lattice
from location_cloud.searches.model import DRAINAGE, LAND_COVERS, PATH, RAIL, ROAD, STRUCTURE
from location_cloud.searches.moving import make_walk
from location_cloud.searches.service_heights import find_heights
from location_cloud.searches.service_state import get_search, get_state
from location_cloud.searches.terrain_lines import terrain_lines
from tests.searches.conftest import RAILWAY_STATION

LAUF = [11.2777, 49.515]
HILLY = {"ipp": LAUF, "extent": {"radius_m": 2500}, "grid": {"cell_m": 25}}


@pytest.fixture(scope="module")
def ground(desk):
    """Cover and mask of the demo city's middle."""
    world = desk.system.worlds.current()
    lattice = metre_lattice(tuple(RAILWAY_STATION), box_around(tuple(RAILWAY_STATION), 800), 10)
    land, roads = world.section(LAND), world.section(ROADS)
    return lattice, cover_of(lattice, land), mask_of_lines(lattice, land, roads)


def at(lattice, values, lon, lat):
    return values.ravel()[lattice.cell_of(np.array([[lon, lat]]))[0]]


def test_the_park_beside_the_station_is_grass(ground):
    lattice, cover, _ = ground
    assert LAND_COVERS[at(lattice, cover, 24.9445, 60.1752)] == "grass"


def test_roads_paths_rails_and_buildings_lie_in_the_mask(ground):
    _, _, mask = ground
    assert all((mask & bit).any() for bit in (ROAD, PATH, RAIL))


def test_a_road_over_water_is_walked(ground):
    _, cover, mask = ground
    walked = walked_cover(cover, mask)
    assert set(np.unique(walked[mask & ROAD != 0])) == {LAND_COVERS.index("road")}


def test_structures_count_before_roads_and_roads_before_land():
    cover = np.full((1, 4), LAND_COVERS.index("field"), np.uint8)
    mask = np.array([[0, DRAINAGE, ROAD | DRAINAGE, ROAD | STRUCTURE]], np.uint8)
    names = [FEATURES[code] for code in features_of(cover, mask)[0]]
    assert names == ["field", "drainage", "road", "structure"]


def test_walking_is_slower_uphill_and_stops_at_water():
    lattice = metre_lattice((10.0, 50.0), box_around((10.0, 50.0), 100), 20)
    cover = np.zeros(lattice.shape, np.uint8)
    cover[0] = LAND_COVERS.index("water")
    slope = np.broadcast_to(np.arange(lattice.columns) * 8.0, lattice.shape).astype(np.float32)
    level, steep = (walking_speed(lattice, cover, heights, "summer") for heights in (None, slope))
    assert (level[0] == 0).all()
    assert (steep[3:-1, 3:-1] < level[3:-1, 3:-1]).all()


def test_joined_cells_keep_all_mass_and_go_about_as_far():
    lattice = metre_lattice((10.0, 50.0), box_around((10.0, 50.0), 1500), 20)
    p = np.zeros(lattice.shape)
    p[lattice.rows // 2, lattice.columns // 2] = 1.0
    speed, draw = np.full(lattice.shape, 1.0, np.float32), np.ones(lattice.shape, np.float32)
    spreads = []
    for most in (4e7, 5e4):
        after, left = make_walk(lattice.grid, speed, draw, 900.0, 0.5, None, 1.0, most).forward(p)
        assert after.sum() + left == pytest.approx(1, abs=1e-12)
        x, y = lattice.grid.offsets_m((0.0, 0.0))
        spreads.append(np.sqrt((after * (x * x + y * y)).sum()))
    # A Markov walk on larger cells turns less often, so it gets further: within a factor of two.
    assert spreads[0] < spreads[1] < 2 * spreads[0]


def test_a_damaged_section_is_refused(desk, tmp_path):
    world = desk.system.worlds.current()
    folder = world.snapshot.folder / "searches"
    dataset.check(folder)
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    np.save(tmp_path / "cover.npy", np.zeros((3, 3), np.uint8))
    with pytest.raises(BadInput):
        dataset.check(tmp_path)


# --- with a real elevation model -----------------------------------------------------------------------------------


def test_segments_follow_the_ridges_and_valleys_of_imported_heights(hills):
    search = hills.begin(**HILLY)
    hills.post(f"/{search}/segments", {"target_km2": 0.3}, If_Match="*")
    world = hills.system.worlds.current()
    lattice = get_search(world.live, "default", search).lattice
    heights, _ = find_heights(world.live, "default", world.home, lattice)
    found = terrain_lines(lattice.grid, heights, 0.3e6)
    assert len(found.ridges) > 5
    features = hills.get(f"/{search}/segments")["features"]
    outlines = [shapely.boundary(shape(each["geometry"])) for each in features]
    near = shapely.buffer(shapely.transform(shapely.union_all(outlines), lattice.xy_m), 10)
    met = shapely.length(shapely.intersection(found.ridges, near)).sum() / shapely.length(found.ridges).sum()
    assert met > 0.5


def test_a_subject_who_seeks_a_view_walks_uphill_and_a_replay_agrees(hills):
    search = hills.begin(**HILLY)
    world = hills.system.worlds.current()
    state = get_state(world.live, "default", world.home, search)
    heights = np.nan_to_num(find_heights(world.live, "default", world.home, state.search.lattice)[0]).ravel()
    before = (probability(state.belief)[0] * heights).sum()
    hills.post(f"/{search}/move", {"duration_s": 3600, "moving": 0.5, "view": 0.6}, If_Match="*")
    after = get_state(world.live, "default", world.home, search)
    assert (probability(after.belief)[0] * heights).sum() > before + 5
    shutil.rmtree(world.home / "run" / "searches")
    again = get_state(world.live, "default", world.home, search)
    assert (again.belief.log_weight == after.belief.log_weight).all()


def test_a_view_needs_elevation(desk, begun):
    answer = desk("POST", f"/{begun}/move", {"duration_s": 600, "view": 0.5}, If_Match="*")
    assert (answer.status_code, "elevation" in answer.json["detail"]) == (422, True)


def test_heights_are_taken_from_what_was_imported(hills):
    told = hills.post("", {"subject": {"category": "hiker"}, **HILLY, "layers": {"travel_time": {"elapsed_s": 3600}}})
    assert not [each for each in told["warnings"] if "elevation" in each]
    assert {each["name"]: each["why_not"] for each in told["layers"]}["travel_time"] == ""


def test_without_heights_a_search_goes_on_and_says_so(desk, begun):
    assert any("elevation" in each for each in desk.get(f"/{begun}")["warnings"])


def test_ground_outside_of_the_import_is_told_of(hills):
    told = hills.post(
        "", {"subject": {"category": "hiker"}, **HILLY, "extent": {"radius_m": 12_000}, "grid": {"cell_m": 100}}
    )
    assert any("imported map covers" in each for each in told["warnings"])


@pytest.fixture(scope="module")
def lost(hills):
    return hills.begin(**HILLY)


def test_a_lookout_sees_some_ground_and_a_uav_high_above_sees_more(hills, lost):
    lookout, uav = (
        hills.post(f"/{lost}/viewshed", {"lookouts": [{"location": LAUF, "eye_m": eye}]})["properties"]
        for eye in (2, 500)
    )
    assert 0 < lookout["seen_km2"] < uav["seen_km2"]
    assert 0 < lookout["poa"] <= uav["poa"] <= 1


def test_two_lookouts_see_at_least_as_much_as_one(hills, lost):
    both = [{"location": LAUF, "eye_m": 20}, {"location": [11.29, 49.52], "eye_m": 20}]
    one, two = (hills.post(f"/{lost}/viewshed", {"lookouts": some})["properties"] for some in (both[:1], both))
    assert two["seen_km2"] >= one["seen_km2"]


def test_a_lookout_off_the_map_is_refused(hills, lost):
    answer = hills("POST", f"/{lost}/viewshed", {"lookouts": [{"location": [12.5, 49.5]}]})
    assert (answer.status_code, "12.5,49.5" in answer.json["detail"]) == (400, True)


def test_without_heights_nobody_says_what_hides_what(desk, begun):
    answer = desk("POST", f"/{begun}/viewshed", {"lookouts": [{"location": RAILWAY_STATION}]})
    assert (answer.status_code, "hgt" in answer.json["hint"]) == (422, True)


def test_landing_sites_are_flat_and_large_enough(hills, lost):
    sites = hills.post(f"/{lost}/landing", {"diameter_m": 60, "near": LAUF, "limit": 10})["sites"]
    assert sites
    assert all(site["diameter_m"] >= 60 and site["slope_deg"] <= 5 for site in sites)
    assert [site["distance_m"] for site in sites] == sorted(site["distance_m"] for site in sites)


def test_wind_carries_a_person_in_water_downwind(desk, begun):
    told = desk.post(
        f"/{begun}/drift",
        {
            "location": RAILWAY_STATION,
            "entered_at": "2026-11-23T10:00:00+00:00",
            "until": "2026-11-23T12:00:00+00:00",
            "wind": [{"at": "2026-11-23T10:00:00+00:00", "speed_m_s": 10, "from_deg": 270}],
        },
    )
    assert told["location"][0] > RAILWAY_STATION[0]
    half, most = (shape(each["geometry"]).area for each in told["features"])
    assert half < most


def test_drift_backwards_in_time_is_refused(desk, begun):
    body = {"location": RAILWAY_STATION, "entered_at": "2026-11-23T10:00:00Z", "until": "2026-11-23T09:00:00Z"}
    assert desk("POST", f"/{begun}/drift", body).status_code == 400


def test_cold_hurries(desk, begun):
    mild, cold = (
        desk.post(f"/{begun}/survival", {"air_c": air, "wind_kmh": 30, "elapsed_s": 3600}) for air in (15, -30)
    )
    assert cold["wind_chill_c"] == pytest.approx(-45.6, abs=0.05)
    assert mild["urgency"] == "normal"
    assert cold["left_h"] < 24
