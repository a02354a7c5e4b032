"""Road graphs of networkx and OSMnx as arrays for this engine, and back."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from routing.errors import BadCost, BadGraph, BadPoint
from routing.metric import lengths_m
from routing.trip import CLOSED, EdgePoints, edge_points

if TYPE_CHECKING:
    import networkx

PARTS = 1000
"""Costs are thousandths of the weight's unit: milliseconds of seconds, millimetres of metres."""

E7 = 1e7

PLAIN_CRS = {"epsg:4326", "4326", "wgs84", "ogc:crs84"}


@dataclass(frozen=True, eq=False)
class Converted:
    """A directed road graph as arrays: `build_graph(edge_tail, edge_head, len(node_id))` makes it searchable.

    node_id (nodes): what networkx calls each node. lonlat (nodes, 2) float64 degrees, WGS-84.
    edge_tail, edge_head (edges,) int32; edge_key (edges): networkx's key among parallel edges.
    cost (edges,) int32: thousandths of the weight's unit (ms of seconds, mm of metres); CLOSED where it is infinite.
    shape_start (edges + 1,), shape_e7 (points, 2) int32: each edge's line, 1e-7 degree, in driving direction.
    """

    node_id: tuple[Hashable, ...]
    lonlat: NDArray[np.float64]
    edge_tail: NDArray[np.int32]
    edge_head: NDArray[np.int32]
    edge_key: tuple[Hashable, ...]
    cost: NDArray[np.int32]
    shape_start: NDArray[np.int32]
    shape_e7: NDArray[np.int32]

    @cached_property
    def node_number(self) -> dict[Hashable, int]:
        """The number of each node by its name."""
        return {name: number for number, name in enumerate(self.node_id)}

    def points_from(self, node: Hashable) -> EdgePoints:
        """Where a trip begins that starts at a node: the beginnings of the edges that leave it. Raises BadPoint."""
        return edge_points(np.flatnonzero(self.edge_tail == self._number(node)), 0.0)

    def points_to(self, node: Hashable) -> EdgePoints:
        """Where a trip ends that goes to a node: the ends of the edges that enter it. Raises BadPoint."""
        return edge_points(np.flatnonzero(self.edge_head == self._number(node)), 1.0)

    def _number(self, node: Hashable) -> int:
        if node not in self.node_number:
            raise BadPoint(f"node {node!r} is not of this graph; it has {len(self.node_id)} others")
        return self.node_number[node]


def from_networkx(graph: networkx.MultiDiGraph | networkx.DiGraph, weight: str = "travel_time") -> Converted:
    """The arrays of a directed graph whose nodes carry x and y, longitude and latitude, as OSMnx makes it.

    weight: the edge attribute that ways are compared by; "travel_time" is in seconds, "length" in metres. It is rounded
    to thousandths; infinity closes an edge.

    Nodes and edges keep the graph's order. An edge without a geometry is straight. Takes 15 ms for 4,000 edges.
    Raises BadGraph for an undirected graph or a node without a place in degrees, BadCost for an edge whose weight is
    missing, no number, negative, or 2,147,483.647 and more.
    """
    if not graph.is_directed():
        raise BadGraph("the graph is undirected; give graph.to_directed(), in which each way round is an edge")
    crs = str(graph.graph.get("crs", "epsg:4326")).lower()
    if crs not in PLAIN_CRS:
        raise BadGraph(f"the graph's crs is {crs}; project it back: osmnx.project_graph(graph, to_latlong=True)")
    number = {name: i for i, name in enumerate(graph.nodes)}
    lonlat = np.array([_place(name, data) for name, data in graph.nodes(data=True)], np.float64).reshape(-1, 2)
    rows = (
        graph.edges(keys=True, data=True) if graph.is_multigraph() else ((u, v, 0, d) for u, v, d in graph.edges.data())
    )
    tail, head, keys, cost, lines = [], [], [], [], []
    for u, v, key, data in rows:
        tail.append(number[u])
        head.append(number[v])
        keys.append(key)
        cost.append(_cost((u, v, key), data, weight))
        line = data.get("geometry")
        lines.append(lonlat[[number[u], number[v]]] if line is None else np.asarray(line.coords)[:, :2])
    return Converted(
        tuple(number),
        lonlat,
        np.array(tail, np.int32),
        np.array(head, np.int32),
        tuple(keys),
        np.array(cost, np.int32),
        np.cumsum([0, *map(len, lines)]).astype(np.int32),
        np.rint(np.concatenate([np.empty((0, 2)), *lines]) * E7).astype(np.int32),
    )


