"""Strings that nobody would write, a million of them if asked: no exception but the named ones, none over 50 ms.

    python -m benchmarks.places.fuzz [--count 20000] [--seed 1] [--city-seed 1] [--names 0] [--processes 2]

--names 1000000 asks the index that benchmarks.places.speed built. Times are the processor's, of the asking thread: what
the machine does besides is not the string's fault.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.places import engine, quality
from benchmarks.places.answers import BENCH
from benchmarks.places.city import prepare
from benchmarks.places.questions import ask
from benchmarks.routing.figures import Report, machine, short
from location_cloud.errors import CloudError
from location_cloud.places import service, service_coords

LONGEST = 200
"""Characters; the service's own ceiling of a question."""

MOST_MS = 50.0
FOCUS = (125.0, 46.6)

PIECES = (
    *(
        "号",
        "路",
        "街",
        "与",
        "和",
        "公里",
        "米",
        "K",
        "+",
        "-",
        "号楼",
        "单元",
        "室",
        "区",
        "县",
        "大庆",
        "东",
        "北侧",
    ),
    *(
        "交叉口",
        "门",
        "楼",
        "、",
        "，",
        "；",
        "/",
        "&",
        "我在",
        "附近",
        "这边",
        "快来",
        "°",
        "′",
        "″",
        "度",
        "分",
        "秒",
    ),
    *("N", "E", "Z", "51T", "8QR7H4Q3+26", "1-", "1.1.", "((", "))", "12;", "é", "ß", "str.", "bis", "nr", "n°", "st"),
    *(
        "haus",
        "dq",
        "1/2",
        "甲",
        "ZK123+400",
        "二百五十七",
        "百",
        "〇",
        "０",
        "😀",
        "𠀀",
        "0",
        "9",
        "%",
        "\\",
        "'",
        "龍",
    ),
)
INVISIBLE = (" ", "  ", "\n", "\x00", "\u200b", "\u0301")


@dataclass
class Found:
    """What a share of the strings did."""

    count: int = 0
    slow: list[tuple[float, str, str]] = field(default_factory=list)
    broken: list[tuple[str, str, str]] = field(default_factory=list)
    spent_ms: dict[str, list[float]] = field(default_factory=dict)


class Strings:
    """Draws strings: questions spoiled, pieces repeated, and any characters at all."""

    def __init__(self, seed: int, texts: Sequence[str]) -> None:
        self.chance = random.Random(seed)
        self.texts = texts

    def draw(self) -> str:
        """One of at most LONGEST characters."""
        drawn = self.chance.random()
        if drawn < 0.6:
            text = self.chance.choice(self.texts)
            for _ in range(self.chance.randint(1, 6)):
                text = self._spoiled(text)
        elif drawn < 0.8:
            text = "".join(self._piece() for _ in range(self.chance.randint(1, 80)))
        elif drawn < 0.88:
            text = self._piece() * self.chance.randint(1, LONGEST)
        else:
            text = "".join(self._char() for _ in range(self.chance.randint(1, LONGEST)))
        return text[:LONGEST]

    def _spoiled(self, text: str) -> str:
        at = self.chance.randrange(len(text) + 1)
        to = min(len(text), at + self.chance.randint(1, 6))
        drawn = self.chance.randrange(6)
        if drawn == 0:
            return text[:at] + text[to:]
        if drawn == 1:
            return text[:at] + self._piece() + text[at:]
        if drawn == 2:
            return text[:at] + self._char() + text[to:]
        if drawn == 3:
            return text[:to] + text[at:to] * self.chance.randint(1, 40) + text[to:]
        if drawn == 4:
            return text + self.chance.choice((" ", "", "，")) + self.chance.choice(self.texts)
        return text[at:] + text[:at]

    def _piece(self) -> str:
        return self.chance.choice(PIECES if self.chance.random() < 0.9 else INVISIBLE)

    def _char(self) -> str:
        low, high = self.chance.choice(((32, 127), (0x4E00, 0x9FFF), (0xA0, 0x24F), (0x3000, 0x30FF), (1, 0xD7FF)))
        return chr(self.chance.randint(low, high))


