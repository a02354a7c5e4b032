"""Sorting and searching for compiled code: one small merge sort, as numpy's sorts take seconds each to compile."""

import numpy as np
from numpy.typing import NDArray

from tiles.compiled import kernel

_RUN = 16  # sorted by insertion before merging begins


@kernel
def order_of(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """The positions of the keys in ascending order of the keys; equal keys stay in their order."""
    count = keys.size
    order, spare = np.empty(count, np.int64), np.empty(count, np.int64)
    for at in range(count):
        place = at
        while place % _RUN and keys[order[place - 1]] > keys[at]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = at
    width = _RUN
    while width < count:
        for begin in range(0, count, 2 * width):
            left, middle = begin, min(begin + width, count)
            right, end = middle, min(begin + 2 * width, count)
            for at in range(begin, end):
                if left < middle and (right == end or keys[order[left]] <= keys[order[right]]):
                    spare[at] = order[left]
                    left += 1
                else:
                    spare[at] = order[right]
                    right += 1
        order, spare = spare, order
        width *= 2
    return order


@kernel
def sort(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """The keys in ascending order, as a new array."""
    order = order_of(keys)
    for at in range(order.size):
        order[at] = keys[order[at]]
    return order


@kernel
def find(keys: NDArray[np.int64], key: int) -> int:
    """The position of a key among ascending keys, -1 if it is not there."""
    low, high = 0, keys.size
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low if low < keys.size and keys[low] == key else -1


@kernel
def longer(values: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """The array itself if it has `size` places, else a copy with at least twice as many."""
    if size <= values.size:
        return values
    larger = np.empty(2 * size, np.int64)
    for at in range(values.size):
        larger[at] = values[at]
    return larger
