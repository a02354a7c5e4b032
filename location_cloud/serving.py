"""`location-cloud serve`: web workers (granian) and the background process, started and stopped together."""

from __future__ import annotations

import logging
import multiprocessing
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from types import FrameType
from typing import Any, cast

import click
from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from location_cloud.app import open_store, serve_app
from location_cloud.errors import BadInput
from location_cloud.http.crowd import Crowd
from location_cloud.http.front import Front
from location_cloud.http.lane import Lane
from location_cloud.http.web import LOOPBACK, MOST_FOLLOWED
from location_cloud.settings import Settings, load_settings
from location_cloud.sharing import IS_SHARED, keep_out_of_collections, prepare
from location_cloud.storage.snapshot import Snapshots
from routing.scratch import never_wait

THREADS = 2 * (os.cpu_count() or 1) + 1 + MOST_FOLLOWED
"""Requests that one web worker answers side by side; compiled searches and tile encoding release the interpreter.
Streams of events sleep in theirs."""

SWITCH_S = 0.0005
"""How long a thread of a web worker may keep the interpreter when another one wants it. Python's own 5 ms would come
on top of what the thread at the public port does for everybody."""

BACKLOG = 1024
"""Callers that wait to be taken."""

RAISE_AGAIN_S = 0.5
"""How long a stop waits for its effect."""

RESTART_S = 1.0
"""Pause before a dead background process is started anew; doubled each time it dies young, up to SLOW_RESTART_S."""

PARENT_POLL_S = 1.0
"""How soon a web worker notices that the process which started it was killed."""

SLOW_RESTART_S = 60.0
STEADY_S = 60.0
"""A background process that lived as long as this is not young."""

READYING = (
    "getting ready: compiling, which takes minutes at the very first start, and asking the snapshot some questions"
)


@click.command(help="Answer HTTP: web workers and the background process together. Stops cleanly on SIGTERM or Ctrl-C.")
@click.option("--host", help="Address to listen on [127.0.0.1]; beyond loopback every caller needs a key.")
@click.option("--port", type=int, help="TCP port [8000]; 0 picks a free one.")
@click.option("--workers", type=int, help="Web worker processes [2].")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Runs until told to stop; running requests finish first."""
    settings, _ = load_settings(host=host, port=port, workers=workers)
    with listen(settings.host, settings.port) as listener:
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        os.environ.update(settings.as_environment())
        open_store(settings).close()
        if Snapshots(settings.home).current_id() is None:
            click.echo("no snapshot yet: build one with: location-cloud import --demo", err=True)
        else:
            click.echo(READYING, err=True)
        if settings.host not in LOOPBACK:
            click.echo("every caller needs a key: location-cloud keys add", err=True)
        _stop_at_a_signal()
        _run(settings, listener)


def _run(settings: Settings, listener: socket.socket) -> None:
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    listening = f"listening on http://{shown}:{settings.port}/"
    keeper = Keeper([sys.executable, "-m", "location_cloud", "work", "--parent", str(os.getpid())])
    try:
        address = (settings.host, settings.port)
        if IS_SHARED:
            multiprocessing.set_start_method("fork", force=True)
            prepare(settings)
            address = PUBLIC.open(listener, listening)
        else:
            listener.close()
            click.echo(listening)
        shutil.rmtree(settings.home / "run" / "metrics", ignore_errors=True)
        keeper.start()
        server = Granian(
            "location_cloud.serving:worker_app",
            address=address[0],
            port=address[1],
            interface=Interfaces.WSGI,
            workers=settings.workers,
            blocking_threads=THREADS,
            factory=True,
            log_level=LogLevels.warning,
            workers_kill_timeout=int(settings.stop_grace_s),
            respawn_failed_workers=True,
            process_name=None,
        )
        # It warns of so many threads at every start; MOST_FOLLOWED of them sleep.
        logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
        server.on_startup(PUBLIC.close_at_a_signal)
        server.serve()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for worker in multiprocessing.active_children():
            worker.kill()  # begun before granian minded a stop: nothing was asked of it, and the end would wait for it
        keeper.stop()


def _stop_at_a_signal() -> None:
    """Until granian sets its own handlers, a stop ends the start.

    It is raised again and again: what is raised within a finalizer or a callback of C code is lost.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, RAISE_AGAIN_S)
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, leave)


