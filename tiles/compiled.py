"""How functions of this package are compiled: without the GIL, and cached under a fingerprint of all their sources."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.caching import FunctionCache

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
    compiled = _njit(**_OPTIONS)(function)
    compiled._cache = cast(Any, _FingerprintCache)(function)  # what njit(cache=True) does, with a better key
    return cast(_Function, compiled)


class _FingerprintCache(FunctionCache):
    """Numba's cache, whose key also holds the code of all kernels that the function calls."""

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return (*cast(Any, super())._index_key(sig, codegen), fingerprint(self._py_func))


def fingerprint(root: Callable[..., Any]) -> str:
    """A text that changes with the code of a function, of the kernels it calls by name, their constants or options."""
    digest = blake2b(digest_size=16)
    waiting, seen = [cast(Any, root)], set()
    while waiting:
        function = waiting.pop()
        options = getattr(function, "targetoptions", {})
        function = getattr(function, "py_func", function)  # what was compiled, if it was
        if function in seen:
            continue
        seen.add(function)
        digest.update(repr(sorted(options.items())).encode())
        code = function.__code__
        digest.update(code.co_code + repr((code.co_names, code.co_consts, code.co_varnames)).encode())
        for name in code.co_names:
            value = function.__globals__.get(name)
            if isinstance(value, int | float):
                digest.update(f"{name}={value!r}".encode())
            elif hasattr(value, "py_func"):
                waiting.append(value)
    return digest.hexdigest()
