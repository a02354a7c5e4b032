"""Tiles with an attribute whose value is one byte at a known place, so that a change needs no encoding."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.attributes import encode_attributes
from tiles.errors import BadFeatures
from tiles.features import Value
from tiles.join import join_layers, seed_message, split_layers

MOST_VALUES = 128
"""Numbers that a varint writes in one byte."""

_AXIS_BITS = 24


class PatchableTile(NamedTuple):
    """A tile whose live layers have all values of their table, the first one everywhere.

    layers: names of the live layers in it, in their order. Of all n features of these, in the order of the tile:
    layer: (n,) int64 which of the layers. ids: (n,) uint64. places: (n,) int64 where in body its value's number is.
    """

    body: bytes
    layers: tuple[str, ...]
    layer: NDArray[np.int64]
    ids: NDArray[np.uint64]
    places: NDArray[np.int64]


class PatchableTiles(NamedTuple):
    """All tiles of a set (t of them) with the places of n rows' values, p places; arrays to be saved and mapped."""

    body: NDArray[np.uint8]
    tile_start: NDArray[np.int64]  # (t + 1,) into body
    keys: NDArray[np.int64]  # (t,) ascending, see tile_key
    digests: NDArray[np.uint64]  # (t,) of each tile as it is here: names its bytes and the order of its features
    place_start: NDArray[np.int64]  # (t + 1,) into places
    places: NDArray[np.uint32]  # (p,) into body; tile by tile, in the order of the features
    place_rows: NDArray[np.int32]  # (p,)
    row_start: NDArray[np.int64]  # (n + 1,) into row_tiles
    row_tiles: NDArray[np.int32]  # (p,) the tiles that each row is in


def tile_key(z: int, x: int, y: int) -> int:
    """One number for a tile; of one zoom they ascend by column, then row."""
    return z << 2 * _AXIS_BITS | x << _AXIS_BITS | y


def seed_of(attribute: str, values: Sequence[Value]) -> bytes:
    """What puts an attribute with a table of values in front of a layer, for `with_live`.

    Raises BadFeatures unless there are 1 to 128 different values.
    """
    encoded = encode_attributes({attribute: list(values)}, np.arange(len(values)))
    if not 0 < len(values) == len(encoded.value_start) - 1 <= MOST_VALUES:
        raise BadFeatures(
            f"attribute {attribute!r} has {len(values)} values; a live one has 1 to {MOST_VALUES}, no two alike"
        )
    return seed_message(encoded.key_bytes.tobytes(), encoded.value_bytes.tobytes())


def with_live(tile: bytes, seeds: Mapping[str, bytes]) -> PatchableTile:
    """The tile with the live attributes of its layers added. seeds: layer -> `seed_of`; other layers stay."""
    parts: list[bytes] = []
    names: list[str] = []
    owners, ids, places = [], [], []
    size = 0
    for name, message in split_layers(tile):
        if name in seeds:
            joined = join_layers(name, message, seed=seeds[name], by_id=False)
            owners.append(np.full(len(joined.ids), len(names), np.int64))
            ids.append(joined.ids)
            places.append(joined.places + size)
            names.append(name)
            message = joined.body
        parts.append(message)
        size += len(message)
    none = np.empty(0, np.int64)
    return PatchableTile(
        b"".join(parts),
        tuple(names),
        np.concatenate([none, *owners]),
        np.concatenate([none.astype(np.uint64), *ids]),
        np.concatenate([none, *places]),
    )


def digest_of(body: bytes) -> int:
    """64 bits that name a tile's bytes. Source: BLAKE2b."""
    return int.from_bytes(blake2b(body, digest_size=8).digest(), "big")


def gather_tiles(
    tiles: Iterable[tuple[int, int, int]],
    make: Callable[[int, int, int], PatchableTile],
    rows_of: Callable[[PatchableTile], NDArray[np.int32]],
    rows: int,
) -> PatchableTiles:
    """All of the tiles that are not empty, ready to be patched.

    tiles: ascending by `tile_key`. rows_of: the row of each feature of a tile. rows: how many there are.
    Takes 0.1 ms a tile beside `make`. Raises BadFeatures if they are larger than 4 GB.
    """
    bodies, keys, digests, places, place_rows = [], [], [], [], []
    size = 0
    for z, x, y in tiles:
        tile = make(z, x, y)
        if not tile.body:
            continue
        bodies.append(tile.body)
        keys.append(tile_key(z, x, y))
        digests.append(digest_of(tile.body))
        places.append(tile.places + size)
        place_rows.append(rows_of(tile))
        size += len(tile.body)
        if size >= 1 << 32:
            raise BadFeatures("the tiles of this set take more than 4 GB; draw its layers from a later zoom on")
    tile_start, place_start = _starts([len(body) for body in bodies]), _starts([len(one) for one in places])
    row = np.concatenate([np.empty(0, np.int32), *place_rows]).astype(np.int32)
    order = np.argsort(row, kind="stable")
    tile_of = np.repeat(np.arange(len(bodies), dtype=np.int32), np.diff(place_start))
    return PatchableTiles(
        body=np.frombuffer(b"".join(bodies), np.uint8),
        tile_start=tile_start,
        keys=np.array(keys, np.int64),
        digests=np.array(digests, np.uint64),
        place_start=place_start,
        places=np.concatenate([np.empty(0, np.int64), *places]).astype(np.uint32),
        place_rows=row,
        row_start=np.searchsorted(row[order], np.arange(rows + 1)).astype(np.int64),
        row_tiles=tile_of[order],
    )


def _starts(sizes: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
