from __future__ import annotations

import errno

import orjson
import pytest
from small_archives import write_pmtiles

from location_cloud.cli import run
from location_cloud.errors import Full
from location_cloud.maps.service_archives import room_named
from location_cloud.maps.store_mbtiles import MbtilesWriter
from tests.conftest import copy_home


@pytest.fixture
def home(demo_home, tmp_path, monkeypatch):
    """The demo's home, as the commands see it; they run in the folder beside it."""
    (tmp_path / "var").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCATION_CLOUD_HOME", str(tmp_path / "var"))
    return copy_home(demo_home, tmp_path / "var")


def test_tiles_are_written_added_listed_and_removed(home, capsys):
    assert run(["tiles", "build", "city.pmtiles", "--bbox", "24.93,60.16,24.96,60.18", "--zoom", "10-12"]) == 0
    assert run(["tiles", "add", "city", "city.pmtiles"]) == 0
    assert run(["tiles", "list"]) == 0
    assert "zooms 10-12" in capsys.readouterr().out.splitlines()[-1]
    assert run(["tiles", "remove", "city"]) == 0
    assert run(["tiles", "list"]) == 0
    assert not (home / "archives" / "sets.json").read_text().strip("{}")


def test_a_district_by_name_is_written(home, capsys):
    assert run(["tiles", "build", "district.mbtiles", "--area", "让胡路区", "--zoom", "8"]) == 0
    assert "district.mbtiles: " in capsys.readouterr().out


def test_import_takes_archives_too(home, tmp_path, capsys):
    write_pmtiles(tmp_path / "Old Town.pmtiles")
    assert run(["import", "Old Town.pmtiles"]) == 0
    assert "served at /tiles/old-town.json" in capsys.readouterr().out
    assert list(orjson.loads((home / "archives" / "sets.json").read_bytes())) == ["old-town"]


def test_two_files_of_one_name_are_not_imported_over_each_other(home, tmp_path, capsys):
    (tmp_path / "a").mkdir()
    write_pmtiles(tmp_path / "town.pmtiles")
    write_pmtiles(tmp_path / "a" / "Town.pmtiles")
    assert run(["import", "town.pmtiles", "a/Town.pmtiles"]) == 2
    assert "one name" in capsys.readouterr().err
    assert not (home / "archives").exists()


def test_an_archive_may_be_added_before_the_first_city(tmp_path, monkeypatch):
    monkeypatch.setenv("LOCATION_CLOUD_HOME", str(tmp_path / "var"))
    assert run(["tiles", "add", "small", str(write_pmtiles(tmp_path / "small.pmtiles"))]) == 0
    assert run(["tiles", "add", "small", str(tmp_path / "small.pmtiles")]) == 0


def test_what_an_add_that_was_killed_left_is_removed_by_the_next(home, tmp_path):
    left = home / "archives" / ".building-1"
    left.mkdir(parents=True)
    assert run(["tiles", "add", "small", str(write_pmtiles(tmp_path / "small.pmtiles"))]) == 0
    assert not left.exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ("build a.zip", ".pmtiles"),
        ("build a.pmtiles --bbox 1,2,3", "west,south,east,north"),
        ("build a.pmtiles --bbox 1,2,3,x", "west,south,east,north"),
        ("build a.pmtiles --bbox 1,2,3,nan", "latitudes"),
        ("build a.pmtiles --bbox 1,2,3,4 --area a", "not both"),
        ("build a.pmtiles --area nowhere", "让胡路区"),
        ("build a.pmtiles --zoom 5-3", "10-14"),
        ("build a.pmtiles --zoom 0-99", "10-14"),
        ("build a.pmtiles --zoom 20", "zooms 20-20"),
        ("build a.pmtiles --form gif", "gif"),
        ("add ../a a.pmtiles", "no name for tiles"),
        ("add a none.pmtiles", "no such file"),
        ("add a a.pmtiles --scope all", "maps:read"),
        ("add base a.pmtiles", "set of the product"),
    ],
)
def test_a_wrong_argument_is_one_line_and_status_2(home, arguments, word, capsys):
    assert run(["tiles", *arguments.split()]) == 2
    assert word in capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize("arguments", ["build a.pmtiles --set none", "remove none"])
def test_a_set_that_is_not_there_is_named(home, arguments, capsys):
    assert run(["tiles", *arguments.split()]) == 1
    assert "'none'" in capsys.readouterr().err


def test_a_full_disk_is_named(tmp_path):
    with pytest.raises(Full, match="no room left"), room_named(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_named_while_mbtiles_are_written(tmp_path):
    full = MbtilesWriter(tmp_path / "a")
    full._connection.execute("PRAGMA max_page_count = 4")
    with pytest.raises(Full, match="no room left"), room_named(tmp_path), full:
        full.add([(0, 0, 0)], [bytes(100_000)])


def test_a_folder_in_the_place_of_the_file_is_named_before_any_work(home, tmp_path, capsys):
    (tmp_path / "a.pmtiles").mkdir()
    assert run(["tiles", "build", "a.pmtiles"]) == 2
    assert capsys.readouterr().err.strip().endswith("a.pmtiles is a folder")
