"""Drawn towns on which tracks are matched, and vehicles that drive them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from routing.graph import build_graph
from routing.match import match_tracks
from routing.match_network import build_match_network
from routing.metric import metres_per_degree
from routing.restrictions import expand_restrictions
from routing.segment_index import build_segment_index
from routing.shape import segment_lengths_m
from routing.trip import CLOSED
from tests.draw import draw_roads

M_S = 10.0
"""How fast everybody drives, and how fast everything may be driven."""


class Town:
    """Roads as matching takes them: edges 2s and 2s + 1 drive segment s; turning round is for dead ends only."""

    def __init__(self, text: str, ways=None, restrictions=(), grid_m: float = 20.0) -> None:
        self.drawn = draw_roads(text, ways, restrictions, grid_m)
        town = self.drawn.network()
        self.names = [name for segment in town.segments for name in (segment, segment[::-1])]
        numbers = [2 * s + back for s, back in zip(town.edge_segment, town.edge_reversed)]
        ends = np.array([[town.nodes[name[0]], town.nodes[name[-1]]] for name in self.names])
        edge_ms = np.full(len(self.names), CLOSED, np.int32)
        edge_ms[numbers] = town.cost_ms
        rules = [(kind, [numbers[edge] for edge in edges]) for kind, edges in town.rules]
        rules += [("no", [edge, edge ^ 1]) for edge in numbers if self._leads_on(edge, ends, edge_ms)]
        forbidden = expand_restrictions(ends[:, 0], ends[:, 1], len(town.nodes), rules)
        graph = build_graph(ends[:, 0], ends[:, 1], len(town.nodes), forbidden.start, forbidden.edges)
        index = build_segment_index(town.shape_start, town.shape_e7)
        lengths = segment_lengths_m(town.shape_start, town.shape_e7)
        self.network = build_match_network(graph, index, edge_ms[graph.base_edge], lengths)

    def _leads_on(self, edge: int, ends: np.ndarray, edge_ms: np.ndarray) -> bool:
        return bool(((ends[:, 0] == ends[edge, 1]) & (edge_ms != CLOSED)).sum() > 1)

    def drive(self, signs: str, seconds: float = 1.0, noise_m: float = 0.0, seed: int = 0):
        """(times, lonlat) of a vehicle that passes these signs in straight lines."""
        xy = np.array([self.drawn.xy_m[sign] for sign in signs])
        along = np.concatenate([[0.0], np.cumsum([np.hypot(*(b - a)) for a, b in pairwise(xy)])])
        times = np.arange(0.0, along[-1] / M_S + 1e-9, seconds)
        at = np.stack([np.interp(times * M_S, along, xy[:, axis]) for axis in (0, 1)], axis=1)
        return times, self.lonlat(at + np.random.default_rng(seed).normal(0.0, noise_m, at.shape))

    def lonlat(self, xy_m) -> np.ndarray:
        """Degrees of places in metres from the drawing's first character."""
        origin = np.array(next(iter(self.drawn.lonlat.values())))
        scale = np.array(metres_per_degree(float(origin[1])))
        return origin + (np.asarray(xy_m, float) - next(iter(self.drawn.xy_m.values()))) / scale

    def match(self, times, lonlat, **known):
        """One track matched."""
        return match_tracks(self.network, [0, len(times)], lonlat, times, **known)

    def spell(self, edges) -> str:
        """Every edge driven, as the signs of its ends."""
        return " ".join(self.names[edge][0] + self.names[edge][-1] for edge in edges)

    def driven(self, times, lonlat, **known) -> str:
        """What a track was matched to, spelled."""
        return self.spell(self.match(times, lonlat, **known).traversals.edge)


GRID = """
    A---B---C---D---E
    |   |   |   |   |
    F---G---H---I---J
    |   |   |   |   |
    K---L---M---N---O
    |   |   |   |   |
    P---Q---R---S---T
"""
