"""Incidents in the forms that other systems read."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
import shapely

from location_cloud.incidents import datex2, open511, wzdx
from location_cloud.incidents.gml import GML
from location_cloud.incidents.model import Incident
from location_cloud.incidents.service_stream import events
from tests.incidents.test_incidents_api import on, patch, report, send

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LINE = shapely.LineString([(125.1, 46.6), (125.2, 46.6)])
AREA = shapely.box(125.1, 46.6, 125.2, 46.7)
SHAPES = [
    LINE.centroid,
    LINE,
    shapely.MultiLineString([LINE, shapely.reverse(LINE)]),
    AREA,
    shapely.MultiPolygon([AREA]),
]
SIT, LOC, COM, XSI = (f"{{{datex2.NAMESPACES[prefix]}}}" for prefix in ("sit", "loc", "com", "xsi"))

OPEN511_REQUIRED = ["id", "status", "headline", "event_type", "severity", "created", "updated", "geography", "schedule"]
"""Elements of an event that are not optional. Source: open511.rnc."""


def incident(kind="roadworks", geometry=LINE, **more):
    times = {"created_at": NOON, "updated_at": NOON}
    return Incident(kind, geometry, NOON, id=7, version=3, road_names=("世纪大道",), **times, **more)


def link(path):
    return f"http://here{path}"


# --- Open511 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(open511.TYPES))
def test_an_open511_event_has_what_its_schema_wants(kind):
    (event,) = open511.as_json([incident(kind)], "city.example", link)["events"]
    assert not set(OPEN511_REQUIRED) - set(event)
    assert re.fullmatch(r"[a-z0-9][a-z0-9\-]*\.[a-z0-9\.\-]{2,}/[a-zA-Z0-9_\.\-]+", event["id"])
    assert event["url"] == "http://here/v1/incidents/7"
    assert event["roads"][0]["name"] == "世纪大道"


def open511_road(**more):
    (event,) = open511.as_json([incident(**more)], "city.example", link)["events"]
    return event["roads"][0]


def test_open511_tells_lanes_and_state():
    road = open511_road(lanes_total=3, lanes_closed=1, direction="forward")
    assert (road["state"], road["lanes_closed"], road["lanes_open"]) == ("SOME_LANES_CLOSED", 1, 2)


@pytest.mark.parametrize(("closed", "direction"), [(3, "forward"), (1, "both"), (0, "forward")])
def test_open511_tells_no_lanes_where_its_schematron_wants_none(closed, direction):
    road = open511_road(lanes_total=3, lanes_closed=closed, direction=direction)
    assert not {"lanes_closed", "lanes_open"} & set(road)


@pytest.mark.parametrize(("ends_at", "text"), [(None, ""), (NOON + timedelta(hours=2), "2026-11-23T14:00")])
def test_an_open511_interval_may_be_open(ends_at, text):
    assert open511.interval(incident(ends_at=ends_at)) == f"2026-11-23T12:00/{text}"


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.geom_type)
def test_open511_xml_says_what_the_json_says_latitude_first(shape):
    root = ElementTree.fromstring(open511.as_xml([incident(geometry=shape)], "city.example", link))
    event = root.find("events/event")
    assert not [name for name in OPEN511_REQUIRED if event.find(name) is None]
    geography = event.find("geography")[0]
    assert geography.tag == f"{{{GML}}}{shape.geom_type}"
    first = next(each.text for each in geography.iter() if each.text and each.text.strip())
    assert first.split()[0].startswith("46.")


# --- WZDx --------------------------------------------------------------------------------------------------------

WZDX_REQUIRED = ["core_details", "start_date", "end_date", "vehicle_impact", "location_method"]
WZDX_VERIFIED = [f"is_{which}_{what}_verified" for which in ("start", "end") for what in ("date", "position")]
"""Source: schemas/4.2/RoadEventFeature.json, WorkZoneRoadEvent."""


def test_a_work_zone_feed_has_what_its_schema_wants():
    feed = wzdx.as_feed([incident()], "default", NOON)
    assert not {"update_date", "version", "publisher", "data_sources"} - set(feed["feed_info"])
    for feature in feed["features"]:
        assert not {*WZDX_REQUIRED, *WZDX_VERIFIED} - set(feature["properties"])
        assert feature["geometry"]["type"] in ("LineString", "MultiPoint")
        core = feature["properties"]["core_details"]
        assert core["data_source_id"] == feed["feed_info"]["data_sources"][0]["data_source_id"]
        assert core["event_type"] == "work-zone"


def test_each_direction_of_a_road_is_a_work_zone_of_its_own():
    there, back = wzdx.as_feed([incident()], "default", NOON)["features"]
    assert [each["properties"]["core_details"]["direction"] for each in (there, back)] == ["eastbound", "westbound"]
    assert there["geometry"]["coordinates"] == back["geometry"]["coordinates"][::-1]
    (one,) = wzdx.as_feed([incident(direction="backward")], "default", NOON)["features"]
    assert one["properties"]["core_details"]["direction"] == "westbound"


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.geom_type)
def test_a_work_zone_of_any_shape_has_a_line_or_points(shape):
    for feature in wzdx.as_feed([incident(geometry=shape)], "default", NOON)["features"]:
        assert feature["geometry"]["type"] in ("LineString", "MultiPoint")


def test_only_roadworks_are_work_zones():
    assert wzdx.as_feed([incident("closure"), incident("accident")], "default", NOON)["features"] == []


def test_an_end_that_nobody_told_is_not_verified():
    (first, _) = wzdx.as_feed([incident()], "default", NOON)["features"]
    assert first["properties"]["end_date"] > first["properties"]["start_date"]
    assert first["properties"]["is_end_date_verified"] is False


# --- DATEX II ----------------------------------------------------------------------------------------------------

ORDER = [
    "situationRecordCreationTime",
    "situationRecordVersionTime",
    "probabilityOfOccurrence",
    "severity",
    "source",
    "validity",
    "impact",
    "generalPublicComment",
    "locationReference",
    "operatorActionStatus",
    "complianceOption",
]
"""Of the elements of a record. Source: DATEXII_3_Situation.xsd, SituationRecord, OperatorAction, NetworkManagement."""


def record_of(**more):
    content = datex2.as_publication([incident(**more)], "CN", "default", "zh-CN", NOON)
    return ElementTree.fromstring(content).find(f"{SIT}situation/{SIT}situationRecord")


@pytest.mark.parametrize("kind", sorted(datex2.RECORDS))
def test_the_elements_of_a_datex_record_stand_in_the_schemas_order(kind):
    record = record_of(kind=kind, source="police", description="x", lanes_total=2, lanes_closed=1)
    names = [child.tag.removeprefix(SIT) for child in record]
    assert names[:-1] == [name for name in ORDER if name in names]
    assert names[-1] == datex2.RECORDS[kind][1]
    assert record.get(f"{XSI}type") == f"sit:{datex2.RECORDS[kind][0]}"


@pytest.mark.parametrize(
    ("shape", "kind"),
    list(zip(SHAPES, ["Point", "Linear", "ItineraryByIndexed", "Area", "Area"])),
    ids=lambda each: getattr(each, "geom_type", None),
)
def test_a_datex_location_is_of_the_shapes_kind(shape, kind):
    location = record_of(geometry=shape).find(f"{SIT}locationReference")
    assert location.get(f"{XSI}type") == f"loc:{kind}Location{'s' if kind.startswith('It') else ''}"


def test_prefixes_that_types_name_are_declared_even_without_incidents():
    for found in ([], [incident()]):
        text = datex2.as_publication(found, "", "default", "en", NOON).decode()
        named = set(re.findall(r'type="(\w+):', text))
        assert all(f"xmlns:{prefix}=" in text for prefix in named)


# --- all of them -------------------------------------------------------------------------------------------------

PATHS = ["/feeds/geojson", "/feeds/open511", "/feeds/open511.xml", "/feeds/wzdx", "/feeds/datex2"]


@pytest.mark.parametrize("path", PATHS)
def test_what_is_simulated_says_so_in_every_feed(asked, path):
    report(asked, "roadworks", description="made up", simulated=True)
    content = send(asked, "GET", path).get_data(as_text=True)
    assert "simulated" in content
    assert "made up" in content


@pytest.mark.parametrize("path", PATHS)
def test_a_feed_has_what_is_not_over_by_box_and_tenant(asked, path):
    patch(asked, report(asked, "roadworks", description="long gone"), status="cleared")
    report(asked, "roadworks", description="still there")
    content = send(asked, "GET", path).get_data(as_text=True)
    assert "still there" in content
    assert "long gone" not in content
    assert "still there" not in send(asked, "GET", f"{path}?bbox=1,2,3,4").get_data(as_text=True)
    assert "still there" not in asked("GET", f"/v1/incidents{path}", key=asked.other).get_data(as_text=True)


def test_geojson_comes_in_the_asked_coordinates_and_the_others_say_that_they_cannot(asked):
    report(asked)
    (feature,) = send(asked, "GET", "/feeds/geojson?crs=gcj02").json["features"]
    assert abs(feature["geometry"]["coordinates"][0] - on(asked)["coordinates"][0]) > 1e-3
    for path in PATHS[1:]:
        assert send(asked, "GET", f"{path}?crs=gcj02").status_code == 400


def test_the_stream_tells_changes_after_a_live_version_under_their_ids(asked):
    patch(asked, report(asked), severity="major")
    pieces = b"".join(events(asked.city.live, "default", 0, 0.3)).decode().split("\n\n")
    said = [json.loads(piece.split("data: ")[1]) for piece in pieces if "data: " in piece]
    assert [each["action"] for each in said] == ["added", "changed"]
    assert f"id: {said[-1]['live_version']}\n" in pieces[2]


def test_an_open511_event_has_the_two_links_that_its_schematron_counts():
    root = ElementTree.fromstring(open511.as_xml([incident()], "city.example", link))
    links = [each.get("rel") for each in root.findall("events/event/link")]
    assert links == ["self", "jurisdiction"]
