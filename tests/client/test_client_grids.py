"""A grid centre's questions from a notebook, against the served product."""

from __future__ import annotations

import pytest
from shapely.geometry import box, mapping

from location_cloud.client import CloudProblem, connect
from location_cloud.client_grids import Centre

WEST, SOUTH = 125.30, 46.70
GROUND = box(WEST, SOUTH, WEST + 0.012, SOUTH + 0.008)


@pytest.fixture(scope="module")
def centre(served):
    cloud = connect(served)
    for number in range(3):
        at = [WEST + 0.001 * number, SOUTH]
        cloud.post("/v1/cases", {"class": "E0112", "at": at, "source": "inspector", "simulated": True})
    return Centre(cloud)


def mine(centre, **asked):
    return centre.cases(bbox=f"{WEST - 0.001},{SOUTH - 0.001},{WEST + 0.01},{SOUTH + 0.001}", **asked)


def test_cases_lie_where_they_were_reported(centre):
    found = mine(centre)
    assert found.geometry.x.tolist() == pytest.approx([WEST, WEST + 0.001, WEST + 0.002])
    assert set(found["class"]) == {"E0112"}


def test_cases_come_from_all_pages(centre, monkeypatch):
    monkeypatch.setattr("location_cloud.client_grids.CASES", 1)
    assert len(mine(centre)) == 3


def test_a_scheme_without_grids_gives_an_empty_frame(centre):
    assert len(centre.grids("service")) == 0


def test_a_ranking_has_a_column_for_each_index_and_counter(centre):
    found = centre.evaluate("area", least=1)
    assert found.attrs["by"] == "score"
    assert {"timely_closing", "closed_on_time"} <= set(found.attrs["total"])


def test_a_design_covers_its_ground_once(centre):
    told = centre.design(
        communities=[{"code": "230602013001", "geometry": mapping(GROUND)}],
        target={"by": "area", "amount": 100_000},
        open_times=1,
    )
    assert len(told) > 2
    assert told.union_all().area == pytest.approx(GROUND.area, rel=1e-6)
    assert told.attrs["report"]["design"]["grids"] == len(told)


def test_what_the_server_refuses_is_raised(centre):
    with pytest.raises(CloudProblem):
        centre.evaluate("area", period="yesterday")
