"""What is compiled anew when code or constants change."""

import importlib
import sys
from typing import Any

import pytest

from kernels.caching import cached, fingerprint

SIZE = 3

CALLEE = """
from kernels.caching import cached

STEP = {step}

@cached()
def inner(value):
    return {inner}
"""
CALLER = """
from kernels.caching import cached
from callee import inner

@cached()
def outer(value):
    return inner(value) + 1
"""


@cached()
def inner(value: int) -> int:
    return value + SIZE


@cached()
def outer(value: int) -> int:
    return inner(value) + 1


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Gives the caller of a callee that is written anew, as a new process would import it."""
    (tmp_path / "caller.py").write_text(CALLER)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write_and_load(inner: str = "value + STEP", step: int = 1) -> Any:
        (tmp_path / "callee.py").write_text(CALLEE.format(inner=inner, step=step))
        for name in ("caller", "callee"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        return importlib.import_module("caller").outer

    yield write_and_load
    for name in ("caller", "callee"):
        sys.modules.pop(name, None)


def is_from_disk(function: Any) -> bool:
    return sum(function.stats.cache_hits.values()) == 1


def test_the_fingerprint_is_the_same_each_time():
    assert fingerprint(outer) == fingerprint(outer)


def test_what_did_not_change_comes_from_the_disk(load):
    first, again = load(), load()
    assert (first(1), again(1)) == (3, 3)
    assert (is_from_disk(first), is_from_disk(again)) == (False, True)


@pytest.mark.parametrize("change", [{"inner": "value - STEP"}, {"step": 5}])
def test_a_change_in_another_file_is_seen_by_its_callers(load, change):
    assert load()(1) == 3
    changed = load(**change)
    assert changed(1) == {"inner": 1, "step": 7}[next(iter(change))]
    assert not is_from_disk(changed)
