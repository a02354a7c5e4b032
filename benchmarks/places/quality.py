"""How often the right place is first, kind by kind: the invented city's questions put to our geocoder in process.

    python -m benchmarks.places.quality --seed 7 [--per-kind 500] [--city-seed 1] [--only A1] [--dialect b] [--show L2]

--show KIND prints the misses of a kind: what was asked, what was to be found, what came first.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.places.answers import BENCH, Answer
from benchmarks.places.city import prepare
from benchmarks.places.engine import answer, world_of
from benchmarks.places.questions import KINDS, REFERENCE, TYPED_KINDS, Question, ask
from benchmarks.places.simulated import METRES, City, Point
from benchmarks.routing.figures import Report, machine, short

Engine = Callable[[Question], list[Answer]]

WANTED, WANTED_FIVE, LEAST = 0.95, 0.98, 0.85


@dataclass(frozen=True)
class First:
    """What a first answer says of itself, and what is true. is_inside: accuracy_m holds the truth; None = unknown."""

    level: str
    confidence: int
    precise: int
    accuracy_m: float
    is_right: bool
    is_inside: bool | None


@dataclass
class Kind:
    """What came of the questions of one kind."""

    hits: list[int] = field(default_factory=list)
    firsts: list[First] = field(default_factory=list)
    is_level: list[bool] = field(default_factory=list)
    is_asking: list[bool] = field(default_factory=list)
    spent_ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    misses: list[tuple[Question, list[Answer]]] = field(default_factory=list)

    @property
    def inside(self) -> float:
        """Share of the first answers whose stated radius holds the truth."""
        return _share([bool(each.is_inside) for each in self.firsts if each.is_inside is not None])

    def recall(self, depth: int) -> float:
        """Share of the questions whose truth is among the first `depth` answers."""
        return sum(0 < hit <= depth for hit in self.hits) / max(1, len(self.hits))


def measure(questions: Sequence[Question], engine: Engine, repeats: int = 1) -> dict[str, Kind]:
    """Every question, after one of each kind to warm up. repeats: calls of each, of which the least time counts."""
    for asked in {each.kind: each for each in questions}.values():
        engine(asked)
    kinds: dict[str, Kind] = {}
    for asked in questions:
        kind = kinds.setdefault(asked.kind, Kind())
        spent_ms = []
        for _ in range(repeats):
            started = time.perf_counter()
            found = engine(asked)
            spent_ms.append(1000 * (time.perf_counter() - started))
        kind.spent_ms.append(min(spent_ms))
        kind.first_ms.append(spent_ms[0])
        place = next((at for at, each in enumerate(found, 1) if is_hit(asked, each)), 0)
        kind.hits.append(place)
        if place != 1:
            kind.misses.append((asked, found))
        if found:
            first = found[0]
            inside = distance_m(first.lonlat, asked.truths) <= first.accuracy_m if asked.truths else None
            told = (first.level, first.confidence, first.precise, first.accuracy_m)
            kind.firsts.append(First(*told, place == 1, inside))
        if asked.levels and place == 1:
            kind.is_level.append(found[0].level in asked.levels)
        if asked.must_ask:
            kind.is_asking.append(bool(found and found[0].ask))
    return kinds


def is_hit(asked: Question, found: Answer) -> bool:
    """Whether an answer is one of the truths; of an area, whether it is that area."""
    if asked.name:
        return found.name == asked.name
    return distance_m(found.lonlat, asked.truths) <= asked.radius_m


def distance_m(point: Point, truths: Iterable[Point]) -> float:
    """Metres to the nearest of them, in the plane: they lie close, or far beyond any radius."""
    shrink = math.cos(math.radians(point[1]))
    return min(math.hypot((lon - point[0]) * shrink, lat - point[1]) * METRES for lon, lat in truths)


def tell(kinds: dict[str, Kind], report: Report, title: str) -> None:
    """The table, and the goals that stand in the issue."""
    report.head(title, "R@1", "R@5", "p50 ms", "p99 ms", "level as expected", "asks", "what")
    for name, kind in kinds.items():
        level = f"{_share(kind.is_level):.2f}" if kind.is_level else ""
        asks = f"{_share(kind.is_asking):.2f}" if kind.is_asking else ""
        what = (KINDS[name].__doc__ or "").split("\n")[0] if name in KINDS else ""
        mark = "" if kind.recall(1) >= LEAST or name in TYPED_KINDS else "**"
        cells = (f"{mark}{kind.recall(1):.3f}{mark}", f"{kind.recall(5):.3f}", *times(kind.spent_ms), level, asks, what)
        report.row(name if name in REFERENCE else f"*{name}*", *cells)
    own = [each for each in KINDS if each not in REFERENCE]
    for title, names in (("the reference's 19", REFERENCE), ("our own", own)):
        group = [kinds[name] for name in names if name in kinds]
        if group:
            report.row(f"**{title}**", *_summary(group), "", "", "")
    report.row("**all**", *_summary(list(kinds.values())), "", "", "")


def set_goals(kinds: dict[str, Kind], what: str, report: Report) -> None:
    """What the issue wants of the reference's kinds."""
    group = [kinds[name] for name in REFERENCE if name in kinds]
    hits = [hit for kind in group for hit in kind.hits]
    for depth, wanted in ((1, WANTED), (5, WANTED_FIVE)):
        share = sum(0 < hit <= depth for hit in hits) / len(hits)
        report.goals.append((f"R@{depth}, the reference's 19, {what}", f">= {wanted}", f"{share:.3f}", share >= wanted))
    judged = {name: kind.recall(1) for name, kind in kinds.items() if name in REFERENCE and name not in TYPED_KINDS}
    least = min(judged, key=lambda name: judged[name])
    told = f"{judged[least]:.3f} ({least})"
    report.goals.append((f"least kind but prefixes, {what}", f">= {LEAST}", told, judged[least] >= LEAST))


