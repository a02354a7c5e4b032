"""Files that several processes map at once, and the fence that orders what one writes and others read there."""

from __future__ import annotations

import contextlib
import mmap
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

LOOK_AGAIN_S = 0.25
"""How long a reader goes on with a folder before it asks whether that was made anew; the answer takes 2 us."""


class Mapped(Protocol):
    """What a reader has open of a folder."""

    def is_removed(self) -> bool:
        """Whether the folder was deleted or made anew: what is mapped stays, but nothing new will come."""


M = TypeVar("M", bound=Mapped)


class FolderReader(Generic[M]):
    """Finds what a writer keeps in a folder when it appears, and again when it was made anew.

    open_folder: opens it; raises OSError, ValueError, KeyError or TypeError where it cannot be read (yet).
    """

    def __init__(self, folder: Path, open_folder: Callable[[], M]) -> None:
        self._folder = folder
        self._open = open_folder
        self._found: M | None = None
        self._looked_s = 0.0

    def find(self) -> M | None:
        """What the writer keeps up to date; None while there is none. Costs 2 us without, 0.1 us with it."""
        now_s = time.monotonic()
        found = self._found
        if found is not None:
            if now_s - self._looked_s < LOOK_AGAIN_S:
                return found
            self._looked_s = now_s
            if not found.is_removed():
                return found
            self._found = None
        if os.access(self._folder, os.F_OK):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                self._found = self._open()
            self._looked_s = now_s
        return self._found


def put_in_place(new: Path, folder: Path) -> None:
    """Gives a finished folder its name; one of that name before is removed, but stays with whoever mapped it."""
    if folder.exists():
        old = folder.with_name(f".{folder.name}-old")
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
        shutil.rmtree(old, ignore_errors=True)
    new.rename(folder)


def map_file(file: Path, size: int, writable: bool) -> NDArray[Any]:
    """The first bytes of a file, (size,) uint8, shared with all who map it. Raises ValueError if it has fewer."""
    with file.open("r+b" if writable else "rb") as stream:
        if (found := os.fstat(stream.fileno()).st_size) < size:
            raise ValueError(f"{file} has {found} bytes, {size} expected")
        access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
        return np.frombuffer(mmap.mmap(stream.fileno(), size, access=access), np.uint8)


def reserve_file(file: Path, size: int) -> None:
    """Makes a file of zeros whose disk space is taken: a full disk would end a process that writes to mapped pages."""
    with file.open("xb") as stream:
        stream.truncate(size)
        if hasattr(os, "posix_fallocate"):  # macOS has none
            os.posix_fallocate(stream.fileno(), 0, size)


def _emit_fence(_typing: Any) -> tuple[Any, Any]:
    """One LLVM instruction: everything before it is seen by all cores before anything after it."""

    def generate(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate


fence: Any = intrinsic(_emit_fence)
"""For compiled code. x86 shows stores to other cores in order; ARM does not."""
