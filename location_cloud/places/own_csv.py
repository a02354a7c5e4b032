"""Reads an operator's table of text (.csv, .tsv, .txt): any separator, UTF-8, GB 18030 or UTF-16, bad lines told."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from location_cloud.errors import BadInput
from location_cloud.places.model_own import MOST_ROWS, Bad, RawRows
from location_cloud.places.own_size import most_rows

MOST_BYTES = 1 << 30
"""Of one file: 5 M rows of 200 bytes."""

MOST_LINES = 20
"""Of one row; a quote that is opened and not closed would swallow the rest of the file."""

ENCODINGS = ("utf-8-sig", "gb18030", "utf-16", "big5", "cp1252")


class _NotClosed(Exception):
    """A row goes on for more than MOST_LINES."""


_SEPARATORS = (",", "\t", ";", "|", "，")
_LONE = re.compile("[\ud800-\udfff\0]")
"""What a byte that is no text of the encoding is read as."""


def read_csv(path: Path, encoding: str | None = None, header: Collection[str] = ()) -> RawRows:
    """The rows of a file.

    encoding: of ENCODINGS; None = found out. header: column names that are asked for; if all of them are numbers the
    file has no header and columns are counted from 1.
    Raises BadInput if it is no table, BadInput if it is too large.
    """
    text, found = _text(path, encoding)
    lines = list(io.StringIO(text, newline=""))
    if not lines:
        raise BadInput(f"{path}: the file is empty")
    separator = _separator(lines[0])
    rows = _rows(lines, separator)
    raw = RawRows("line", note=f"read as {found}, columns divided by {separator!r}")
    has_header = not header or not all(each.isdigit() for each in header)
    names: list[str] = []
    columns: list[list[str]] = []
    most = MOST_ROWS
    for number, row in rows:
        if isinstance(row, str):
            raw.bad.append(Bad(number, row))
            continue
        if not any(cell.strip() for cell in row):
            continue
        if not names:
            most = most_rows(path, len(row))
            names = _names(row) if has_header else [str(place) for place in range(1, len(row) + 1)]
            columns = [[] for _ in names]
            if has_header:
                continue
        _take(raw, number, row, columns)
        if len(raw) > most:
            raise BadInput(f"{path}: more than {most:,} rows of {len(columns)} columns; split the file")
    raw.columns = dict(zip(names, columns, strict=True))
    if not names:
        raise BadInput(f"{path}: no line of it could be read")
    return raw


def _take(raw: RawRows, number: int, row: list[str], columns: list[list[str]]) -> None:
    if any(_LONE.search(cell) for cell in row):
        raw.bad.append(Bad(number, "bytes that are no text of the file's encoding"))
    elif len(row) < len(columns):
        raw.bad.append(Bad(number, f"{len(row)} columns where the header has {len(columns)}"))
    elif len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
        raw.bad.append(Bad(number, f"{len(row)} columns where the header has {len(columns)}; is a quote missing?"))
    else:
        raw.number.append(number)
        for column, cell in zip(columns, row):
            column.append(cell.strip())


def _text(path: Path, encoding: str | None) -> tuple[str, str]:
    """(the file as text, its encoding). Bytes that do not fit become lone surrogates, which no text has."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise BadInput(f"{path}: {size:,} bytes, at most {MOST_BYTES:,}")
    data = path.read_bytes()
    if encoding is not None:
        return _decoded(data, encoding), encoding
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _decoded(data, "utf-16"), "utf-16"
    for each in ENCODINGS[:2]:
        try:
            return data.decode(each), each.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    # Damaged in places: the encoding with the fewest of them.
    tried = [(_decoded(data, each), each) for each in ENCODINGS[:2]]
    text, found = min(tried, key=lambda pair: len(_LONE.findall(pair[0])))
    return text, found.removesuffix("-sig")


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, "replace" if encoding == "utf-16" else "surrogateescape").removeprefix("\ufeff")
    except LookupError as error:
        known = ", ".join(ENCODINGS)
        raise BadInput(f"--encoding {encoding[:40]!r} is not known; use one of {known}") from error


def _separator(line: str) -> str:
    outside = re.sub(r'"[^"]*"', "", line)
    return max(_SEPARATORS, key=lambda each: (outside.count(each), -_SEPARATORS.index(each)))


def _rows(lines: list[str], separator: str) -> Iterator[tuple[int, list[str] | str]]:
    """(line, cells), or (line, what is wrong with it)."""
    begin = 0
    while begin < len(lines):
        source = _Source(lines, begin)
        reader = csv.reader(source, delimiter=separator)
        first, why = begin, ""
        try:
            for row in reader:
                yield first + 1, row
                first = source.first = source.at
        except _NotClosed:
            why = f"a quote that is opened here is not closed within {MOST_LINES} lines"
        except csv.Error as error:
            why = f"a quote that is opened here is not closed: {error}" if "limit" in str(error) else str(error)
        if not why:
            return
        yield first + 1, why
        begin = first + 1


class _Source:
    """Lines for a reader, from one on; no more than MOST_LINES for a row that begins at `first`."""

    def __init__(self, lines: list[str], begin: int) -> None:
        self._lines = lines
        self.at = self.first = begin

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at >= len(self._lines):
            raise StopIteration
        if self.at - self.first >= MOST_LINES:
            raise _NotClosed
        self.at += 1
        return self._lines[self.at - 1]


def _names(row: list[str]) -> list[str]:
    """Column names as given; an empty or repeated one goes by its number."""
    names: list[str] = []
    taken: set[str] = set()
    for place, cell in enumerate(row, 1):
        name = _LONE.sub("", cell).strip().strip('"').strip()
        names.append(name if name and name not in taken else str(place))
        taken.add(names[-1])
    return names
