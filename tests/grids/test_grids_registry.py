from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely

from location_cloud.changes import Sent
from location_cloud.errors import BadQuery, Conflict, NotFound, Unprocessable
from location_cloud.grids import service
from location_cloud.grids.model import NewGrid

NEW_YEAR, MAY = date(2026, 1, 1), date(2026, 5, 1)
SENT = Sent("local", datetime(2026, 11, 1, tzinfo=UTC))
COMMUNITY = "230602001001"


def code(number: int) -> str:
    return f"{COMMUNITY}{number:03d}"


def square(number: int, column: int, row: int = 0, **said) -> NewGrid:
    west, south = 125.1 + 0.001 * column, 46.6 - 0.001 * row
    return NewGrid(code(number), shapely.box(west, south, west + 0.001, south + 0.001), area_code=COMMUNITY, **said)


def put(live, grids, day=NEW_YEAR, tenant="ours", sent=SENT):
    return service.replace(live, tenant, "unit", COMMUNITY, grids, day, sent)


def test_a_point_lies_in_the_grid_around_it(live):
    put(live, [square(1, 0), square(2, 1)])
    assert service.locate(live, "ours", "unit", (125.1005, 46.6005), MAY).code == code(1)
    assert service.locate(live, "ours", "unit", (125.1015, 46.6005), MAY).code == code(2)
    assert service.locate(live, "ours", "unit", (125.2, 46.6005), MAY) is None


def test_a_point_on_a_shared_border_lies_in_the_lower_code(live):
    put(live, [square(1, 0), square(2, 1)])
    assert service.locate(live, "ours", "unit", (125.101, 46.6005), MAY).code == code(1)


