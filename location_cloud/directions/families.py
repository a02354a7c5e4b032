"""Families of ways of moving: one graph for several profiles, with gates where a turn rule binds only some of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from location_cloud.directions.network import BARRIER, SIGN, TURN_ROUND, Gate
from location_cloud.directions.profiles import Profile
from location_cloud.directions.star import Star
from location_cloud.directions.turn_delays import turn_kinds
from location_cloud.roads.countries import get_country
from location_cloud.roads.edges import Topology, edge_heads, topology
from location_cloud.roads.model import RULE_KINDS, Roads
from routing.graph import Graph, build_graph
from routing.restrictions import expand_restrictions, pack_sequences
from routing.rows import group_rows

Sequences = dict[tuple[int, ...], int]
"""Edge sequences that may not be driven -> bits of whom that binds."""

ALWAYS_BINDING = -1


Edges = NDArray[np.bool_]


def build_family_graph(
    roads: Roads,
    profiles: Sequence[Profile],
    may_open: Mapping[str, Edges],
    is_public: Mapping[str, Edges],
    star: Star | None = None,
) -> tuple[Graph, tuple[Gate, ...], Topology]:
    """The graph on which each profile obeys exactly its own rules once its gates are shut.

    profiles: those of one family. may_open: by profile, (edges,), where it may drive under any options and at any hour.
    is_public: by profile, (edges,), where it may be led through as a rule. star: for the angles of turns; None =
    turning takes nobody any time.

    A rule that binds every profile which could break it needs no gate.
    """
    is_open, leads_on = _by_traveller(profiles, may_open), _by_traveller(profiles, is_public)
    ends = topology(roads, sum(is_open))
    numbers: dict[Gate, int] = {}
    rows: list[tuple[int, ...]] = []
    gate_of: list[int] = []
    opens = {bit: edges.tobytes().__getitem__ for bit, edges in is_open.items()}
    for (kind, condition), sequences in _all_rules(roads, profiles, ends, is_open, leads_on).items():
        travellers = {(profile.access, _heeds(profile, kind)) for profile in profiles}
        for sequence, bound in sequences.items():
            if not condition and all(
                (bound & access and heeds) or not all(map(opens[access], sequence)) for access, heeds in travellers
            ):
                number = ALWAYS_BINDING
            else:
                number = numbers.setdefault(Gate(kind, bound, condition), len(numbers))
            rows.append(sequence)
            gate_of.append(number)
    packed = pack_sequences(rows)
    turns: ArrayLike = ()
    kinds: ArrayLike = ()
    if star is not None:
        side = get_country(roads.country_code).driving_side
        turns, kinds = turn_kinds(roads, star, ends, np.any(list(is_open.values()), axis=0), profiles, side)
    graph = build_graph(
        ends.tail,
        ends.head,
        ends.nodes,
        packed.start,
        packed.edges,
        gate=np.array(gate_of, np.int32),
        gates=len(numbers),
        turns=turns,
        turn_ms=kinds,
    )
    return graph, tuple(numbers), ends


def _heeds(profile: Profile, kind: int) -> bool:
    """Whether rules of a kind bind it at all; those of its kind of traveller may differ in that."""
    return {SIGN: profile.obeys_signs, TURN_ROUND: not profile.may_turn_round, BARRIER: True}[kind]


def _all_rules(
    roads: Roads,
    profiles: Sequence[Profile],
    ends: Topology,
    is_open: Mapping[int, Edges],
    is_public: Mapping[int, Edges],
) -> dict[tuple[int, str], Sequences]:
    """Everything that some profile may not drive, by kind and condition."""
    found: dict[tuple[int, str], Sequences] = defaultdict(lambda: defaultdict(int))
    for bit, open_edges in is_open.items():
        alike = [profile for profile in profiles if profile.access == bit]
        barriers = _barriers(roads, ends, bit, open_edges)
        no_way_on: list[tuple[int, ...]] = [*barriers]
        for pair in barriers:
            found[BARRIER, ""][pair] |= bit
        for condition, rules in _signs(roads, bit, open_edges).items():
            expanded: list[tuple[int, ...]] = expand_restrictions(ends.tail, ends.head, ends.nodes, rules).as_tuples()
            for sequence in expanded:
                found[SIGN, condition][sequence] |= bit
            if not condition and any(profile.obeys_signs for profile in alike):
                no_way_on += expanded
        if not all(profile.may_turn_round for profile in alike):
            for pair in turning_round(ends, open_edges, is_public[bit], no_way_on):
                found[TURN_ROUND, ""][pair] |= bit
    return found


def _signs(roads: Roads, bit: int, is_open: NDArray[np.bool_]) -> dict[str, list[tuple[str, tuple[int, ...]]]]:
    """The turn restrictions that bind one kind of traveller, by their condition ("" = always; always among the keys).

    A rule over an edge that it never drives, or through a node that it cannot pass, says nothing to it: an "only" rule
    towards a closed road would shut the road before it for good.
    """
    head, blocked = edge_heads(roads), roads.node_blocked & bit
    found: dict[str, list[tuple[str, tuple[int, ...]]]] = {"": []}
    for prefix in ("rule", "conditional"):
        bounds = getattr(roads, f"{prefix}_start").tolist()
        vehicles, kinds = getattr(roads, f"{prefix}_vehicles"), getattr(roads, f"{prefix}_kind")
        for number in np.flatnonzero(vehicles & bit).tolist():
            edges = getattr(roads, f"{prefix}_edges")[bounds[number] : bounds[number + 1]]
            if is_open[edges].all() and not blocked[head[edges[:-1]]].any():
                text = "" if prefix == "rule" else roads.names[int(roads.conditional_text[number])]
                found.setdefault(text, []).append((RULE_KINDS[kinds[number]], tuple(edges.tolist())))
    return found


def turning_round(
    ends: Topology, is_open: Edges, is_public: Edges, forbidden: Sequence[tuple[int, ...]]
) -> list[tuple[int, int]]:
    """Turning round on the spot, wherever there are another way on and another way back: it is left for dead ends and
    for two-way streets that meet one-way ones only, whose other side nobody else could enter.

    Without this, a forbidden left turn is escaped by passing the junction, turning round behind it and coming back.
    A street that ends before private drives is a dead end: of public roads only public ones lead on.
    forbidden: what signs and barriers forbid always; they may leave no other way on, or back.
    """
    edge = np.arange(len(is_open))
    is_two_way = is_open & is_open[edge ^ 1]
    pairs = np.array(sorted({pair for pair in forbidden if len(pair) == 2 and pair[1] != pair[0] ^ 1}), np.int64)
    pairs = pairs.reshape(-1, 2)
    ways = np.zeros((2, 2, len(edge)), np.int64)
    for row, counted in enumerate((is_open, is_public)):
        for side, (here, there) in enumerate(((ends.tail, ends.head), (ends.head, ends.tail))):
            meeting = np.bincount(here[counted], minlength=ends.nodes)
            taken = pairs[counted[pairs[:, 1 - side]], side]
            ways[side, row] = meeting[there] - counted[edge ^ 1] - np.bincount(taken, minlength=len(edge))
    leads_on, is_entered = (ways[side, is_public.astype(np.intp), edge] > 0 for side in range(2))
    return [(one, one ^ 1) for one in edge[is_two_way & leads_on & is_entered[edge ^ 1]].tolist()]


def _barriers(roads: Roads, ends: Topology, bit: int, is_open: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The ways through barriers that stop this traveller but not its whole family: every pair of edges there."""
    nodes = np.flatnonzero((roads.node_blocked & bit) != 0)
    nodes = nodes[np.isin(nodes, ends.head)]
    start, order = group_rows(ends.tail, ends.nodes)
    into_start, into = group_rows(ends.head, ends.nodes)
    found = []
    for node in nodes.tolist():
        out = [edge for edge in order[start[node] : start[node + 1]].tolist() if is_open[edge]]
        for edge in into[into_start[node] : into_start[node + 1]].tolist():
            if is_open[edge]:
                found += [(edge, other) for other in out if other != edge ^ 1]
    return found


def _by_traveller(profiles: Sequence[Profile], of_profile: Mapping[str, Edges]) -> dict[int, Edges]:
    """By kind of traveller (access bit), what holds for some profile of it."""
    found: dict[int, Edges] = {}
    for profile in profiles:
        found[profile.access] = found.get(profile.access, False) | of_profile[profile.name]
    return found
