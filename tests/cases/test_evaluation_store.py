"""Evaluations over the stage table: the kept sums, single days, drill-down and files, against plain Python."""

from __future__ import annotations

import contextlib
import csv
import io
import random
import secrets
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from location_cloud.access.service import issue_key
from location_cloud.app import utc_now
from location_cloud.cases import service_evaluation as service
from location_cloud.cases.evaluation_periods import parse_span
from location_cloud.cases.model_stages import COUNTERS
from location_cloud.cases.service_evaluation import SCHEMES, Asked
from location_cloud.cases.store import CASE_STAGES, MIGRATIONS
from location_cloud.cases.store_sums import KINDS, SUMS, add_sums, rebuild_sums
from location_cloud.errors import BadQuery, Denied, NotFound
from location_cloud.storage.live import Live, open_live

ZONE = ZoneInfo("Asia/Shanghai")
TENANT = "daqing"
TODAY = date(2026, 11, 23)

Stage = dict[str, Any]


def stage_rows(count: int, seed: int) -> list[Stage]:
    """Simulated work of three months: few grids, departments and people, so that each has many rows."""
    dice = random.Random(seed)
    found = []
    for number in range(count):
        ended = datetime(2026, 9, 1, tzinfo=ZONE).timestamp() + dice.random() * 91 * 86_400
        area = dice.choice(["230602001001", "230602001002", "230602002001", "230606100200"])
        counts = {name: int(dice.random() < 0.4) for name in COUNTERS}
        found.append(
            {
                "case": number // 4 + 1,
                "class": dice.choice(["E0102", "E0111", "0101"]),
                "source": dice.choice(["citizen", "inspector"]),
                "stage": "handling",
                "action": "finish",
                "role": (role := dice.choice(["leader", "dispatcher", "inspector", "department", "system"])),
                "who": f"{role}-{dice.randint(1, 3)}",
                "department": dice.choice(["", "roads", "roads2", "sanitation"]),
                "post": dice.choice(["", "night"]),
                "unit_grid": dice.choice(["", f"{area}00{dice.randint(1, 5)}"]),
                "village_grid": dice.choice(["", "", f"{area}9"]),
                "area": dice.choice(["", area, area, area]),
                "began": ended - 3600,
                "ended": ended,
                "due": None,
                "period": datetime.fromtimestamp(ended, ZONE).strftime("%Y-%m"),
                **counts,
            }
        )
    return found


ROWS = stage_rows(1500, 8)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgis", marks=pytest.mark.parts)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The work of one tenant, and of another whose numbers must not show."""
    if request.param == "sqlite":
        with contextlib.closing(open_live("", tmp_path_factory.mktemp("evaluation"))) as live:
            yield filled(live)
        return
    import psycopg  # heavy optional: only where parts are installed
    from sqlalchemy import make_url  # heavy optional: likewise

    server_url, name = request.getfixturevalue("postgis_url"), f"evaluation_{secrets.token_hex(4)}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
        with contextlib.closing(open_live(url, tmp_path_factory.mktemp("evaluation"))) as live:
            yield filled(live)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def filled(live: Live) -> Live:
    live.migrate({"cases": MIGRATIONS})
    for tenant, rows in ((TENANT, ROWS), ("other", stage_rows(200, 9))):
        for start in range(0, len(rows), 70):  # a row of sums grows in several transactions
            write(live, tenant, rows[start : start + 70])
    return live


@pytest.fixture(scope="module")
def tenant(centre_app: Flask) -> str:
    """Of the product over the demo city, with the same work."""
    name = f"e{secrets.token_hex(6)}"
    write(live_of(centre_app), name, ROWS)
    return name


@pytest.fixture
def client(centre_app: Flask, tenant: str) -> FlaskClient:
    return keyed(centre_app, tenant, "cases:read")


def live_of(app: Flask) -> Live:
    found: Live = app.extensions["location_cloud"].live
    return found


