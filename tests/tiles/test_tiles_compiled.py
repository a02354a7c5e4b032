from typing import Any

from tiles.compiled import fingerprint, kernel

SIZE = 3


@kernel
def inner(value: int) -> int:
    return value + SIZE


@kernel
def outer(value: int) -> int:
    return inner(value) + 1


MODULE = """
@kernel
def inner(value):
    {source}

@kernel
def outer(value):
    return inner(value)
"""


def changed(source: str) -> str:
    """The fingerprint of an `outer` whose `inner` has the given body."""
    place: dict[str, Any] = {"kernel": kernel, "SIZE": SIZE}
    exec(MODULE.format(source=source), place)
    return fingerprint(place["outer"])


def test_the_fingerprint_is_the_same_each_time() -> None:
    assert fingerprint(outer) == fingerprint(outer)


def test_the_fingerprint_changes_with_a_kernel_that_is_called() -> None:
    assert changed("return value + SIZE") == changed("return value + SIZE")
    assert changed("return value + SIZE") != changed("return value - SIZE")
    assert changed("return value + 1") != changed("return value + 2")
