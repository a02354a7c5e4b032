"""Names as rows of a table: what stands in one, and what the best of many are chosen by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

READING, INITIALS = -1, -2
"""In the column `at`: what is read is the reading of the name, or its initials."""

COLUMNS = (
    *("read", "name", "key", "at", "holder", "rank", "doc", "form", "kind", "mask"),
    *("importance", "lon", "lat", "is_alike"),
)
"""Of the table, in the order in which its rows are written; see `store.names_table`."""

Row: TypeAlias = tuple[int, int, int, int, str]
"""What is found: doc, form, at, key, name."""


@dataclass(frozen=True)
class Worth:
    """Weights by which names that begin alike are chosen: of a name and of a word in one, of the share of it that was
    given, of importance, of nearness to the focus, which has fallen by half at near_km.

    held: places that one name brings, the most important ones.
    """

    name: float
    word: float
    share: float
    importance: float
    near: float
    near_km: float
    held: int
