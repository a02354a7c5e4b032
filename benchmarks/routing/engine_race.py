"""In process: our engine and service beside the peers' bindings, call by call on the same pairs."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.routing.cities import City, Peers
from benchmarks.routing.figures import Report, Spent, short
from benchmarks.routing.lockstep import Side

ROUNDS = 3
FEW = {"valhalla": 40, "valhalla_isochrone": 25, "isochrone": 25, "graph igraph": 10, "graph networkx": 5}
"""Slow ones are asked fewer pairs, the first of the same."""

KINDS = (
    ("duration from coordinates", "ours", ("distance", "snapped")),
    ("of which putting two places on roads", "ours", ("distance", "snap")),
    ("the same to the bytes of an OSRM answer", "ours", ("route", "plain")),
    ("duration from coordinates", "OSRM CH", ("osrm", "ch", "plain")),
    ("duration from coordinates", "OSRM MLD", ("osrm", "mld", "plain")),
    ("route without directions", "Valhalla", ("valhalla", "plain")),
    ("distance between states (no snapping)", "ours", ("distance", "engine")),
    ("distance and arcs", "routingkit-cch", ("graph", "routingkit-cch")),
    ("distance, nodes and arcs", "pyroutingkit", ("graph", "pyroutingkit")),
    ("distance and edges", "ours", ("distance", "path")),
    ("distance", "igraph", ("graph", "igraph")),
    ("distance and path", "networkx bidirectional", ("graph", "networkx")),
    ("full route, geometry and steps, to bytes", "ours", ("route", "full")),
    ("full route, geometry and steps, to objects", "OSRM CH", ("osrm", "ch", "full")),
    ("full route, geometry and steps, to objects", "OSRM MLD", ("osrm", "mld", "full")),
    ("full route, to JSON text", "Valhalla", ("valhalla", "full")),
    ("up to 3 alternatives, paths", "ours", ("distance", "three")),
    ("up to 3 alternatives, full, to bytes", "ours", ("route", "three")),
    ("up to 3 alternatives, full, to objects", "OSRM MLD", ("osrm", "mld", "three")),
    ("2 alternates, to JSON text", "Valhalla", ("valhalla", "three")),
    ("isochrone 15 min, polygon to JSON", "ours", ("isochrone",)),
    ("isochrone 15 min, polygon to JSON", "Valhalla", ("valhalla_isochrone",)),
)


def open_sides(city: City, peers: Peers) -> tuple[Side, Side]:
    """Both processes, ready."""
    ours = Side(Path(sys.executable), "benchmarks.routing.ours", str(city.folder))
    ours.ask("export", str(city.folder / "graph.npz"))
    return ours, Side(peers.python, "benchmarks.routing.peers", str(city.folder))


def draw_questions(city: City) -> None:
    """Draws what is asked about a new city, which takes our own program to know its junctions."""
    if not (city.folder / "pairs.json").exists():
        Side(Path(sys.executable), "benchmarks.routing.ours", str(city.folder)).close()


def race(city: City, programs: Peers, report: Report, pairs: int) -> None:
    """Measures and prints everything that needs no server."""
    ours, peers = open_sides(city, programs)
    try:
        _race_pairs(city, report, ours, peers, pairs)
        _race_tables(city, report, ours, peers)
        _race_weights(city, report, ours, peers)
        _tell_building(city, report, ours, peers)
    finally:
        ours.close()
        peers.close()


def _race_pairs(city: City, report: Report, ours: Side, peers: Side, pairs: int) -> None:
    spent = {kind: Spent() for _, _, kind in KINDS}
    tests = ((ours, "route", "plain"), (peers, "osrm", "ch", "plain"), (peers, "valhalla", "plain"))
    good = [n for n in range(pairs) if all(side.ask(*kind, n) is not None for side, *kind in tests)]
    for round_ in range(ROUNDS):
        for place, number in enumerate(good):
            for _, engine, kind in KINDS:
                most = FEW.get(" ".join(kind), FEW.get(kind[0], pairs))
                if place < most and (round_ == 0 or "networkx" not in kind):
                    side = ours if engine == "ours" else peers
                    spent[kind].add(round_, side.ask(*kind, number))
    report.head(
        f"{city.name}, in process, {len(good)} of {pairs} pairs (all have a way for every engine)",
        "engine",
        "p50 us",
        "p99 us",
        "p50 of the rounds",
        "answers",
    )
    for title, engine, kind in KINDS:
        one = spent[kind]
        report.row(title, engine, short(one.p50), short(one.p99), one.spread, one.count)
    report.row("500 pairs at once, snapping included, a pair", "ours", short(ours.ask("distances", 500)), "", "", "")
    p50 = {kind: one.p50 for kind, one in spent.items()}
    name = city.name
    report.compare(f"{name}: duration : OSRM CH", p50["distance", "snapped"], p50["osrm", "ch", "plain"], 1 / 20)
    report.compare(
        f"{name}: distance without snapping : OSRM CH with it",
        p50["distance", "engine"],
        p50["osrm", "ch", "plain"],
        1 / 20,
    )
    report.compare(f"{name}: full route : OSRM CH", p50["route", "full"], p50["osrm", "ch", "full"], 1 / 3)
    report.compare(f"{name}: 3 alternatives : OSRM MLD", p50["route", "three"], p50["osrm", "mld", "three"], 1 / 3)
    report.compare(f"{name}: isochrone in process : Valhalla", p50["isochrone",], p50["valhalla_isochrone",], 1 / 12)


def _race_tables(city: City, report: Report, ours: Side, peers: Side) -> None:
    report.head(
        f"{city.name}, matrix, ms",
        "ours",
        "engine alone",
        "with distances",
        "OSRM CH",
        "OSRM MLD",
        "pyroutingkit",
        "Valhalla",
    )
    for size in (10, 100, 1000):
        rows: list[list[float]] = []
        for _ in range(ROUNDS if size < 1000 else 1):
            row = [
                ours.ask("table", size),
                ours.ask("table", size, "engine"),
                ours.ask("table", size, "distances"),
                peers.ask("osrm_table", "ch", size),
                peers.ask("osrm_table", "mld", size),
                peers.ask("graph_table", size),
            ]
            rows.append([one / 1000 for one in row])
        least = [min(column) for column in zip(*rows)]
        theirs = short(peers.ask("valhalla_table", size) / 1000) if size < 100 else "-"
        report.row(f"{size} x {size}", *map(short, least), theirs)
        if size >= 100:
            report.compare(f"{city.name}: matrix {size} x {size} : OSRM CH", least[0], least[3], 1 / 8)


def _race_weights(city: City, report: Report, ours: Side, peers: Side) -> None:
    edges = ours.ask("sizes")["edges"]
    report.head(f"{city.name}, new weights, {edges:,} edges, ms", "ours", "pyroutingkit")
    for threads in (1, 2):
        both = ours.ask("weigh", threads), peers.ask("weigh", threads)
        report.row(f"all, {threads} thread{'s' * (threads > 1)}", *(short(one / 1000) for one in both))
    for count, title in ((edges // 100, "1 %"), (50, "50 edges"), (1, "1 edge")):
        both = ours.ask("weigh_part", count), peers.ask("weigh_part", count)
        report.row(title, *(short(one / 1000) for one in both))


def _tell_building(city: City, report: Report, ours: Side, peers: Side) -> None:
    report.head(f"{city.name}, made ready", "s", "processor s", "peak MB")
    for name, one in city.built.items():
        report.row("our import, all sections and tiles" if name == "ours" else name, *map(short, one.values()))
    for name, seconds in peers.ask("build_s").items():
        report.row(f"{name}, order and topology of our graph", short(seconds), "", "")
    open_s = min(ours.ask("open_s") for _ in range(3))
    report.row("opening our built graph, first path", short(open_s), "", "")
    report.limit(f"{city.name}: opening a built graph", open_s, 0.3, "s")
    report.limit(f"{city.name}: import to serving, parsing included", city.built["ours"]["s"], 15, "s")
    report.say()
    report.say("Sizes: " + ", ".join(f"{value:,} {name}" for name, value in ours.ask("sizes").items()))
