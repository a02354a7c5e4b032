from __future__ import annotations

import json
from pathlib import Path

import geopandas
import pytest
import shapely

from location_cloud.cli import run as run_command
from location_cloud.errors import BadInput
from location_cloud.grids.service_files import FileWish, read_grids
from tests.conftest import copy_home

PREFIX = "230602001001"


def table(*names, column="BGCODE", codes=None):
    shapes = [shapely.box(125.1 + 0.001 * place, 46.6, 125.101 + 0.001 * place, 46.601) for place in range(len(names))]
    codes = codes or [f"{PREFIX}{place + 1:03d}" for place in range(len(names))]
    return geopandas.GeoDataFrame({column: codes, "name": list(names)}, geometry=shapes, crs=4326)


def read(path, crs="", **columns):
    return read_grids(path, FileWish(columns or {"code": "BGCODE"}, crs=crs))


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "shp"])
def test_grids_are_read_from_files_that_planners_have(tmp_path, ending):
    path = tmp_path / f"grids.{ending}"
    table("一号", "二号").to_file(path, engine="pyogrio")
    found = read(path)
    assert [(grid.code[-3:], grid.name) for grid in found] == [("001", "一号"), ("002", "二号")]
    assert shapely.normalize(found[0].geometry).equals_exact(
        shapely.normalize(shapely.box(125.1, 46.6, 125.101, 46.601)), 1e-9
    )


def test_a_table_in_gbk_that_does_not_say_so_is_read(tmp_path):
    table("让胡路区一号").to_file(tmp_path / "old.shp", engine="pyogrio", encoding="GBK")
    (tmp_path / "old.cpg").unlink()
    content = bytearray((tmp_path / "old.dbf").read_bytes())
    content[29] = 0  # nor in the head of the table
    (tmp_path / "old.dbf").write_bytes(content)
    assert read(tmp_path / "old.shp")[0].name == "让胡路区一号"


def test_coordinates_are_those_that_the_file_says(tmp_path):
    table("一号").to_crs(4530).to_file(tmp_path / "plane.gpkg", engine="pyogrio")
    assert read(tmp_path / "plane.gpkg")[0].geometry.bounds == pytest.approx((125.1, 46.6, 125.101, 46.601), abs=1e-8)


def test_a_file_that_says_no_system_must_be_told_one(tmp_path):
    table("一号").to_file(tmp_path / "bare.shp", engine="pyogrio")
    (tmp_path / "bare.prj").unlink()
    with pytest.raises(BadInput, match="--crs"):
        read(tmp_path / "bare.shp")
    assert read(tmp_path / "bare.shp", crs="cgcs2000")[0].geometry.bounds[0] == pytest.approx(125.1)
    shifted = read(tmp_path / "bare.shp", crs="gcj02")[0].geometry.bounds
    assert 0.003 < 125.1 - shifted[0] < 0.01


def test_codes_that_are_kept_as_numbers_are_codes(tmp_path):
    table("一号", column="code", codes=[230602001001001]).to_file(tmp_path / "numbers.gpkg", engine="pyogrio")
    assert read_grids(tmp_path / "numbers.gpkg", FileWish({}))[0].code == f"{PREFIX}001"


@pytest.mark.parametrize(
    ("columns", "words"),
    [({"code": "NONE"}, "has no column 'NONE'"), ({}, "which column holds the codes"), ({"kode": "name"}, "no field")],
)
def test_a_column_that_is_not_there_is_told(tmp_path, columns, words):
    table("一号").to_file(tmp_path / "grids.gpkg", engine="pyogrio")
    with pytest.raises(BadInput, match=words):
        read_grids(tmp_path / "grids.gpkg", FileWish(columns))


@pytest.mark.parametrize("content", [b"", b"{", b"not a map", b'{"type": "FeatureCollection", "features": []}'])
def test_what_is_no_map_is_refused_with_its_name(tmp_path, content):
    (tmp_path / "wrong.geojson").write_bytes(content)
    with pytest.raises(BadInput, match=r"wrong\.geojson"):
        read(tmp_path / "wrong.geojson")


@pytest.fixture(scope="module")
def home(demo_home, tmp_path_factory) -> Path:
    return copy_home(demo_home, tmp_path_factory.mktemp("grid_files"))


@pytest.fixture
def run(home, monkeypatch, capfd):
    """(exit status, all that was printed) of the command."""
    monkeypatch.setenv("LOCATION_CLOUD_HOME", str(home))

    def ran(*arguments):
        status = run_command(["grids", "import", *map(str, arguments)])
        told = capfd.readouterr()
        return status, told.out + told.err

    return ran


def test_a_file_is_checked_refused_repaired_and_put_in_force(run, tmp_path):
    path, report = tmp_path / "grids.gpkg", tmp_path / "faults.geojson"
    drawn = table("一号", "二号")
    shapes = [drawn.geometry[0], shapely.affinity.translate(drawn.geometry[1], -2e-6, 0)]  # an overlap of 15 cm
    drawn.set_geometry(shapes, crs=4326).to_file(path, engine="pyogrio")
    asked = (path, "--columns", "code=BGCODE", "--scheme", "manage")
    status, words = run(*asked, "--check", "--report", report)
    assert (status, "overlap" in words) == (1, True)
    assert json.loads(report.read_text())["features"][0]["properties"]["kind"] == "overlap"
    assert run(*asked, "--all", "--from", "2026-01-01")[0] == 2
    status, words = run(*asked, "--all", "--from", "2026-01-01", "--repair")
    assert (status, "2 added" in words) == (0, True), words
    assert "2 as they were" in run(*asked, "--all", "--from", "2026-02-01", "--repair")[1]


def test_a_broken_ring_is_told_with_its_place_and_mended(run, tmp_path):
    path, drawn = tmp_path / "bow.gpkg", table("一号", column="code", codes=["V-1"])
    bow = shapely.Polygon([(10, 10), (10.001, 10.001), (10.001, 10), (10, 10.001)])
    drawn.set_geometry([bow], crs=4326).to_file(path, engine="pyogrio")
    status, words = run(path, "--scheme", "village", "--check")
    assert status == 1
    assert "invalid: at 10.000500,10.000500 V-1" in words
    status, words = run(path, "--scheme", "village", "--all", "--repair")
    assert (status, "1 added" in words) == (0, True), words


def test_whose_grids_they_are_must_be_said(run, tmp_path):
    table("一号").to_file(tmp_path / "grids.gpkg", engine="pyogrio")
    status, words = run(tmp_path / "grids.gpkg", "--columns", "code=BGCODE")
    assert (status, "--area CODE" in words) == (2, True)
