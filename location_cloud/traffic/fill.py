"""How slow traffic is where nobody was heard, from the roads around: one field over all edges, by least squares.

The field is the log of the time a road takes beside what is usual there. It keeps to what was heard, differs little
between roads that follow each other, and returns to what the neighbourhood's roads of the same kind do:

    minimise sum h (x - y)^2 + sum c (x - x')^2 + sum g (x - a)^2

h, y: weight and mean of what was heard; c: of two neighbours; a, g: the neighbourhood's mean and its weight. Weights
are inverse variances in units of one voice (evidence.SPREAD). Where several vehicles agree, what is unlike them beside
them loses its say, so that a jam may begin at a junction. Solved by symmetric Gauss-Seidel sweeps: edges are
numbered along their ways, so one sweep forward and one backward carry news along a whole road.

Source: Gaussian Markov random field, Rue & Held 2005, section 2.2; for travel times of a road network Hofleitner et al.
2012; solver: Saad 2003, section 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.roads.edges import edge_heads, edge_tails
from location_cloud.roads.model import Roads
from location_cloud.traffic.evidence import EXPECTED_SPREAD, SPREAD
from routing.metric import metres_per_degree
from routing.rows import group_rows
from tiles.compiled import entry_point

ROAD_SPREAD, AHEAD_SPREAD, OPPOSITE_SPREAD = 0.3, 0.5, 1.0
"""Standard deviation of the log ratio between an edge and the next one of the same road; of the same kind straight on;
the other direction. Ours, from simulated cities; a city with history can measure them."""

APART = 0.3
"""Where two vehicles agree that an edge differs so much from one beside it, in logs, that one has half its say. Without
it jams of four edges were told 60 % too fast, now 16 %. Source: Cauchy weights, as Black & Rangarajan 1996 let lines
break a field."""

REACH_M = 700.0
"""Middles of edges so far apart share e times less of it. Ours."""

STRAIGHT = 0.6
"""Cosine of the turn from which roads of one kind are one course: 53 degrees."""

AROUND_WEIGHT = (SPREAD / EXPECTED_SPREAD) ** 2
"""Voices that a neighbourhood's mean counts on each of its edges."""

CELL_M = 2000.0
"""Side of the squares in which roads of a kind are a neighbourhood; ours: a town's districts are some kilometres."""

CITY_WEIGHT, CELL_WEIGHT = 5.0, 3.0
"""Voices that what is usual counts against a kind's roads of the city; that these count against those of a square."""

