"""Simulations over a snapshot: into files, and to a server."""

from __future__ import annotations

import gzip
import math
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import orjson
import pytest

from location_cloud.errors import BadInput, NotReady
from location_cloud.simulator import sending, service
from location_cloud.simulator.incidents import as_body
from location_cloud.simulator.model import DUPLICATE, FAULTS, JUMP, ZERO
from location_cloud.simulator.records import as_bodies
from location_cloud.simulator.sending import Refused, find_server
from location_cloud.simulator.service import Wish, make_plan
from location_cloud.simulator.truth_file import load_truth
from location_cloud.storage.live import open_live
from location_cloud.storage.snapshot import Snapshots
from location_cloud.storage.world import World

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC).timestamp()
SMALL = {"vehicles": 100, "share": 0.5, "begin": "2026-03-02T07:00:00Z", "hours": 0.5}


@pytest.fixture(scope="module")
def world(demo_home):
    snapshots = Snapshots(demo_home)
    live = open_live("", demo_home)
    yield World(snapshots.open(snapshots.current_id()), live)
    live.close()


class Listener(HTTPServer):
    """Takes bodies as a server would and says what it was told to say."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taker)
        self.taken: list[tuple[str, dict]] = []
        self.keys: list[str] = []
        self.statuses: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Taker(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.server.keys.append(self.headers["Idempotency-Key"])
        if status == 200:
            self.server.taken.append((self.path, body))
        answer = orjson.dumps({"accepted": len(body.get("fixes", ())), "reasons": {}})
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as opened:
        thread = threading.Thread(target=opened.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield opened
        opened.shutdown()
        thread.join()


def quiet(_state):
    """Nobody watches."""


def test_a_file_has_all_fixes_in_order_of_arrival_and_the_truth_beside_it(world, tmp_path):
    plan = make_plan(world, Wish(**SMALL, with_truth=True, incidents="3"), NOW)
    states = []
    service.write_file(plan, tmp_path / "fixes.ndjson", states.append)
    service.write_truth(plan, tmp_path / "truth.npz")
    rows = [orjson.loads(line) for line in (tmp_path / "fixes.ndjson").read_bytes().splitlines()]
    told = load_truth(tmp_path / "truth.npz")
    assert len(rows) == states[-1].fixes > 1000
    assert min(row["time"] for row in rows) >= plan.begin_s
    assert len(told.truth.slot_s) == 2
    assert told.probe_count.sum() > 100
    assert len(orjson.loads((tmp_path / "fixes.ndjson.incidents.json").read_bytes())) == 3


def test_pieces_of_any_length_give_the_same_fixes(world):
    def told(seconds):
        plan = make_plan(world, Wish(**SMALL), NOW)
        ends = np.arange(plan.begin_s + seconds, plan.end_s + 0.5, seconds)
        return [seq for end in ends for seq in plan.feed.until(float(end)).seq.tolist()]

    assert told(60.0) == told(900.0)


def test_a_history_has_a_file_a_day_of_the_city(world, tmp_path):
    plan = make_plan(world, Wish(vehicles=4, share=1.0, weeks=1), NOW)
    service.write_days(plan, tmp_path / "week", quiet)
    days = sorted(file.name for file in (tmp_path / "week").iterdir())
    assert days == [
        f"simulated-2026-0{day}.ndjson.gz" for day in ("2-23", "2-24", "2-25", "2-26", "2-27", "2-28", "3-01")
    ]
    for number, day in enumerate(days):
        lines = gzip.decompress((tmp_path / "week" / day).read_bytes()).splitlines()
        times = [orjson.loads(line)["time"] for line in lines]
        assert plan.begin_s + (number - 0.1) * 86400 <= min(times) < max(times) < plan.begin_s + (number + 1) * 86400


def test_a_server_is_sent_fixes_and_incidents_as_they_come(world, listener):
    plan = make_plan(world, Wish(**SMALL, rate=math.inf, incidents="2"), NOW)
    states = []
    service.send(plan, find_server(listener.url, None), math.inf, states.append)
    fixes = [fix for path, body in listener.taken if path.startswith("/v1/fixes") for fix in body["fixes"]]
    incidents = [body for path, body in listener.taken if path == "/v1/incidents"]
    assert len(fixes) == states[-1].answers["accepted"] > 1000
    assert [each["kind"] for each in incidents] == [each.kind for each in plan.simulation.incidents]
    assert all(each["simulated"] is True for each in (*fixes, *incidents))


def test_the_product_takes_what_is_sent_and_sets_the_impossible_aside(world, client):
    plan = make_plan(world, Wish(**SMALL), NOW)
    fixes = plan.feed.until(plan.end_s)
    took = [
        client.post(service.FIXES, data=body, content_type="application/json").get_json()
        for body in as_bodies(fixes, plan.names)
    ]
    told = {word: sum(each[word] for each in took) for word in ("accepted", "duplicate", "quarantined")}
    faults = np.bincount(fixes.fault, minlength=len(FAULTS))
    assert sum(told.values()) == len(fixes)
    assert told["duplicate"] == faults[DUPLICATE]
    assert told["quarantined"] == pytest.approx(faults[ZERO] + faults[JUMP], abs=3 + 0.001 * len(fixes))


def test_the_product_takes_incidents_as_simulated(world, client):
    plan = make_plan(world, Wish(**SMALL, incidents="1"), NOW)
    said = client.post(service.INCIDENTS, json=as_body(plan.roads, plan.simulation.incidents[0]))
    assert said.status_code == 201
    assert said.get_json()["simulated"] is True
    gone = client.delete(f"{service.INCIDENTS}/{said.get_json()['id']}", headers={"If-Match": said.headers["ETag"]})
    assert gone.status_code < 300


def test_at_a_rate_only_what_has_arrived_by_then_is_sent(world, listener):
    plan = make_plan(world, Wish(**SMALL, rate=60.0), NOW)
    clock = [0.0]
    states = []
    service.send(
        plan,
        find_server(listener.url, None),
        60.0,
        states.append,
        clock=lambda: clock[0],
        wait=lambda seconds: clock.__setitem__(0, clock[0] + seconds),
    )
    assert [state.at_s - plan.begin_s for state in states] == [60.0 * i for i in range(31)]


def test_a_busy_server_is_asked_again(listener, monkeypatch):
    monkeypatch.setattr(sending, "WAIT_S", 0.0)
    listener.statuses = [503, 429]
    assert find_server(listener.url, None).send("/v1/fixes", b'{"fixes":[]}') == {"accepted": 0, "reasons": {}}


def test_an_incident_sent_again_has_the_key_of_the_first_time_and_no_other_run(listener, monkeypatch):
    monkeypatch.setattr(sending, "WAIT_S", 0.0)
    listener.statuses = [503]
    find_server(listener.url, None).send("/v1/incidents", b"{}")
    find_server(listener.url, None).send("/v1/incidents", b"{}")
    first, again, other_run = listener.keys
    assert first == again != other_run


def test_a_server_that_refuses_is_not_asked_again(listener):
    listener.statuses = [403]
    with pytest.raises(Refused, match="403"):
        find_server(listener.url, None).send("/v1/fixes", b"{}")
    assert not listener.statuses


def test_nobody_there_is_said_so(monkeypatch):
    monkeypatch.setattr(sending, "WAIT_S", 0.0)
    with pytest.raises(NotReady, match="does not answer"):
        find_server("http://127.0.0.1:1", None).send("/v1/fixes", b"{}")


@pytest.mark.parametrize("url", ["", "ftp://127.0.0.1", "127.0.0.1:8000", "file:///etc/passwd"])
def test_only_http_addresses_are_servers(url):
    with pytest.raises(BadInput, match="http"):
        find_server(url, None)


def test_what_outruns_time_begins_early_enough_not_to_overtake_it(world):
    plan = make_plan(world, Wish(vehicles=1, hours=1.0, rate=60.0), NOW)
    assert plan.end_s == pytest.approx(NOW + 60.0)
    assert plan.begin_s == pytest.approx(NOW - 3540.0)
    assert make_plan(world, Wish(vehicles=1, hours=1.0), NOW).begin_s == NOW


@pytest.mark.parametrize(
    "wrong",
    [
        {"vehicles": 0},
        {"share": -0.1},
        {"hours": 0},
        {"hours": 1e9},
        {"weeks": 1000},
        {"incidents": "5000"},
        {"begin": "soon"},
        {"hours": 8000, "with_truth": True},
        {"incidents": "/no/such/file"},
    ],
)
def test_wishes_out_of_range_are_refused(world, wrong):
    with pytest.raises(BadInput):
        make_plan(world, Wish(**{"vehicles": 1, **wrong}), NOW)
