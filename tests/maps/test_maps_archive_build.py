from __future__ import annotations

import gzip
import os
import sqlite3

import numpy as np
import pyogrio
import pytest
from pmtiles.convert import mbtiles_to_pmtiles, pmtiles_to_mbtiles
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import TileType
from shapely import Point, box
from small_archives import write_pmtiles

from location_cloud.app import create_app
from location_cloud.errors import BadInput, NotFound, TooLarge
from location_cloud.maps import archives, dataset
from location_cloud.maps.archive_cover import wanted_tiles
from location_cloud.maps.archive_stream import one_by_one, pack_tiles
from location_cloud.maps.service import get_set
from location_cloud.maps.service_archive_build import build
from location_cloud.maps.service_archives import add
from location_cloud.settings import Settings
from location_cloud.tile_sets import Tile, TileAt
from tests.conftest import Silent, copy_home
from tiles.encode import encode_tile
from tiles.mercator import tile_lonlat_bounds, tiles_in_bbox
from tiles.pmtiles import tile_ids, tiles_of

CENTRE = (24.93, 60.16, 24.96, 60.18)


@pytest.fixture(scope="module")
def world(app):
    return app.extensions["location_cloud"].worlds.current()


@pytest.fixture(scope="module")
def built(world, tmp_path_factory):
    """The centre of the demo city, as a file."""
    file = tmp_path_factory.mktemp("built") / "centre.pmtiles"
    build(world, "default", file, "base", Silent(), box=CENTRE)
    return file


def read_all(file) -> dict[tuple[int, int, int], bytes]:
    with file.open("rb") as opened:
        return {place: bytes(body) for place, body in all_tiles(MmapSource(opened))}


def places_in(bbox, zooms):
    return [place for z in zooms for place in tiles_in_bbox(*bbox, z).tiles()]


def test_a_box_holds_exactly_the_served_tiles_byte_for_byte(client, built):
    found = read_all(built)
    for z, x, y in places_in(CENTRE, range(17)):
        answer = client.get(f"/tiles/base/{z}/{x}/{y}.mvt")
        if answer.status_code == 204:
            assert (z, x, y) not in found
        else:
            assert gzip.decompress(found.pop((z, x, y))) == answer.data
    assert not found


def test_the_reference_reads_what_the_archive_tells(built, world):
    with built.open("rb") as opened:
        reader = Reader(MmapSource(opened))
        header, told = reader.header(), reader.metadata()
    tile_set = get_set(world, "default", "base")
    assert header["tile_type"] == TileType.MVT
    assert header["max_zoom"] == max(z for z, _, _ in read_all(built))
    assert (header["min_lon_e7"], header["max_lat_e7"]) == (249300000, 601800000)
    assert {layer["id"] for layer in told["vector_layers"]} == {layer.name for layer in tile_set.layers}
    assert "OpenStreetMap" in told["attribution"]


def test_the_same_world_gives_the_same_bytes(world, built, tmp_path):
    build(world, "default", tmp_path / "again.pmtiles", "base", Silent(), box=CENTRE)
    assert (tmp_path / "again.pmtiles").read_bytes() == built.read_bytes()


def test_mbtiles_hold_the_same_tiles_with_rows_from_the_south(world, built, tmp_path):
    build(world, "default", tmp_path / "centre.mbtiles", "base", Silent(), box=CENTRE)
    rows = sqlite3.connect(tmp_path / "centre.mbtiles").execute("SELECT * FROM tiles").fetchall()
    assert {(z, x, (1 << z) - 1 - y): body for z, x, y, body in rows} == read_all(built)


def test_mbtiles_tell_what_the_specification_asks_for(world, tmp_path):
    build(world, "default", tmp_path / "centre.mbtiles", "base", Silent(), box=CENTRE, zooms=(13, 14))
    told = dict(sqlite3.connect(tmp_path / "centre.mbtiles").execute("SELECT name, value FROM metadata").fetchall())
    assert (told["format"], told["minzoom"], told["maxzoom"]) == ("pbf", "13", "14")
    assert [float(each) for each in told["bounds"].split(",")] == pytest.approx(CENTRE)
    assert '"vector_layers"' in told["json"]


