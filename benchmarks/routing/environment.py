"""The peers' own Python below .parts/bench/python: their wheels want Python 3.12, and the product none of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.routing.lockstep import ROOT

FOLDER = ROOT / ".parts/bench/python"
WHEELS = (
    "osrm-bindings==26.10.0",
    "pyvalhalla==3.9.1",
    "pyroutingkit==0.2.1",
    "routingkit_cch==0.1.4",
    "igraph==1.0.0",
    "networkx==3.7",
    "numpy==2.5.5",
)
PYTHONS = (
    os.environ.get("PEER_PYTHON", ""),
    str(ROOT / ".parts/peers/bin/python"),
    sys.executable,
    "python3.13",
    "python3.12",
    "python3.14",
    "python3",
)
"""Whatever is new enough makes the environment; the second one is that of the tests with real parts."""


def find_peers_python() -> Path:
    """The interpreter that has the peers: of PEERS_PYTHON, else one made here once; made anew after a broken attempt.

    Raises SystemExit if there is no Python 3.12, or a wheel cannot be installed.
    """
    if named := os.environ.get("PEERS_PYTHON"):
        return Path(named)
    program, stamp = FOLDER / "bin/python", FOLDER / "installed.json"
    if stamp.exists() and json.loads(stamp.read_text()) == list(WHEELS):
        return program
    print("    installing the peers (once, about a minute) ...", file=sys.stderr, flush=True)
    if not (FOLDER / "bin/pip").exists():
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([_new_enough(), "-m", "venv", FOLDER], check=True)
    pip = [program, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *WHEELS]
    if subprocess.run(pip, check=False).returncode:
        raise SystemExit("the peers could not be installed: is the package index reachable? then run this again")
    stamp.write_text(json.dumps(list(WHEELS)))
    return program


def _new_enough() -> str:
    test = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))"
    for name in PYTHONS:
        program = shutil.which(name) if name else None
        if program and subprocess.run([program, "-c", test], capture_output=True, check=False).returncode == 0:
            return program
    raise SystemExit("no Python 3.12 or newer on the PATH, which the peers' wheels need; PEERS_PYTHON names one")
