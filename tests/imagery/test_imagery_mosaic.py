"""Scenes above each other, and what shows."""

from __future__ import annotations

import io

import numpy as np
import pytest
from imagery_places import pixel, tile_of

from location_cloud.imagery import service, service_scenes
from location_cloud.imagery.model_look import Look
from location_cloud.spatial.crs import from_wgs84

Image = pytest.importorskip("PIL.Image")

WEST, EAST, BESIDE = (125.05, 46.55), (125.15, 46.55), (124.95, 46.45)


def colour(scenes, lonlat, look=Look(), zoom=12):  # noqa: B008  # frozen
    at = tile_of(lonlat, zoom, "png")
    return pixel(service.get_tile(scenes, at, look), lonlat, zoom)


@pytest.fixture
def photo(imagery_home, client):
    system = client.application.extensions["location_cloud"]
    return service_scenes.get_set(system.live, "default", imagery_home, "photo")


def test_the_newest_scene_is_on_top(photo):
    assert colour(photo, WEST)[0] > 150
    assert colour(photo, EAST)[2] > 150


def test_the_older_one_shows_where_the_newer_one_ends(photo):
    assert colour(photo, BESIDE)[1] > 150


def test_the_order_can_be_turned_round(photo):
    assert colour(photo, WEST, Look(order="oldest"))[1] > 150


def test_the_finest_can_be_on_top(photo):
    assert colour(photo, WEST, Look(order="finest"))[0] > 150


@pytest.mark.parametrize(
    ("taken", "band"), [(("2024", ""), 0), (("", "2021-01-01"), 1), (("2020-05-01", "2020-05-01"), 1)]
)
def test_dates_choose_scenes(photo, taken, band):
    assert int(np.argmax(colour(photo, WEST, Look(taken=taken))[:3])) == band


def test_nothing_of_that_time_is_no_tile(photo):
    assert service.get_tile(photo, tile_of(WEST, 12, "png"), Look(taken=("1999", "2000"))) is None


def test_a_tile_that_one_scene_fills_is_handed_out_as_stored(photo):
    at = tile_of(WEST, photo.scenes[0].grid.max_zoom, "webp")
    tile = service.get_tile(photo, at)
    assert tile.etag.startswith(photo.scenes[0].key)
    assert Image.open(io.BytesIO(tile.body)).size == (256, 256)


def test_stored_and_drawn_tiles_show_the_same(photo):
    zoom = photo.scenes[0].grid.max_zoom
    stored = pixel(service.get_tile(photo, tile_of(WEST, zoom, "webp")), WEST, zoom)
    assert stored[:3] == pytest.approx(colour(photo, WEST, zoom=zoom)[:3], abs=3)


def test_low_zooms_show_the_whole_small(photo):
    for zoom in range(photo.min_zoom, photo.max_zoom + 1):
        assert service.get_tile(photo, tile_of(WEST, zoom, "png")) is not None, zoom


def test_deeper_zooms_are_drawn_larger(photo):
    assert colour(photo, EAST, zoom=photo.max_zoom + 3)[2] > 150


def test_tiles_of_512_pixels_show_the_same_ground(photo):
    tile = service.get_tile(photo, tile_of(WEST, 12, "png"), Look(), 512)
    assert Image.open(io.BytesIO(tile.body)).size == (512, 512)


def test_gcj02_tiles_show_a_place_where_it_pretends_to_be(photo):
    border = (125.1, 46.55)
    zoom = 15
    (pretended,) = from_wgs84([border], "gcj02").tolist()
    east, west = (pretended[0] + 0.001, pretended[1]), (pretended[0] - 0.001, pretended[1])
    assert pixel(service.get_tile(photo, tile_of(east, zoom, "png", crs="gcj02")), east, zoom)[2] > 150
    assert pixel(service.get_tile(photo, tile_of(west, zoom, "png", crs="gcj02")), west, zoom)[0] > 150


def test_tiles_in_degrees_show_the_same_place(photo):
    zoom = 12
    x, y = int((125.15 + 180) / 360 * 2**zoom), int((90 - 46.55) / 360 * 2**zoom)
    tile = service.get_tile(photo, tile_of(EAST, zoom, "png", matrix="c", x=x, y=y))
    picture = np.asarray(Image.open(io.BytesIO(tile.body)).convert("RGB"))
    column, row = ((125.15 + 180) / 360 * 2**zoom - x) * 256, ((90 - 46.55) / 360 * 2**zoom - y) * 256
    assert picture[int(row), int(column), 2] > 150
