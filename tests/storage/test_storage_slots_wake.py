import threading
import time
from datetime import UTC, datetime

import pytest

from location_cloud.capability import Job
from location_cloud.settings import Settings
from location_cloud.storage.jobs import list_runs
from location_cloud.storage.live import open_live
from location_cloud.storage.snapshot import Snapshots
from location_cloud.storage.wake import Alarm, wake_worker
from location_cloud.work import JobContext, run_jobs

NEVER_S = 3600.0


@pytest.fixture
def alarm(tmp_path):
    opened = Alarm(tmp_path)
    yield opened
    opened.close()


def test_nobody_listens_where_no_worker_runs(tmp_path):
    assert not wake_worker(tmp_path)
    Alarm(tmp_path).close()
    assert not wake_worker(tmp_path)


def test_a_call_wakes_once_however_often_it_comes(alarm, tmp_path):
    assert not alarm.wait(0)
    for _ in range(100_000):
        assert wake_worker(tmp_path)
    assert alarm.wait(0)
    assert not alarm.wait(0)


def test_a_sleeper_is_woken_at_once(alarm, tmp_path):
    threading.Timer(0.05, wake_worker, [tmp_path]).start()
    assert alarm.wait(30)


def test_a_plain_file_in_its_place_is_replaced(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "wake").write_text("")
    Alarm(tmp_path).close()
    assert (tmp_path / "run" / "wake").is_fifo()


@pytest.fixture
def run(tmp_path):
    """Starts the jobs of a worker process in a thread and stops them after the test."""
    stop, threads, live = threading.Event(), [], open_live("", tmp_path)
    live.migrate({})
    context = JobContext(live, Snapshots(tmp_path), Settings(home=tmp_path), lambda: datetime.now(UTC), stop.is_set)

    def start(*jobs):
        threads.append(threading.Thread(target=run_jobs, args=(jobs, context)))
        threads[-1].start()
        return context

    yield start
    stop.set()
    for thread in threads:
        thread.join()
    live.close()


def wait_until(holds, limit_s=20.0):
    end = time.monotonic() + limit_s
    while not holds() and time.monotonic() < end:
        time.sleep(0.005)
    return holds()


def test_a_following_job_runs_at_a_call_though_another_job_is_busy(run, tmp_path):
    runs, is_busy, go_on = [], threading.Event(), threading.Event()

    def be_busy(_):
        is_busy.set()
        go_on.wait(30)

    run(Job("busy", NEVER_S, be_busy), Job("follow", NEVER_S, runs.append, on_commit=True))
    assert is_busy.wait(10)
    assert wait_until(lambda: len(runs) == 1), "once at the start"
    wake_worker(tmp_path)
    assert wait_until(lambda: len(runs) == 2)
    go_on.set()


def test_a_following_job_looks_by_itself_too(run):
    runs = []
    run(Job("follow", 0.01, runs.append, on_commit=True))
    assert wait_until(lambda: len(runs) >= 3)


def test_a_failure_of_a_following_job_is_recorded_and_it_runs_again(run, tmp_path):
    runs = []

    def fail_once(context):
        runs.append(context)
        if len(runs) == 1:
            raise ValueError("no such road")

    context = run(Job("follow", 0.05, fail_once, on_commit=True))

    def recorded():
        return [run for run in list_runs(context.live, datetime.now(UTC)) if run.name == "follow" and run.last_ok]

    assert wait_until(recorded)
    assert recorded()[0].last_error == "ValueError: no such road"
