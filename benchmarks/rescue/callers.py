"""Callers: how honest ellipses are, how long a fix takes, and 100,000 changed messages and questions.

python -m benchmarks.rescue.callers [inputs]
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter

import numpy as np
from pydantic import ValidationError

from location_cloud.callers.estimate import Source, estimate
from location_cloud.callers.model import Said
from location_cloud.callers.multilateration import multilaterate
from location_cloud.callers.schema import LocateBody
from location_cloud.callers.sms_alarm import read_alarm
from location_cloud.callers.sources import gather
from location_cloud.errors import CloudError
from tests.callers.mutated import mutated
from tests.callers.simulated_fixes import is_inside, simulate

FIXES = 2000
INPUTS = 100_000


def main() -> None:
    for towers in (4, 5, 6, 8):
        for ring in (True, False):
            for late_m in (0.0, 600.0):
                coverage(towers, ring, late_m)
    fuzz(int(sys.argv[1]) if len(sys.argv) > 1 else INPUTS)


def coverage(towers: int, ring: bool, late_m: float) -> None:
    chance = np.random.default_rng(1)
    inside, off, took, named = 0, [], [], 0
    for _ in range(FIXES):
        one = simulate(chance, towers, late_m=late_m, ring=ring)
        started = time.process_time()
        found = multilaterate(one.sites_m, one.times_ns, one.sigma_ns)
        estimate([Source("tdoa", found.density)])
        took.append(time.process_time() - started)
        mean, spread = found.density.moments()
        inside += is_inside(one.phone_m, mean, spread, found.density.reach(0.95))
        off.append(np.linalg.norm(one.phone_m - mean))
        named += [each.name for each in found.excluded] == [f"tdoa[{one.late}]"]
    print(
        f"{towers} towers {'all around' if ring else 'at random '} {'one late' if late_m else 'clean   '}: "
        f"95 % ellipse holds {inside / FIXES:.3f}, median {np.median(off):.0f} m, p95 {np.quantile(off, 0.95):.0f} m, "
        f"late tower named {named / FIXES:.2f}, {1000 * np.median(took):.2f} ms",
        flush=True,
    )


def fuzz(inputs: int) -> None:
    chance = random.Random(20261123)
    answers: Counter[str] = Counter()
    slowest: dict[str, float] = {}
    for _ in range(inputs):
        kind, value = mutated(chance)
        started = time.thread_time()
        answers[answer(kind, value)] += 1
        slowest[kind] = max(slowest.get(kind, 0.0), time.thread_time() - started)
    print(f"{inputs:,} changed inputs: {dict(answers)}")
    print("slowest, ms: " + ", ".join(f"{kind} {1000 * each:.1f}" for kind, each in slowest.items()))


def answer(kind: str, value: object) -> str:
    """What became of it; whatever is no named refusal comes out as it is."""
    try:
        if kind == "sms":
            return read_alarm(str(value)).template
        said = LocateBody.model_validate(value).as_said() if kind == "json" else Said(**{kind: value})  # type: ignore[arg-type]  # text
        sources = gather(said, (b"AML",)).sources
        return "found" if sources and estimate(sources) else "no position"
    except (CloudError, ValidationError) as error:
        return type(error).__name__


if __name__ == "__main__":
    main()
