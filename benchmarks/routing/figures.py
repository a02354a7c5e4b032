"""What was measured, as Markdown: medians over rounds with their spread, and the ratio to what was to be reached."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Spent:
    """Times of one kind of question, in one unit, round by round."""

    rounds: list[list[float]] = field(default_factory=list)

    def add(self, round_: int, value: float | None) -> None:
        """One more; None = there was no answer."""
        while len(self.rounds) <= round_:
            self.rounds.append([])
        if value is not None:
            self.rounds[round_].append(value)

    @property
    def count(self) -> int:
        """Of answers."""
        return sum(map(len, self.rounds))

    @property
    def p50(self) -> float:
        """Median of the rounds' medians."""
        return self._middle(0.5)

    @property
    def p99(self) -> float:
        """Median of the rounds' 99th percentiles."""
        return self._middle(0.99)

    @property
    def spread(self) -> str:
        """Least and greatest of the rounds' medians."""
        medians = [_part(one, 0.5) for one in self.rounds if one]
        return f"{short(min(medians))}-{short(max(medians))}" if medians else "-"

    def _middle(self, part: float) -> float:
        found = [_part(one, part) for one in self.rounds if one]
        return statistics.median(found) if found else float("nan")


@dataclass
class Report:
    """Prints as it goes, and remembers what was to be reached."""

    goals: list[tuple[str, str, str, bool | None]] = field(default_factory=list)

    def say(self, text: str = "") -> None:
        """A line of Markdown."""
        print(text, flush=True)

    def head(self, title: str, *columns: str) -> None:
        """The beginning of a table."""
        self.say()
        self.row(title, *columns)
        self.row(*["---"] * (len(columns) + 1))

    def row(self, *cells: object) -> None:
        """A row of a table."""
        self.say("| " + " | ".join(map(str, cells)) + " |")

    def compare(self, what: str, ours: float, theirs: float, wanted: float) -> None:
        """A ratio that may be at most `wanted`; wanted > 1 is one that must be at least so large."""
        ratio = ours / theirs if theirs else float("nan")
        is_met = ratio >= wanted if wanted > 1 else ratio <= wanted
        text = f">= {wanted:g} x" if wanted > 1 else f"<= 1/{1 / wanted:g}"
        told = f"{ratio:.2f} x" if wanted > 1 else f"1/{1 / ratio:.1f}"
        self.goals.append((what, text, told, is_met))

    def limit(self, what: str, value: float, most: float, unit: str) -> None:
        """A value that may be at most `most`."""
        self.goals.append((what, f"<= {most:g} {unit}", f"{short(value)} {unit}", value <= most))

    def tell_goals(self) -> None:
        """Every goal and whether it was reached."""
        self.head("goal", "wanted", "measured", "")
        for what, wanted, measured, is_met in self.goals:
            self.row(what, wanted, measured, "met" if is_met else "**not met**")


def short(value: float) -> str:
    """Three digits that count."""
    if value != value:
        return "-"
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def machine() -> str:
    """Date, Python, processor and what else the machine does."""
    lines = open("/proc/cpuinfo", encoding="utf-8").read().split("\n")  # noqa: SIM115  (a pseudo file)
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "?")
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    date = time.strftime("%Y-%m-%d %H:%M")
    return f"{date}, Python {sys.version.split()[0]}, {os.cpu_count()} cores ({model}), load before the run: {load}"


def versions(python: object) -> str:
    """The peers' releases."""
    code = (
        "from importlib.metadata import version as v\n"
        "names = ('osrm-bindings', 'pyvalhalla', 'pyroutingkit', 'routingkit_cch', 'igraph', 'networkx')\n"
        "print(', '.join(f'{n} {v(n)}' for n in names))"
    )
    found = subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True)
    return found.stdout.strip()


def _part(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]
