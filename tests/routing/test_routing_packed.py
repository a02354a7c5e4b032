"""Arrays are found again by their address, as long as what holds them lives."""

import copy
import gc
import pickle
from dataclasses import dataclass

import numba
import numpy as np
import pytest

from routing.errors import RoutingError
from routing.packed import Layout, Packed, float64s, int32_rows, int32s, int64_rows, int64s, uint8s, uint32s


@dataclass(frozen=True, eq=False)
class Owner:
    one: np.ndarray
    other: np.ndarray


@numba.njit
def total(table: int, place: int) -> int:
    return int32s(table, place).sum()


@numba.njit
def lengths_and_lasts(table):  # type: ignore[no-untyped-def]
    a, b, c, d, e = int32s(table, 0), uint32s(table, 0), int64s(table, 1), float64s(table, 2), uint8s(table, 3)
    rows, wide = int32_rows(table, 0, 2), int64_rows(table, 1, 3)
    return (len(a), len(b), len(c), len(d), len(e), rows.shape, wide.shape), (a[-1], c[-1], d[-1], e[-1], rows[2, 1])


def test_a_kernel_sees_every_type_with_its_length() -> None:
    table = Packed(
        np.arange(6, dtype=np.int32), np.arange(2**40, 2**40 + 9), np.full((2, 2), 0.5), np.array([False, True])
    )
    lengths, lasts = lengths_and_lasts(table.address)
    assert lengths == (6, 6, 9, 4, 2, (3, 2), (3, 3))
    assert lasts == (5, 2**40 + 8, 0.5, 1, 5)


def test_an_objects_table_is_made_once_and_again_for_another_layout() -> None:
    owner = Owner(np.arange(4, dtype=np.int32), np.ones(3, np.int32))
    layout = Layout("one", "other")
    assert layout.pack(owner) is layout.pack(owner)
    assert [total(layout.pack(owner).address, place) for place in layout.places] == [6, 3]
    assert total(Layout("other", "one").pack(owner).address, 0) == 3


def test_a_table_keeps_its_arrays_alive() -> None:
    table = Packed(np.arange(100_000, dtype=np.int32) * 3)
    gc.collect()
    assert total(table.address, 0) == 3 * sum(range(100_000))


@pytest.mark.parametrize("again", [lambda owner: pickle.loads(pickle.dumps(owner)), copy.deepcopy])
def test_a_copy_of_the_owner_has_a_table_of_its_own_arrays(again) -> None:  # type: ignore[no-untyped-def]
    owner, layout = Owner(np.arange(4, dtype=np.int32), np.ones(3, np.int32)), Layout("one")
    layout.pack(owner)
    copied = again(owner)
    assert layout.pack(copied).address != layout.pack(owner).address
    copied.one[0] = 10
    assert (total(layout.pack(copied).address, 0), total(layout.pack(owner).address, 0)) == (16, 6)


def test_an_array_that_is_not_contiguous_is_refused() -> None:
    with pytest.raises(RoutingError, match="contiguous"):
        Packed(np.arange(9)[::2])
