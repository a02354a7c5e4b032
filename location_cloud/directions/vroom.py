"""The VROOM program: a question as JSON in, its answer out, in a process of its own that can be stopped.

A process and not the library: the wheel of pyvroom (BSD-2) carries GLPK, whose licence (GPL-3) reaches what loads it,
and a question that goes wrong ends that process, not a web worker. It takes 0.4 s to start. The `vroom` of
VROOM's own builds serves as well.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

from location_cloud.errors import BadQuery, Broken, NotReady, Unprocessable

PROGRAM = "vroom"
GRACE_S = 10.0
"""For starting, reading and writing, beside the time given for the search."""

INPUT_ERROR, ROUTING_ERROR = 2, 3
"""Source: VROOM docs/API.md, exit codes."""


def ask_vroom(question: dict[str, Any], limit_s: float, exploration: int) -> dict[str, Any]:
    """VROOM's answer to a question that carries its own matrices.

    limit_s: for the search. exploration: 0 (fast) .. 5 (thorough).
    Raises NotReady if the program is not installed, BadQuery with its own words if it refuses the question,
    Unprocessable if it takes too long, Broken if it fails.
    """
    command = [find_program(), "-x", str(exploration), "-t", "1", "-l", f"{limit_s:g}"]
    try:
        done = subprocess.run(
            command, input=orjson.dumps(question), capture_output=True, timeout=limit_s + GRACE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unprocessable(
            f"no plan was found within {limit_s + GRACE_S:g} s", hint="fewer jobs, vehicles or time windows"
        ) from None
    try:
        answer = orjson.loads(done.stdout)
    except orjson.JSONDecodeError:
        raise Broken(
            f"vroom ended with {done.returncode} and no answer: {done.stderr.decode(errors='replace')[:200]!r}"
        ) from None
    if done.returncode == INPUT_ERROR:
        raise BadQuery(str(answer.get("error", "")), hint="VROOM's docs/API.md describes the question")
    if done.returncode == ROUTING_ERROR:
        raise Unprocessable(str(answer.get("error", "")))
    if done.returncode != 0 or not isinstance(answer, dict):
        raise Broken(f"vroom ended with {done.returncode}: {done.stdout[:200]!r}")
    return answer


def find_program() -> str:
    """The path of the program, beside this Python or on the PATH. Raises NotReady if there is none."""
    beside = Path(sys.executable).parent / PROGRAM
    program = str(beside) if beside.is_file() else shutil.which(PROGRAM)
    if program is None:
        raise NotReady("/v1/optimise needs the program vroom", hint="pip install 'location-cloud[optimise]'")
    return program
