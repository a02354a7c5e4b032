from __future__ import annotations

import numpy as np
import pytest
import shapely

from location_cloud.grids.model import NewGrid
from location_cloud.grids.topology import find_faults, repaired
from location_cloud.spatial.measure import area_m2

PREFIX = "230602001001"


def grid(number: int, shape, **said) -> NewGrid:
    return NewGrid(f"{PREFIX}{number:03d}", shape, **said)


def cell(column: float, row: float, wide: float = 1.0) -> shapely.Polygon:
    """A square of some 100 m; rows count from the north."""
    step = 0.001
    west, north = 125.1 + step * column, 46.6 - step * row
    return shapely.box(west, north - step, west + step * wide, north)


def kinds(faults) -> list[str]:
    return [fault.kind for fault in faults]


def test_grids_that_cover_once_have_no_fault():
    assert (
        find_faults("unit", [grid(1, cell(0, 0)), grid(2, cell(1, 0)), grid(3, cell(0, 1)), grid(4, cell(1, 1))]) == []
    )


def test_a_hole_between_grids_is_a_gap():
    ring = [grid(number, cell(number % 3, number // 3)) for number in (0, 1, 2, 3, 5, 6, 7, 8)]
    (fault,) = find_faults("manage", ring)
    assert (fault.kind, fault.is_sliver) == ("gap", False)
    assert fault.area_m2 == pytest.approx(area_m2(cell(1, 1)), rel=1e-6)
    assert cell(1, 1).contains(shapely.Point(fault.lonlat))


def test_what_the_area_has_and_no_grid_holds_is_a_gap():
    (fault,) = find_faults("manage", [grid(1, cell(0, 0))], around=cell(0, 0, wide=2))
    assert fault.kind == "gap"
    assert fault.area_m2 == pytest.approx(area_m2(cell(1, 0)), rel=1e-6)


def test_what_two_grids_hold_is_an_overlap_with_both_codes():
    (fault,) = find_faults("manage", [grid(1, cell(0, 0)), grid(2, cell(0.5, 0))])
    assert fault.kind == "overlap"
    assert fault.codes == (PREFIX + "001", PREFIX + "002")
    assert fault.area_m2 == pytest.approx(area_m2(cell(0.5, 0, wide=0.5)), rel=1e-6)


def test_what_lies_outside_of_its_area_is_told():
    assert kinds(find_faults("manage", [grid(1, cell(0, 0, wide=1.5))], around=cell(0, 0))) == ["outside"]


def test_numbers_run_west_to_east_and_north_to_south():
    assert kinds(find_faults("unit", [grid(2, cell(0, 0)), grid(1, cell(0, 1))])) == ["order"]


def test_a_code_begins_with_its_area():
    assert kinds(find_faults("unit", [grid(1, cell(0, 0), area_code="230603001001")])) == ["prefix"]


def test_a_repair_takes_slivers_away_and_leaves_the_rest():
    left, right = cell(0, 0), shapely.affinity.translate(cell(1, 0), 2e-6, 0)  # a gap of 15 cm
    below = shapely.affinity.translate(cell(0, 1, wide=2), 0, 2e-6)  # an overlap of 22 cm
    grids, mended = repaired([grid(1, left), grid(2, right), grid(3, below)], around=cell(0, 0, wide=2))
    shapes = [each.geometry for each in grids]
    assert find_faults("manage", grids) == []
    assert sum(map(area_m2, shapes)) == pytest.approx(area_m2(shapely.union_all(shapes)), abs=1e-3)
    assert {each.code for each in mended} & {PREFIX + "001", PREFIX + "002"}


def test_a_repair_keeps_larger_overlaps_for_somebody_to_decide():
    grids, mended = repaired([grid(1, cell(0, 0)), grid(2, cell(0.5, 0))])
    assert mended == []
    assert kinds(find_faults("manage", grids)) == ["overlap"]


def test_shaken_grids_are_mended_to_a_cover_without_gap_or_overlap():
    """Every vertex of 6 x 6 grids moved by up to 20 cm, each grid's own; what was one line is many slivers."""
    chance = np.random.default_rng(11)
    whole = cell(0, 0, wide=6).union(cell(0, 5, wide=6)).envelope

    def shaken_cell(number: int) -> shapely.Polygon:
        ring = shapely.get_coordinates(cell(number % 6, number // 6))[:-1]
        return shapely.Polygon(ring + chance.uniform(-2e-6, 2e-6, ring.shape))

    shaken = [grid(number, shaken_cell(number)) for number in range(36)]
    assert len(find_faults("manage", shaken)) > 30
    grids, _mended = repaired(shaken)
    inside = [fault for fault in find_faults("manage", grids) if fault.area_m2 > 1e-3]
    assert inside == []
    assert len(grids) == len(shaken)
    assert sum(area_m2(each.geometry) for each in grids) == pytest.approx(area_m2(whole), rel=1e-3)


def test_a_repair_moves_no_border_further_than_it_may():
    left, right = cell(0, 0), shapely.affinity.translate(cell(1, 0), 1e-5, 0)  # a gap of 76 cm
    limit = cell(0, 0, wide=2)
    grids, mended = repaired([grid(1, left), grid(2, right)], around=limit, tolerance_m=0.5)
    assert [each for each in mended if each.code.endswith("001")] == []
    assert "gap" in kinds(find_faults("manage", grids, around=limit, tolerance_m=0.5))
    grids, mended = repaired([grid(1, left), grid(2, right)], around=limit, tolerance_m=1.0)
    assert find_faults("manage", grids, around=limit) == []
    assert all(0 < each.moved_m <= 1.0 for each in mended)


def test_what_hangs_over_the_area_by_a_sliver_is_cut_off():
    limit, over = cell(0, 0), shapely.affinity.scale(cell(0, 0), 1.00001, 1.0)
    (mended_grid,), (mended,) = repaired([grid(1, over)], around=limit)
    assert find_faults("manage", [mended_grid], around=limit) == []
    assert mended.lost_m2 == pytest.approx(area_m2(over) - area_m2(limit), rel=1e-3)
