from __future__ import annotations

import json
import re

import pytest

from location_cloud.maps.service_styles import choose_sets, picture_style
from location_cloud.maps.sprites import list_icons
from location_cloud.maps.style import STYLES, compose_style
from location_cloud.tile_sets import TileSet

SOURCES = {
    "base": {"type": "vector", "url": "/tiles/base.json"},
    "traffic": {"type": "vector", "url": "/tiles/traffic.json"},
    "imagery": {"type": "raster", "url": "/tiles/imagery.json", "tileSize": 256},
}


def offer(name, *forms, **more):
    return TileSet(name, {}, forms, lambda at: None, **more)


def layer_ids(style):
    return [layer["id"] for layer in style["layers"]]


@pytest.mark.parametrize("name", STYLES)
def test_nothing_of_the_short_forms_is_left_in_a_style(name):
    text = json.dumps(compose_style(name, "zh-CN", SOURCES, "/sprites/icons"))
    assert not re.search(r'"[@#][a-z_]+\d?"', re.sub(r'"#[0-9a-f]{6}([0-9a-f]{2})?"', "", text))
    assert not re.search(r'"(kinds|not_kinds|at|width|label)":', text.replace('"metadata": {"label": "name"}', ""))


@pytest.mark.parametrize("name", STYLES)
def test_a_style_draws_no_source_that_is_not_there(name):
    style = compose_style(name, "en", {"base": SOURCES["base"]}, "/sprites/icons")
    assert {layer.get("source", "base") for layer in style["layers"]} == {"base"}
    assert list(style["sources"]) == ["base"]


def test_the_traffic_style_draws_levels_only_where_there_is_traffic():
    assert "traffic" in layer_ids(compose_style("traffic", "en", SOURCES))
    assert "traffic" not in layer_ids(compose_style("light", "en", SOURCES))


def test_the_satellite_style_lays_streets_and_names_on_pictures():
    drawn = layer_ids(compose_style("satellite", "en", SOURCES, "/sprites/icons"))
    assert drawn[:2] == ["background", "imagery"]
    assert "street-names" in drawn
    assert "buildings" not in drawn


@pytest.mark.parametrize(("language", "first"), [("zh-CN", "name_zh"), ("en", "name_en")])
def test_a_name_is_in_the_asked_language_or_as_written_there(language, first):
    layers = {layer["id"]: layer for layer in compose_style("dark", language, SOURCES)["layers"]}
    assert layers["towns"]["layout"]["text-field"] == ["coalesce", ["get", first], ["get", "name"]]


def test_local_names_are_as_written_there():
    layers = {layer["id"]: layer for layer in compose_style("dark", "local", SOURCES)["layers"]}
    assert layers["towns"]["layout"]["text-field"] == ["get", "name"]


def test_a_style_without_icons_keeps_the_names():
    style = compose_style("light", "en", SOURCES)
    assert "icon-image" not in json.dumps(style)
    assert "oneway" not in layer_ids(style)
    assert "stops" in layer_ids(style)


def test_every_icon_that_a_style_names_is_drawn():
    known = list_icons()
    for layer in compose_style("light", "en", SOURCES, "/sprites/icons")["layers"]:
        for name in strings_given(layer.get("layout", {}).get("icon-image", [])):
            assert name in known


def strings_given(expression):
    """What a `match` or `case` may give."""
    if isinstance(expression, str):
        return {expression}
    if not expression or expression[0] not in ("match", "case"):
        return set()
    skipped = 3 if expression[0] == "match" else 2
    return set().union(*map(strings_given, [*expression[skipped::2], expression[-1]]))


@pytest.mark.parametrize("name", ["dark", "light", "traffic"])
def test_labels_stand_out_from_what_they_lie_on(name):
    """WCAG 2.2 asks 4.5:1 of text and its ground; the halo is the ground."""
    layers = {layer["id"]: layer for layer in compose_style(name, "en", SOURCES)["layers"]}
    for each in ("towns", "suburbs", "street-names", "stops", "pois", "water-names"):
        paint = layers[each]["paint"]
        assert contrast(paint["text-color"], paint["text-halo-color"]) >= 4.5, each


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color):
    """Source: WCAG 2.2, relative luminance."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_imagery_is_the_set_of_that_name_or_one_that_says_so():
    scenes = offer("scenes", "jpg", extra={"kind": "imagery"})
    heights = offer("heights", "png", extra={"encoding": "mapbox"})
    assert choose_sets([heights, scenes])["imagery"] is scenes
    assert "imagery" not in choose_sets([heights])


def test_a_picture_is_not_drawn_from_pictures_of_a_style():
    assert "imagery" not in choose_sets([offer("imagery", "png", extra={"made_from_style": "light"})])


def test_styles_of_one_description_are_one_style():
    sets = {"base": offer("base", "mvt")}
    first, again = (picture_style(sets, "light", "en", "wgs84") for _ in range(2))
    assert first is again
    assert first.key != picture_style(sets, "light", "zh-CN", "wgs84").key


@pytest.mark.parametrize("name", STYLES)
def test_every_style_is_served_with_its_sources_here(client, name):
    style = client.get(f"/styles/{name}.json").json
    assert style["sources"]["base"] == {"type": "vector", "url": "http://localhost/tiles/base.json"}
    assert style["sprite"] == "http://localhost/sprites/icons"
    assert "glyphs" not in style


def test_imagery_of_the_city_is_preferred_to_that_of_elsewhere():
    base = offer("base", "mvt", bounds=(124.0, 46.0, 126.0, 47.0), core=(125.0, 46.5, 125.2, 46.7))
    sets = [
        offer(name, "jpg", bounds=bounds, extra={"kind": "imagery"})
        for name, bounds in {
            "demo": (-106.0, 40.0, -105.0, 41.0),
            "outskirts": (125.5, 46.0, 126.0, 46.4),
            "town": (125.1, 46.6, 125.3, 46.8),
        }.items()
    ]
    assert choose_sets([base, *sets])["imagery"].name == "town"
    assert choose_sets([base, *sets[:2]])["imagery"].name == "outskirts"
    assert choose_sets([base, sets[0]])["imagery"].name == "demo"
