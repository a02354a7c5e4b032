"""Arrays of a search as one compressed text of bytes, for a column of the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from isal import isal_zlib
from numpy.typing import NDArray

LEVEL = 1
"""Of ISA-L's zlib: a million cells in 20 ms; a higher one saves a tenth."""


def pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """One text of all arrays: a line of JSON that says what they are, then their bytes."""
    ready = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    head = orjson.dumps({name: [array.dtype.str, array.shape] for name, array in ready.items()})
    packed: bytes = isal_zlib.compress(b"\n".join([head, b"".join(each.tobytes() for each in ready.values())]), LEVEL)
    return packed


def unpack(packed: bytes) -> dict[str, NDArray[Any]]:
    """The arrays that `pack` was given, read-only."""
    text = isal_zlib.decompress(packed)
    at = text.index(b"\n") + 1
    arrays = {}
    for name, (dtype, shape) in orjson.loads(text[: at - 1]).items():
        count = int(np.prod(shape))
        arrays[name] = np.frombuffer(text, np.dtype(dtype), count, at).reshape(shape)
        at += arrays[name].nbytes
    return arrays
