"""Compiles what a city needs before its first question: imports the demo city and asks it everyday questions.

    python tools/compile_all.py

Two processes do the same in opposite orders; what one compiles the other loads, or waits for (`kernels/caching.py`).
"""

from __future__ import annotations

import importlib.resources
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ORDERS = {"forward": 1, "backward": -1}
LOG_LINES = 12
"""Of what went wrong, shown at the end."""


class Silent:
    """Progress that nobody watches."""

    def step(self, title: str, total: int = 0) -> None:
        """Another part of the work begins."""

    def advance(self, units: int = 1) -> None:
        """So much of it is done."""


def main() -> int:
    """Runs one process for each order, or one alone on a single processor; 0 if all went well."""
    orders = list(ORDERS)[: os.cpu_count() or 1]
    with tempfile.TemporaryDirectory(prefix="compile-") as folder:
        started = []
        for order in orders:
            log = (Path(folder) / f"{order}.log").open("w+", encoding="utf-8")
            command = [sys.executable, __file__, order, str(Path(folder) / order)]
            started.append((subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT), log))
        try:
            failed = [log for process, log in started if process.wait() != 0]
        finally:
            for process, _ in started:
                process.kill()
        for log in failed:
            log.seek(0)
            print("".join(log.readlines()[-LOG_LINES:]), end="", file=sys.stderr)
    return 1 if failed else 0


def compile_all(home: Path, step: int) -> None:
    """An import, what the background process needs, and the questions; step -1: from the last to the first."""
    from location_cloud.settings import Settings

    settings = Settings(home=home, log="off", keys="auto", host="127.0.0.1")
    snapshot = _import_demo(settings, step)
    for part in (_follow, _ask)[::-step]:
        part(settings, snapshot, step)


def _import_demo(settings: Any, step: int) -> Any:
    from location_cloud.app import all_sections, utc_now
    from location_cloud.capabilities import CAPABILITIES
    from location_cloud.storage.build import build_snapshot
    from location_cloud.storage.osm import read_osm

    with importlib.resources.as_file(
        importlib.resources.files("location_cloud.data") / "demo/helsinki-centre.osm.pbf"
    ) as file:
        osm, sources = read_osm([file], None, Silent())
    snapshot = build_snapshot(
        settings.home,
        name="demo",
        osm=osm,
        osm_sources=sources,
        clip=None,
        sections=all_sections(CAPABILITIES)[::step],
        layers=tuple(layer for capability in CAPABILITIES for layer in capability.map_layers()),
        progress=Silent(),
        clock=utc_now,
    )
    for capability in CAPABILITIES[::step]:
        capability.prepare_overlay(snapshot, settings, Silent())
    return snapshot


def _ask(settings: Any, _snapshot: Any, step: int) -> None:
    """What a server asks before it starts its workers."""
    from location_cloud.app import create_app
    from location_cloud.sharing import ask_typical

    app = create_app(settings)
    system = app.extensions["location_cloud"]
    try:
        ask_typical(app, system, system.operations[::step])
    finally:
        system.close()


def _follow(settings: Any, snapshot: Any, _step: int) -> None:
    """What the background process needs when the first vehicle reports, or the first closure."""
    from location_cloud.directions.deriving import open_deriver
    from location_cloud.traffic.deriving import Plan, Traffic

    open_deriver(snapshot, settings.home, "default")
    Traffic(snapshot, Plan()).close()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    compile_all(Path(sys.argv[2]), ORDERS[sys.argv[1]])
