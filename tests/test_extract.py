"""Tags of an extract: dicts made when asked for, columns by key."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.extract import TagColumns, Tags, TagTable

CAFES: list[Tags] = [{"name": "大庆", "amenity": "cafe"}, {}, {"amenity": "bank", "name": "B"}, {"amenity": "cafe"}]


def test_tags_of_a_table_are_the_dicts_that_it_is_made_of() -> None:
    table = TagTable.of(CAFES)
    assert (table == CAFES, list(table), table[2], table[-1]) == (True, CAFES, CAFES[2], CAFES[-1])
    assert (table[1:3] == CAFES[1:3], table.picked(np.array([3, 0])) == [CAFES[3], CAFES[0]]) == (True, True)


def test_columns_hold_rows_and_values_in_the_order_of_the_objects() -> None:
    columns = TagColumns(CAFES)
    rows, codes, values = columns["amenity"]
    assert (rows.tolist(), codes.tolist(), values) == ([0, 2, 3], [0, 1, 0], ["cafe", "bank"])
    assert (columns.keys, len(columns["shop"].rows)) == (["name", "amenity"], 0)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_rows_without_the_key_have_no_code(count: int) -> None:
    assert TagColumns(CAFES)["name"].codes_at(np.arange(count)).tolist() == [0, -1, 1][:count]


def test_of_a_key_written_twice_the_last_value_counts() -> None:
    code = np.array([[0, 1], [0, 2]], np.int32)
    table = TagTable(np.array([0]), np.array([2]), code, ["name", "old", "new"])
    assert table[0] == {"name": "new"}
    assert (TagColumns(table)["name"].values, TagColumns(table)["name"].rows.tolist()) == (["new"], [0])


def test_thousands_of_dicts_come_in_order() -> None:
    tags = [{"ref": str(number)} if number % 3 else {} for number in range(10_000)]
    assert list(TagTable.of(tags)) == tags
