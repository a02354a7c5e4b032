"""The background process: runs every capability's jobs, and reports that it lives.

Periodic jobs run one after another; those that follow the live store run beside them, woken by whoever writes to it.
It is the one writer of feed data. Killing it harms no web worker; `serve` starts it anew.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from location_cloud.app import all_on_incident, open_store, utc_now
from location_cloud.capabilities import CAPABILITIES
from location_cloud.capability import Job
from location_cloud.errors import BadInput
from location_cloud.settings import Settings, load_settings
from location_cloud.storage import jobs as runs
from location_cloud.storage.publish import make_home
from location_cloud.storage.snapshot import Snapshots
from location_cloud.storage.wake import Alarm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from location_cloud.storage.live import Live
    from location_cloud.storage.world import OnIncident

LOG = logging.getLogger("location_cloud.work")

TICK_S = 0.2
"""How late a job may start, and how soon a stop is noticed."""


@dataclass(frozen=True)
class JobContext:
    """What a job works with. memory: what jobs keep from one run to the next, by name of the job.

    on_incident: what joins the transaction of an incident's change, as in `storage.world.World`.
    """

    live: Live
    snapshots: Snapshots
    settings: Settings
    clock: Callable[[], datetime]
    should_stop: Callable[[], bool]
    memory: dict[str, Any] = field(default_factory=dict)
    on_incident: tuple[OnIncident, ...] = ()


@click.command(help="Run the background process: every capability's jobs. `serve` starts one itself.")
@click.option("--parent", type=int, hidden=True, help="Stop when this process, which started it, is gone.")
def work(parent: int | None) -> None:
    """Runs until SIGTERM or Ctrl-C."""
    settings, _ = load_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def should_stop() -> bool:
        return stop.is_set() or (parent is not None and os.getppid() != parent)

    with only_one(settings.home):
        live = open_store(settings)
        hooks = all_on_incident(CAPABILITIES)
        context = JobContext(live, Snapshots(settings.home), settings, utc_now, should_stop, on_incident=hooks)
        jobs = tuple(job for capability in CAPABILITIES for job in capability.job_list())
        run_jobs(jobs, context)
        live.close()


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Holds the lock of the one worker process of this home. Raises BadInput if another holds it."""
    make_home(home)
    folder = home / "run"
    folder.mkdir(exist_ok=True)
    with (folder / "work.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(f"{home}: another background process is running there; one is enough") from None
        yield


def run_jobs(jobs: tuple[Job, ...], context: JobContext) -> None:
    """Runs each job when it is due until told to stop; a failing job is recorded and tried again when next due."""
    followers = tuple(job for job in jobs if job.on_commit)
    beside = [threading.Thread(target=_beat, args=(context,), name="heartbeat", daemon=True)]
    if followers:
        beside.append(threading.Thread(target=follow_commits, args=(followers, context), name="commits", daemon=True))
    for thread in beside:
        thread.start()
    periodic = tuple(job for job in jobs if not job.on_commit)
    due = {job.name: 0.0 for job in periodic}
    while not context.should_stop():
        for job in periodic:
            if time.monotonic() >= due[job.name] and not context.should_stop():
                run_job(job, context)
                due[job.name] = time.monotonic() + job.every_s
        time.sleep(TICK_S)
    for thread in beside:
        thread.join(timeout=context.settings.heartbeat_s)


def follow_commits(jobs: tuple[Job, ...], context: JobContext) -> None:
    """Runs jobs at every commit that somebody tells of, and when they are due, until told to stop.

    Success is recorded once a heartbeat only: a record costs a disk write, and such jobs run many times a second.
    """
    alarm = Alarm(context.settings.home)
    due = {job.name: 0.0 for job in jobs}
    recorded = {job.name: 0.0 for job in jobs}
    try:
        while not context.should_stop():
            is_called = alarm.wait(TICK_S)
            for job in jobs:
                if not is_called and time.monotonic() < due[job.name]:
                    continue
                message = _attempt(job, context)
                due[job.name] = time.monotonic() + job.every_s
                if message:
                    _record(context, runs.record_error, job.name, message)
                    recorded[job.name] = 0.0
                elif time.monotonic() >= recorded[job.name] + context.settings.heartbeat_s:
                    _record(context, runs.record_ok, job.name)
                    recorded[job.name] = time.monotonic()
    finally:
        alarm.close()


def run_job(job: Job, context: JobContext) -> None:
    """Runs one job and records how it went."""
    _record(context, runs.record_started, job.name)
    if message := _attempt(job, context):
        _record(context, runs.record_error, job.name, message)
    else:
        _record(context, runs.record_ok, job.name)


def _attempt(job: Job, context: JobContext) -> str:
    """What went wrong; "" if nothing did."""
    try:
        job.run(context)
    except Exception as error:
        LOG.exception("job %s", job.name)
        return f"{type(error).__name__}: {error}"
    return ""


def _beat(context: JobContext) -> None:
    next_beat = 0.0
    while not context.should_stop():
        if time.monotonic() >= next_beat:
            _record(context, runs.record_ok, "heartbeat")
            next_beat = time.monotonic() + context.settings.heartbeat_s
        time.sleep(TICK_S)


def _record(context: JobContext, record: Callable[..., None], name: str, *details: Any) -> None:
    try:
        record(context.live, name, context.clock(), *details)
    except Exception:
        LOG.exception("the state of %s could not be recorded", name)
