"""What a file becomes: its kind, its grid, its values, and what is kept of edges and voids."""

from __future__ import annotations

import numpy as np
import orjson
import pytest
from imagery_scenes import DAQING, halves, plain, ramp, rasterio, write_tiff

from location_cloud.errors import BadInput
from location_cloud.imagery import service
from location_cloud.imagery.adding import scene_file
from location_cloud.imagery.covering import EMPTY, FULL, PARTLY
from location_cloud.imagery.gridding import grid_of
from location_cloud.imagery.handles import COVERS
from location_cloud.imagery.model import Grid
from location_cloud.imagery.model_look import PLAIN
from location_cloud.imagery.service import mercator

SIDE_M = 40075016.685578488 / 2**12
FULL_TILES = (
    3472 * SIDE_M - 20037508.342789244,
    20037508.342789244 - 1450 * SIDE_M,
    3474 * SIDE_M - 20037508.342789244,
    20037508.342789244 - 1448 * SIDE_M,
)
"""Two by two tiles of zoom 12, in metres."""


def one(imagery, path, **wish):
    (scene,) = imagery.add(path, set="s", **wish)
    return scene


def test_a_photo_is_kept_as_webp_with_its_ragged_edges(imagery, tmp_path):
    scene = one(imagery, write_tiff(tmp_path / "a.tif", halves(), (125, 46.5, 125.2, 46.6)))
    assert (scene.kind, scene.compression, scene.has_alpha) == ("picture", "webp", True)
    assert [band.name for band in scene.bands] == ["red", "green", "blue"]


def test_a_photo_that_fills_its_tiles_is_kept_as_jpeg(imagery, tmp_path):
    scene = one(imagery, write_tiff(tmp_path / "a.tif", halves(512, 512), FULL_TILES, "EPSG:3857"))
    assert (scene.compression, scene.has_alpha) == ("jpeg", False)
    assert scene.grid == Grid(12, 12, 3472, 1448, 2, 2)


def test_the_file_is_a_cloud_optimized_geotiff_on_the_webs_grid(imagery, tmp_path):
    scene = one(imagery, write_tiff(tmp_path / "a.tif", plain(90), (124, 46, 126, 47)))
    with rasterio.open(scene_file(imagery.home, scene.key)) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.tags(ns="TILING_SCHEME")["NAME"].lower() == "googlemapscompatible"
        assert file.bounds == pytest.approx(scene.grid.bounds_m)


def test_cog_tiles_reads_the_same_tiles(imagery, tmp_path):
    cog_tiles = pytest.importorskip("cog_tiles")
    scene = one(imagery, write_tiff(tmp_path / "a.tif", halves()))
    theirs, grid = cog_tiles.open(str(scene_file(imagery.home, scene.key))), scene.grid
    assert (theirs.min_zoom, theirs.max_zoom, theirs.format) == (grid.min_zoom, grid.max_zoom, "webp")
    for up in range(grid.levels):
        for x in range(grid.x >> up, (grid.x + grid.columns) >> up):
            for y in range(grid.y >> up, (grid.y + grid.rows) >> up):
                ours = service.ALIGNED.get(imagery.home, scene).find(grid.max_zoom - up, x, y)
                assert ours == theirs.tile(grid.max_zoom - up, x, y)


@pytest.mark.parametrize("is_full", [True, False])
def test_an_aligned_cog_is_kept_as_it_is(imagery, tmp_path, is_full):
    bounds = FULL_TILES if is_full else DAQING
    first = one(
        imagery, write_tiff(tmp_path / "a.tif", halves(512, 512), bounds, "EPSG:3857" if is_full else "EPSG:4326")
    )
    path = tmp_path / "copy.tif"
    path.write_bytes(scene_file(imagery.home, first.key).read_bytes())
    again = one(imagery, path)
    assert scene_file(imagery.home, again.key).read_bytes() == path.read_bytes()
    assert (again.grid, again.compression, again.has_alpha) == (first.grid, first.compression, first.has_alpha)
    assert first.compression == ("jpeg" if is_full else "webp")


