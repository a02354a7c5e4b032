"""The invented city as an OpenStreetMap file: the same bytes for every geocoder that is compared."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import osmium
import shapely
from osmium.osm.mutable import Node, Relation, Way

from benchmarks.places.simulated import City, Compound, Point, Route

SIMULATED = {"source": "simulated"}
CARRIAGEWAY_DEG = 1.6e-4
"""Half the distance of a motorway's two carriageways: about 15 m."""

Tags = dict[str, str]


class _Elements:
    """Nodes, ways and relations as they come; numbers are their order. A file wants all nodes first."""

    def __init__(self, nodes: Iterable[Point]) -> None:
        self.nodes: list[tuple[Point, Tags]] = [(point, {}) for point in nodes]
        self.ways: list[tuple[list[int], Tags]] = []
        self.relations: list[tuple[list[int], Tags]] = []

    def node(self, point: Point, tags: Tags | None = None) -> int:
        self.nodes.append((point, {**tags, **SIMULATED} if tags else {}))
        return len(self.nodes) - 1

    def way(self, nodes: list[int], tags: Tags) -> int:
        self.ways.append((nodes, {**tags, **SIMULATED} if tags else {}))
        return len(self.ways) - 1

    def ring(self, points: Iterable[Point], tags: Tags) -> int:
        nodes = [self.node(point) for point in points]
        return self.way([*nodes, nodes[0]], tags)


def write(city: City, file: Path) -> None:
    """Writes the file, sorted; a file that is there is replaced when the new one is whole."""
    elements = _Elements(city.nodes)
    _add_boundaries(city, elements)
    for road in city.roads:
        tags = {"highway": road.highway, "name": road.name}
        if road.name_en and (hash_of(road.name) % 2):
            tags["name:en"] = road.name_en
        elements.way(road.nodes, tags)
    _add_houses(city, elements)
    for thing in (*city.pois, *city.wells, *city.stops, *city.villages):
        tags = thing.tags if "ref" in thing.tags else {"name": thing.name, **thing.tags}
        elements.node(thing.lonlat, tags)
    for compound in city.compounds:
        _add_compound(compound, elements)
    for route in city.routes:
        _add_route(route, elements)
    growing = file.with_name("growing.osm.pbf")
    growing.unlink(missing_ok=True)
    _write(elements, growing)
    growing.replace(file)


def hash_of(text: str) -> int:
    """A number of the text, the same in every run."""
    return int.from_bytes(text.encode()[-8:], "little") * 2654435761 >> 7


def _add_boundaries(city: City, elements: _Elements) -> None:
    shapes = [polygon for _, _, polygon in city.districts]
    whole = shapely.union_all(shapes)
    units = [(code, name, "6", polygon) for code, name, polygon in city.districts]
    units.append(("2306", "大庆市", "5", whole))
    units.append(("23", "黑龙江省", "4", whole.envelope.buffer(0.4, quad_segs=2)))
    for code, name, level, shape in units:
        parts = [np.round(part.exterior.coords[:-1], 7).tolist() for part in getattr(shape, "geoms", [shape])]
        ways = [elements.ring(part, {}) for part in parts]
        tags = {"type": "boundary", "boundary": "administrative", "admin_level": level, "name": name, "ref": code}
        elements.relations.append((ways, {**tags, **SIMULATED}))


def _add_houses(city: City, elements: _Elements) -> None:
    ends: dict[tuple[int, int], list[int]] = {}
    for house in city.houses:
        road = city.roads[house.road]
        tags = {"addr:street": road.name, "addr:housenumber": house.number}
        if hash_of(road.name) % 3 == 0:
            tags |= {"addr:city": "大庆市", "addr:district": city.districts[road.district][1]}
        if house.how == "building":
            lon, lat = house.lonlat
            corners = ((-8e-5, -5e-5), (8e-5, -5e-5), (8e-5, 5e-5), (-8e-5, 5e-5))
            ring = [(round(lon + east, 7), round(lat + north, 7)) for east, north in corners]
            elements.ring(ring, {"building": "yes", **tags})
        elif house.how == "node":
            elements.node(house.lonlat, tags)
        elif house.how == "end":
            ends.setdefault((house.road, house.value % 2), []).append(elements.node(house.lonlat, tags))
        elif house.how == "interpolated":
            ends.setdefault((house.road, house.value % 2), []).append(elements.node(house.lonlat))
    for (_, parity), nodes in ends.items():
        if len(nodes) > 1:
            elements.way(nodes, {"addr:interpolation": "odd" if parity else "even"})


def _add_compound(compound: Compound, elements: _Elements) -> None:
    nodes: list[int] = []
    gates = {point: side for side, point in compound.gates}
    corners = compound.ring
    for one, other in zip(corners, [*corners[1:], corners[0]]):
        nodes.append(elements.node(one))
        for point, side in gates.items():
            middle = ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
            if abs(middle[0] - point[0]) < 1e-6 and abs(middle[1] - point[1]) < 1e-6:
                nodes.append(elements.node(point, {"barrier": "gate", "name": f"{side}门"}))
    elements.way([*nodes, nodes[0]], {"landuse": "residential", "name": compound.name})
    for _number, tags, _point, ring in compound.buildings:
        elements.ring(ring, tags)


def _add_route(route: Route, elements: _Elements) -> None:
    lonlat = route.lonlat
    tags = {"highway": route.highway, "ref": route.ref, "name": route.name, "oneway": "yes"}
    step = np.gradient(lonlat, axis=0)
    normal = np.stack([step[:, 1], -step[:, 0]], axis=1) / np.hypot(*step.T)[:, None]
    for side in (1, -1):
        line = np.round(lonlat + side * CARRIAGEWAY_DEG * normal, 7)
        nodes = [elements.node((float(lon), float(lat))) for lon, lat in (line if side > 0 else line[::-1])]
        for begin in range(0, len(nodes) - 1, 40):  # as mappers split long roads
            elements.way(nodes[begin : begin + 41], tags)
    for kilometre, point in route.posts:
        elements.node(point, {"highway": "milestone", "distance": str(kilometre), "ref": route.ref})


def _write(elements: _Elements, file: Path) -> None:
    header = osmium.io.Header()
    header.set("generator", "benchmarks.places: simulated, not a map of any real place")
    header.set("sorting", "Type_then_ID")
    with osmium.SimpleWriter(osmium.io.File(str(file), "pbf"), header=header) as writer:
        for number, (point, tags) in enumerate(elements.nodes, 1):
            writer.add_node(Node(id=number, version=1, location=point, tags=tags))
        for number, (nodes, tags) in enumerate(elements.ways, 1):
            writer.add_way(Way(id=number, version=1, nodes=[node + 1 for node in nodes], tags=tags))
        for number, (ways, tags) in enumerate(elements.relations, 1):
            members = [("w", way + 1, "outer") for way in ways]
            writer.add_relation(Relation(id=number, version=1, members=members, tags=tags))
