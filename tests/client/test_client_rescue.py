"""The desk's and the planner's questions from a notebook, against the served product."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import Point

from location_cloud.client import CloudProblem, connect
from location_cloud.client_rescue import Desk

SCENE, NEAR, FAR = (24.9458, 60.1690), (24.9384, 60.1699), (24.9500, 60.1750)
SEARCH = {
    "subject": {"category": "hiker", "responsive": 0.5},
    "ipp": list(SCENE),
    "extent": {"radius_m": 600},
    "grid": {"cell_m": 20},
    "simulated": True,
}


@pytest.fixture(scope="module")
def cloud(served):
    return connect(served)


@pytest.fixture(scope="module")
def desk(cloud):
    """Two simulated units and a hospital, gone afterwards."""
    for name, lonlat in (("near", NEAR), ("far", FAR)):
        here = {"position": {"lonlat": lonlat}, "station": {"lonlat": lonlat}}
        cloud.put(f"/v1/units/client-{name}", {"skills": ["rope"], "simulated": True, **here})
    cloud.put("/v1/hospitals/client-h", {"lonlat": FAR, "free": 1, "simulated": True})
    made = Desk(cloud)
    yield made
    for kind, frame in (("units", made.units()), ("hospitals", made.hospitals())):
        for row in frame[frame.id.str.startswith("client-")].itertuples():
            cloud.delete(f"/v1/{kind}/{row.id}", version=row.version)


@pytest.fixture(scope="module")
def search(cloud):
    """A search with segments and a plan."""
    made = cloud.post("/v1/searches", SEARCH).document["id"]
    cloud.post(f"/v1/searches/{made}/segments", {"target_km2": 0.1}, version=1)
    team = {"id": "team", "W_m": 20, "v_kmh": 2, "hours": 3}
    cloud.post(f"/v1/searches/{made}/plan", {"resources": [team]})
    return made


def test_a_caller_is_a_point_with_the_ground_that_holds_it(desk):
    caller = desk.locate(point=SCENE, accuracy_m=30, language="en")
    assert caller.ground[0].contains(caller.geometry[0])
    assert caller.semi_major_m[0] == pytest.approx(48.6, abs=0.1)
    assert "Aleksanterinkatu" in caller.address[0]
    assert caller.attrs["warnings"] == []


def test_units_and_hospitals_are_where_they_were_told(desk):
    units = desk.units().set_index("id")
    assert units.geometry["client-near"].equals(Point(NEAR))
    assert units.position_source["client-near"] == "told"
    assert desk.hospitals().set_index("id").geometry["client-h"].equals(Point(FAR))


def test_a_ranking_is_a_row_a_unit_with_the_drive_behind_it(desk):
    ranking = desk.rank(SCENE, need=["rope"], kinds=[])
    mine = ranking[ranking.id.str.startswith("client-")]
    assert ranking.eta_s.is_monotonic_increasing
    assert mine.eta_s.is_monotonic_increasing
    assert all(stop.distance(Point(SCENE)) < 0.001 for stop in mine.staging)
    way = desk.drive(mine.route_id.iloc[0])
    assert way.duration_s[0] == mine.drive_s.iloc[0]
    assert way.geometry[0].length > 0


def test_a_ranking_goes_by_an_emergency(desk, cloud):
    opened = cloud.post("/v1/emergencies", {"category": "120", "lonlat": SCENE, "needs": ["boat"], "simulated": True})
    number = opened.document["id"]
    assert set(desk.rank(emergency=number).why_not) == {"missing_skill"}
    assert desk.emergencies(["open"]).set_index("id").geometry[number].equals(Point(SCENE))
    cloud.patch(f"/v1/emergencies/{number}", {"status": "closed"}, version=1)
    assert number in set(desk.emergencies(["closed"]).id)


def test_cells_are_covered_by_the_unit_that_is_there_first(desk):
    both = desk.coverage(20, cells={"size_m": 200}, units=["client-near", "client-far"])
    one = desk.coverage(20, cells={"size_m": 200}, units=["client-near"])
    first, alone = both.set_index("id").seconds, one.set_index("id").seconds
    assert (first <= alone.reindex(first.index).fillna(np.inf) + 1e-6).all()
    assert both.attrs["covered"][0]["share"] >= one.attrs["covered"][0]["share"]


def test_moves_lead_to_the_sites_that_cover_most(desk):
    moves = desk.relocate(3, units=["client-near"], sites=[SCENE, Point(FAR)])
    assert moves.unit.tolist() == ["client-near"]
    assert moves.attrs["covered"] <= moves.attrs["bound"]
    assert any(moves.geometry[0].equals(Point(site)) for site in (SCENE, FAR))


def test_a_map_is_cells_levels_and_an_array_of_one_sum(desk, search):
    pytest.importorskip("rasterio")
    cells, grid = desk.poa(search), desk.poa_grid(search)
    assert cells.poa.sum() == pytest.approx(grid.p.sum(), abs=1e-6)
    assert grid.p.sum() + cells.attrs["rest_of_world"] == pytest.approx(1, abs=1e-6)
    densest = cells.geometry[0].centroid
    assert grid.at(densest) == pytest.approx(cells.poa[0], rel=1e-5) == grid.p.max()
    assert grid.at((0.0, 0.0)) == 0
    assert desk.poa_levels(search).area_km2.is_monotonic_decreasing


def test_layers_say_why_they_are_not_in_use(desk, search):
    layers = desk.layers(search)
    assert layers.why_not["distance"] == ""
    assert layers.why_not["phone"]


def test_a_plan_has_the_outline_of_each_assignment(desk, search):
    plan, segments = desk.plan(search), desk.segments(search)
    assert plan.hours.sum() == pytest.approx(3)
    assert plan.geometry[0].equals(segments.geometry[plan.segment[0]])
    assert plan.attrs["curve"].pos.is_monotonic_increasing
    assert 0 <= plan.attrs["gap"] < plan.attrs["pos_total"]


def test_lines_and_landing_sites_come_as_frames(desk, search):
    assert desk.pattern(search, "expanding_square", spacing_m=50, legs=6).length_m[0] > 0
    assert desk.landing(search, near=SCENE, limit=3).distance_m.is_monotonic_increasing


def test_nothing_is_seen_where_no_heights_are_known(desk, search):
    with pytest.raises(CloudProblem, match="no elevation"):
        desk.seen(search, [{"location": SCENE}])


def test_a_search_goes_out_as_a_file(desk, search):
    assert desk.export(search, "ics204", form="pdf").startswith(b"%PDF")
    assert b"<gpx" in desk.export(search, "gpx")


def test_searches_are_rows_at_their_planning_points(desk, search):
    found = desk.searches(["open"]).set_index("id")
    assert found.geometry[search].equals(Point(SCENE))
    assert found.attrs["snapshot"]


def test_pages_are_put_together(desk, search, cloud, monkeypatch):
    monkeypatch.setattr("location_cloud.client_rescue.ROWS", 1)
    cloud.post("/v1/searches", SEARCH)
    assert len(desk.searches()) >= 2
    assert desk.searches().id.is_unique


def test_what_cannot_be_is_a_problem_with_the_next_step(desk):
    with pytest.raises(CloudProblem) as caught:
        desk.rank()
    assert "at, incident and emergency" in str(caught.value)
    with pytest.raises(CloudProblem, match="999999"):
        desk.plan(999_999)
