"""OSRM and Valhalla themselves, from their wheels: a private environment below .parts/peers, and their servers on it.

The wheels need Python 3.12; the product does not. Whatever Python on the PATH is new enough makes the environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

PEERS_FOLDER = Path(__file__).resolve().parents[2] / ".parts" / "peers"
WHEELS = ("osrm-bindings==26.10.0", "pyvalhalla==3.9.1")
PYTHONS = (
    os.environ.get("PEER_PYTHON", ""),
    sys.executable,
    *("python3.14", "python3.13", "python3.12", "python3"),
    *(str(path) for path in sorted((Path.home() / ".pyenv/versions").glob("3.1[2-9]*/bin/python"), reverse=True)),
)
"""The one named, those on the PATH, and those that pyenv keeps beside it."""

START_LIMIT_S = 30


class PeersMissingError(Exception):
    """The engines are not installed, or cannot be; the message says what to do."""


def find_python() -> str:
    """A Python of at least 3.12 that can make an environment. Raises PeersMissingError."""
    test = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))"
    for name in PYTHONS:
        program = shutil.which(name) if name else None
        if program and subprocess.run([program, "-c", test], capture_output=True, check=False).returncode == 0:
            return program
    raise PeersMissingError(
        "there is no Python 3.12 or newer on the PATH (PEER_PYTHON names one); OSRM's and Valhalla's wheels need it"
    )


def install_peers() -> bool:
    """Puts the engines under .parts/peers; False if they were there. Raises PeersMissingError."""
    stamp = PEERS_FOLDER / "installed.json"
    if stamp.exists() and json.loads(stamp.read_text()) == list(WHEELS):
        return False
    shutil.rmtree(PEERS_FOLDER, ignore_errors=True)
    subprocess.run([find_python(), "-m", "venv", PEERS_FOLDER], check=True)
    pip = [PEERS_FOLDER / "bin" / "python", "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *WHEELS]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise PeersMissingError(f"pip cannot install {', '.join(WHEELS)}: {reason}")
    stamp.write_text(json.dumps(list(WHEELS)))
    return True


def packages_folder() -> Path:
    """Where the engines' packages lie. Raises PeersMissingError, also where no Python could run them."""
    if not (PEERS_FOLDER / "installed.json").exists():
        find_python()
        raise PeersMissingError("OSRM and Valhalla are not installed; run: python tests/parts/install.py peers")
    return next(PEERS_FOLDER.glob("lib/python3*/site-packages"))


@contextlib.contextmanager
def start_osrm(extract: Path, folder: Path) -> Iterator[str]:
    """URL of osrm-routed (contraction hierarchies, its own car profile) on an .osm.pbf; data is built in the folder."""
    home = packages_folder() / "osrm"
    data = folder / "city.osrm"
    shutil.copy(extract, folder / "city.osm.pbf")
    _run(home / "bin/osrm-extract", "-p", home / "share/profiles/car.lua", folder / "city.osm.pbf")
    _run(home / "bin/osrm-contract", data)
    port = _free_port()
    command = [home / "bin/osrm-routed", "-i", "127.0.0.1", "-p", str(port), "-t", "1", data]
    with _running(command, folder / "osrm.log", f"http://127.0.0.1:{port}/nearest/v1/car/0,0") as url:
        yield url.partition("/nearest")[0]


@contextlib.contextmanager
def start_valhalla(extract: Path, folder: Path) -> Iterator[str]:
    """URL of valhalla_service on an .osm.pbf; tiles are built in the folder."""
    home = packages_folder() / "valhalla"
    port = _free_port()
    told = [PEERS_FOLDER / "bin/valhalla_build_config", "--mjolnir-tile-dir", folder / "tiles"]
    text = subprocess.run(told, capture_output=True, text=True, check=True).stdout
    text = text.replace("tcp://*:8002", f"tcp://127.0.0.1:{port}").replace("ipc:///tmp/", f"ipc://{folder}/")
    (folder / "valhalla.json").write_text(text)
    _run(home / "bin/valhalla_build_tiles", "-c", folder / "valhalla.json", extract)
    command = [home / "bin/valhalla_service", folder / "valhalla.json", "1"]
    with _running(command, folder / "valhalla.log", f"http://127.0.0.1:{port}/status") as url:
        yield url.removesuffix("/status")


def _run(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PeersMissingError(f"{Path(command[0]).name} failed: {done.stdout[-500:]}{done.stderr[-500:]}")


@contextlib.contextmanager
def _running(command: list[str | Path], log: Path, url: str) -> Iterator[str]:
    with log.open("w") as out:
        server = subprocess.Popen([str(part) for part in command], stdout=out, stderr=out, env=dict(os.environ))
    try:
        end = time.monotonic() + START_LIMIT_S
        while not _answers(url):
            if server.poll() is not None or time.monotonic() > end:
                raise PeersMissingError(f"{Path(command[0]).name} did not start: {log.read_text()[-500:]}")
            time.sleep(0.05)
        yield url
    finally:
        server.kill()  # both keep nothing; valhalla_service finishes slowly
        server.wait(10)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
