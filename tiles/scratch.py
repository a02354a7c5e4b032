"""What a call works in: arrays that Python keeps from tile to tile, and that compiled code sees as bare memory.

Numba counts references to arrays that it owns at each hand-over between functions, with an atomic instruction: that
took three quarters of the time of a tile. What it sees through an address it does not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.cells import MAX_CELLS_A_TILE
from tiles.compiled import kernel
from tiles.index import LayerIndex
from tiles.table import bytes_at, ints_at, longs_at


class Desk(NamedTuple):
    """Scratch of one thread.

    body: of one layer's message. xs, ys: of the vertices of one feature. keys, values: the place of each key and value
    of a layer in the tile's own dictionary, -1 for none; used_keys, used_values: those that have one, in order.
    head, end: of the cells that a tile opens. wanted: (1,) how large body should have been.
    """

    body: NDArray[np.uint8]
    xs: NDArray[np.int64]
    ys: NDArray[np.int64]
    keys: NDArray[np.int32]
    values: NDArray[np.int32]
    used_keys: NDArray[np.int64]
    used_values: NDArray[np.int64]
    head: NDArray[np.int64]
    end: NDArray[np.int64]
    wanted: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Scratch:
    """A desk and the addresses that compiled code finds it by. It must live as long as these are used."""

    arrays: Desk
    desk: NDArray[np.int64]

    @classmethod
    def of(cls, layers: Sequence[LayerIndex], room: int) -> "Scratch":
        """As large as the layers can need, with `room` bytes for a message."""
        keys = max((len(one.columns.key_start) for one in layers), default=1)
        values = max((len(one.columns.value_start) for one in layers), default=1)
        vertices = max((one.most_vertices for one in layers), default=0)
        return cls.on(
            Desk(
                np.empty(room, np.uint8),
                np.empty(vertices, np.int64),
                np.empty(vertices, np.int64),
                np.full(keys, -1, np.int32),
                np.full(values, -1, np.int32),
                np.empty(keys, np.int64),
                np.empty(values, np.int64),
                np.empty(MAX_CELLS_A_TILE, np.int64),
                np.empty(MAX_CELLS_A_TILE, np.int64),
                np.zeros(1, np.int64),
            )
        )

    @classmethod
    def on(cls, arrays: Desk) -> "Scratch":
        """These arrays and their addresses."""
        pairs = [(array.__array_interface__["data"][0], len(array)) for array in arrays]
        return cls(arrays, np.array(pairs, np.int64).ravel())

    @property
    def wanted(self) -> int:
        """How large a message's place should have been, bytes; 0 if it was large enough."""
        return int(self.arrays.wanted[0])

    def with_body(self, room: int) -> "Scratch":
        """The same with `room` bytes for a message."""
        self.arrays.wanted[0] = 0
        return Scratch.on(self.arrays._replace(body=np.empty(room, np.uint8)))


@kernel
def desk_at(row: NDArray[np.int64]) -> Desk:
    """The desk of a scratch, seen in place."""
    return Desk(
        bytes_at(row[0], row[1]),
        longs_at(row[2], row[3]),
        longs_at(row[4], row[5]),
        ints_at(row[6], row[7]),
        ints_at(row[8], row[9]),
        longs_at(row[10], row[11]),
        longs_at(row[12], row[13]),
        longs_at(row[14], row[15]),
        longs_at(row[16], row[17]),
        longs_at(row[18], row[19]),
    )
