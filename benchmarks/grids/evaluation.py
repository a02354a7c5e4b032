"""Evaluation of simulated cases: indices of a month for all grids, and deadlines beside a clock watched by the minute.

python -m benchmarks.grids.evaluation [cases] [folder]; a folder that has a store already is asked as it is
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from location_cloud.cases import service_evaluation as service
from location_cloud.cases.calendar import Calendar, deadlines, spent_many, worked
from location_cloud.cases.evaluation_periods import parse_span
from location_cloud.cases.holidays import chinese_calendar
from location_cloud.cases.model_stages import COUNTERS
from location_cloud.cases.service_evaluation import Asked
from location_cloud.cases.store import CASE_STAGES, MIGRATIONS
from location_cloud.cases.store_sums import add_sums, rebuild_sums
from location_cloud.storage.live import LIVE_FILE, Live, open_live
from tests.cases.watched_clock import Watched

TENANT, GRIDS = "simulated", 5_000
ZONE = ZoneInfo("Asia/Shanghai")
BEGIN_S, YEAR_S = datetime.fromisoformat("2026-01-01T00:00+08:00").timestamp(), 365 * 86_400.0
PASSES = 15

STEPS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("reported", "accept", "acceptor", ("reported", "valid_report")),
    ("accepted", "file", "leader", ("to_file", "filed", "filed_on_time")),
    ("filed", "dispatch", "dispatcher", ("to_dispatch", "dispatched_on_time", "dispatched_rightly")),
    ("handling", "finish", "department", ("to_handle", "handled", "handled_on_time")),
    ("to_check", "check", "inspector", ("to_check", "checked_on_time")),
    ("to_check", "close", "leader", ("should_close", "closed", "closed_on_time")),
)
"""Work of a plain case: stage, action, role, counters. Whatever is in time is so in 0.9 of all."""


def main() -> None:
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    clocks()
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.mkdtemp())
    is_filled = (folder / LIVE_FILE).exists()
    with closing(open_live("", folder)) as live:
        live.migrate({"cases": MIGRATIONS})
        if not is_filled:
            fill(live, cases)
        evaluations(live)
        one_more(live)


def clocks() -> None:
    """The three units of a year of a million limits; and limits at random beside the watched clock of three years."""
    calendar, chance = chinese_calendar(), np.random.default_rng(1)
    starts = BEGIN_S - 2 * YEAR_S + chance.random(1_000_000) * 2 * YEAR_S
    for unit in ("hour", "work_hour", "work_day"):
        began = time.perf_counter()
        ends = deadlines(calendar, starts, 7.0, unit)
        made = time.perf_counter()
        spent_many(calendar, starts, ends, unit)
        took = time.perf_counter() - made
        print(f"1,000,000 limits of 7 {unit}: {made - began:.2f} s; spent {took:.2f} s", flush=True)
    for name, each in (("China", calendar), ("New York", Calendar("America/New_York")), ("Lord Howe", NIGHTS)):
        watched, dice, wrong = Watched(each, "2023-11-01", 1096), random.Random(name), 0
        minutes = np.array([dice.randrange(1000 * 1440) for _ in range(2_000)])
        hours = np.array([dice.choice([1, 2, 4, 8, 40]) for _ in minutes])
        found = deadlines(each, watched.start_s + 60.0 * minutes, hours, "work_hour")
        wrong += sum(
            end != watched.start_s + 60 * watched.hours_end(int(start), int(amount))
            for start, amount, end in zip(minutes, hours, found)
        )
        days = np.array([dice.choice([1, 2, 5, 15]) for _ in minutes])
        found = np.ceil(np.round(deadlines(each, watched.start_s + 60.0 * minutes, days, "work_day") / 60, 6)) * 60
        wrong += sum(
            end != watched.start_s + 60 * watched.days_end(int(start), int(amount))
            for start, amount, end in zip(minutes[:200], days, found)
        )
        ends = np.array([dice.randrange(1096 * 1440) for _ in minutes])
        found = worked(each, watched.start_s + 60.0 * minutes, watched.start_s + 60.0 * ends)
        wrong += sum(
            abs(seconds) != 60 * watched.worked_min(min(start, end), max(start, end))
            for start, end, seconds in zip(minutes[:500], ends, found)
        )
        print(f"{name}: 2,700 limits and stretches over three years, {wrong} not as on the watched clock", flush=True)


NIGHTS = Calendar("Australia/Lord_Howe", (((0, 420), (1320, 1440)),) * 7)


def fill(live: Live, cases: int) -> None:
    """Simulated work of a year, by batches; its indexes and sums are made at the end (SQLite)."""
    chance, began = np.random.default_rng(8), time.perf_counter()
    names = [column.name for column in CASE_STAGES.c if column.name != "id"]
    insert = f"INSERT INTO case_stages ({', '.join(map(quoted, names))}) VALUES ({', '.join('?' * len(names))})"
    with live.write() as connection:
        asked = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'case_stages'"
        found = connection.exec_driver_sql(asked, execution_options={"all_tenants": True}).all()
        for name, _ in found:
            connection.exec_driver_sql(f"DROP INDEX {name}")
    for first in range(0, cases, 50_000):
        values = [tuple(row[name] for name in names) for row in rows(chance, first, min(50_000, cases - first))]
        with live.write() as connection:
            connection.exec_driver_sql(insert, values)
    with live.write() as connection:
        for _, sql in found:
            connection.exec_driver_sql(sql, execution_options={"all_tenants": True})
    filled = time.perf_counter()
    with live.write() as connection:
        rebuild_sums(connection, TENANT, CASE_STAGES)
    print(
        f"{cases:,} simulated cases, {cases * len(STEPS):,} rows of work: {filled - began:.0f} s; "
        f"sums {time.perf_counter() - filled:.0f} s",
        flush=True,
    )


def quoted(name: str) -> str:
    return f'"{name}"'


def rows(chance: np.random.Generator, first: int, count: int) -> Any:
    grids = chance.integers(0, GRIDS, count)
    times = BEGIN_S + chance.random(count) * (YEAR_S - 86_400)
    late = chance.random((count, len(STEPS))) < 0.1
    for place in range(count):
        grid = int(grids[place])
        area = f"2306{grid % 9 + 1:02d}{grid % 118:03d}{grid % 40:03d}"
        ended = float(times[place])
        period = datetime.fromtimestamp(ended, ZONE).strftime("%Y-%m")
        shared = {
            "tenant": TENANT,
            "case": first + place + 1,
            "class": f"E01{grid % 14 + 1:02d}",
            "source": "citizen" if grid % 3 else "inspector",
            "department": f"department-{grid % 30}",
            "post": "",
            "unit_grid": f"{area}{grid % 1000:03d}",
            "village_grid": "",
            "area": area,
            "began": ended - 600,
            "ended": ended,
            "due": None,
            "period": period,
        }
        for step, (stage, action, role, counts) in enumerate(STEPS):
            told = [name for name in counts if not (late[place, step] and name.endswith("_on_time"))]
            yield {
                **shared,
                "stage": stage,
                "action": action,
                "role": role,
                "who": f"{role}-{grid % 50}",
                **dict.fromkeys(COUNTERS, 0),
                **dict.fromkeys(told, 1),
            }


def evaluations(live: Live) -> None:
    """Every question of a leader."""
    month = parse_span("2026-11", None, None, date(2026, 11, 23))
    year = parse_span("2026", None, None, date(2026, 11, 23))
    week = parse_span(None, date(2026, 11, 2), date(2026, 11, 8), date(2026, 11, 23))
    mixed = parse_span(None, date(2026, 9, 25), date(2026, 11, 6), date(2026, 11, 23))
    timed("all grids, a month, all rows", lambda: service.evaluate(live, TENANT, Asked("grid", month), 0, 10_000))
    timed("all grids, a month, a page", lambda: service.evaluate(live, TENANT, Asked("grid", month), 0, 100))
    timed(
        "all grids, a month beside the one before",
        lambda: service.evaluate(live, TENANT, Asked("grid", month), 0, 100, compared=True),
    )
    timed("all grids, a year", lambda: service.evaluate(live, TENANT, Asked("grid", year), 0, 100))
    for scheme in ("area", "department", "post", "person", "class"):
        timed(f"{scheme}, a month", lambda: service.evaluate(live, TENANT, Asked(scheme, month), 0, 1000))  # noqa: B023
    timed("all grids, a week", lambda: service.evaluate(live, TENANT, Asked("grid", week), 0, 100), 3)
    timed("all grids, 43 days", lambda: service.evaluate(live, TENANT, Asked("grid", mixed), 0, 100), 3)
    some = service.evaluate(live, TENANT, Asked("grid", month), 0, 1).rows[0].key
    asked = Asked("grid", month, key=some)
    timed("a grid's twelve months", lambda: service.trend(live, TENANT, asked, "", 12))
    timed(
        "cases behind a grid's number",
        lambda: service.cases_behind(live, TENANT, asked, "", "timely_closing", "rest", 0, 100),
    )
    for scheme, key in (("department", "department-3"), ("area", "230603")):
        of = Asked(scheme, month, key=key)
        timed(
            f"cases behind a {scheme}'s number",
            lambda: service.cases_behind(live, TENANT, of, "", "timely_closing", "rest", 0, 100),  # noqa: B023
            5,
        )


def one_more(live: Live) -> None:
    """What keeping the sums costs each step."""
    chance = np.random.default_rng(9)
    values = list(rows(chance, 10_000_000, 100))
    with live.write() as connection:
        began = time.process_time()
        for each in values:
            connection.execute(CASE_STAGES.insert(), [each])
        written = time.process_time()
        for each in values:
            add_sums(connection, TENANT, [each])
        took = time.process_time()
    row_ms, sums_ms = (1000 * each / len(values) for each in (written - began, took - written))
    print(f"a row of work {row_ms:.2f} ms, its sums {sums_ms:.2f} ms")


def timed(name: str, ask: Callable[[], Any], passes: int = PASSES) -> None:
    ask()
    took = []
    for _ in range(passes):
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    low, middle, high = np.quantile(took, [0.05, 0.5, 0.95]) * 1000
    print(f"{name}: median {middle:.0f} ms (p5 {low:.0f}, p95 {high:.0f})", flush=True)


if __name__ == "__main__":
    main()
