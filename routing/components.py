"""Which parts of a road network one can drive round in: strongly connected components, turn rules included."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from routing.graph import Graph
from routing.trip import CLOSED, checked_costs


@dataclass(frozen=True, eq=False)
class Components:
    """The components of a graph; number 0 is the largest.

    node (nodes,) int32: the largest component that holds the node or a copy of it.
    edge (edges,) int32: the component in which the edge is driven, -1 if it is closed or only joins two.
    size (components,) int32: nodes in each, a node with copies in several counted in each.
    """

    node: NDArray[np.int32]
    edge: NDArray[np.int32]
    size: NDArray[np.int32]

    def node_sizes(self) -> NDArray[np.int32]:
        """(nodes,) int32: how many nodes can be reached from each node and come back from."""
        return self.size[self.node]


def find_components(graph: Graph, cost_ms: NDArray[np.int32]) -> Components:
    """The strongly connected components of the edges that are not closed, largest first.

    cost_ms: (edges,) int32, CLOSED = not drivable; other values do not matter. Raises BadCost.
    Source: Pearce 2005, as implemented in scipy; linear in the arcs.
    """
    costs = checked_costs(cost_ms, graph.edges)
    is_open = costs[graph.arc_edge] != CLOSED
    tail, head, edge = graph.arc_tail[is_open], graph.arc_head[is_open], graph.arc_edge[is_open]
    links = csr_array((np.ones(len(tail), np.int8), (tail, head)), shape=(graph.states, graph.states))
    count, label = connected_components(links, directed=True, connection="strong")

    origin, own, copy = graph.node_origin[graph.nodes :], label[: graph.nodes], label[graph.nodes :]
    is_elsewhere = copy != own[origin]
    elsewhere = np.unique(copy[is_elsewhere].astype(np.int64) * graph.nodes + origin[is_elsewhere])
    size = np.bincount(own, minlength=count) + np.bincount(elsewhere // max(graph.nodes, 1), minlength=count)
    order = np.argsort(-size, kind="stable")
    rank = np.empty(count, np.int32)
    rank[order] = np.arange(count, dtype=np.int32)
    state = rank[label]

    node = np.full(graph.nodes, count, np.int32)
    np.minimum.at(node, graph.node_origin, state)
    edge_in = np.full(graph.edges, count, np.int32)
    inside = state[tail] == state[head]
    np.minimum.at(edge_in, edge[inside], state[tail][inside])
    edge_in[edge_in == count] = -1
    return Components(node, edge_in, size[order].astype(np.int32))
