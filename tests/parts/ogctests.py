"""ogctests, a black-box suite of OGC API Features (abstract tests 1 to 29 of Part 1), in an environment of its own.

It wants older releases of pytest and pyarrow than the product's tests do, and of its requirements the core needs few.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

OGCTESTS = "ogctests"
OGCTESTS_FOLDER = Path(__file__).resolve().parents[2] / ".parts" / OGCTESTS
SUITE = "ogctests==0.1.15"
WHEELS = ("geopandas>=1,<2", "httpx==0.27.2", "openapi-schema-validator==0.6.3", "pytest==8.4.2", "pyyaml>=6")
CORE = "features/core"


class SuiteMissingError(Exception):
    """The suite cannot be installed; the message says why."""


def install_ogctests() -> bool:
    """Puts the suite under .parts/ogctests; False if it was there. Raises SuiteMissingError."""
    stamp, wanted = OGCTESTS_FOLDER / "installed.json", [SUITE, *WHEELS]
    if stamp.exists() and json.loads(stamp.read_text()) == wanted:
        return False
    shutil.rmtree(OGCTESTS_FOLDER, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", OGCTESTS_FOLDER], check=True)
    for packages in (["--no-deps", SUITE], WHEELS):
        pip = [OGCTESTS_FOLDER / "bin" / "python", "-m", "pip", "install", "--quiet", *packages]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise SuiteMissingError(f"pip cannot install {', '.join(packages)}: {reason}")
    stamp.write_text(json.dumps(wanted))
    return True


def find_ogctests() -> tuple[Path, Path] | None:
    """(its Python, the folder of the suite), None if it is not installed."""
    if not (OGCTESTS_FOLDER / "installed.json").exists():
        return None
    return OGCTESTS_FOLDER / "bin" / "python", next(OGCTESTS_FOLDER.glob("lib/python3*/site-packages/ogctests"))
