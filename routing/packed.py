"""Many arrays handed to a compiled kernel as one number: the address of a table of their addresses and lengths.

numba looks at the type of every array argument, takes it apart and counts references to it, in inner functions again.
Arrays that live long (a hierarchy's, a metric's, a thread's scratch) are therefore listed once in a `Packed`, and the
kernel makes them again from its address, at a few instructions each:

    HIERARCHY = Layout("parent", "up_start")
    PARENT, UP_START = HIERARCHY.places

    def ask(cch, point):
        table = HIERARCHY.pack(cch)                       # made at the first call, then kept with the object
        return _kernel(table.address, point)              # `table` is held until the kernel returns

    @cached(nogil=True)
    def _kernel(cch, point):
        parent = int32s(cch, PARENT)

What makes it safe: a Packed holds its arrays, so they stay where they are as long as it lives; it takes no array that
would have to be copied; it is never pickled by address. What nothing checks: that the kernel asks for the type that
stands at the place, that it does not write to what is read-only, and that it returns no such array (it would own
nothing: return a copy). A layout stands in the file of its kernels, as numba keeps compiled code while that file is
the same and would go on with the places of before.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import carray, types  # type: ignore[attr-defined]  # numba has no types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from kernels.caching import cached
from routing.errors import RoutingError

TABLE_COLUMNS = 2
"""A row of the table: address of the first number, how many numbers there are."""


class Packed:
    """Arrays kept alive, and the address under which a kernel finds them again by their place.

    columns: C-contiguous arrays of any shape; a kernel sees them flat, or as rows of a width that it names.
    Raises RoutingError for an array that is not contiguous.
    """

    __slots__ = ("_table", "address", "columns")

    def __init__(self, *columns: NDArray[Any]) -> None:
        for place, column in enumerate(columns):
            if not column.flags.c_contiguous:
                raise RoutingError(f"column {place} {column.shape} is not contiguous; pack np.ascontiguousarray of it")
        self.columns = columns
        self._table = np.array([(column.ctypes.data, column.size) for column in columns], np.int64).reshape(-1, 2)
        self.address: int = self._table.ctypes.data

    def __reduce__(self) -> tuple[Callable[..., "Packed"], tuple[NDArray[Any], ...]]:
        return Packed, self.columns  # addresses are of this process


class Layout:
    """Which arrays of an object a kernel reads, and at which places.

    names: attributes that are arrays, as those of a frozen dataclass: what is packed once is not looked at again.
    """

    def __init__(self, *names: str) -> None:
        self.names = names
        self.places = tuple(range(len(names)))
        self._key = f"packed {' '.join(names)}"

    def pack(self, owner: Any) -> Packed:
        """The arrays of an object; made once and kept with it, beside its fields as functools.cached_property does.

        Takes 10 us the first time and 0.1 us then. Two threads may both make one: either serves.
        Raises RoutingError for an array that is not contiguous.
        """
        kept: Packed | None = owner.__dict__.get(self._key)
        if kept is None:
            kept = Packed(*(getattr(owner, name) for name in self.names))
            owner.__dict__[self._key] = kept
        return kept


def pointer_to(item: types.Type) -> Any:
    """An intrinsic: the number of an address as a pointer."""

    @intrinsic
    def pointer(typing_context, address):  # type: ignore[no-untyped-def]
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(item)(types.int64), generate  # type: ignore[no-untyped-call]  # as above

    return pointer


@intrinsic
def copy_bytes(typing_context, target, source, count):  # type: ignore[no-untyped-def]
    """Copies bytes between two addresses that do not overlap: the processor's own fast way, unlike a loop."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        byte = context.get_value_type(types.CPointer(types.uint8))  # type: ignore[no-untyped-call]  # as above
        target, source, count = arguments
        cgutils.raw_memcpy(builder, builder.inttoptr(target, byte), builder.inttoptr(source, byte), count, 1)  # type: ignore[no-untyped-call]  # as above
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


_int64_pointer = pointer_to(types.int64)
_int32_pointer = pointer_to(types.int32)
_uint32_pointer = pointer_to(types.uint32)
_float64_pointer = pointer_to(types.float64)
_uint8_pointer = pointer_to(types.uint8)


@cached(nogil=True)
def int32s(address, place):  # type: ignore[no-untyped-def]  # kernels' parts; numba gives the types
    """The int32 array at a place of the table at an address."""
    row = carray(_int64_pointer(address), (place + 1, TABLE_COLUMNS))[place]
    return carray(_int32_pointer(row[0]), (row[1],))


@cached(nogil=True)
def uint32s(address, place):  # type: ignore[no-untyped-def]
    """The uint32 array at a place, or an int32 array without negative numbers read as one."""
    row = carray(_int64_pointer(address), (place + 1, TABLE_COLUMNS))[place]
    return carray(_uint32_pointer(row[0]), (row[1],))


@cached(nogil=True)
def int64s(address, place):  # type: ignore[no-untyped-def]
    """The int64 array at a place."""
    row = carray(_int64_pointer(address), (place + 1, TABLE_COLUMNS))[place]
    return carray(_int64_pointer(row[0]), (row[1],))


@cached(nogil=True)
def float64s(address, place):  # type: ignore[no-untyped-def]
    """The float64 array at a place."""
    row = carray(_int64_pointer(address), (place + 1, TABLE_COLUMNS))[place]
    return carray(_float64_pointer(row[0]), (row[1],))


@cached(nogil=True)
def uint8s(address, place):  # type: ignore[no-untyped-def]
    """The uint8 array at a place, or a bool array read as one."""
    row = carray(_int64_pointer(address), (place + 1, TABLE_COLUMNS))[place]
    return carray(_uint8_pointer(row[0]), (row[1],))


@cached(nogil=True)
def int32_rows(address, place, width):  # type: ignore[no-untyped-def]
    """The int32 array at a place as rows of a width."""
    row = carray(_int64_pointer(address), (place + 1, TABLE_COLUMNS))[place]
    return carray(_int32_pointer(row[0]), (row[1] // width, width))


@cached(nogil=True)
def int64_rows(address, place, width):  # type: ignore[no-untyped-def]
    """The int64 array at a place as rows of a width."""
    row = carray(_int64_pointer(address), (place + 1, TABLE_COLUMNS))[place]
    return carray(_int64_pointer(row[0]), (row[1] // width, width))


@cached(nogil=True)
def float64_rows(address, place, width):  # type: ignore[no-untyped-def]
    """The float64 array at a place as rows of a width."""
    row = carray(_int64_pointer(address), (place + 1, TABLE_COLUMNS))[place]
    return carray(_float64_pointer(row[0]), (row[1] // width, width))
