"""Vector tiles read back into features, for the backend that draws them itself. Source: MVT 2.1."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Properties: TypeAlias = dict[str, Any]
Parts: TypeAlias = "list[NDArray[np.int64]]"

POINT, LINE, POLYGON = 1, 2, 3


class Feature:
    """One feature: its properties and its geometry as coded numbers. kind: POINT, LINE or POLYGON."""

    __slots__ = ("_parts", "coded", "kind", "properties")

    def __init__(self, kind: int, properties: Properties, coded: NDArray[np.int64]) -> None:
        self.kind, self.properties, self.coded = kind, properties, coded
        self._parts: Parts | None = None

    def parts(self) -> Parts:
        """Its points, lines or rings, each (n, 2) in units of the tile, y downwards; rings are not closed.

        Kept: a street is drawn by up to six layers.
        """
        if self._parts is None:
            self._parts = self._decode()
        return self._parts

    def _decode(self) -> Parts:
        numbers = self.coded
        places: list[NDArray[np.int64]] = []
        starts: list[int] = []
        at, count, end = 0, 0, len(numbers)
        while at < end:
            number = int(numbers[at])
            command, times = number & 7, number >> 3
            at += 1
            if command == 7:
                continue
            if command == 1:
                starts += range(count, count + times) if self.kind == POINT else [count]
            places.append(numbers[at : at + 2 * times])
            at += 2 * times
            count += times
        if not places:
            return []
        coded = places[0] if len(places) == 1 else np.concatenate(places)
        xy = ((coded >> 1) ^ -(coded & 1)).reshape(-1, 2).cumsum(axis=0)
        if len(starts) == 1:
            return [xy]
        return [xy[start:end] for start, end in zip(starts, [*starts[1:], count], strict=True)]


@dataclass(frozen=True)
class Layer:
    """One layer of a tile. extent: units across the tile."""

    name: str
    extent: int
    features: list[Feature]


def read_tile(body: bytes, wanted: Callable[[str], bool]) -> dict[str, Layer]:
    """The layers of a tile whose names are wanted. Raises ValueError or IndexError for what is no vector tile."""
    layers = (_read_layer(value, wanted) for field, value in _fields(body) if field == 3)
    return {layer.name: layer for layer in layers if layer is not None}


def varints(coded: bytes) -> NDArray[np.int64]:
    """The numbers of a packed field."""
    octets = np.frombuffer(coded, np.uint8)
    is_last = octets < 128
    ends = np.flatnonzero(is_last)
    if not len(ends):
        return np.zeros(0, np.int64)
    if len(ends) == len(octets):
        return octets.astype(np.int64)
    octets = octets[: ends[-1] + 1]
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(len(octets)) - np.repeat(starts, ends - starts + 1)
    numbers: NDArray[np.int64] = np.add.reduceat((octets & 127).astype(np.int64) << (7 * place), starts)
    return numbers


def _read_layer(body: bytes, wanted: Callable[[str], bool]) -> Layer | None:
    fields = list(_fields(body))
    name = next((value.decode() for field, value in fields if field == 1), "")
    if not wanted(name):
        return None
    keys = [value.decode() for field, value in fields if field == 3]
    values = [_read_value(value) for field, value in fields if field == 4]
    extent = next((value for field, value in fields if field == 5), 4096)
    read = [_read_feature(value) for field, value in fields if field == 2]
    tags = _split_numbers([tags for _, tags, _ in read])
    coded = _split_numbers([geometry for _, _, geometry in read])
    features = [
        Feature(kind, _properties(pairs.tolist(), keys, values), numbers)
        for (kind, _, _), pairs, numbers in zip(read, tags, coded, strict=True)
    ]
    return Layer(name, extent, features)


def _split_numbers(packed: list[bytes]) -> list[NDArray[np.int64]]:
    """The numbers of many packed fields, decoded together: one by one they cost ten times as much."""
    whole = b"".join(packed)
    numbers = varints(whole)
    ends_before = np.concatenate([[0], (np.frombuffer(whole, np.uint8) < 128).cumsum()])
    bounds = ends_before[np.concatenate([[0], np.cumsum([len(each) for each in packed])]).astype(np.int64)]
    return [numbers[start:end] for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]


def _properties(pairs: list[int], keys: list[str], values: list[Any]) -> Properties:
    return {keys[key]: values[value] for key, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _read_feature(body: bytes) -> tuple[int, bytes, bytes]:
    """Kind, packed tags, packed geometry."""
    kind, tags, coded = 0, b"", b""
    for field, value in _fields(body):
        if field == 2:
            tags = value
        elif field == 3:
            kind = value
        elif field == 4:
            coded = value
    return kind, tags, coded


def _read_value(body: bytes) -> Any:
    for field, value in _fields(body):
        if field == 1:
            return value.decode()
        if field in (2, 3):
            return struct.unpack("<f" if field == 2 else "<d", value)[0]
        if field == 6:
            return (value >> 1) ^ -(value & 1)
        return bool(value) if field == 7 else value
    return None


def _fields(body: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field of a protobuf message: int for varints, bytes for the rest."""
    at, end = 0, len(body)
    while at < end:
        tag, at = _varint(body, at)
        wire = tag & 7
        if wire == 0:
            value, at = _varint(body, at)
            yield tag >> 3, value
            continue
        if wire == 2:
            size, at = _varint(body, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire} is none of a vector tile")
        if at + size > end:
            raise ValueError("the tile ends within a field")
        yield tag >> 3, body[at : at + size]
        at += size


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        octet = body[at]
        at += 1
        value |= (octet & 127) << shift
        if octet < 128:
            return value, at
        shift += 7
