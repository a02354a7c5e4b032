"""Incidents on the map: a set of live tiles, right up to the last commit."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import timedelta

import mapbox_vector_tile
import pytest

from location_cloud.changes import Sent
from location_cloud.errors import BadQuery
from location_cloud.incidents import service
from location_cloud.incidents.overlay import open_overlay
from location_cloud.incidents.tile_sets import tile_sets
from location_cloud.tile_sets import TileAt
from tests.directions.live_home import NOON
from tests.draw import ORIGIN
from tiles.mercator import tiles_in_bbox

HERE = {"type": "Point", "coordinates": list(ORIGIN)}


class Viewer:
    """A web worker's tiles of a city."""

    def __init__(self, city):
        self.world = replace(city.world, overlay={"incidents": open_overlay(None, None)})

    def report(self, kind="hazard", tenant="default", **said):
        return service.add_incident(self.world, tenant, {"kind": kind, "geometry": HERE, **said}, Sent("me", NOON))[0]

    def change(self, incident, **said):
        return service.change_incident(self.world, "default", "me", incident.id, None, said, NOON)

    def shown(self, tenant="default", **more):
        ((z, x, y),) = tiles_in_bbox(*ORIGIN, *ORIGIN, 8).tiles()
        found = tile_sets(self.world, tenant)["incidents"].read(TileAt(z, x, y, **more))
        if found is None:
            return []
        body = gzip.decompress(found.body) if found.encoding else found.body
        return [feature["properties"] for feature in mapbox_vector_tile.decode(body)["incidents"]["features"]]


@pytest.fixture
def viewer(city):
    return Viewer(city)


def test_an_edit_is_on_the_map_at_once(viewer):
    assert viewer.shown() == []
    incident = viewer.report("accident", severity="minor", ends_at=NOON + timedelta(hours=1), description="two cars")
    (found,) = viewer.shown()
    assert (found["kind"], found["severity"], found["status"]) == ("accident", "minor", "confirmed")
    assert found["ends_s"] - found["starts_s"] == 3600
    viewer.change(incident, severity="major")
    assert [each["severity"] for each in viewer.shown()] == ["major"]


def test_what_is_over_leaves_the_map_and_comes_back_when_it_is_not(viewer):
    incident = viewer.report()
    assert len(viewer.shown()) == 1
    viewer.change(incident, status="cleared")
    assert viewer.shown() == []
    viewer.change(incident, status="reported")
    assert [each["status"] for each in viewer.shown()] == ["reported"]


def test_a_deleted_incident_leaves_the_map(viewer):
    gone, _ = viewer.report(), viewer.report("event")
    assert len(viewer.shown()) == 2
    service.remove_incident(viewer.world, "default", "me", gone.id, None, NOON)
    assert [each["kind"] for each in viewer.shown()] == ["event"]


def test_what_is_simulated_says_so(viewer):
    viewer.report(is_simulated=True)
    assert [each["simulated"] for each in viewer.shown()] == [True]


def test_every_tenant_sees_its_own(viewer):
    viewer.report()
    assert viewer.shown("other") == []
    viewer.report("event", "other")
    assert [each["kind"] for each in viewer.shown("other")] == ["event"]
    assert [each["kind"] for each in viewer.shown()] == ["hazard"]


def test_the_map_comes_in_the_coordinates_of_chinese_maps(viewer):
    viewer.report()
    assert len(viewer.shown(crs="gcj02")) == len(viewer.shown(crs="bd09")) == 1
    with pytest.raises(BadQuery):
        viewer.shown(crs="gcj02", matrix="c")


def test_the_set_says_where_it_lies_and_what_it_tells(viewer):
    sets = tile_sets(viewer.world, "default")
    assert list(sets) == ["incidents"]
    assert sets["incidents"].bounds is None
    viewer.report()
    assert sets["incidents"].bounds == (*ORIGIN, *ORIGIN)
    assert "kind" in sets["incidents"].layers[0].fields
    assert "other" not in sets


def test_a_tile_is_at_hand_once_it_was_made(viewer):
    viewer.report()
    at = TileAt(*next(tiles_in_bbox(*ORIGIN, *ORIGIN, 8).tiles()))
    found = tile_sets(viewer.world, "default").find_at_hand("incidents")
    assert found.at_hand(at) is None
    made = found.read(at)
    assert found.at_hand(at) == made
