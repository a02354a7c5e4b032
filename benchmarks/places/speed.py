"""How fast, how large: a simulated city of a million names built, opened, asked and reversed in process.

    python -m benchmarks.places.speed [--names 1000000] [--per-kind 50] [--keep-built]
    python -m benchmarks.places.fuzz beside it: strings nobody would write, none over 50 ms.

The build runs in a process of its own, and so does each opening, so that memory is theirs alone.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.places import engine, quality
from benchmarks.places.answers import BENCH
from benchmarks.places.city import prepare
from benchmarks.places.questions import TYPED_KINDS, Question, ask
from benchmarks.places.sample import Sample
from benchmarks.places.simulated import City
from benchmarks.places.wording import pinyin
from benchmarks.routing.figures import Report, machine, short
from location_cloud.errors import CloudError
from location_cloud.places import service, service_reverse

BUILD_S, SIZE_MB, OPEN_S, RSS_MB = 60.0, 250.0, 0.3, 600.0
SEARCH_P50_MS, SEARCH_P99_MS, SUGGEST_P99_MS, REVERSE_P99_MS = 2.0, 15.0, 10.0, 2.0

LENGTHS = range(1, 9)

REPEATS = 3


def run(names: int, per_kind: int, report: Report, is_kept: bool = False) -> None:
    """Every table."""
    folder, city = BENCH / f"city-{names}", city_of(names)
    built = folder / "built"
    if not (is_kept and (built / "built.json").exists()):
        shutil.rmtree(built, ignore_errors=True)
        _apart("build", str(folder / "city.osm.pbf"), str(built))
    told = json.loads((built / "built.json").read_text())
    size_mb = sum(file.stat().st_size for file in (built / "places").rglob("*")) / 1e6
    opened = sorted((_apart("open", str(built)) for _ in range(3)), key=lambda each: each["open_s"])[1]
    index_s = told["places"]
    report.head(f"{names:,} names asked for", "measured")
    counted = (len(city.roads), len(city.houses), len(city.pois), len(city.wells), len(city.villages))
    report.row("roads, numbers, places, wells, villages", " / ".join(f"{each:,}" for each in counted))
    for key in ("read", "areas", "places"):
        report.row(f"{key}, s (of the processor)", f"{short(told[key])} ({short(told[f'{key}, processor'])})")
    report.row("most memory while building, MB", short(told["peak_mb"]))
    report.row("places on disk, MB", short(size_mb))
    report.row("the largest of it, MB", _largest(built / "places"))
    report.row("open, s (median of 3 processes)", f"{opened['open_s']:.3f}")
    report.row("resident after opening, MB", short(opened["rss_mb"]))
    report.limit(f"{names:,} names: build places", index_s, BUILD_S, "s")
    report.limit(f"{names:,} names: on disk", size_mb, SIZE_MB, "MB")
    report.limit(f"{names:,} names: open", opened["open_s"], OPEN_S, "s")
    world = engine.open_world(built)
    _search(world, city, per_kind, names, report)
    _suggest(world, city, names, report)
    _reverse(world, city, names, report)
    rss_mb = resident_mb()
    report.row("resident after all of it (the questions' truth included), MB", short(rss_mb))


def city_of(names: int) -> City:
    """The city of so many names, drawn once and kept."""
    return prepare(BENCH / f"city-{names}", 1, max(1.0, names / 250_000), names)


def _search(world: engine.BuiltWorld, city: City, per_kind: int, names: int, report: Report) -> None:
    kinds = quality.measure(ask(city, 11, per_kind), lambda each: engine.answer(world, each), REPEATS)
    quality.tell(kinds, report, f"{names:,} names, {per_kind} of each")
    spent = [each for name, kind in kinds.items() if name not in TYPED_KINDS for each in kind.spent_ms]
    first = [each for name, kind in kinds.items() if name not in TYPED_KINDS for each in kind.first_ms]
    report.head("every kind but the typed ones", "p50 ms", "p99 ms", "max ms")
    report.row("least of three calls", *quality.times(spent), short(max(spent)))
    report.row("first call (others use the machine)", *quality.times(first), short(max(first)))
    ordered = sorted(spent)
    report.limit("search p50", ordered[len(ordered) // 2], SEARCH_P50_MS, "ms")
    report.limit("search p99", ordered[int(len(ordered) * 0.99)], SEARCH_P99_MS, "ms")


def _suggest(world: engine.BuiltWorld, city: City, names: int, report: Report) -> None:
    sample = Sample(city, 5)
    report.head(f"suggest at {names:,} names, with focus", "p50 ms", "p99 ms", "max ms")
    every: list[float] = []
    for length in LENGTHS:
        for what, spell in _SPELLINGS.items():
            texts = []
            for _ in range(60):
                each = sample.poi(4)
                texts.append((spell(each.name)[:length], sample.near(each.lonlat)))
            spent = [_ms(_suggest_one, world, text, focus) for text, focus in texts]
            every += spent
            report.row(f"{length} letters, {what}", *quality.times(spent), short(max(spent)))
    report.row("all", *quality.times(every), short(max(every)))
    report.limit("suggest p99", sorted(every)[int(len(every) * 0.99)], SUGGEST_P99_MS, "ms")


_SPELLINGS: dict[str, Callable[[str], str]] = {
    "Chinese": str,
    "pinyin": lambda name: pinyin(name, ""),
    "initials": lambda name: pinyin(name, "", True),
}


def _suggest_one(world: engine.BuiltWorld, text: str, focus: tuple[float, float]) -> None:
    try:
        service.suggest(world, text, focus)  # type: ignore[arg-type]
    except CloudError:
        return


def _reverse(world: engine.BuiltWorld, city: City, names: int, report: Report) -> None:
    chance = random.Random(3)
    points = [Sample(city, 6).near(each.lonlat) for each in chance.sample(city.pois, 1500)]
    whole = [(chance.uniform(123.8, 125.8), chance.uniform(45.4, 47.4)) for _ in range(500)]
    report.head(f"reverse at {names:,} names", "p50 ms", "p99 ms", "max ms")
    forms: dict[str, Callable[[tuple[float, float]], object]] = {
        "short": lambda point: service_reverse.reverse(world, point),  # type: ignore[arg-type]
        "dispatch": lambda point: service_reverse.describe(world, point, 1000.0, 3, "zh-CN"),  # type: ignore[arg-type]
    }
    for what, form in forms.items():
        for where, places in (("near places", points), ("anywhere", whole)):
            form(places[0])
            spent = [_ms(form, place) for place in places]
            report.row(f"{what}, {where}", *quality.times(spent), short(max(spent)))
            if where == "near places":
                report.limit(f"reverse p99, {what}", sorted(spent)[int(len(spent) * 0.99)], REVERSE_P99_MS, "ms")


def _largest(folder: Path) -> str:
    files = sorted(folder.rglob("*"), key=lambda file: -file.stat().st_size)[:6]
    return ", ".join(f"{file.name} {short(file.stat().st_size / 1e6)}" for file in files)


def _ms(what: Callable[..., object], *arguments: object) -> float:
    """Of the least of some calls: the machine is shared, and a slice of somebody else's is 5 to 10 ms."""
    spent_s = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        what(*arguments)
        spent_s.append(time.perf_counter() - started)
    return 1000 * min(spent_s)


