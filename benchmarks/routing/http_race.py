"""Over HTTP: the served product beside osrm-routed and valhalla_service, two workers or threads each, one client."""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Sequence
from contextlib import suppress

from benchmarks.routing.cities import City, Peers
from benchmarks.routing.client import Connection, Refused, get, rate
from benchmarks.routing.figures import Report, Spent, short
from benchmarks.routing.servers import Server, start_all

ROUNDS, BLOCK = 3, 20
"""Rounds over the questions; within one, servers take turns of so many questions: caches are those of a server at
work, and all servers meet the same moments."""

RATE_S = 2.0
FORMS = {
    "full route, GeoJSON": "overview=full&geometries=geojson&steps=true",
    "full route, polyline": "overview=full&geometries=polyline&steps=true",
    "duration only": "overview=false",
    "3 alternatives, full": "overview=full&geometries=geojson&steps=true&alternatives=3",
}
TABLE, ISOCHRONE = "matrix 100 x 100", "isochrone 15 min"
COUNTS = {TABLE: 10, ISOCHRONE: 40}
Pair = list[list[float]]
VALHALLA = 60
"""Questions that the slowest server is asked, the first of the same."""


def race(city: City, peers: Peers, report: Report, pairs: int) -> None:
    """Measures and prints."""
    servers = start_all(city, peers, city.asked["crowd"][0])
    try:
        asked = answered_by_all(city, servers, pairs)
        report.say()
        report.say(
            f"{city.name}: {pairs - len(asked)} of {pairs} pairs left out over HTTP, as not every server has a way."
        )
        for kind in (*FORMS, TABLE, ISOCHRONE):
            _race_kind(city, report, servers, kind, asked[: COUNTS.get(kind, pairs)])
        _tell_memory(city, report, servers)
    finally:
        for server in servers:
            server.stop()


def answered_by_all(city: City, servers: list[Server], pairs: int) -> list[Pair]:
    """The pairs to which every server knows a way; also a first round for all of them."""
    good = list(city.asked["pairs"][:pairs])
    for server in servers:
        line, kept = Connection(server.port), []
        for pair, request in zip(good, requests(city, server.name, "duration only", good)):
            with suppress(Refused):
                line.ask(request)
                kept.append(pair)
        good = kept
    return good


def _race_kind(city: City, report: Report, servers: list[Server], kind: str, pairs: list[Pair]) -> None:
    count = len(pairs)
    asked = {server.name: requests(city, server.name, kind, pairs) for server in servers}
    taking = [server for server in servers if asked[server.name]]
    lines = {server.name: Connection(server.port) for server in taking}
    spent = {server.name: Spent() for server in taking}
    sizes = dict.fromkeys(asked, 0)
    for round_ in range(-1, ROUNDS):  # the first one warms
        for first in range(0, count, BLOCK):
            for server in taking:
                if server.name == "Valhalla" and first >= VALHALLA:
                    continue
                for request in asked[server.name][first : first + BLOCK]:
                    begun = time.perf_counter()
                    body = lines[server.name].ask(request)
                    if round_ >= 0:
                        spent[server.name].add(round_, (time.perf_counter() - begun) * 1000)
                        sizes[server.name] += len(body)
    rates = {server.name: Spent() for server in taking}
    if kind != TABLE:
        for round_ in range(ROUNDS):
            for server in taking:
                seconds = RATE_S if server.name != "Valhalla" else 1.0
                rates[server.name].add(round_, rate(server.port, asked[server.name], seconds))
    report.head(
        f"{city.name}, HTTP: {kind}",
        "p50 ms",
        "p99 ms",
        "p50 of the rounds",
        "at 8 connections, 1/s",
        "spread",
        "bytes",
    )
    for name, one in spent.items():
        report.row(
            name, short(one.p50), short(one.p99), one.spread, short(rates[name].p50), rates[name].spread,
            f"{sizes[name] // max(one.count, 1):,}",
        )  # fmt: skip
    _set_goals(report, city.name, kind, {n: s.p50 for n, s in spent.items()}, {n: r.p50 for n, r in rates.items()})


def _set_goals(report: Report, city: str, kind: str, p50: dict[str, float], rates: dict[str, float]) -> None:
    best = min(p50.get("OSRM CH", 1e9), p50.get("OSRM MLD", 1e9))
    if kind in ("full route, GeoJSON", "full route, polyline"):
        report.compare(f"{city}: HTTP {kind} p50 : osrm-routed, the faster", p50["ours"], best, 1 / 3)
        report.compare(f"{city}: HTTP {kind} p50 : valhalla_service", p50["ours"], p50["Valhalla"], 1 / 20)
        fastest = max(rates["OSRM CH"], rates["OSRM MLD"])
        report.compare(f"{city}: HTTP {kind}, answers/s : osrm-routed, the faster", rates["ours"], fastest, 2)
    elif kind == "duration only":
        report.compare(f"{city}: HTTP {kind} p50 : osrm-routed, the faster", p50["ours"], best, 1 / 3)
    elif kind == TABLE:
        report.compare(f"{city}: HTTP {kind} : osrm-routed, the faster", p50["ours"], best, 1 / 5)
    elif kind == ISOCHRONE:
        report.compare(f"{city}: HTTP {kind} : valhalla_service", p50["ours"], p50["Valhalla"], 1 / 12)


def requests(city: City, server: str, kind: str, pairs: Sequence[Pair]) -> list[bytes]:
    """The questions of a kind in a server's own words; none if it does not know it."""
    count, crowd = len(pairs), city.asked["crowd"]
    prefix = "/osrm" if server == "ours" else ""
    if kind == TABLE:
        if server == "Valhalla":
            return []  # seconds an answer: see the table in process
        places = ";".join(f"{lon},{lat}" for lon, lat in crowd[:100])
        return [get(f"{prefix}/table/v1/driving/{places}")] * count
    if kind == ISOCHRONE:
        if server == "Valhalla":
            more = {"contours": [{"time": 15}], "polygons": True}
            return [_valhalla("isochrone", [start], more) for start, _ in pairs]
        if server != "ours":
            return []
        return [get(f"/v1/isochrone?at={lon},{lat}&minutes=15&profile=car") for (lon, lat), _ in pairs]
    if server == "Valhalla":
        plain: dict[str, object] = {"directions_type": "none"} if kind == "duration only" else {}
        three: dict[str, object] = {"alternates": 2} if kind.startswith("3") else {}
        return [_valhalla("route", pair, plain | three) for pair in pairs]
    return [get(f"{prefix}/route/v1/driving/{a},{b};{c},{d}?{FORMS[kind]}") for (a, b), (c, d) in pairs]


def _valhalla(action: str, places: list[list[float]], more: dict[str, object]) -> bytes:
    asked = {"locations": [{"lon": lon, "lat": lat} for lon, lat in places], "costing": "auto", **more}
    return get(f"/{action}?json={urllib.parse.quote(json.dumps(asked, separators=(',', ':')))}")


def _tell_memory(city: City, report: Report, servers: list[Server]) -> None:
    report.head(f"{city.name}, memory after the above, MB", "process", "private", "share (PSS)", "resident")
    worker = 0.0
    for server in servers:
        for place, one in enumerate(server.memory()):
            name = _role(one["name"]) if server.name == "ours" and place else "server"
            report.row(server.name, name, *(short(one[key]) for key in ("private", "pss", "rss")))
            if name == "web worker":
                worker = max(worker, one["private"])
    report.limit(f"{city.name}: private memory of a web worker, all of it", worker, 60, "MB")


def _role(words: str) -> str:
    return "background process" if " work " in f" {words} " else "web worker"