def keyed(app: Flask, tenant: str, *scopes: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_X_API_KEY"] = issue_key(live_of(app), tenant, "test", scopes, utc_now())[1]
    return client


def write(live: Live, tenant: str, rows: list[Stage]) -> None:
    values = [{"tenant": tenant, **row} for row in rows]
    with live.write() as connection:
        connection.execute(CASE_STAGES.insert(), values)
        add_sums(connection, tenant, values)


def plain(scheme: str, level: str, begin: date, end: date) -> dict[tuple[str, str], list[int]]:
    """The slow obvious way."""
    group = SCHEMES[scheme].group
    key, sub = KINDS[group.kind]
    digits = SCHEMES[scheme].levels.get(level, 0)
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(COUNTERS))
    for row in ROWS:
        if row[key] and begin <= datetime.fromtimestamp(row["ended"], ZONE).date() < end:
            place = (row[key][:digits] if digits else row[key], row[sub] if sub and group.by_sub else "")
            found[place] = [one + row[name] for one, name in zip(found[place], COUNTERS)]
    return dict(found)


PERIODS = [("2026-10", None, None), ("2026-Q4", None, None), ("2026", None, None)]
DAYS = [(None, date(2026, 10, 7), date(2026, 10, 20)), (None, date(2026, 9, 15), date(2026, 11, 10))]


@pytest.mark.parametrize("period", [*PERIODS, *DAYS])
@pytest.mark.parametrize(
    ("scheme", "level"), [(scheme, level) for scheme in SCHEMES for level in (SCHEMES[scheme].levels or [""])]
)
def test_sums_are_those_of_every_row(store: Live, scheme: str, level: str, period: Any) -> None:
    span = parse_span(*period, TODAY)
    found = service.evaluate(store, TENANT, Asked(scheme, span, level), 0, 10_000)
    expected = plain(scheme, level, span.begin, span.end)
    assert {(row.key, row.sub): list(row.counts.values()) for row in found.rows} == expected
    in_time = [row for row in ROWS if span.begin <= datetime.fromtimestamp(row["ended"], ZONE).date() < span.end]
    assert list(found.total.counts.values()) == [sum(row[name] for row in in_time) for name in COUNTERS]


def test_sums_made_anew_are_the_kept_ones(store: Live) -> None:
    def kept() -> list[Any]:
        with store.read() as connection:
            return connection.execute(SUMS.select().where(SUMS.c.tenant == TENANT).order_by(*SUMS.primary_key)).all()

    before = kept()
    with store.write() as connection:
        rebuild_sums(connection, TENANT, CASE_STAGES)
    assert kept() == before


def test_a_transaction_that_fails_leaves_no_sum(store: Live) -> None:
    def total() -> int:
        asked = Asked("class", parse_span("2026", None, None, TODAY))
        return service.evaluate(store, TENANT, asked, 0, 10).total.counts["filed"]

    before, values = total(), [{"tenant": TENANT, **ROWS[0], "filed": 1}]

    def fail() -> None:
        with store.write() as connection:
            add_sums(connection, TENANT, values)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert total() == before


def test_the_ranking_is_in_order_and_pages_join(store: Live) -> None:
    asked = Asked("grid", parse_span("2026-10", None, None, TODAY), ranked_by="closing", least=3)
    whole = service.evaluate(store, TENANT, asked, 0, 10_000)
    ranked = [row for row in whole.rows if row.rank is not None]
    assert len(ranked) == whole.ranked > 0
    values = [row.values["closing"] for row in ranked]
    assert values == sorted(values, reverse=True)
    for row in ranked:
        assert row.rank == 1 + sum(value > row.values["closing"] + 1e-9 for value in values)
    assert all(row.cases < 3 or row.values["closing"] is None for row in whole.rows[len(ranked) :])
    pages, after = [], 0
    while after is not None:
        page = service.evaluate(store, TENANT, asked, after, 4)
        pages += page.rows
        after = page.next_after
    assert tuple(pages) == whole.rows


def test_a_change_is_told_against_the_period_before(store: Live) -> None:
    asked = Asked("department", parse_span("2026-10", None, None, TODAY))
    found = service.evaluate(store, TENANT, asked, 0, 10, compared=True)
    earlier = Asked("department", parse_span("2026-09", None, None, TODAY))
    before = {row.key: row.values for row in service.evaluate(store, TENANT, earlier, 0, 10).rows}
    assert {row.key: row.before for row in found.rows} == before


