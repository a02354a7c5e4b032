"""Compiled functions, kept on disk under a fingerprint of all the code and constants that went into them."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import blake2b
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from zlib import crc32

import numpy as np
from numba import njit, types
from numba.core.caching import FunctionCache
from numba.core.compiler_lock import global_compiler_lock

if TYPE_CHECKING:
    from numba.core.decorators import _JITWrapper


def cached(**options: Any) -> _JITWrapper:
    """What `numba.njit(cache=True, **options)` is, but that it is compiled anew when anything that it calls changes.

    numba looks for changes only at the file of the function that it loads, so a caller would go on with an old version
    of what it calls from another file. A fingerprint takes 50 us, once a process.

    Compiled once and not again: of several processes that want a function, one compiles it and the others wait for its
    file; a whole number or truth value that a caller writes out makes no version of its own (numba makes one a value:
    67 of the kernel that writes a text); nor is there a second entry for C, which nobody calls. Together a third.
    """

    def compiled(function: Any) -> Any:
        found = cast(Any, njit)(**options)(function)
        found._compiler.targetoptions = {"no_cfunc_wrapper": True, **found.targetoptions}
        found._cache = kept = cast(Any, _FingerprintCache)(function)  # what njit(cache=True) does, with a better key
        compile_now, find_version = found.compile, found.get_call_template

        def compile_once(signature: Any) -> Any:
            with global_compiler_lock, kept.one_process():
                return compile_now(signature)

        def find_common_version(arguments: Any, named: Any) -> Any:
            return find_version(tuple(map(_common, arguments)), {name: _common(type_) for name, type_ in named.items()})

        found.compile, found.get_call_template = compile_once, find_common_version
        return found

    return cast(Any, compiled)  # type: ignore[no-any-return]  # typed as njit


def _common(argument: Any) -> Any:
    """The type of a number that the caller wrote out: any such number."""
    is_number = isinstance(argument, types.IntegerLiteral | types.BooleanLiteral)
    return cast(Any, types).unliteral(argument) if is_number else argument


class _FingerprintCache(FunctionCache):
    """Numba's cache, whose key also holds the code of all that the function calls."""

    _users = 0
    """Calls of `compile` that run, one within another where a function calls itself."""
    _turn: contextlib.ExitStack | None = None

    @contextlib.contextmanager
    def one_process(self) -> Iterator[None]:
        """What is not in the cache when it is looked for here is compiled by no other process before this ends."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if self._turn is not None and not self._users:
                self._turn.close()
                self._turn = None

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        found = cast(Any, super()).load_overload(sig, target_context)
        if found is not None or self._turn is not None or not self._users:
            return found
        kept: Any = self
        with contextlib.suppress(OSError):
            kept._impl.locator.ensure_cache_path()
        self._turn = contextlib.ExitStack()
        self._turn.enter_context(_turn(kept._cache_path, kept._impl.filename_base))
        return cast(Any, super()).load_overload(sig, target_context)

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return (*cast(Any, super())._index_key(sig, codegen), fingerprint(self._py_func))


@contextlib.contextmanager
def _turn(folder: str, name: str) -> Iterator[None]:
    """Waits until no other process compiles a function of this name.

    Callers wait for what they call and not the other way; what could never end, the system refuses. Where nothing can
    be locked, nobody waits: then two may do the same work, and the last one's file stays.
    """
    byte = crc32(name.encode())
    file = None
    with contextlib.suppress(OSError):
        file = _lock_file(folder)
        fcntl.lockf(file, fcntl.LOCK_EX, 1, byte)
    try:
        yield
    finally:
        if file is not None:
            with contextlib.suppress(OSError):
                fcntl.lockf(file, fcntl.LOCK_UN, 1, byte)


@cache
def _lock_file(folder: str) -> BinaryIO:
    """Open as long as the process is: whoever closes a file gives back all locks that the process has on it."""
    file = open(f"{folder}/compiling.lock", "ab")  # noqa: SIM115  # as said
    atexit.register(file.close)
    return file


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
