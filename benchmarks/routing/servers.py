"""The servers that are compared, started with two workers or threads each, and what their processes weigh."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.routing.cities import CLOUD, ROOT, City, Peers
from benchmarks.routing.client import Connection, get

WORKERS = 2


class Server:
    """A server that is ready, on a port of its own."""

    def __init__(self, name: str, command: Sequence[Any], port: int, first: bytes, home: Path | None = None) -> None:
        self.name, self.port = name, port
        environment = {**os.environ, "LOCATION_CLOUD_LOG": "off"}
        if home is not None:
            environment["LOCATION_CLOUD_HOME"] = str(home)
        begun = time.perf_counter()
        self._process = subprocess.Popen(
            [str(one) for one in command],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._wait(first)
        except BaseException:
            self.stop()
            raise
        self.start_s = time.perf_counter() - begun

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.wait(timeout=30)

    def memory(self) -> list[dict[str, float]]:
        """What each of its processes holds: name, MB of its own (private), shared out (pss), and all (rss)."""
        return [weigh(pid) for pid in family(self._process.pid)]

    def _wait(self, first: bytes) -> None:
        for _ in range(1200):
            if self._process.poll() is not None:
                raise SystemExit(f"{self.name} ended with {self._process.returncode}")
            try:
                line = Connection(self.port, 20.0)
                line.ask(first)
                line.close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise SystemExit(f"{self.name} is not ready after a minute")


def start_ours(city: City) -> Server:
    """Our product: web workers and the background process."""
    port = free_port()
    command = [*CLOUD, "serve", "--port", port, "--workers", WORKERS]
    return Server("ours", command, port, get("/health"), city.home)


def start_all(city: City, peers: Peers, at: Sequence[float]) -> list[Server]:
    """Ours first, then the peers. at: a place on a road, for a first question."""
    servers = [start_ours(city)]
    nearest = get(f"/nearest/v1/driving/{at[0]},{at[1]}")
    for name in ("ch", "mld"):
        port = free_port()
        command = [peers.osrm / "osrm-routed", "-i", "127.0.0.1", "-p", port, "-t", WORKERS, "-a", name.upper()]
        command += ["-l", "ERROR", "--max-table-size", 1000, city.folder / "osrm" / name / "city.osrm"]
        servers.append(Server(f"OSRM {name.upper()}", command, port, nearest))
    servers.append(_start_valhalla(city, peers))
    return servers


def _start_valhalla(city: City, peers: Peers) -> Server:
    port = free_port()
    config = json.loads((city.folder / "valhalla/valhalla.json").read_text())
    config["httpd"]["service"]["listen"] = f"tcp://127.0.0.1:{port}"
    for pipe in ("loopback", "interrupt"):
        config["httpd"]["service"][pipe] = f"ipc://{city.folder}/valhalla/{pipe}"
    for part in ("loki", "thor", "odin"):
        config[part].setdefault("service", {})["proxy"] = f"ipc://{city.folder}/valhalla/{part}"
    file = city.folder / "valhalla/http.json"
    file.write_text(json.dumps(config))
    return Server("Valhalla", [peers.valhalla / "valhalla_service", file, WORKERS], port, get("/status"))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def family(pid: int) -> list[int]:
    """A process and all that it started, the oldest first."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def weigh(pid: int) -> dict[str, Any]:
    """MB of a process. Source: proc(5), smaps_rollup."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kb = {key: int(rest.split()[0]) for key, rest in (line.split(":") for line in lines)}
    words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().split()
    return {
        "name": " ".join(words[-3:])[-60:],
        "private": (kb["Private_Clean"] + kb["Private_Dirty"]) / 1024,
        "dirty": kb["Private_Dirty"] / 1024,
        "pss": kb["Pss"] / 1024,
        "rss": kb["Rss"] / 1024,
    }
