"""Grids and cases in one run: prints Markdown for benchmarks/RESULTS.md, and whether every goal was reached.

    python -m benchmarks.grids [--only cells,designer,...] [--cases 1000000] [--kills 200] [FILE.osm.pbf ...]

Runs the benchmarks of this folder one after another, each in a process of its own, shows what they print, and reads the
figures that are to be reached out of it. FILES: the OpenStreetMap files of the designer's windows (`designer.WINDOWS`),
by their names; without any of them the designer is left out, which is said. All data but theirs are simulated.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.grids.designer import WINDOWS
from benchmarks.routing.figures import Report, machine

ROOT = Path(__file__).parents[2]
HERE = "benchmarks/grids"

GOAL_WINDOWS = ("monaco", "heidelberg-centre")
"""Windows that the designer's goals are about: a dense state of 2.3 square kilometres, and 25 of a town."""

LONGEST_S = 1800.0
"""Of one part; then it is ended, and its goals count as missed."""


@dataclass(frozen=True)
class Goal:
    """A figure to be reached. part: that prints it. pattern: finds it, or several with commas; the worst one counts.

    wanted: as it is told. is_met: of a value. worst: of many.
    """

    part: str
    what: str
    pattern: str
    wanted: str
    is_met: Callable[[float], bool]
    worst: Callable[[list[float]], float] = max


def at_most(most: float) -> Callable[[float], bool]:
    """Whether a value is no larger."""
    return lambda value: value <= most


def at_least(least: float) -> Callable[[float], bool]:
    """Whether a value is no smaller."""
    return lambda value: value >= least


no = at_most(0)

GOALS = (
    Goal("cells", "mismatches with exact arithmetic, 1.1 M points", r"'(?:random|on borders)': (\d+)", "0", no),
    Goal("cells", "1 M BeiDou codes, level 10, ms", r"^1 M codes, level 10: ([\d.]+) ms", "<= 1000", at_most(1000)),
    Goal(
        "cells",
        "nine districts at level 5 as spans, ms",
        r"^nine districts as spans: ([\d.]+) ms",
        "<= 80",
        at_most(80),
    ),
    Goal("designer", "cover beside 1", r"cover [+-]([\d.e+-]+)", "<= 1e-9", at_most(1e-9)),
    Goal("designer", "overlap, m2", r"overlap ([\d.e+-]+) m2", "<= 1e-6", at_most(1e-6)),
    Goal("designer", "grids of 0.5 to 1.5 targets, %", r"x10: .*?in range ([\d.]+)%", ">= 97", at_least(97), min),
    Goal("designer", "border on roads or water, %", r"x10: .*?roads or water ([\d.]+)%", ">= 80", at_least(80), min),
    Goal("designer", "buildings cut, %", r"x10: .*?buildings cut ([\d.]+)%", "<= 4", at_most(4)),
    Goal("designer", "processor, slowest of three, s", r"x10: .*?CPU s ([\d., ]+), s", "<= 8", at_most(8)),
    Goal("designer", "codes kept after one road, least of 5, %", r"least ([\d.]+)%", ">= 95", at_least(95), min),
    Goal("cases", "lists and boxes of all cases, slowest p95, ms", r"p95 +([\d.]+) ms", "<= 50", at_most(50)),
    Goal(
        "evaluation",
        "indices of a month, slowest median, ms",
        r"a month.*: median ([\d.]+) ms",
        "<= 1000",
        at_most(1000),
    ),
    Goal("evaluation", "deadlines not as on the watched clock", r"three years, (\d+) not", "0", no),
    Goal("federation", "acknowledged and lost after kill -9", r"acknowledged, (\d+) lost", "0", no),
    Goal("federation", "done twice", r"(\d+) done twice", "0", no),
    Goal("federation", "bad lines with a difference", r"seeds, (\d+) with a difference", "0", no),
)
"""Of the texts that the parts print: a part whose words change without its pattern misses its goal, loudly."""


def main() -> None:
    """Runs the parts, tells what they found; ends with status 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="parts by name, with commas")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("files", nargs="*", type=Path)
    asked = parser.parse_args()
    report = Report()
    report.say(
        f"### Grids and cases (`python -m benchmarks.grids`)\n\n{machine()}. All cases and patrols are simulated."
    )
    with tempfile.TemporaryDirectory() as folder:
        parts = commands(Path(folder), asked.cases, asked.kills, asked.files, report)
        only = asked.only.split(",") if asked.only else list(parts)
        if unknown := set(only) - set(parts):
            parser.error(f"--only {', '.join(sorted(unknown))}: there are {', '.join(parts)}")
        for part in only:
            judge(report, part, run(report, part, parts[part]))
    report.tell_goals()
    sys.exit(0 if all(goal[3] for goal in report.goals) else 1)


def commands(home: Path, cases: int, kills: int, files: list[Path], report: Report) -> dict[str, list[list[str]]]:
    """What is run for each part: parts by name, in the order in which they run."""
    parts = {
        "cells": [[f"{HERE}/cells.py"]],
        "designer": designer_commands(files),
        "registry": [[f"{HERE}/registry.py"]],
        "cases": [[f"{HERE}/cases.py", "--home", str(home / "cases"), "--cases", str(cases), "--rounds", "20"]],
        "evaluation": [["-m", "benchmarks.grids.evaluation", str(cases), tempfile.mkdtemp(dir=home)]],
        "patrols": [[f"{HERE}/patrols.py"]],
        "federation": [
            ["-m", "benchmarks.grids.federation", "--kills", str(kills), "--seeds", "5", "--backlog", "2000"]
        ],
    }
    if not parts["designer"]:
        del parts["designer"]
        wanted = ", ".join(sorted({WINDOWS[name][0] for name in GOAL_WINDOWS}))
        report.say(f"\nThe designer is left out: none of its files was named ({wanted}).")
    return parts


def designer_commands(files: list[Path]) -> list[list[str]]:
    """One for each window whose file was named."""
    return [
        [f"{HERE}/designer.py", str(file.parent), name]
        for name in GOAL_WINDOWS
        for file in files
        if file.name == WINDOWS[name][0]
    ]


def run(report: Report, part: str, calls: list[list[str]]) -> str:
    """What a part prints, shown as it comes; that it failed is a goal missed."""
    report.say(f"\n#### {part}\n\n```")
    began, told = time.perf_counter(), []
    for call in calls:
        with subprocess.Popen(
            [sys.executable, *call], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                told.append(line)
                report.say(line.rstrip())
                if time.perf_counter() - began > LONGEST_S:
                    process.kill()
        if process.returncode:
            report.say(f"ended with status {process.returncode}")
            report.goals.append((f"{part}: runs to its end", "status 0", f"status {process.returncode}", False))
    report.say(f"```\n\n{time.perf_counter() - began:.0f} s")
    return "".join(told)


def judge(report: Report, part: str, told: str) -> None:
    """Reads the part's figures and remembers whether its goals were reached."""
    for goal in GOALS:
        if goal.part == part:
            report.goals.append(verdict(goal, told))


def verdict(goal: Goal, told: str) -> tuple[str, str, str, bool]:
    """(what, wanted, measured, whether it was reached); a figure that is not found was not reached."""
    hits = re.findall(goal.pattern, told, re.MULTILINE)
    values = [float(each) for hit in hits for each in hit.split(", ")]
    if not values:
        return goal.what, goal.wanted, "not told", False
    value = goal.worst(values)
    return goal.what, goal.wanted, f"{value:g}", goal.is_met(value)


if __name__ == "__main__":
    main()