@pytest.mark.parametrize(("scheme", "key", "sub"), [("area", "230602", ""), ("person", "leader", "leader-1")])
def test_a_trend_is_the_ranking_of_each_period(store: Live, scheme: str, key: str, sub: str) -> None:
    asked = Asked(scheme, parse_span("2026-11", None, None, TODAY), key=key)
    points = service.trend(store, TENANT, asked, sub, 3)
    for point, name in zip(points, ("2026-09", "2026-10", "2026-11"), strict=True):
        assert point.span.name == name
        rows = service.evaluate(store, TENANT, Asked(scheme, point.span), 0, 100).rows
        assert point.row.counts == next(row.counts for row in rows if (row.key, row.sub) == (key, sub))
    with pytest.raises(NotFound):
        service.trend(store, TENANT, Asked("area", asked.span, key="999999"), "", 2)


@pytest.mark.parametrize("which", ["over", "under", "rest"])
@pytest.mark.parametrize(
    ("scheme", "key", "sub"), [("area", "230602", ""), ("department", "roads", ""), ("person", "leader", "leader-1")]
)
def test_the_cases_behind_a_number_are_found(store: Live, scheme: str, key: str, sub: str, which: str) -> None:
    span = parse_span(None, date(2026, 9, 20), date(2026, 10, 20), TODAY)
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    columns = {"area": "area", "department": "department", "person": "role"}
    for row in ROWS:
        is_it = row[columns[scheme]][: len(key) if scheme == "area" else None] == key and (not sub or row["who"] == sub)
        if is_it and span.begin <= datetime.fromtimestamp(row["ended"], ZONE).date() < span.end:
            sums[row["case"]][0] += row["closed_on_time"]
            sums[row["case"]][1] += row["should_close"]
    holds = {"over": lambda s: s[0] > 0, "under": lambda s: s[1] > 0, "rest": lambda s: s[1] > s[0]}[which]
    expected = sorted(case for case, each in sums.items() if holds(each))
    asked, found, after = Asked(scheme, span, key=key), [], 0
    while page := service.cases_behind(store, TENANT, asked, sub, "timely_closing", which, after, 7):
        found += page
        after = page[-1]
    assert found == expected
    assert expected


def test_who_is_held_to_areas_or_departments_sees_those_alone(store: Live) -> None:
    span = parse_span("2026-10", None, None, TODAY)
    held = service.evaluate(store, TENANT, Asked("area", span, "town", areas=("230602",)), 0, 100)
    assert {row.key for row in held.rows} == {"230602001", "230602002"}
    assert held.total.counts["filed"] == sum(row.counts["filed"] for row in held.rows)
    mine = service.evaluate(store, TENANT, Asked("department", span, departments=("roads",)), 0, 100)
    assert [row.key for row in mine.rows] == ["roads"]
    for asked in (
        Asked("post", span, areas=("230602",)),
        Asked("area", span, within="230606", areas=("230602",)),
        Asked("area", span, departments=("roads",)),
    ):
        with pytest.raises(Denied):
            service.evaluate(store, TENANT, asked, 0, 10)
    with pytest.raises(NotFound):
        service.trend(store, TENANT, Asked("department", span, key="roads2", departments=("roads",)), "", 2)


def test_a_key_that_is_held_to_an_area_is_answered_of_it_alone(centre_app: Flask, tenant: str) -> None:
    client = keyed(centre_app, tenant, "cases:read", "cases:area=230602")
    assert client.get("/v1/evaluation/post?period=2026-10").status_code == 403
    found = client.get("/v1/evaluation/grid?period=2026-10").json
    assert found["rows"]
    assert all(row["key"].startswith("230602") for row in found["rows"])


def test_what_a_scheme_does_not_have_is_refused(store: Live) -> None:
    span = parse_span("2026-10", None, None, TODAY)
    for asked in (Asked("grid", span, level="town"), Asked("department", span, within="2306")):
        with pytest.raises(BadQuery):
            service.evaluate(store, TENANT, asked, 0, 10)


