"""Drives through several places: stops, where a leg ends, and places passed without stopping or turning round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from location_cloud.directions.legs import direct_cost, find_leg, leg_between, leg_cost
from location_cloud.directions.model import Leg, Snap
from location_cloud.directions.network import Network
from routing.alternatives import find_alternatives
from routing.trip import UNREACHED, EdgePoints


def find_legs(network: Network, snaps: Sequence[Snap], through: Sequence[bool]) -> list[Leg] | int:
    """The quickest legs from each place to the next, or the number of the first leg that leads nowhere.

    through: by place, whether it is passed: driven on in the direction in which one came. The first and the last count
    as stops, and so do places on local roads.

    Between two stops the directions at the places passed are chosen together (dynamic programming over the one or two
    directions of each).
    """
    legs: list[Leg] = []
    at = 0
    while at < len(snaps) - 1:
        until = at + 1
        while until < len(snaps) - 1 and through[until] and not snaps[until].is_local:
            until += 1
        chosen = _one_way(network, snaps[at : until + 1]) if until > at + 1 else snaps[at : until + 1]
        for start, end in pairwise(chosen):
            leg = find_leg(network, start, end)
            if leg is None:
                return len(legs)
            legs.append(leg)
        at = until
    return legs


def find_ways(network: Network, start: Snap, end: Snap, alternatives: int) -> list[Leg]:
    """The quickest way from one place to another, then up to so many others; none if there is no way at all."""
    if start.is_local or end.is_local:
        leads_out = bool(len(start.starts)) and bool(len(end.ends))
        if not leads_out or direct_cost(network, start, end) != UNREACHED:  # behind one gate: one way is told
            best = find_leg(network, start, end)
            return [] if best is None else [best]
    paths = find_alternatives(
        network.hierarchy,
        network.metric,
        start.starts,
        end.ends,
        alternatives,
        base_edge=network.graph.base_edge,
    )
    return [leg_between(network, start, end, path) for path in paths]


def _one_way(network: Network, snaps: Sequence[Snap]) -> list[Snap]:
    """The same places, each of the inner ones on the one edge that makes the whole drive quickest."""
    choices = [[snaps[0]], *(_directions(network, snap) for snap in snaps[1:-1]), [snaps[-1]]]
    cost = [0]
    back: list[list[int]] = []
    for before, here in pairwise(choices):
        step = [[_sum(done, leg_cost(network, start, end)) for done, start in zip(cost, before)] for end in here]
        back.append([int(np.argmin(row)) for row in step])
        cost = [min(row) for row in step]
    place = int(np.argmin(cost))
    chosen = [choices[-1][place]]
    for row, before in zip(reversed(back), reversed(choices[:-1])):
        place = row[place]
        chosen.append(before[place])
    return chosen[::-1]


def _sum(done: int, cost: int) -> int:
    return UNREACHED if UNREACHED in (done, cost) else done + cost


def _directions(network: Network, snap: Snap) -> list[Snap]:
    base = network.graph.base_edge
    found = []
    for edge in np.unique(snap.starts.edge).tolist():
        starts, ends = _on(snap.starts, snap.starts.edge == edge), _on(snap.ends, base[snap.ends.edge] == edge)
        if len(ends):
            found.append(replace(snap, starts=starts, ends=ends, start_edges=(), end_edges=()))
    return found or [snap]


def _on(points: EdgePoints, is_kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> EdgePoints:
    return EdgePoints(points.edge[is_kept], points.fraction[is_kept], points.extra_ms[is_kept])
