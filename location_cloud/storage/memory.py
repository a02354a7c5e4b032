"""How a process that builds large arrays gives their memory back at once, and looks for garbage rarely."""

import contextlib
import ctypes
import gc
import sys
from collections.abc import Iterator

M_MMAP_THRESHOLD = -3
"""glibc, malloc.h: the parameter of mallopt."""

FROM_BYTES = 1 << 20


def give_back_large_arrays() -> None:
    """Has arrays from 1 MB on leave the process when they are freed, from now on.

    Else glibc learns from the first freed arrays to keep those of up to 32 MB in pieces: building the routing graph of
    a country of 2.8 million junctions peaked at 1,500 instead of 1,170 MB. Does nothing under other C libraries.
    Call it early: room that the process freed and kept before is used again first, and is not given back.
    """
    if sys.platform == "linux":
        set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if set_option is not None:
            set_option(M_MMAP_THRESHOLD, FROM_BYTES)


COLLECTED_AFTER = 500_000
"""New containers between two searches for garbage; Python's own number is 700 to 2,000."""


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
    """Python looks for unreachable circles of objects seldom inside.

    An import makes millions of lists and texts that are all reachable: looking them through took a third of its time.
    Not switched off: compiling leaves circles behind.
    """
    before = gc.get_threshold()
    gc.set_threshold(max(COLLECTED_AFTER, before[0]), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
