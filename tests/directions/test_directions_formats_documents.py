"""Routes as GPX, KML and GeoJSON."""

from xml.etree import ElementTree

import numpy as np
import pytest

from location_cloud.directions.documents import route_gpx, route_kml
from location_cloud.directions.formats import route_feature
from location_cloud.directions.model import Leg, LegShape, Route, Step

GPX = "{http://www.topografix.com/GPX/1/1}"
KML = "{http://www.opengis.net/kml/2.2}"


def step(kind, name, lonlat):
    return Step(kind, "", 0, name, "", "", "", "", 0.0, 90.0, lonlat, 700.0, 60.0, 0, 1, 0, 1)


def leg(*points):
    line = np.array(points, np.int32)
    return Leg(np.array([0], np.int32), 0.0, 1.0, np.array([60_000])), LegShape(
        line, np.array([0, len(line) - 1], np.int32), np.array([0.0, 700.0])
    )


LEGS, SHAPES = zip(
    leg([1_251_000_000, 466_000_000], [1_251_100_000, 466_000_000]),
    leg([1_251_100_000, 466_000_000], [1_251_100_000, 466_050_000]),
)
STEPS = (
    (step("depart", "世纪大道", (125.1, 46.6)), step("arrive", "", (125.11, 46.6))),
    (step("depart", 'A & B <"1">\x07', (125.11, 46.6)), step("arrive", "", (125.11, 46.605))),
)
ROUTE = Route(LEGS, SHAPES, STEPS)
TEXTS = ["沿世纪大道向东出发", "到达", "Head north on A & B <1>", "Arrive"]


def test_gpx_holds_instructions_and_the_line_in_the_schemas_order():
    root = ElementTree.fromstring(route_gpx([ROUTE], [TEXTS], "home & back"))
    assert [child.tag.removeprefix(GPX) for child in root] == ["metadata", "rte", "trk"]
    assert root.attrib == {"version": "1.1", "creator": "location-cloud"}
    assert [point.findtext(f"{GPX}desc") for point in root.iter(f"{GPX}rtept")] == TEXTS
    for point in root.iter(f"{GPX}rtept"):
        assert [child.tag.removeprefix(GPX) for child in point] == ["name", "desc"][-len(point) :]
    segments = root.findall(f"{GPX}trk/{GPX}trkseg")
    assert [len(segment) for segment in segments] == [2, 2]
    assert segments[0][0].attrib == {"lat": "46.6000000", "lon": "125.1000000"}


def test_names_are_escaped_and_what_xml_cannot_hold_is_left_out():
    root = ElementTree.fromstring(route_gpx([ROUTE], [TEXTS]))
    assert root.findtext(f".//{GPX}rtept[3]/{GPX}name") == 'A & B <"1">'
    assert b"\x07" not in route_gpx([ROUTE], [TEXTS])


def test_kml_holds_a_styled_line_and_a_placemark_for_each_instruction():
    root = ElementTree.fromstring(route_kml([ROUTE], [TEXTS], "home"))
    placemarks = root.findall(f".//{KML}Placemark")
    assert [mark.findtext(f"{KML}name") for mark in placemarks] == ["home", *TEXTS]
    styles = {f"#{style.get('id')}" for style in root.iter(f"{KML}Style")}
    assert {mark.findtext(f"{KML}styleUrl") for mark in placemarks} <= styles
    first = root.findtext(f".//{KML}LineString/{KML}coordinates")
    assert first == "125.1000000,46.6000000 125.1100000,46.6000000"


def test_alternatives_are_told_apart_and_words_may_be_left_out():
    root = ElementTree.fromstring(route_gpx([ROUTE, ROUTE], [[], []]))
    assert [track.findtext(f"{GPX}name") for track in root.findall(f"{GPX}trk")] == ["route 1", "route 2"]
    assert root.find(f".//{GPX}desc") is None


def test_another_number_of_texts_than_steps_is_refused():
    with pytest.raises(ValueError, match="3 texts for 4 steps"):
        route_kml([ROUTE], [TEXTS[:3]])


def test_the_feature_of_a_route_joins_its_legs():
    feature = route_feature(ROUTE, profile="car")
    assert feature["geometry"]["coordinates"] == [[125.1, 46.6], [125.11, 46.6], [125.11, 46.605]]
    assert feature["properties"] == {"distance_m": 1400.0, "duration_s": 120.0, "profile": "car"}
