"""Incidents that shut roads, as directions see them: as live closures, on whatever roads the snapshot has."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import shapely

from location_cloud.changes import Sent
from location_cloud.directions.now import Now
from location_cloud.incidents import service, store
from location_cloud.incidents.model import Incident
from location_cloud.roads.edges import edge_key
from location_cloud.spatial.geojson import as_geojson
from tests.directions.live_home import ABC, AD, CF, NOON, both_ways, city, home_of_map, key, segments

__all__ = ["city", "home_of_map"]  # fixtures


def shut(city, **said):
    told = {
        "kind": "closure",
        "starts_at": NOON,
        **({} if "geometry" in said else {"roads": (key(city, ABC),)}),
        **said,
    }
    return service.add_incident(city.world, "default", told, Sent("me", NOON))[0]


def followed(city):
    state = Now(city.roads, "default")
    state.refresh(city.live)
    return state


def edges(state, at=NOON, profile="car"):
    return sorted(set(state.shut_at(at, profile).tolist()))


def test_an_incident_shuts_its_edges_within_its_window(city):
    shut(city, starts_at=NOON + timedelta(hours=1), ends_at=NOON + timedelta(hours=2))
    state = followed(city)
    first = 2 * segments(city, ABC)[0]
    found = [edges(state, NOON + timedelta(hours=hours)) for hours in (0.5, 1, 1.5, 2)]
    assert found == [[], [first], [first], []]


def test_the_clock_alone_is_told_when_an_incident_begins_and_ends(city):
    shut(city, starts_at=NOON + timedelta(hours=1), ends_at=NOON + timedelta(hours=2))
    state, now_s = followed(city), NOON.timestamp()
    assert state.next_change_s(now_s) == now_s + 3600
    assert state.next_change_s(now_s + 3600) == now_s + 7200


def test_what_holds_is_named_by_incident_and_version(city):
    state = followed(city)
    seen = [state.digest(NOON)]
    incident = shut(city)
    state.refresh(city.live)
    seen.append(state.digest(NOON))
    service.change_incident(city.world, "default", "me", incident.id, 1, {"roads": (key(city, CF),)}, NOON)
    state.refresh(city.live)
    seen.append(state.digest(NOON))
    assert seen[0] == 0
    assert len(set(seen)) == 3
    assert edges(state) == [2 * segments(city, CF)[0]]


def test_incidents_and_closures_shut_together_and_open_one_by_one(city):
    city.close_roads(*both_ways(city, CF))
    incident = shut(city)
    state = followed(city)
    assert len(edges(state)) == 3
    service.remove_incident(city.world, "default", "me", incident.id, 1, NOON)
    assert state.refresh(city.live)
    assert len(edges(state)) == 2


def test_what_slows_or_is_anothers_changes_nothing(city):
    state = followed(city)
    shut(city, kind="hazard")
    shut(city, lanes_total=2, lanes_closed=1)
    service.add_incident(city.world, "other", {"kind": "closure", "roads": (key(city, ABC),)}, Sent("me", NOON))
    assert not state.refresh(city.live)


def test_an_incident_concerns_its_profiles_alone(city):
    shut(city, profiles=("truck",))
    state = followed(city)
    assert edges(state) == []
    assert edges(state, profile="truck")


def test_on_roads_with_other_keys_an_incident_is_put_by_its_place(city):
    lon, lat = city.roads.node_e7[city.roads.seg_from[segments(city, AD)[0]]] / 1e7
    stored = shut(city, geometry=as_geojson(shapely.LineString([(lon, lat), (lon, lat - 0.002)])))
    keys = stored.edges
    with city.live.write() as connection:  # as written on an older map
        store.change_incident(connection, "default", replace(stored, edges=("99:0:f",)), NOON)
    found = edges(followed(city))
    assert found
    assert {key_of(city, edge) for edge in found} == set(keys)


def key_of(city, edge):
    return edge_key(city.roads, edge)


def test_an_area_shuts_for_directions_the_edges_that_the_incident_names(city):
    lon, lat = city.roads.node_e7[city.roads.seg_to[segments(city, AD)[0]]] / 1e7
    stored = shut(city, geometry=as_geojson(shapely.Point(lon, lat).buffer(1e-4)))
    assert {key_of(city, edge) for edge in edges(followed(city))} == set(stored.edges)


def test_slowing_incidents_tell_what_is_left_of_the_speed(city):
    shut(city, kind="roadworks", lanes_total=4, lanes_closed=1, speed_kmh=30.0)
    shut(city, kind="accident", severity="major")
    with city.live.read() as connection:
        found = service.slowing(connection, "default")
    assert [(each.factor, each.cap_kmh) for each in found] == [(0.75, 30.0), (0.35, None)]
    assert found[0].keys == (key(city, ABC),)


@pytest.mark.parametrize(
    ("told", "effect"),
    [
        ({"kind": "closure"}, "shuts"),
        ({"kind": "closure", "lanes_total": 2, "lanes_closed": 1}, "slows"),
        ({"kind": "accident"}, "slows"),
        ({"kind": "accident", "lanes_total": 2, "lanes_closed": 2}, "shuts"),
        ({"kind": "closure", "status": "reported"}, ""),
        ({"kind": "closure", "status": "cancelled"}, ""),
    ],
)
def test_what_an_incident_does_follows_from_kind_lanes_and_status(told, effect):
    assert Incident(geometry=shapely.Point(1, 2), starts_at=NOON, **told).effect == effect
