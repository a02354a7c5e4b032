"""Beats and rosters: registered, changed, retired; what cells keep when their beat changes."""

from __future__ import annotations

import pytest
from shapely.geometry import box, mapping

from tests.patrols.conftest import GROUND, stroll

ALL = "/v1/patrols"
GRID = "/v1/grids/manage"


def test_a_beat_is_registered_once_and_changed_after(office):
    assert office.beat(name="first")["properties"]["version"] == 1
    assert office.beat(name="second")["properties"]["version"] == 2
    path, body = f"{ALL}/beats/B-1", {"geometry": GROUND}
    assert office("PUT", path, body, If_Match='"1"').status_code == 409
    assert office("PUT", path, body, If_Match='"2"').status_code == 200
    assert office("PUT", f"{ALL}/beats/B-9", body, If_Match='"2"').status_code == 409


def test_all_that_was_said_of_a_beat_comes_back(office):
    said = {"name": "东区一组", "every_days": 3, "profile": "bicycle", "note": "学校"}
    office.beat(**said)
    found = office.ask("GET", f"{ALL}/beats/B-1")
    assert {name: found["properties"][name] for name in said} == said
    assert found["geometry"]["type"] == "Polygon"
    assert found["properties"]["post"]["radius_m"] == 100.0
    assert found["properties"]["never_seen"] == found["properties"]["cells"] > 100


def test_a_beat_of_grids_and_roads_has_their_ground(office):
    shape = mapping(box(24.940, 60.167, 24.944, 60.170))
    office.ask("POST", GRID, {"code": "M-1", "geometry": shape, "valid_from": "2026-01-01"}, 201)
    road = office.ask("GET", "/v1/roads?bbox=24.946,60.170,24.947,60.171")["features"][0]["id"]
    grid = office.beat("B-1", geometry=None, grids=[{"scheme": "manage", "code": "M-1"}])
    both = office.beat("B-2", geometry=None, grids=[{"scheme": "manage", "code": "M-1"}], roads=[road])
    assert both["properties"]["cells"] > grid["properties"]["cells"]
    assert both["geometry"]["type"] == "GeometryCollection"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"geometry": None}, 400),
        ({"geometry": {"type": "Point", "coordinates": [24.94, 60.17]}}, 400),
        ({"geometry": None, "grids": [{"scheme": "manage", "code": "NONE"}]}, 404),
        ({"geometry": None, "roads": ["123456:0:f"]}, 404),
        ({"geometry": mapping(box(24, 59, 26, 61))}, 413),
        ({"geometry": mapping(box(24, 88.5, 24.1, 88.6))}, 400),
        ({"every_days": 0}, 400),
        ({"post": {"lonlat": [24.94, 60.17], "radius_m": 1.0}}, 400),
    ],
)
def test_wrong_ground_is_refused_in_words(office, said, status):
    answer = office.beat(status=status, **said)
    assert answer["hint"]


def test_cells_that_stay_keep_when_they_were_seen(office):
    office.beat()
    patrol = office.begin(beat="B-1")
    office.walk(patrol, stroll(300))
    office.end(patrol)
    before = office.ask("GET", f"{ALL}/unseen?days=7&form=codes")["features"][0]["properties"]
    office.beat(geometry=mapping(box(24.940, 60.1665, 24.952, 60.1715)))
    after = office.ask("GET", f"{ALL}/unseen?days=7&form=codes")["features"][0]["properties"]
    assert after["cells"] > before["cells"]
    assert after["cells"] - after["unseen"] == before["cells"] - before["unseen"]


def test_what_was_seen_is_unseen_again_after_so_many_days(office):
    office.beat()
    patrol = office.begin(beat="B-1")
    office.walk(patrol, stroll(300))
    office.end(patrol)
    path = f"{ALL}/unseen?days=7&form=count"
    assert office.ask("GET", path)["unseen"] < office.ask("GET", path)["cells"]
    office.clock.pass_by(days=8)
    told = office.ask("GET", path)
    assert told["unseen"] == told["cells"]
    assert told["features"][0]["properties"]["never"] < told["cells"]


