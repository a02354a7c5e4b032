"""An operator at the command line: starts, stops, kills, imports, goes back, issues keys, asks the doctor."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Served

PATIENCE_S = 20.0
"""For what takes a second on an idle machine."""


def run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command line, as an operator types it."""
    return subprocess.run(
        [sys.executable, "-m", "location_cloud", *arguments],
        env={**os.environ, "LOCATION_CLOUD_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def get(url: str, key: str = "") -> tuple[int, Any]:
    """Status and JSON document."""
    request = urllib.request.Request(url, headers={"X-API-Key": key} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"still not so after {seconds} s"
        time.sleep(0.05)


def background_process(server: int) -> int | None:
    """Its process id, found among the children of the server's threads."""
    for children in Path(f"/proc/{server}/task").glob("*/children"):
        for child in children.read_text().split():
            if b"work" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0"):
                return int(child)
    return None


def copied(demo_home: Path, home: Path) -> Path:
    """A home of its own with the demo snapshot."""
    shutil.copytree(demo_home / "snapshots", home / "snapshots")
    shutil.copy(demo_home / "current", home)
    return home


@pytest.fixture
def home(demo_home: Path, tmp_path: Path) -> Path:
    return copied(demo_home, tmp_path)


@pytest.fixture(scope="module")
def own_home(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(demo_home, tmp_path_factory.mktemp("operator"))


@pytest.fixture(scope="module")
def server(own_home: Path) -> Iterator[Served]:
    """One server for the tests that leave it as they found it; its background process reports every 0.2 s."""
    started = Served(own_home, LOCATION_CLOUD_LOG="off", LOCATION_CLOUD_HEARTBEAT_S="0.2")
    started.wait_until_ready()
    wait_until(lambda: bool(get(f"{started.url}/health")[1]["worker"]))
    yield started
    assert started.stop() == 0


def test_doctor_finds_nothing_wrong_with_a_healthy_server(server, own_home):
    found = run(own_home, "doctor", "--full", LOCATION_CLOUD_PORT=str(server.port), LOCATION_CLOUD_HEARTBEAT_S="5")
    assert found.returncode == 0, found.stdout
    assert "WRONG" not in found.stdout


def test_doctor_names_the_command_that_mends_an_empty_home(tmp_path):
    found = run(tmp_path, "doctor", LOCATION_CLOUD_PORT="1")
    assert found.returncode == 1
    assert "mend it: location-cloud import --demo" in found.stdout
    assert "mend it: location-cloud serve" in found.stdout


def test_a_killed_background_process_leaves_the_web_answering_and_is_started_anew(server):
    health = f"{server.url}/health"
    first = background_process(server.process.pid)
    os.kill(first, signal.SIGSTOP)  # it hangs: /health must say so
    wait_until(lambda: not get(health)[1]["worker"])
    assert "location-cloud work" in get(health)[1]["hint"]
    os.kill(first, signal.SIGKILL)
    assert get(f"{server.url}/v1/datasets")[0] == 200
    wait_until(lambda: bool(get(health)[1]["worker"]))
    assert background_process(server.process.pid) not in (None, first)


def test_a_new_import_is_served_without_a_restart_and_the_old_one_can_be_served_again(server, own_home):
    datasets = f"{server.url}/v1/datasets"
    before = get(datasets)[1]["snapshot"]
    imported = run(own_home, "import", "--demo", "--name", "second")
    assert imported.returncode == 0, imported.stderr
    wait_until(lambda: get(datasets)[1]["name"] == "second")
    assert run(own_home, "snapshots", "--use", before).returncode == 0
    wait_until(lambda: get(datasets)[1]["snapshot"] == before)


def test_a_second_background_process_of_one_home_is_refused(server, own_home):
    second = run(own_home, "work")
    assert second.returncode == 2
    assert "another background process" in second.stderr


def test_a_taken_port_is_refused_with_the_next_step(server, own_home):
    second = run(own_home, "serve", "--port", str(server.port))
    assert second.returncode == 2
    assert "--port" in second.stderr


FEATURE = b'{"type": "Feature", "geometry": {"type": "Point", "coordinates": [125.1, 46.6]}, "properties": {}}'


def begun(server: Served, body: bytes) -> socket.socket:
    """A caller who sends a new feature, as far as the body goes."""
    head = f"POST /v1/layers/a/features HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
    caller = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    caller.sendall(f"{head}Content-Length: {len(FEATURE)}\r\n\r\n".encode() + body)
    return caller


def test_a_stop_answers_who_asked_and_tells_who_still_sends_to_come_again(home):
    server = Served(home, LOCATION_CLOUD_LOG="off")
    server.wait_until_ready()
    with begun(server, FEATURE[:9]) as sending, begun(server, FEATURE) as waiting:
        assert waiting.recv(100).startswith(b"HTTP/1.1 201 ")
        time.sleep(0.5)  # the other request is being read
        server.process.send_signal(signal.SIGTERM)
        assert sending.recv(100).startswith(b"HTTP/1.1 503 ")
    assert server.process.wait(timeout=40) == 0


@contextmanager
def served_in_a_terminal(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server in a process group of its own, as a shell starts it, and the address of its health."""
    with subprocess.Popen(
        [sys.executable, "-m", "location_cloud", "serve", "--port", "0"],
        env={**os.environ, "LOCATION_CLOUD_HOME": str(home), "LOCATION_CLOUD_STOP_GRACE_S": "600"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as server:
        health = server.stdout.readline().split()[-1].decode() + "health"
        try:
            yield server, health
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)


def answers(url: str) -> bool:
    try:
        return get(url)[0] == 200
    except OSError:
        return False


def test_ctrl_c_in_a_terminal_stops_everything_at_once(home):
    with served_in_a_terminal(home) as (server, health):
        wait_until(lambda: answers(health))
        worker = background_process(server.pid)
        os.killpg(server.pid, signal.SIGINT)
        assert server.wait(timeout=60) == 0
    assert not Path(f"/proc/{worker}").exists()


@pytest.mark.parametrize("delay_s", [0.1, 1.0])
def test_a_server_can_be_stopped_while_it_starts(home, delay_s):
    with served_in_a_terminal(home) as (server, _):
        time.sleep(delay_s)
        server.terminate()
        assert server.wait(timeout=60) == 0


def test_a_killed_server_leaves_nothing_running(home):
    with served_in_a_terminal(home) as (server, health):
        wait_until(lambda: answers(health))
        worker = background_process(server.pid)
        server.kill()
    wait_until(lambda: not Path(f"/proc/{worker}").exists())
    wait_until(lambda: not answers(health))


def test_a_key_opens_what_its_scopes_say_until_it_is_revoked(home):
    server = Served(home, LOCATION_CLOUD_LOG="off", LOCATION_CLOUD_KEYS="always")
    try:
        server.wait_until_ready()
        datasets, wells = f"{server.url}/v1/datasets", f"{server.url}/v1/layers/wells/features"
        status, problem = get(datasets)
        assert (status, "keys add --scope catalog:read" in problem["hint"]) == (401, True)
        key = run(home, "keys", "add", "--name", "traffic app", "--scope", "catalog:read").stdout.strip()
        assert get(datasets, key)[0] == 200
        assert get(f"{datasets}?key={key}")[0] == 200
        assert get(wells, key)[0] == 403
        listed = run(home, "keys", "list").stdout
        assert "traffic app" in listed
        assert key not in listed
        assert run(home, "keys", "revoke", listed.split()[0]).returncode == 0
        wait_until(lambda: get(datasets, key)[0] == 401)
        assert "revoked" in run(home, "keys", "list").stdout
    finally:
        assert server.stop() == 0


def test_a_truncated_file_is_refused_by_name_and_the_old_snapshot_stays(home):
    whole = (files("location_cloud.data") / "demo/helsinki-centre.osm.pbf").read_bytes()
    cut = home / "cut.osm.pbf"
    cut.write_bytes(whole[:100_000])
    before = (home / "current").read_text()
    refused = run(home, "import", str(cut))
    assert refused.returncode == 2
    assert f"{cut}: byte" in refused.stderr
    assert (home / "current").read_text() == before


@pytest.mark.parametrize("step", ["read helsinki-centre.osm.pbf", "build maps"])
def test_ctrl_c_during_an_import_leaves_the_old_snapshot(home, step):
    before = sorted(entry.name for entry in (home / "snapshots").iterdir()), (home / "current").read_text()
    importing = subprocess.Popen(
        [sys.executable, "-m", "location_cloud", "import", "--demo"],
        env={**os.environ, "LOCATION_CLOUD_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    with importing:
        next(line for line in importing.stderr if line.startswith(step))
        importing.send_signal(signal.SIGINT)
        assert "interrupted" in importing.stderr.read()
    assert importing.returncode == 130
    assert (sorted(entry.name for entry in (home / "snapshots").iterdir()), (home / "current").read_text()) == before


def test_a_killed_import_leaves_the_old_snapshot_and_the_next_one_cleans_up(home):
    before = (home / "current").read_text()
    importing = subprocess.Popen(
        [sys.executable, "-m", "location_cloud", "import", "--demo"],
        env={**os.environ, "LOCATION_CLOUD_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    with importing:
        next(line for line in importing.stderr if line.startswith("build maps"))
        importing.kill()
    assert (home / "current").read_text() == before
    assert run(home, "import", "--demo").returncode == 0
    assert not list((home / "snapshots").glob(".*"))
    assert (home / "current").read_text() != before


def test_a_damaged_snapshot_is_not_served_again(home):
    assert run(home, "import", "--demo", "--name", "second").returncode == 0
    current = (home / "current").read_text()
    old = next(entry for entry in (home / "snapshots").iterdir() if entry.name != current.strip())
    next(old.glob("roads/*.npy")).write_bytes(b"")
    refused = run(home, "snapshots", "--use", old.name)
    assert refused.returncode == 2
    assert "has 0 bytes" in refused.stderr
    assert (home / "current").read_text() == current


def test_doctor_finds_a_damaged_snapshot(home):
    next((home / "snapshots").glob("*/places/*.npy")).write_bytes(b"\x93NUMPY")
    found = run(home, "doctor", LOCATION_CLOUD_PORT="1").stdout
    assert "WRONG snapshot" in found
    assert "'places'" in found
    assert "location-cloud snapshots --use" in found
