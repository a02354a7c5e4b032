"""Our side of the race: the engine and the service in one process, as a web worker has them.

python -m benchmarks.routing.ours FOLDER        (LOCATION_CLOUD_HOME is FOLDER/home)
"""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from benchmarks.routing.cities import draw_places
from benchmarks.routing.lockstep import answer_questions, least_us, take_output
from location_cloud.access.model import Caller
from location_cloud.app import create_app
from location_cloud.directions import answers, api_osrm, quick, service
from location_cloud.directions.dataset import SECTION
from location_cloud.directions.model import Ask, Options, Place, Vehicle
from location_cloud.directions.network import Network
from location_cloud.directions.snapping import snap_together
from location_cloud.errors import CloudError
from location_cloud.http.lane import PlainCall
from location_cloud.settings import load_settings
from routing.alternatives import find_alternatives
from routing.customize import customize, recustomize
from routing.many import find_matrix
from routing.places import as_places
from routing.query import find_cost, find_path
from routing.trip import CLOSED, edge_points

FORMS = {
    "plain": "overview=false",
    "full": "overview=full&geometries=geojson&steps=true",
    "polyline": "overview=full&geometries=polyline&steps=true",
    "three": "overview=full&geometries=geojson&steps=true&alternatives=3",
}
PROFILE = "car"