def resident_mb() -> float:
    """Of this process."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


def _apart(*arguments: str) -> dict[str, float]:
    """The last line that a step says, run in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.places.speed", "--step", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def step(arguments: Sequence[str]) -> dict[str, float]:
    """One step of this process: build FILE FOLDER, or open FOLDER and answer once."""
    if arguments[0] == "build":
        seconds = engine.build(Path(arguments[1]), Path(arguments[2]))
        seconds["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        (Path(arguments[2]) / "built.json").write_text(json.dumps(seconds))
        return seconds
    before_mb = resident_mb()
    started = time.perf_counter()
    world = engine.open_world(Path(arguments[1]))
    open_s = time.perf_counter() - started
    engine.answer(world, Question("", "大庆市", ()))
    return {"open_s": open_s, "rss_mb": resident_mb(), "before_mb": before_mb}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="benchmarks.places.speed", description=__doc__.split("\n")[0])
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--per-kind", type=int, default=50)
    parser.add_argument("--keep-built", action="store_true", help="ask the index of the last run")
    parser.add_argument("--step", nargs="+", default=[])
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(step(asked.step)))
        return
    report = Report()
    report.say(machine())
    run(asked.names, asked.per_kind, report, asked.keep_built)
    report.tell_goals()


if __name__ == "__main__":
    main()
