"""The index of names that a snapshot carries: exact and prefix search, misspelt names, all in mapped arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import Texts, load_packed, save_packed
from location_cloud.places.compact import narrow, pack_column, unpack_column
from location_cloud.places.entries import INITIALS_AT, MAX_KEY_BYTES, Entries, find_range
from location_cloud.places.grams import TABLE_BITS, Postings, find_similar
from location_cloud.places.pinyin import LETTER_UNIT, PinyinTable, Readings
from location_cloud.places.prefixes import Holders, describe, list_best, list_holders
from location_cloud.places.sources import ALIAS, INITIALS, NAME, PINYIN, Candidates
from routing.scratch import borrow

__all__ = ["ALIAS", "INITIALS", "NAME", "PINYIN", "NameIndex", "load_index", "save_index"]

FILE = "names.bin"

HOLDERS_OF_SIMILAR = 64
"""Places of one misspelt name that are looked at, the most important ones."""

SYLLABLES_OF_LETTERS = 4
"""Latin letters are listened to as pinyin where at most one in so many belongs to no syllable."""

MOST_HELD = 20_000
"""Places of one name among which the nearest ones are looked for."""

FOUND_KEPT = 4_096
"""Texts whose place in the index is remembered."""

FORM_BITS = 2
"""Of a holder that say what its name is; the rest is the place."""

_ENTRIES, _POSTINGS, _HOLDERS = "entries", "postings", "holders"
_SHARED = {
    (_ENTRIES, "data"),
    (_ENTRIES, "start"),
    (_POSTINGS, "mask"),
    (_HOLDERS, "mask"),
    (_HOLDERS, "kind"),
    (_HOLDERS, "importance"),
    (_HOLDERS, "lonlat"),
}
"""Arrays that belong to several parts, or to the columns of places: kept once."""


_STARTS = ("start", "holders.start")
"""Kept as the steps from one to the next."""


@dataclass(frozen=True)
class NameIndex:
    """Names of all places as one source of candidates. Keys are folded texts, important and short ones first."""

    entries: Entries
    postings: Postings
    holders: Holders
    table: PinyinTable

    def __len__(self) -> int:
        return len(self.entries.start) - 1

    @cached_property
    def key(self) -> Texts:
        """The keys."""
        return Texts(self.entries.data, self.entries.start)

    def problem(self, n_places: int) -> str:
        """What points outside the index or the places, "" = nothing."""
        keys, ends = len(self), len(self.holders.holder)
        columns: tuple[tuple[str, NDArray[Any], int], ...] = (
            ("entries.key", self.entries.key, keys),
            ("holders.holder", self.holders.holder >> FORM_BITS, n_places),
            ("holders.near", self.holders.near, ends),
            ("holders.start", self.holders.start, ends + 1),
            ("postings.start", self.postings.start, len(self.postings.data) + 1),
        )
        for name, column, end in columns:
            if len(column) and not 0 <= int(column.min()) <= int(column.max()) < end:
                return f"{name} points outside 0..{end - 1}"
        return ""

    def exact(self, folded: str, limit: int, kinds: int, focus: tuple[float, float] | None = None) -> Candidates:
        """See CandidateSource."""
        low, high, _end = self._find(folded)
        if low == high:
            return self._nothing
        keys, at = self.entries.key[low:high], self.entries.at[low:high]
        whole = (at == 0) | (at >= INITIALS_AT)
        holder, mark = self._holders(keys[whole], at[whole], limit if focus is None else MOST_HELD, kinds)
        if focus is not None and len(holder) > limit:
            near = self._nearest(holder, limit, focus)
            holder, mark = holder[near], mark[near]
        return self._candidates(holder, mark)

    def reach(self, folded: str) -> int:
        """See CandidateSource. What shares the longest beginning with a text stands right beside it."""
        low, _same, high = self._find(folded)
        if low < high:
            return len(folded)
        entries, asked, longest = self.entries, folded.encode()[:MAX_KEY_BYTES], 0
        for entry in range(max(low - 1, 0), min(low + 1, len(entries.key))):
            key, at = int(entries.key[entry]), int(entries.at[entry])
            if at >= INITIALS_AT:  # a reading, which is in letters and not written down
                if asked[0] < 128:
                    return len(folded)
                continue
            begin, end = int(entries.start[key]) + at, int(entries.start[key + 1])
            beside = entries.data[begin : min(end, begin + len(asked))].tobytes()
            shared = next((size for size, pair in enumerate(zip(asked, beside)) if pair[0] != pair[1]), len(beside))
            longest = max(longest, shared)
        return len(asked[:longest].decode(errors="ignore"))

    def prefix(self, folded: str, limit: int, kinds: int, focus: tuple[float, float] | None = None) -> Candidates:
        """See CandidateSource."""
        low, _same, high = self._find(folded)
        if low == high:
            return self._nothing
        holder, mark = np.empty(limit, np.int64), np.empty(limit, np.int64)
        lon, lat = focus or (np.nan, np.nan)
        asked = _bytes(folded)
        count = list_best(self.entries, self.holders, low, high, asked, kinds, lon, lat, holder, mark)
        return self._candidates(holder[:count], mark[:count])

    def similar(self, folded: str, limit: int, kinds: int) -> Candidates:
        """See CandidateSource."""
        units = np.array(self._heard(folded), np.int64)
        found = np.empty(limit, np.int32)
        slot_key = borrow("names.slot_key", 1 << TABLE_BITS, np.int32)
        slot_score = borrow("names.slot_score", 1 << TABLE_BITS, np.float32)
        count = find_similar(self.postings, _bytes(folded), units, kinds, slot_key, slot_score, found)
        at = np.zeros(count, np.uint16)
        return self._candidates(*self._holders(found[:count], at, HOLDERS_OF_SIMILAR, kinds))

    @property
    def readings(self) -> Readings:
        """The table of syllables for compiled code."""
        return self.table.readings

    @cached_property
    def _nothing(self) -> Candidates:
        return self._candidates(np.zeros(0, np.int64), np.zeros(0, np.int64))

    @cached_property
    def _find(self) -> Callable[[str], tuple[int, int, int]]:
        """See `find_range`, which takes 8 us; the words of one question are looked up several times."""

        @lru_cache(FOUND_KEPT)
        def find(folded: str) -> tuple[int, int, int]:
            found = np.empty(3, np.int64)
            find_range(self.entries, self.readings, _bytes(folded), found)
            low, same, high = found.tolist()
            return low, same, high

        return find

    def _heard(self, folded: str) -> list[int]:
        """Units of sound of a question; none where its letters are mostly no syllables."""
        units = self.table.units(folded)
        if not folded.isascii():
            return units
        left = sum(unit >= LETTER_UNIT for unit in units)
        return units if SYLLABLES_OF_LETTERS * left <= len(folded) else []

    def _holders(
        self, keys: NDArray[np.int32], at: NDArray[np.uint16], limit: int, kinds: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(places in holder, their marks) of keys, the most important ones of each."""
        room = min(len(keys) * limit, MOST_HELD)
        holder, mark = np.empty(room, np.int64), np.empty(room, np.int64)
        count = list_holders(self.holders, keys, at, limit, kinds, holder, mark)
        return holder[:count], mark[:count]

    def _nearest(self, holder: NDArray[np.int64], limit: int, focus: tuple[float, float]) -> NDArray[np.int64]:
        away = self.holders.lonlat[self.holders.holder[holder] >> FORM_BITS] - np.array(focus)
        away[:, 0] = ((away[:, 0] + 180) % 360 - 180) * np.cos(np.radians(focus[1]))
        return np.sort(np.argsort((away**2).sum(axis=1), kind="stable")[:limit])

    def _candidates(self, holder: NDArray[np.int64], mark: NDArray[np.int64]) -> Candidates:
        count = len(holder)
        doc, text, size = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int32)
        form, is_inner, is_reading = np.empty(count, np.int8), np.empty(count, np.bool_), np.empty(count, np.bool_)
        describe(self.holders, self.entries.start, holder, mark, doc, form, is_inner, size, text, is_reading)
        return Candidates(doc, form, is_inner, size, self.key, text, is_reading)


