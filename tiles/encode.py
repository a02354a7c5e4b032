"""Tiles of any layers as Mapbox Vector Tile 2.1 bytes, made in one compiled pass over the layers' arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.attributes import put_varint
from tiles.cells import open_cells
from tiles.compiled import entry_point
from tiles.index import LayerIndex
from tiles.layer_message import put_rows
from tiles.mercator import EXTENT, check_tile
from tiles.scratch import Scratch, desk_at
from tiles.table import TABLE_WIDTH, columns_at, first_zoom_at, kind_at
from tiles.varint import put_bytes, put_uint

# Tags of the MVT 2.1 schema (vector_tile.proto): field number << 3 | wire type.
_TILE_LAYER = 0x1A
_LAYER_VERSION_2 = b"\x78\x02"
_LAYER_NAME = b"\x0a"
_LAYER_EXTENT = b"\x28"
_LAYER_FIXED_BYTES = 12  # at most: a layer's tag and length
_TAIL = np.frombuffer(_LAYER_EXTENT + put_varint(EXTENT), np.uint8)
_FIRST_ROOM = 1 << 18  # bytes of a tile; more is made when one needs it
_MOST_KEPT = 1 << 25  # bytes of room that a thread keeps for the next tiles
_MOST_STACKS = 16  # kept with a layer: a few, as who changes layers all the time makes a new one each time


class Arena(NamedTuple):
    """n tiles in a row. body: their bytes. start: (n + 1,) int64 where each begins; empty ones take none."""

    body: NDArray[np.uint8]
    start: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LayerStack:
    """Layers made ready to be drawn together, in their order; make it with `stack_layers` and keep it."""

    layers: tuple[LayerIndex, ...]
    table: NDArray[np.int64]
    heads: NDArray[np.uint8]  # version and name of each layer message
    head_start: NDArray[np.int64]
    idle: list[Scratch] = field(default_factory=list, repr=False)  # one for each thread at work so far
    idle_room: list[NDArray[np.uint8]] = field(default_factory=list, repr=False)  # where their tiles are written


def stack_layers(layers: Sequence[LayerIndex]) -> LayerStack:
    """The layers ready to be drawn by one compiled call. Keep it: the first tile makes some scratch for each thread."""
    names = [layer.name.encode() for layer in layers]
    heads = [_LAYER_VERSION_2 + _LAYER_NAME + put_varint(len(name)) + name for name in names]
    table = np.array([layer.table_row for layer in layers], np.int64).reshape(len(layers), TABLE_WIDTH)
    start = np.concatenate([[0], np.cumsum([len(head) for head in heads])]).astype(np.int64)
    return LayerStack(tuple(layers), table, np.frombuffer(b"".join(heads), np.uint8), start)


def encode_tile(layers: LayerStack | Sequence[LayerIndex], z: int, x: int, y: int) -> bytes:
    """The MVT 2.1 tile (z, x, y) of the given layers in their order; b"" if nothing of them is in it.

    Extent 4096, buffer 64. The same layers give the same bytes on every machine. Threads may share the layers;
    the compiled part holds no GIL. Polygons are valid, shells with positive area. A line or area smaller than one
    unit of the tile may vanish. Raises BadTile.
    """
    check_tile(z, x, y)
    stack = layers if isinstance(layers, LayerStack) else _stack_of(layers)
    out = _borrow_room(stack)
    arena, out = _encode_some(stack, np.array([[z, x, y]], np.int64), out)
    data = arena.body.tobytes()
    stack.idle_room.append(out)
    return data


def encode_tiles(layers: LayerStack | Sequence[LayerIndex], tiles: NDArray[np.int64]) -> Arena:
    """Many tiles at once: the same bytes as `encode_tile` gives of each, without Python between them.

    tiles: (n, 3) int64 z, x, y, each a tile of the XYZ scheme (not checked). All of it lies in memory, twice: some
    hundred tiles at a time are as quick as all, as each call takes 10 us.
    """
    stack = layers if isinstance(layers, LayerStack) else _stack_of(layers)
    arena, out = _encode_some(stack, tiles, _borrow_room(stack))
    while len(arena.start) <= len(tiles):
        larger = np.empty(2 * len(out), np.uint8)
        larger[: len(arena.body)] = arena.body
        arena, out = _encode_some(stack, tiles, larger, arena.start)
    whole = Arena(arena.body.copy(), arena.start)
    if len(out) <= _MOST_KEPT:
        stack.idle_room.append(out)  # fresh memory costs as much as the tiles in it
    return whole


def _encode_some(
    stack: LayerStack, tiles: NDArray[np.int64], out: NDArray[np.uint8], start: NDArray[np.int64] | None = None
) -> tuple[Arena, NDArray[np.uint8]]:
    """As many of the tiles as there is room for in out, one at least: an arena that lies in out, and out.

    out comes back larger if the first tile needs it. start: of tiles that are in out already, from the same stack.
    """
    begun = 0 if start is None else len(start) - 1
    all_starts = np.zeros(len(tiles) + 1, np.int64)
    all_starts[: begun + 1] = 0 if start is None else start
    scratch = _borrow(stack)
    while True:
        done = _encode(stack.table, stack.heads, stack.head_start, _TAIL, scratch.desk, tiles, begun, out, all_starts)
        if done < len(tiles) and scratch.wanted:
            scratch, begun = scratch.with_body(2 * scratch.wanted), done
        elif done == 0 and len(tiles):
            out = np.empty(2 * len(out), np.uint8)
        else:
            break
    stack.idle.append(scratch)
    return Arena(out[: all_starts[done]], all_starts[: done + 1]), out


def _stack_of(layers: Sequence[LayerIndex]) -> LayerStack:
    """The stack of these layers, kept with the first one: a server asks for the same ones again and again."""
    if not layers:
        return stack_layers(layers)
    kept, key = layers[0].stacks, tuple(map(id, layers))
    stack = kept.get(key)
    if stack is None:
        if len(kept) >= _MOST_STACKS:
            kept.clear()
        kept[key] = stack = stack_layers(layers)
    return stack


def _borrow_room(stack: LayerStack) -> NDArray[np.uint8]:
    try:
        return stack.idle_room.pop()
    except IndexError:
        return np.empty(_FIRST_ROOM, np.uint8)


def _borrow(stack: LayerStack) -> Scratch:
    try:
        return stack.idle.pop()  # atomic, so no two threads ever hold the same one
    except IndexError:
        return Scratch.of(stack.layers, _FIRST_ROOM)


@entry_point
def _encode(
    table: NDArray[np.int64],
    heads: NDArray[np.uint8],
    head_start: NDArray[np.int64],
    tail: NDArray[np.uint8],
    desk_row: NDArray[np.int64],
    tiles: NDArray[np.int64],
    done: int,
    out: NDArray[np.uint8],
    start: NDArray[np.int64],
) -> int:
    """Writes the tiles from number `done` on to out[start[done]:]; gives the number of the first one that had no room.

    desk.wanted[0] then says how many bytes a layer's message would have needed, 0 if it is out that was too small.
    All slots are -1 again after.
    """
    desk = desk_at(desk_row)
    for tile in range(done, len(tiles)):
        z, x, y = tiles[tile, 0], tiles[tile, 1], tiles[tile, 2]
        at = start[tile]
        for layer in range(len(table)):
            if first_zoom_at(table, layer) > z:
                continue
            columns = columns_at(table, layer)
            cells = open_cells(columns.cell_keys, columns.cell_start, z, x, y, desk.head, desk.end)
            if cells == 0:
                continue
            size = put_rows(columns, kind_at(table, layer), desk, z, x, y, cells)
            if size == 0:
                continue
            begin, stop = head_start[layer], head_start[layer + 1]
            length = stop - begin + size + tail.size
            desk.wanted[0] = max(-size, 0)
            if size < 0 or at + length + _LAYER_FIXED_BYTES > out.size:
                return tile
            out[at] = _TILE_LAYER
            at = put_uint(out, at + 1, length)
            at = put_bytes(out, at, heads, begin, stop)
            out[at : at + size] = desk.body[:size]
            at = put_bytes(out, at + size, tail, 0, tail.size)
        start[tile + 1] = at
    return len(tiles)
