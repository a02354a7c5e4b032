from __future__ import annotations

import dataclasses
import io
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from location_cloud.capability import Cache
from location_cloud.errors import Broken, NotInstalled, NotReady
from location_cloud.maps.fonts import find_font, single_face
from location_cloud.maps.picture_cache import PictureCache, Pictures
from location_cloud.maps.render import Job, Style, View, tile_view
from location_cloud.maps.render_client import Renderer
from location_cloud.maps.service_pictures import Drawn, draw_view, read_picture
from location_cloud.maps.style import compose_style
from location_cloud.tile_sets import Tile, TileAt, TileSet

LONLAT = (24.9414, 60.1700)
VIEW = View(*LONLAT, 15, 256, 192)
TILE = (15, 18654, 9484)


@pytest.fixture(scope="module", params=["mapli", "skia"])
def renderer(request, tmp_path_factory):
    """A renderer with that backend; its process starts with the first picture."""
    started = Renderer(tmp_path_factory.mktemp("fonts"), backends=(request.param,))
    try:
        started.draw(Job(Style("nothing", {"version": 8, "sources": {}, "layers": []}), VIEW, "png"), nothing)
    except NotInstalled as error:
        pytest.skip(error.detail)
    yield started
    started.close()


@pytest.fixture
def picturing(app, renderer):
    """A client of the product whose pictures that renderer draws."""
    overlay = app.extensions["location_cloud"].worlds.current().overlay
    kept, overlay["maps"] = overlay["maps"], Pictures(renderer, PictureCache(10_000_000))
    yield app.test_client()
    overlay["maps"] = kept


def nothing(address):
    return None


def plain(color):
    """A style that is one colour."""
    layer = {"id": "background", "type": "background", "paint": {"background-color": color}}
    return Style(color, {"version": 8, "sources": {}, "layers": [layer]})


def pixels(body):
    """(height, width, 3) of a picture."""
    image = pytest.importorskip("PIL.Image", reason="the extra [render] is not installed")
    return np.asarray(image.open(io.BytesIO(body)).convert("RGB")).astype(int)


def share_of_other_pixels(one, other):
    return (np.abs(pixels(one) - pixels(other)).max(axis=2) > 24).mean()


# --- tiles and static maps of the product ---------------------------------------------------------


@pytest.mark.parametrize(("form", "media_type"), [("png", "image/png"), ("jpg", "image/jpeg"), ("webp", "image/webp")])
def test_a_tile_of_a_style_is_a_picture_of_256_pixels(picturing, form, media_type):
    answer = picturing.get("/tiles/light/{}/{}/{}.{}".format(*TILE, form))
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    assert pixels(answer.data).shape == (256, 256, 3)
    assert len(np.unique(pixels(answer.data).reshape(-1, 3), axis=0)) > 50


def test_a_fine_tile_has_two_pixels_for_one_of_the_same_ground(picturing):
    coarse = pixels(picturing.get("/tiles/light/{}/{}/{}.png".format(*TILE)).data)
    fine = pixels(picturing.get("/tiles/light/{}/{}/{}@2x.png".format(*TILE)).data)
    assert fine.shape == (512, 512, 3)
    assert np.abs(fine.reshape(256, 2, 256, 2, 3).mean(axis=(1, 3)) - coarse).mean() < 12


def test_four_tiles_are_drawn_together(picturing, app):
    kept = app.extensions["location_cloud"].worlds.current().overlay["maps"].kept
    picturing.get("/tiles/light/{}/{}/{}.png".format(*TILE))
    picturing.get(f"/tiles/light/{TILE[0]}/{TILE[1] + 1}/{TILE[2]}.png")
    assert kept.hits == 1


def test_the_whole_world_is_a_tile(picturing):
    assert pixels(picturing.get("/tiles/dark/0/0/0.png").data).shape == (256, 256, 3)


def test_an_unchanged_picture_is_304(picturing):
    path = "/tiles/light/{}/{}/{}.png".format(*TILE)
    etag = picturing.get(path).headers["ETag"]
    assert picturing.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_styles_look_different(picturing):
    light, dark = (picturing.get("/tiles/{}/{}/{}/{}.png".format(name, *TILE)).data for name in ("light", "dark"))
    assert pixels(light).mean() > 180 > 90 > pixels(dark).mean()


