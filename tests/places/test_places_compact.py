import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_cloud.errors import BadInput
from location_cloud.places.compact import (
    load_column,
    load_degrees,
    pack_column,
    save_column,
    save_degrees,
    unpack_column,
)

TYPES = ("bool", "int8", "int32", "int64", "uint16", "float32")


@given(st.lists(st.integers(0, 100)), st.sampled_from(TYPES), st.booleans())
def test_column_comes_back_as_it_was(values, dtype, is_sorted):
    column = np.array(sorted(values) if is_sorted else values, dtype)
    back = unpack_column(pack_column(column))
    assert back.dtype == column.dtype
    assert np.array_equal(back, column)


@pytest.mark.parametrize(
    ("column", "way"),
    [
        (np.repeat(np.arange(5), 1000), "count"),
        (np.cumsum(np.arange(5000) % 200), "step"),
        (np.tile(np.array([1.5, 2.5], np.float32), 1000), "code"),
        (np.random.default_rng(1).random(5000), "plain"),
    ],
)
def test_column_is_kept_in_the_shortest_way(column, way):
    packed = pack_column(column)
    assert way in packed
    assert np.array_equal(unpack_column(packed), column)


def test_kept_column_is_read_only_and_degrees_keep_a_centimetre(tmp_path):
    save_column(tmp_path, "start", np.array([0, 0, 7], np.int32))
    assert not load_column(tmp_path, "start").flags.writeable
    save_degrees(tmp_path, "lonlat", np.array([[125.1234567, -46.7654321]]))
    assert load_degrees(tmp_path, "lonlat").tolist() == [[125.1234567, -46.7654321]]


def test_damaged_column_is_named(tmp_path):
    (tmp_path / "start.column").write_bytes(b"not a column\n")
    with pytest.raises(BadInput, match=r"start\.column is damaged"):
        load_column(tmp_path, "start")