@pytest.mark.parametrize("form", ["geojson", "spans", "codes", "count"])
def test_unseen_cells_are_told_in_each_form_alike(office, form):
    office.beat()
    (feature,) = office.ask("GET", f"{ALL}/unseen?form={form}")["features"]
    told = feature["properties"]
    assert told["share"] == 1.0
    if form == "spans":
        spans = told["spans"]
        assert sum(last - first + 1 for first, last in zip(spans["first"], spans["last"])) == told["unseen"]
    if form == "codes":
        assert len(set(told["codes"])) == told["unseen"]
    assert (feature["geometry"] is not None) == (form == "geojson")


def test_a_retired_beat_is_gone_and_may_come_again(office):
    office.beat()
    assert office("DELETE", f"{ALL}/beats/B-1").status_code == 428
    office.ask("DELETE", f"{ALL}/beats/B-1", If_Match='"1"')
    assert office("GET", f"{ALL}/beats/B-1").status_code == 404
    assert office.ask("GET", f"{ALL}/beats")["features"] == []
    assert office.beat()["properties"]["version"] == 3


def test_beats_are_listed_by_pages_and_box(office):
    for number in range(5):
        west = 24.90 + 0.02 * number
        office.beat(f"B-{number}", geometry=mapping(box(west, 60.16, west + 0.01, 60.17)), post=None)
    first = office.ask("GET", f"{ALL}/beats?limit=3")
    rest = office.ask("GET", f"{ALL}/beats?limit=3&after={first['next_after']}")
    assert [each["id"] for each in first["features"] + rest["features"]] == [f"B-{n}" for n in range(5)]
    assert rest["next_after"] is None
    boxed = office.ask("GET", f"{ALL}/beats?bbox=24.921,60.161,24.929,60.169")
    assert [each["id"] for each in boxed["features"]] == ["B-1"]


def test_a_roster_is_registered_read_changed_and_removed(office):
    office.beat()
    night = {"fri": [{"begin": "22:00", "end": "06:00"}]}
    days = [{"day": "2026-10-01", "shifts": []}]
    office.roster(week=night, days=days, zone="Europe/Helsinki", device="tracker-7", late_min=10.0)
    path = f"{ALL}/rosters/R-1"
    found = office.ask("GET", path)
    assert found["week"]["fri"] == night["fri"]
    assert (found["days"], found["zone"], found["device"], found["late_min"]) == (
        days,
        "Europe/Helsinki",
        "tracker-7",
        10.0,
    )
    assert office.roster()["version"] == 2
    assert [each["id"] for each in office.ask("GET", f"{ALL}/rosters?person=p1")["rosters"]] == ["R-1"]
    assert office("DELETE", path, If_Match='"1"').status_code == 409
    office.ask("DELETE", path, If_Match='"2"')
    assert office("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"beat": "none"}, 404),
        ({"zone": "Mars/Olympus"}, 400),
        ({"valid_to": "2026-10-01"}, 400),
        ({"week": {"mon": [{"begin": "08:00", "end": "12:00"}, {"begin": "11:00", "end": "13:00"}]}}, 400),
        ({"week": {"mon": [{"begin": "8:00", "end": "12:00"}]}}, 400),
    ],
)
def test_a_wrong_roster_is_refused_in_words(office, said, status):
    office.beat()
    assert office.roster(status=status, **said)["hint"]


def test_points_are_told_in_the_coordinates_that_were_asked(office):
    post = {"lonlat": [116.3912, 39.9075]}
    ground = mapping(box(116.385, 39.903, 116.395, 39.912))
    office.ask("PUT", f"{ALL}/beats/B-1?crs=gcj02", {"geometry": ground, "post": post})
    there = office.ask("GET", f"{ALL}/beats/B-1")["properties"]["post"]["lonlat"]
    again = office.ask("GET", f"{ALL}/beats/B-1?crs=gcj02")["properties"]["post"]["lonlat"]
    assert there[0] - post["lonlat"][0] == pytest.approx(-0.0062, abs=0.0005)
    assert again == pytest.approx(post["lonlat"], abs=1e-6)