def test_a_style_without_its_own_source_is_still_a_map(picturing):
    for name in ("traffic-map", "satellite"):
        assert picturing.get("/tiles/{}/{}/{}/{}.png".format(name, *TILE)).status_code == 200


def test_a_static_map_has_the_asked_size(picturing):
    answer = picturing.get("/v1/staticmap?size=300x200&scale=2&center=24.9414,60.17&zoom=14")
    assert answer.mimetype == "image/png"
    assert pixels(answer.data).shape == (400, 600, 3)


def test_names_are_drawn_in_the_asked_language(picturing):
    local, chinese = (
        picturing.get(f"/v1/staticmap?size=300x200&center=24.9414,60.17&zoom=13&lang={language}").data
        for language in ("local", "zh-CN")
    )
    assert 0.001 < share_of_other_pixels(local, chinese) < 0.2


def test_markers_paths_and_areas_lie_on_the_map(picturing):
    address = "/v1/staticmap?size=300x200&center=24.9414,60.17&zoom=14&scale_bar=false&attribution=false"
    empty = picturing.get(address).data
    for extra in (
        "markers=24.9414,60.17",
        "path=24.93,60.165|24.95,60.175",
        "area=24.93,60.165|24.95,60.165|24.94,60.175",
    ):
        assert share_of_other_pixels(empty, picturing.get(f"{address}&{extra}").data) > 0.005, extra
    pin = pixels(picturing.get(f"{address}&markers=color:00ff00|24.9414,60.17").data)
    assert (pin[85, 150] == [0, 255, 0]).all()  # in the neck of the pin, whose tip is in the middle


def test_scale_bar_and_attribution_are_in_their_corners(picturing):
    address = "/v1/staticmap?size=300x200&center=24.9414,60.17&zoom=14"
    plain_map, full = picturing.get(f"{address}&scale_bar=false&attribution=false").data, picturing.get(address).data
    changed = np.abs(pixels(plain_map) - pixels(full)).max(axis=2) > 40
    assert changed[170:, :130].any()
    assert changed[180:, 150:].any()
    assert not changed[:165].any()


def test_an_address_and_a_body_ask_for_the_same_map(picturing):
    got = picturing.get("/v1/staticmap?size=300x200&path=color:ff0000|width:4|24.93,60.165|24.95,60.175&lang=en")
    line = {"type": "LineString", "coordinates": [[24.93, 60.165], [24.95, 60.175]]}
    body = {"width": 300, "height": 200, "paths": [{"geometry": line, "color": "ff0000", "width": 4}], "lang": "en"}
    assert picturing.post("/v1/staticmap", json=body).data == got.data


def test_points_may_be_in_another_coordinate_system(picturing):
    """A marker in Daqing in GCJ-02 lies where the same place in WGS-84 does."""
    address = "/v1/staticmap?size=100x100&zoom=14&scale_bar=false"
    theirs = picturing.get(f"{address}&center=125.1101,46.5914&markers=125.1101,46.5914&crs=gcj02").data
    assert share_of_other_pixels(theirs, picturing.get(f"{address}&center=125.1101,46.5914").data) > 0.02
    assert (pixels(theirs)[35, 50] == [0xC4, 0x26, 0x2E]).all()


def test_a_map_of_nothing_opens_on_the_city(picturing):
    assert len(np.unique(pixels(picturing.get("/v1/staticmap?size=300x200").data).reshape(-1, 3), axis=0)) > 50


# --- the process that draws -----------------------------------------------------------------------


