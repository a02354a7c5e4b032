"""What is compiled anew when code or constants change."""

import importlib
import selectors
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kernels.caching import _turn, cached, fingerprint

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


OTHER_PROCESS = """
import sys
sys.path[:0] = sys.argv[1:]
import numba
from caller import outer
numba.njit(lambda value: value + 1)(1)  # the first one takes a second to begin with
print("asks", flush=True)
print(outer(1), sum(outer.stats.cache_hits.values()), flush=True)
"""


@cached()
def inner(value: int) -> int:
    return value + SIZE


@cached()
def chosen(value: int, is_more: bool) -> int:
    return value + 1 if is_more else value


@cached()
def many() -> int:
    return chosen(1, True) + chosen(2, True) + chosen(3, is_more=False)


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


def test_numbers_that_a_caller_writes_out_make_no_versions():
    many._cache.disable()  # or it is loaded, and asks for no version of what it calls
    assert many() == 8
    assert len(chosen.signatures) == 1


def test_what_one_process_compiles_another_waits_for(load, tmp_path):
    here = load()
    root = Path(__file__).parents[2]
    with _turn(here._cache.cache_path, here._cache._impl.filename_base):
        command = [sys.executable, "-c", OTHER_PROCESS, str(tmp_path), str(root)]
        other = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert other.stdout.readline() == "asks\n"
        with selectors.DefaultSelector() as waiting:  # select() knows the first 1,024 files only
            waiting.register(other.stdout, selectors.EVENT_READ)
            assert not waiting.select(1.0), "it did not wait"
        assert here(1) == 3
    said, _ = other.communicate(timeout=60)
    assert said == "3 1\n", "it compiled what was compiled here"


def test_a_folder_that_cannot_be_locked_does_not_stop_anybody(tmp_path):
    with _turn(str(tmp_path / "absent"), "name"), _turn(str(tmp_path / "absent"), "other"):
        pass