def run_share(seed: int, count: int, folder: str, texts: Sequence[str]) -> Found:
    """So many strings put to geocode, some with a focus; each fourth to suggest, each tenth to parse and coords."""
    world = engine.open_world(Path(folder))
    questions: dict[str, tuple[int, Callable[[str], object]]] = {
        "geocode": (1, lambda text: service.geocode(world, text, FOCUS if len(text) % 3 == 0 else None)),  # type: ignore[arg-type]
        "suggest": (4, lambda text: service.suggest(world, text[:40], FOCUS)),  # type: ignore[arg-type]
        "parse": (10, lambda text: service.parse(world, text)),  # type: ignore[arg-type]
        "coords": (10, lambda text: service_coords.read_text(world, text)),  # type: ignore[arg-type]
    }
    strings, found = Strings(seed, texts), Found()
    for text in (*texts[:400], "46.58758,125.10307"):  # what is compiled or read once (GCJ-02's border) is so now
        for _, question in questions.values():
            with contextlib.suppress(CloudError):
                question(text)
    for number in range(count):
        text = strings.draw()
        found.count += 1
        for name, (each, question) in questions.items():
            if number % each == 0:
                _try(name, question, text, found)
    return found


def _try(name: str, question: Callable[[str], object], text: str, found: Found) -> None:
    started = time.thread_time()
    try:
        with contextlib.suppress(CloudError):
            question(text)
    except Exception:
        found.broken.append((name, text, traceback.format_exc(limit=-3)))
        return
    spent_ms = 1000 * (time.thread_time() - started)
    found.spent_ms.setdefault(name, []).append(spent_ms)
    if spent_ms > MOST_MS:
        found.slow.append((spent_ms, name, text))


def run(count: int, seed: int, city_seed: int, names: int, processes: int, report: Report) -> None:
    """The table, and what was found below it."""
    city = prepare(BENCH / f"city-{city_seed}", city_seed)
    texts = [each.text for dialect in "abc" for each in ask(city, seed, 20, (), dialect)]
    texts += ["Hersbrucker Straße 12, 91207 Lauf", "12 bis Rue Grimaldi, Monaco", "Mannerheimintie 5 A, 00100 Helsinki"]
    if names:
        folder = BENCH / f"city-{names}/built"
    else:
        folder = engine.world_of(BENCH / f"city-{city_seed}/city.osm.pbf", f"city-{city_seed}").folder
    with ProcessPoolExecutor(processes) as pool:
        shares = [
            pool.submit(run_share, seed * 100 + each, count // processes, str(folder), texts)
            for each in range(processes)
        ]
        found = [each.result() for each in shares]
    slow = sorted((each for share in found for each in share.slow), reverse=True)
    broken = [each for share in found for each in share.broken]
    report.head(
        f"fuzz, {sum(share.count for share in found):,} strings, seed {seed}", "p50 ms", "p99 ms", "max ms", "asked"
    )
    for name in found[0].spent_ms:
        spent = [each for share in found for each in share.spent_ms[name]]
        report.row(name, *quality.times(spent), short(max(spent)), len(spent))
    report.row(f"over {MOST_MS:g} ms", "", "", "", len(slow))
    report.row("exceptions without a name", "", "", "", len(broken))
    for spent_ms, name, text in slow[:20]:
        print(f"  {spent_ms:.0f} ms {name} {text!r}")
    for name, text, trace in broken[:10]:
        print(f"  {name} {text!r}\n{trace}")
    report.goals.append(("fuzz: exceptions, slow", "0, 0", f"{len(broken)}, {len(slow)}", not (slow or broken)))


def main() -> None:
    """Runs it and prints."""
    parser = argparse.ArgumentParser(prog="benchmarks.places.fuzz", description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--city-seed", type=int, default=1)
    parser.add_argument("--names", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    report = Report()
    report.say(machine())
    run(asked.count, asked.seed, asked.city_seed, asked.names, asked.processes, report)


if __name__ == "__main__":
    main()
