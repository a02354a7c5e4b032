"""Places measured, one command: prints Markdown for benchmarks/RESULTS.md.

    python -m benchmarks.places [--only quality,hidden,speed,fuzz,import,http] [--seed 7] [--per-kind 500] [FILE ...]

quality: the questions of a simulated city, kind by kind, in three dialects. hidden: real addresses as written, with a
typo, and taken out of the data. speed: a million names built, opened, asked. fuzz: strings nobody would write. import:
Nominatim beside us on the same files (installed below .parts, without root). http: 500 questions each second.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.places import fuzz, hidden, http_race, nominatim_race, quality, speed
from benchmarks.places.answers import BENCH
from benchmarks.routing.figures import Report, machine

RACES = ("quality", "hidden", "speed", "fuzz", "import", "http")
MILLION = 1_000_000


def main() -> None:
    """Measures everything that was asked and prints it."""
    parser = argparse.ArgumentParser(prog="benchmarks.places", description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="extracts for hidden and import, .osm.pbf")
    parser.add_argument("--only", default=",".join(RACES), help=f"some of {', '.join(RACES)}")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--per-kind", type=int, default=500)
    parser.add_argument("--names", type=int, default=MILLION, help="size of the index for speed and fuzz [1000000]")
    parser.add_argument("--strings", type=int, default=20_000, help="for fuzz; 1000000 takes half an hour [20000]")
    asked = parser.parse_args()
    races = asked.only.split(",")
    if unknown := set(races) - set(RACES):
        parser.error(f"--only {','.join(sorted(unknown))}: choose among {', '.join(RACES)}")
    report = Report()
    report.say(machine())
    for race in (each for each in RACES if each in races):
        print(race, file=sys.stderr, flush=True)
        report.say()
        report.say(f"### {race}")
        if race == "quality":
            for dialect in "abc":
                kinds = quality.run(asked.seed, 1, asked.per_kind, (), dialect, report)
                quality.set_goals(kinds, f"dialect {dialect}", report)
        elif race == "hidden":
            hidden.race(hidden.towns(asked.files), asked.seed, 1000, report)
        elif race == "speed":
            speed.run(asked.names, 50, report)
        elif race == "fuzz":
            fuzz.run(asked.strings, asked.seed, 1, asked.names if "speed" in races else 0, 2, report)
        elif race == "import":
            nominatim_race.run(asked.files, asked.seed, 60, report)
        elif race == "http":
            _http(asked.names, report)
    if report.goals:
        report.tell_goals()
    report.say()
    report.say(f"Afterwards: {machine()}")


def _http(names: int, report: Report) -> None:
    folder = BENCH / f"city-{names}"
    city = speed.city_of(names)
    http_race.served_home(folder, folder / "home")
    http_race.run(city, folder / "home", http_race.RATE, 20.0, tuple(http_race.SHARES), report)


if __name__ == "__main__":
    main()
