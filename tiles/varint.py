"""Protobuf numbers and MVT geometry commands written into byte buffers by compiled code."""

import numpy as np
from numpy.typing import NDArray

from tiles.compiled import kernel, leaf

# Commands of MVT 2.1 section 4.3.1: id in the low three bits, count above.
_MOVE_TO, _LINE_TO, _CLOSE_PATH = 1, 2, 7
_TWO_BYTES = (1 << 14) - 1
BYTES_A_VERTEX = 6  # at most: two zigzag varints of a difference below 2^20
BYTES_A_PATH = 12  # at most: MoveTo, LineTo with its count, ClosePath


@leaf
def put_uint(out: NDArray[np.uint8], at: int, value: int) -> int:
    """Writes a number >= 0 as a varint at out[at]; gives the position behind it."""
    while value > 127:
        out[at] = (value & 127) | 128
        value >>= 7
        at += 1
    out[at] = value
    return at + 1


@leaf
def put_id(out: NDArray[np.uint8], at: int, value: np.uint64) -> int:
    """The same for all 64 bits; apart because numba turns a mix of signed and unsigned into floats."""
    while value > np.uint64(127):
        out[at] = (value & np.uint64(127)) | np.uint64(128)
        value >>= np.uint64(7)
        at += 1
    out[at] = value
    return at + 1


@kernel
def id_size(value: np.uint64) -> int:
    """How many bytes `put_id` writes."""
    size = 1
    while value > np.uint64(127):
        value >>= np.uint64(7)
        size += 1
    return size


@kernel
def uint_size(value: int) -> int:
    """How many bytes `put_uint` writes."""
    size = 1
    while value > 127:
        value >>= 7
        size += 1
    return size


@leaf
def put_short(out: NDArray[np.uint8], at: int, value: int) -> int:
    """The same as `put_uint`, quicker where one or two bytes are as likely; it may touch one byte more."""
    if value > _TWO_BYTES:
        return put_uint(out, at, value)
    more = 1 if value > 127 else 0  # no branch: which of both it is cannot be foretold, and a wrong guess costs 5 ns
    out[at] = (value & 127) | (more << 7)
    out[at + 1] = value >> 7
    return at + 1 + more


@leaf
def put_delta(out: NDArray[np.uint8], at: int, value: int) -> int:
    """Writes a signed number as a zigzag varint, as `put_short`."""
    return put_short(out, at, (value << 1) ^ (value >> 63))


@kernel
def put_path(
    out: NDArray[np.uint8],
    at: int,
    xs: NDArray[np.int64],
    ys: NDArray[np.int64],
    begin: int,
    end: int,
    cursor: tuple[int, int],
    reverse: bool,
    close: bool,
) -> tuple[int, tuple[int, int]]:
    """Writes vertices begin..end as one line or ring; gives the position behind it and the new cursor."""
    step = -1 if reverse else 1
    index = end - 1 if reverse else begin
    cx, cy = cursor
    at = put_uint(out, at, 1 << 3 | _MOVE_TO)
    for number in range(end - begin):
        if number == 1:
            at = put_uint(out, at, (end - begin - 1) << 3 | _LINE_TO)
        at = put_delta(out, at, xs[index] - cx)
        at = put_delta(out, at, ys[index] - cy)
        cx, cy = xs[index], ys[index]
        index += step
    if close:
        at = put_uint(out, at, 1 << 3 | _CLOSE_PATH)
    return at, (cx, cy)


@kernel
def put_points(out: NDArray[np.uint8], at: int, xs: NDArray[np.int64], ys: NDArray[np.int64], count: int) -> int:
    """Writes the first `count` vertices as one MoveTo; gives the position behind it."""
    at = put_uint(out, at, count << 3 | _MOVE_TO)
    cx, cy = 0, 0
    for index in range(count):
        at = put_delta(out, at, xs[index] - cx)
        at = put_delta(out, at, ys[index] - cy)
        cx, cy = xs[index], ys[index]
    return at


@kernel
def put_bytes(out: NDArray[np.uint8], at: int, source: NDArray[np.uint8], begin: int, end: int) -> int:
    """Copies source[begin:end] to out[at]; gives the position behind it."""
    for index in range(begin, end):
        out[at] = source[index]
        at += 1
    return at


@leaf
def close_length(out: NDArray[np.uint8], mark: int, at: int) -> int:
    """Writes the length of what stands between the byte kept free at `mark` and `at`; gives the position behind it.

    What is longer than 127 bytes moves aside for the rest of its length, by up to 4 bytes.
    """
    size = at - mark - 1
    if size < 128:
        out[mark] = size
        return at
    more = uint_size(size) - 1
    for index in range(at - 1, mark, -1):
        out[index + more] = out[index]
    put_uint(out, mark, size)
    return at + more


@kernel
def with_room(out: NDArray[np.uint8], used: int, need: int) -> NDArray[np.uint8]:
    """The buffer itself if `need` more bytes fit behind `used`, else a copy of at least twice the size."""
    if used + need <= out.size:
        return out
    larger = np.empty(2 * (used + need), np.uint8)
    larger[:used] = out[:used]
    return larger
