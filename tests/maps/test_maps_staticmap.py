from __future__ import annotations

import math

import numpy as np
import pytest

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.maps.render import View
from location_cloud.maps.service_staticmap import Order, check_order
from location_cloud.maps.staticmap import Area, Marker, Path, all_points, fit_view, lay_over, scale_bar
from location_cloud.maps.staticmap_words import parse_area, parse_markers, parse_path, read_polyline
from location_cloud.spatial.bbox import Bbox

DAQING = (125.03, 46.58)


def same(points):
    return points


def test_a_fitted_view_shows_every_point_within_its_padding():
    points = np.random.default_rng(5).uniform([124.9, 46.5], [125.2, 46.7], (50, 2))
    view = fit_view(points, 600, 400, 1, 40)
    xy = np.array([view.at(lon, lat) for lon, lat in points])
    assert xy.min() >= 40 - 1e-6
    assert (xy <= [560 + 1e-6, 360 + 1e-6]).all()
    assert min(xy[:, 1].min() - 40, xy[:, 0].min() - 40) == pytest.approx(0, abs=1e-6)


def test_a_single_point_is_shown_among_its_streets():
    view = fit_view([DAQING], 600, 400, 1, 40)
    assert (view.lon, view.lat, view.zoom) == (pytest.approx(DAQING[0]), pytest.approx(DAQING[1]), 15)


def test_padding_larger_than_the_picture_does_not_turn_it_inside_out():
    view = fit_view([(125.0, 46.5), (125.1, 46.6)], 100, 100, 1, 500)
    assert 0 < view.zoom < 15


def test_the_whole_world_is_zoom_0():
    assert fit_view([(-180, -85), (180, 85)], 512, 512, 1, 0).zoom == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("zoom", [0, 5.5, 12, 18])
def test_the_scale_bar_is_as_long_as_it_says(zoom):
    view = View(*DAQING, zoom, 600, 400)
    bar, text = scale_bar(view)[1], scale_bar(view)[2]["text"]
    number, unit = text.split()
    metres = float(number) * {"m": 1, "km": 1000}[unit]
    metres_a_px = math.cos(math.radians(DAQING[1])) * 40_075_016.686 / 512 / 2**zoom
    assert (bar["points"][2][0] - bar["points"][1][0]) * metres_a_px == pytest.approx(metres)


def test_pins_stand_with_their_tip_on_the_point_the_southern_one_in_front():
    view = View(*DAQING, 12, 600, 400)
    pins = [shape for shape in lay_over(view, [Marker(DAQING), Marker((125.03, 46.6))], [], []) if "rings" in shape]
    north, _, south, _ = (shape["rings"][0] for shape in pins)
    assert south[0] == pytest.approx((300, 200), abs=0.01)
    assert north[0][1] < south[0][1]


def test_areas_lie_under_paths_and_paths_under_pins():
    view = View(*DAQING, 12, 600, 400)
    ring = [(125.0, 46.5), (125.1, 46.5), (125.1, 46.6)]
    shapes = lay_over(view, [Marker(DAQING)], [Path(ring)], [Area((ring,))])
    assert [shape["kind"] for shape in shapes] == ["area", "line", "line", "line", "area", "line", "area"]


def test_a_path_across_the_antimeridian_stays_together():
    view = View(179.9, 50, 8, 600, 400)
    line = lay_over(view, [], [Path([(180.2, 50), (179.8, 50)])], [])[0]
    assert abs(line["points"][0][0] - line["points"][1][0]) < 400


def test_what_lies_on_the_map_is_found_together():
    assert len(all_points([Marker((1, 2))], [Path([(1, 2), (3, 4)])], [Area(([(0, 0), (1, 0), (1, 1)],))])) == 6
    assert len(all_points([], [], [])) == 0


# --- words of an address --------------------------------------------------------------------------


def test_markers_of_one_look_are_written_together():
    first, second = parse_markers("label:A|color:1668b0|125.03,46.58|125.1,46.6", same)
    assert (first.label, first.color, first.lonlat) == ("A", "#1668b0", DAQING)
    assert second.lonlat == (125.1, 46.6)


