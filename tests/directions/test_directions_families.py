"""One graph for several ways of moving: each obeys exactly its own rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from location_cloud.directions.costs import edge_costs, ever_open
from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.directions.families import build_family_graph
from location_cloud.directions.model import Ask, Options, Place, Vehicle
from location_cloud.directions.network import BARRIER, SIGN, TURN_ROUND
from location_cloud.directions.profiles import load_profiles
from location_cloud.directions.service import find_routes
from location_cloud.errors import Unprocessable
from location_cloud.roads.dataset import SECTION as ROADS
from routing.trip import CLOSED
from tests.directions.town import build_town
from tests.draw import draw_roads

STREET = {"highway": "residential"}
PRIVATE = {"highway": "service", "access": "private"}
PROFILES = load_profiles()
BLOCK = """
    A--B--C
    |  |  |
    D--E--F
"""
BLOCK_WAYS = {"ABC": STREET, "AD": STREET, "BE": STREET, "CF": STREET, "DEF": STREET}


def way(drawing, world, signs, profile="car", at=None, options=Options()):  # noqa: B008  (frozen)
    """The signs that the quickest route passes."""
    near = {(round(lon, 6), round(lat, 6)): sign for sign, (lon, lat) in drawing.lonlat.items()}
    places = [Place(drawing.lonlat[sign], 50) for sign in signs]
    route = find_routes(world, Ask(profile, options, at), places, with_steps=False).routes[0]
    line = [tuple(point) for shape in route.shapes for point in (shape.line_e7 / 1e7).tolist()]
    passed = [near.get((round(lon, 6), round(lat, 6)), "") for lon, lat in line]
    return "".join(sign for sign, before in zip(passed, ["", *passed]) if sign != before)


@pytest.fixture(scope="module")
def crossing(road_worlds, tmp_path_factory):
    """Right turns at B: none for lorries at any hour, none for cars on weekday mornings."""
    ways = {"AB": STREET, "BC": STREET, "AD": STREET, "BE": STREET, "CF": STREET, "DEF": STREET}
    drawing = draw_roads(BLOCK, ways=ways, restrictions=[("no_right_turn", "AB", "B", "BE")])
    folder = tmp_path_factory.mktemp("crossing")
    worlds = {}
    for name, old, new in (
        ("lorries", 'k="restriction"', 'k="restriction:hgv"'),
        ("mornings", 'v="no_right_turn"', 'v="no_right_turn @ (Mo-Fr 07:00-09:00)"'),
    ):
        text = drawing.osm_xml().replace(old, new)
        if name == "mornings":
            text = text.replace('k="restriction"', 'k="restriction:conditional"')
        file = folder / f"{name}.osm"
        file.write_text(text, "utf-8")
        worlds[name] = road_worlds.of_file(file)
    return drawing, worlds


@pytest.mark.parametrize(("profile", "is_bound"), [("car", False), ("truck", True), ("bus", False), ("foot", False)])
def test_a_sign_for_lorries_binds_lorries_only(profile, is_bound, crossing):
    drawing, worlds = crossing
    assert (turning_m(drawing, worlds["lorries"], Ask(profile)) > 300) == is_bound


@pytest.mark.parametrize(
    ("day", "hour", "minute", "is_bound"),
    [(23, 6, 59, False), (23, 7, 0, True), (23, 8, 59, True), (23, 9, 0, False), (22, 8, 0, False)],
)
def test_a_sign_of_some_hours_binds_in_them(day, hour, minute, is_bound, crossing):
    drawing, worlds = crossing
    world = worlds["mornings"]
    at = datetime(2026, 11, day, hour, minute, tzinfo=world.section(DIRECTIONS).zone)
    assert (turning_m(drawing, world, Ask(at=at)) > 300) == is_bound


def turning_m(drawing, world, ask):
    """Metres from the middle of AB to the middle of BE: 250 round the corner, 750 round the block."""
    ends = [Place(mid(drawing, "A", "B")), Place(mid(drawing, "B", "E"))]
    return find_routes(world, ask, ends, with_steps=False).routes[0].distance_m


def mid(drawing, one, other):
    (lon, lat), (to_lon, to_lat) = drawing.lonlat[one], drawing.lonlat[other]
    return ((lon + to_lon) / 2, (lat + to_lat) / 2)


def test_an_emergency_vehicle_turns_where_a_sign_forbids_it(drawn):
    ways = {"AB": STREET, "BC": STREET, "AD": STREET, "BE": STREET, "CF": STREET, "DEF": STREET}
    drawing = draw_roads(BLOCK, ways=ways, restrictions=[("no_right_turn", "AB", "B", "BE")])
    world = drawn(drawing)
    assert turning_m(drawing, world, Ask("car")) > 300 > turning_m(drawing, world, Ask("emergency"))


# --- turning round --------------------------------------------------------------------------------------------------


def test_a_street_that_ends_before_private_drives_is_a_dead_end(drawn):
    """Else nobody could leave it again, and nobody would be put on it."""
    drawing = draw_roads(
        """
        A--B--C
        |  |  |
        D--E--F
           |
           G
           |
           H
        """,
        ways={**BLOCK_WAYS, "EG": STREET, "GH": PRIVATE},
    )
    world = drawn(drawing)
    assert way(drawing, world, "AGA") in ("ADEGEDA", "ABEGEBA", "ADEGEBA", "ABEGEDA")
    assert way(drawing, world, "AH") in ("ADEGH", "ABEGH")
    network = world.section(DIRECTIONS).networks["car"]
    assert network.is_connected.all()


def test_before_a_bollard_that_lets_buses_through_cars_turn_round(drawn):
    drawing = draw_roads(BLOCK, ways=BLOCK_WAYS, nodes={"B": {"barrier": "bollard", "bus": "yes"}})
    world = drawn(drawing)
    assert way(drawing, world, "AC") == "ADEFC"
    assert way(drawing, world, "AC", "bus") == "ABC"
    into_b = [Place(mid(drawing, "A", "B")), Place(mid(drawing, "B", "C"))]
    assert find_routes(world, Ask(), into_b, with_steps=False).routes[0].distance_m == pytest.approx(1300, abs=1)


def test_nobody_turns_round_where_another_way_leads_on(drawn):
    drawing = draw_roads(BLOCK, ways=BLOCK_WAYS)
    network = drawn(drawing).section(DIRECTIONS).networks["car"]
    graph = network.graph
    for arc in range(graph.arcs):
        edge = int(graph.base_edge[graph.arc_edge[arc]])
        after = graph.arc_edge[graph.arc_start[graph.arc_head[arc]] : graph.arc_start[graph.arc_head[arc] + 1]]
        assert edge ^ 1 not in graph.base_edge[after].tolist()


def test_a_profile_of_ones_own_that_may_not_turn_round_leaves_the_others_their_right(tmp_path: Path):
    town = build_town(tmp_path, text=BLOCK, ways=BLOCK_WAYS)
    racer = replace(PROFILES["bicycle"], name="racer", may_turn_round=False)
    members = (PROFILES["bicycle"], racer)
    may_open = {profile.name: ever_open(town.roads, (profile,)) for profile in members}
    public = {profile.name: edge_costs(town.roads, profile).cost_ms != CLOSED for profile in members}
    graph, gates, _ = build_family_graph(town.roads, members, may_open, public)
    assert [(gate.kind, gate.vehicles) for gate in gates] == [(TURN_ROUND, racer.access)]
    assert graph.aliases > 0


def test_what_binds_everybody_needs_no_gate(drawn):
    ways = {"AB": STREET, "BC": STREET, "AD": STREET, "BE": STREET, "CF": STREET, "DEF": STREET}
    drawing = draw_roads(
        BLOCK,
        ways=ways,
        nodes={"E": {"barrier": "bollard", "bus": "yes"}},
        restrictions=[("no_right_turn", "AB", "B", "BE")],
    )
    families = drawn(drawing).section(DIRECTIONS).families
    kinds = {name: {gate.kind for gate in family.gates} for name, family in families.items()}
    assert kinds == {"motor": {SIGN, BARRIER, TURN_ROUND}, "bicycle": set(), "foot": set()}


# --- what a request changes -----------------------------------------------------------------------------------------


def test_a_low_bridge_stops_the_high_vehicle_only(drawn):
    low = {**STREET, "maxheight": "3.2"}
    drawing = draw_roads(BLOCK, ways={**BLOCK_WAYS, "ABC": low})
    world = drawn(drawing)
    high = Options(Vehicle(height_m=3.5))
    assert way(drawing, world, "AC") == "ABC"
    assert way(drawing, world, "AC", "car", options=high) == "ADEFC"
    assert way(drawing, world, "AC", "truck") == "ADEFC"
    assert way(drawing, world, "AC", "truck", options=Options(Vehicle(height_m=3.0))) == "ABC"


def test_no_way_is_left_where_all_are_excluded(drawn):
    drawing = draw_roads("A--B--C--D", ways={"AB": STREET, "BC": {**STREET, "tunnel": "yes"}, "CD": STREET})
    world = drawn(drawing)
    with pytest.raises(Unprocessable, match="no way leads from"):
        way(drawing, world, "AD", options=Options(exclude=frozenset({"tunnel"})))


def test_every_network_names_its_roads(drawn):
    world = drawn(draw_roads(BLOCK, ways=BLOCK_WAYS))
    roads = 2 * world.section(ROADS).segment_count
    assert {network.graph.roads for network in world.section(DIRECTIONS).networks.values()} == {roads}


def test_where_only_one_way_streets_meet_a_street_one_turns_round(drawn):
    """Else nobody would get to its other side, and who must stop there would find no way."""
    ways = {"AB": STREET, "BC": {**STREET, "oneway": "yes"}, "CDA": STREET}
    drawing = draw_roads("A--B\n|  |\nD--C", ways=ways)
    lon, lat = mid(drawing, "A", "B")
    north, south = ([Place(drawing.lonlat["D"]), Place((lon, lat + by), approach="curb")] for by in (1e-4, -1e-4))
    met = [find_routes(drawn(drawing), Ask(), ends, with_steps=False).routes[0].distance_m for ends in (north, south)]
    assert abs(met[0] - met[1]) == pytest.approx(300, abs=5)


def test_a_private_drive_that_ends_is_a_place_to_go_to(drawn):
    """All turns onto it take time, and so does turning round at its end."""
    drawing = draw_roads("A--B--C\n|  |  |\n|  E  |\nD-----F", ways={"ABC": STREET, "CFDA": STREET, "BE": PRIVATE})
    network = drawn(drawing).section(DIRECTIONS).networks["car"]
    assert network.is_connected.all()
