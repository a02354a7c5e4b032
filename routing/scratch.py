"""Memory that questions use again and again: a page that a process gets anew costs it 2 us before it is written.

Large arrays are given back to the system when they are freed and come back as empty pages; for the grids of an area
in reach that took longer than all that is computed on them. What is kept lies on a *desk*: each thread has its own,
unless it sits down at one of those that threads take in turn (`at_desk`): then there are as many as questions at one
time, not as many as threads.
"""

import threading
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

MOST_KEPT_BYTES = 8_000_000
"""For each name and desk; larger ones are rare, and made anew."""

MOST_FREE = 4
"""Desks kept while nobody sits at them."""

_threads = threading.local()
_free: list[dict[str, Any]] = []


def own_desk() -> dict[str, Any]:
    """What lies on the desk at which this thread sits, by name; it may add to it and take from it."""
    try:
        found: dict[str, Any] = _threads.desk
    except AttributeError:
        found = _threads.desk = {}
    return found


def borrow(name: str, size: int, dtype: DTypeLike) -> NDArray[Any]:
    """(size,) of the desk, with whatever was left in it; the same memory at the next call of this name.

    Never to be handed on to where the thread no longer sits at this desk.
    """
    wanted = np.dtype(dtype)
    if size * wanted.itemsize > MOST_KEPT_BYTES:
        return np.empty(size, wanted)
    kept = own_desk()
    array: NDArray[Any] | None = kept.get(name)
    if array is None or len(array) < size:
        array = kept[name] = np.empty(size + size // 4, wanted)
    return array[:size]


class AtDesk:
    """`with at_desk():` the thread sits at a desk of its own that others use later, the last one left first."""

    __slots__ = ()

    def __enter__(self) -> None:
        depth = getattr(_threads, "depth", 0)
        if not depth:
            _threads.home = own_desk()
            try:
                _threads.desk = _free.pop()
            except IndexError:
                _threads.desk = {}
        _threads.depth = depth + 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _threads.depth -= 1
        if not _threads.depth:
            if len(_free) < MOST_FREE:
                _free.append(_threads.desk)
            _threads.desk = _threads.home


_SEAT = AtDesk()


def at_desk() -> AtDesk:
    """See AtDesk; takes 1 us."""
    return _SEAT