def test_the_reference_converts_ours_and_we_import_its_own(world, built, tmp_path):
    pmtiles_to_mbtiles(str(built), str(tmp_path / "theirs.mbtiles"))
    mbtiles_to_pmtiles(str(tmp_path / "theirs.mbtiles"), str(tmp_path / "theirs.pmtiles"), 16)
    wanted = read_all(built)
    for number, file in enumerate(("theirs.mbtiles", "theirs.pmtiles")):
        about = add(tmp_path / f"home{number}", "theirs", tmp_path / file, Silent())
        tile_set = archives.offered(tmp_path / f"home{number}")["theirs"]
        assert about.tiles == len(wanted)
        assert all(tile_set.read(TileAt(*place)).body == body for place, body in wanted.items())


def test_an_imported_archive_tells_the_layers_of_the_set(world, built, tmp_path):
    add(tmp_path / "home", "copy", built, Silent())
    copy, base = archives.offered(tmp_path / "home")["copy"], get_set(world, "default", "base")
    assert {layer.name: layer.fields for layer in copy.layers} == {layer.name: layer.fields for layer in base.layers}
    assert copy.attribution == base.attribution


def test_only_tiles_that_touch_the_area_are_written(world, tmp_path):
    area = Point(24.9414, 60.1700).buffer(0.001)
    build(world, "default", tmp_path / "area.pmtiles", "base", Silent(), area=area, zooms=(14, 16))
    found = read_all(tmp_path / "area.pmtiles")
    wanted = {place for place in places_in(area.bounds, range(14, 17)) if area.intersects(square(*place))}
    assert found.keys() <= wanted
    assert found


def square(z, x, y):
    return box(*tile_lonlat_bounds(z, x, y))


def test_a_part_of_an_archive_can_be_written_as_a_file(demo_home, built, tmp_path):
    home = copy_home(demo_home, tmp_path)
    add(home, "centre", built, Silent())
    app = create_app(Settings(home=home, log="off"))
    system = app.extensions["location_cloud"]
    try:
        world = system.worlds.current()
        build(world, "default", tmp_path / "part.pmtiles", "centre", Silent(), box=(24.945, 60.165, 24.95, 60.17))
    finally:
        system.close()
    part, whole = read_all(tmp_path / "part.pmtiles"), read_all(built)
    assert 0 < len(part) < len(whole)
    assert part.items() <= whole.items()


@pytest.mark.parametrize(
    ("name", "options", "error", "reason"),
    [
        ("a.zip", {}, BadInput, "must end in"),
        ("none/a.pmtiles", {}, BadInput, "no folder"),
        ("a.pmtiles", {"name": "none"}, NotFound, "'none'"),
        ("a.pmtiles", {"form": "png"}, BadInput, "no png tiles"),
        ("a.pmtiles", {"zooms": (3, 25)}, BadInput, "zooms 3-25"),
        ("a.pmtiles", {"box": (-30.0, -60.0, -29.0, -59.0), "zooms": (14, 14)}, BadInput, "nothing is written"),
        ("a.mbtiles", {"box": (-30.0, -60.0, -29.0, -59.0), "zooms": (14, 14)}, BadInput, "nothing is written"),
    ],
)
def test_what_cannot_be_written_is_named_and_leaves_nothing(world, tmp_path, name, options, error, reason):
    with pytest.raises(error, match=reason):
        build(world, "default", tmp_path / name, **({"name": "base", "progress": Silent()} | options))
    assert list(tmp_path.iterdir()) == []


class Interrupting(Silent):
    """Somebody presses Ctrl-C as soon as a tile is done."""

    def advance(self, units: int = 1) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("ending", ["pmtiles", "mbtiles"])
def test_an_interrupted_build_leaves_the_old_file(world, tmp_path, ending):
    file = tmp_path / f"city.{ending}"
    file.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        build(world, "default", file, "base", Interrupting(), box=CENTRE)
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_what_a_killed_build_left_is_removed_and_what_another_writes_is_not(world, tmp_path):
    killed, running = (tmp_path / f".city.pmtiles.{process}.part" for process in (2**22 + 1, os.getppid()))
    killed.write_bytes(b"half"), running.write_bytes(b"half")
    build(world, "default", tmp_path / "city.pmtiles", "base", Silent(), box=CENTRE, zooms=(10, 10))
    assert {file.name for file in tmp_path.iterdir()} == {"city.pmtiles", running.name}


