"""Building the index of names: at import only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import pack_texts
from location_cloud.places.entries import (
    INITIALS_AT,
    MAX_KEY_BYTES,
    READING_AT,
    sort_texts,
    write_readings,
)
from location_cloud.places.fold import fold_all, fold_without_numerals
from location_cloud.places.gram_build import fill_postings, number_grams, pack_postings
from location_cloud.places.names import FORM_BITS, NameIndex, assemble
from location_cloud.places.pinyin import FIRST, LAST, PinyinTable, may_be_phrases, phrase_reading
from location_cloud.places.prefixes import BLOCK, CELLS_AROUND, IMPORTANCE_WEIGHT, NEAR_DEG, NONE, SHARE_WEIGHT
from location_cloud.places.sources import INITIALS, PINYIN

TYPED = 2
"""Characters of a name that somebody has typed when there are still too many to look at each."""

MAX_WORDS = 8
"""Words of a name at which a search by prefix may begin."""


_TENS = frozenset("十百千")


class _Keys(NamedTuple):
    """Different folded texts, and who holds each as what.

    text: as they first occur. held_key, held: of each holder the text and place * 4 + form. offsets: places of words in
    texts of several. units: of readings.
    """

    text: list[str]
    held_key: list[int]
    held: list[int]
    offsets: dict[int, set[int]]
    units: dict[int, list[int]]


def build_index(
    names: Sequence[str],
    doc: Sequence[int] | NDArray[Any],
    form: Sequence[int] | NDArray[Any],
    table: PinyinTable,
    kind: NDArray[np.int8],
    importance: NDArray[np.float32],
    lonlat: NDArray[np.float64],
) -> NameIndex:
    """The index of names.

    names: as written. doc, form: of each the place and whether it is its NAME or an ALIAS.
    kind, importance, lonlat: of all places, see model.Places.
    """
    keys = _gather(names, doc, form, table)
    texts = keys.text
    holder, holder_key = np.array(keys.held, np.int64), np.array(keys.held_key, np.int64)
    weight = importance[holder >> FORM_BITS].astype(np.float32)
    best = np.zeros(len(texts), np.float32)
    np.maximum.at(best, holder_key, weight)
    # In a long list of names that begin alike, what is well known comes first, and what is short.
    size = np.array([len(text) for text in texts])
    worth = IMPORTANCE_WEIGHT * best + SHARE_WEIGHT * np.minimum(TYPED / np.maximum(size, 1), 1.0)
    by_worth = np.argsort(-worth, kind="stable")
    number = np.empty(len(texts), np.int64)
    number[by_worth] = np.arange(len(texts))
    arrays = _pack(texts, by_worth)
    arrays |= _hold(holder, number[holder_key], len(texts), kind, importance, lonlat)
    is_name = np.zeros(len(texts), bool)
    is_name[number[holder_key[(holder & ((1 << FORM_BITS) - 1)) < PINYIN]]] = True
    offsets = {int(number[row]): found for row, found in keys.offsets.items()}
    arrays |= _enter(arrays, is_name, offsets, table)
    arrays |= _group(arrays, is_name, {int(number[row]): units for row, units in keys.units.items()}, table)
    return assemble(arrays, table, kind, importance, lonlat)


def _gather(
    names: Sequence[str], doc: Sequence[int] | NDArray[Any], form: Sequence[int] | NDArray[Any], table: PinyinTable
) -> _Keys:
    row_of: dict[str, int] = {}
    held_key: list[int] = []
    held: list[int] = []
    offsets: dict[int, set[int]] = {}
    units: dict[int, list[int]] = {}
    readings: dict[str, tuple[str, str, list[int]]] = {}
    units_of = cache(table.units)
    folded = fold_all(names)
    texts = [_cut("".join(words)) for words in folded]
    may_be = may_be_phrases(texts).tolist()
    whose = (np.asarray(doc, np.int64) << FORM_BITS).tolist()
    for name, text, words, is_asked, of, as_what in zip(
        names, texts, folded, may_be, whose, np.asarray(form).tolist(), strict=True
    ):
        if not text:
            continue
        row = row_of.setdefault(text, len(row_of))
        held_key.append(row)
        held.append(of | as_what)
        if len(words) > 1:
            found = offsets.setdefault(row, set())
            at = 0
            for word in words[: MAX_WORDS - 1]:
                at += len(word.encode())
                if at < len(text.encode()):
                    found.add(at)
        if text.isascii() or not (is_asked or not _TENS.isdisjoint(name)):
            continue
        if name not in readings:
            readings[name] = _own_reading(name, text, table, units_of)
        spelled, initials, own = readings[name]
        if spelled:
            rows = [row_of.setdefault(each, len(row_of)) for each in (spelled, initials)]
            units[rows[0]] = own
            held_key += rows
            held += [of | PINYIN, of | INITIALS]
    return _Keys(list(row_of), held_key, held, offsets, units)


def _cut(text: str) -> str:
    if len(text) <= MAX_KEY_BYTES // 4:
        return text
    return text.encode()[: MAX_KEY_BYTES - 4].decode(errors="ignore")


def _own_reading(
    name: str, text: str, table: PinyinTable, units_of: Callable[[str], list[int]]
) -> tuple[str, str, list[int]]:
    """(syllables, initials, units) of a name that words ask to be read otherwise than the table does; else nothing.

    十二 is read shi er, while the table reads the digits of the folded text: yi er. units_of: the table's, remembered.
    """
    has_tens = not _TENS.isdisjoint(name)
    plain = fold_without_numerals(name) if has_tens else text
    parts = phrase_reading(table, plain)
    if not parts and has_tens:
        parts = [table.spell(char)[0] or char for char in plain]
    if not parts:
        return "", "", []
    parts = [each for part in parts for each in ([part] if part.isalpha() else part)]
    parts = [part if part.isalpha() else table.spell_digits(part) for part in parts]
    spelled = "".join(parts)[:MAX_KEY_BYTES]
    if not spelled.isascii() or spelled == table.spell(text)[0]:
        return "", "", []
    return spelled, "".join(part[0] for part in parts), [unit for part in parts for unit in units_of(part)]


def _pack(texts: list[str], order: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    packed = pack_texts([texts[row] for row in order.tolist()])
    return {"data": packed.data, "start": packed.start}


def _hold(
    holder: NDArray[np.int64],
    key: NDArray[np.int64],
    count: int,
    kind: NDArray[np.int8],
    importance: NDArray[np.float32],
    lonlat: NDArray[np.float64],
) -> dict[str, NDArray[Any]]:
    """The holders of each key, the most important first, and by the cells that they lie in."""
    doc = holder >> FORM_BITS
    order = np.lexsort((holder, -importance[doc], key))
    holder, key, doc = holder[order], key[order], doc[order]
    mask = np.zeros(count, np.uint8)
    np.bitwise_or.at(mask, key, (1 << kind[doc]).astype(np.uint8))
    row = np.floor((lonlat[doc, 1] + 90.0) / NEAR_DEG).astype(np.int64)
    column = np.floor((lonlat[doc, 0] + 180.0) / NEAR_DEG).astype(np.int64) % CELLS_AROUND
    cell = row * CELLS_AROUND + column
    near = np.lexsort((holder, -importance[doc], cell))
    cells, cell_start = np.unique(cell[near], return_index=True)
    return {
        "mask": mask,
        "holders.start": np.searchsorted(key, np.arange(count + 1)).astype(np.int64),
        "holders.holder": holder.astype(np.uint32),
        "holders.cell": cells,
        "holders.cell_start": np.r_[cell_start, len(cell)].astype(np.int64),
        "holders.near": near.astype(np.int32),
        "near_key": key[near],
    }


def _enter(
    arrays: dict[str, NDArray[Any]], is_name: NDArray[np.bool_], offsets: dict[int, set[int]], table: PinyinTable
) -> dict[str, NDArray[Any]]:
    """All places where a search by prefix may begin, in the order of what is read from there."""
    data, start = arrays["data"], arrays["start"]
    keys = np.arange(len(is_name), dtype=np.int32)
    inner = [(key, at) for key, found in offsets.items() for at in found]
    inner_key, inner_at = np.array(inner, np.int64).reshape(-1, 2).T
    chinese = keys[is_name & _has_chinese(data, start)]
    parts = [
        (keys, np.zeros(len(keys), np.int64), start[:-1], start[1:]),
        (inner_key.astype(np.int32), inner_at, start[inner_key] + inner_at, start[inner_key + 1]),
    ]
    arenas, size = [data], len(data)
    for at, is_initials in ((READING_AT, False), (INITIALS_AT, True)):
        arena = np.empty(6 * int((start[chinese + 1] - start[chinese]).sum()) + 1, np.uint8)
        arena_start = np.empty(len(chinese) + 1, np.int64)
        used = write_readings(data, start, chinese, table.readings, is_initials, arena, arena_start)
        parts.append((chinese, np.full(len(chinese), at), size + arena_start[:-1], size + arena_start[1:]))
        arenas.append(arena[:used])
        size += used
    key, where, begin, end = (np.concatenate(column) for column in zip(*parts))
    order = np.argsort(key, kind="stable")
    key, where, begin, end = key[order], where[order], begin[order], end[order]
    by_text = sort_texts(np.concatenate(arenas), begin, end)
    key, where = key[by_text], where[by_text].astype(np.uint16)
    is_first = (where == 0) | (where == READING_AT)
    near_key = arrays.pop("near_key")
    rank = np.full((len(near_key), 3), -1, np.int32)
    for column, place in enumerate((0, READING_AT, INITIALS_AT)):
        of_key = np.full(len(is_name), -1, np.int32)
        found = np.flatnonzero(where == place)
        of_key[key[found]] = found
        rank[:, column] = of_key[near_key]
    return {
        "holders.near_rank": rank,
        "entries.key": key.astype(np.int32),
        "entries.at": where,
        "holders.first": _lowest(np.where(is_first, key, NONE)),
        "holders.inner": _lowest(np.where(is_first, NONE, key)),
    }


def _lowest(key: NDArray[Any]) -> NDArray[np.int32]:
    if not len(key):
        return np.zeros(0, np.int32)
    return np.minimum.reduceat(key, np.arange(0, len(key), BLOCK)).astype(np.int32)


def _has_chinese(data: NDArray[np.uint8], start: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each text has a character of three bytes that may be an ideograph of the block FIRST to LAST."""
    lead = (data >= 0xE4) & (data <= 0xE9)
    code = np.zeros(len(data), np.int32)
    at = np.flatnonzero(lead)
    if len(at):
        code[at] = (
            ((data[at].astype(np.int32) & 15) << 12)
            | ((data[at + 1].astype(np.int32) & 63) << 6)
            | (data[at + 2].astype(np.int32) & 63)
        )
    count = np.r_[0, np.cumsum((code >= FIRST) & (code <= LAST))]
    return np.asarray(count[start[1:]] > count[start[:-1]])