def test_many_points_are_located_as_each_one(live):
    put(live, [square(number, number % 5, number // 5) for number in range(1, 21)])
    points = np.random.default_rng(7).uniform((125.099, 46.595), (125.107, 46.603), (300, 2))
    one_by_one = [service.locate(live, "ours", "unit", (lon, lat), MAY) for lon, lat in points.tolist()]
    together = service.locate_many(live, "ours", "unit", points, MAY)
    assert together == [None if grid is None else grid.code for grid in one_by_one]
    assert None in together
    assert len(set(together)) > 10


def test_a_grid_of_last_year_is_still_found_by_its_day(live):
    put(live, [square(1, 0)], date(2025, 1, 1))
    put(live, [square(2, 0)], NEW_YEAR)
    assert service.locate(live, "ours", "unit", (125.1005, 46.6005), date(2025, 12, 31)).code == code(1)
    assert service.locate(live, "ours", "unit", (125.1005, 46.6005), NEW_YEAR).code == code(2)


def test_a_retired_code_is_never_used_again(live):
    put(live, [square(1, 0)])
    put(live, [square(2, 0)], MAY)
    with pytest.raises(Conflict, match="used before"):
        put(live, [square(1, 0)], date(2026, 6, 1))


def test_a_grid_that_keeps_its_code_begins_a_new_span_where_its_shape_changes(live):
    put(live, [square(1, 0), square(2, 1)])
    wider = replace(square(1, 0), geometry=square(1, 0).geometry.union(square(2, 1).geometry))
    put(live, [wider], MAY)
    spans = service.list_spans(live, "ours", "unit", code(1))
    assert [(each.valid_from, each.valid_to) for each in spans] == [(NEW_YEAR, MAY), (MAY, None)]
    assert spans[1].area_m2 == pytest.approx(2 * spans[0].area_m2, rel=1e-6)


def test_what_did_not_change_keeps_its_row(live):
    before = put(live, [square(1, 0), square(2, 1)])
    after = put(live, [square(1, 0), square(2, 1, name="renamed")], MAY)
    assert after[0].id == before[0].id
    assert after[1].id != before[1].id


def test_history_is_not_rewritten(live):
    put(live, [square(1, 0)], MAY)
    with pytest.raises(Conflict, match="begins on"):
        put(live, [square(2, 0)], NEW_YEAR)


def test_another_tenant_sees_nothing_of_it(live):
    put(live, [square(1, 0)])
    assert service.locate(live, "theirs", "unit", (125.1005, 46.6005), MAY) is None
    assert service.list_grids(live, "theirs", "unit", None) == []
    assert service.list_changes(live, "theirs", 0, 100) == []
    put(live, [square(1, 3)], tenant="theirs")
    assert len(service.list_grids(live, "ours", "unit", MAY)) == 1


def test_what_is_sent_twice_is_done_once(live):
    sent = replace(SENT, request="k1", digest="d1")
    first = put(live, [square(1, 0)], sent=sent)
    assert put(live, [square(1, 0)], sent=sent) == first
    with pytest.raises(Unprocessable):
        put(live, [square(2, 0)], MAY, sent=replace(sent, digest="d2"))


def test_a_new_grid_may_not_lie_over_another(live):
    service.add_grid(live, "ours", "unit", square(1, 0), NEW_YEAR, SENT)
    over = replace(square(2, 0), geometry=shapely.box(125.1005, 46.6, 125.1015, 46.601))
    with pytest.raises(Conflict, match="overlaps"):
        service.add_grid(live, "ours", "unit", over, NEW_YEAR, SENT)
    assert service.add_grid(live, "ours", "unit", square(2, 1), NEW_YEAR, SENT)[1]


def test_a_change_made_from_an_old_version_is_refused(live):
    service.add_grid(live, "ours", "unit", square(1, 0), NEW_YEAR, SENT)
    assert service.change_grid(live, "ours", "unit", code(1), 1, {"name": "one"}, SENT).version == 2
    with pytest.raises(Conflict) as refused:
        service.change_grid(live, "ours", "unit", code(1), 1, {"name": "two"}, SENT)
    assert refused.value.extra["version"] == 2


def test_a_retired_grid_holds_up_to_its_last_day(live):
    service.add_grid(live, "ours", "unit", square(1, 0), NEW_YEAR, SENT)
    service.retire_grid(live, "ours", "unit", code(1), 1, MAY, SENT)
    assert service.get_grid(live, "ours", "unit", code(1), date(2026, 4, 30)).code == code(1)
    with pytest.raises(NotFound) as missing:
        service.get_grid(live, "ours", "unit", code(1), MAY)
    assert "2026-01-01 to 2026-05-01" in missing.value.hint
    with pytest.raises(Conflict, match="retired since"):
        service.retire_grid(live, "ours", "unit", code(1), 2, date(2026, 6, 1), SENT)


@pytest.mark.parametrize("wrong", ["1", "23060200100100", "2306020010010011", "23060200100100x"])
def test_a_unit_grid_has_fifteen_digits(live, wrong):
    with pytest.raises(BadQuery, match="no code"):
        put(live, [replace(square(1, 0), code=wrong)])


def test_grids_are_listed_by_box_area_and_cell(live):
    put(live, [square(number, number) for number in range(1, 6)])
    found = service.list_grids(live, "ours", "unit", MAY, after=code(2), limit=2)
    assert [grid.code for grid in found] == [code(3), code(4)]
    assert len(service.list_grids(live, "ours", "unit", MAY, area_code="230602")) == 5
    assert service.list_grids(live, "ours", "unit", MAY, area_code="230603") == []
    one = found[0]
    assert one.code in {grid.code for grid in service.list_grids(live, "ours", "unit", MAY, cells=(one.cell, one.cell))}


def test_every_change_is_in_the_log_in_order(live):
    put(live, [square(1, 0), square(2, 1)])
    put(live, [square(2, 1), square(3, 0)], MAY)
    entries = [(line.action, line.code) for line in service.list_changes(live, "ours", 0, 100)]
    assert entries == [("add", code(1)), ("add", code(2)), ("retire", code(1)), ("add", code(3))]
