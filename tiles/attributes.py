"""Attribute columns as ready protobuf: every distinct key and value encoded once, every feature a list of numbers."""

import math
import struct
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.errors import BadFeatures
from tiles.features import CodedColumn, Column

# Tags of the MVT 2.1 schema (vector_tile.proto): field number << 3 | wire type.
_LAYER_KEYS = 0x1A
_LAYER_VALUES = 0x22
_VALUE_STRING, _VALUE_FLOAT, _VALUE_DOUBLE, _VALUE_UINT, _VALUE_SINT, _VALUE_BOOL = 0x0A, 0x15, 0x19, 0x28, 0x30, 0x38


class EncodedAttributes(NamedTuple):
    """The attributes of n features; keys and values are arenas of bytes with offsets."""

    tag_start: NDArray[np.int64]  # (n + 1,) where each feature's tags begin
    tags: NDArray[np.int32]  # (t, 2) key and value number
    key_start: NDArray[np.int64]
    key_bytes: NDArray[np.uint8]  # Layer.keys fields, tag and length included
    value_start: NDArray[np.int64]
    value_bytes: NDArray[np.uint8]  # Layer.values fields, tag and length included


def encode_attributes(attributes: Mapping[str, Column], rows: NDArray[np.int64]) -> EncodedAttributes:
    """The attributes of the chosen rows in their order. Raises BadFeatures for a value no tile can carry."""
    numbers: dict[bytes, int] = {}
    codes = np.full((len(attributes), len(rows)), -1, dtype=np.int32)
    for at, (name, column) in enumerate(attributes.items()):
        codes[at] = _number_column(name, column, numbers)[rows]
    present = codes.T >= 0
    key_start, key_bytes = _arena(_field(_LAYER_KEYS, name.encode()) for name in attributes)
    value_start, value_bytes = _arena(_field(_LAYER_VALUES, value) for value in numbers)
    return EncodedAttributes(
        tag_start=np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int64),
        tags=np.column_stack([np.nonzero(present)[1], codes.T[present]]).astype(np.int32),
        key_start=key_start,
        key_bytes=key_bytes,
        value_start=value_start,
        value_bytes=value_bytes,
    )


def put_varint(value: int) -> bytes:
    """A protobuf varint of a number >= 0."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number_column(name: str, column: Column, numbers: dict[bytes, int]) -> NDArray[np.int32]:
    """The number of each value among all distinct encoded values, -1 for None and NaN; new ones join `numbers`."""
    if isinstance(column, CodedColumn):
        number_of = np.full(len(column.values) + 1, -1, np.int32)  # the last one answers for code -1
        used = np.zeros(len(number_of), bool)
        used[column.codes] = True
        present = np.flatnonzero(used[:-1])
        number_of[present] = _number_column(name, [column.values[code] for code in present.tolist()], numbers)
        return number_of[column.codes]
    values = column.tolist() if isinstance(column, np.ndarray) else column
    seen: dict[tuple[type, object], int] = {}  # the type is part of the key because True == 1 == 1.0
    codes = np.empty(len(values), dtype=np.int32)
    for at, value in enumerate(values):
        key = (type(value), value)
        code = seen.get(key)
        if code is None:
            encoded = _encode_value(name, value)
            code = -1 if encoded is None else numbers.setdefault(encoded, len(numbers))
            seen[key] = code
        codes[at] = code
    return codes


def _encode_value(name: str, value: object) -> bytes | None:
    """The Value message of MVT 2.1 section 4.1, smallest exact form; None if there is nothing to write."""
    match value:
        case None:
            return None
        case str():
            return _field(_VALUE_STRING, value.encode())
        case bool() | np.bool_():
            return bytes([_VALUE_BOOL, bool(value)])
        case int() | np.integer() if -(2**63) <= value < 0:
            return bytes([_VALUE_SINT]) + put_varint(-2 * int(value) - 1)  # zigzag
        case int() | np.integer() if 0 <= value < 2**64:
            return bytes([_VALUE_UINT]) + put_varint(int(value))
        case float() | np.floating():
            return _encode_float(float(value))
        case _:
            raise BadFeatures(f"attribute {name!r} holds {value!r}; use str, bool, float, an int of 64 bits or None")


def _encode_float(value: float) -> bytes | None:
    if math.isnan(value):
        return None
    if abs(value) < 3e38 and struct.unpack("<f", struct.pack("<f", value))[0] == value:
        return bytes([_VALUE_FLOAT]) + struct.pack("<f", value)
    return bytes([_VALUE_DOUBLE]) + struct.pack("<d", value)


def _field(tag: int, payload: bytes) -> bytes:
    return bytes([tag]) + put_varint(len(payload)) + payload


def _arena(items: Iterable[bytes]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    pieces = list(items)
    start = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    return start, np.frombuffer(b"".join(pieces), dtype=np.uint8)
