"""Routing measured beside its peers, one command: prints Markdown for benchmarks/RESULTS.md.

    python -m benchmarks.routing [--large] [--only engine,http,live,conditions,growth] [--pairs 300] [FILE.osm.pbf ...]

Peers (OSRM, Valhalla, RoutingKit's bindings, igraph, networkx) are installed below .parts/bench/python, or are those of
the interpreter PEERS_PYTHON. What is built for them and us is kept below .parts/bench; remove a city's folder to build
it anew, as after a change of the product's snapshots.
Of the last file an invented larger city is made as well, 2 x 2 copies joined by roads. Without files: the demo city.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.routing import conditions_race, engine_race, growth, http_race, live_race
from benchmarks.routing.cities import Peers, prepare
from benchmarks.routing.figures import Report, machine, versions
from benchmarks.routing.lockstep import ROOT

RACES = ("engine", "http", "live", "conditions", "growth")


def main() -> None:
    """Measures everything that was asked and prints it."""
    parser = argparse.ArgumentParser(prog="benchmarks.routing", description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="extracts, .osm.pbf; of the last one copies are made too")
    parser.add_argument("--large", action="store_true", help="grow to 12 M arcs: 5 minutes and 3 GB more")
    parser.add_argument("--only", default=",".join(RACES), help=f"some of {', '.join(RACES)}")
    parser.add_argument("--pairs", type=int, default=300, help="pairs of places, at most 1000 [300]")
    parser.add_argument("--copies", type=int, default=2, help="the larger city is so many squared copies; 1 = none [2]")
    asked = parser.parse_args()
    files = asked.files or [ROOT / "data/demo/helsinki-centre.osm.pbf"]
    races = asked.only.split(",")
    if unknown := set(races) - set(RACES):
        parser.error(f"--only {','.join(sorted(unknown))}: choose among {', '.join(RACES)}")
    peers, report = Peers(), Report()
    report.say(f"{machine()}; {versions(peers.python)}")
    cities = [prepare(_name(file), file, peers) for file in files]
    if asked.copies > 1:
        last = files[-1]
        cities.append(prepare(f"{_name(last)}-{asked.copies}x{asked.copies}", last, peers, asked.copies))
    for city in cities:
        print(f"{city.name}", file=sys.stderr, flush=True)
        engine_race.draw_questions(city)
        if "engine" in races:
            engine_race.race(city, peers, report, asked.pairs)
        if "http" in races:
            http_race.race(city, peers, report, asked.pairs)
        if "live" in races and city is cities[-1]:
            live_race.race(city, peers, report)
        if "conditions" in races and city is cities[-1]:
            conditions_race.race(city, report)
    if "growth" in races:
        growth.race(cities[len(files) - 1], report, asked.large)
    report.tell_goals()
    report.say()
    report.say(f"Afterwards: {machine()}")


def _name(file: Path) -> str:
    return file.name.split(".")[0].split("-")[0]


if __name__ == "__main__":
    main()
