"""`location-cloud import scene.tif` and `location-cloud imagery`."""

from __future__ import annotations

import pytest
from imagery_scenes import halves, ramp, write_tiff

from location_cloud.cli import run


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCATION_CLOUD_HOME", str(tmp_path / "var"))


def test_import_takes_a_geotiff_as_a_scene(tmp_path, capsys):
    write_tiff(tmp_path / "Ortho 2024.tif", halves(60, 120))
    assert run(["import", "Ortho 2024.tif"]) == 0
    assert "ortho-2024/Ortho-2024: picture, 3 bands" in capsys.readouterr().out
    assert run(["imagery", "list"]) == 0
    assert "ortho-2024/Ortho-2024  picture  undated" in capsys.readouterr().out
    assert run(["imagery", "remove", "ortho-2024"]) == 0
    assert run(["imagery", "remove", "ortho-2024"]) == 2


def test_import_takes_a_name_for_the_set(tmp_path, capsys):
    write_tiff(tmp_path / "dem.tif", ramp(20, 40))
    assert run(["import", "dem.tif", "--name", "ground"]) == 0
    assert "ground/dem: elevation" in capsys.readouterr().out


def test_a_refused_file_is_named_in_one_line(tmp_path, capsys):
    (tmp_path / "a.tif").write_bytes(b"<VRTDataset/>")
    assert run(["import", "a.tif"]) == 2
    assert (
        capsys.readouterr().err.strip().splitlines()[-1]
        == "location-cloud: a.tif: not a TIFF; it begins as an XML document"
    )


@pytest.mark.parametrize(
    "words", [["a.tif", "--demo"], ["a.tif", "--clip", "x"], ["a.tif", "b.osm"], ["a.tif", "b.pmtiles"]]
)
def test_import_does_not_mix_kinds(tmp_path, capsys, words):
    assert run(["import", *words]) == 2


@pytest.mark.parametrize("words", ["add", "add --demo x.tif", "add x.tif", "add x.tif --date 5/2024"])
def test_wrong_words_are_said(tmp_path, capsys, words):
    assert run(["imagery", *words.split()]) == 2


def test_the_demo_scenes_are_a_picture_and_heights(capsys):
    assert run(["imagery", "add", "--demo"]) == 0
    printed = capsys.readouterr().out
    assert "demo/rmnp-rgb: picture" in printed
    assert "demo-terrain/rmnp-dem: elevation" in printed
