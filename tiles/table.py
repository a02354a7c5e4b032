"""Arrays by their addresses: layers as one table, so that one compiled call draws them all, mapped or not."""

from typing import Any, cast

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # has no hints
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from tiles.compiled import kernel, leaf
from tiles.index import Columns

_KIND, _FIRST_ZOOM = (
    2 * len(Columns._fields),
    2 * len(Columns._fields) + 1,
)  # after the columns, see `LayerIndex.table_row`
TABLE_WIDTH = _FIRST_ZOOM + 1


def _as_pointer(context: Any, address: Any) -> Any:
    """The address as an untyped pointer. Sound because the layer, which the caller holds, keeps its arrays."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), generate


_pointer = cast(Any, intrinsic)(_as_pointer)
_carray = cast(Any, numba).carray  # its hints do not know it


@leaf
def bytes_at(address: int, size: int) -> NDArray[np.uint8]:
    """`size` bytes at the address."""
    return _carray(_pointer(address), (size,), np.uint8)  # type: ignore[no-any-return]  # numba's intrinsics have no hints


@leaf
def ints_at(address: int, size: int) -> NDArray[np.int32]:
    """`size` whole numbers of 4 bytes at the address."""
    return _carray(_pointer(address), (size,), np.int32)  # type: ignore[no-any-return]  # as above


@leaf
def longs_at(address: int, size: int) -> NDArray[np.int64]:
    """`size` whole numbers of 8 bytes at the address."""
    return _carray(_pointer(address), (size,), np.int64)  # type: ignore[no-any-return]  # as above


@kernel
def kind_at(table: NDArray[np.int64], layer: int) -> int:
    """The layer's kind, a position in KINDS."""
    return int(table[layer, _KIND])


@kernel
def first_zoom_at(table: NDArray[np.int64], layer: int) -> int:
    """The first zoom at which the layer has a feature; beyond MAX_ZOOM without features."""
    return int(table[layer, _FIRST_ZOOM])


@kernel
def columns_at(table: NDArray[np.int64], layer: int) -> Columns:
    """The layer's columns, seen in place."""
    row = table[layer]
    return Columns(
        _carray(_pointer(row[0]), (row[1],), np.uint64),
        bytes_at(row[2], row[3]),
        bytes_at(row[4], row[5]),
        _carray(_pointer(row[6]), (row[7], 4), np.int32),
        longs_at(row[8], row[9]),
        longs_at(row[10], row[11]),
        bytes_at(row[12], row[13]),
        _carray(_pointer(row[14]), (row[15], 2), np.int32),
        bytes_at(row[16], row[17]),
        _carray(_pointer(row[18]), (row[19],), np.uint32),
        longs_at(row[20], row[21]),
        _carray(_pointer(row[22]), (row[23], 2), np.int32),
        longs_at(row[24], row[25]),
        bytes_at(row[26], row[27]),
        longs_at(row[28], row[29]),
        bytes_at(row[30], row[31]),
        longs_at(row[32], row[33]),
        longs_at(row[34], row[35]),
        ints_at(row[36], row[37]),
    )
