"""Columns of a section in few bytes: written the shortest of four ways, whole again and read-only when it is opened.

Most columns of a million places say little: starts of houses that only roads have, a handful of accuracies, cells that
many points share. Opening unfolds one in 1 to 5 ms a million rows; requests see plain arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import Texts, load_array, load_packed, pack_texts, save_packed
from location_cloud.errors import BadInput

_DEGREE_E7 = 1e7

_MOST_VALUES = 65_536
"""Different values of a column that codes of two bytes can tell apart."""

_SAMPLE = 4_096
"""Values that are looked at first: where nearly all of them differ, codes are not tried."""


def pack_column(column: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """One column as the arrays that take the fewest bytes; `unpack_column` reads them.

    As it is ("plain"); its different values and a code for each row ("value", "code"); its runs of equal values
    ("value", "count"); the first of ascending whole numbers and the steps between them ("value", "step").
    """
    column = np.ascontiguousarray(column)
    found = {"plain": column}
    if column.ndim != 1 or len(column) < 2 or column.dtype.kind not in "iufb":
        return found
    ways = [found, _as_runs(column)]
    if column.dtype.kind in "iu" and column.itemsize > 1:
        ways.append(_as_steps(column))
    if column.itemsize > 1 and len(np.unique(column[:: max(1, len(column) // _SAMPLE)])) < _SAMPLE // 2:
        ways.append(_as_codes(column))
    return min((way for way in ways if way), key=lambda way: sum(array.nbytes for array in way.values()))


def unpack_column(arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """The column that `pack_column` packed, read-only. Raises KeyError if arrays are missing."""
    if "plain" in arrays:
        column = arrays["plain"]
    elif "count" in arrays:
        column = np.repeat(arrays["value"], arrays["count"])
    elif "code" in arrays:
        column = arrays["value"][arrays["code"]]
    else:
        first = arrays["value"]
        column = np.empty(len(arrays["step"]) + 1, first.dtype)
        column[0] = first[0]
        np.cumsum(arrays["step"], dtype=first.dtype, out=column[1:])
        column[1:] += first[0]
    return _read_only(column)


def save_column(folder: Path, name: str, column: NDArray[Any]) -> None:
    """Writes `<name>.column` below the folder."""
    save_packed(folder / f"{name}.column", pack_column(column))


def load_column(folder: Path, name: str) -> NDArray[Any]:
    """The column that `save_column` wrote, read-only. Raises BadInput if it is damaged."""
    file = folder / f"{name}.column"
    try:
        return unpack_column(load_packed(file))
    except (LookupError, ValueError) as error:
        raise BadInput(f"{file} is damaged: {error}; import again") from error


def save_degrees(folder: Path, name: str, degrees: NDArray[np.float64]) -> None:
    """Writes (n, 2) degrees as `<name>.npy`, whole numbers of 1e-7 degree: the precision of OSM itself, 1 cm."""
    np.save(folder / f"{name}.npy", np.rint(degrees.reshape(-1, 2) * _DEGREE_E7).astype(np.int32))


def load_degrees(folder: Path, name: str) -> NDArray[np.float64]:
    """The degrees that `save_degrees` wrote, (n, 2) float64, read-only."""
    return _read_only(load_array(folder, name) / _DEGREE_E7)


def save_texts(folder: Path, name: str, texts: Texts | list[str]) -> None:
    """Writes `<name>.npy` and `<name>_start.column` below the folder; starts take four bytes where that is enough."""
    packed = texts if isinstance(texts, Texts) else pack_texts(texts)
    np.save(folder / f"{name}.npy", packed.data)
    save_column(folder, f"{name}_start", narrow(packed.start))


def load_texts(folder: Path, name: str) -> Texts:
    """The texts that `save_texts` wrote, read-only."""
    return Texts(load_array(folder, name), load_column(folder, f"{name}_start"))


def narrow(start: NDArray[np.int64]) -> NDArray[Any]:
    """Starts as int32 where the last one fits, else as they are."""
    return start.astype(np.int32) if start[-1] < np.iinfo(np.int32).max else start


def _as_runs(column: NDArray[Any]) -> dict[str, NDArray[Any]]:
    begin = np.flatnonzero(np.r_[True, column[1:] != column[:-1]])
    count = np.diff(np.append(begin, len(column)))
    return {"value": column[begin], "count": count.astype(np.min_scalar_type(int(count.max())))}


def _as_steps(column: NDArray[Any]) -> dict[str, NDArray[Any]]:
    step = np.diff(column.astype(np.int64))
    if int(step.min()) < 0 or int(step.max()) > np.iinfo(np.uint16).max:
        return {}
    return {"value": column[:1], "step": step.astype(np.min_scalar_type(int(step.max())))}


def _as_codes(column: NDArray[Any]) -> dict[str, NDArray[Any]]:
    value, code = np.unique(column, return_inverse=True)
    if len(value) > _MOST_VALUES:
        return {}
    return {"value": value, "code": code.reshape(-1).astype(np.min_scalar_type(len(value) - 1))}


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """The array as a mapped one: compiled code is made once for these, and not again for others."""
    array.flags.writeable = False
    return array
