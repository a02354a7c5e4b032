"""What `import` refuses before it builds anything, and what it then says."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest

from location_cloud import importing
from location_cloud.capabilities import CAPABILITIES
from location_cloud.cli import run
from location_cloud.errors import BadInput
from location_cloud.importing import read_clip, snapshot_name

CAFE = '<node id="1" lat="46.6" lon="125.1"><tag k="amenity" v="cafe"/><tag k="name" v="北极星"/></node>'
CORNER = '<node id="1" lat="46.6" lon="125.1"/>'


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCATION_CLOUD_HOME", str(tmp_path / "var"))


def osm_file(body: str, name: str = "city.osm") -> str:
    Path(name).write_text(f'<osm version="0.6">{body}</osm>', "utf-8")
    return name


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.strip().splitlines()[-1]


@pytest.fixture
def _unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the files would fail the test."""

    def refuse(*arguments: object) -> None:
        raise AssertionError("the files were read")

    monkeypatch.setattr(importing, "read_osm", refuse)


def test_one_named_thing_is_enough(capsys):
    assert run(["import", osm_file(CAFE)]) == 0
    assert "is served from" in capsys.readouterr().out


@pytest.mark.parametrize("body", ["", CORNER])
def test_a_file_that_holds_nothing_does_not_replace_the_served_city(body, capsys):
    assert run(["import", osm_file(CAFE)]) == 0
    before = Path("var/current").read_text()
    assert run(["import", osm_file(body, "none.osm")]) == 2
    assert last_line(capsys) == "location-cloud: none.osm holds no road, area or named thing; is it the right file?"
    assert Path("var/current").read_text() == before


def test_a_clip_elsewhere_is_refused_and_names_the_files(capsys):
    assert run(["import", osm_file(CAFE), osm_file(CAFE, "b.osm"), "--clip", "肇源县"]) == 2
    assert "nothing of city.osm, b.osm lies in the clip 肇源县" in last_line(capsys)
    assert not Path("var/current").exists()


@pytest.mark.usefixtures("_unread")
@pytest.mark.parametrize("name", ["a/b", "..", ".", "", "x" * 65])
def test_a_name_that_cannot_be_is_refused_before_the_files_are_read(name, capsys):
    assert run(["import", osm_file(CAFE), "--name", name]) == 2
    assert f"--name {name!r}" in last_line(capsys)


@pytest.mark.usefixtures("_unread")
def test_an_unknown_kind_of_file_is_refused_with_all_that_can_be_imported(capsys):
    Path("wells.xlsx").write_bytes(b"")
    assert run(["import", "wells.xlsx"]) == 2
    endings = {ending for each in CAPABILITIES for importer in each.importers for ending in importer.endings} - {"/"}
    assert endings >= {".tif", ".pmtiles"}
    assert {".osm.pbf", *endings} <= set(last_line(capsys).partition("one of ")[2].split(", "))


@pytest.mark.usefixtures("_unread")
def test_a_running_import_is_named_before_the_files_are_read(capsys):
    Path("var").mkdir()
    with Path("var/import.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run(["import", osm_file(CAFE)]) == 2
    assert "another import" in last_line(capsys)


@pytest.mark.usefixtures("_unread")
def test_a_home_that_cannot_be_written_is_named_before_the_files_are_read(monkeypatch, capsys):
    monkeypatch.setenv("LOCATION_CLOUD_HOME", "/proc/self")
    assert run(["import", osm_file(CAFE)]) == 1
    assert "/proc/self" in last_line(capsys)


@pytest.mark.parametrize(
    ("place", "file", "name"),
    [(None, "a b.osm.pbf", "a-b"), ("大庆 市", "", "大庆-市"), ("..", "", "city"), (None, ".osm", "city")],
)
def test_a_snapshot_is_named_after_what_it_is_built_of(place, file, name):
    assert snapshot_name(None, False, place, (Path(file),)) == name


SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
POINT = {"type": "Point", "coordinates": [0, 0]}


def feature(geometry: object) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": None}


@pytest.mark.parametrize(
    "content",
    [SQUARE, feature(SQUARE), {"type": "FeatureCollection", "features": [feature(POINT), feature(SQUARE)]}],
    ids=["geometry", "feature", "collection"],
)
def test_a_clip_may_be_any_geojson_with_a_polygon(content):
    Path("clip.geojson").write_text(json.dumps(content))
    assert read_clip("clip.geojson").area == 0.5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (5, "a GeoJSON object is needed, found 5"),
        ([], "a GeoJSON object is needed"),
        ({}, "Polygon"),
        ({"type": "FeatureCollection"}, '"features" must be a list'),
        ({"type": "FeatureCollection", "features": 5}, '"features" must be a list'),
        ({"type": "FeatureCollection", "features": [5]}, "feature 0: a feature is an object"),
        ({"type": "Feature"}, "holds no Polygon"),
        (feature(5), "geometry"),
        (feature({"type": "Polygon", "coordinates": 5}), "coordinates"),
        (POINT, "holds no Polygon"),
    ],
)
def test_a_clip_that_is_none_says_what_is_wrong(content, said):
    Path("clip.geojson").write_text(json.dumps(content))
    with pytest.raises(BadInput, match=r"^clip\.geojson: ") as caught:
        read_clip("clip.geojson")
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["", "  ", "x" * 300])
def test_a_clip_that_names_nothing_is_refused(text):
    with pytest.raises(BadInput, match=r"^--clip"):
        read_clip(text)