SWEEPS = 1
"""Forward and backward each. A second one changed no error by 0.1 % of the speed, and takes as long again."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """What each edge has to do with others. start (edges + 1,) int32, other (k,) int32, weight (k,) float32 per voice.

    cell: (edges,) int32 number of the square and kind of road, -1 = no cars; cell_kind: (cells,) int32 its kind.
    """

    start: NDArray[np.int32]
    other: NDArray[np.int32]
    weight: NDArray[np.float32]
    cell: NDArray[np.int32]
    cell_kind: NDArray[np.int32]


def build_neighbours(roads: Roads, has_cars: NDArray[np.bool_], kind: NDArray[np.int8]) -> Neighbours:
    """The neighbours of all edges. has_cars, kind: (edges,) where cars go, and the kind of road, -1 = none.

    Takes 0.3 s for 335,000 edges.
    """
    left, driven = _following(roads, has_cars)
    same_kind = kind[left] == kind[driven]
    left, driven = left[same_kind], driven[same_kind]
    cosine = _turn_cosine(roads, left, driven)
    one, other = left >> 1, driven >> 1
    same_road = roads.seg_way[one] == roads.seg_way[other]
    for names in (roads.seg_name, roads.seg_ref):
        same_road |= (names[one] == names[other]) & (names[one] != 0)
    spread = np.where(same_road & (cosine > 0), ROAD_SPREAD, np.where(cosine > STRAIGHT, AHEAD_SPREAD, np.inf))
    back = np.flatnonzero(has_cars[0::2] & has_cars[1::2])
    left = np.concatenate([left, 2 * back])
    driven = np.concatenate([driven, 2 * back + 1])
    spread = np.concatenate([spread, np.full(len(back), OPPOSITE_SPREAD)])
    apart_m = 0.5 * (roads.seg_length_m[left >> 1] + roads.seg_length_m[driven >> 1])
    apart_m[left ^ 1 == driven] = 0.0
    weight = (SPREAD / spread) ** 2 * np.exp(-apart_m / REACH_M)
    is_linked = weight > 0
    left, driven, weight = left[is_linked], driven[is_linked], weight[is_linked]
    one_side = np.concatenate([left, driven]).astype(np.int32)
    other_side = np.concatenate([driven, left]).astype(np.int32)
    start, order = group_rows(one_side, len(has_cars))
    weights = np.concatenate([weight, weight]).astype(np.float32)[order]
    return Neighbours(start, other_side[order], weights, *_cells(roads, has_cars, kind))


def spread_out(
    near: Neighbours,
    heard_at: NDArray[np.int32],
    mean: NDArray[np.float64],
    weight: NDArray[np.float64],
    around: NDArray[np.float64],
    agreeing: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """The field, how much of it is known, and by how many voices: three (edges,) float32.

    heard_at: (edges,) row in mean, weight and agreeing, -1 = nothing heard: log ratio, voices, and vehicles by age.
    around: (cells,) mean of each neighbourhood. Known: from 0, nothing but the neighbourhood speaks, to 1: the share of
    what speaks that was heard on the edge or on its neighbours. Voices: the same as a weight.

    Takes 10 ms for 150,000 edges with cars.
    """
    field, known, voices = (np.zeros(len(near.cell), np.float32) for _ in range(3))
    _sweep(
        near.start,
        near.other,
        near.weight,
        near.cell,
        heard_at,
        mean,
        weight,
        around,
        agreeing,
        SWEEPS,
        field,
        known,
        voices,
    )
    return field, known, voices


def around_means(
    near: Neighbours, heard: NDArray[np.intp], mean: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean log ratio of every neighbourhood, and how many voices told it: two (cells,).

    heard: (rows,) the edges that mean and weight are of.
    Few voices are drawn to the mean of the same kind of roads in the whole city, that one to what is usual.
    Source: shrinkage of group means, Gelman et al., Bayesian Data Analysis, section 5.4.
    """
    cell = near.cell[heard]
    counts = np.minimum(weight, 1.0)  # one edge is no neighbourhood
    said = np.clip(mean, -0.7, 1.6)  # half the time, five times as much: the rest is one road's own trouble
    total = np.bincount(cell, counts * said, minlength=len(near.cell_kind))
    voices = np.bincount(cell, counts, minlength=len(near.cell_kind))
    by_kind = np.bincount(near.cell_kind, total) / (np.bincount(near.cell_kind, voices) + CITY_WEIGHT)
    means = (total + CELL_WEIGHT * by_kind[near.cell_kind]) / (voices + CELL_WEIGHT)
    return np.asarray(means, np.float64), np.asarray(voices, np.float64)


