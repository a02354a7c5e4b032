"""The road graph a search runs on: nodes split exactly where a turn rule needs a memory, and nowhere else.

A *segment* is a piece of road between two junctions, an *edge* one way of driving it, a *node* a junction. A *state* is
a node, or a copy of a node that remembers which forbidden sequence of edges has been begun; an *arc* is one copy of an
edge between two states. Any plain shortest-path method on the states obeys every rule without knowing of rules: this
is the line between this module and the searches. Costs belong to edges, so a rule costs no second copy of them.

A rule may bind only while its *gate* is shut (a sign for lorries, or for the morning), and a turn may take time. The
turn that such a rule forbids or that is delayed drives an edge of its own, an *alias* of the road's edge: it leads
where the road's edge leads, and its cost is the road's plus the delay, or CLOSED while one of its gates is shut (see
routing.gates). So one graph and one hierarchy serve many ways of moving, at any hour: again it is all in the costs.

Rejected: the full edge-expanded graph (a state for each edge) has 2.6 times the states and twice the arcs (Moscow:
129,000 junctions, 335,000 edges, 677,000 turns), for the sake of the 3-6 % of junctions that have a rule.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.caching import cached
from routing.errors import BadGraph
from routing.restrictions import checked_ends, checked_sequences
from routing.rows import as_read_only, group_rows
from routing.split import list_gates, number_aliases, split_nodes
from routing.trip import CLOSED
from routing.turns import checked_delays

Int32s = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Graph:
    """A split road graph: int32 arrays, read-only, shareable between threads and (mapped) between processes.

    arc_start (states + 1,), arc_tail, arc_head, arc_edge (arcs,): arcs by the state they leave.
    in_start (states + 1,), in_tail, in_edge (arcs,): the same arcs by the state they enter.
    node_origin (states,): the node a state is a copy of; states 0..nodes-1 are the nodes themselves.
    copy_start (edges + 1,), copy_arc (arcs,): the arcs that are copies of an edge.
    entry_arc (edges,): the copy driven by a trip that starts on the edge, with no history behind it; trips start on
    road edges only, for an alias it is that of its road edge.
    node_count (1,): the number of nodes before splitting. road_count (1,), gate_count (1,): of road edges, of gates.

    Edges 0..roads-1 are the road edges, roads..edges-1 their aliases, by road edge, ascending.
    base_edge (edges,): the road edge that is driven; its own number for a road edge.
    alias_start (roads + 1,): road edge r has the aliases roads + alias_start[r] .. roads + alias_start[r + 1] - 1.
    gate_start (aliases + 1,), gate: the gates of each alias; it is closed while one of them is shut.
    delay_ms (aliases,): what the turn onto the alias costs beside its road edge; or, where ways of moving differ in
    that, the number of a kind of turn (turn_ms of routing.gates.edge_costs).
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
    road_count: Int32s
    gate_count: Int32s
    base_edge: Int32s
    alias_start: Int32s
    gate_start: Int32s
    gate: Int32s
    delay_ms: Int32s

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
        """Number of directed edges, aliases included."""
        return len(self.base_edge)

    @property
    def roads(self) -> int:
        """Number of directed edges of roads: those that were given."""
        return int(self.road_count[0])

    @property
    def aliases(self) -> int:
        """Number of further edges, which drive a road edge after a turn that has gates or a delay."""
        return len(self.delay_ms)

    @property
    def gates(self) -> int:
        """Number of gates."""
        return int(self.gate_count[0])

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
        for name in ("node_count", "road_count", "gate_count"):
            if len(columns[name]) != 1 or columns[name][0] < 0:
                raise BadGraph(f"{name} must hold one number, 0 or more; build the graph again")
        graph = cls(**columns)
        _check(graph)
        return graph