@pytest.mark.parametrize("ending", ["pmtiles", "mbtiles"])
def test_gdal_reads_our_archives(world, tmp_path, ending):
    file = tmp_path / f"centre.{ending}"
    build(world, "default", file, "base", Silent(), box=CENTRE, zooms=(13, 14))
    streets = pyogrio.read_dataframe(file, layer="streets").to_crs(4326)
    assert {"residential", "tram"} <= set(streets["kind"])
    assert streets.cx[24.93:24.96, 60.16:60.18].shape[0] > 100


# --- which tiles ----------------------------------------------------------------------------------


@pytest.mark.parametrize("z", [0, 5, 9, 12, 14])
def test_no_tile_that_holds_anything_is_left_out(world, z):
    stored = world.section(dataset.SECTION).sets["base"]
    layers = [layer.index for layer in stored.layers if layer.min_zoom <= z <= layer.max_zoom]
    bbox = (24.5, 59.9, 25.4, 60.4)
    kept = set(wanted_tiles(z, bbox, None, layers).tolist())
    for place in tiles_in_bbox(*bbox, z).tiles():
        number = int(tile_ids(place[0], *(np.array([each]) for each in place[1:]))[0])
        assert number in kept or not encode_tile(layers, *place)


def test_a_box_over_the_antimeridian_is_two():
    _, x, _ = tiles_of(wanted_tiles(4, (170.0, -10.0, -170.0, 10.0), None))
    assert set(x.tolist()) == {0, 15}


def test_a_box_may_go_round_nearly_all_of_the_world():
    _, x, _ = tiles_of(wanted_tiles(2, (100.0, -10.0, 20.0, 10.0), None))
    assert set(x.tolist()) == {0, 1, 2, 3}


def test_a_box_over_the_antimeridian_is_cut_to_the_area():
    _, x, _ = tiles_of(wanted_tiles(4, (170.0, -10.0, -170.0, 10.0), Point(-175, 5).buffer(1)))
    assert set(x.tolist()) == {0}


def test_more_tiles_than_anybody_waits_for_are_refused():
    with pytest.raises(TooLarge, match="4,294,967,296 tiles"):
        wanted_tiles(16, None, None)


def test_an_area_outside_the_box_has_no_tiles():
    assert not len(wanted_tiles(8, (10.0, 10.0, 11.0, 11.0), Point(50, 50).buffer(1)))
    assert not len(wanted_tiles(8, (10.0, 10.0, 11.0, 11.0), Point(-20, 10.5).buffer(1)))


@pytest.mark.parametrize("z", range(5))
def test_an_archive_tells_the_tiles_of_each_zoom(tmp_path, z):
    places = [(0, 0, 0), *tiles_in_bbox(-180, -85, 180, 85, 1).tiles(), (2, 0, 0), (3, 5, 2)]
    add(tmp_path, "small", write_pmtiles(tmp_path / "small.pmtiles", places, text="all alike"), Silent())
    numbers = archives.offered(tmp_path)["small"].numbers(z, None, None)
    assert sorted(zip(*(each.tolist() for each in tiles_of(numbers)), strict=True)) == sorted(
        place for place in places if place[0] == z
    )


def test_many_tiles_at_once_are_those_that_are_read_one_by_one(world):
    base = get_set(world, "default", "base")
    places = np.array(places_in(CENTRE, [14]))
    one_by_one = [base.read(TileAt(*place)) for place in places.tolist()]
    assert [each and each.body for each in base.many(places)] == [each and each.body for each in one_by_one]


def test_tiles_come_in_order_whichever_thread_is_quicker():
    numbers = np.arange(2_000)
    stream = pack_tiles(one_by_one(lambda at: Tile(b"%d/%d/%d" % (at.z, at.x, at.y)), "png"), numbers, "png", Silent())
    pairs = [pair for chunk in stream for pair in zip(*chunk, strict=True)]
    z, x, y = tiles_of(numbers)
    assert pairs == [(n, b"%d/%d/%d" % place) for n, place in enumerate(zip(z, x, y, strict=True))]
