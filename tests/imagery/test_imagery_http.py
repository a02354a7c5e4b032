"""Imagery over HTTP: tiles, pictures, crops, values and figures, and what is refused."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
from imagery_places import pixels, tile_of

from location_cloud.imagery import api

WEST, EAST = (125.05, 46.55), (125.15, 46.55)
AREA = {
    "type": "Feature",
    "properties": {},
    "geometry": {"type": "Polygon", "coordinates": [[[125.1, 46.5], [125.2, 46.5], [125.15, 46.6], [125.1, 46.5]]]},
}


def tile(name: str, lonlat=WEST, zoom: int = 12, form: str = "png") -> str:
    at = tile_of(lonlat, zoom, form)
    return f"/imagery/{name}/{zoom}/{at.x}/{at.y}.{form}"


def test_the_sets_are_listed(get):
    assert {each["name"]: each["kind"] for each in get("/imagery")["sets"]} == {
        "photo": "picture",
        "bands": "data",
        "heights": "elevation",
    }


def test_info_tells_bands_dates_and_licence(get):
    found = get("/imagery/bands/info")
    assert [band["name"] for band in found["bands"]] == ["b1", "b2", "b3", "b4"]
    assert 1000 <= found["bands"][0]["low"] < found["bands"][0]["high"] <= 3000
    assert found["licences"] == ["CC-BY-4.0"]
    assert get("/imagery/photo/info")["taken"] == ["2020-05-01", "2024-05-01"]


@pytest.mark.parametrize(("form", "media"), [("png", "image/png"), ("jpg", "image/jpeg"), ("webp", "image/webp")])
@pytest.mark.parametrize(("name", "query"), [("photo", ""), ("bands", ""), ("heights", "?algorithm=hillshade")])
def test_every_set_is_drawn_in_every_form(client, name, query, form, media):
    answer = client.get(tile(name, form=form) + query)
    assert (answer.status_code, answer.mimetype) == (200, media)
    assert pixels(answer.data).shape == (256, 256, 4)
    assert "Content-Encoding" not in answer.headers


def test_a_tile_is_not_sent_twice(client):
    first = client.get(tile("photo", form="webp"))
    again = client.get(tile("photo", form="webp"), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_different_looks_have_different_validators(client):
    asked = ["", "?algorithm=hillshade", "?algorithm=hillshade&azimuth=90", "?algorithm=terrarium", "?rescale=0,9"]
    answers = [client.get(tile("heights") + query) for query in asked]
    assert len({answer.headers["ETag"] for answer in answers}) == len(asked)
    assert len({hashlib.sha256(answer.data).digest() for answer in answers}) == len(asked)


def test_nothing_there_is_204(client):
    answer = client.get("/imagery/photo/12/0/0.png")
    assert (answer.status_code, answer.data) == (204, b"")


def test_terrain_colours_hold_the_heights(client):
    packed = pixels(client.get(tile("heights", EAST)).data).astype(int)
    heights = -10000 + (packed[..., 0] * 65536 + packed[..., 1] * 256 + packed[..., 2]) / 10
    assert 100 <= heights[heights > 0].min() <= heights.max() <= 300.1


def test_hillshade_of_heights_is_grey_and_has_no_seams(client):
    at = tile_of(EAST, 12, "png")
    left, right = (
        pixels(client.get(f"/imagery/heights/12/{x}/{at.y}.png?algorithm=hillshade").data) for x in (at.x - 1, at.x)
    )
    assert (left[..., 0] == left[..., 1]).all()
    assert np.abs(left[100:150, -1, 0].astype(int) - right[100:150, 0, 0]).max() <= 2


def test_bands_are_chosen_and_stretched(client):
    picture = pixels(client.get(tile("bands") + "?bidx=4&bidx=3&bidx=2&rescale=1000,3000").data)
    assert picture[..., :3][picture[..., 3] > 0].std() > 10


def test_a_formula_is_coloured(client):
    query = "?expression=(b4-b1)/(b4%2Bb1)&colormap_name=rdylgn&rescale=-0.5,0.5"
    picture = pixels(client.get(tile("bands") + query).data)
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 50


def test_tilejson_names_the_tiles_as_they_were_asked(client, get):
    found = get("/imagery/bands/tilejson.json?expression=b1/b2&colormap_name=viridis&format=jpg&rescale=0,2")
    address = found["tiles"][0].replace("http://localhost", "")
    assert (
        client.get(address.format(z=12, x=tile_of(WEST, 12, "jpg").x, y=tile_of(WEST, 12, "jpg").y)).status_code == 200
    )
    assert get("/imagery/heights/tilejson.json")["encoding"] == "mapbox"
    assert "encoding" not in get("/imagery/heights/tilejson.json?algorithm=hillshade")


def test_a_preview_is_as_large_as_asked(client):
    assert max(pixels(client.get("/imagery/photo/preview.png?max_size=300").data).shape) == 300


def test_a_box_shows_that_ground(client):
    picture = pixels(client.get("/imagery/photo/bbox.png?bbox=125.11,46.52,125.19,46.58").data)
    assert picture[..., 2].mean() > 150
    assert picture[..., 0].mean() < 50


def test_an_area_is_cut_out(client):
    picture = pixels(client.post("/imagery/photo/feature.png", json=AREA).data)
    assert picture[5, 5, 3] == 0
    assert picture[-5, len(picture[0]) // 2, 3] == 255


def test_a_point_has_the_values_of_all_scenes_there(get):
    found = get("/imagery/photo/point?at=125.15,46.55")
    assert [each["scene"] for each in found["scenes"]] == ["photo_20240501", "old_20200501"]
    assert found["values"][2] == pytest.approx(200, abs=4)


def test_statistics_of_an_area_count_only_what_lies_in_it(client, get):
    whole = get("/imagery/photo/statistics?bbox=125.0,46.5,125.2,46.6")["statistics"]["blue"]
    part = client.post("/imagery/photo/statistics?max_size=200", json=AREA).get_json()["statistics"]["blue"]
    assert whole["mean"] == pytest.approx(100, abs=8)
    assert part["mean"] > 190
    assert sum(part["histogram"][0]) == part["count"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/imagery/none/info", 404),
        ("/imagery/none/1/0/0.png", 404),
        ("/imagery/..%2f..%2fetc/info", 404),
        ("/imagery/photo/25/0/0.png", 400),
        ("/imagery/photo/-1/0/0.png", 400),
        ("/imagery/photo/3/8/0.png", 400),
        ("/imagery/photo/3/0/9999999999999.png", 400),
        ("/imagery/photo/3/0/0.tif", 400),
        (tile("photo") + "?bidx=4", 400),
        (tile("photo") + "?bidx=0", 400),
        (tile("photo") + "?bidx=1&bidx=2", 400),
        (tile("photo") + "?algorithm=hillshade", 400),
        (tile("photo") + "?algorithm=none", 400),
        (tile("photo") + "?colormap_name=none", 400),
        (tile("photo") + "?expression=os", 400),
        (tile("photo") + "?expression=b1&rescale=nan,1", 400),
        (tile("photo") + "?rescale=1", 400),
        (tile("photo") + "?rescale=0,1&rescale=0,1", 400),
        (tile("photo") + "?datetime=yesterday", 400),
        (tile("photo") + "?tilesize=100000", 400),
        (tile("photo") + "?crs=gcj02", 400),
        (tile("photo") + "?url=http://example.org/a.tif", 400),
        ("/imagery/photo/preview.png?max_size=100000", 400),
        ("/imagery/photo/bbox.png", 400),
        ("/imagery/photo/bbox.png?bbox=nan,nan,nan,nan", 400),
        ("/imagery/photo/bbox.png?bbox=125,46,125,46", 400),
        ("/imagery/photo/bbox.png?bbox=170,46,-170,47", 400),
        ("/imagery/photo/bbox.png?bbox=1,1,2,2", 422),
        ("/imagery/photo/point?at=1,1", 422),
        ("/imagery/photo/statistics?bbox=1,1,2,2", 422),
        ("/imagery/photo/statistics?bins=0", 400),
        ("/imagery/heights/bbox.png?bbox=125,46.5,125.1,46.6&increment=0", 400),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_hint(client, address, status):
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.get_json()["title"]


@pytest.mark.parametrize(
    "geometry", [None, {"type": "Point", "coordinates": [125, 46]}, {"type": "Polygon", "coordinates": []}]
)
def test_an_area_needs_an_inside(client, geometry):
    answer = client.post("/imagery/photo/statistics", json={**AREA, "geometry": geometry})
    assert answer.status_code == 400


def test_plain_and_quick_answers_are_those_of_the_framework(client):
    operation = next(each for each in api.OPERATIONS if each.name == "imagery.tile")
    system = client.application.extensions["location_cloud"]
    call = SimpleNamespace(world=SimpleNamespace(live=system.live, home=system.settings.home), tenant="default")
    zoom = client.get("/imagery/photo/info").get_json()["maxzoom"]
    stored, drawn = tile("photo", zoom=zoom, form="webp"), tile("photo", zoom=zoom)
    for address, is_quick in ((stored, True), (drawn, False)):
        rest = address.removeprefix("/imagery/")
        plain = operation.plain(call, rest, "")
        assert plain.body == client.get(address).data
        assert (operation.quick(call, rest, "") == plain) is is_quick
    for rest in ("photo/25/0/0.png", "photo/3/8/0.png", "none/3/0/0.png", "photo/info", "../x/3/0/0.png"):
        assert operation.plain(call, rest, "") is None
    assert operation.plain(call, stored.removeprefix("/imagery/"), "bidx=1") is None


@pytest.mark.parametrize(
    "query",
    ["algorithm=contours&colormap_name=viridis", "algorithm=terrainrgb&rescale=0,9", "algorithm=hillshade&rescale=0,9"],
)
def test_a_parameter_without_meaning_is_refused(client, query):
    answer = client.get(f"/imagery/heights/preview.png?{query}")
    assert (answer.status_code, "no meaning" in answer.text) == (400, True)


@pytest.mark.parametrize(
    "address", ["tilejson.json?format=jpg", "preview.jpg", "0/0/0.jpg", "preview.jpg?algorithm=terrarium"]
)
def test_packed_heights_are_not_written_as_jpeg(client, address):
    answer = client.get(f"/imagery/heights/{address}")
    assert (answer.status_code, "JPEG" in answer.text) == (400, True)


def test_an_area_smaller_than_any_pixel_has_figures(client):
    west, south, size = 125.05, 46.55, 1e-9
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    area = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    answer = client.post("/imagery/photo/statistics", json=area)
    assert answer.status_code == 200
    assert answer.get_json()["statistics"]["red"]["count"] == 1


@pytest.mark.parametrize("path", ["bbox.png", "statistics"])
def test_a_formula_that_would_take_a_minute_is_refused(client, path):
    formula = "%2B".join(["sin(b1)**b2"] * 30)
    answer = client.get(f"/imagery/bands/{path}?bbox=-180,-85,180,85&max_size=4096&expression={formula}")
    assert (answer.status_code, "too much to calculate" in answer.text) == (413, True)
