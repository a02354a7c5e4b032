"""How functions of this package are compiled: without the GIL, and cached under a fingerprint of all their sources."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

from kernels.caching import cached

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Wrappers that nobody calls are left out: a sixth of the time to compile. Numba's type hints do not know the options.
_njit = cast(Any, njit)
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def kernel(function: _Function) -> _Function:
    """The same function compiled on first use, to be called from other compiled functions only.

    Kernels keep no cache file of their own: numba looks only at the file of the function that it loads, so a
    cached kernel would go on using an old version of a kernel that it calls from another file.
    """
    return cast(_Function, _njit(**_OPTIONS, no_cpython_wrapper=True)(function))


def leaf(function: _Function) -> _Function:
    """The same as `kernel` for a few lines that hot loops call: put in where they are called, as 5 ns a call add up."""
    return cast(_Function, _njit(**_OPTIONS, no_cpython_wrapper=True, forceinline=True)(function))


def entry_point(function: _Function) -> _Function:
    """The same function compiled, to be called from Python; kept on disk until it or a kernel that it needs changes."""
    return cast(_Function, cached(**_OPTIONS)(function))
