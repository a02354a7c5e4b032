"""The copies of nodes that remember what was driven before, and the turns from them that rules and delays speak of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.restrictions import ForbiddenSequences, RuleAutomaton
from routing.rows import group_rows
from routing.turns import FORBIDDEN, FREE, GateSets, TurnTable

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """The states that remember, numbered from 0, and the arcs that leave them, by state.

    node (states,): what each is a copy of, ascending.
    first_head (roads,): the state that a road edge leads to, -1 = the plain node, when nothing driven before matters.
    tail, head, edge, gate_set, delay_ms (arcs,): state left; state entered, -1 = the plain node; road edge driven; set
    of the gates that forbid it; what the turn costs. What is always forbidden has no arc.
    sets: numbers the sets of gates.
    """

    node: Int32s
    first_head: Int64s
    tail: Int64s
    head: Int64s
    edge: Int64s
    gate_set: Int64s
    delay_ms: Int64s
    sets: GateSets


def split_nodes(
    tail: Int32s, head: Int32s, nodes: int, forbidden: ForbiddenSequences, gates: int, turns: Int64s, turn_ms: Int64s
) -> Split:
    """The states that rules and delays need; all arguments are checked. See `routing.graph.build_graph`."""
    roads = len(tail)
    begin, is_turn = forbidden.start[:-1], np.diff(forbidden.start) == 2
    rule_turns = forbidden.edges[np.stack([begin[is_turn], begin[is_turn] + 1], axis=1)].astype(np.int64)
    table = TurnTable(roads, gates, rule_turns, forbidden.gate[is_turn].astype(np.int64), turns, turn_ms)
    longer = np.flatnonzero(~is_turn).tolist()
    rules = RuleAutomaton([(forbidden.row(number), int(forbidden.gate[number])) for number in longer], table)

    # A state is the prefix of a longer rule, or else the edge driven last if some turn from it is not free.
    begun = dict(rules.begun())
    turning = np.setdiff1d(table.first, np.array(list(begun), np.int64))
    last = np.concatenate([turning, np.array([rules.last_edge[prefix] for prefix in rules.standing], np.int64)])
    by_node = np.argsort(head[last], kind="stable")
    state = np.empty(len(last), np.int64)
    state[by_node] = np.arange(len(last))
    state_of = dict(zip(rules.standing, state[len(turning) :].tolist()))
    first_head = np.full(roads, -1, np.int64)
    first_head[turning] = state[: len(turning)]
    first_head[list(begun)] = [state_of[prefix] for prefix in begun.values()]

    node_start, node_edge = group_rows(tail, nodes)
    place, edge = _leaving(node_start, node_edge, head[last])
    came_by, gate_set, arc_head = last[place], np.full(len(place), FREE), first_head[edge]
    for row in np.flatnonzero(place >= len(turning)).tolist():
        after, gate_set[row] = rules.after(rules.standing[place[row] - len(turning)], int(edge[row]))
        if after and gate_set[row] != FORBIDDEN:
            arc_head[row] = state_of[after]
    turn_set, delay_ms = table.find(came_by, edge)
    gate_set = table.sets.unite(gate_set, turn_set)
    kept = np.flatnonzero(gate_set != FORBIDDEN)
    kept = kept[np.argsort(state[place[kept]], kind="stable")]
    columns = (state[place[kept]], arc_head[kept], edge[kept].astype(np.int64), gate_set[kept], delay_ms[kept])
    return Split(head[last[by_node]], first_head, *columns, table.sets)


def _leaving(node_start: Int32s, node_edge: Int32s, node: Int32s) -> tuple[Int64s, Int32s]:
    """Every edge that leaves some nodes: (place in the list of nodes, edge)."""
    begin = node_start[node]
    count = node_start[node + 1] - begin
    place = np.repeat(np.arange(len(node)), count)
    number = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    return place, node_edge[begin[place] + number]


def number_aliases(split: Split) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    """(alias driven by each arc, -1 = the road edge itself; road edge, set of gates and delay of each alias)."""
    marked = np.flatnonzero((split.gate_set != FREE) | (split.delay_ms > 0))
    rows = np.stack([split.edge[marked], split.gate_set[marked], split.delay_ms[marked]])
    order = np.lexsort(rows[::-1])
    marked, rows = marked[order], rows[:, order]
    is_new = np.ones(len(marked), np.bool_)
    is_new[1:] = (rows[:, 1:] != rows[:, :-1]).any(axis=0)
    alias = np.full(len(split.edge), -1, np.int64)
    alias[marked] = np.cumsum(is_new) - 1
    return alias, *rows[:, is_new]


def list_gates(sets: GateSets, numbers: Int64s) -> tuple[Int64s, Int32s]:
    """The gates of some sets, as compressed rows."""
    is_single = (numbers != FREE) & (numbers <= sets.gates)
    size = is_single.astype(np.int64)
    larger = {place: sets.members(int(numbers[place])) for place in np.flatnonzero(numbers > sets.gates).tolist()}
    size[list(larger)] = [len(members) for members in larger.values()]
    start = np.concatenate([[0], np.cumsum(size)])
    gate = np.empty(start[-1], np.int32)
    gate[start[:-1][is_single]] = numbers[is_single] - 1
    for place, members in larger.items():
        gate[start[place] : start[place + 1]] = members
    return start, gate
