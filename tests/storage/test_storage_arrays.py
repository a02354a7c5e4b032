from __future__ import annotations

import numpy as np
import pytest

from location_cloud.arrays import load_packed, pack_texts, save_packed
from location_cloud.errors import BadInput

ARRAYS = {
    "ids": np.arange(5, dtype=np.uint64),
    "none": np.empty((0, 2), np.int32),
    "xy": np.arange(12, dtype=np.int32).reshape(6, 2)[::2],
    "flags": np.array([True, False, True]),
}


def test_packed_arrays_come_back_as_they_were_and_cannot_be_written(tmp_path):
    save_packed(tmp_path / "some.arrays", ARRAYS)
    loaded = load_packed(tmp_path / "some.arrays")
    assert list(loaded) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert loaded[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded[name], array)
    with pytest.raises(ValueError, match="read-only"):
        loaded["ids"][0] = 1


def test_each_packed_array_begins_where_processors_read(tmp_path):
    save_packed(tmp_path / "some.arrays", ARRAYS)
    places = [array.__array_interface__["data"][0] for array in load_packed(tmp_path / "some.arrays").values()]
    assert all(place % 64 == 0 for place in places)


@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[:-64], lambda whole: whole[64:]])
def test_a_damaged_file_is_named(tmp_path, damage):
    file = tmp_path / "some.arrays"
    save_packed(file, ARRAYS)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(BadInput, match=r"some\.arrays is damaged"):
        load_packed(file)


@pytest.mark.parametrize("texts", [[], ["", ""], ["a", "", "bc"], ["大庆", "", "é𠀀", "x", ""]])
def test_packed_texts_are_read_back(texts):
    assert pack_texts(texts).as_list() == texts