def _group(
    arrays: dict[str, NDArray[Any]], is_name: NDArray[np.bool_], units: dict[int, list[int]], table: PinyinTable
) -> dict[str, NDArray[Any]]:
    data, start = arrays["data"], arrays["start"]
    form = is_name.astype(np.uint8)
    form[list(units)] |= 2
    own_start = np.zeros(len(form) + 1, np.int64)
    for key, found in units.items():
        own_start[key + 1] = len(found)
    own_start = np.cumsum(own_start)
    own = np.array([unit for key in sorted(units) for unit in units[key]], np.int64)
    room_for = 2 * len(data) + 4 * len(form) + len(own)
    number, size = np.empty(room_for, np.uint32), np.zeros(len(form), np.uint8)
    key_end = np.empty(len(form), np.int64)
    gram, count = number_grams(data, start, form, table.readings, own, own_start, number, size, key_end)
    order = np.argsort(gram, kind="stable")
    place = np.empty(len(gram), np.uint32)
    place[order] = np.arange(len(gram), dtype=np.uint32)
    room = np.zeros(len(gram) + 1, np.int64)
    np.cumsum(count[order], out=room[1:])
    holder, held = np.empty(int(room[-1]), np.uint32), np.zeros(len(gram), np.int64)
    fill_postings(number[: room[-1]], key_end, place, room, holder, held)
    packed, packed_start = np.empty(5 * len(holder), np.uint8), np.empty(len(gram) + 1, np.int64)
    used = pack_postings(holder, room, held, packed, packed_start)
    return {
        "postings.gram": gram[order],
        "postings.start": packed_start,
        "postings.frequency": held.astype(np.uint32),
        "postings.data": packed[:used].copy(),
        "postings.size": size,
    }
