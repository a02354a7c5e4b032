"""Turn restrictions: from OSM relations to sequences of edges.

Source: OSM wiki, "Relation:restriction" (members from, via, to; no_/only_; except; restriction:<vehicle>; conditional).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from location_cloud.extract import NODE, WAY, OsmRelations, Tags
from location_cloud.roads.model import (
    BICYCLE,
    BUS,
    CAR,
    EMERGENCY,
    EVERYONE,
    HGV,
    MOTOR,
    MOTORCYCLE,
    NO_RULE,
    ONLY_RULE,
    TAXI,
    WALKERS,
)

_BOUND_BY = {
    "": EVERYONE & ~WALKERS,
    "vehicle": EVERYONE & ~WALKERS,
    "motor_vehicle": MOTOR,
    "motorcar": CAR | TAXI,
    "car": CAR | TAXI,
    "bicycle": BICYCLE,
    "foot": WALKERS,
    "psv": BUS | TAXI,
    "bus": BUS,
    "taxi": TAXI,
    "emergency": EMERGENCY,
    "hgv": HGV,
    "goods": HGV,
    "motorcycle": MOTORCYCLE,
}
"""Whom restriction, restriction:<vehicle> and except=<vehicle> speak of. Without a vehicle: all but walkers."""

_TURNS = frozenset(("left_turn", "right_turn", "straight_on", "u_turn", "entry", "exit"))
_TURN_DEG = {"left_turn": -90.0, "right_turn": 90.0, "straight_on": 0.0, "u_turn": 180.0}
MOST_VIA_EDGES = 40
"""Longest chain of via segments that is followed; the longest seen in the test extracts has 9."""


@dataclass(frozen=True)
class Statement:
    """What one tag of a restriction says: kind, the turn, whom it binds, and its condition ("" = always)."""

    kind: int
    turn: str
    vehicles: int
    condition: str


@dataclass
class Rules:
    """Turn rules as lists; `unresolved` counts relations that could not be laid on the network."""

    kind: list[int] = field(default_factory=list)
    vehicles: list[int] = field(default_factory=list)
    relation: list[int] = field(default_factory=list)
    edges: list[tuple[int, ...]] = field(default_factory=list)
    condition: list[str] = field(default_factory=list)
    relations: int = 0
    unresolved: int = 0


@dataclass(frozen=True)
class Net:
    """As much of the network as restrictions need: segments by way, ends, access, and the direction at each end.

    leave_deg, enter_deg: (2s,) bearing in which an edge leaves its tail and enters its head, clockwise from north.
    """

    way: NDArray[np.int64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    access: NDArray[np.uint16]
    node_osm_id: NDArray[np.int64]
    leave_deg: NDArray[np.float64]
    enter_deg: NDArray[np.float64]

    def edges_of(self, way_id: int) -> list[int]:
        """Both directions of all segments of a way."""
        first, last = np.searchsorted(self.way, [way_id, way_id + 1])
        return list(range(2 * int(first), 2 * int(last)))

    def node(self, osm_id: int) -> int | None:
        """The network's node of an OSM node."""
        place = int(np.searchsorted(self.node_osm_id, osm_id))
        return place if place < len(self.node_osm_id) and self.node_osm_id[place] == osm_id else None


def restriction_via_nodes(relations: OsmRelations) -> NDArray[np.int64]:
    """OSM ids of all via nodes: the network must have a node there, or the rule cannot be said."""
    found = [
        int(relations.member_id[member])
        for number, tags in enumerate(relations.tags)
        if tags.get("type") == "restriction"
        for member in range(relations.member_start[number], relations.member_start[number + 1])
        if relations.member_role[member] == "via" and relations.member_kind[member] == NODE
    ]
    return np.unique(np.array(found, np.int64))


def resolve_restrictions(relations: OsmRelations, net: Net) -> Rules:
    """All turn restrictions of the data as edge sequences, for everybody and all hours they speak of."""
    rules = Rules()
    for number, tags in enumerate(relations.tags):
        if tags.get("type") != "restriction":
            continue
        statements = parse_statements(tags)
        if not statements:
            continue
        rules.relations += 1
        members = _members(relations, number)
        laid = 0
        for statement in statements:
            for edges in _sequences(net, members, statement):
                laid += 1
                rules.kind.append(statement.kind)
                rules.vehicles.append(statement.vehicles)
                rules.relation.append(int(relations.id[number]))
                rules.edges.append(edges)
                rules.condition.append(statement.condition)
        rules.unresolved += not laid
    return rules


def parse_statements(tags: Tags) -> list[Statement]:
    """What the tags of a restriction relation say; unknown values say nothing."""
    excepted = 0
    for word in tags.get("except", "").split(";"):
        excepted |= _BOUND_BY.get(word.strip(), 0) if word.strip() else 0
    found = []
    for key, text in tags.items():
        parts = key.split(":")
        if parts[0] != "restriction":
            continue
        conditional = parts[-1] == "conditional"
        vehicle = ":".join(parts[1:-1] if conditional else parts[1:])
        value, _, condition = text.partition("@")
        # The old way of writing hours, from before restriction:conditional.
        hours = " ".join(_span(tags, old) for old in ("day", "hour") if f"{old}_on" in tags)
        word, _, turn = value.strip().partition("_")
        bound = _BOUND_BY.get(vehicle, 0) & ~excepted
        if word in ("no", "only") and turn in _TURNS and bound:
            kind = NO_RULE if word == "no" else ONLY_RULE
            found.append(Statement(kind, turn, bound, condition.strip() if conditional else hours))
    return found


