"""Exchange between two systems: 200 x kill -9, lines that lose, double, delay and shuffle, and how fast a backlog goes.

.venv/bin/python benchmarks/grids/federation.py [--kills 200] [--seeds 20] [--backlog 5000]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.federation.conftest import Pair, agree, open_side
from tests.federation.test_federation_killed import killed_pair, lost, requests
from tests.federation.test_federation_line import exchange_over_a_bad_line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("kills", 200), ("seeds", 20), ("backlog", 5000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        killed(Path(folder) / "killed", asked.kills)
        bad_lines(Path(folder), asked.seeds)
        backlog(Path(folder) / "backlog", asked.backlog)


def killed(home: Path, kills: int) -> None:
    home.mkdir()
    began = time.perf_counter()
    pair, acknowledged = killed_pair(home, kills)
    gone = lost(pair, acknowledged)
    is_same = pair.village.own() == pair.city.copies()
    turns = [(each.case, each.turn) for each in requests(pair.village, "in")]
    print(
        f"kill -9: {kills} times, {len(acknowledged)} acknowledged, {len(gone)} lost, "
        f"{len(turns) - len(set(turns))} done twice, both sides {'equal' if is_same else 'DIFFER'}, "
        f"{time.perf_counter() - began:.1f} s"
    )
    close(pair)


def bad_lines(home: Path, seeds: int) -> None:
    began, wrong = time.perf_counter(), 0
    for seed in range(seeds):
        pair = new_pair(home / f"bad{seed}")
        exchange_over_a_bad_line(pair, seed, 60)
        pair.settle()
        is_same = pair.village.own() == pair.city.copies() and pair.city.own() == pair.village.copies()
        wrong += not is_same
        close(pair)
    print(f"bad lines: {seeds} seeds, {wrong} with a difference, {time.perf_counter() - began:.1f} s")


def backlog(home: Path, count: int) -> None:
    pair = new_pair(home)
    for number in range(count):
        pair.village.report(description=f"simulated {number}")
    began = time.perf_counter()
    while pair.exchange().sent:
        pass
    took = time.perf_counter() - began
    equal = pair.village.state()["waiting"] <= 3  # indicators wait for a quiet minute
    print(f"backlog: {count} cases in {took:.1f} s, {count / took:.0f} a second, {'all' if equal else 'NOT ALL'} taken")
    close(pair)


def new_pair(home: Path) -> Pair:
    pair = Pair(open_side("city", "village", home / "city"), open_side("village", "city", home / "village"))
    agree(pair)
    return pair


def close(pair: Pair) -> None:
    for side in (pair.city, pair.village):
        side.live.close()


if __name__ == "__main__":
    main()