@entry_point
def _sweep(
    start: NDArray[np.int32],
    other: NDArray[np.int32],
    link: NDArray[np.float32],
    cell: NDArray[np.int32],
    heard_at: NDArray[np.int32],
    mean: NDArray[np.float64],
    weight: NDArray[np.float64],
    around: NDArray[np.float64],
    agreeing: NDArray[np.float64],
    sweeps: int,
    field: NDArray[np.float32],
    known: NDArray[np.float32],
    voices: NDArray[np.float32],
) -> None:
    edges = len(cell)
    for edge in range(edges):
        if cell[edge] >= 0:
            row = heard_at[edge]
            if row >= 0:
                own = weight[row]
                field[edge] = (own * mean[row] + AROUND_WEIGHT * around[cell[edge]]) / (own + AROUND_WEIGHT)
                known[edge] = own / (own + AROUND_WEIGHT)
            else:
                field[edge] = around[cell[edge]]
    # One loop, no function for an edge: handing eleven arrays over for each took three quarters of the time.
    for sweep in range(2 * sweeps):
        for step in range(edges):
            edge = step if sweep % 2 == 0 else edges - 1 - step
            if cell[edge] < 0:
                continue
            asks, sure, total, said, insists = 0.0, 0.0, 0.0, 0.0, 0.0
            row = heard_at[edge]
            if row >= 0:
                said = mean[row]
                # Of those that agree with the first one: a single vehicle does not insist.
                insists = max(agreeing[row] - 1.0, 0.0) / APART**2
                asks += weight[row] * said
                sure += weight[row]
                total += weight[row]
            counts = AROUND_WEIGHT / (1.0 + insists * (said - around[cell[edge]]) ** 2)
            asks += counts * around[cell[edge]]
            total += counts
            for k in range(start[edge], start[edge + 1]):
                counts = link[k] / (1.0 + insists * (said - field[other[k]]) ** 2)
                asks += counts * field[other[k]]
                sure += counts * known[other[k]]
                total += counts
            field[edge] = asks / total
            known[edge] = sure / total
            voices[edge] = sure


def _following(roads: Roads, has_cars: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every edge with every edge that is driven after it, turning round left out."""
    edges = np.flatnonzero(has_cars)
    tails = edge_tails(roads)
    start, order = group_rows(np.ascontiguousarray(tails[edges], np.int32), roads.node_count)
    begin = start[edge_heads(roads)[edges]]
    count = start[edge_heads(roads)[edges] + 1] - begin
    number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    left, driven = np.repeat(edges, count), edges[order[np.repeat(begin, count) + number]]
    goes_on = driven != left ^ 1
    return left[goes_on], driven[goes_on]


def _turn_cosine(roads: Roads, left: NDArray[np.int64], driven: NDArray[np.int64]) -> NDArray[np.float64]:
    """The cosine of the turn between two edges, by their first and last pieces of line."""
    first, last = roads.shape_start[:-1], roads.shape_start[1:] - 1
    shape = roads.shape_e7
    across = np.array(metres_per_degree(float(np.mean(shape[:, 1]) / 1e7)) if len(shape) else (1.0, 1.0))
    sets_off = (shape[first + 1].astype(np.float64) - shape[first]) * across
    arrives = (shape[last].astype(np.float64) - shape[last - 1]) * across
    forward = (left & 1 == 0)[:, None]
    coming = np.where(forward, arrives[left >> 1], -sets_off[left >> 1])
    forward = (driven & 1 == 0)[:, None]
    going = np.where(forward, sets_off[driven >> 1], -arrives[driven >> 1])
    size = np.hypot(*coming.T) * np.hypot(*going.T)
    return np.asarray(np.divide((coming * going).sum(axis=1), size, out=np.zeros(len(size)), where=size > 0))


def _cells(
    roads: Roads, has_cars: NDArray[np.bool_], kind: NDArray[np.int8]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    middle = (roads.seg_box_e7[:, :2].astype(np.float64) + roads.seg_box_e7[:, 2:]) / 2e7
    if not len(middle):
        return np.empty(0, np.int32), np.zeros(1, np.int32)
    metres = np.array(metres_per_degree(float(middle[:, 1].mean())))
    square = np.repeat(np.floor(middle * metres / CELL_M).astype(np.int64), 2, axis=0)
    counts = has_cars & (kind >= 0)
    named = np.column_stack([square, kind])[counts]
    cell = np.full(len(has_cars), -1, np.int32)
    if not len(named):
        return cell, np.zeros(1, np.int32)
    found, number = np.unique(named, axis=0, return_inverse=True)
    cell[counts] = number.reshape(-1)
    return cell, found[:, 2].astype(np.int32)
