"""Open311 over a million simulated cases: how fast requests are listed, chosen and found, as XML and as JSON.

    .venv/bin/python benchmarks/grids/open311.py --home /tmp/bench-cases [--cases 1000000] [--live postgresql://...]

The home is that of cases.py, and made if it is not there; the timeline has no lines of these cases. Prints p50, p95 and
the slowest of each question, asked in the process: the statement, and writing the answer.
"""

from __future__ import annotations

import argparse
import collections
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from cases import CENTRE, SPREAD, TENANT, fill, told

from location_cloud.cases import service_open311
from location_cloud.cases.catalogue import load_classes
from location_cloud.cases.model_open311 import Wanted
from location_cloud.cases.open311 import write
from location_cloud.cases.open311_answers import as_requests
from location_cloud.cases.store import MIGRATIONS
from location_cloud.spatial.bbox import Bbox
from location_cloud.storage.live import Live, open_live

DAY_S = 86_400.0


def questions(chance: np.random.Generator, now: float) -> dict[str, Wanted]:
    """What is asked, anew each time; 90 days each, the first 1,000."""
    lon, lat = (float(chance.normal(CENTRE[axis], SPREAD[axis])) for axis in (0, 1))
    first, last = now - 90 * DAY_S, now + 1
    old = first - float(chance.integers(100, 500)) * DAY_S

    def box(size: float) -> Bbox:
        return Bbox(lon - size, lat - size * 0.7, lon + size, lat + size * 0.7)

    codes = list(load_classes())
    code = codes[chance.integers(len(codes))]
    return {
        "the newest 1,000": Wanted(first, last),
        "page 10 of 100": Wanted(first, last, limit=100, offset=900),
        "90 days long ago": Wanted(old, old + 90 * DAY_S),
        "one day": Wanted(old, old + DAY_S),
        "open": Wanted(first, last, is_open=True),
        "a service": Wanted(first, last, classes=(code,)),
        "a service, open": Wanted(first, last, classes=(code,), is_open=True),
        "100 ids": Wanted(first, last, ids=tuple(int(each) for each in chance.integers(1, 10**6, 100))),
        "box of 500 m": Wanted(first, last, bbox=box(0.0033)),
        "box of 3 km": Wanted(first, last, bbox=box(0.02)),
        "box of 15 km": Wanted(first, last, bbox=box(0.1)),
        "within 1 km": Wanted(first, last, near=((lon, lat), 1000.0)),
    }


def measure(live: Live, rounds: int) -> None:
    """Asks every question; writes what is found in both forms."""
    chance, now, classes = np.random.default_rng(3), time.time(), load_classes()
    times: dict[str, list[float]] = collections.defaultdict(list)
    sizes: dict[str, int] = collections.defaultdict(int)
    for _ in range(rounds):
        for name, wanted in questions(chance, now).items():
            started = time.perf_counter()
            found, changed = service_open311.list_requests(live, TENANT, wanted)
            times[name].append(time.perf_counter() - started)
            sizes[name] += len(found)
            if len(found) == 1000:
                for form in ("xml", "json"):
                    started = time.perf_counter()
                    write(form, "service_requests", as_requests(found, classes, changed, "en"))  # type: ignore[arg-type]  # one of both
                    times[f"1,000 as {form}"].append(time.perf_counter() - started)
    for name, taken in times.items():
        told(f"{name} ({sizes[name] / rounds:.0f})", taken)


def main() -> None:
    """Fills, asks, tells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--live", default="")
    asked = parser.parse_args()
    asked.home.mkdir(parents=True, exist_ok=True)
    live = open_live(asked.live, asked.home)
    live.migrate({"cases": MIGRATIONS})
    fill(live, asked.cases)
    measure(live, 2)
    print("---")
    measure(live, asked.rounds)
    live.close()


if __name__ == "__main__":
    main()
