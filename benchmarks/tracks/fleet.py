"""A fleet that reports, as bodies of POST /v1/fixes; and the server that they are sent to."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import orjson

from location_cloud.tracks.model import NOT_TOLD, Arriving
from location_cloud.tracks.read_records import write_records

JSON, NDJSON, RECORDS = "application/json", "application/x-ndjson", "application/octet-stream"
INTERVAL_S = 10
START_S = int(time.time()) // INTERVAL_S * INTERVAL_S - 20 * 86_400
"""Not so long ago that fixes would be removed as too old, and room for 170,000 steps before they are of the future."""


def fixes(devices: int, step: int, prefix: str = "v") -> Arriving:
    """A fix of each device, the step-th of a drive at 36 km/h."""
    each = np.arange(devices)
    lonlat = np.stack([125.0 + each % 100 * 0.001 + step * 0.0013, 46.5 + each // 100 * 0.001], axis=1)
    time_ms = (START_S + step * INTERVAL_S) * 1000 + each % 1000
    return Arriving(
        tuple(f"{prefix}{one}" for one in each),
        each,
        time_ms,
        np.full(devices, NOT_TOLD),
        np.round(lonlat, 7),
        np.full(devices, 36.0),
        np.full(devices, 90.0),
        np.full(devices, 5.0),
        np.ones(devices, bool),
        np.zeros(devices, bool),
        "http",
    )


def body(arriving: Arriving, media_type: str) -> bytes:
    """The fixes as a body of that type; simulated ones, and they say so."""
    if media_type == RECORDS:
        return write_records(arriving)
    rows = [
        {
            "device": arriving.names[device],
            "time": time_ms / 1000,
            "lon": lon,
            "lat": lat,
            "speed_kmh": speed,
            "heading_deg": heading,
            "accuracy_m": accuracy,
            "simulated": True,
        }
        for device, time_ms, (lon, lat), speed, heading, accuracy in zip(
            arriving.device.tolist(),
            arriving.time_ms.tolist(),
            arriving.lonlat.tolist(),
            arriving.speed_kmh.tolist(),
            arriving.heading_deg.tolist(),
            arriving.accuracy_m.tolist(),
        )
    ]
    return orjson.dumps({"fixes": rows}) if media_type == JSON else b"\n".join(map(orjson.dumps, rows))


class Server:
    """`location-cloud serve` on a port of its own, in a session of its own so that it can be killed whole."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.start()

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "location_cloud", "serve", "--port", str(self.port)],
            env={**os.environ, "LOCATION_CLOUD_HOME": str(self.home), "LOCATION_CLOUD_LOG": "off"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.ask("GET", "/v1/devices?limit=1")[0] == 200:
                    return
            time.sleep(0.05)
        raise SystemExit("the server did not start")

    def ask(
        self, method: str, path: str, content: bytes = b"", media_type: str = JSON, timeout_s: float = 30
    ) -> tuple[int, bytes]:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request(method, path, content or None, {"Content-Type": media_type} if content else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def processes(self) -> list[int]:
        """Ids of all processes below the server."""
        found, waiting = [], [self.process.pid]
        while waiting:
            parent = waiting.pop()
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{parent}/task").iterdir():
                    children = list(map(int, (task / "children").read_text().split()))
                    found += children
                    waiting += children
        return found

    def is_up(self) -> bool:
        """Whether it answers, or will when a process that died is replaced."""
        end = time.monotonic() + 3
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.ask("GET", "/v1/devices?limit=1", timeout_s=2)[0] == 200
            time.sleep(0.02)
        return False

    def kill(self) -> None:
        """Ends all of it at once."""
        for pid in (self.process.pid, *self.processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ends it as one does."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def cpu_s(self) -> float:
        """Seconds of processor that all of it took until now."""
        total = 0.0
        for pid in (self.process.pid, *self.processes()):
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
        return total


@contextlib.contextmanager
def served(home: Path) -> Iterator[Server]:
    """A server that is stopped at the end."""
    server = Server(home)
    try:
        yield server
    finally:
        server.stop()
