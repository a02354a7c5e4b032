from __future__ import annotations

import io
import zlib

import numpy as np
import pytest

from location_cloud.maps import sprites


def pixels_of(png):
    """(height, width, 4) of a PNG as `as_png` writes them."""
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    size = int.from_bytes(png[33:37], "big")
    rows = np.frombuffer(zlib.decompress(png[41 : 41 + size]), np.uint8).reshape(height, width * 4 + 1)
    return rows[:, 1:].reshape(height, width, 4)


@pytest.mark.parametrize("ratio", [1, 2])
def test_every_icon_has_its_place_in_the_sheet_and_is_not_empty(ratio):
    index, png = sprites.draw_sheet(ratio)
    sheet = pixels_of(png)
    assert index.keys() == sprites.list_icons().keys()
    for place in index.values():
        x, y = place["x"], place["y"]
        assert sheet[y : y + place["height"], x : x + place["width"], 3].max() > 200


def test_icons_do_not_overlap():
    index, png = sprites.draw_sheet(1)
    taken = np.zeros(pixels_of(png).shape[:2], int)
    for place in index.values():
        taken[place["y"] : place["y"] + place["height"], place["x"] : place["x"] + place["width"]] += 1
    assert taken.max() == 1


def test_the_sheet_is_the_same_each_time():
    first = sprites.draw_sheet(2)[1]
    sprites.draw_sheet.cache_clear()
    assert sprites.draw_sheet(2)[1] == first


def test_the_fine_sheet_is_twice_as_large():
    plain, fine = sprites.draw_sheet(1)[0]["hospital"], sprites.draw_sheet(2)[0]["hospital"]
    assert (fine["width"], fine["pixelRatio"]) == (2 * plain["width"], 2)


def test_an_icon_is_a_disc_of_its_colour_with_a_white_sign():
    picture = sprites.draw_icon(sprites.list_icons()["hospital"], 2)
    middle, beside, corner = picture[19, 19], picture[10, 10], picture[0, 0]
    assert middle.tolist() == [255, 255, 255, 255]
    assert beside.tolist() == [0xC4, 0x26, 0x2E, 255]
    assert corner[3] == 0


def test_a_tinted_icon_has_the_edge_value_where_its_shape_ends():
    alpha = sprites.draw_icon(sprites.list_icons()["shield"], 1)[..., 3]
    assert alpha[8, 14] == 255
    assert 160 < alpha[8, 1] < 191 < alpha[8, 2]  # the edge is at x = 2, between these pixels' middles


def test_a_minus_cuts_out():
    whole = sprites._parse_shapes("box 0,0 10,10; -box 0,0 10,5")
    assert whole.area == pytest.approx(50)


@pytest.mark.parametrize("file", ["icons.json", "icons.png", "icons@2x.json", "icons@2x.png"])
def test_the_sheet_is_served(client, file):
    answer = client.get(f"/sprites/{file}")
    assert answer.status_code == 200
    assert answer.mimetype == ("application/json" if file.endswith("json") else "image/png")


@pytest.mark.parametrize("file", ["other.png", "icons@3x.png", "icons.svg", "..%2f..%2fsetup.cfg"])
def test_no_other_file_is(client, file):
    assert client.get(f"/sprites/{file}").status_code in (400, 404)


def test_a_picture_library_reads_the_sheet():
    image = pytest.importorskip("PIL.Image", reason="the extra [render] is not installed")
    picture = image.open(io.BytesIO(sprites.draw_sheet(1)[1]))
    picture.load()
    assert picture.mode == "RGBA"
