from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import shapely

from location_cloud.changes import Sent
from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.grids import service
from location_cloud.grids.model import NewGrid
from location_cloud.grids.service_uniting import united
from location_cloud.spatial.measure import area_m2

NEW_YEAR, MAY = date(2026, 1, 1), date(2026, 5, 1)
SENT = Sent("local", datetime(2026, 11, 1, tzinfo=UTC))


def code(number):
    return f"230602001001{number:03d}"


def unit(number, column, wide=1.0):
    return NewGrid(code(number), shapely.box(125 + column * 0.001, 46.6, 125 + (column + wide) * 0.001, 46.601))


def beat(*numbers, name="M-1", shape=None):
    return NewGrid(name, shapely.Polygon() if shape is None else shape, units=tuple(map(code, numbers)))


@pytest.fixture
def units(live):
    service.replace(live, "ours", "unit", "", [unit(number, number) for number in range(1, 6)], NEW_YEAR, SENT)
    return live


def test_a_beat_is_the_union_of_its_unit_grids(units):
    (made,) = united(units, "ours", "manage", [beat(2, 1, 3)], MAY)
    assert made.geometry.equals(shapely.box(125.001, 46.6, 125.004, 46.601))
    assert made.units == (code(1), code(2), code(3))
    kept = service.add_grid(units, "ours", "manage", made, MAY, SENT)[0]
    assert (kept.units, kept.area_m2) == (made.units, pytest.approx(3 * area_m2(unit(1, 1).geometry), rel=1e-9))


def test_units_apart_make_a_grid_of_several_parts(units):
    (made,) = united(units, "ours", "manage", [beat(1, 4)], MAY)
    assert made.geometry.geom_type == "MultiPolygon"


def test_a_shape_beside_the_units_must_be_their_union(units):
    whole = shapely.box(125.001, 46.6, 125.003, 46.601)
    assert united(units, "ours", "manage", [beat(1, 2, shape=whole)], MAY)[0].geometry.equals(whole)
    with pytest.raises(Unprocessable, match="not the union") as wrong:
        united(units, "ours", "manage", [beat(1, 2, 3, shape=whole)], MAY)
    assert "125.0035" in wrong.value.detail


def test_a_unit_is_in_one_grid(units):
    with pytest.raises(BadQuery, match="named in M-1 and in M-2"):
        united(units, "ours", "manage", [beat(1, 2), beat(2, 3, name="M-2")], MAY)


def test_a_unit_must_hold_on_the_day(units):
    service.retire_grid(units, "ours", "unit", code(2), 1, MAY, SENT)
    assert united(units, "ours", "manage", [beat(1, 2)], date(2026, 4, 30))
    with pytest.raises(Unprocessable, match=f"no unit grid {code(2)} on 2026-05-01"):
        united(units, "ours", "manage", [beat(1, 2)], MAY)


def test_units_of_another_tenant_are_not_there(units):
    with pytest.raises(Unprocessable, match="no unit grid"):
        united(units, "theirs", "manage", [beat(1)], MAY)


def test_a_unit_grid_is_made_of_no_others(units):
    with pytest.raises(BadQuery, match="made of no others"):
        united(units, "ours", "unit", [beat(1)], MAY)


def test_units_that_overlap_are_told(live):
    service.replace(live, "ours", "unit", "", [unit(1, 0, 1.5), unit(2, 1)], NEW_YEAR, SENT)
    with pytest.raises(Unprocessable, match="overlap by"):
        united(live, "ours", "manage", [beat(1, 2)], MAY)


def test_a_point_is_found_right_after_grids_changed(units):
    at = (125.0015, 46.6005)
    assert service.locate(units, "ours", "unit", at, MAY).code == code(1)
    service.change_grid(units, "ours", "unit", code(1), 1, {"name": "first"}, SENT)
    assert service.locate(units, "ours", "unit", at, MAY).name == "first"
    service.retire_grid(units, "ours", "unit", code(1), 2, MAY, SENT)
    assert service.locate(units, "ours", "unit", at, MAY) is None
    service.add_grid(units, "ours", "unit", replace(unit(9, 1), name="ninth"), MAY, SENT)
    assert service.locate(units, "ours", "unit", at, MAY).name == "ninth"
    assert service.locate(units, "ours", "unit", at, date(2026, 4, 30)).code == code(1)
