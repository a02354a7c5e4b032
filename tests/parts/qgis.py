"""A real QGIS without a screen, in a process of its own: it draws layers, tells colours of places, reads features."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.parts.install import find_libraries, installed_root

LOOK = Path(__file__).with_name("qgis_look.py")
READ = Path(__file__).with_name("qgis_items.py")


def look(layers: list[dict[str, Any]], scratch: Path) -> list[dict[str, Any]]:
    """What QGIS makes of each layer: see qgis_look.py for the members of both.

    scratch: an empty folder, for what QGIS files under HOME. Raises PartMissingError if QGIS is not installed.
    """
    return _run(LOOK, layers, scratch)


def read(collections: list[dict[str, Any]], scratch: Path) -> list[dict[str, Any]]:
    """What QGIS reads of each collection of features: see qgis_items.py. scratch, errors: as of `look`."""
    return _run(READ, collections, scratch)


def _run(script: Path, asked: list[dict[str, Any]], scratch: Path) -> list[dict[str, Any]]:
    root = installed_root("qgis")
    scratch.chmod(0o700)  # Qt wants its runtime folder so
    environment = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": find_libraries(root),
        "PROJ_LIB": str(root / "usr/share/proj"),
        "QT_PLUGIN_PATH": str(next(root.glob("usr/lib/*/qt5/plugins"))),
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(scratch),
        "XDG_RUNTIME_DIR": str(scratch),
    }
    python = next(root.glob("usr/bin/python3.[0-9]*"))
    answers = scratch / "answers.json"
    ran = subprocess.run(
        [python, script, root, answers],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    if not answers.exists():
        raise AssertionError(f"QGIS ended with {ran.returncode}:\n{ran.stderr[-2000:]}")
    found: list[dict[str, Any]] = json.loads(answers.read_text("utf-8"))
    return found
