"""What free units reach, and where they should wait."""

from __future__ import annotations

from statistics import median

import pytest

from tests.dispatch.conftest import FAR, SCENE, STATION


def coverage(desk, **more):
    return desk.ask("POST", "/v1/dispatch/coverage", more)


def inside(feature, lonlat):
    (west, south), _, (east, north), *_ = feature["geometry"]["coordinates"][0]
    return west <= lonlat[0] < east and south <= lonlat[1] < north


@pytest.mark.parametrize("cells", [{"size_m": 100.0}, {"beidou_level": 5}])
def test_a_cell_is_reached_with_the_first_place_in_it(desk, cells):
    desk.put("a", STATION)
    desk.put("b", FAR, turnout_s=0.0)
    features, later_s = coverage(desk, cells=cells)["features"], []
    for place in desk.places(40, 5):
        ranked = [unit for unit in desk.rank(place)["units"] if unit["reachable"]]
        stop = ranked[0]["staging_point"]["lonlat"] if ranked else None
        cell = next((each for each in features if stop and inside(each, stop)), None)
        if cell is not None:
            first_s = min(unit["turnout_s"] + unit["drive_s"] for unit in ranked)
            later_s.append(first_s - cell["properties"]["seconds"])
    assert len(later_s) > 25
    assert sorted(later_s)[len(later_s) // 10] > -10  # a corner of a cell may have a road, but no point of it
    assert median(later_s) < 15


def test_a_units_own_cell_is_reached_when_it_moves(desk):
    desk.put("a", STATION, turnout_s=45.0)
    features = coverage(desk, cells={"size_m": 100.0})["features"]
    assert [each["properties"]["seconds"] for each in features if inside(each, STATION)] == [45.0]


def test_both_forms_tell_the_same_cells(desk):
    desk.put("a")
    drawn, compact = coverage(desk), coverage(desk, format="compact")
    assert compact["cells"]["code"] == [each["id"] for each in drawn["features"]]
    assert compact["cells"]["seconds"] == [each["properties"]["seconds"] for each in drawn["features"]]
    assert drawn["covered"] == compact["covered"]


def test_more_units_and_no_snow_reach_more(desk):
    desk.put("a", STATION, turnout_s=0.0)
    few = coverage(desk, thresholds=[2.0])["covered"][0]["share"]
    slow = coverage(desk, thresholds=[2.0], weather={"drive_share": 0.3, "source": "snow"})["covered"][0]["share"]
    desk.put("b", FAR, turnout_s=0.0)
    assert slow < few <= coverage(desk, thresholds=[2.0])["covered"][0]["share"]


def test_who_is_not_free_covers_nothing(desk):
    desk.put("a", status="on_scene")
    found = coverage(desk)
    assert (found["units"], found["features"]) == ([], [])
    assert found["covered"][0]["share"] == 0


def test_units_wait_where_they_cover_most_and_the_bound_says_that_nothing_covers_more(desk):
    for name in ("a", "b"):
        desk.put(name, FAR)
    sites = [STATION, FAR, SCENE]
    found = desk.ask("POST", "/v1/dispatch/relocate", {"sites": sites, "minutes": 1.0})
    assert (found["status"], found["covered"]) == ("optimal", found["bound"])
    assert found["now"] <= found["covered"] <= found["total"]
    assert len(found["sites"]) == 2
    assert sorted(move["unit"] for move in found["moves"]) == ["a", "b"]
    assert {move["site"] for move in found["moves"]} == {site["site"] for site in found["sites"]}


def test_told_demand_draws_units_to_it(desk):
    desk.put("a", STATION)
    demand = [{"lonlat": FAR, "weight": 5.0}, {"lonlat": SCENE, "weight": 1.0}]
    body = {"sites": [STATION, FAR], "demand": demand, "minutes": 0.5, "count": 1}
    found = desk.ask("POST", "/v1/dispatch/relocate", body)
    assert [site["site"] for site in found["sites"]] == [1]
    assert (found["covered"], found["demand"]["source"]) == (5.0, "told")


def test_without_sites_units_wait_at_stations(desk):
    desk.put("a", station={"lonlat": STATION})
    found = desk.ask("POST", "/v1/dispatch/relocate", {})
    assert [site["lonlat"] for site in found["sites"]] == [STATION]


def test_nobody_to_relocate_is_refused(desk):
    assert "free" in desk.ask("POST", "/v1/dispatch/relocate", {"sites": [STATION]}, 422)["detail"]
    desk.put("a")
    assert "site" in desk.ask("POST", "/v1/dispatch/relocate", {}, 422)["detail"]
