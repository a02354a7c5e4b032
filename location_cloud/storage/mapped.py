"""Files that several processes map at once, and the fence that orders what one writes and others read there."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray


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
