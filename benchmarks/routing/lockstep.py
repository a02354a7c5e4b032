"""Engines in processes of their own, asked in turn: one call here, the next there, so that all meet the same moments.

Python's standard library only: the peers' process runs under another Python than ours.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

REPEATS = 3
"""Calls of one question, one after the other; the least time counts, as in the reference's measurements."""

ROOT = Path(__file__).parents[2]


class Side:
    """A process that answers questions.

    python: its interpreter. module: what it runs, with `arguments`. It says when it is ready.
    """

    def __init__(self, python: Path, module: str, *arguments: str) -> None:
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        self._process = subprocess.Popen(
            [str(python), "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self.ready = self._read()

    def ask(self, kind: str, *arguments: Any) -> Any:
        """What the process answers. Raises RuntimeError with its words if it could not."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([kind, *arguments]).encode() + b"\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args} ended with {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]


def take_output() -> BinaryIO:
    """Standard output for the answers alone; to be called first: what libraries print goes to standard error."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


def answer_questions(out: BinaryIO, kinds: Mapping[str, Callable[..., Any]]) -> None:
    """The process's own side: reads questions from standard input until it ends."""
    gc.collect()
    gc.freeze()
    gc.disable()
    _write(out, {"result": sorted(kinds)})
    for line in sys.stdin.buffer:
        kind, *arguments = json.loads(line)
        try:
            _write(out, {"result": kinds[kind](*arguments)})
        except Exception as error:  # told to the asker, who stops
            _write(out, {"error": f"{kind}{arguments}: {type(error).__name__}: {error}"})
        gc.collect(0)


def least_us(call: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Microseconds of the fastest of some calls."""
    clock, best = time.perf_counter_ns, 1 << 62
    for _ in range(repeats):
        begun = clock()
        call()
        best = min(best, clock() - begun)
    return best / 1000


def _write(out: BinaryIO, answer: Any) -> None:
    out.write(json.dumps(answer).encode() + b"\n")
    out.flush()
