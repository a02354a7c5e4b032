"""How large an operator's file may be, by its columns."""

from __future__ import annotations

from pathlib import Path

from location_cloud.errors import BadInput
from location_cloud.places.model_own import MOST_CELLS, MOST_COLUMNS, MOST_ROWS


def most_rows(path: Path, columns: int) -> int:
    """How many rows a file with so many columns may have. Raises BadInput for too many columns."""
    if columns > MOST_COLUMNS:
        raise BadInput(f"{path}: {columns:,} columns, at most {MOST_COLUMNS:,}; leave out what is not needed")
    return min(MOST_ROWS, MOST_CELLS // max(columns, 1))
