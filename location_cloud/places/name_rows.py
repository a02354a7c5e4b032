"""The names of an index as rows of a database table, and rows of it as candidates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import pack_texts
from location_cloud.places.entries import INITIALS_AT, READING_AT
from location_cloud.places.model_names import INITIALS, READING, Row
from location_cloud.places.names import FORM_BITS, NameIndex
from location_cloud.places.sources import INITIALS as AS_INITIALS
from location_cloud.places.sources import PINYIN, Candidates

BLOCK = 20_000
"""Entries whose rows are made at once: 4 MB."""

AT_OF = {READING_AT: READING, INITIALS_AT: INITIALS}


def list_rows(index: NameIndex) -> Iterator[tuple[int, bytes]]:
    """(how many entries of the index, a line for each of their places), in the text form of PostgreSQL's COPY.

    Columns as `model_names.COLUMNS`. Folded texts are letters, digits and hyphens: none of them means anything there.
    """
    entries, holders, table = index.entries, index.holders, index.table
    compared = _compared(index)
    for low in range(0, len(entries.key), BLOCK):
        keys, places = entries.key[low : low + BLOCK], entries.at[low : low + BLOCK]
        heads, alike = [], []
        for key, at in zip(keys.tolist(), places.tolist(), strict=True):
            name = index.key[key]
            if at >= INITIALS_AT:
                read, at = table.spell(name)[at == INITIALS_AT], AT_OF[at]
            else:
                read = name.encode()[at:].decode() if at else name
            heads.append(f"{read}\t{name}\t{key}\t{at}")
            alike.append("t" if compared[key] and at in (0, READING) else "f")
        first = holders.start[keys]
        count = holders.start[keys + 1] - first
        entry = np.repeat(np.arange(len(keys)), count)
        rank = np.arange(len(entry)) - np.repeat(np.cumsum(count) - count, count)
        holder = first[entry] + rank
        doc = (holders.holder[holder] >> FORM_BITS).astype(np.int64)
        columns = (
            entry,
            holder,
            rank,
            doc,
            holders.holder[holder] & ((1 << FORM_BITS) - 1),
            1 << holders.kind[doc].astype(np.int64),
            holders.mask[keys][entry],
            holders.importance[doc],
            holders.lonlat[doc, 0],
            holders.lonlat[doc, 1],
        )
        lines = [
            f"{heads[of]}\t{one}\t{rank}\t{row}\t{form}\t{kind}\t{mask}\t{importance}\t{lon}\t{lat}\t"
            f"{'f' if rank else alike[of]}\n"
            for of, one, rank, row, form, kind, mask, importance, lon, lat in zip(
                *(column.tolist() for column in columns), strict=True
            )
        ]
        yield len(keys), "".join(lines).encode()


def as_candidates(rows: Sequence[Row]) -> Candidates:
    """The rows as `prefixes.describe` says it of an index."""
    rows = sorted(rows, key=_key)  # rows of one name stand together
    number: dict[str, int] = {}
    text = [number.setdefault(row[4], len(number)) for row in rows]
    names = pack_texts(list(number))
    doc, held, at = (np.array([row[column] for row in rows], np.int64) for column in (0, 1, 2))
    size = np.diff(names.start)[text] if rows else np.zeros(0, np.int64)
    # Three bytes of a Chinese character are 3.6 letters.
    size = np.where(at == READING, size * 6 // 5, np.where(at == INITIALS, size // 3, size))
    form = np.where(at == READING, PINYIN, np.where(at == INITIALS, AS_INITIALS, held))
    return Candidates(
        doc,
        form.astype(np.int8),
        at > 0,
        size.astype(np.int32),
        names,
        np.array(text, np.int64),
        held >= PINYIN,
    )


def _key(row: Row) -> int:
    return row[3]


def _compared(index: NameIndex) -> NDArray[np.bool_]:
    """For each key whether misspelt names are compared with it: not if it is nothing but initials."""
    form = index.holders.holder & ((1 << FORM_BITS) - 1)
    count = np.r_[0, np.cumsum(form < AS_INITIALS)]
    return np.asarray(count[index.holders.start[1:]] > count[index.holders.start[:-1]])