def build_graph(
    edge_tail: ArrayLike,
    edge_head: ArrayLike,
    nodes: int,
    forbidden_start: ArrayLike = (0,),
    forbidden_edges: ArrayLike = (),
    gate: ArrayLike | None = None,
    gates: int = 0,
    turns: ArrayLike = (),
    turn_ms: ArrayLike = (),
) -> Graph:
    """The graph of these edges on which no forbidden sequence can be driven.

    edge_tail, edge_head: (roads,) integers in [0, nodes). Loops, parallel edges and parts without connection are fine.
    forbidden_start, forbidden_edges: compressed rows of edge sequences (see `expand_restrictions`); they may overlap,
    contain each other and pass any number of nodes.
    gate: (sequences,) the gate, 0..gates-1, that must be shut for a sequence to be forbidden; -1 = always is.
    gates: how many gates there are. None as gate = every sequence is always forbidden.
    turns, turn_ms: (n, 2) edge left and edge driven next, (n,) its delay, milliseconds, or the number of its kind from
    1 (see Graph.delay_ms); other turns take no time.
    A trip's first edge has no turn before it.

    Takes 28 ms for 90,000 edges with 42,000 sequences, 52 ms if all have gates, 0.1 s if 122,000 turns have delays.
    Raises BadGraph for an index outside its range, for a sequence whose edges do not follow each other, and for a turn
    given twice.
    """
    tail, head = checked_ends(edge_tail, edge_head, nodes)
    roads = len(tail)
    forbidden = checked_sequences(forbidden_start, forbidden_edges, gate, gates, tail, head)
    split = split_nodes(tail, head, nodes, forbidden, gates, *checked_delays(turns, turn_ms, tail, head))
    alias, alias_base, alias_set, alias_ms = number_aliases(split)
    gate_start, alias_gate = list_gates(split.sets, alias_set)
    base_edge = np.concatenate([np.arange(roads), alias_base])

    # States after `nodes` are copies, so their arcs follow those of the plain nodes and the rows stay sorted.
    states = nodes + len(split.node)
    _, node_edge = group_rows(tail, nodes)
    arc_tail = np.concatenate([tail[node_edge], (nodes + split.tail).astype(np.int32)])
    arc_edge = np.concatenate([node_edge, np.where(alias < 0, split.edge, roads + alias).astype(np.int32)])
    copy_entered = np.concatenate([split.first_head[node_edge], split.head])
    arc_head = np.where(copy_entered < 0, head[base_edge[arc_edge]], nodes + copy_entered).astype(np.int32)
    arc_start, _ = group_rows(arc_tail, states)
    in_start, in_arc = group_rows(arc_head, states)
    copy_start, copy_arc = group_rows(arc_edge, len(base_edge))
    alias_start, _ = group_rows(alias_base.astype(np.int32), roads)
    entry_arc = np.empty(roads, np.int32)
    entry_arc[node_edge] = np.arange(roads, dtype=np.int32)
    return Graph(
        *(
            as_read_only(np.asarray(column), np.int32)
            for column in (
                arc_start,
                arc_tail,
                arc_head,
                arc_edge,
                in_start,
                arc_tail[in_arc],
                arc_edge[in_arc],
                np.concatenate([np.arange(nodes, dtype=np.int32), split.node]),
                copy_start,
                copy_arc,
                entry_arc[base_edge],
                [nodes],
                [roads],
                [gates],
                base_edge,
                alias_start,
                gate_start,
                alias_gate,
                alias_ms,
            )
        )
    )


def _as_column(name: str, array: NDArray[np.int32]) -> NDArray[np.int32]:
    if array.dtype != np.int32 or array.ndim != 1:
        raise BadGraph(f"{name} must be an int32 column, not {array.dtype} {array.shape}")
    return as_read_only(array, np.int32)


def _check(graph: Graph) -> None:
    nodes, states, edges, arcs, roads = graph.nodes, graph.states, graph.edges, graph.arcs, graph.roads
    limits = {
        "arc_tail": (arcs, states),
        "arc_head": (arcs, states),
        "arc_edge": (arcs, edges),
        "in_tail": (arcs, states),
        "in_edge": (arcs, edges),
        "copy_arc": (arcs, arcs),
        "entry_arc": (edges, arcs),
        "node_origin": (states, nodes),
        "base_edge": (roads + graph.aliases, roads),
        "gate": (len(graph.gate), graph.gates),
        "delay_ms": (graph.aliases, CLOSED),
    }
    for name, (length, limit) in limits.items():
        column = getattr(graph, name)
        if len(column) != length:
            raise BadGraph(f"{name} has {len(column)} entries, {length} expected; build the graph again")
        if (wrong := int(_first_outside(column, limit))) >= 0:
            raise BadGraph(f"{name}[{wrong}] = {column[wrong]} is outside 0..{limit - 1}; build the graph again")
    for name, rows, items in (
        ("arc_start", states, arcs),
        ("in_start", states, arcs),
        ("copy_start", edges, arcs),
        ("alias_start", roads, graph.aliases),
        ("gate_start", graph.aliases, len(graph.gate)),
    ):
        if not _is_row_start(getattr(graph, name), rows, items):
            raise BadGraph(f"{name} does not rise from 0 to {items} in {rows} rows; build the graph again")
    of_row = np.repeat(np.arange(roads, dtype=np.int32), np.diff(graph.alias_start))
    if not np.array_equal(graph.base_edge, np.concatenate([np.arange(roads, dtype=np.int32), of_row])):
        raise BadGraph("base_edge does not name road edges and their aliases in order; build the graph again")


@cached(nogil=True)
def _first_outside(column: NDArray[np.int32], limit: int) -> int:
    for place in range(len(column)):
        if column[place] < 0 or column[place] >= limit:
            return place
    return -1


@cached(nogil=True)
def _is_row_start(start: NDArray[np.int32], rows: int, items: int) -> bool:
    if len(start) != rows + 1 or start[0] != 0 or start[rows] != items:
        return False
    for row in range(rows):  # noqa: SIM110  # numba compiles no generator
        if start[row + 1] < start[row]:
            return False
    return True