def save_index(folder: Path, index: NameIndex) -> None:
    """Writes the index below the folder, without what belongs to the columns of places."""
    arrays: dict[str, NDArray[Any]] = {
        "data": index.entries.data,
        "start": index.entries.start,
        "mask": index.postings.mask,
    }
    parts: tuple[tuple[str, Any], ...] = (
        (_ENTRIES, index.entries),
        (_POSTINGS, index.postings),
        (_HOLDERS, index.holders),
    )
    for name, part in parts:
        for field, array in part._asdict().items():
            if (name, field) not in _SHARED:
                arrays[f"{name}.{field}"] = array
    for name in _STARTS:
        arrays |= {f"{name}/{part}": array for part, array in pack_column(narrow(arrays.pop(name))).items()}
    save_packed(folder / FILE, arrays)


def load_index(
    folder: Path,
    table: PinyinTable,
    kind: NDArray[np.int8],
    importance: NDArray[np.float32],
    lonlat: NDArray[np.float64],
) -> NameIndex:
    """The index that `save_index` wrote, mapped read-only; with columns of its places, mapped read-only as well."""
    arrays = load_packed(folder / FILE)
    for name in _STARTS:
        packed = {key.removeprefix(f"{name}/"): array for key, array in arrays.items() if key.startswith(f"{name}/")}
        arrays[name] = unpack_column(packed)
    return assemble(arrays, table, kind, importance, lonlat)


def assemble(
    arrays: Mapping[str, NDArray[Any]],
    table: PinyinTable,
    kind: NDArray[np.int8],
    importance: NDArray[np.float32],
    lonlat: NDArray[np.float64],
) -> NameIndex:
    """The index of named arrays, as `save_index` names them, never to be written to."""
    lent: dict[str, NDArray[Any]] = {"kind": kind, "importance": importance, "lonlat": lonlat}

    def part(name: str, fields: tuple[str, ...]) -> list[NDArray[Any]]:
        found = []
        for field in fields:
            array = arrays.get(field) if (name, field) in _SHARED else arrays.get(f"{name}.{field}")
            found.append(_read_only(lent[field] if array is None else array))
        return found

    return NameIndex(
        Entries(*part(_ENTRIES, Entries._fields)),
        Postings(*part(_POSTINGS, Postings._fields)),
        Holders(*part(_HOLDERS, Holders._fields)),
        table,
    )


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """The array as a mapped one: compiled code is made once for these, and not again for others."""
    view = array.view()
    view.flags.writeable = False
    return view


def _bytes(folded: str) -> NDArray[np.uint8]:
    return np.frombuffer(folded.encode()[:MAX_KEY_BYTES], np.uint8)
