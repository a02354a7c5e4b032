"""A million simulated cases: how fast they are listed and found by box, in process and over HTTP; 50 clients at once.

    .venv/bin/python benchmarks/grids/cases.py --home /tmp/bench-cases [--cases 1000000] [--live postgresql://...]

The home is made if it is not there: it needs no snapshot. Cases lie around Daqing, in 5,000 unit grids, over two years;
3 of 100 are open. Every case says that it is simulated. Prints p50, p95 and the slowest of each question.
"""

from __future__ import annotations

import argparse
import collections
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from location_cloud.access.service import issue_key
from location_cloud.app import create_app, utc_now
from location_cloud.cases import service, store
from location_cloud.cases.catalogue import load_classes
from location_cloud.cases.fields import as_cases
from location_cloud.cases.flow import STEPS, legal_actions
from location_cloud.cases.limits import Limit
from location_cloud.cases.model import PEOPLE, STAGES, Actor, Case, Chosen, Clock
from location_cloud.errors import CloudError, NotReady
from location_cloud.settings import Settings
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.cells.index_cell import index_cell
from location_cloud.storage.live import Live, next_version
from location_cloud.storage.tenants import ALL_TENANTS

TENANT = "default"
CENTRE, SPREAD = (125.10, 46.59), (0.10, 0.06)
"""Most of them in the built-up part of Daqing, as people live."""

OPEN_SHARE = 0.03
BATCH = 20_000
YEARS_S = 2 * 365 * 86_400.0
DISTRICTS = ("230602", "230603", "230604", "230605", "230606", "230621", "230622", "230623", "230624")
OPEN = [stage for stage in STAGES if stage not in ("closed", "voided", "rejected", "merged")]


def simulated(count: int, seed: int) -> Iterator[Case]:
    """So many cases, the same ones for a seed."""
    chance = np.random.default_rng(seed)
    codes = list(load_classes())
    now = time.time()
    lon, lat = (chance.normal(CENTRE[axis], SPREAD[axis], count).round(7) for axis in (0, 1))
    created = np.sort(now - chance.random(count) * YEARS_S)
    open_ = (chance.random(count) < OPEN_SHARE) | (created > now - 86_400)
    stages, classes = chance.integers(0, len(OPEN), count), chance.integers(0, len(codes), count)
    grids, departments = chance.integers(0, 5000, count), chance.integers(0, 30, count)
    cells = index_cell(lon, lat)
    hours = chance.integers(-200, 200, count)
    for row in range(count):
        grid = int(grids[row])
        community = f"{DISTRICTS[grid % 9]}{grid // 9 % 20 + 1:03d}{grid // 180 + 1:03d}"
        at = float(created[row])
        due = now + float(hours[row]) * 3600 if open_[row] else at + 86_400
        stage = OPEN[stages[row]] if open_[row] else "closed"
        yield Case(
            class_code=codes[classes[row]],
            lonlat=(float(lon[row]), float(lat[row])),
            stage=stage,  # type: ignore[arg-type]  # one of STAGES
            role="leader" if open_[row] else None,
            source="inspector" if row % 3 else "citizen",
            description="simulated",
            cell=int(cells[row]),
            unit_grid=f"{community}001",
            area=community,
            department=f"department {int(departments[row])}",
            created=at,
            filed=at,
            closed=None if open_[row] else at + 40_000,
            stage_since=at,
            suspended_since=now if stage == "suspended" else None,
            clock=Clock(Limit(3.0, "work_day"), at, due, due - 7200),
            is_simulated=True,
            number=f"20260101-{row}",
        )


def fill(live: Live, count: int) -> None:
    """Writes so many cases, unless they are there."""
    with live.read() as connection:
        there = connection.execute(store.CASES.select().where(store.CASES.c.tenant == TENANT).limit(1)).first()
    if there is not None:
        return
    started, rows = time.perf_counter(), []
    aside = lay_aside(live)
    for number, case in enumerate(simulated(count, 8), 1):
        rows.append({"tenant": TENANT, **store.case_values(case)})
        if len(rows) == BATCH or number == count:
            with live.write() as connection:
                change = next_version(connection)
                connection.execute(store.CASES.insert(), [{**row, "change": change} for row in rows])
            rows = []
    put_back(live, aside)
    print(f"{count:,} cases written in {time.perf_counter() - started:.0f} s", flush=True)


