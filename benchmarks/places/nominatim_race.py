"""Ours beside Nominatim in one run: the same file imported by both, the same questions, one machine.

    python -m benchmarks.places.nominatim_race [--seed 7] [--per-kind 60] [--only city|extracts] [FILE.osm.pbf ...]

The invented city first, then the given extracts (lauf, where it is there). Both answer over HTTP with as many workers
as the machine has cores, one question after the other by a client in Python, and several at once by wrk; ours is asked
in process as well. Import: ours is the whole product's (roads, maps, areas, places) and, beside it, what a geocoder
needs of it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.places import engine, hidden, nominatim, quality
from benchmarks.places.answers import BENCH, Answer
from benchmarks.places.city import prepare
from benchmarks.places.questions import KINDS, REFERENCE, Question, ask
from benchmarks.places.real import by_text, question, read_addresses
from benchmarks.places.simulated import Point
from benchmarks.places.steady import answers_a_second
from benchmarks.routing.cities import CLOUD
from benchmarks.routing.client import Connection, Refused, get
from benchmarks.routing.figures import Report, machine, short
from benchmarks.routing.lockstep import ROOT
from benchmarks.routing.servers import WORKERS, Server, free_port

AT_ONCE = 4
"""Connections that ask at the same time."""

ROUNDS = 63
"""How often each question is asked, each time written otherwise (`_blanks`): more than are answered in RACE_S."""

RACE_S = 6.0

FASTER, SOONER = 20.0, 50.0


@dataclass
class Side:
    """A server over HTTP and how it is spoken to."""

    name: str
    ports: tuple[int, ...]
    request: Callable[[Question], bytes]
    answers: Callable[[bytes], list[Answer]]
    reverse: Callable[[Point], bytes]

    def engine(self) -> Callable[[Question], list[Answer]]:
        """Asks one question after the other over one connection."""
        line = Connection(self.ports[0])

        def ask_one(asked: Question) -> list[Answer]:
            try:
                return self.answers(line.ask(self.request(asked)))
            except Refused:
                return []

        return ask_one

    def per_second(self, requests: Sequence[bytes]) -> float:
        """Answers in a second, asked over AT_ONCE connections; refusals count as answers."""
        targets = [request.split(b" ", 2)[1].decode() for request in requests]
        return answers_a_second(self.ports, targets, AT_ONCE, RACE_S)


def race(name: str, file: Path, questions: Sequence[Question], points: Sequence[Point], report: Report) -> None:
    """Imports, measures and prints."""
    home = BENCH / "homes" / name
    whole_s, size_mb = _import_ours(file, home)
    with tempfile.TemporaryDirectory(dir=BENCH) as folder:
        steps = engine.build(file, Path(folder) / "built")
        own_mb = _size_mb(Path(folder))
        world = engine.open_world(Path(folder) / "built")
        in_process = quality.measure(questions, lambda each: engine.answer(world, each))
    port = free_port()
    server = Server("ours", [*CLOUD, "serve", "--port", port, "--workers", WORKERS], port, get("/health"), home)
    try:
        side = Side("ours", (port,), _our_request, _our_answers, _our_reverse)
        ours = _measure(side, questions, points)
    finally:
        server.stop()
    with nominatim.start(file) as peer:
        side = Side("Nominatim", peer.ports, nominatim.request, nominatim.answers, nominatim.reverse_request)
        theirs = _measure(side, questions, points)
    _tell_kinds(name, theirs.kinds, in_process, ours.kinds, report)
    own_s = sum(seconds for step, seconds in steps.items() if "," not in step)
    spent = sum(sum(kind.spent_ms) for kind in in_process.values()) / 1000
    report.head(f"{name}", f"Nominatim {nominatim.RELEASE}", "ours", "ratio")
    rows = (
        ("import, all that a geocoder needs, s", peer.import_s, own_s),
        ("import, the whole product, s", peer.import_s, whole_s),
        ("size, all that a geocoder needs, MB", peer.size_mb, own_mb),
        ("size, the whole product, MB", peer.size_mb, size_mb),
        (f"questions a second, {AT_ONCE} connections", theirs.per_second, ours.per_second),
        ("questions a second, one connection", theirs.serial, ours.serial),
        ("questions a second, ours in process", theirs.serial, len(questions) / spent),
        (f"reverse a second, {AT_ONCE} connections", theirs.reverse_per_second, ours.reverse_per_second),
    )
    for what, their, our in rows:
        report.row(what, short(their), short(our), f"{max(their, our) / min(their, our):.0f} x")
    report.row("rows: placex", peer.places, "", "")
    report.compare(f"{name}: questions a second", ours.per_second, theirs.per_second, FASTER)
    report.compare(f"{name}: import of what a geocoder needs", own_s, peer.import_s, 1 / SOONER)


@dataclass
class Measured:
    """What came of one side."""

    kinds: dict[str, quality.Kind]
    serial: float
    per_second: float
    reverse_per_second: float


def _measure(side: Side, questions: Sequence[Question], points: Sequence[Point]) -> Measured:
    kinds = quality.measure(questions, side.engine())
    spent = sum(sum(kind.spent_ms) for kind in kinds.values()) / 1000
    mixed = random.Random(1).sample(list(questions), len(questions))
    asked = [replace(each, text=each.text + _blanks(again)) for again in range(1, ROUNDS) for each in mixed]
    there = [(lon + again * 1e-6, lat) for again in range(2 * ROUNDS) for lon, lat in points]
    per_second = side.per_second([side.request(each) for each in asked])
    return Measured(kinds, len(questions) / spent, per_second, side.per_second([side.reverse(each) for each in there]))


def _blanks(number: int) -> str:
    """White space that is another for each number below 64: a question asked again must not be answered from memory."""
    return "".join("\u3000" if number >> bit & 1 else " " for bit in range(6))


def _tell_kinds(
    name: str,
    theirs: dict[str, quality.Kind],
    in_process: dict[str, quality.Kind],
    ours: dict[str, quality.Kind],
    report: Report,
) -> None:
    columns = ("R@1", "R@5", "p50 ms", "p99 ms")
    theirs_and_ours = (f"Nominatim {columns[0]}", *columns[1:], f"ours {columns[0]}", *columns[1:])
    report.head(f"{name}, over HTTP, one connection", *theirs_and_ours, "in process p50", "p99")
    for kind in theirs:
        cells = [*_cells([theirs[kind]]), *_cells([ours[kind]]), *quality.times(in_process[kind].spent_ms)]
        report.row(kind if kind in REFERENCE or kind not in KINDS else f"*{kind}*", *cells)
    groups = [("all", list(theirs))]
    if set(REFERENCE) & set(theirs):
        groups.insert(0, ("the reference's 19", REFERENCE))
    for title, names in groups:
        spent = [each for kind in names for each in in_process[kind].spent_ms]
        told = [_cells([side[kind] for kind in names]) for side in (theirs, ours)]
        report.row(f"**{title}**", *told[0], *told[1], *quality.times(spent))


def _cells(kinds: list[quality.Kind]) -> list[str]:
    hits = [hit for kind in kinds for hit in kind.hits]
    shares = [f"{sum(0 < hit <= depth for hit in hits) / len(hits):.3f}" for depth in (1, 5)]
    return [*shares, *quality.times([each for kind in kinds for each in kind.spent_ms])]


def _import_ours(file: Path, home: Path) -> tuple[float, float]:
    """(seconds, MB) of the whole product's import into a new home."""
    shutil.rmtree(home, ignore_errors=True)
    environment = {**os.environ, "LOCATION_CLOUD_HOME": str(home), "LOCATION_CLOUD_LOG": "off"}
    begun = time.perf_counter()
    subprocess.run([*CLOUD, "import", str(file)], env=environment, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - begun, _size_mb(home)


def _size_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def _our_request(asked: Question) -> bytes:
    query: dict[str, str | int] = {"q": asked.text, "limit": 5}
    if asked.focus:
        query["focus"] = f"{asked.focus[0]},{asked.focus[1]}"
    return get(f"/v1/{'suggest' if asked.is_typing else 'geocode'}?{urllib.parse.urlencode(query)}")


def _our_reverse(lonlat: Point) -> bytes:
    return get(f"/v1/reverse?at={lonlat[0]},{lonlat[1]}")


def _our_answers(body: bytes) -> list[Answer]:
    found = []
    for feature in json.loads(body)["features"]:
        told = feature["properties"]
        numbers = (told["precise"], told["confidence"], told["accuracy_m"])
        lonlat = feature["geometry"]["coordinates"]
        found.append(Answer(lonlat, told["name"], told["level"], *numbers, told.get("ask", "")))
    return found


def main() -> None:
    """Measures everything and prints it."""
    parser = argparse.ArgumentParser(prog="benchmarks.places.nominatim_race", description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--per-kind", type=int, default=60)
    parser.add_argument("--only", choices=("city", "extracts"), help="one of the two")
    asked = parser.parse_args()
    report = Report()
    report.say(machine())
    run(asked.files, asked.seed, asked.per_kind, report, asked.only)
    report.tell_goals()


def run(files: Sequence[Path], seed: int, per_kind: int, report: Report, only: str | None = None) -> None:
    """The city, then the extracts."""
    if only != "extracts":
        city = prepare(BENCH / "city-1", 1)
        points = [each.lonlat for each in random.Random(seed).sample(city.pois, 500)]
        race("the invented city", BENCH / "city-1/city.osm.pbf", ask(city, seed, per_kind), points, report)
    if only == "city":
        return
    for file, country in hidden.towns(files or [path for path, _ in hidden.towns()][:1]):
        addresses = read_addresses(file)
        chance, others = random.Random(seed), by_text(addresses)
        drawn = chance.sample(addresses, min(400, len(addresses)))
        exact = [question(each, country, "exact", others) for each in drawn]
        slipped = [hidden.with_slip(each, country, others, chance) for each in drawn[:200]]
        asked = [*exact, *(each for each in slipped if each)]
        race(file.name, file, asked, [each.truths[0] for each in exact], report)


if __name__ == "__main__":
    main()
