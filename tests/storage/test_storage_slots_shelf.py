import os

import numpy as np
import pytest

from location_cloud.storage.shelf import Shelf


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "shelf", kept=3)


def test_what_was_put_is_found_by_every_process(shelf, tmp_path):
    shelf.put("a", {"x": np.arange(3)})
    assert Shelf(tmp_path / "shelf", kept=3).find("a")["x"].tolist() == [0, 1, 2]
    assert shelf.find("b") is None


def test_the_first_one_to_put_a_key_wins(shelf):
    for number in (1, 2):
        shelf.put("a", {"x": np.full(2, number)})
    assert shelf.find("a")["x"].tolist() == [1, 1]
    assert [entry.name for entry in shelf._folder.iterdir()] == ["a"]


def test_the_least_recently_used_goes(shelf):
    for age, key in enumerate("abc"):
        shelf.put(key, {"x": np.zeros(1)})
        os.utime(shelf._folder / key, (age, age))
    assert shelf.find("a") is not None
    shelf.put("d", {"x": np.zeros(1)})
    assert {entry.name for entry in shelf._folder.iterdir()} == {"a", "c", "d"}


def test_arrays_in_use_outlive_their_folder(shelf):
    shelf.put("a", {"x": np.full(5000, 7)})
    held = shelf.find("a")["x"]
    for key in "bcd":
        shelf.put(key, {"x": np.zeros(1)})
        os.utime(shelf._folder / key, None)
    assert shelf.find("a") is None
    assert (held == 7).all()
    assert not held.flags.writeable


def test_a_disk_without_room_keeps_nothing_and_harms_nobody(shelf, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("location_cloud.storage.shelf.save_arrays", fail)
        shelf.put("a", {"x": np.zeros(1)})
    assert shelf.find("a") is None
    assert list(shelf._folder.iterdir()) == []
