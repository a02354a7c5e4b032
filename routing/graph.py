"""The road graph a search runs on: nodes split exactly where a turn rule needs a memory, and nowhere else.

A *segment* is a piece of road between two junctions, an *edge* one way of driving it, a *node* a junction. A *state* is
a node, or a copy of a node that remembers which forbidden sequence of edges has been begun; an *arc* is one copy of an
edge between two states. Any plain shortest-path method on the states obeys every rule without knowing of rules: this
is the line between this module and the searches. Costs belong to edges, so a rule costs no second copy of them.

Rejected: the full edge-expanded graph (a state for each edge) has 2.6 times the states and twice the arcs (Moscow:
129,000 junctions, 335,000 edges, 677,000 turns), for the sake of the 3-6 % of junctions that have a rule.
"""

from dataclasses import dataclass, fields

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import BadGraph
from routing.restrictions import FORBIDDEN, RuleAutomaton, checked_ends, checked_sequences
from routing.rows import as_read_only, group_rows

Int32s = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Graph:
    """A split road graph: int32 arrays, read-only, shareable between threads and (mapped) between processes.

    arc_start (states + 1,), arc_tail, arc_head, arc_edge (arcs,): arcs by the state they leave.
    in_start (states + 1,), in_tail, in_edge (arcs,): the same arcs by the state they enter.
    node_origin (states,): the node a state is a copy of; states 0..nodes-1 are the nodes themselves.
    copy_start (edges + 1,), copy_arc (arcs,): the arcs that are copies of an edge.
    entry_arc (edges,): the copy driven by a trip that starts on the edge, with no history behind it.
    node_count (1,): the number of nodes before splitting.
    """

    arc_start: Int32s
    arc_tail: Int32s
    arc_head: Int32s
    arc_edge: Int32s
    in_start: Int32s
    in_tail: Int32s
    in_edge: Int32s
    node_origin: Int32s
    copy_start: Int32s
    copy_arc: Int32s
    entry_arc: Int32s
    node_count: Int32s

    @property
    def nodes(self) -> int:
        """Number of junctions."""
        return int(self.node_count[0])

    @property
    def states(self) -> int:
        """Number of junctions and their copies."""
        return len(self.node_origin)

    @property
    def edges(self) -> int:
        """Number of directed edges."""
        return len(self.entry_arc)

    @property
    def arcs(self) -> int:
        """Number of edges and their copies."""
        return len(self.arc_edge)

    def as_arrays(self) -> dict[str, NDArray[np.int32]]:
        """Every array by name, to be written to files."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.int32]]) -> "Graph":
        """The graph whose `as_arrays` this is; the arrays may be read-only memory maps and are not copied.

        Raises BadGraph if an array is missing, of another type, or points outside the graph: a search does not check
        its indices again.
        """
        names = [field.name for field in fields(cls)]
        if missing := [name for name in names if name not in arrays]:
            raise BadGraph(f"graph arrays {missing} are missing; build the graph again")
        columns = {name: _as_column(name, arrays[name]) for name in names}
        if len(columns["node_count"]) != 1:
            raise BadGraph("node_count must hold one number")
        graph = cls(**columns)
        _check(graph)
        return graph


def build_graph(
    edge_tail: ArrayLike,
    edge_head: ArrayLike,
    nodes: int,
    forbidden_start: ArrayLike = (0,),
    forbidden_edges: ArrayLike = (),
) -> Graph:
    """The graph of these edges on which no forbidden sequence can be driven.

    edge_tail, edge_head: (edges,) integers in [0, nodes). Loops, parallel edges and parts without connection are fine.
    forbidden_start, forbidden_edges: compressed rows of edge sequences (see `expand_restrictions`); they may overlap,
    contain each other and pass any number of nodes.

    Takes about 50 ms for 200,000 edges with 3,000 rules.
    Raises BadGraph for an index outside its range and for a sequence whose edges do not follow each other.
    """
    tail, head = checked_ends(edge_tail, edge_head, nodes)
    rules = RuleAutomaton(checked_sequences(forbidden_start, forbidden_edges, tail, head))
    standing = sorted(rules.standing, key=lambda prefix: int(head[rules.last_edge[prefix]]))
    split_node = np.array([head[rules.last_edge[prefix]] for prefix in standing], np.int32)
    state_of = {prefix: nodes + number for number, prefix in enumerate(standing)}

    first_head = head.copy()  # where an edge leads that is driven with no memory
    for prefix, state in state_of.items():
        if rules.after(0, rules.last_edge[prefix]) == prefix:
            first_head[rules.last_edge[prefix]] = state
    node_start, node_edge = group_rows(tail, nodes)
    split_tail, split_head, split_edge = [], [], []
    for prefix, state in state_of.items():
        node = head[rules.last_edge[prefix]]
        for edge in node_edge[node_start[node] : node_start[node + 1]].tolist():
            after = rules.after(prefix, edge)
            if after != FORBIDDEN:
                split_tail.append(state)
                split_head.append(state_of[after] if after else int(head[edge]))
                split_edge.append(edge)

    # States after `nodes` are copies, so their arcs follow those of the plain nodes and the rows stay sorted.
    arc_tail = np.concatenate([tail[node_edge], np.array(split_tail, np.int32)])
    arc_head = np.concatenate([first_head[node_edge], np.array(split_head, np.int32)])
    arc_edge = np.concatenate([node_edge, np.array(split_edge, np.int32)])
    states = nodes + len(standing)
    arc_start, _ = group_rows(arc_tail, states)
    in_start, in_arc = group_rows(arc_head, states)
    copy_start, copy_arc = group_rows(arc_edge, len(tail))
    entry_arc = np.empty(len(tail), np.int32)
    entry_arc[node_edge] = np.arange(len(tail), dtype=np.int32)
    return Graph(
        *(
            as_read_only(column, np.int32)
            for column in (
                arc_start,
                arc_tail,
                arc_head,
                arc_edge,
                in_start,
                arc_tail[in_arc],
                arc_edge[in_arc],
                np.concatenate([np.arange(nodes, dtype=np.int32), split_node]),
                copy_start,
                copy_arc,
                entry_arc,
                np.array([nodes], np.int32),
            )
        )
    )


def _as_column(name: str, array: NDArray[np.int32]) -> NDArray[np.int32]:
    if array.dtype != np.int32 or array.ndim != 1:
        raise BadGraph(f"{name} must be an int32 column, not {array.dtype} {array.shape}")
    return as_read_only(array, np.int32)


def _check(graph: Graph) -> None:
    nodes, states, edges, arcs = graph.nodes, graph.states, graph.edges, graph.arcs
    limits = {
        "arc_tail": (arcs, states),
        "arc_head": (arcs, states),
        "arc_edge": (arcs, edges),
        "in_tail": (arcs, states),
        "in_edge": (arcs, edges),
        "copy_arc": (arcs, arcs),
        "entry_arc": (edges, arcs),
        "node_origin": (states, nodes),
    }
    for name, (length, limit) in limits.items():
        column = getattr(graph, name)
        if len(column) != length:
            raise BadGraph(f"{name} has {len(column)} entries, {length} expected; build the graph again")
        if (wrong := int(_first_outside(column, limit))) >= 0:
            raise BadGraph(f"{name}[{wrong}] = {column[wrong]} is outside 0..{limit - 1}; build the graph again")
    for name, rows in (("arc_start", states), ("in_start", states), ("copy_start", edges)):
        if not _is_row_start(getattr(graph, name), rows, arcs):
            raise BadGraph(f"{name} does not rise from 0 to {arcs} in {rows} rows; build the graph again")


@numba.njit(cache=True, nogil=True)
def _first_outside(column: NDArray[np.int32], limit: int) -> int:
    for place in range(len(column)):
        if column[place] < 0 or column[place] >= limit:
            return place
    return -1


@numba.njit(cache=True, nogil=True)
def _is_row_start(start: NDArray[np.int32], rows: int, items: int) -> bool:
    if len(start) != rows + 1 or start[0] != 0 or start[rows] != items:
        return False
    for row in range(rows):  # noqa: SIM110  # numba compiles no generator
        if start[row + 1] < start[row]:
            return False
    return True