def test_labels_are_really_drawn(app, renderer):
    world = app.extensions["location_cloud"].worlds.current()
    base = world.tile_sources[0](world, "default")["base"]

    def read(address):
        z, x, y = map(int, address.split("/")[-3:])
        return getattr(base.read(TileAt(z, x, y)), "body", None)

    source = {"type": "vector", "tiles": ["city://{z}/{x}/{y}"], "minzoom": 0, "maxzoom": 14}
    document = compose_style("light", "zh-CN", {"base": source})
    silent = {**document, "layers": [layer for layer in document["layers"] if layer["type"] != "symbol"]}
    view = tile_view(14, 9327, 4742, 512, 1)
    named, unnamed = (
        renderer.draw(Job(Style(name, each), view, "png"), read)[0]
        for name, each in (("named", document), ("silent", silent))
    )
    assert share_of_other_pixels(named, unnamed) > 0.01


def test_a_killed_process_is_started_anew(renderer):
    renderer.draw(Job(plain("#102030"), VIEW, "png"), nothing)
    starts = renderer.starts
    os.kill(renderer.process_id, signal.SIGKILL)
    body = renderer.draw(Job(plain("#102030"), VIEW, "png"), nothing)[0]
    assert renderer.starts == starts + 1
    assert (pixels(body) == [0x10, 0x20, 0x30]).all()


def test_a_picture_that_takes_too_long_is_given_up_and_the_next_one_drawn(renderer):
    source = {"type": "vector", "tiles": ["city://{z}/{x}/{y}"], "minzoom": 0, "maxzoom": 14}
    slow = Style("slow", compose_style("light", "en", {"base": source}))
    with pytest.raises(NotReady):
        renderer.draw(Job(slow, VIEW, "png"), lambda address: time.sleep(0.5), deadline_s=0.3)
    assert renderer.draw(Job(plain("#405060"), VIEW, "png"), nothing)


def test_a_failure_of_the_reader_is_the_callers_and_harms_nobody_else(renderer):
    def fail(address):
        raise RuntimeError("no tile")

    source = {"type": "vector", "tiles": ["city://{z}/{x}/{y}"], "minzoom": 0, "maxzoom": 14}
    with pytest.raises(RuntimeError, match="no tile"):
        renderer.draw(Job(Style("failing", compose_style("light", "en", {"base": source})), VIEW, "png"), fail)
    assert renderer.draw(Job(plain("#405060"), VIEW, "png"), nothing)


def test_each_style_is_drawn_with_the_tiles_of_its_own_reader(renderer):
    """Two tenants' styles differ in nothing but their key; neither may see the other's tiles."""
    source = {"type": "vector", "tiles": ["city://{z}/{x}/{y}"], "minzoom": 0, "maxzoom": 14}
    document = compose_style("light", "en", {"base": source})
    asked = {"one": 0, "other": 0}

    def reader(name):
        def read(address):
            asked[name] += 1

        return read

    for name in ("one", "other"):
        renderer.draw(Job(Style(name, document), VIEW, "png"), reader(name))
    assert all(asked.values())


