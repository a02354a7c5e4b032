"""Tables between plain places are those of the steps, and are written as numbers."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import orjson
import pytest

from location_cloud.directions import service
from location_cloud.directions.dataset import SECTION
from location_cloud.directions.model import Place
from location_cloud.directions.osrm import Question, waypoint
from location_cloud.directions.rows_json import CM, CM_IN_TENTH, MS, MS_IN_TENTH, rows_json, tenths_json
from location_cloud.directions.snapping import snap_together
from location_cloud.directions.table_bytes import read_plain_table, waypoints_json
from location_cloud.directions.tables import find_plain_table, find_table
from routing.measure import measure
from routing.trip import CLOSED


def drawn_crowd(directions: Any, count: int, seed: int) -> list[Place]:
    """Places near roads, two by two beside each other."""
    chance, points = random.Random(seed), directions.shapes.shape_e7 / 1e7
    found = []
    for _ in range(count // 2):
        lon, lat = points[chance.randrange(len(points))]
        found += [
            Place((lon + chance.uniform(-7e-4, 7e-4), lat + chance.uniform(-4e-4, 4e-4)), 2000.0) for _ in range(2)
        ]
    return found


@pytest.mark.parametrize("profile", ["car", "emergency", "foot"])
def test_the_plain_table_is_the_one_of_the_steps(road_worlds: Any, profile: str) -> None:
    directions = road_worlds.of_city("helsinki").section(SECTION)
    network, places = directions.networks[profile], drawn_crowd(directions, 80, 7)
    edge_cm = np.random.default_rng(1).integers(0, 10_000, network.graph.roads).astype(np.int32)
    lengths = measure(network.hierarchy, network.metric, edge_cm[network.graph.base_edge])
    for sources, targets in ((places, places), (places[:30], places[20:])):
        found = find_plain_table(directions.index, network, sources, targets, lengths)
        assert found is not None
        times, metres, begin, end = found
        snaps = snap_together(directions.index, directions.shapes, network, [*sources, *targets])
        rows, columns = snaps[: len(sources)], snaps[len(sources) :]
        wanted, wanted_cm = find_table(network, rows, columns, lengths)
        np.testing.assert_array_equal(times, wanted)
        # Of several equally quick ways out of local roads the steps take any, this the shortest.
        assert metres is not None
        assert wanted_cm is not None
        assert (metres <= wanted_cm).all()
        assert (metres == wanted_cm).mean() > 0.99
        assert [one.segment for one in (*begin, *end)] == [snap.segment for snap in (*rows, *columns)]
        plain = find_plain_table(directions.index, network, sources, targets, None)
        assert plain is not None
        np.testing.assert_array_equal(plain[0], wanted)


def test_a_table_with_wishes_or_a_place_off_the_roads_is_left_to_the_steps(road_worlds: Any) -> None:
    directions = road_worlds.of_city("helsinki").section(SECTION)
    network, places = directions.networks["car"], drawn_crowd(directions, 2, 1)
    headed = [Place(places[0].lonlat, 2000.0, heading_deg=90.0)]
    assert find_plain_table(directions.index, network, places, headed, None) is None
    assert find_plain_table(directions.index, network, places, [Place((0.0, 0.0))], None) is None


@pytest.mark.parametrize(("tenth", "unit"), [(MS_IN_TENTH, 1000.0), (CM_IN_TENTH, 100.0)])
def test_numbers_are_written_as_numpy_rounds_them(tenth: int, unit: float) -> None:
    some = np.random.default_rng(3).integers(0, CLOSED, 900).astype(np.int32) >> np.arange(900) % 31
    values = np.concatenate([some, [0, 5, 49, 50, 51, 99_949, 99_950, CLOSED - 1, 999_950, CLOSED]]).astype(np.int32)
    read = orjson.loads(tenths_json(values.reshape(70, 13), tenth))
    wanted = [None if value == CLOSED else float(np.round(value / unit, 1)) for value in values.tolist()]
    assert [number for row in read for number in row] == wanted


@pytest.mark.parametrize("parts", [MS, CM])
def test_numbers_are_written_with_all_decimals(parts: int) -> None:
    some = np.random.default_rng(4).integers(0, CLOSED, 900).astype(np.int32) >> np.arange(900) % 31
    values = np.concatenate([some, [0, 9, 10, 99, 100, 999, 1000, CLOSED - 1, -1, CLOSED]]).astype(np.int32)
    read = orjson.loads(rows_json(values.reshape(70, 13), parts))
    wanted = [None if value in (-1, CLOSED) else value / parts for value in values.tolist()]
    assert [number for row in read for number in row] == wanted


def test_a_table_of_plain_places_is_read_from_its_address() -> None:
    asked, lonlat = read_plain_table("8.5,49.25;-1,0.5.json", "annotations=duration,distance&generate_hints=false") or (
        None,
        None,
    )
    assert asked is not None
    assert (asked.parts, asked.has_hints) == ({"duration", "distance"}, False)
    np.testing.assert_array_equal(lonlat, [(8.5, 49.25), (-1.0, 0.5)])


@pytest.mark.parametrize(
    ("coordinates", "query"),
    [
        ("1,2,3;4", ""),
        ("1,2;a,3", ""),
        ("1,2;nan,3", ""),
        ("1,91", ""),
        ("polyline(abc)", ""),
        (";".join(["1,2"] * 1001), ""),
        ("1,2;3,4", "sources=0"),
        ("1,2;3,4", "radiuses=5;6"),
        ("1,2;3,4", "annotations=speed"),
    ],
)
def test_other_tables_are_left_to_the_long_way(coordinates: str, query: str) -> None:
    assert read_plain_table(coordinates, query) is None


def test_places_on_roads_are_written_as_each_alone(road_worlds: Any) -> None:
    world = road_worlds.of_city("helsinki")
    directions, roads, places = (
        world.section(SECTION),
        service.get_roads(world),
        drawn_crowd(world.section(SECTION), 20, 5),
    )
    snaps = snap_together(directions.index, directions.shapes, directions.networks["car"], places)
    found = find_plain_table(directions.index, directions.networks["car"], places, places, None)
    assert found is not None
    asked = Question(tuple(places))
    names = [roads.names[int(roads.seg_name[snap.segment])] for snap in snaps]
    wanted = [waypoint(asked, snap, name) for snap, name in zip(snaps, names)]
    for sides in (snaps, found[2]):
        for one, other in zip(orjson.loads(waypoints_json(roads, sides, True)), wanted):
            assert (one["hint"], one["name"]) == ("", other["name"])
            assert one["location"] == pytest.approx(other["location"], abs=1.1e-6)
            assert one["distance"] == pytest.approx(other["distance"], abs=1.1e-6)


def test_an_empty_table_is_written() -> None:
    assert tenths_json(np.empty((0, 0), np.int32), MS_IN_TENTH) == b"[]"