class Ours:
    """The product opened on a home."""

    def __init__(self, folder: Path) -> None:
        settings, _ = load_settings(home=folder / "home")
        system = create_app(settings).extensions["location_cloud"]
        self.world = system.worlds.current()
        self._call = PlainCall(self.world, Caller("", frozenset()), {})
        self.directions = self.world.section(SECTION)
        self.network: Network = self.directions.networks[PROFILE]
        self.roads = service.get_roads(self.world)
        if not (folder / "pairs.json").exists():
            (folder / "pairs.json").write_text(json.dumps(draw_places(self._junctions())))
        asked = json.loads((folder / "pairs.json").read_text())
        self._pairs, self._crowd = asked["pairs"], asked["crowd"]
        self._options = 0

    # --- one question ------------------------------------------------------------------------------------------

    def route(self, form: str, number: int) -> float | None:
        """Microseconds of what /osrm/route answers, from the address to bytes; None if there is no way."""
        (a, b), (c, d) = self._pairs[number]
        ask = functools.partial(api_osrm.plain_route, self._call, f"driving/{a},{b};{c},{d}", FORMS[form])
        try:
            ask()
        except CloudError:
            return None
        return least_us(ask)

    def distance(self, how: str, number: int) -> float | None:
        """Microseconds of a duration: "snapped" from coordinates, "engine" from points on edges, "path" with edges."""
        snaps = self._snap(number)
        if snaps is None:
            return None
        hierarchy, metric, starts, ends = self.network.hierarchy, self.network.metric, snaps[0].starts, snaps[1].ends
        if how == "engine":
            return least_us(lambda: find_cost(hierarchy, metric, starts, ends))
        if how == "path":
            return least_us(lambda: find_path(hierarchy, metric, starts, ends))
        if how == "three":
            return least_us(
                lambda: find_alternatives(hierarchy, metric, starts, ends, 3, base_edge=self.network.graph.base_edge)
            )
        if how == "snap":
            return least_us(lambda: self._snap(number))

        places = [Place(tuple(at), 2000.0) for at in self._pairs[number]]

        def ask() -> int:
            found = quick.find_duration_ms(self.directions.index, self.network, places)
            if found is not None:
                return found
            one, other = self._snapped(number)
            return find_cost(hierarchy, metric, one.starts, other.ends)

        return least_us(ask)

    def distances(self, count: int) -> float:
        """Microseconds a pair of many durations asked at once, snapping included."""
        pairs = np.array(self._pairs[:count], np.float64).reshape(-1, 4)
        index = self.directions.index
        return least_us(lambda: quick.find_durations_ms(index, self.network, pairs, 2000.0)) / count

    def table(self, size: int, how: str = "service") -> float:
        """Microseconds of a square table of durations from coordinates; "engine": without snapping."""
        places = [Place(tuple(at), 2000.0) for at in self._crowd[:size]]
        if how == "service":
            return least_us(lambda: service.find_matrix(self.world, Ask(PROFILE), places, places, False))
        if how == "distances":
            return least_us(lambda: service.find_matrix(self.world, Ask(PROFILE), places, places, True))
        snaps = snap_together(
            self.directions.index, self.directions.shapes, self.network, places, self.directions.driving_side
        )
        sources, targets = as_places([one.starts for one in snaps]), as_places([one.ends for one in snaps])
        return least_us(lambda: find_matrix(self.network.hierarchy, self.network.metric, sources, targets))

    def isochrone(self, number: int) -> float | None:
        """Microseconds of the polygon reached in 15 minutes, to GeoJSON bytes."""
        place = Place(tuple(self._pairs[number][0]))
        asked = Ask(PROFILE)

        def ask() -> bytes:
            reached = service.find_isochrone(self.world, asked, place, "time", [900.0], False, False)
            answer = answers.as_isochrone(reached, self.roads, {"profile": PROFILE}, as_text=True)
            return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)

        try:
            ask()
        except CloudError:
            return None
        return least_us(ask)

    # --- weights -----------------------------------------------------------------------------------------------

    def weigh(self, threads: int) -> float:
        """Microseconds of a whole customization."""
        cost_ms = self.network.metric.cost_ms.copy()
        slot = {name: array.copy() for name, array in self.network.metric.as_arrays().items()}
        return least_us(lambda: customize(self.network.hierarchy, cost_ms, slot, threads))

    def weigh_part(self, edges: int) -> float:
        """Microseconds of a partial one: that many random edges twice as slow."""
        hierarchy, metric = self.network.hierarchy, self.network.metric
        is_open = np.flatnonzero(metric.cost_ms != CLOSED)
        chosen = np.random.default_rng(edges).choice(is_open, min(edges, len(is_open)), replace=False).astype(np.int32)
        slot = {name: array.copy() for name, array in metric.as_arrays().items()}
        return least_us(lambda: recustomize(hierarchy, metric, chosen, metric.cost_ms[chosen] * 2, slot))

    # --- conditions --------------------------------------------------------------------------------------------

    def condition(self, kind: str, number: int) -> list[float] | None:
        """Milliseconds of a route under conditions never asked before, and microseconds of the same repeated."""
        self._options += 1
        (a, b), (c, d) = self._pairs[number]
        lon, lat, size = (a + c) / 2, (b + d) / 2, 0.002 + 1e-6 * self._options
        options = Options()
        if kind == "avoid":
            ring = [[lon, lat], [lon + size, lat], [lon + size, lat + size], [lon, lat + size], [lon, lat]]
            area = {"type": "Polygon", "coordinates": [ring]}
            now = datetime.now().astimezone()
            options = service.find_options(self.world, "", Vehicle(), frozenset(), "", [area], (), (), now)
        elif kind == "truck":
            options = Options(Vehicle(height_m=3.5 + self._options / 1000, weight_t=18.0 + self._options / 1000))
        asked = Ask("truck" if kind == "truck" else PROFILE, options)
        places = [Place((a, b), 2000.0), Place((c, d), 2000.0)]

        def ask() -> Any:
            return service.find_routes(self.world, asked, places, with_steps=False)

        try:
            service.find_routes(self.world, replace(asked, options=Options()), places, with_steps=False)
            first = least_us(ask, 1) / 1000
        except CloudError:
            return None
        return [first, least_us(ask)]

    def timed(self, number: int) -> list[float] | None:
        """Microseconds of a static route and of one that departs at a given hour."""
        places = [Place(tuple(at), 2000.0) for at in self._pairs[number]]
        at = datetime(2026, 11, 24, 8, 0, tzinfo=self.directions.zone) + timedelta(minutes=number % 60)
        spent = []
        try:
            for asked in (Ask(PROFILE), Ask(PROFILE, at=at)):
                ask = functools.partial(service.find_routes, self.world, asked, places, with_steps=False)
                ask()
                spent.append(least_us(ask))
        except CloudError:
            return None
        return spent

    # --- the others' food --------------------------------------------------------------------------------------

    def export(self, file: str) -> dict[str, int]:
        """Writes states, arcs and weights of the car graph, and the pairs and the crowd as states."""
        network, graph, metric = self.network, self.network.graph, self.network.metric
        lonlat = self._states_lonlat()
        from_state, to_state = [], []
        for number in range(len(self._pairs)):
            snaps = self._snap(number)
            found = None if snaps is None else find_path(network.hierarchy, metric, snaps[0].starts, snaps[1].ends)
            source, target = (0, 0) if found is None else self._states_of(found.edges.tolist())
            from_state.append(source)
            to_state.append(target)
        ms = metric.cost_ms[graph.arc_edge].astype(np.uint32)
        np.savez(
            file, tail=graph.arc_tail.astype(np.uint32), head=graph.arc_head.astype(np.uint32), ms=ms, lon=lonlat[:, 0],
            lat=lonlat[:, 1], source=np.array(from_state), target=np.array(to_state),
            crowd=np.array(to_state),
        )  # fmt: skip
        return self.sizes()

    def sizes(self) -> dict[str, int]:
        """How large the car's graph and hierarchy are."""
        network = self.network
        return {
            "segments": self.roads.segment_count,
            "edges": network.graph.edges,
            "states": network.graph.states,
            "arcs": network.hierarchy.arcs,
        }

    def open_s(self) -> float:
        """Seconds to map the directions of a snapshot and find a first path, everything compiled."""
        folder = self.world.snapshot.folder / "directions"
        begun = time.perf_counter()
        network = SECTION.load(folder).networks[PROFILE]
        first = np.flatnonzero(network.metric.cost_ms[: network.graph.roads] != CLOSED)[:2]
        find_path(network.hierarchy, network.metric, edge_points(first[0]), edge_points(first[-1], 1.0))
        return time.perf_counter() - begun

    # --- parts -------------------------------------------------------------------------------------------------

    def _snapped(self, number: int) -> Any:
        places = [Place(tuple(at), 2000.0) for at in self._pairs[number]]
        found = self.directions
        return snap_together(found.index, found.shapes, self.network, places, found.driving_side)

    def _snap(self, number: int) -> Any:
        try:
            return self._snapped(number)
        except CloudError:
            return None

    def _junctions(self) -> list[list[float]]:
        """Ends of the roads of the largest part of the car's network."""
        part = self.network.part
        segments = np.flatnonzero((part == 0) & (self.network.metric.cost_ms[: 2 * len(part) : 2] != CLOSED))
        nodes = np.unique(self.roads.seg_from[segments])
        found: list[list[float]] = (self.roads.node_e7[nodes] / 1e7).tolist()
        return found

    def _states_of(self, edges: list[int]) -> tuple[int, int]:
        """The states after the first edge of a path and before its last one."""
        graph = self.network.graph
        state = before = int(graph.arc_head[graph.entry_arc[edges[0]]])
        first = state
        for edge in edges[1:]:
            arcs = range(int(graph.arc_start[state]), int(graph.arc_start[state + 1]))
            arc = next(arc for arc in arcs if graph.arc_edge[arc] == edge)
            before, state = state, int(graph.arc_head[arc])
        return first, before

    def _states_lonlat(self) -> np.ndarray:  # type: ignore[type-arg]
        """(states, 2) degrees: each arc begins where its road does."""
        graph = self.network.graph
        road = graph.base_edge[graph.arc_edge]
        node = np.where(road % 2 == 0, self.roads.seg_from[road // 2], self.roads.seg_to[road // 2])
        other = np.where(road % 2 == 0, self.roads.seg_to[road // 2], self.roads.seg_from[road // 2])
        lonlat = np.zeros((graph.states, 2))
        lonlat[graph.arc_head] = self.roads.node_e7[other] / 1e7
        lonlat[graph.arc_tail] = self.roads.node_e7[node] / 1e7
        return lonlat


def main(folder: Path) -> None:
    """Answers until its input ends."""
    out = take_output()
    ours = Ours(folder)
    names = ("route", "distance", "distances", "table", "isochrone", "weigh", "weigh_part", "condition", "timed")
    kinds: dict[str, Callable[..., Any]] = {name: getattr(ours, name) for name in (*names, "export", "sizes", "open_s")}
    answer_questions(out, kinds)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
