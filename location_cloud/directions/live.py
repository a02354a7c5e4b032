"""Live speeds and closures as arrays over one snapshot's roads: lasting keys become edges, the newest word counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import BadQuery
from location_cloud.roads.model import Roads

Keys = NDArray[np.int64]

RECORD = np.dtype([("way", "<i8"), ("place", "<i4"), ("kmh", "<f4")])
"""One edge of a binary body: OSM way, 2 * position + (1 if against the way's direction), km/h. 16 bytes."""

STORED = np.dtype([("key", "<i8"), ("kmh", "<f4"), ("until_s", "<u4")])
"""One edge in the live store."""

LEAST_KMH, MOST_KMH = 1.0, 300.0
"""Speeds that are believed. Slower is a closure, to be said as one."""

FORGET_KMH = 0.0
"""In a record: what was said of this edge counts no more."""

PLACE_BITS = 22
MOST_WAY, MOST_PLACE = 1 << 40, (1 << PLACE_BITS) - 1
"""OSM has 1.4e9 ways of at most 2,000 nodes (OSM API, "Capabilities"); a key is way * 2^22 + place."""

_KEY = re.compile(r"(-?[0-9]{1,13}):([0-9]{1,7}):([fb])")
_HINT = "a key is way:position:f or way:position:b; /v1/roads?bbox= lists them"


@dataclass(frozen=True, eq=False)
class Batch:
    """Speeds of some edges. key: (n,) int64, ascending, each once (`pack_keys`); kmh: (n,) float32."""

    key: Keys
    kmh: NDArray[np.float32]


def batch_from_words(speeds: Mapping[str, float]) -> Batch:
    """The batch of a mapping from lasting edge key to km/h; 0 km/h takes back what was said before.

    335,000 edges take 0.4 s; read records where that counts. Raises BadQuery for a malformed key or a speed that is
    not believed.
    """
    return _checked(pack_keys(speeds), np.fromiter(speeds.values(), np.float32, len(speeds)))


def batch_from_records(body: bytes) -> Batch:
    """The batch of a binary body, records of RECORD without anything between; the later of two about one edge counts.

    Takes 5 ms for 335,000 edges. Raises BadQuery if the body is no whole number of records, or a speed is not believed.
    """
    if len(body) % RECORD.itemsize:
        raise BadQuery(
            f"the body has {len(body)} bytes, no multiple of {RECORD.itemsize}",
            hint="records of int64 way, int32 2 * position + backward, float32 km/h, little-endian",
        )
    records = np.frombuffer(body, RECORD)
    way, place = records["way"], records["place"]
    wrong = (np.abs(way) >= MOST_WAY) | (place < 0) | (place > MOST_PLACE)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise BadQuery(f"record {at}: way {way[at]}, place {place[at]} is of no road", hint=_HINT)
    return _checked((way << PLACE_BITS) | place, records["kmh"])


def pack_keys(keys: Iterable[str]) -> Keys:
    """Lasting keys as numbers, in the given order. Raises BadQuery for a malformed one."""
    packed = []
    for key in keys:
        match = _KEY.fullmatch(key)
        if not match or abs(int(match[1])) >= MOST_WAY or 2 * int(match[2]) + 1 > MOST_PLACE:
            raise BadQuery(f"{key[:60]!r} is no key of a road", hint=_HINT)
        packed.append((int(match[1]) << PLACE_BITS) | (2 * int(match[2]) + (match[3] == "b")))
    return np.array(packed, np.int64)


def edge_keys(roads: Roads) -> Keys:
    """The packed key of every edge, (edges,) int64, ascending."""
    place = 2 * roads.seg_position.astype(np.int64)
    first = (roads.seg_way << PLACE_BITS) | place
    return np.stack([first, first | 1], axis=1).ravel()


def find_edges(all_keys: Keys, key: Keys) -> NDArray[np.int32]:
    """The edges of packed keys, (n,) int32, -1 where these roads have none. all_keys: of `edge_keys`."""
    if len(key) == len(all_keys) and np.array_equal(key, all_keys):
        return np.arange(len(key), dtype=np.int32)  # a feed of the whole city
    if not len(all_keys):
        return np.full(len(key), -1, np.int32)
    place = np.minimum(np.searchsorted(all_keys, key), len(all_keys) - 1)
    return np.where(all_keys[place] == key, place, -1).astype(np.int32)


class Speeds:
    """What is known of the speed of every edge, as batches come in: the newest word counts until its time is over.

    all_keys: the key of every edge (`edge_keys`).
    """

    def __init__(self, all_keys: Keys) -> None:
        self._all_keys = all_keys
        self._kmh = np.zeros(len(all_keys), np.float32)
        self._until_s = np.zeros(len(all_keys), np.uint32)
        self._last: tuple[Keys, NDArray[np.int32]] | None = None
        self._fresh: NDArray[np.int32] | None = None  # edges told of since `_known`; None = any
        self._known = Known(np.full(len(all_keys), np.nan, np.float32), 0, -np.inf, np.inf)

    def add(self, stored: NDArray[Any]) -> None:
        """Takes a later batch, records of STORED. Edges that these roads do not have are passed over."""
        key = np.ascontiguousarray(stored["key"])
        if self._last is None or not np.array_equal(self._last[0], key):
            self._last = key, find_edges(self._all_keys, key)
        edge = self._last[1]
        if len(edge) == len(self._all_keys) and (edge >= 0).all():  # ascending, so each edge in its place
            self._kmh[:], self._until_s[:] = stored["kmh"], stored["until_s"]
            self._fresh = None
            return
        is_ours = edge >= 0
        edge = edge[is_ours]
        self._kmh[edge], self._until_s[edge] = stored["kmh"][is_ours], stored["until_s"][is_ours]
        self._fresh = None if self._fresh is None else np.union1d(self._fresh, edge)

    def at(self, now_s: float) -> Known:
        """What is known at a time; the same object as long as it stays the same."""
        before, fresh = self._known, self._fresh
        self._fresh = np.empty(0, np.int32)
        if fresh is None or not before.since_s <= now_s < before.until_s:
            is_known = (self._until_s > now_s) & (self._kmh > FORGET_KMH)
            kmh = np.where(is_known, self._kmh, np.float32(np.nan))
            kmh.flags.writeable = False
            count = int(np.count_nonzero(is_known))
            until_s = float(np.min(self._until_s, where=is_known, initial=2**32 - 1)) if count else np.inf
            self._known = Known(kmh, count, now_s, until_s)
        elif len(fresh):
            ends = self._until_s[fresh]
            is_known = (ends > now_s) & (self._kmh[fresh] > FORGET_KMH)
            kmh = before.kmh.copy()
            kmh[fresh] = np.where(is_known, self._kmh[fresh], np.float32(np.nan))
            kmh.flags.writeable = False
            count = before.count + int(is_known.sum()) - int(np.count_nonzero(~np.isnan(before.kmh[fresh])))
            ends_s = float(np.min(ends, where=is_known, initial=2**32 - 1)) if is_known.any() else np.inf
            # Perhaps too early, if those that ended first were told anew: then all is looked at once more.
            self._known = Known(kmh, count, now_s, min(before.until_s, ends_s))
        return self._known


@dataclass(frozen=True, eq=False)
class Known:
    """Speeds at a time. kmh: (edges,) float32, NaN = not known; count: of known ones. since_s, until_s: unix seconds
    between which all stays so, the last one excluded.
    """

    kmh: NDArray[np.float32]
    count: int
    since_s: float
    until_s: float


def as_stored(batch: Batch, until_s: float) -> bytes:
    """A batch as the live store keeps it. until_s: unix seconds up to which it counts."""
    return as_records(batch.key, batch.kmh, until_s).tobytes()


def as_records(key: Keys, kmh: NDArray[np.float32], until_s: float) -> NDArray[Any]:
    """Records of STORED that all count until the same second."""
    stored = np.empty(len(key), STORED)
    stored["key"], stored["kmh"], stored["until_s"] = key, kmh, int(until_s)
    return stored


def merged(parts: Sequence[NDArray[Any]], now_s: float) -> list[NDArray[Any]]:
    """What still counts of each of several batches, oldest first: every edge in the last one that names it alone,
    without those whose time is over.
    """
    stored = np.concatenate([np.empty(0, STORED), *parts])
    part = np.repeat(np.arange(len(parts)), [len(each) for each in parts])[::-1]
    _, last = np.unique(stored["key"][::-1], return_index=True)
    newest, owner = stored[len(stored) - 1 - last], part[last]
    counts = (newest["until_s"] > now_s) & (newest["kmh"] > FORGET_KMH)
    return [newest[counts & (owner == number)] for number in range(len(parts))]


def _checked(key: Keys, kmh: NDArray[np.float32]) -> Batch:
    is_right = ((kmh >= LEAST_KMH) & (kmh <= MOST_KMH)) | (kmh == FORGET_KMH)
    if not is_right.all():
        at = int(np.argmin(is_right))
        raise BadQuery(
            f"speed {at}: {kmh[at]:g} km/h is outside {LEAST_KMH:g}..{MOST_KMH:g}",
            hint="0 takes back what was said before; a road that cannot be driven is a closure (/v1/closures)",
        )
    if len(key) > 1 and not (key[1:] > key[:-1]).all():
        key, last = np.unique(key[::-1], return_index=True)
        kmh = kmh[len(kmh) - 1 - last]
    return Batch(key, np.array(kmh, np.float32))
