"""Compiled code that walks a data block of an .osm.pbf file, sure of every bound.

Source: OSM wiki, "PBF Format" (osmformat.proto): PrimitiveBlock, its string table and its groups of nodes, dense nodes,
ways and relations. A key below is 8 times the number of a field there and its wire type.
"""

from __future__ import annotations

from typing import Any, cast

import numba
import numpy as np

from kernels.caching import cached
from location_cloud.extract import NODE, RELATION, WAY

NOWHERE = np.iinfo(np.int32).max
"""Both coordinates of a node that was deleted or lies off the globe."""

DAMAGES = {
    1: "a number does not end",
    2: "a field is longer than its block",
    3: "unknown field type",
    4: "a text that its table does not hold",
    5: "lists of different lengths",
    6: "a member that is no node, way or relation",
    7: "two tables of texts",
    8: "a node without position",
    9: "a text holds a zero byte",
}
"""What `decode_block` gives; 0 = the block is whole."""

_ENDLESS, _TOO_LONG, _NO_TYPE, _NO_TEXT, _UNEQUAL, _NO_MEMBER, _TWO_TABLES, _NO_PLACE, _ZERO = range(1, 10)

# Places in the array `state`, of zeros: how much of each output is filled, and how the block counts.
_TEXTS, _NODES, _THINGS, _TAGS, _LINKS, _MEMBERS, _NEWEST = range(7)
_GRANULARITY, _LAT_OFFSET, _LON_OFFSET, DATE_GRANULARITY = range(7, 11)

OUTPUTS, STATES = 7, 11
"""How many of them count outputs (the last: the newest timestamp), how many there are."""

_X_MOST, _Y_MOST = 1_800_000_000, 900_000_000
"""The globe in 1e-7 degree."""

