"""A real MQTT broker for the tests that need one: mosquitto from .parts/, gone at the end."""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.parts.install import find_libraries, installed_root

START_LIMIT_S = 20


@contextlib.contextmanager
def start_mosquitto(folder: Path) -> Iterator[int]:
    """The port of a broker on this machine that lets everybody in and forgets everything at the end.

    Raises PartMissingError if it is not installed.
    """
    root = installed_root("mosquitto")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    settings = folder / "mosquitto.conf"
    who = pwd.getpwuid(os.geteuid()).pw_name  # as root it would look for an account of its own
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser {who}\nmax_queued_messages 100000\n")
    environment = {"PATH": os.defpath, "LD_LIBRARY_PATH": find_libraries(root)}
    with (
        (folder / "mosquitto.log").open("wb") as log,
        subprocess.Popen([root / "usr/sbin/mosquitto", "-c", settings], env=environment, stdout=log, stderr=log) as it,
    ):
        try:
            _wait_until_ready(it, port, folder / "mosquitto.log")
            yield port
        finally:
            it.terminate()


def _wait_until_ready(broker: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until and broker.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError(f"mosquitto did not start:\n{log.read_text('utf-8', 'replace')}")