def worker_app() -> Flask:
    """The application in a web worker process.

    The worker leaves the terminal's process group: Ctrl-C would reach it twice, from the terminal and from the server,
    and granian's worker hangs on a second signal until it is killed. Until granian sets its own handlers, after this,
    the worker has those inherited from the server, which would swallow a stop. When the server itself is killed its
    workers stop too, else they would answer on its port for ever.
    """
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_stop_with, args=(os.getppid(),), name="parent", daemon=True).start()
    app = serve_app()
    keep_out_of_collections()
    PUBLIC.serve(app)
    return app


def _stop_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)


def listen(host: str, port: int) -> socket.socket:
    """The public port, taken; a free one for 0. Raises BadInput if it is taken or the address is not this machine's."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise BadInput(f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port") from error
    return listener


class PublicPort:
    """The port that callers know, where workers share it: each has a `Front` there and its web server behind it."""

    def __init__(self) -> None:
        self._listener: socket.socket | None = None
        self._crowd = Crowd()
        self._inner = 0
        self._unsaid = -1

    def open(self, listener: socket.socket, listening: str) -> tuple[str, int]:
        """Takes the listening socket; gives the address for the workers' web servers.

        listening: what the first worker says that answers there. It takes the words out of a pipe, so that no other
        one says them again.
        """
        self._listener = listener
        self._unsaid, words = os.pipe()
        os.write(words, listening.encode())
        os.close(words)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._inner = probe.getsockname()[1]
        return "127.0.0.1", self._inner

    def serve(self, app: Flask) -> None:
        """Begins to answer there, in a worker."""
        if self._listener is not None:
            sys.setswitchinterval(SWITCH_S)
            self._crowd.join()
            Front(
                app.extensions["location_cloud"],
                cast(Lane, app.wsgi_app),
                self._listener,
                self._crowd,
                self._inner,
                never_wait,
            ).start()
            listening = os.read(self._unsaid, select.PIPE_BUF).decode()
            if listening:
                click.echo(listening)

    def close_at_a_signal(self) -> None:
        """From now on whoever comes after a stop is refused, while those who came before are answered."""
        if self._listener is None:
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, partial(self._close, signal.getsignal(number)))

    def _close(self, following: Any, number: int, frame: FrameType | None) -> None:
        if self._listener is not None:
            self._listener.close()
        if callable(following):
            following(number, frame)


PUBLIC = PublicPort()
"""Set before workers are forked."""


class Keeper:
    """Keeps the background process running: a dead one is started anew; `stop` ends it cleanly."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._process = self._launch()

    def start(self) -> None:
        """Begins to watch the process."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the process, by force after five seconds."""
        self._stopping.set()
        process = self._process
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _launch(self) -> subprocess.Popen[bytes]:
        """A new process in a session of its own: Ctrl-C reaches us alone, and we stop it."""
        return subprocess.Popen(self._command, start_new_session=True)

    def _keep(self) -> None:
        pause_s = RESTART_S
        while True:
            started = time.monotonic()
            status = self._process.wait()
            if self._stopping.is_set():
                return
            is_young = time.monotonic() - started < STEADY_S
            click.echo(f"the background process ended with {status}; starting it anew in {pause_s:g} s", err=True)
            if self._stopping.wait(pause_s):
                return
            pause_s = min(2 * pause_s, SLOW_RESTART_S) if is_young else RESTART_S
            self._process = self._launch()  # if a stop comes just now: it ends with us, see --parent
