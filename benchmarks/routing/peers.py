"""The peers' process: OSRM, Valhalla, RoutingKit, igraph and networkx, asked as their own documentation says.

    PEERS_PYTHON -m benchmarks.routing.peers FOLDER

FOLDER holds osrm/ch, osrm/mld, valhalla/valhalla.json, pairs.json and graph.npz (see `cities`).
"""

from __future__ import annotations

import functools
import json
import sys
import time
from pathlib import Path
from typing import Any

import igraph
import networkx as nx
import numpy as np
import osrm
import pyroutingkit
import routingkit_cch
import valhalla

from benchmarks.routing.lockstep import answer_questions, least_us, take_output

FULL = {"overview": "full", "geometries": "geojson", "steps": True}
PLAIN = {"overview": "false", "steps": False}
UNREACHED = 2_147_483_647


class Osrm:
    """Both of OSRM's algorithms over the extract, as its bindings answer: objects, no JSON text."""

    def __init__(self, folder: Path, pairs: list[list[list[float]]], crowd: list[list[float]]) -> None:
        self._engines = {
            name: osrm.OSRM(
                algorithm=name.upper(),
                storage_config=str(folder / "osrm" / name / "city.osrm"),
                use_shared_memory=False,
            )
            for name in ("ch", "mld")
        }
        self._pairs, self._crowd = pairs, crowd

    def route(self, algorithm: str, form: str, number: int) -> float | None:
        """Microseconds of a route; None if there is none."""
        options: dict[str, Any] = PLAIN if form == "plain" else dict(FULL)
        if form == "three":
            options["number_of_alternatives"] = 3
        parameters = osrm.RouteParameters(coordinates=[tuple(at) for at in self._pairs[number]], **options)
        ask = functools.partial(self._engines[algorithm].Route, parameters)
        try:
            ask()
        except RuntimeError:
            return None
        return least_us(ask)

    def table(self, algorithm: str, size: int) -> float:
        """Microseconds of a square table of durations."""
        parameters = osrm.TableParameters(coordinates=[tuple(at) for at in self._crowd[:size]])
        return least_us(functools.partial(self._engines[algorithm].Table, parameters), 3 if size < 1000 else 1)


class Valhalla:
    """Valhalla's actor: JSON text in and out."""

    def __init__(self, folder: Path, pairs: list[list[list[float]]], crowd: list[list[float]]) -> None:
        self._actor = valhalla.Actor(str(folder / "valhalla/valhalla.json"))
        self._pairs, self._crowd = pairs, crowd

    def route(self, form: str, number: int) -> float | None:
        """Microseconds of a route with geometry and manoeuvres; None if there is none."""
        asked = {
            "locations": [{"lon": lon, "lat": lat} for lon, lat in self._pairs[number]],
            "costing": "auto",
            **({"directions_type": "none"} if form == "plain" else {}),
            **({"alternates": 2} if form == "three" else {}),
        }
        ask = functools.partial(self._actor.route, json.dumps(asked))
        try:
            ask()
        except (RuntimeError, valhalla.ValhallaError):
            return None
        return least_us(ask)

    def isochrone(self, number: int) -> float | None:
        """Microseconds of the polygon that is reached in 15 minutes."""
        lon, lat = self._pairs[number][0]
        asked = {
            "locations": [{"lon": lon, "lat": lat}],
            "costing": "auto",
            "contours": [{"time": 15}],
            "polygons": True,
        }
        ask = functools.partial(self._actor.isochrone, json.dumps(asked))
        try:
            ask()
        except (RuntimeError, valhalla.ValhallaError):
            return None
        return least_us(ask)

    def table(self, size: int) -> float:
        """Microseconds of a square matrix."""
        places = [{"lon": lon, "lat": lat} for lon, lat in self._crowd[:size]]
        asked = json.dumps({"sources": places, "targets": places, "costing": "auto"})
        return least_us(functools.partial(self._actor.matrix, asked), 1)