def lay_aside(live: Live) -> list[str]:
    """Takes indexes and triggers of the table away while it is filled (SQLite alone); how they are made again."""
    if live.dialect != "sqlite":
        return []
    asked = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'cases' AND type IN ('index', 'trigger')"
    with live.write() as connection:
        found = connection.execute(sa.text(asked), execution_options=ALL_TENANTS).all()
        for kind, name, _ in found:
            connection.execute(sa.text(f"DROP {kind} {name}"), execution_options=ALL_TENANTS)
    return [sql for _, _, sql in found]


def put_back(live: Live, aside: list[str]) -> None:
    """Makes them again, and fills the spatial index."""
    sides = "id, west, east, south, north"
    rtree = f"INSERT INTO cases_rtree ({sides}) SELECT {sides} FROM cases"
    for sql in [*aside, *([rtree] if aside else [])]:
        with live.write() as connection:
            connection.execute(sa.text(sql.replace(":", "\\:")), execution_options=ALL_TENANTS)


def questions(chance: np.random.Generator, now: float) -> dict[str, Chosen]:
    """What is asked, anew each time."""
    lon, lat = (float(chance.normal(CENTRE[axis], SPREAD[axis])) for axis in (0, 1))

    def box(size: float) -> Bbox:
        return Bbox(lon - size, lat - size * 0.7, lon + size, lat + size * 0.7)

    grid = int(chance.integers(0, 5000))
    district = DISTRICTS[grid % 9]
    unit = f"{district}{grid // 9 % 20 + 1:03d}{grid // 180 + 1:03d}001"
    stage = OPEN[chance.integers(len(OPEN))]
    return {
        "first page": Chosen(now),
        "one stage": Chosen(now, stages=(stage,)),
        "two stages, one of them over": Chosen(now, stages=(stage, "closed")),
        "overdue": Chosen(now, overdue=True),
        "red in a district": Chosen(now, lamp="red", area=district),
        "a unit grid": Chosen(now, grid=unit),
        "a district": Chosen(now, area=district),
        "a town, open": Chosen(now, area=unit[:9], is_open=True),
        "a class": Chosen(now, classes=("E0112",)),
        "a department's work": Chosen(now, department="department 7", stages=("dispatched", "handling")),
        "box of 500 m": Chosen(now, bbox=box(0.0033)),
        "box of 3 km": Chosen(now, bbox=box(0.02)),
        "box of 3 km, open": Chosen(now, bbox=box(0.02), is_open=True),
        "box of 15 km": Chosen(now, bbox=box(0.1)),
        "box of 15 km, overdue": Chosen(now, bbox=box(0.1), overdue=True),
        "box of the prefecture": Chosen(now, bbox=Bbox(123.0, 45.0, 127.0, 48.0)),
    }


def told(name: str, times: list[float]) -> None:
    """One line."""
    ms = np.array(times) * 1000
    p50, p95 = np.percentile(ms, (50, 95))
    print(f"{name:32s} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   most {ms.max():7.1f} ms", flush=True)


def measure(live: Live, rounds: int, newest: bool) -> None:
    """Asks every question in the process; a page of 100 as plain values."""
    chance, now = np.random.default_rng(3), time.time()
    times: dict[str, list[float]] = collections.defaultdict(list)
    for _ in range(rounds):
        for name, chosen in questions(chance, now).items():
            started = time.perf_counter()
            found = service.list_cases(live, TENANT, chosen, limit=100, newest=newest)
            as_cases(found, now)
            times[name].append(time.perf_counter() - started)
    for name, taken in times.items():
        told(name, taken)


