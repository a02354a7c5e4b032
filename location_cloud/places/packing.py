"""Tables of places as one file, and back."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.arrays import Texts, load_packed, pack_texts, save_packed
from location_cloud.errors import BadInput

T = TypeVar("T")

_MANY = "many"
"""Behind the name of a column of tuples of texts: how many each row has."""


def pack_table(table: Any, prefix: str) -> dict[str, NDArray[Any]]:
    """The columns of a table of `model_table` as arrays: lists of texts as an arena, tuples of texts as one, too."""
    arrays: dict[str, NDArray[Any]] = {}
    for field in fields(table):
        column, name = getattr(table, field.name), f"{prefix}.{field.name}"
        if not isinstance(column, list):
            arrays[name] = np.asarray(column)
            continue
        texts = column
        if field.name == "other":
            arrays[f"{name}.{_MANY}"] = np.fromiter(map(len, column), np.int64, len(column))
            texts = [text for row in column for text in row]
        packed = pack_texts(texts)
        arrays[f"{name}.data"], arrays[f"{name}.start"] = packed.data, packed.start
    return arrays


def unpack_table(table: type[T], arrays: dict[str, NDArray[Any]], prefix: str) -> T:
    """The table that `pack_table` packed. Raises BadInput if columns are missing."""
    columns: dict[str, Any] = {}
    try:
        for field in fields(table):  # type: ignore[arg-type]  # every table is a dataclass
            name = f"{prefix}.{field.name}"
            if name in arrays:
                columns[field.name] = arrays[name]
                continue
            texts = Texts(arrays[f"{name}.data"], arrays[f"{name}.start"]).as_list()
            if field.name == "other":
                ends = [0, *np.cumsum(arrays[f"{name}.{_MANY}"]).tolist()]
                columns[field.name] = [tuple(texts[begin:end]) for begin, end in pairwise(ends)]
            else:
                columns[field.name] = texts
        return table(**columns)
    except (LookupError, ValueError) as error:
        raise BadInput(f"the table of {prefix} is damaged: {error}; import it again") from error


def save_tables(file: Path, tables: dict[str, Any], about: dict[str, Any] | None = None) -> None:
    """Writes tables by name to one file, and what else is to be known of them."""
    arrays = {name: array for prefix, table in tables.items() for name, array in pack_table(table, prefix).items()}
    arrays["about"] = np.frombuffer(orjson.dumps(about or {}), np.uint8)
    save_packed(file, arrays)


def load_tables(file: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """(arrays for `unpack_table`, what else is known) of a file. Raises BadInput if it is damaged."""
    arrays = load_packed(file)
    try:
        about: dict[str, Any] = orjson.loads(arrays["about"].tobytes())
    except (LookupError, ValueError) as error:
        raise BadInput(f"{file} is damaged: {error}; import it again") from error
    return arrays, about