class Graphs:
    """RoutingKit's two bindings, igraph and networkx on our own graph: states and arcs, our weights, no snapping."""

    def __init__(self, folder: Path) -> None:
        file = np.load(folder / "graph.npz")
        self._tail, self._head, self._ms = file["tail"], file["head"], file["ms"]
        self._from, self._to, self._crowd = file["source"].tolist(), file["target"].tolist(), file["crowd"]
        self._count, lon, lat = len(file["lon"]), file["lon"], file["lat"]
        begun = time.perf_counter()
        topology = pyroutingkit.CCHTopology()
        topology.build(self._tail, self._head, lat.astype(np.float32), lon.astype(np.float32), self._count)
        self.pk_build_s = time.perf_counter() - begun
        self._pk = pyroutingkit.CCHMetric(topology)
        self._topology = topology
        self._pk.customize(self._ms)
        tail, head = self._tail.tolist(), self._head.tolist()
        begun = time.perf_counter()
        order = routingkit_cch.compute_order_inertial(self._count, tail, head, lat.tolist(), lon.tolist())
        self._rk_cch = routingkit_cch.CCH(order, tail, head, False)
        self.rk_build_s = time.perf_counter() - begun
        self._rk = routingkit_cch.CCHMetric(self._rk_cch, self._ms.tolist())
        self._query = routingkit_cch.CCHQuery(self._rk)

    def build_s(self) -> dict[str, float]:
        """Seconds of order and topology."""
        return {"pyroutingkit": self.pk_build_s, "routingkit-cch": self.rk_build_s}

    def one(self, engine: str, number: int) -> float:
        """Microseconds from state to state. pyroutingkit has no distance alone: it gives nodes and arcs as well."""
        source, target = self._from[number], self._to[number]
        if engine == "pyroutingkit":
            return least_us(lambda: self._pk.query(source, target))
        if engine == "routingkit-cch":

            def ask() -> int | None:
                result = self._query.run(source, target)
                distance: int | None = result.distance
                del result  # it must be gone before the next run
                return distance

            return least_us(ask)
        if engine == "igraph":
            graph = self._igraph()
            return least_us(lambda: graph.distances([source], [target], weights="ms"))
        graph = self._networkx()
        return least_us(lambda: nx.bidirectional_dijkstra(graph, source, target, weight="ms"), 1)

    def cost(self, number: int) -> int:
        """The least cost, to be compared with ours."""
        return int(self._pk.query(self._from[number], self._to[number])[0])

    def table(self, size: int) -> float:
        """Microseconds of a square matrix by pyroutingkit."""
        crowd = self._crowd[:size].astype(np.uint32)
        return least_us(lambda: self._pk.distances_many_to_many(crowd, crowd))

    def weigh(self, threads: int) -> float:
        """Microseconds of a whole customization by pyroutingkit."""
        return least_us(lambda: self._pk.customize(self._ms, threads))

    def weigh_part(self, arcs: int) -> float:
        """Microseconds of a partial one: that many arcs, halved or doubled."""
        chosen = np.random.default_rng(arcs).choice(len(self._ms), arcs, replace=False).astype(np.uint32)
        new = self._ms[chosen] * 2
        turns = (new, self._ms[chosen], new, self._ms[chosen])
        return min(least_us(functools.partial(self._pk.update_weights, chosen, weights), 1) for weights in turns)

    @functools.cached_property
    def _finite(self) -> np.ndarray:  # type: ignore[type-arg]
        return self._ms < UNREACHED

    @functools.cache  # noqa: B019  (one object a process)
    def _igraph(self) -> Any:
        arcs = np.stack([self._tail, self._head], axis=1)[self._finite]
        return igraph.Graph(self._count, arcs, directed=True, edge_attrs={"ms": self._ms[self._finite].tolist()})

    @functools.cache  # noqa: B019  (one object a process)
    def _networkx(self) -> Any:
        graph = nx.DiGraph()
        graph.add_nodes_from(range(self._count))
        rows = zip(*(column[self._finite].tolist() for column in (self._tail, self._head, self._ms)))
        for tail, head, ms in rows:
            if ms < graph.get_edge_data(tail, head, {"ms": UNREACHED})["ms"]:
                graph.add_edge(tail, head, ms=ms)
        return graph


def main(folder: Path) -> None:
    """Answers until its input ends."""
    out = take_output()
    asked = json.loads((folder / "pairs.json").read_text())
    pairs, crowd = asked["pairs"], asked["crowd"]
    routed, actor, graphs = Osrm(folder, pairs, crowd), Valhalla(folder, pairs, crowd), Graphs(folder)
    answer_questions(
        out,
        {
            "osrm": routed.route,
            "osrm_table": routed.table,
            "valhalla": actor.route,
            "valhalla_isochrone": actor.isochrone,
            "valhalla_table": actor.table,
            "graph": graphs.one,
            "graph_cost": graphs.cost,
            "graph_table": graphs.table,
            "weigh": graphs.weigh,
            "weigh_part": graphs.weigh_part,
            "build_s": graphs.build_s,
        },
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
