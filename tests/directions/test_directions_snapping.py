"""Places put on drawn roads: which road, which directions, and why it fails."""

from __future__ import annotations

import heapq
import math
from itertools import pairwise

import numpy as np
import pytest

from location_cloud.directions import dataset
from location_cloud.directions.costs import edge_costs
from location_cloud.directions.legs import LocalSnap, find_leg, leg_cost
from location_cloud.directions.model import Place
from location_cloud.directions.profiles import load_profiles
from location_cloud.directions.snapping import list_nearest, snap_all, snap_place, snap_together
from location_cloud.errors import Unprocessable
from routing.metric import metres_per_degree
from routing.shape import build_edge_shapes
from routing.snap import build_segment_index
from routing.trip import CLOSED, UNREACHED
from tests.directions.town import read_roads
from tests.draw import draw_roads

STREET, PRIVATE = {"highway": "residential"}, {"highway": "service", "access": "private"}
PROFILES = load_profiles()


class Drawn:
    """The car's network of a drawing, asked by its signs."""

    def __init__(self, folder, text, ways, profile="car", **more):
        self.drawing = draw_roads(text, ways=ways, **more)
        file = folder / "drawn.osm"
        file.write_text(self.drawing.osm_xml(), "utf-8")
        self.roads = read_roads(file)
        own = PROFILES[profile]
        costs = edge_costs(self.roads, own)
        family = dataset.build_family(self.roads, own.family, (own,), {profile: costs})
        self.network = dataset.build_network(family, own, costs)
        start, shape = self.roads.shape_start, self.roads.shape_e7
        edge = np.arange(2 * (len(start) - 1))
        self.shapes = build_edge_shapes(start, shape, edge // 2, edge % 2 == 1)
        self.index = build_segment_index(start, shape)

    def place(self, sign, east_m=0.0, north_m=0.0, **wishes):
        lon, lat = self.drawing.lonlat[sign]
        lon_m, lat_m = metres_per_degree(lat)
        return Place((lon + east_m / lon_m, lat + north_m / lat_m), **wishes)

    def snap(self, *place, **wishes):
        return snap_place(
            self.index, self.shapes, self.network, self.place(*place, **wishes), levels=self.roads.seg_level
        )

    def starts(self, *place, **wishes):
        """Bearings (E, W, ...) in which a trip may begin."""
        return {self.bearing(edge) for edge in self.snap(*place, **wishes).starts.edge.tolist()}

    def bearing(self, edge):
        begin, end = self.roads.shape_start[edge // 2], self.roads.shape_start[edge // 2 + 1] - 1
        east, north = (self.roads.shape_e7[end] - self.roads.shape_e7[begin]).tolist()
        letter = ("E" if east > 0 else "W") if abs(east) > abs(north) else ("N" if north > 0 else "S")
        return letter if edge % 2 == 0 else {"E": "W", "W": "E", "N": "S", "S": "N"}[letter]


@pytest.fixture
def street(tmp_path):
    return Drawn(tmp_path, "A----B----C", {"ABC": STREET})


def test_trip_may_begin_in_both_directions_of_a_street(street) -> None:
    assert street.starts("A", 100, 30) == {"E", "W"}


def test_heading_leaves_one_direction(street) -> None:
    assert street.starts("A", 100, 30, heading_deg=80.0) == {"E"}
    assert street.starts("A", 100, 30, heading_deg=280.0) == {"W"}


@pytest.mark.parametrize(("driving_side", "approach", "bearing"), [
    ("right", "curb", "W"), ("right", "opposite", "E"), ("left", "curb", "E"), ("left", "opposite", "W"),
])  # fmt: skip
def test_kerb_is_on_the_side_driven_on(street, driving_side, approach, bearing) -> None:
    place = street.place("A", 100, 30, approach=approach)
    snap = snap_place(street.index, street.shapes, street.network, place, driving_side)
    assert [street.bearing(edge) for edge in snap.starts.edge.tolist()] == [bearing]


def test_snap_says_where_on_the_road_and_how_far(street) -> None:
    snap = street.snap("A", 100, 30)
    assert snap.distance_m == pytest.approx(30, abs=0.1)
    assert sorted(snap.starts.fraction.tolist()) == pytest.approx([0.1, 0.9], abs=1e-3)
    assert snap.lonlat[1] == pytest.approx(street.drawing.lonlat["A"][1], abs=1e-6)


def test_many_places_are_put_as_each_alone(street) -> None:
    places = [street.place("A", 37.0 * i, 5, heading_deg=90.0 if i % 3 == 0 else None) for i in range(20)]
    for place, snap in zip(places, snap_all(street.index, street.shapes, street.network, places)):
        alone = snap_place(street.index, street.shapes, street.network, place)
        assert (snap.lonlat, snap.starts.edge.tolist()) == (alone.lonlat, alone.starts.edge.tolist())


def test_same_street_is_driven_either_way_between_two_places(street) -> None:
    west, east = street.snap("A", 100), street.snap("A", 400)
    there, back = (find_leg(street.network, *pair) for pair in ((west, east), (east, west)))
    assert [street.bearing(leg.edges[0]) for leg in (there, back)] == ["E", "W"]
    assert there.duration_ms == pytest.approx(back.duration_ms, abs=2)
    assert find_leg(street.network, west, west).duration_ms == 0


YARD = """
A----B----C
     |
     D----E
"""


@pytest.fixture
def yard(tmp_path):
    return Drawn(tmp_path, YARD, {"ABC": STREET, "BD": PRIVATE, "DE": PRIVATE})


def test_candidates_come_nearest_first_with_both_directions_each(yard) -> None:
    found = list_nearest(yard.index, yard.shapes, yard.network, yard.place("B", -20, 5), 5)
    assert [len(snap.starts) for snap in found[:2]] == [2, 2]
    assert [snap.distance_m for snap in found[:3]] == pytest.approx([5, 20, 20.6], abs=0.7)


def test_trip_from_a_private_yard_leaves_it_where_it_meets_the_street(yard) -> None:
    snap = yard.snap("D", 200)
    assert isinstance(snap, LocalSnap)
    assert {yard.bearing(edge) for edge in snap.starts.edge.tolist()} == {"E", "W"}
    assert [[yard.bearing(edge) for edge in driven] for driven in snap.start_edges] == [["W", "N"]] * 2
    leg = find_leg(yard.network, snap, yard.snap("A", 10))
    assert [yard.bearing(edge) for edge in leg.edges] == ["W", "N", "W"]
    assert leg.duration_ms == leg.edge_ms.sum() == leg_cost(yard.network, snap, yard.snap("A", 10))


def test_trip_into_a_private_yard_ends_in_it(yard) -> None:
    leg = find_leg(yard.network, yard.snap("C", -10), yard.snap("D", 200))
    assert [yard.bearing(edge) for edge in leg.edges] == ["W", "S", "E"]


def test_trip_within_a_private_yard_stays_there(yard) -> None:
    leg = find_leg(yard.network, yard.snap("B", 0, -200), yard.snap("D", 200))
    assert [yard.bearing(edge) for edge in leg.edges] == ["S", "E"]


def test_private_road_is_no_way_through(tmp_path) -> None:
    ways = {"ABC": STREET, "BE": PRIVATE, "DEF": STREET, "AD": STREET}
    town = Drawn(tmp_path, "A--B--C\n|  |\nD--E--F", ways)
    leg = find_leg(town.network, town.snap("C", -20), town.snap("F", -20))
    assert [town.bearing(edge) for edge in leg.edges] == ["W", "W", "S", "E", "E"]


def test_places_in_different_parts_are_put_on_the_largest(tmp_path) -> None:
    text = "A--B--C--D    X--Y"
    town = Drawn(tmp_path, text, {"ABCD": STREET, "XY": STREET})
    places = [town.place("A", 10), town.place("X", 20, radius_m=2000.0)]
    town.network.is_connected[:] = 1
    together = snap_together(town.index, town.shapes, town.network, places)
    assert [int(town.network.part[snap.segment]) for snap in together] == [0, 0]
    near = [places[0], town.place("X", 20, radius_m=100.0)]
    apart = snap_together(town.index, town.shapes, town.network, near)
    assert len({int(town.network.part[snap.segment]) for snap in apart}) == 2


def test_level_chooses_the_storey(tmp_path) -> None:
    ways = {"AB": {**STREET, "layer": "1", "level": "1"}, "BC": STREET, "AD": STREET, "DC": STREET}
    town = Drawn(tmp_path, "A----B\n|    |\nD----C", ways)
    assert town.bearing(2 * town.snap("B", 5, -200, level=1).segment) in "EW"
    with pytest.raises(Unprocessable, match="no road for car within 1000 m on level 7"):
        town.snap("B", level=7)


@pytest.mark.parametrize(
    ("place", "wishes", "message"),
    [
        (("A", 0, 90_000), {}, "place=.*: no road for car within 1000 m, nor any other road"),
        (("P", 0, 20), {"radius_m": 50.0}, "within 50 m; the roads there are closed to it"),
        (("A", 100, 30), {"heading_deg": 0.0, "tolerance_deg": 20.0}, "that runs within 20 of 0 degrees"),
    ],
)
def test_refusal_names_the_place_and_the_first_wish_that_leaves_no_road(tmp_path, place, wishes, message) -> None:
    town = Drawn(tmp_path, "A----B----C\n\n\nP----Q", {"ABC": STREET, "PQ": {"highway": "footway"}})
    with pytest.raises(Unprocessable, match=message) as refused:
        snap_place(town.index, town.shapes, town.network, town.place(*place, **wishes), name="place")
    assert refused.value.hint


def test_place_on_an_island_of_the_network_is_told_so(street) -> None:
    street.network.is_connected[:] = 0
    with pytest.raises(Unprocessable, match="cut off from the rest"):
        street.snap("A", 100, 30)


def layered_cost(network, start, end):
    """By plain Dijkstra on the split graph: local roads, public ones, local ones."""
    graph, public, local = network.graph, network.metric.cost_ms, network.local_ms
    ends = dict(sides(end))
    queue, best, done = [], math.inf, set()
    for edge, fraction in sides(start):
        own = int(min(public[edge], local[edge]))
        if own == CLOSED:
            continue
        if fraction <= ends.get(edge, -1.0):
            best = min(best, math.floor(own * ends[edge]) - math.floor(own * fraction))
        rest = own - math.floor(own * fraction)
        queue.append((rest, int(public[edge] != CLOSED), int(graph.arc_head[graph.entry_arc[edge]])))
    heapq.heapify(queue)
    while queue and queue[0][0] < best:
        cost, layer, state = heapq.heappop(queue)
        if (layer, state) in done:
            continue
        done.add((layer, state))
        for arc in range(graph.arc_start[state], graph.arc_start[state + 1]):
            edge = int(graph.arc_edge[arc])
            is_public, road = public[edge] != CLOSED, int(graph.base_edge[edge])
            own = int(public[edge] if is_public else local[edge])
            if own == CLOSED or (is_public and layer == 2):
                continue
            if road in ends:
                whole = int(public[road] if is_public else local[road])
                best = min(best, cost + own - whole + math.floor(whole * ends[road]))
            heapq.heappush(queue, (cost + own, 1 if is_public else 2 * min(layer, 1), int(graph.arc_head[arc])))
    return UNREACHED if best == math.inf else best


def sides(snap):
    return [(2 * snap.segment, snap.fraction), (2 * snap.segment + 1, 1.0 - snap.fraction)]


def test_legs_of_a_city_cost_what_a_search_in_three_layers_finds(road_worlds) -> None:
    world = road_worlds.of_city("monaco")
    city = world.section(dataset.SECTION)
    random, seen = np.random.default_rng(1), 0
    for profile in ("car", "foot"):
        network = city.networks[profile]
        roads = network.graph.roads
        is_local = (network.local_ms[:roads] != CLOSED) & (network.metric.cost_ms[:roads] == CLOSED)
        local = np.flatnonzero(is_local.reshape(-1, 2).any(axis=1) & (network.is_connected != 0))
        usable = np.flatnonzero(network.is_connected)
        middles = city.index.shape_start[random.choice(usable, 20)], city.index.shape_start[random.choice(local, 20)]
        near, inside = (
            snap_all(
                city.index,
                city.shapes,
                network,
                [Place(tuple(at)) for at in (city.index.shape_e7[rows] / 1e7).tolist()],
            )
            for rows in middles
        )
        for start, end in [*zip(near, inside), *zip(inside, near), *pairwise(inside)]:
            wanted = layered_cost(network, start, end)
            assert leg_cost(network, start, end) == wanted, (profile, start.segment, end.segment)
            seen += start.is_local and wanted != UNREACHED
    assert seen > 20
