"""A table as a file: CSV for programs, XLSX for offices, PDF for paper."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from location_cloud.pdf_pages import Pages

Cell: TypeAlias = str | int | float | None

FORMS = ("csv", "xlsx", "pdf")
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
HINT = "pip install 'location-cloud[render]', or ask for format=xlsx"

SHEET_NAME = 31
"""Characters of a sheet's name at most, and none of \\ / ? * [ ] :. Source: ECMA-376, sheet."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes the first character of a CSV cell for. Source: OWASP, CSV injection."""


@dataclass(frozen=True)
class Column:
    """kind: what its cells are. share: of the width of a page; 0 = not on paper."""

    title: str
    kind: Literal["text", "number", "whole", "percent"]
    share: float = 0.0


@dataclass(frozen=True)
class Table:
    """title: of the file's head. notes: lines below it. rows: a cell a column; None = nothing to tell."""

    title: str
    notes: Sequence[str]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


def as_csv(table: Table) -> bytes:
    """UTF-8 with a byte order mark, without which spreadsheets garble Chinese; shares as numbers from 0 to 1."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.title for column in table.columns])
    for row in table.rows:
        writer.writerow([_plain(cell) for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(table: Table) -> bytes:
    """One sheet with typed cells, written by GDAL: a text never becomes a formula in it."""
    from pyogrio.raw import write  # heavy optional: only whoever wants a spreadsheet waits for GDAL

    values, empty = [], []
    for place, column in enumerate(table.columns):
        cells = [row[place] for row in table.rows]
        missing = np.array([cell is None for cell in cells], bool)
        kind: Any = {"text": object, "whole": np.int64}.get(column.kind, np.float64)
        filling: Cell = "" if column.kind == "text" else 0
        values.append(np.array([filling if cell is None else cell for cell in cells], kind))
        empty.append(missing)
    out = io.BytesIO()
    write(
        out,
        geometry=None,
        field_data=values,
        fields=_distinct([column.title for column in table.columns]),
        field_mask=empty,
        geometry_type=None,
        driver="XLSX",
        layer="".join(" " if char in "\\/?*[]:" else char for char in table.title)[:SHEET_NAME].strip() or "table",
        encoding="UTF-8",
    )
    return out.getvalue()


def as_pdf(table: Table) -> bytes:
    """Pages on their side, the head of the table on each. Raises NotInstalled without Skia or a font."""
    shown = [place for place, column in enumerate(table.columns) if column.share]
    head = [table.columns[place].title for place in shown]
    shares = [table.columns[place].share for place in shown]
    shares = [share / sum(shares) for share in shares]
    pages = Pages(HINT, is_wide=True)
    pages.begin()
    pages.write(table.title, pages.head)
    for note in table.notes:
        pages.paragraph(note)
    pages.y += 4
    pages.row(head, shares)
    for row in table.rows:
        pages.row([_shown(row[place], table.columns[place].kind) for place in shown], shares, head)
    return pages.finish()


WRITERS = {"csv": as_csv, "xlsx": as_xlsx, "pdf": as_pdf}


def _plain(cell: Cell) -> str | int | float | None:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _shown(cell: Cell, kind: str) -> str:
    if cell is None:
        return "–"
    return f"{float(cell):.2%}" if kind == "percent" else f"{float(cell):.2f}" if kind == "number" else str(cell)


def _distinct(names: Sequence[str]) -> list[str]:
    """GDAL wants every column's name once."""
    found: list[str] = []
    for name in names:
        number = 2
        shown = name
        while shown in found:
            shown, number = f"{name} {number}", number + 1
        found.append(shown)
    return found
