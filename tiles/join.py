"""Encoded layers joined into one: features left out, put in order of their ids, a table of values put in front."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.attributes import put_varint
from tiles.compiled import entry_point, kernel
from tiles.mercator import EXTENT
from tiles.ordering import longer, order_of
from tiles.varint import id_size, put_bytes, put_id, put_uint, uint_size, with_room

# Tags of the MVT 2.1 schema (vector_tile.proto): field number << 3 | wire type.
_TILE_LAYER, _LAYER_NAME, _LAYER_FEATURE, _LAYER_KEY, _LAYER_VALUE = 0x1A, 0x0A, 0x12, 0x1A, 0x22
_FEATURE_ID, _FEATURE_TAGS, _FEATURE_TYPE, _FEATURE_GEOMETRY = 0x08, 0x12, 0x18, 0x22
_VERSION_2, _EXTENT = b"\x78\x02", b"\x28"
_FEATURE_FIXED_BYTES = 48  # at most: all tags and lengths of a feature, its id, its type and the seeded tag
_FNV_BASIS, _FNV_PRIME = 0x4BF29CE484222325, 0x100000001B3  # Fowler, Noll, Vo: FNV-1a, 64 bits, the basis made positive
_HASH_MASK = (1 << 63) - 1
_FIRST_BIT = np.uint64(1 << 63)


class Joined(NamedTuple):
    """One layer message and what is in it, n features in the order of the tile.

    body: bytes of a tile with this layer alone; b"" without features.
    ids: (n,) uint64. places: (n,) int64 where in body the number of each feature's seeded value stands; -1 without.
    is_whole: False if features were left out because the tile was full.
    """

    body: bytes
    ids: NDArray[np.uint64]
    places: NDArray[np.int64]
    is_whole: bool


def seed_message(key: bytes, values: bytes) -> bytes:
    """A layer without features whose one key and values join a layer first; both are ready Layer fields.

    Every feature of the joined layer gets the key with the first of the values, in front of its other tags.
    """
    return bytes([_TILE_LAYER]) + put_varint(len(key) + len(values)) + key + values


def join_layers(
    name: str,
    older: bytes,
    newer: bytes = b"",
    gone: NDArray[np.uint64] | None = None,
    seed: bytes = b"",
    by_id: bool = True,
    most_bytes: int = 1 << 26,
) -> Joined:
    """One layer with the features of all layers of two tiles, whatever the layers' names; keys and values once each.

    gone: ascending ids that are left out of `older`. seed: a message of `seed_message`. by_id: features by rising id,
    else as they come. most_bytes: features that would make the layer larger are left out, the last ones first.
    The same features give the same bytes, however they were shared out among the layers, if by_id.
    The tiles must be whole ones that this package encoded. Takes 0.1 ms for 1,000 features.
    """
    data = np.frombuffer(seed + older + newer, np.uint8)
    dead = np.empty(0, np.uint64) if gone is None else gone
    limits = (len(seed), len(seed) + len(older), most_bytes)
    out, size, ids, places, is_whole = _join(data, limits, dead, by_id)
    if not len(ids):
        return Joined(b"", ids, places, is_whole)
    text = name.encode()
    head = _VERSION_2 + bytes([_LAYER_NAME]) + put_varint(len(text)) + text
    tail = _EXTENT + put_varint(EXTENT)
    start = bytes([_TILE_LAYER]) + put_varint(len(head) + size + len(tail)) + head
    if seed:
        places += len(start)
    return Joined(b"".join((start, out[:size].data, tail)), ids, places, is_whole)


def split_layers(tile: bytes) -> Iterator[tuple[str, bytes]]:
    """Each layer of a tile that this package encoded: its name and its whole message, in the tile's order."""
    at = 0
    while at < len(tile):
        size, begin = _varint(tile, at + 1)
        name_at = begin + len(_VERSION_2) + 1
        length, text = _varint(tile, name_at)
        yield tile[text : text + length].decode(), tile[at : begin + size]
        at = begin + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] > 0x7F:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
    return value | data[at] << shift, at + 1