def measure_http(client: Any, key: str, rounds: int) -> None:
    """The same of the most asked ones through the web application."""
    chance, headers = np.random.default_rng(4), {"X-API-Key": key}
    times: dict[str, list[float]] = collections.defaultdict(list)
    for _ in range(rounds):
        lon, lat = (float(chance.normal(CENTRE[axis], SPREAD[axis])) for axis in (0, 1))
        asked = {
            "GET list": "/v1/cases?limit=100",
            "GET newest": "/v1/cases?limit=100&order=newest",
            "GET stage": "/v1/cases?stage=handling&limit=100",
            "GET overdue": "/v1/cases?overdue=true&limit=100",
            "GET box of 3 km": f"/v1/cases?bbox={lon - 0.02},{lat - 0.014},{lon + 0.02},{lat + 0.014}",
            "GET box of 15 km, open": f"/v1/cases?bbox={lon - 0.1},{lat - 0.07},{lon + 0.1},{lat + 0.07}&open=true",
        }
        for name, address in asked.items():
            started = time.perf_counter()
            answer = client.get(address, headers=headers)
            times[name].append(time.perf_counter() - started)
            assert answer.status_code == 200, answer.json
    for name, taken in times.items():
        told(name, taken)


class Bare:
    """A world without a snapshot: no areas are known."""

    def __init__(self, live: Live, home: Path) -> None:
        self.live, self.home, self.overlay = live, home, None

    def section(self, _: Any) -> Any:
        """None."""
        raise NotReady("no snapshot")


def act_at_once(live: Live, home: Path, clients: int, steps: int) -> None:
    """So many clients act on the same ten cases; afterwards every history must be one that the rules allow."""
    world: Any = Bare(live, home)
    actor = Actor("bench", datetime.now(UTC), roles=frozenset(PEOPLE))
    said = {"class": "E0112", "lonlat": CENTRE, "source": "inspector", "simulated": True}
    cases = [service.add_case(world, "bench", said, actor)[0].id for _ in range(10)]
    counts: collections.Counter[str] = collections.Counter()

    def work(seed: int) -> None:
        chance = np.random.default_rng(seed)
        for _ in range(steps):
            case = service.get_case(live, "bench", cases[chance.integers(10)])
            actions = sorted(set(legal_actions(case, actor.roles)) - {"merge"})
            action = actions[chance.integers(len(actions))]
            more = {"department": "roads", "limit": "1 hour"}
            try:
                service.act(world, "bench", case.id, action, more, actor, case.version)
                counts["done"] += 1
            except CloudError as error:
                counts[type(error).__name__] += 1

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    legal, lines = {(step.stage, step.action, step.to) for step in STEPS}, 0
    with live.read() as connection:
        for case_id in cases:
            entries = store.list_log(connection, "bench", case_id)
            assert [entry.version for entry in entries] == list(range(1, len(entries) + 1)), "a lost update"
            for before, entry in pairwise(entries):
                assert entry.stage_from == before.stage_to, "an impossible history"
                assert (entry.stage_from, entry.action, entry.stage_to) in legal, "an impossible step"
            lines += len(entries) - 1
    assert lines >= counts["done"]
    print(
        f"{clients} clients x {steps} steps in {seconds:.1f} s: {dict(counts)}; no lost update, no impossible history"
    )


def main() -> None:
    """Fills, asks, tells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--live", default="")
    asked = parser.parse_args()
    asked.home.mkdir(parents=True, exist_ok=True)
    app = create_app(Settings(home=asked.home, log="off", live_url=asked.live))
    live = app.extensions["location_cloud"].live
    fill(live, asked.cases)
    measure(live, 3, False)
    print("--- in the process, by rising id")
    measure(live, asked.rounds, False)
    print("--- in the process, the newest first")
    measure(live, asked.rounds, True)
    print("--- through the web application")
    measure_http(app.test_client(), issue_key(live, TENANT, "bench", ("*",), utc_now())[1], asked.rounds)
    act_at_once(live, asked.home, asked.clients, 20)
    app.extensions["location_cloud"].close()


if __name__ == "__main__":
    main()