def _summary(group: list[Kind]) -> tuple[str, ...]:
    spent = [each for kind in group for each in kind.spent_ms]
    hits = [hit for kind in group for hit in kind.hits]
    first, five = (sum(0 < hit <= depth for hit in hits) / len(hits) for depth in (1, 5))
    return (f"**{first:.3f}**", f"**{five:.3f}**", *times(spent))


def times(spent_ms: Sequence[float]) -> tuple[str, str]:
    """Median and 99th percentile."""
    ordered = sorted(spent_ms)
    return short(ordered[len(ordered) // 2]), short(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))])


def _share(values: Sequence[bool]) -> float:
    return sum(values) / max(1, len(values))


def tell_trust(kinds: dict[str, Kind], report: Report) -> None:
    """Whether what first answers say of themselves is true: the stated radius (95 %), precise, confidence."""
    every = [each for kind in kinds.values() for each in kind.firsts]
    columns = ("answers", "truth inside accuracy_m", "where confidence >= 80", "median accuracy_m")
    report.head("level of the first answer", *columns)
    for level in sorted({each.level for each in every if each.is_inside is not None}):
        group = [each for each in every if each.level == level and each.is_inside is not None]
        sure = [bool(each.is_inside) for each in group if each.confidence >= 80]
        middle = sorted(each.accuracy_m for each in group)[len(group) // 2]
        inside = _share([bool(each.is_inside) for each in group])
        report.row(level, len(group), f"{inside:.3f}", f"{_share(sure):.3f} of {len(sure)}", short(middle))
    report.head("first answers that say", "answers", "right")
    for low, high in ((100, 101), (95, 100), (90, 95), (80, 90), (70, 80), (60, 70), (0, 60)):
        right = [each.is_right for each in every if low <= each.confidence < high]
        told = f"confidence {low}-{high - 1}" if high - low > 1 else f"confidence {low}"
        report.row(told, len(right), f"{_share(right):.3f}" if right else "")
    for precise in (1, 0):
        right = [each.is_right for each in every if each.precise == precise]
        report.row(f"precise={precise}", len(right), f"{_share(right):.3f}" if right else "")


def show(kind: Kind, count: int) -> None:
    """Misses of a kind, one a line."""
    for asked, found in kind.misses[:count]:
        first = found[0] if found else None
        away = f"{distance_m(first.lonlat, asked.truths):.0f} m" if first and asked.truths else ""
        place = next((at for at, each in enumerate(found, 1) if is_hit(asked, each)), 0)
        got = f"{first.name} [{first.level} {first.confidence}] {away}" if first else "nothing"
        print(f"  {asked.text!r} -> {got}; right one at {place or '-'}; truth {asked.name or asked.truths[0]}")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="benchmarks.places.quality", description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--city-seed", type=int, default=1)
    parser.add_argument("--per-kind", type=int, default=500)
    parser.add_argument("--only", default="", help="some kinds, e.g. A1,L2")
    parser.add_argument("--show", default="", help="misses of these kinds; all = of every one")
    parser.add_argument("--misses", type=int, default=25, help="how many of each [25]")
    parser.add_argument("--dialect", default="a", choices=("a", "b", "c"), help="b, c: the same things in other words")
    asked = parser.parse_args()
    names = [name for name in asked.only.split(",") if name]
    shown = [name for name in asked.show.split(",") if name]
    if shown and shown != ["all"] and not names:
        names = shown
    run(asked.seed, asked.city_seed, asked.per_kind, names, asked.dialect, Report(), shown, asked.misses)


def run(
    seed: int,
    city_seed: int,
    per_kind: int,
    names: Sequence[str],
    dialect: str,
    report: Report,
    shown: Sequence[str] = (),
    misses: int = 25,
) -> dict[str, Kind]:
    """One table; `shown` kinds' misses behind it."""
    city: City = prepare(BENCH / f"city-{city_seed}", city_seed)
    world = world_of(BENCH / f"city-{city_seed}/city.osm.pbf", f"city-{city_seed}")
    questions = ask(city, seed, per_kind, names, dialect)
    report.say(machine())
    kinds = measure(questions, lambda each: answer(world, each))
    tell(kinds, report, f"city {city_seed}, seed {seed}, {per_kind} of each, dialect {dialect}")
    tell_trust(kinds, report)
    for name in kinds if list(shown) == ["all"] else shown:
        print(f"\n{name}:")
        show(kinds[name], misses)
    return kinds


if __name__ == "__main__":
    main()
