"""Compiled functions, kept on disk under a fingerprint of all the code and constants that went into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from hashlib import blake2b
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numba import njit
from numba.core.caching import FunctionCache

if TYPE_CHECKING:
    from numba.core.decorators import _JITWrapper


def cached(**options: Any) -> _JITWrapper:
    """What `numba.njit(cache=True, **options)` is, but that it is compiled anew when anything that it calls changes.

    numba looks for changes only at the file of the function that it loads, so a caller would go on with an old version
    of what it calls from another file. A fingerprint takes 50 us, once a process.
    """

    def compiled(function: Any) -> Any:
        found = cast(Any, njit)(**options)(function)
        found._cache = cast(Any, _FingerprintCache)(function)  # what njit(cache=True) does, with a better key
        return found

    return cast(Any, compiled)  # type: ignore[no-any-return]  # typed as njit


class _FingerprintCache(FunctionCache):
    """Numba's cache, whose key also holds the code of all that the function calls."""

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return (*cast(Any, super())._index_key(sig, codegen), fingerprint(self._py_func))


def fingerprint(root: Callable[..., Any]) -> str:
    """A text that changes with the code of a function, of what it calls by name, with their constants and options."""
    digest, waiting, seen = blake2b(digest_size=16), [cast(Any, root)], set()
    while waiting:
        function = waiting.pop()
        digest.update(repr(sorted(getattr(function, "targetoptions", {}).items())).encode())
        function = _plain(function)
        if function not in seen:
            seen.add(function)
            own, called = _own(function)
            digest.update(own)
            waiting += called
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    """The Python function of a compiled one or of an intrinsic."""
    return getattr(value, "py_func", getattr(value, "_defn", value))


@cache
def _own(function: FunctionType) -> tuple[bytes, tuple[Any, ...]]:
    """The code and constants of one function, and what it calls."""
    told, called = [], []
    cells = [each.cell_contents for each in function.__closure__ or ()]
    for code in _with_inner(function.__code__):
        plain = [each for each in code.co_consts if not isinstance(each, CodeType) and each != function.__doc__]
        told.append(code.co_code + repr((code.co_names, code.co_varnames, plain)).encode())
        named = [function.__globals__[name] for name in code.co_names if name in function.__globals__]
        for value in [*named, *cells]:
            plain_value = _plain(value)
            if isinstance(plain_value, FunctionType) and _is_ours(plain_value, function):
                called.append(value)
            elif isinstance(value, np.ndarray | np.generic):
                told.append(value.tobytes())
            elif isinstance(value, int | float | str | bytes | tuple):
                told.append(repr(value).encode())
    return b"\n".join(told), tuple(called)


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _with_inner(each)


def _is_ours(called: FunctionType, caller: FunctionType) -> bool:
    """Whether it is no part of numba or numpy, which the version of the cache stands for."""
    return called.__module__.partition(".")[0] not in {"numba", "numpy", "llvmlite"} and called is not caller
