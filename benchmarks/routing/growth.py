"""How cost grows with the city: the real car network of an extract, copied k x k and joined at the borders.

    python -m benchmarks.routing.growth FOLDER COPIES      one size, in a process of its own (peak memory)

An invented city: each copy is real, with weights a little different in each, so that no two are alike.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks.routing.cities import City
from benchmarks.routing.figures import Report, short
from benchmarks.routing.lockstep import ROOT, least_us
from location_cloud.directions.dataset import SECTION
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.storage.memory import give_back_large_arrays
from location_cloud.storage.snapshot import Snapshots
from routing.cch import build_cch
from routing.customize import customize, recustomize
from routing.field import reach
from routing.graph import Graph, build_graph
from routing.many import find_matrix
from routing.order import dissection_order
from routing.places import as_places
from routing.query import find_cost, find_path
from routing.trip import CLOSED, edge_points

SMALL, LARGE = (1, 2, 4), (1, 2, 4, 8, 13)
LINKS = 40
QUERIES = 300

STEPS = (
    ("nodes", "nodes", 1.0),
    ("edges", "edges", 1.0),
    ("graph_s", "split graph, s", 1.0),
    ("order_s", "order, 2 threads, s", 1.0),
    ("topology_s", "topology, s", 1.0),
    ("customize_s", "all weights, 1 thread, s", 1.0),
    ("customize2_s", "all weights, 2 threads, s", 1.0),
    ("triangles", "triangles a node", 1.0),
    ("part_us", "50 edges, us", 1.0),
    ("distance_us", "distance, us", 1.0),
    ("path_us", "distance and edges, us", 1.0),
    ("field_ms", "one to all, ms", 1.0),
    ("matrix100_ms", "matrix 100, ms", 1.0),
    ("matrix1000_ms", "matrix 1,000, ms", 1.0),
    ("hierarchy_mb", "hierarchy and weights, MB", 1.0),
    ("build_mb", "peak memory to the first weights, MB", 1.0),
    ("peak_mb", "peak memory of all this, MB", 1.0),
    ("total_s", "whole run, s", 1.0),
)


def race(city: City, report: Report, is_large: bool) -> None:
    """Measures each size in a process of its own and prints how it grows."""
    sizes = []
    for copies in LARGE if is_large else SMALL:
        command = [sys.executable, "-m", "benchmarks.routing.growth", str(city.folder), str(copies)]
        print(f"    {copies} x {copies} copies ...", file=sys.stderr, flush=True)
        found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        sizes.append(json.loads(found.stdout))
    report.head(
        f"{city.name}'s car network, copied", *(f"{k} x {k}" for k in (LARGE if is_large else SMALL)), "exponent"
    )
    for key, title, _ in STEPS:
        values = [one[key] for one in sizes]
        cells = [f"{value:,.0f}" if key in ("nodes", "edges") else short(value) for value in values]
        report.row(title, *cells, f"{exponent([one['nodes'] for one in sizes], values):.2f}")
    last = sizes[-1]
    if last["edges"] > 10e6:
        report.limit(
            "12 M arcs: all weights changed, the better of 1 and 2 threads",
            min(last["customize_s"], last["customize2_s"]),
            0.7,
            "s",
        )
        report.limit("12 M arcs: order and topology", last["graph_s"] + last["order_s"] + last["topology_s"], 300, "s")
        report.limit("12 M arcs: peak memory to the first weights", last["build_mb"], 3000, "MB")


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The slope of a line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(np.maximum(values, 1e-9)), 1)[0])


def measure(folder: Path, copies: int) -> dict[str, Any]:
    """Builds and asks one size."""
    begun = time.perf_counter()
    give_back_large_arrays()  # as an import does
    tail, head, cost_ms, lonlat = _copied(folder, copies)
    nodes, edges = len(lonlat), len(tail)
    result: dict[str, Any] = {"nodes": nodes, "edges": edges}
    graph = _timed(result, "graph_s", lambda: build_graph(tail, head, nodes))
    rank = _timed(result, "order_s", lambda: _order(graph, lonlat))
    cch = _timed(result, "topology_s", lambda: build_cch(graph, lonlat, rank=rank))
    metric = _timed(result, "customize_s", lambda: customize(cch, cost_ms))
    result["build_mb"] = _peak_mb()
    result["triangles"] = cch.count_triangles() / nodes
    slot = {name: array.copy() for name, array in metric.as_arrays().items()}
    result["customize_s"] = least_us(lambda: customize(cch, cost_ms, slot)) / 1e6
    result["customize2_s"] = least_us(lambda: customize(cch, cost_ms, slot, 2)) / 1e6
    chance = np.random.default_rng(copies)
    some = chance.choice(edges, 50, replace=False).astype(np.int32)
    result["part_us"] = least_us(lambda: recustomize(cch, metric, some, cost_ms[some] * 2, slot))
    points = chance.integers(0, edges, (QUERIES, 2))
    pairs = [(edge_points(one), edge_points(other, 1.0)) for one, other in points]
    result["distance_us"] = _median([least_us(lambda p=p: find_cost(cch, metric, *p)) for p in pairs])
    result["path_us"] = _median([least_us(lambda p=p: find_path(cch, metric, *p)) for p in pairs])
    result["field_ms"] = least_us(lambda: reach(cch, metric, pairs[0][0])) / 1000
    for size in (100, 1000):
        sources, targets = (
            as_places([edge_points(edge, part) for edge in chance.integers(0, edges, size)]) for part in (0.0, 1.0)
        )
        result[f"matrix{size}_ms"] = least_us(lambda s=sources, t=targets: find_matrix(cch, metric, s, t)) / 1000
    arrays = {**cch.as_arrays(), **metric.as_arrays()}
    result["hierarchy_mb"] = sum(array.nbytes for array in arrays.values()) / 1e6
    result["peak_mb"] = _peak_mb()
    result["total_s"] = time.perf_counter() - begun
    return result


def _order(graph: Graph, lonlat: NDArray[np.float64]) -> NDArray[np.int32]:
    """As build_cch finds it, on two threads."""
    is_entered = np.bincount(graph.arc_head, minlength=graph.states) > 0
    is_kept = is_entered[graph.arc_tail] & (graph.arc_tail != graph.arc_head)
    return dissection_order(graph.arc_tail[is_kept], graph.arc_head[is_kept], graph.states, lonlat, threads=2)


def _copied(folder: Path, copies: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[np.float64]]:
    """(tail, head, cost_ms, lonlat) of the copies: states of the split graph as nodes, so that turn rules hold.

    Only the largest part in which one gets from everywhere to everywhere: every question has an answer.
    """
    snapshots = Snapshots(folder / "home")
    current = snapshots.current_id()
    assert current is not None, "prepared before"
    snapshot = snapshots.open(current)
    network, roads = snapshot.section(SECTION).networks["car"], snapshot.section(ROADS)
    graph = network.graph
    is_open = network.metric.cost_ms[graph.arc_edge] != CLOSED
    old_tail, old_head, edge = graph.arc_tail[is_open], graph.arc_head[is_open], graph.arc_edge[is_open]
    matrix = coo_array((np.ones(len(old_tail), np.int8), (old_tail, old_head)), (graph.states, graph.states))
    _, part = connected_components(matrix, connection="strong")
    is_inside = (part == np.bincount(part).argmax())[old_tail] & (part == np.bincount(part).argmax())[old_head]
    old_tail, old_head, edge = old_tail[is_inside], old_head[is_inside], edge[is_inside]
    used, place = np.unique(np.concatenate([old_tail, old_head]), return_inverse=True)
    tail, head = place[: len(old_tail)].astype(np.int32), place[len(old_tail) :].astype(np.int32)
    cost = network.metric.cost_ms[edge]
    road = graph.base_edge[edge]
    ends = np.stack([roads.seg_from[road // 2], roads.seg_to[road // 2]])
    lonlat = np.zeros((len(used), 2))
    lonlat[head] = roads.node_e7[ends[1 - road % 2, np.arange(len(road))]] / 1e7
    lonlat[tail] = roads.node_e7[ends[road % 2, np.arange(len(road))]] / 1e7
    return _tile(tail, head, cost, lonlat, copies)


def _tile(
    tail: NDArray[np.int32], head: NDArray[np.int32], cost: NDArray[np.int32], lonlat: NDArray[np.float64], copies: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    nodes = len(lonlat)
    span = lonlat.max(axis=0) - lonlat.min(axis=0) + 0.001
    places = [(x, y) for y in range(copies) for x in range(copies)]
    chance = np.random.default_rng(0)
    tails, heads, costs, lonlats = [], [], [], []
    for number, (x, y) in enumerate(places):
        tails.append(tail + np.int32(number * nodes))
        heads.append(head + np.int32(number * nodes))
        costs.append(np.rint(cost * chance.uniform(0.8, 1.25, len(cost))).astype(np.int32))
        lonlats.append(lonlat + (x, y) * span)
    for axis in range(2):
        here, there = _border(lonlat, axis)
        step = 1 if axis == 0 else copies
        for number, place in enumerate(places):
            if place[axis] < copies - 1:
                one, other = here + np.int32(number * nodes), there + np.int32((number + step) * nodes)
                tails += [one, other]
                heads += [other, one]
                costs += [np.full(2 * len(one), 20_000, np.int32)]
    return np.concatenate(tails), np.concatenate(heads), np.concatenate(costs), np.concatenate(lonlats)


def _border(lonlat: NDArray[np.float64], axis: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The outermost nodes of LINKS strips at the far side, and those at the near side."""
    across, along = lonlat[:, axis], lonlat[:, 1 - axis]
    strip = np.minimum(((along - along.min()) / np.ptp(along) * LINKS).astype(int), LINKS - 1)
    far, near = [], []
    for number in range(LINKS):
        inside = np.flatnonzero(strip == number)
        if len(inside) > 1:
            far.append(inside[np.argmax(across[inside])])
            near.append(inside[np.argmin(across[inside])])
    return np.array(far, np.int32), np.array(near, np.int32)


def _timed(result: dict[str, Any], key: str, call: Callable[[], Any]) -> Any:
    begun = time.perf_counter()
    answer = call()
    result[key] = time.perf_counter() - begun
    return answer


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _median(values: Sequence[float]) -> float:
    middle = sorted(values)[len(values) // 2]
    return middle if math.isfinite(middle) else 0.0


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