_inner = cast(Any, numba.njit)(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
# All kernels are in this file: numba's cache looks at the file of the function that it loads only.


@cached(nogil=True, error_model="numpy", no_cfunc_wrapper=True)
def decode_block(data, state, text, node_id, node_xy, thing, tag, link, member):  # type: ignore[no-untyped-def]  # kernels
    """0, or what is wrong: see DAMAGES. The outputs are those of pbf_decode.BlockDecoder."""
    state[_GRANULARITY], state[DATE_GRANULARITY] = 100, 1000
    end = len(data)
    at = np.int64(0)
    has_table = False
    while at < end:
        key, value, begin, at = _field(data, at, end)
        if at < 0:
            return key
        if key == 10:  # 1 string table
            if has_table:
                return np.int64(_TWO_TABLES)
            has_table = True
            wrong = _list_texts(data, begin, at, state, text)
            if wrong:
                return wrong
        elif key == 136:  # 17
            state[_GRANULARITY] = value
        elif key == 144:  # 18
            state[DATE_GRANULARITY] = value
        elif key == 152:  # 19
            state[_LAT_OFFSET] = value
        elif key == 160:  # 20
            state[_LON_OFFSET] = value
    # How the block counts stands behind its groups.
    at = np.int64(0)
    while at < end:
        key, value, begin, at = _field(data, at, end)
        if key != 18:  # 2 group
            continue
        inner, inner_end = begin, at
        while inner < inner_end:
            key, value, begin, inner = _field(data, inner, inner_end)
            if inner < 0:
                return key
            wrong = np.int64(0)
            if key == 10:
                wrong = _take_node(data, begin, inner, state, node_id, node_xy, thing, tag)
            elif key == 18:
                wrong = _take_dense(data, begin, inner, state, node_id, node_xy, thing, tag)
            elif key == 26:
                wrong = _take_way(data, begin, inner, state, thing, tag, link)
            elif key == 34:
                wrong = _take_relation(data, begin, inner, state, thing, tag, link, member)
            if wrong:
                return wrong
    return np.int64(0)


@_inner
def _list_texts(data, at, end, state, text):  # type: ignore[no-untyped-def]
    count = 0
    while at < end:
        key, _value, begin, at = _field(data, at, end)
        if at < 0:
            return key
        if key == 10:
            for place in range(begin, at):
                if data[place] == 0:  # osmium, which merges files, ends a text there and reads beyond its memory
                    return np.int64(_ZERO)
            text[count, 0] = begin
            text[count, 1] = at
            count += 1
    state[_TEXTS] = count
    return np.int64(0)


@_inner
def _take_dense(data, at, end, state, node_id, node_xy, thing, tag):  # type: ignore[no-untyped-def]
    ids = lats = lons = words = stamps = shown = np.int64(0)
    ids_end = lats_end = lons_end = words_end = stamps_end = shown_end = np.int64(0)
    while at < end:
        key, _value, begin, at = _field(data, at, end)
        if at < 0:
            return key
        if key == 10:  # 1 ids
            ids, ids_end = begin, at
        elif key == 66:  # 8 latitudes
            lats, lats_end = begin, at
        elif key == 74:  # 9 longitudes
            lons, lons_end = begin, at
        elif key == 82:  # 10 keys and values
            words, words_end = begin, at
        elif key == 42:  # 5 info
            inner, inner_end = begin, at
            while inner < inner_end:
                key, _value, begin, inner = _field(data, inner, inner_end)
                if inner < 0:
                    return key
                if key == 18:  # 2 timestamps
                    stamps, stamps_end = begin, inner
                elif key == 50:  # 6 visible
                    shown, shown_end = begin, inner
    node, tags, things = state[_NODES], state[_TAGS], state[_THINGS]
    texts = state[_TEXTS]
    number = lat = lon = stamp = newest = np.int64(0)
    while ids < ids_end:
        if lats >= lats_end or lons >= lons_end:
            return np.int64(_UNEQUAL)
        step, ids = _signed(data, ids, ids_end)
        lat_step, lats = _signed(data, lats, lats_end)
        lon_step, lons = _signed(data, lons, lons_end)
        if ids < 0 or lats < 0 or lons < 0:
            return np.int64(_ENDLESS)
        number += step
        lat += lat_step
        lon += lon_step
        is_there = True
        if shown < shown_end:
            value, shown = _varint(data, shown, shown_end)
            if shown < 0:
                return np.int64(_ENDLESS)
            is_there = value != 0
        if stamps < stamps_end:
            step, stamps = _signed(data, stamps, stamps_end)
            if stamps < 0:
                return np.int64(_ENDLESS)
            stamp += step
        first = tags
        while words < words_end:
            key, words = _varint(data, words, words_end)
            if words < 0:
                return np.int64(_ENDLESS)
            if key == 0:
                break
            value, words = _varint(data, words, words_end)
            if words < 0:
                return np.int64(_ENDLESS)
            if not (0 < key < texts and 0 <= value < texts):
                return np.int64(_NO_TEXT)
            tag[tags, 0] = key
            tag[tags, 1] = value
            tags += 1
        if not is_there:
            tags = first
        _place(node, lon, lat, is_there, state, node_xy)
        node_id[node] = number
        if tags > first:
            newest = max(newest, stamp)
            thing[things, 0] = NODE
            thing[things, 1] = node
            thing[things, 2] = tags - first
            thing[things, 3] = 0
            things += 1
        node += 1
    state[_NODES], state[_TAGS], state[_THINGS] = node, tags, things
    state[_NEWEST] = max(state[_NEWEST], newest)
    return np.int64(0)


@_inner
def _take_node(data, at, end, state, node_id, node_xy, thing, tag):  # type: ignore[no-untyped-def]
    keys = keys_end = values = values_end = info = info_end = np.int64(0)
    number = lat = lon = np.int64(0)
    has_lat = has_lon = False
    while at < end:
        key, value, begin, at = _field(data, at, end)
        if at < 0:
            return key
        if key == 8:  # 1 id
            number = _unzigzag(value)
        elif key == 18:
            keys, keys_end = begin, at
        elif key == 26:
            values, values_end = begin, at
        elif key == 34:
            info, info_end = begin, at
        elif key == 64:  # 8 latitude
            lat, has_lat = _unzigzag(value), True
        elif key == 72:  # 9 longitude
            lon, has_lon = _unzigzag(value), True
    stamp, is_there, wrong = _read_info(data, info, info_end)
    if wrong:
        return wrong
    if is_there and not (has_lat and has_lon):
        return np.int64(_NO_PLACE)
    node = state[_NODES]
    _place(node, lon, lat, is_there, state, node_xy)
    node_id[node] = number
    state[_NODES] += 1
    if not is_there or (keys == keys_end and values == values_end):
        return np.int64(0)
    return _add_thing(NODE, node, 0, stamp, data, keys, keys_end, values, values_end, state, thing, tag)


@_inner
def _take_way(data, at, end, state, thing, tag, link):  # type: ignore[no-untyped-def]
    keys = keys_end = values = values_end = info = info_end = refs = refs_end = number = np.int64(0)
    while at < end:
        key, value, begin, at = _field(data, at, end)
        if at < 0:
            return key
        if key == 8:
            number = value
        elif key == 18:
            keys, keys_end = begin, at
        elif key == 26:
            values, values_end = begin, at
        elif key == 34:
            info, info_end = begin, at
        elif key == 66:  # 8 refs
            refs, refs_end = begin, at
    stamp, is_there, wrong = _read_info(data, info, info_end)
    if wrong:
        return wrong
    if not is_there:
        keys, values, refs = keys_end, values_end, refs_end
    links = state[_LINKS]
    ref = np.int64(0)
    while refs < refs_end:
        step, refs = _signed(data, refs, refs_end)
        if refs < 0:
            return np.int64(_ENDLESS)
        ref += step
        link[links] = ref
        links += 1
    count = links - state[_LINKS]
    state[_LINKS] = links
    return _add_thing(WAY, number, count, stamp, data, keys, keys_end, values, values_end, state, thing, tag)


@_inner
def _take_relation(data, at, end, state, thing, tag, link, member):  # type: ignore[no-untyped-def]
    keys = keys_end = values = values_end = info = info_end = number = np.int64(0)
    roles = roles_end = refs = refs_end = kinds = kinds_end = np.int64(0)
    while at < end:
        key, value, begin, at = _field(data, at, end)
        if at < 0:
            return key
        if key == 8:
            number = value
        elif key == 18:
            keys, keys_end = begin, at
        elif key == 26:
            values, values_end = begin, at
        elif key == 34:
            info, info_end = begin, at
        elif key == 66:  # 8 roles
            roles, roles_end = begin, at
        elif key == 74:  # 9 ids of members
            refs, refs_end = begin, at
        elif key == 82:  # 10 kinds of members
            kinds, kinds_end = begin, at
    stamp, is_there, wrong = _read_info(data, info, info_end)
    if wrong:
        return wrong
    if not is_there:
        keys, values, refs = keys_end, values_end, refs_end
    links, members = state[_LINKS], state[_MEMBERS]
    ref = np.int64(0)
    while refs < refs_end:
        if roles >= roles_end or kinds >= kinds_end:
            return np.int64(_UNEQUAL)
        step, refs = _signed(data, refs, refs_end)
        role, roles = _varint(data, roles, roles_end)
        kind, kinds = _varint(data, kinds, kinds_end)
        if refs < 0 or roles < 0 or kinds < 0:
            return np.int64(_ENDLESS)
        if not 0 <= role < state[_TEXTS]:
            return np.int64(_NO_TEXT)
        if not NODE <= kind <= RELATION:
            return np.int64(_NO_MEMBER)
        ref += step
        link[links] = ref
        member[members, 0] = role
        member[members, 1] = kind
        links += 1
        members += 1
    count = links - state[_LINKS]
    state[_LINKS], state[_MEMBERS] = links, members
    return _add_thing(RELATION, number, count, stamp, data, keys, keys_end, values, values_end, state, thing, tag)


@_inner
def _add_thing(  # type: ignore[no-untyped-def]
    kind, number, links, stamp, data, keys, keys_end, values, values_end, state, thing, tag
):
    first = tags = state[_TAGS]
    texts = state[_TEXTS]
    while keys < keys_end:
        if values >= values_end:
            return np.int64(_UNEQUAL)
        key, keys = _varint(data, keys, keys_end)
        value, values = _varint(data, values, values_end)
        if keys < 0 or values < 0:
            return np.int64(_ENDLESS)
        if not (0 <= key < texts and 0 <= value < texts):
            return np.int64(_NO_TEXT)
        tag[tags, 0] = key
        tag[tags, 1] = value
        tags += 1
    if values < values_end:
        return np.int64(_UNEQUAL)
    row = state[_THINGS]
    thing[row, 0] = kind
    thing[row, 1] = number
    thing[row, 2] = tags - first
    thing[row, 3] = links
    state[_THINGS] = row + 1
    state[_TAGS] = tags
    if tags > first:
        state[_NEWEST] = max(state[_NEWEST], stamp)
    return np.int64(0)


@_inner
def _read_info(data, at, end):  # type: ignore[no-untyped-def]
    """(timestamp, whether the object was not deleted, what is wrong)."""
    stamp, is_there = np.int64(0), True
    while at < end:
        key, value, _begin, at = _field(data, at, end)
        if at < 0:
            return stamp, is_there, key
        if key == 16:  # 2 timestamp
            stamp = value
        elif key == 48:  # 6 visible
            is_there = value != 0
    return stamp, is_there, np.int64(0)


@_inner
def _place(node, lon, lat, is_there, state, node_xy):  # type: ignore[no-untyped-def]
    """Puts a node's position in 1e-7 degree; the file counts in 1e-9."""
    x = _in_e7(lon * state[_GRANULARITY] + state[_LON_OFFSET])
    y = _in_e7(lat * state[_GRANULARITY] + state[_LAT_OFFSET])
    if not (is_there and -_X_MOST <= x <= _X_MOST and -_Y_MOST <= y <= _Y_MOST):
        x = y = np.int64(NOWHERE)
    node_xy[node, 0] = x
    node_xy[node, 1] = y


@_inner
def _in_e7(nano):  # type: ignore[no-untyped-def]
    """Cut towards zero, as osmium does."""
    return nano // 100 if nano >= 0 else -(-nano // 100)


@_inner
def _field(data, at, end):  # type: ignore[no-untyped-def]
    """(key, number or length, begin of the content, end of the field) of the field at `at`.

    key: 8 * number of the field + its type. An end of -1: the field is damaged, and the key says how.
    """
    nothing = np.int64(0)
    key, at = _varint(data, at, end)
    if at < 0:
        return np.int64(_ENDLESS), nothing, nothing, np.int64(-1)
    wire = key & 7
    if wire == 0:
        value, at = _varint(data, at, end)
        if at < 0:
            return np.int64(_ENDLESS), nothing, nothing, np.int64(-1)
        return key, value, at, at
    if wire == 2:
        size, at = _varint(data, at, end)
        if at < 0:
            return np.int64(_ENDLESS), nothing, nothing, np.int64(-1)
    elif wire == 1:
        size = np.int64(8)
    elif wire == 5:
        size = np.int64(4)
    else:
        return np.int64(_NO_TYPE), nothing, nothing, np.int64(-1)
    if not 0 <= size <= end - at:
        return np.int64(_TOO_LONG), nothing, nothing, np.int64(-1)
    return key, size, at, at + size


@_inner
def _signed(data, at, end):  # type: ignore[no-untyped-def]
    value, at = _varint(data, at, end)
    return _unzigzag(value), at


@_inner
def _unzigzag(value):  # type: ignore[no-untyped-def]
    return ((value >> 1) & 0x7FFF_FFFF_FFFF_FFFF) ^ -(value & 1)


@_inner
def _varint(data, at, end):  # type: ignore[no-untyped-def]
    """(number, place behind it); the place is -1 if the number does not end before `end` or has over 10 bytes."""
    value, shift = np.int64(0), np.int64(0)
    while at < end and shift < 70:
        byte = np.int64(data[at])
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    return np.int64(0), np.int64(-1)