def test_an_aligned_cog_with_damaged_tiles_is_not_kept(imagery, tmp_path):
    first = one(imagery, write_tiff(tmp_path / "a.tif", halves(512, 512)))
    content = scene_file(imagery.home, first.key).read_bytes()
    path = tmp_path / "copy.tif"
    path.write_bytes(content.replace(b"RIFF", b"RAFF"))
    with pytest.raises(BadInput, match="cannot be read"):
        one(imagery, path)


def test_the_cover_says_which_tiles_are_full(imagery, tmp_path):
    scene = one(imagery, write_tiff(tmp_path / "a.tif", halves()))
    cover, grid = COVERS.get(imagery.home, scene), scene.grid
    states = {
        cover.state(grid.max_zoom, grid.x + column, grid.y + row)
        for column in range(-1, grid.columns + 1)
        for row in range(-1, grid.rows + 1)
    }
    assert states == {EMPTY, PARTLY, FULL}


def test_measured_values_and_their_voids_are_kept(imagery, tmp_path):
    values = np.full((2, 50, 100), 7000, np.uint16)
    values[:, :, :50] = 0
    scene = one(imagery, write_tiff(tmp_path / "a.tif", values, nodata=0))
    assert (scene.kind, scene.compression, scene.nodata) == ("data", "deflate", 0)
    figures = service.statistics(imagery.set("s"), PLAIN, None, mercator(DAQING), 200, 2)["b1"]
    assert (figures["min"], figures["max"]) == (7000, 7000)
    assert figures["valid_percent"] == pytest.approx(50, abs=2)


def test_an_alpha_band_is_no_band_of_values(imagery, tmp_path):
    values = np.concatenate([plain(90, 90, 90), np.zeros((1, 40, 80), np.uint8)])
    values[3, :, 40:] = 255
    path = write_tiff(tmp_path / "a.tif", values, photometric="RGB", alpha="YES")
    scene = one(imagery, path)
    assert len(scene.bands) == 3
    tile = service.statistics(imagery.set("s"), PLAIN, None, mercator(DAQING), 200, 2)
    assert tile["red"]["valid_percent"] == pytest.approx(50, abs=3)


def test_a_palette_is_kept_as_classes(imagery, tmp_path):
    path = tmp_path / "a.tif"
    codes = np.zeros((1, 40, 80), np.uint8)
    codes[:, :, 40:] = 3
    write_tiff(path, codes, photometric="palette")
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {0: (10, 20, 30, 255), 3: (200, 100, 0, 255)})
    scene = one(imagery, path)
    assert (scene.kind, scene.palette[3]) == ("classes", (200, 100, 0, 255))
    assert service.values_at(imagery.set("s"), PLAIN, (125.15, 46.55))["values"] == [3]


def test_other_projections_come_out_at_their_place(imagery, tmp_path):
    bounds = (500_000, 5_150_000, 520_000, 5_160_000)
    scene = one(imagery, write_tiff(tmp_path / "a.tif", halves(100, 200), bounds, "EPSG:32651"))
    to_degrees = rasterio.warp.transform("EPSG:32651", "EPSG:4326", [515_000], [5_155_000])
    found = service.values_at(imagery.set("s"), PLAIN, (to_degrees[0][0], to_degrees[1][0]))
    assert found["values"][2] > 150
    assert scene.resolution_m == pytest.approx(100, rel=0.02)


def test_heights_are_never_kept_coarser_than_they_came(imagery, tmp_path):
    scene = one(imagery, write_tiff(tmp_path / "dem.tif", ramp()))
    assert scene.kind == "elevation"
    assert scene.grid.pixel_m <= 0.2 / 200 * 111_319.5


def test_a_grid_lies_on_tiles_at_every_overview():
    grid = grid_of((13_900_000, 5_860_000, 13_960_000, 5_900_000), 2.3, False)
    side = 1 << (grid.levels - 1)
    assert [grid.x % side, grid.y % side, grid.columns % side, grid.rows % side] == [0, 0, 0, 0]
    west, south, east, north = grid.bounds_m
    assert west <= 13_900_000
    assert south <= 5_860_000
    assert east >= 13_960_000
    assert north >= 5_900_000