@kernel
def _uint(data: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """The varint at a position and the position behind it."""
    value, shift = 0, 0
    while data[at] > 127:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
    return value | data[at] << shift, at + 1


@kernel
def _id(data: NDArray[np.uint8], at: int) -> tuple[np.uint64, int]:
    """The same for all 64 bits."""
    value, shift = np.uint64(0), np.uint64(0)
    while data[at] > 127:
        value |= (np.uint64(data[at]) & np.uint64(127)) << shift
        shift += np.uint64(7)
        at += 1
    return value | np.uint64(data[at]) << shift, at + 1


@kernel
def _behind(data: NDArray[np.uint8], at: int) -> int:
    """The position behind the field that begins at a position, whatever it holds."""
    tag, at = _uint(data, at)
    wire = tag & 7
    if wire == 0:
        _, at = _uint(data, at)
    elif wire == 1:
        at += 8
    elif wire == 2:
        size, at = _uint(data, at)
        at += size
    else:
        at += 4
    return at


@kernel
def _scan(
    data: NDArray[np.uint8],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Where things are: (f,) features, their layers; (k,) keys, (v,) values; (layers + 1, 2) first key and value."""
    features, owner = np.empty(256, np.int64), np.empty(256, np.int64)
    keys, values = np.empty(64, np.int64), np.empty(256, np.int64)
    first = np.empty(16, np.int64)
    f, k, v, layers, at = 0, 0, 0, 0, 0
    while at < data.size:
        size, at = _uint(data, at + 1)
        end = at + size
        first = longer(first, 2 * layers + 4)
        first[2 * layers], first[2 * layers + 1] = k, v
        while at < end:
            tag = data[at]
            if tag == _LAYER_FEATURE:
                features, owner = longer(features, f + 1), longer(owner, f + 1)
                features[f], owner[f] = at, layers
                f += 1
            elif tag == _LAYER_KEY:
                keys = longer(keys, k + 1)
                keys[k] = at
                k += 1
            elif tag == _LAYER_VALUE:
                values = longer(values, v + 1)
                values[v] = at
                v += 1
            at = _behind(data, at)
        layers += 1
    return features[:f], owner[:f], keys[:k], values[:v], first


@kernel
def _first_equal(data: NDArray[np.uint8], fields: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each field the number of the first one with the same bytes."""
    room = 64
    while room < 2 * fields.size:
        room *= 2
    table = np.full(room, -1, np.int64)
    found = np.empty(fields.size, np.int64)
    for number in range(fields.size):
        begin, end = fields[number], _behind(data, fields[number])
        code = _FNV_BASIS
        for at in range(begin, end):
            code = ((code ^ data[at]) * _FNV_PRIME) & _HASH_MASK
        slot = (code ^ code >> 29) & (room - 1)
        while True:
            other = table[slot]
            if other < 0:
                table[slot] = found[number] = number
                break
            if _same(data, fields[other], begin, end):
                found[number] = other
                break
            slot = (slot + 1) & (room - 1)
    return found


@kernel
def _same(data: NDArray[np.uint8], other: int, begin: int, end: int) -> bool:
    for step in range(end - begin):
        if other + step >= data.size or data[other + step] != data[begin + step]:
            return False
    return True


@kernel
def _is_among(ids: NDArray[np.uint64], wanted: np.uint64) -> bool:
    low, high = 0, ids.size
    while low < high:
        middle = (low + high) // 2
        if ids[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low < ids.size and ids[low] == wanted


@entry_point
def _join(
    data: NDArray[np.uint8], limits: tuple[int, int, int], gone: NDArray[np.uint64], by_id: bool
) -> tuple[NDArray[np.uint8], int, NDArray[np.uint64], NDArray[np.int64], bool]:
    """The features, keys and values of the joined layer, their size, the features' ids and places, and is_whole."""
    seed_end, older_end, most_bytes = limits
    features, owner, keys, values, first = _scan(data)
    key_of, value_of = _first_equal(data, keys), _first_equal(data, values)
    key_slot, value_slot = np.full(keys.size, -1, np.int64), np.full(values.size, -1, np.int64)
    used_keys, used_values = np.empty(keys.size, np.int64), np.empty(values.size, np.int64)
    key_count, value_count, dictionary = 0, 0, 0
    seeded = seed_end > 0
    if seeded:
        while key_count < keys.size and keys[key_count] < seed_end:
            key_slot[key_count] = used_keys[key_count] = key_count
            key_count += 1
        while value_count < values.size and values[value_count] < seed_end:
            value_slot[value_count] = used_values[value_count] = value_count
            value_count += 1
        dictionary = seed_end
    ids = np.empty(features.size, np.uint64)
    rank = np.empty(features.size, np.int64)
    for number in range(features.size):
        _, at = _uint(data, features[number] + 1)
        ids[number], at = _id(data, at + 1)
        # With the first bit turned round, ids of 64 bits keep their order as signed numbers.
        rank[number] = np.int64(ids[number] ^ _FIRST_BIT) if by_id else number
    order = order_of(rank)
    out, at = np.empty(data.size + 64 + 2 * features.size, np.uint8), 0
    out_ids, places = np.empty(features.size, np.uint64), np.full(features.size, -1, np.int64)
    count, is_whole = 0, True
    for number in order:
        begin = features[number]
        if begin < older_end and _is_among(gone, ids[number]):
            continue
        tags_at, tags_end, kind, shape_at, shape_end = _fields(data, begin)
        base_key, base_value = first[2 * owner[number]], first[2 * owner[number] + 1]
        tag_bytes, more = (2 if seeded else 0), 0
        tag = tags_at
        key_before, value_before = key_count, value_count
        while tag < tags_end:
            key, tag = _uint(data, tag)
            value, tag = _uint(data, tag)
            key, value = key_of[base_key + key], value_of[base_value + value]
            if key_slot[key] < 0:
                key_slot[key], used_keys[key_count] = key_count, key
                key_count += 1
                more += _behind(data, keys[key]) - keys[key]
            if value_slot[value] < 0:
                value_slot[value], used_values[value_count] = value_count, value
                value_count += 1
                more += _behind(data, values[value]) - values[value]
            tag_bytes += uint_size(key_slot[key]) + uint_size(value_slot[value])
        size = shape_end - shape_at
        if at + size + tag_bytes + _FEATURE_FIXED_BYTES + dictionary + more > most_bytes:
            key_count, value_count, is_whole = key_before, value_before, False
            break
        dictionary += more
        out = with_room(out, at, size + tag_bytes + _FEATURE_FIXED_BYTES)
        length = 1 + id_size(ids[number]) + 2 + 1 + uint_size(size) + size
        if tag_bytes:
            length += 1 + uint_size(tag_bytes) + tag_bytes
        out[at] = _LAYER_FEATURE
        at = put_uint(out, at + 1, length)
        out[at] = _FEATURE_ID
        at = put_id(out, at + 1, ids[number])
        if tag_bytes:
            out[at] = _FEATURE_TAGS
            at = put_uint(out, at + 1, tag_bytes)
            if seeded:
                out[at], out[at + 1] = 0, 0
                places[count] = at + 1
                at += 2
            tag = tags_at
            while tag < tags_end:
                key, tag = _uint(data, tag)
                value, tag = _uint(data, tag)
                at = put_uint(out, at, key_slot[key_of[base_key + key]])
                at = put_uint(out, at, value_slot[value_of[base_value + value]])
        out[at], out[at + 1], out[at + 2] = _FEATURE_TYPE, kind, _FEATURE_GEOMETRY
        at = put_uint(out, at + 3, size)
        at = put_bytes(out, at, data, shape_at, shape_end)
        out_ids[count] = ids[number]
        count += 1
    out, at = _put_fields(out, at, data, keys, used_keys[:key_count])
    out, at = _put_fields(out, at, data, values, used_values[:value_count])
    return out, at, out_ids[:count], places[:count], is_whole


@kernel
def _fields(data: NDArray[np.uint8], at: int) -> tuple[int, int, int, int, int]:
    """Of a Feature message: where its tags begin and end, its type, where its geometry begins and ends."""
    length, at = _uint(data, at + 1)
    end = at + length
    tags_at, tags_end, kind, shape_at, shape_end = 0, 0, 0, 0, 0
    while at < end:
        tag = data[at]
        if tag == _FEATURE_TAGS:
            size, tags_at = _uint(data, at + 1)
            tags_end = tags_at + size
        elif tag == _FEATURE_TYPE:
            kind = data[at + 1]
        elif tag == _FEATURE_GEOMETRY:
            size, shape_at = _uint(data, at + 1)
            shape_end = shape_at + size
        at = _behind(data, at)
    return tags_at, tags_end, kind, shape_at, shape_end


@kernel
def _put_fields(
    out: NDArray[np.uint8], at: int, data: NDArray[np.uint8], fields: NDArray[np.int64], used: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], int]:
    """Appends copies of the used fields."""
    for field in used:
        end = _behind(data, fields[field])
        out = with_room(out, at, end - fields[field])
        at = put_bytes(out, at, data, fields[field], end)
    return out, at