# --- over HTTP ---------------------------------------------------------------------------------------------------


def test_a_ranking_is_answered(client: FlaskClient) -> None:
    found = client.get("/v1/evaluation/department?period=2026-10&compare=true&by=timely_closing&least=1").json
    assert found["period"] == {"name": "2026-10", "from": "2026-10-01", "to": "2026-10-31", "zone": "Asia/Shanghai"}
    assert found["before"]["name"] == "2026-09"
    assert {row["key"] for row in found["rows"]} == {"roads", "roads2", "sanitation"}
    first = found["rows"][0]
    assert (first["rank"], first["few"]) == (1, False)
    expected = first["counts"]["closed_on_time"] / first["counts"]["should_close"]
    assert first["values"]["timely_closing"] == round(expected, 6)
    assert set(first["change"]) == set(first["values"])


def test_trend_cases_and_indices_are_answered(client: FlaskClient) -> None:
    trend = client.get("/v1/evaluation/department/trend?of=roads&period=2026-11&periods=3").json
    assert [point["period"]["name"] for point in trend["points"]] == ["2026-09", "2026-10", "2026-11"]
    path = "/v1/evaluation/department/cases?of=roads&period=2026-11&index=timely_closing&limit=5"
    behind = client.get(path).json
    assert len(behind["cases"]) == 5
    assert behind["next_after"] == behind["cases"][-1]
    indices = client.get("/v1/evaluation/indices").json
    assert {"closing", "timely_closing", "miss"} <= {each["name"] for each in indices["indices"]}


@pytest.mark.parametrize(
    "query",
    [
        "grid?period=2026-13",
        "grid?period=2026-10&by=beauty",
        "planet?period=2026-10",
        "grid?from=2026-10-01",
        "grid?from=2026-10-09&to=2026-10-01",
        "grid?period=2026-10&limit=5000",
        "grid/cases?index=beauty&of=1",
        "grid?period=2026-10&format=docx",
    ],
)
def test_a_wrong_question_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/v1/evaluation/{query}").status_code in (400, 404)


def test_files_hold_the_whole_ranking(client: FlaskClient) -> None:
    path = "/v1/evaluation/grid?period=2026-10&limit=2"
    groups = client.get(path).json["groups"]
    answer = client.get(f"{path}&format=csv&lang=en")
    assert answer.data[:3] == b"\xef\xbb\xbf"
    lines = list(csv.reader(io.StringIO(answer.data[3:].decode())))
    assert len(lines) == groups + 2
    assert lines[0][:2] == ["Rank", "Code"]
    assert lines[-1][1] == "Total"
    assert 'filename="evaluation-grid-2026-10.csv"' in answer.headers["Content-Disposition"]
    sheet = client.get(f"{path}&format=xlsx")
    with zipfile.ZipFile(io.BytesIO(sheet.data)) as book:
        assert book.read("xl/worksheets/sheet1.xml").count(b"<row ") == groups + 2


def test_a_ranking_on_paper_has_a_font_with_chinese(client: FlaskClient) -> None:
    pytest.importorskip("skia")
    paper = client.get("/v1/evaluation/grid?period=2026-10&format=pdf&lang=zh-CN")
    assert paper.mimetype == "application/pdf"
    assert paper.data.startswith(b"%PDF")
    assert b"/ToUnicode" in paper.data


def test_no_tenant_sees_another(centre_app: Flask, tenant: str) -> None:
    client = keyed(centre_app, f"{tenant}-not", "cases:read")
    assert client.get("/v1/evaluation/grid?period=2026-10").json["rows"] == []
    assert client.get("/v1/evaluation/grid/cases?period=2026-10&index=closing").json["cases"] == []


def test_areas_are_called_by_name(client: FlaskClient) -> None:
    rows = client.get("/v1/evaluation/area?period=2026-10").json["rows"]
    assert {row["key"]: row["name"] for row in rows} == {"230602": "萨尔图区", "230606": "大同区"}
