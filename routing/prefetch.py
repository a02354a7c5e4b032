"""One instruction for kernels: have a line of memory on its way before it is needed.

What a question touches of a city lies far apart and is rarely in the processor's caches; several lines can be fetched
in the time of one. Source: LLVM language reference, llvm.prefetch.
"""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # comes without types
from numba.core import cgutils, types
from numba.extending import intrinsic

_READ, _KEEP, _DATA = 0, 3, 1


def _emit(_typing: Any, address: Any) -> tuple[Any, Any]:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        number, pointer = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        fetch: Any = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]  # numba has no types
            builder.module, kind, "llvm.prefetch.p0"
        )
        place = builder.inttoptr(arguments[0], pointer)
        builder.call(fetch, [place, *(ir.Constant(number, one) for one in (_READ, _KEEP, _DATA))])
        return context.get_dummy_value()

    return types.void(types.int64), generate


prefetch: Any = intrinsic(_emit)
"""In kernels: prefetch(address). No address is wrong, it is only a hint."""
