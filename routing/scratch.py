"""Memory that questions use again and again: a page that a process gets anew costs it 2 us before it is written.

Large arrays are given back to the system when they are freed and come back as empty pages; for the grids of an area
in reach that took longer than all that is computed on them. What is kept lies on a *desk*: each thread has its own,
unless it sits down at one of those that threads take in turn (`at_desk`): then there are as many as processors, not as
many as threads. More questions computed at one time would only take each other's processor and caches.
"""

import threading
from types import TracebackType
from typing import Any

import numpy as np
from numba import config
from numpy.typing import DTypeLike, NDArray

MOST_KEPT_BYTES = 8_000_000
"""For each name and desk; larger ones are rare, and made anew."""

SEATS: int = config.NUMBA_DEFAULT_NUM_THREADS  # type: ignore[attr-defined]  # processors that this process may use
"""Desks to be taken in turn, 10 to 25 MB each after all kinds of questions."""

MOST_WAIT_S = 0.05
"""So long a question waits for a seat; then it brings a desk of its own, as those who sit may take long."""

_seats = threading.Semaphore(SEATS)
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
            _threads.has_seat = _seats.acquire(timeout=0.0 if getattr(_threads, "is_hasty", False) else MOST_WAIT_S)
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
            if len(_free) < SEATS:
                _free.append(_threads.desk)
            _threads.desk = _threads.home
            if _threads.has_seat:
                _seats.release()


_SEAT = AtDesk()


def never_wait() -> None:
    """From now on this thread waits for no seat."""
    _threads.is_hasty = True


def at_desk() -> AtDesk:
    """See AtDesk; takes 1 us."""
    return _SEAT
