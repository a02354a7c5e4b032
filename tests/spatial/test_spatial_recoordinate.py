"""Coordinates replaced in replies, wherever they stand."""

import numpy as np

from location_cloud.spatial.geojson import map_coordinates


def one_east(points: np.ndarray) -> np.ndarray:
    return points + np.array([1.0, 0.0])


def test_geometries_at_any_depth_are_changed():
    reply = {"routes": [{"geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, "distance_m": 5}]}
    changed = map_coordinates(reply, one_east)
    assert changed == {
        "routes": [{"geometry": {"type": "LineString", "coordinates": [[2, 2], [4, 4]]}, "distance_m": 5}]
    }


def test_given_reply_is_not_altered():
    reply = {"location": [1, 2]}
    map_coordinates(reply, one_east)
    assert reply == {"location": [1, 2]}


def test_bare_points_are_changed_under_their_two_keys_only():
    reply = {"lonlat": (1, 2), "location": [1, 2], "size": [1, 2]}
    assert map_coordinates(reply, one_east) == {"lonlat": [2, 2], "location": [2, 2], "size": [1, 2]}


def test_location_that_is_text_or_object_is_left():
    reply = {"location": "1,2", "inner": {"location": {"lonlat": [1, 2]}}, "flags": {"location": [True, False]}}
    assert map_coordinates(reply, one_east)["location"] == "1,2"
    assert map_coordinates(reply, one_east)["inner"] == {"location": {"lonlat": [2, 2]}}
    assert map_coordinates(reply, one_east)["flags"] == {"location": [True, False]}


def test_boxes_are_changed_with_and_without_heights():
    assert map_coordinates({"bbox": [1, 2, 3, 4]}, one_east) == {"bbox": [2, 2, 4, 4]}
    assert map_coordinates({"bbox": [1, 2, 0, 3, 4, 9]}, one_east) == {"bbox": [2, 2, 0, 4, 4, 9]}


def test_heights_stay():
    assert map_coordinates({"coordinates": [1, 2, 150]}, one_east) == {"coordinates": [2, 2, 150]}


def test_nested_rings_keep_their_shape():
    rings = {"coordinates": [[[[0, 0], [1, 0], [0, 1], [0, 0]]], []]}
    assert map_coordinates(rings, one_east) == {"coordinates": [[[[1, 0], [2, 0], [1, 1], [1, 0]]], []]}


def test_change_is_called_once_for_all_points():
    calls = []

    def watched(points: np.ndarray) -> np.ndarray:
        calls.append(len(points))
        return points

    map_coordinates([{"lonlat": [0, 0]}, {"coordinates": [[1, 1], [2, 2]]}], watched)
    map_coordinates({"nothing": "here"}, watched)
    assert calls == [3]