def test_a_stac_items_band_files_become_one_scene(imagery, tmp_path):
    for name, value in (("B02", 10), ("B04", 20), ("B08", 60)):
        write_tiff(tmp_path / f"{name}.tif", np.full((1, 30, 60), value, np.uint16), nodata=0)
    names = ("B02", "B04", "B08")
    assets = {name: {"href": f"./{name}.tif", "type": "image/tiff", "roles": ["data"]} for name in names}
    path = write_item(tmp_path, assets)
    scene = one(imagery, path)
    assert [band.name for band in scene.bands] == ["B02", "B04", "B08"]
    assert (scene.id, scene.taken, scene.licence) == ("S2A", "2024-06-01T02:00:00Z", "CC-BY-4.0")
    ndvi = service.Look(expression="(b3-b2)/(b3+b2)")
    assert service.values_at(imagery.set("s"), ndvi, (125.1, 46.55))["values"] == [0.5]


def write_item(folder, assets):

    properties = {"datetime": "2024-06-01T02:00:00Z", "license": "CC-BY-4.0"}
    item = {"type": "Feature", "stac_version": "1.0.0", "id": "S2A", "properties": properties, "assets": assets}
    path = folder / "item.json"
    path.write_bytes(orjson.dumps(item))
    return path


def test_a_folder_and_a_mosaicjson_name_the_same_scenes(imagery, tmp_path):
    for name in ("a", "b"):
        write_tiff(tmp_path / f"{name}.tif", plain(90))
    (tmp_path / "m.json").write_text('{"mosaicjson":"0.0.3","tiles":{"13":["a.tif","b.tif"],"12":["b.tif"]}}')
    assert [scene.id for scene in imagery.add(tmp_path, set="s")] == ["a", "b"]
    assert imagery.add(tmp_path / "m.json", set="s") == []


def test_a_file_that_is_there_already_is_not_converted_again(imagery, tmp_path):
    path = write_tiff(tmp_path / "a.tif", plain(90))
    first = one(imagery, path)
    assert imagery.add(path, set="s") == []
    assert [scene.key for scene in imagery.set("s").scenes] == [first.key]


def test_a_new_file_of_the_same_name_replaces_the_old_one(imagery, tmp_path):
    old = one(imagery, write_tiff(tmp_path / "a.tif", plain(90)))
    new = one(imagery, write_tiff(tmp_path / "a.tif", plain(120)))
    assert [scene.key for scene in imagery.set("s").scenes] == [new.key]
    assert not scene_file(imagery.home, old.key).exists()


def test_scenes_of_another_kind_do_not_join_a_set(imagery, tmp_path):
    one(imagery, write_tiff(tmp_path / "a.tif", plain(90)))
    with pytest.raises(BadInput, match="does not go with the set"):
        one(imagery, write_tiff(tmp_path / "dem.tif", ramp()))
    assert len(imagery.set("s").scenes) == 1


def test_a_process_of_its_own_converts_to_the_same_bytes(imagery, tmp_path):
    path = write_tiff(tmp_path / "a.tif", halves(60, 120))
    (here,) = imagery.add(path, set="here")
    (there,) = imagery.add(path, set="there", apart=True)
    assert scene_file(imagery.home, here.key).read_bytes() == scene_file(imagery.home, there.key).read_bytes()


def test_a_picture_turned_by_a_quarter_has_its_resolution(imagery, tmp_path):
    path = tmp_path / "turned.tif"
    transform = rasterio.Affine(0, 0.001, 125, 0.001, 0, 46)
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "crs": "EPSG:4326", "transform": transform}
    with rasterio.open(path, "w", width=64, height=64, **profile) as file:
        file.write(np.full((1, 64, 64), 99, np.uint8))
    scene = one(imagery, path)
    assert scene.resolution_m == pytest.approx(77.3, abs=0.1)
    assert scene.bounds == pytest.approx((125, 46, 125.064, 46.064))
