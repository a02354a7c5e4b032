"""Designs over HTTP on the demo city: asked, made in the background, changed by hand, accepted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from flask import Flask

from location_cloud.access.service import issue_key
from location_cloud.app import create_app, utc_now
from location_cloud.grids import service, service_design_making
from location_cloud.grids.jobs import DESIGNS, forget_designs, make_designs
from location_cloud.grids.service_design import MOST_WAITING
from location_cloud.settings import Settings
from location_cloud.storage.snapshot import Snapshots
from location_cloud.work import JobContext
from tests.conftest import copy_home

WEST, EAST = "910101001001", "910101001002"
DAY = "2027-03-01"


def square(west: float, east: float) -> dict[str, Any]:
    return shapely.geometry.mapping(shapely.box(west, 60.1665, east, 60.1705))


COMMUNITIES = [
    {"code": WEST, "name": "simulated west", "geometry": square(24.938, 24.942)},
    {"code": EAST, "name": "simulated east", "geometry": square(24.942, 24.946)},
]
ASK = {"area": "910101", "communities": COMMUNITIES}


MOST_TURNS = 20
"""Of the background process; on a busy machine a design may take two."""


@dataclass
class Planner:
    """What one tenant's key may ask, and the background process."""

    app: Flask
    key: str
    tenant: str
    memory: dict[str, Any]
    later: timedelta = timedelta()

    def __call__(self, method: str, path: str, json: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.test_client().open(path, method=method, json=json, headers={"X-API-Key": self.key, **named})

    def ask(self, method: str, path: str, json: Any = None, status: int = 200, **headers: str) -> Any:
        answer = self(method, path, json, **headers)
        assert answer.status_code == status, answer.json
        return answer.json

    @property
    def context(self) -> JobContext:
        system = self.app.extensions["location_cloud"]
        snapshots = Snapshots(system.settings.home)
        return JobContext(
            system.live, snapshots, system.settings, lambda: utc_now() + self.later, lambda: False, self.memory
        )

    def made(self, **more: Any) -> Any:
        """A finished design."""
        job = self.ask("POST", "/v1/grids/design", {**ASK, **more}, 202)
        for _ in range(MOST_TURNS):
            make_designs(self.context)
            told = self.ask("GET", f"/v1/grids/design/{job['id']}")
            if told["state"] not in ("waiting", "running"):
                return told
        raise AssertionError(f"not made in {MOST_TURNS} turns: {told}")

    def grids(self, job: Any) -> Any:
        return self.ask("GET", f"/v1/grids/design/{job['id']}/grids")["features"]

    def edit(self, job: Any, status: int = 200, version: int = 1, **body: Any) -> Any:
        return self.ask("PATCH", f"/v1/grids/design/{job['id']}", body, status, If_Match=f'"{version}"')


@pytest.fixture(scope="module")
def app(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    flask = create_app(
        Settings(home=copy_home(demo_home, tmp_path_factory.mktemp("designs")), log="off", keys="always")
    )
    yield flask
    flask.extensions["location_cloud"].close()


@pytest.fixture
def planner(app: Flask, request: pytest.FixtureRequest) -> Iterator[Planner]:
    tenant = f"t{abs(hash(request.node.name)) % 10**9}"
    _, key = issue_key(app.extensions["location_cloud"].live, tenant, "planner", ("*",), utc_now())
    planner = Planner(app, key, tenant, {})
    yield planner
    for job in planner.ask("GET", "/v1/grids/design")["designs"]:  # what waits would be made in the next test
        planner.ask("DELETE", f"/v1/grids/design/{job['id']}")


@pytest.fixture(scope="module")
def town(app: Flask) -> tuple[Planner, Any]:
    """A tenant with one finished design that no test changes."""
    _, key = issue_key(app.extensions["location_cloud"].live, "town", "planner", ("*",), utc_now())
    planner = Planner(app, key, "town", {})
    return planner, planner.made()


def shapes_of(features: Any) -> Any:
    return np.array([shapely.geometry.shape(each["geometry"]) for each in features], object)


def touching(features: Any) -> tuple[int, int]:
    """Numbers of two neighbours of one community."""
    shapes = shapes_of(features)
    for row, one in enumerate(features):
        for other, two in enumerate(features[:row]):
            is_same = one["properties"]["community"] == two["properties"]["community"]
            if is_same and shapely.intersection(shapes[row], shapes[other]).length > 1e-4:
                return two["id"], one["id"]
    raise AssertionError("no neighbours")


def chord(shape: Any) -> dict[str, Any]:
    """A straight line that makes two pieces of a shape."""
    middle = shape.representative_point()
    for way in np.linspace(0, np.pi, 60):
        step = 0.01 * np.array([np.cos(way), np.sin(way)])
        line = shapely.LineString([np.array(middle.coords[0]) - step, np.array(middle.coords[0]) + step])
        if line.intersection(shape).geom_type == "LineString":
            return dict(shapely.geometry.mapping(line))
    raise AssertionError("no such line")


def test_a_design_is_made_in_the_background_and_told_beside_squares(town):
    planner, job = town
    assert (job["state"], job["progress"], job["version"]) == ("done", 1.0, 1)
    design, squares = job["report"]["design"], job["report"]["squares"]
    assert design["cover"] == pytest.approx(1, abs=1e-9)
    assert design["overlap_m2"] < 1e-6
    assert design["on_road"] > squares["on_road"]
    assert design["buildings_cut"] < squares["buildings_cut"]
    assert len(planner.grids(job)) == job["grids"] > 6


def test_codes_have_fifteen_digits_and_count_from_one_in_each_community(town):
    planner, job = town
    codes = [grid["properties"]["code"] for grid in planner.grids(job)]
    for community in (WEST, EAST):
        own = sorted(code for code in codes if code.startswith(community))
        assert own == [f"{community}{number:03d}" for number in range(1, len(own) + 1)]


def test_the_grids_share_all_corners_and_stay_in_their_community(town):
    planner, job = town
    features = planner.grids(job)
    shapes = shapes_of(features)
    assert shapely.coverage_is_valid(shapes, gap_width=1e-7)
    for each, shape in zip(features, shapes):
        border = shapely.geometry.shape(COMMUNITIES[each["properties"]["community"] == EAST]["geometry"])
        assert border.buffer(1e-9).contains(shape)


def test_grids_come_in_pages(town):
    planner, job = town
    path = f"/v1/grids/design/{job['id']}/grids?limit=3"
    first = planner.ask("GET", path)
    second = planner.ask("GET", f"{path}&after={first['next_after']}")
    assert [grid["id"] for grid in first["features"] + second["features"]] == [1, 2, 3, 4, 5, 6]


def test_a_design_belongs_to_one_tenant(town, planner):
    _, job = town
    assert planner("GET", f"/v1/grids/design/{job['id']}").status_code == 404
    assert planner("DELETE", f"/v1/grids/design/{job['id']}").status_code == 404
    assert planner.ask("GET", "/v1/grids/design")["designs"] == []


def test_edits_keep_the_partition_and_need_the_version_they_were_made_from(planner):
    job = planner.made()
    before = planner.grids(job)
    one, two = touching(before)
    assert (
        planner("PATCH", f"/v1/grids/design/{job['id']}", {"action": "merge", "grids": [one, two]}).status_code == 428
    )
    merged = planner.edit(job, action="merge", grids=[one, two])
    assert (merged["version"], merged["removed"], merged["grids"]) == (2, [two], len(before) - 1)
    planner.edit(job, 409, action="merge", grids=[one, two])
    shape = shapely.geometry.shape(merged["changed"][0]["geometry"])
    line = chord(shape)
    split = planner.edit(job, version=2, action="split", grids=[one], line=line)
    new = max(grid["id"] for grid in split["changed"])
    assert new > max(grid["id"] for grid in before)
    after = shapes_of(planner.grids(job))
    assert shapely.coverage_is_valid(after)
    assert shapely.area(after).sum() == pytest.approx(shapely.area(shapes_of(before)).sum(), rel=1e-9)
    codes = [grid["properties"]["code"] for grid in planner.grids(job)]
    assert len(set(codes)) == len(codes)
    assert planner.ask("GET", f"/v1/grids/design/{job['id']}")["report"]["edited"]


def test_grids_of_two_communities_are_not_merged_and_unknown_ones_are_told(planner):
    job = planner.made()
    features = planner.grids(job)
    west = next(grid["id"] for grid in features if grid["properties"]["community"] == WEST)
    east = next(grid["id"] for grid in features if grid["properties"]["community"] == EAST)
    assert "communit" in planner.edit(job, 422, action="merge", grids=[west, east])["detail"]
    assert "9999" in planner.edit(job, 404, action="merge", grids=[west, 9999])["detail"]


def test_accepted_grids_are_registered_from_that_day_on_and_a_new_design_keeps_their_codes(planner):
    job = planner.made()
    path = f"/v1/grids/design/{job['id']}/accept"
    told = planner.ask("POST", path, {"valid_from": DAY}, If_Match='"1"', Idempotency_Key="once")
    assert (told["accepted"], told["grids"]) == (DAY, job["grids"])
    again = planner.ask("POST", path, {"valid_from": DAY}, If_Match='"1"', Idempotency_Key="once")
    assert again == told
    planner.edit(job, 409, version=2, action="merge", grids=[1, 2])
    live = planner.app.extensions["location_cloud"].live
    point = shapes_of(planner.grids(job))[0].representative_point()
    at = (point.x, point.y)
    assert service.locate(live, planner.tenant, "unit", at, date(2027, 2, 28)) is None
    found = service.locate(live, planner.tenant, "unit", at, date(2027, 3, 1))
    assert found is not None
    assert found.code == planner.grids(job)[0]["properties"]["code"]
    planner.later = timedelta(days=365)
    second = planner.made()
    assert second["report"]["kept"] == job["grids"]


def test_a_design_keeps_the_numbers_of_the_one_before(planner):
    first = planner.made()
    second = planner.made(previous=first["id"], target={"by": "area", "amount": 10_500})
    assert second["report"]["kept"] > 0.6 * first["grids"]


def test_villages_are_made_around_points_by_road(planner):
    points = [{"at": [24.938, 60.168]}, {"at": [24.940, 60.170]}, {"at": [24.944, 60.169]}]
    job = planner.made(scheme="village", points=points)
    assert job["grids"] == 3
    assert job["report"]["squares"] is None
    shapes = shapes_of(planner.grids(job))
    assert shapely.coverage_is_valid(shapes)
    assert sorted(int(shapely.contains_xy(shapes, *point["at"]).sum()) for point in points) == [1, 1, 1]


def test_a_design_interrupted_by_the_end_of_its_process_is_made_by_the_next(planner, monkeypatch):
    job = planner.ask("POST", "/v1/grids/design", ASK, 202)
    monkeypatch.setattr(service_design_making, "TURN_S", 1e-9)
    make_designs(planner.context)
    assert planner.ask("GET", f"/v1/grids/design/{job['id']}")["state"] in ("waiting", "running")
    del planner.memory[DESIGNS]
    monkeypatch.setattr(service_design_making, "TURN_S", 60.0)
    make_designs(planner.context)
    assert planner.ask("GET", f"/v1/grids/design/{job['id']}")["state"] == "done"


def test_a_cancelled_design_is_gone_and_stops(planner):
    job = planner.ask("POST", "/v1/grids/design", ASK, 202)
    assert planner("GET", f"/v1/grids/design/{job['id']}/grids").status_code == 409
    assert planner.ask("DELETE", f"/v1/grids/design/{job['id']}") == {"deleted": job["id"]}
    make_designs(planner.context)
    assert planner("GET", f"/v1/grids/design/{job['id']}").status_code == 404


def test_old_designs_are_forgotten(planner):
    job = planner.made()
    planner.later = timedelta(days=31)
    forget_designs(planner.context)
    assert planner("GET", f"/v1/grids/design/{job['id']}").status_code == 404


def test_a_request_sent_twice_makes_one_design(planner):
    answers = [planner("POST", "/v1/grids/design", ASK, Idempotency_Key="k") for _ in range(2)]
    assert answers[0].json["id"] == answers[1].json["id"]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    other = planner("POST", "/v1/grids/design", {**ASK, "open_times": 2.0}, Idempotency_Key="k")
    assert other.status_code == 422


def test_no_more_designs_wait_than_are_allowed(planner):
    for _ in range(MOST_WAITING):
        planner.ask("POST", "/v1/grids/design", ASK, 202)
    assert "not finished" in planner.ask("POST", "/v1/grids/design", ASK, 413)["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"area": "000000"}, 404),
        ({**ASK, "scheme": "village"}, 400),
        ({**ASK, "target": {"by": "area", "amount": 1}}, 400),
        ({**ASK, "communities": [COMMUNITIES[0], {**COMMUNITIES[1], "code": WEST}]}, 400),
        ({**ASK, "communities": [COMMUNITIES[0], {**COMMUNITIES[1], "geometry": square(24.941, 24.946)}]}, 400),
        (
            {
                **ASK,
                "communities": [{**COMMUNITIES[0], "geometry": shapely.geometry.mapping(shapely.box(20, 60, 30, 61))}],
            },
            413,
        ),
        ({**ASK, "communities": [{**COMMUNITIES[0], "geometry": {"type": "Polygon", "coordinates": [[[0, 0]]]}}]}, 400),
        ({**ASK, "previous": "0123456789abcdef"}, 404),
        ({**ASK, "extra": 1}, 400),
    ],
)
def test_wrong_questions_are_told_what_is_wrong(planner, body, status):
    told = planner.ask("POST", "/v1/grids/design", body, status)
    assert told["detail"]
    assert told["hint"]


def test_the_borders_of_an_area_are_known_and_a_prefecture_at_once_is_refused(planner):
    job = planner.ask("POST", "/v1/grids/design", {"area": "2306", "target": {"by": "area", "amount": 1e6}}, 413)
    assert "km2" in job["detail"]  # the whole prefecture at once


def test_grids_without_a_code_are_designed_and_cannot_be_accepted(planner):
    job = planner.made(communities=[{**COMMUNITIES[0], "code": "osm:r1"}])
    assert {grid["properties"]["code"] for grid in planner.grids(job)} == {""}
    told = planner.ask("POST", f"/v1/grids/design/{job['id']}/accept", {"valid_from": DAY}, 422, If_Match="*")
    assert "12 digits" in told["detail"]