def test_threads_get_each_their_own_picture(renderer):
    colors = ["#100000", "#002000", "#000030", "#404000"]
    bodies = {}

    def ask(color):
        bodies[color] = renderer.draw(Job(plain(color), VIEW, "png"), nothing)[0]

    threads = [threading.Thread(target=ask, args=(color,)) for color in colors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for color, body in bodies.items():
        assert (pixels(body) == [int(color[at : at + 2], 16) for at in (1, 3, 5)]).all()


def test_too_many_pictures_at_once_are_refused_at_once(renderer):
    held = 0
    while renderer._places.acquire(blocking=False):
        held += 1
    try:
        with pytest.raises(NotReady, match="too many"):
            renderer.draw(Job(plain("#102030"), VIEW, "png"), nothing)
    finally:
        for _ in range(held):
            renderer._places.release()


def test_a_style_that_cannot_be_drawn_is_an_error_and_harms_nobody_else(renderer):
    with pytest.raises(Broken, match="KeyError"):
        renderer.draw(Job(Style("broken", {"version": 8}), VIEW, "png"), nothing)
    assert renderer.draw(Job(plain("#405060"), VIEW, "png"), nothing)


def test_the_process_ends_with_its_renderer(tmp_path, renderer):
    other = Renderer(tmp_path, backends=renderer._backends)
    other.draw(Job(plain("#102030"), VIEW, "png"), nothing)
    process = other.process_id
    del other
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


# --- without the extra ----------------------------------------------------------------------------


@pytest.fixture
def bare(app, tmp_path):
    """A client of a product that has no program to draw with."""
    overlay = app.extensions["location_cloud"].worlds.current().overlay
    kept, overlay["maps"] = overlay["maps"], Pictures(Renderer(tmp_path, backends=()), PictureCache(1000))
    yield app.test_client()
    overlay["maps"] = kept


@pytest.mark.parametrize("path", ["/tiles/light/{}/{}/{}.png".format(*TILE), "/v1/staticmap?size=100x100"])
def test_without_a_program_to_draw_with_the_answer_is_501_and_says_how_to_get_one(bare, path):
    answer = bare.get(path)
    assert answer.status_code == 501
    assert "pip install" in answer.json["hint"]
    assert bare.get("/tiles/base/14/9327/4742.mvt").status_code == 200


# --- what is kept ---------------------------------------------------------------------------------


def test_old_pictures_make_room_for_new_ones():
    kept = PictureCache(10)
    kept.keep("a", b"12345")
    kept.keep("b", b"12345")
    assert kept.find("a")
    kept.keep("c", b"1")
    assert (kept.find("b"), kept.find("a"), kept.used_bytes) == (None, b"12345", 6)


def test_two_who_want_one_picture_draw_it_once():
    kept, made = PictureCache(1000), []

    def make():
        made.append(1)
        time.sleep(0.1)
        return {"key": b"picture"}

    threads = [threading.Thread(target=kept.find_or_make, args=("key", "group", make)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_a_failed_picture_is_tried_again():
    kept = PictureCache(1000)
    with pytest.raises(ZeroDivisionError):
        kept.find_or_make("key", "group", lambda: {"key": bytes(1 // 0)})
    assert kept.find_or_make("key", "group", lambda: {"key": b"picture"}) == b"picture"


# --- fonts ----------------------------------------------------------------------------------------


def test_the_chinese_face_is_taken_out_of_a_collection(tmp_path):
    font = find_font("")
    if font is None or font.suffix != ".ttc":
        pytest.skip("no collection of fonts here")
    image_font = pytest.importorskip("PIL.ImageFont", reason="the extra [render] is not installed")
    face = single_face(font, tmp_path)
    assert image_font.truetype(face, 12).getname()[0].endswith(" SC")
    assert single_face(font, tmp_path) == face


def test_a_single_font_is_used_as_it_is(tmp_path):
    font = tmp_path / "a.ttf"
    font.write_bytes(b"\x00\x01\x00\x00")
    assert single_face(font, tmp_path) == font


def test_fonts_may_lie_in_a_folder_named_from_here(tmp_path, monkeypatch):
    if (font := find_font("")) is None:
        pytest.skip("no font here")
    monkeypatch.chdir(tmp_path)
    document = {"version": 8, "sources": {}, "layers": [{"id": "all", "type": "background"}]}
    render_mapli = pytest.importorskip("location_cloud.maps.render_mapli", reason="the extra [render] is not installed")
    told = render_mapli.with_font(document, single_face(font, Path("fonts")))
    assert told["font-faces"][render_mapli.FACE].startswith("file:///")


def test_a_picture_set_says_it_is_of_256_pixels(client):
    document = client.get("/tiles/light.json").json
    assert document["tileSize"] == 256
    assert document["tiles"][0].endswith("/tiles/light/{z}/{x}/{y}.png")


def test_pictures_need_the_scope_of_what_is_on_them(app):
    world = app.extensions["location_cloud"].worlds.current()
    sets = world.tile_sources[0](world, "default")
    assert {name: sets[name].scope for name in ("light", "satellite")} == {
        "light": "maps:read",
        "satellite": "imagery:read",
    }
    assert dataclasses.is_dataclass(sets["light"])
    assert read_picture is sets["light"].read.func


def test_imagery_lies_under_the_streets_as_it_is(renderer):
    image = pytest.importorskip("PIL.Image", reason="the extra [render] is not installed")

    def read(address):
        written = io.BytesIO()
        image.new("RGB", (256, 256), (200, 30, 90)).save(written, "PNG")
        return written.getvalue()

    source = {"type": "raster", "tiles": ["city://{z}/{x}/{y}"], "minzoom": 0, "maxzoom": 18, "tileSize": 256}
    style = Style("imagery", compose_style("satellite", "en", {"imagery": source}))
    body = renderer.draw(Job(style, VIEW, "png"), read)[0]
    assert (np.abs(pixels(body) - [200, 30, 90]) <= 2).all()


def imagery_of(color, **extra):
    """A tile set of one colour, as scenes are offered."""
    image = pytest.importorskip("PIL.Image", reason="the extra [render] is not installed")
    written = io.BytesIO()
    image.new("RGB", (256, 256), color).save(written, "PNG")
    return TileSet(
        "photo", {}, ("png",), lambda at: Tile(written.getvalue()), tile_px=256, extra={"kind": "imagery", **extra}
    )


def test_a_new_scene_is_in_the_pictures_at_once(picturing, app):
    world = app.extensions["location_cloud"].worlds.current()
    colors = {"one": (200, 30, 90), "two": (30, 90, 200)}
    tags = set()
    for stamp, color in colors.items():
        offered = imagery_of(color, stamp=stamp)
        now = dataclasses.replace(world, tile_sources=(lambda world, tenant, offered=offered: {"imagery": offered},))
        tile = read_picture(now, "default", "satellite", 1, TileAt(3, 1, 1, "png"))
        assert (np.abs(pixels(tile.body) - color) <= 2).all()
        tags.add(tile.etag)
    assert len(tags) == 2


@pytest.mark.parametrize("kind", ["raster", "vector"])
def test_a_far_view_asks_for_no_tile_of_a_source_that_begins_deeper(renderer, kind):
    asked = []
    source = {"type": kind, "tiles": ["city://{z}/{x}/{y}"], "minzoom": 9, "maxzoom": 14}
    name, style = ("imagery", "satellite") if kind == "raster" else ("base", "light")
    document = compose_style(style, "en", {name: source})
    renderer.draw(Job(Style(f"deep {kind}", document), View(0, 0, 0, 600, 600), "png"), asked.append)
    assert asked == []


def test_a_far_view_reads_no_live_tile_of_a_set_that_begins_deeper(picturing, app):
    world = app.extensions["location_cloud"].worlds.current()
    asked = []
    live = TileSet("traffic", {}, ("mvt",), asked.append, min_zoom=9, cache=Cache.NEVER)
    draw_view(Drawn(world, "default", {"traffic": live}, "traffic"), View(0, 0, 0, 600, 600), "png", [])
    assert asked == []


@pytest.mark.parametrize("place", ["center=0,90&zoom=3", "center=0,-90&zoom=20", "markers=0,90", "path=0,-90|9,-90"])
def test_at_the_poles_the_map_ends(picturing, place):
    assert picturing.get(f"/v1/staticmap?size=100x100&{place}").status_code == 200


def drawn_line(points, color):
    """(120, 160, 4) of a line on black."""
    image = pytest.importorskip("PIL.Image", reason="the extra [render] is not installed")
    render_over = pytest.importorskip("location_cloud.maps.render_over", reason="the extra [render] is not installed")
    line = {"kind": "line", "points": points, "color": color, "width": 40}
    body = render_over.draw_over(image.new("RGBA", (160, 120), (0, 0, 0, 255)), [line], 1.0, "")
    return np.frombuffer(body, np.uint8).reshape(120, 160, 4)


def test_the_pieces_of_a_translucent_line_do_not_show():
    picture = drawn_line([(20 + i / 10, 60) for i in range(1200)], "#ffffff80")
    assert len(np.unique(picture[45:75, 10:150].reshape(-1, 4), axis=0)) == 1


def test_a_line_that_crosses_itself_ten_thousand_times_is_drawn_in_a_moment():
    points = (np.random.default_rng(1).random((20_000, 2)) * (160, 120)).tolist()
    drawn_line(points[:1000], "#ffffff")
    begin = time.perf_counter()
    drawn_line(points, "#ffffff")
    assert time.perf_counter() - begin < 1  # in one piece 1.6 s on this size, 10 s on a common one
