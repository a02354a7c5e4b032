"""Memory of freed arrays: whether the system gets it back."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from location_cloud.storage.memory import COLLECTED_AFTER, rare_collections

NEW_PROCESS = """
import numpy as np
from location_cloud.storage.memory import give_back_large_arrays
from tests.storage.test_storage_memory import resident_mb

give_back_large_arrays()
for _ in range(3):
    np.ones(30 << 20, np.uint8)
held = [np.ones(20 << 20, np.uint8) for _ in range(4)]
before = resident_mb()
del held[:3]  # the last stays: nothing shrinks from its end
print(before - resident_mb())
"""
"""A process of its own: one that has freed large pieces before keeps and uses them again, whatever is said later."""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and speaks of glibc")
def test_a_freed_array_leaves_the_process_even_after_larger_ones_were_freed() -> None:
    root = str(Path(__file__).parents[2])
    ran = subprocess.run(
        [sys.executable, "-c", NEW_PROCESS], cwd=root, env={**os.environ, "PYTHONPATH": root}, capture_output=True
    )
    assert float(ran.stdout) > 50, ran.stderr.decode()


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096 / 2**20


def test_garbage_is_looked_for_as_often_as_before_after_an_import() -> None:
    before = gc.get_threshold()
    with rare_collections():
        assert gc.get_threshold()[0] >= COLLECTED_AFTER
    assert gc.get_threshold() == before