def to_networkx(roads: Converted, weight: str = "travel_time") -> networkx.MultiDiGraph:
    """The graph that `from_networkx` reads as these arrays, as OSMnx makes them: WGS-84, places, lengths, geometries.

    weight: the edge attribute that takes the costs, seconds or metres; infinity on a closed edge. Every edge gets its
    "length" in metres besides, measured on the ellipsoid along its line, if that is not the weight.

    Turn rules and gates stay behind: a networkx graph cannot say them, so its ways may break them.
    Raises BadGraph if the arrays do not fit each other.
    """
    import networkx  # heavy optional: 1 s with its plugins, only planners who take graphs along need it
    import shapely  # heavy optional: as networkx; geometries are what OSMnx draws

    edges = len(roads.edge_tail)
    if not edges == len(roads.edge_head) == len(roads.edge_key) == len(roads.cost) == len(roads.shape_start) - 1:
        raise BadGraph(f"edge_tail has {edges} entries; edge_head, edge_key, cost and the shapes must have as many")
    if len(roads.lonlat) != len(roads.node_id):
        raise BadGraph(f"lonlat has {len(roads.lonlat)} places for {len(roads.node_id)} nodes; give one for each")
    graph = networkx.MultiDiGraph(crs="epsg:4326")
    for name, (lon, lat) in zip(roads.node_id, roads.lonlat.tolist()):
        graph.add_node(name, x=lon, y=lat)
    length_m = lengths_m(roads.shape_start, roads.shape_e7, np.arange(edges, dtype=np.int32))
    for edge in range(edges):
        cost = int(roads.cost[edge])
        data: dict[str, Any] = {"length": float(length_m[edge])}
        data[weight] = math.inf if cost == CLOSED else cost / PARTS
        line = roads.shape_e7[roads.shape_start[edge] : roads.shape_start[edge + 1]]
        if len(line) > 2:
            data["geometry"] = shapely.LineString(line / E7)
        u, v = (roads.node_id[ends[edge]] for ends in (roads.edge_tail, roads.edge_head))
        graph.add_edge(u, v, roads.edge_key[edge], **data)
    return graph


def _place(name: Hashable, data: dict[str, Any]) -> tuple[float, float]:
    x, y = data.get("x"), data.get("y")
    if not (isinstance(x, int | float) and isinstance(y, int | float) and -180 <= x <= 180 and -90 <= y <= 90):
        raise BadGraph(f"node {name!r} is at x={x!r}, y={y!r}; x must be a longitude in degrees, y a latitude")
    return float(x), float(y)


def _cost(edge: tuple[Hashable, Hashable, Hashable], data: dict[str, Any], weight: str) -> int:
    if weight not in data:
        raise BadCost(
            f"edge {edge!r} has no {weight!r}, only {sorted(map(str, data))}; name another weight, or give the graph "
            "to osmnx.add_edge_speeds and osmnx.add_edge_travel_times first"
        )
    own = data[weight]
    if isinstance(own, bool) or not isinstance(own, int | float | np.number) or not own >= 0:
        raise BadCost(f"edge {edge!r} has {weight}={own!r}; it must be a number of 0 or more, infinity = closed")
    if math.isinf(own):
        return CLOSED
    cost = round(float(own) * PARTS)
    if cost >= CLOSED:
        raise BadCost(f"edge {edge!r} has {weight}={own!r}; it must be below {CLOSED / PARTS}")
    return cost
