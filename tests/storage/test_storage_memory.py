"""Memory of freed arrays: whether the system gets it back."""

import sys
from pathlib import Path

import numpy as np
import pytest

from location_cloud.storage.memory import give_back_large_arrays


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and speaks of glibc")
def test_a_freed_array_leaves_the_process_even_after_larger_ones_were_freed() -> None:
    give_back_large_arrays()
    for _ in range(3):
        np.ones(30 << 20, np.uint8)
    held = [np.ones(20 << 20, np.uint8) for _ in range(4)]
    before = resident_mb()
    del held[:3]  # the last stays: nothing shrinks from its end
    assert before - resident_mb() > 50


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096 / 2**20
