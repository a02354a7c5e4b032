import shutil

import numpy as np
import pytest
import shapely

from location_cloud.areas.dataset import check
from location_cloud.areas.model import level_of
from location_cloud.arrays import pack_texts
from location_cloud.errors import BadInput


def test_osm_town_gives_its_boundary_to_the_unit_of_the_same_name(daqing):
    row = daqing.row_of["230603100"]
    assert daqing.osm[row] == "osm:w1"
    assert daqing.geometry(row).bounds == (125.10, 46.53, 125.12, 46.55)
    assert "osm:w1" not in daqing.row_of


def test_villages_follow_their_town_to_its_new_position(daqing):
    row = daqing.row_of["230603100"]
    village = int(daqing.children(row)[0])
    assert daqing.lonlat[village].tolist() == daqing.lonlat[row].tolist()


def test_osm_area_hangs_below_the_smallest_larger_area_around_it(daqing):
    assert daqing.code[int(daqing.parent[daqing.row_of["osm:w3"]])] == "osm:w2"


def test_deepest_area_is_found_at_a_point(daqing):
    points = np.array([(125.11, 46.54), (125.095, 46.5858), (24.3, 60.3), (24.9, 60.9), (0.0, 0.0)])
    rows = daqing.find_deepest(points)
    assert [daqing.code[row] if row >= 0 else "" for row in rows] == ["230603100", "230602", "osm:w3", "osm:w2", ""]


def test_one_point_and_many_points_find_the_same_area(daqing):
    rng = np.random.default_rng(7)
    points = rng.uniform((123.7, 45.3), (125.9, 47.5), (300, 2))
    assert daqing.find_deepest(points).tolist() == [daqing.find_deepest_at(tuple(point)) for point in points]


def test_found_area_contains_its_point(daqing):
    points = np.random.default_rng(8).uniform((123.7, 45.3), (125.9, 47.5), (200, 2))
    for point, row in zip(points, daqing.find_deepest(points)):
        assert row < 0 or daqing.geometry(row).intersects(shapely.Point(point))


def test_names_are_found_by_their_beginning_in_both_languages(daqing):
    assert daqing.code[daqing.rows_with_prefix("萨尔图")[0]] == "230602"
    assert daqing.code[daqing.rows_with_prefix("dorbod mon")[0]] == "230624"


@pytest.mark.parametrize(
    ("admin_level", "level"), [(2, "country"), (4, "province"), (6, "district"), (8, "town"), (10, "village")]
)
def test_chinese_admin_levels_are_the_levels_of_the_tree(admin_level, level):
    assert level_of(admin_level) == level


def test_texts_come_back_as_they_were():
    assert pack_texts(["", "大庆", "a", ""]).as_list() == ["", "大庆", "a", ""]


def test_circle_of_parents_is_refused(empty_import, tmp_path):
    folder = shutil.copytree(empty_import.folder / "areas", tmp_path / "areas")
    parent = np.load(folder / "parent.npy")
    parent[0] = 1
    np.save(folder / "parent.npy", parent)
    with pytest.raises(BadInput, match="its own ancestor"):
        check(folder)
