"""The files of one matrix made in the background: its weights, finished blocks of rows, and the result of them."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.arrays import load_array, load_arrays, save_arrays
from location_cloud.directions.network import Network
from location_cloud.directions.rows_json import CM, MS, rows_json
from routing.customize import Metric
from routing.trip import CLOSED

Int32s = NDArray[np.int32]

PLAN, WEIGHTS, BLOCK = "plan.json", "weights", "rows-"

NO_WAY = -1
"""In a result, where no way leads."""

PIECE_ROWS = 64
"""Rows of the result that are written at once."""


class MatrixFiles:
    """A folder for one matrix. What is finished there stays true when the process is killed at any moment.

    A block file holds (rows, parts, columns) int32: part 0 milliseconds, part 1 centimetres if they were asked.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, network: Network, block_rows: int) -> None:
        """Fixes the weights and the size of blocks for as long as the matrix is made."""
        arrays = {**network.metric.as_arrays(), "local_ms": network.local_ms}
        save_arrays(self.folder / WEIGHTS, arrays)
        plan = {"version": network.version, "as_of": network.as_of, "block_rows": block_rows}
        self._put(PLAN, orjson.dumps(plan))

    def plan(self) -> dict[str, Any] | None:
        """What was fixed; None if nothing was yet."""
        try:
            plan: dict[str, Any] = orjson.loads((self.folder / PLAN).read_bytes())
        except FileNotFoundError:
            return None
        return plan

    def network(self, base: Network, plan: dict[str, Any]) -> Network:
        """The network with the weights that were fixed. base: the snapshot's own of the same profile."""
        arrays = load_arrays(self.folder / WEIGHTS)
        return replace(
            base,
            metric=Metric.from_arrays(base.hierarchy, arrays),
            local_ms=arrays["local_ms"],
            version=plan["version"],
            as_of=plan["as_of"],
        )

    def put_block(self, first_row: int, times: Int32s, metres: Int32s | None) -> None:
        """Keeps finished rows. Raises OSError if the disk takes no more."""
        content = io.BytesIO()
        np.save(content, as_block(times, metres))
        self._put(f"{BLOCK}{first_row:06d}.npy", content.getvalue())

    def first_rows(self) -> set[int]:
        """The first row of each finished block."""
        return {int(file.stem.removeprefix(BLOCK)) for file in self.folder.glob(f"{BLOCK}*.npy")}

    def finish(self) -> None:
        """Drops what only the making needed."""
        shutil.rmtree(self.folder / WEIGHTS, ignore_errors=True)

    def blocks(self) -> list[Int32s]:
        """The finished blocks in order, mapped: they stay readable when the folder is removed."""
        return [load_array(self.folder, file.stem) for file in sorted(self.folder.glob(f"{BLOCK}*.npy"))]

    def remove(self) -> None:
        """Removes all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _put(self, name: str, content: bytes) -> None:
        new = self.folder / f".{name}"
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.rename(self.folder / name)


def as_block(times: Int32s, metres: Int32s | None) -> Int32s:
    """Rows of a table, (rows, columns) with CLOSED where no way leads, as a block holds them."""
    parts = [times] if metres is None else [times, metres]
    return np.stack([np.where(part == CLOSED, NO_WAY, part).astype(np.int32) for part in parts], axis=1)


def npy_pieces(blocks: list[Int32s], part: int) -> tuple[Iterator[bytes], int]:
    """One part of a result as a numpy file of (rows, columns) int32, NO_WAY where no way leads; and its bytes."""
    rows, columns = sum(len(block) for block in blocks), blocks[0].shape[2]
    head = io.BytesIO()
    layout = {"descr": "<i4", "fortran_order": False, "shape": (rows, columns)}
    np.lib.format.write_array_header_1_0(head, layout)

    def pieces() -> Iterator[bytes]:
        yield head.getvalue()
        for block in blocks:
            for first in range(0, len(block), PIECE_ROWS):
                yield block[first : first + PIECE_ROWS, part].tobytes()

    return pieces(), len(head.getvalue()) + 4 * rows * columns


def line_pieces(head: dict[str, Any], blocks: list[Int32s]) -> Iterator[bytes]:
    """A result as lines of JSON: first `head`, then one line a source; NO_WAY becomes null."""
    yield orjson.dumps(head) + b"\n"
    row = 0
    for block in blocks:
        for first in range(0, len(block), PIECE_ROWS):
            cells = block[first : first + PIECE_ROWS]
            yield b"".join(_line(row + at, parts) for at, parts in enumerate(cells))
            row += len(cells)


def _line(row: int, parts: Int32s) -> bytes:
    told: dict[str, Any] = {"source": row, "durations_s": _row_json(parts[:1], MS)}
    if len(parts) > 1:
        told["distances_m"] = _row_json(parts[1:], CM)
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


def _row_json(cells: Int32s, parts: int) -> orjson.Fragment:
    return orjson.Fragment(rows_json(cells, parts)[1:-1])