def test_a_path_may_be_an_encoded_polyline_with_a_bar_in_it():
    path = parse_path("width:3|enc:_p~iF~ps|U_ulLnnqC_mqNvxq`@", same)
    assert path.lonlat == [(-120.2, 38.5), (-120.95, 40.7), (-126.453, 43.252)]  # Google's own example


def test_points_are_brought_to_wgs84():
    path = parse_path("1,2|3,4", lambda points: [(lon + 10, lat) for lon, lat in points])
    assert path.lonlat == [(11, 2), (13, 4)]


@pytest.mark.parametrize(
    ("parse", "text", "word"),
    [
        (parse_markers, "color:red|1,2", "red"),
        (parse_markers, "icon:nothing|1,2", "nothing"),
        (parse_markers, "icon:oneway|1,2", "oneway"),
        (parse_markers, "label:ABCDE|1,2", "ABCDE"),
        (parse_markers, "size:3|1,2", "size"),
        (parse_markers, "200,100", "200"),
        (parse_path, "1,2", "1 point"),
        (parse_path, "width:-1|1,2|3,4", "-1"),
        (parse_path, "width:nan|1,2|3,4", "nan"),
        (parse_path, "enc:_p~iF~ps", "within a number"),
        (parse_path, "enc:\x00\x01", "character 0 is not"),
        (parse_area, "1,2|3,4", "2 points"),
        (parse_area, "fill:12|1,2|3,4|5,6", "12"),
    ],
)
def test_a_word_that_cannot_be_read_is_named(parse, text, word):
    with pytest.raises(BadQuery, match=word):
        parse(text, same)


def test_a_line_of_too_many_points_is_refused():
    with pytest.raises(BadQuery, match="20001 points"):
        parse_path("|".join(["1,2"] * 20_001), same)


@pytest.mark.parametrize("text", ["", "??", "_p~iF~ps|U_ulLnnqC_mqNvxq`@"])
def test_a_polyline_of_whole_points_is_read(text):
    assert all(len(point) == 2 for point in read_polyline("paths", text, 5))


# --- ceilings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "order",
    [
        Order(2049, 10),
        Order(2048, 2048, scale=2),
        Order(1100, 1100, scale=3),
        Order(10, 10, paths=tuple(Path(np.zeros((20_000, 2))) for _ in range(6))),
    ],
)
def test_a_map_over_a_ceiling_is_refused(order):
    with pytest.raises(TooLarge):
        check_order(order)


@pytest.mark.parametrize(
    "order", [Order(0, 10), Order(10, 10, zoom=3), Order(10, 10, center=DAQING, box=Bbox(1, 2, 3, 4))]
)
def test_a_contradiction_is_refused(order):
    with pytest.raises(BadQuery):
        check_order(order)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("size=4000x10", 413),
        ("size=big", 400),
        ("scale=4", 400),
        ("format=gif", 400),
        ("style=none", 404),
        ("center=24.94,60.17&bbox=1,2,3,4", 400),
        ("zoom=3", 400),
        ("markers=x:1|1,2", 400),
        ("center=24.94,60.17&zoom=99", 400),
        ("unknown=1", 400),
    ],
)
def test_a_bad_question_is_refused_before_anything_is_drawn(client, address, status):
    answer = client.get(f"/v1/staticmap?{address}")
    assert answer.status_code == status
    assert answer.json["hint"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"paths": [{}]}, "one of"),
        ({"paths": [{"geometry": {"type": "Point", "coordinates": [1, 2]}}]}, "Point"),
        ({"areas": [{"geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}}]}, "LineString"),
        ({"markers": [{"location": [999, 2]}]}, "999"),
        ({"markers": [{"location": [1, 2], "icon": "nothing"}]}, "nothing"),
        ({"paths": [{"polyline": "_p~iF~ps|U"}]}, "1 point"),
        ({"paths": [{"geometry": {"type": "LineString", "coordinates": [[0, 1], [1, 0]] * 10_001}}]}, "20000"),
        ({"bbox": [5, 6, 7, 2]}, "bbox"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_body_is_refused(client, body, word):
    answer = client.post("/v1/staticmap", json=body)
    assert answer.status_code == 400
    assert word in answer.text