def _span(tags: Tags, unit: str) -> str:
    """day_on=Mo, day_off=Fr as "Mo-Fr"; hour_on=7, hour_off=18:30 as "7:00-18:30"."""
    ends = (tags[key] for key in (f"{unit}_on", f"{unit}_off") if key in tags)
    return "-".join(f"{end}:00" if end.isdigit() else end for end in ends)


# --- members to edges --------------------------------------------------------------------------------------------


def _members(relations: OsmRelations, number: int) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for member in range(relations.member_start[number], relations.member_start[number + 1]):
        kind, ref = int(relations.member_kind[member]), int(relations.member_id[member])
        found[relations.member_role[member]].append((kind, ref))
    return found


def _sequences(net: Net, members: dict[str, list[tuple[int, int]]], statement: Statement) -> list[tuple[int, ...]]:
    """The edge sequences that a statement means; empty if a member is absent or its meaning stays unclear."""
    via = members["via"]
    via_nodes = [ref for kind, ref in via if kind == NODE]
    via_ways = [ref for kind, ref in via if kind == WAY]
    if len(via_nodes) + bool(via_ways) != 1:
        return []
    found: list[tuple[int, ...]] = []
    for (from_kind, from_way), (to_kind, to_way) in product(members["from"], members["to"]):
        if from_kind != WAY or to_kind != WAY:
            continue
        starts = _usable(net, from_way, statement.vehicles)
        ends = _usable(net, to_way, statement.vehicles)
        if via_nodes:
            candidates = _over_node(net, starts, ends, via_nodes[0])
        else:
            candidates = list(_over_ways(net, starts, ends, via_ways, statement.vehicles))
        found += _meant(net, candidates, statement.turn, from_way == to_way)
    return found


def _usable(net: Net, way: int, vehicles: int) -> list[int]:
    return [edge for edge in net.edges_of(way) if net.access[edge] & vehicles]


def _over_node(net: Net, starts: list[int], ends: list[int], via: int) -> list[tuple[int, ...]]:
    node = net.node(via)
    into = [edge for edge in starts if net.head[edge] == node]
    out = [edge for edge in ends if net.tail[edge] == node]
    return list(product(into, out))


def _over_ways(
    net: Net, starts: list[int], ends: list[int], via_ways: list[int], vehicles: int
) -> Iterator[tuple[int, ...]]:
    """Every path from a start over segments of all via ways to an end."""
    out = defaultdict(list)
    for way in via_ways:
        for edge in _usable(net, way, vehicles):
            out[int(net.tail[edge])].append((edge, way))
    goals = defaultdict(list)
    for edge in ends:
        goals[int(net.tail[edge])].append(edge)
    for start in starts:
        stack: list[tuple[tuple[int, ...], frozenset[int], frozenset[int]]] = []
        stack.append(((start,), frozenset(), frozenset((int(net.head[start]),))))
        while stack:
            path, used, seen = stack.pop()
            node = int(net.head[path[-1]])
            if len(used) == len(set(via_ways)):
                yield from ((*path, goal) for goal in goals[node] if goal >> 1 != path[-1] >> 1)
            if len(path) > MOST_VIA_EDGES:
                continue
            for edge, way in out[node]:
                head = int(net.head[edge])
                if head not in seen:
                    stack.append(((*path, edge), used | {way}, seen | {head}))


def _meant(net: Net, candidates: list[tuple[int, ...]], turn: str, same_way: bool) -> list[tuple[int, ...]]:
    """Of the sequences that fit the members those that fit the turn's name.

    A way that runs on through the via node leaves several: no_entry and no_exit mean all; a U-turn on one way means
    each edge and its reverse; else the angle decides, and if it does not, nothing is meant rather than a wrong turn.
    """
    if turn in ("entry", "exit"):
        return candidates
    if turn == "u_turn" and same_way and all(len(edges) == 2 for edges in candidates):
        return [edges for edges in candidates if edges[1] == edges[0] ^ 1]
    if len(candidates) <= 1:
        return candidates
    off = [_off_deg(net, edges, turn) for edges in candidates]
    close = [edges for edges, deg in zip(candidates, off) if deg < 60.0]
    return close if len(close) == 1 else []


def _off_deg(net: Net, edges: tuple[int, ...], turn: str) -> float:
    """Degrees between the turn that a sequence makes and the turn's name."""
    turned = net.leave_deg[edges[-1]] - net.enter_deg[edges[0]]
    return float(abs((turned - _TURN_DEG[turn] + 180.0) % 360.0 - 180.0))
