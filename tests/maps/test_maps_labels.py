from __future__ import annotations

import mapbox_vector_tile
import numpy as np
import pytest

from location_cloud.maps.expressions import compile_expression
from location_cloud.maps.label_placing import Taken, along_line, break_text
from location_cloud.maps.mvt_reader import read_tile, varints

# --- tiles read back ------------------------------------------------------------------------------


def test_a_tile_is_read_as_another_decoder_reads_it(client):
    body = client.get("/tiles/base/14/9327/4742.mvt").data
    theirs = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
    ours = read_tile(body, lambda name: True)
    assert ours.keys() == theirs.keys()
    for name, layer in theirs.items():
        assert [each.properties for each in ours[name].features] == [each["properties"] for each in layer["features"]]
        for one, other in zip(ours[name].features, layer["features"], strict=True):
            assert len(one.parts()) == parts_of(other["geometry"])


def parts_of(geometry):
    """How many points, lines or rings it has."""
    nested = geometry["coordinates"]
    if geometry["type"] in ("Point", "LineString"):
        return 1
    return sum(map(len, nested)) if geometry["type"] == "MultiPolygon" else len(nested)


def test_coordinates_are_those_that_were_written():
    body = mapbox_vector_tile.encode(
        {"name": "roads", "features": [{"geometry": "LINESTRING (1 2, 30 40, 4000 5)", "properties": {"kind": "a"}}]},
        default_options={"y_coord_down": True},
    )
    (feature,) = read_tile(body, lambda name: True)["roads"].features
    assert feature.parts()[0].tolist() == [[1, 2], [30, 40], [4000, 5]]


def test_a_layer_nobody_wants_is_not_read():
    body = mapbox_vector_tile.encode({"name": "roads", "features": []})
    assert read_tile(body, lambda name: name == "water") == {}


@pytest.mark.parametrize("body", [b"\x1a\xff\xff\x01abc", b"\x1b", b"\xff" * 4])
def test_what_is_no_tile_is_refused(body):
    with pytest.raises((ValueError, IndexError)):
        read_tile(body, lambda name: True)


def test_numbers_of_any_length_are_read_together():
    assert varints(b"\x01\xac\x02\x00\xff\xff\x03").tolist() == [1, 300, 0, 65535]
    assert varints(b"").tolist() == []


# --- expressions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "properties", "value"),
    [
        (5, {}, 5),
        (["get", "kind"], {"kind": "a"}, "a"),
        (["get", "kind"], {}, None),
        (["match", ["get", "kind"], ["a", "b"], 1, "c", 2, 3], {"kind": "b"}, 1),
        (["match", ["get", "kind"], ["a", "b"], 1, "c", 2, 3], {}, 3),
        (["case", ["has", "x"], 1, ["has", "y"], 2, 3], {"y": 0}, 2),
        (["coalesce", ["get", "a"], ["get", "b"]], {"b": "two"}, "two"),
        (["all", ["has", "a"], ["!", ["has", "b"]]], {"a": 1}, True),
        (["in", ["get", "k"], ["literal", ["x", "y"]]], {"k": "y"}, True),
        (["step", ["get", "level"], "a", 2, "b", 4, "c"], {"level": 3}, "b"),
        (["interpolate", ["linear"], ["zoom"], 10, 0, 20, 10], {}, 2.0),
        (["interpolate", ["exponential", 2], ["zoom"], 11, 1, 13, ["get", "w"]], {"w": 7}, 3.0),
        (["*", 2, ["+", 1, ["to-number", ["get", "n"]]]], {"n": "3"}, 8),
        (["concat", "A ", ["get", "n"]], {"n": 5.0}, "A 5"),
        (["to-boolean", ["get", "tunnel"]], {}, False),
    ],
)
def test_an_expression_gives_what_the_specification_says(expression, properties, value):
    assert compile_expression(expression, 12)(properties) == value


def test_an_unknown_operator_is_named():
    with pytest.raises(ValueError, match="heatmap"):
        compile_expression(["heatmap-density", 1], 12)


# --- places of labels -----------------------------------------------------------------------------


def test_two_labels_do_not_take_one_place():
    taken = Taken()
    assert taken.claim([(0, 0, 100, 20)])
    assert not taken.claim([(200, 0, 210, 5), (90, 10, 120, 30)])
    assert taken.claim([(200, 0, 210, 5)])


def test_labels_never_overlap():
    rng, taken, placed = np.random.default_rng(3), Taken(), []
    for x, y, width, height in rng.uniform([-200, -200, 5, 5], [900, 900, 120, 30], (600, 4)):
        if taken.claim([(x, y, x + width, y + height)]):
            placed.append((x, y, x + width, y + height))
    for number, one in enumerate(placed):
        for other in placed[:number]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_letters_follow_the_line_from_left_to_right():
    line = np.array([[100.0, 0.0], [50.0, 0.0], [0.0, 0.0]])  # drawn from right to left
    letters = along_line(line, [10.0] * 4, 50, 30)
    assert [letter.x for letter in letters] == [35, 45, 55, 65]
    assert all(letter.cos == pytest.approx(1) for letter in letters)


def test_a_line_too_short_or_too_bent_has_no_label():
    assert along_line(np.array([[0.0, 0.0], [30.0, 0.0]]), [10.0] * 4, 15, 30) is None
    bent = np.array([[0.0, 0.0], [50.0, 0.0], [50.0, 50.0]])
    assert along_line(bent, [10.0] * 6, 50, 30) is None
    assert along_line(bent, [10.0] * 6, 50, 100) is not None


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Heidelberg", ["Heidelberg"]),
        ("Heidelberg Hauptbahnhof", ["Heidelberg", "Hauptbahnhof"]),
        ("大庆市第一人民医院东门", ["大庆市第一人", "民医院东门"]),
    ],
)
def test_a_long_name_breaks_where_its_script_allows(text, lines):
    assert break_text(text, 8) == lines
