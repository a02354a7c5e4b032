"""Routes under conditions of the request's own: an area to avoid, a lorry's size, an hour of departure."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.routing.cities import City
from benchmarks.routing.figures import Report, Spent, short
from benchmarks.routing.lockstep import Side

COUNT = 30
ROUNDS = 3


def race(city: City, report: Report) -> None:
    """Measures and prints; no peer answers these from a hierarchy."""
    ours = Side(Path(sys.executable), "benchmarks.routing.ours", str(city.folder))
    firsts, again, timed = {}, {}, (Spent(), Spent())
    try:
        for kind in ("avoid", "truck"):
            firsts[kind], again[kind] = Spent(), Spent()
            for number in range(COUNT):
                both = ours.ask("condition", kind, number)
                if both is not None:
                    firsts[kind].add(0, both[0])
                    again[kind].add(0, both[1] / 1000)
        for round_ in range(ROUNDS):
            for number in range(200):
                both = ours.ask("timed", number)
                for one, value in zip(timed, both or ()):
                    one.add(round_, value)
    finally:
        ours.close()
    report.head(f"{city.name}, a route under its own conditions, in process, ms", "first p50", "first p99", "again p50")
    titles = {"avoid": "an area to avoid, never asked before", "truck": "a lorry's height and weight"}
    for kind, title in titles.items():
        report.row(title, short(firsts[kind].p50), short(firsts[kind].p99), short(again[kind].p50))
        report.limit(f"{city.name}: {title}, first", firsts[kind].p50, 30, "ms")
        report.limit(f"{city.name}: {title}, repeated", again[kind].p50, 1, "ms")
    static, at = timed
    report.head(f"{city.name}, route without steps, in process, us", "p50", "p99", "p50 of the rounds")
    report.row("now", short(static.p50), short(static.p99), static.spread)
    report.row("departure at an hour", short(at.p50), short(at.p99), at.spread)
    ratio = at.p50 / static.p50
    report.goals.append((f"{city.name}: departure-time route : static", "<= 1.3 x", f"{ratio:.2f} x", ratio <= 1.3))
