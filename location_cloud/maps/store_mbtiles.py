"""MBTiles 1.3 files, which are SQLite databases: read as a stranger's, written in one transaction.

Source: https://github.com/mapbox/mbtiles-spec/blob/master/1.3/spec.md
"""

from __future__ import annotations

import contextlib
import errno
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from location_cloud.errors import BadInput

BATCH_ROWS = 500

STEPS_A_ROW = 100_000_000
"""SQLite's steps before a next row: `tiles` may be a view, and a view may count for ever; about a second."""

STEPS_A_LOOK = 1_000_000


@contextlib.contextmanager
def open_mbtiles(file: Path, most_bytes: int) -> Iterator[MbtilesReader]:
    """The file for reading; nothing is written beside it. most_bytes: of one value.

    Raises BadInput, also while it is read, if it is no MBTiles file, a damaged one, or one that is being written.
    """
    for beside in (Path(f"{file}-wal"), Path(f"{file}-journal")):
        if beside.is_file() and beside.stat().st_size:
            raise BadInput(f"{file}: {beside} holds changes to it; end the program that writes it, then try again")
    address = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, most_bytes)
            connection.execute("PRAGMA trusted_schema = OFF")
            yield MbtilesReader(file, connection)
    except sqlite3.Error as error:
        raise BadInput(f"{file}: not an MBTiles file that can be read: {error}") from error


class MbtilesReader:
    """An open MBTiles file."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        self._file = file
        self._connection = connection
        self._steps = 0
        connection.set_progress_handler(self._is_too_slow, STEPS_A_LOOK)

    def metadata(self) -> dict[str, str]:
        """The rows of `metadata` by name."""
        self._steps = 0
        rows = self._connection.execute("SELECT name, value FROM metadata LIMIT 1000")
        return {str(name): str(value) for name, value in rows}

    def count(self) -> int:
        """How many tiles there are; 0 if counting takes too long."""
        self._steps = 0
        try:
            return int(self._connection.execute("SELECT count(*) FROM tiles").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_INTERRUPT":
                raise
            return 0

    def batches(self) -> Iterator[tuple[list[tuple[int, int, int]], list[bytes]]]:
        """All tiles: zoom, column and row from the north of some, and their bodies. Raises BadInput."""
        rows = self._connection.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles")
        while True:
            self._steps = 0
            batch = rows.fetchmany(BATCH_ROWS)
            if not batch:
                return
            yield [self._place(*row[:3]) for row in batch], [self._body(row) for row in batch]

    def _place(self, z: Any, x: Any, row: Any) -> tuple[int, int, int]:
        if not all(isinstance(value, int) for value in (z, x, row)) or not 0 <= z <= 30:
            raise BadInput(f"{self._file}: zoom_level={z!r}, tile_column={x!r}, tile_row={row!r} is no tile")
        if not (0 <= x < 1 << z and 0 <= row < 1 << z):
            raise BadInput(f"{self._file}: tile_column={x}, tile_row={row} lie outside zoom_level={z}")
        return z, x, (1 << z) - 1 - row  # MBTiles counts rows from the south, as TMS does

    def _body(self, row: Sequence[Any]) -> bytes:
        if not isinstance(row[3], bytes):
            raise BadInput(f"{self._file}: tile_data of {row[0]}/{row[1]}/{row[2]} is no blob")
        return row[3]

    def _is_too_slow(self) -> bool:
        self._steps += STEPS_A_LOOK
        return self._steps > STEPS_A_ROW


class MbtilesWriter:
    """Writes one MBTiles file; what is not finished is no MBTiles file."""

    def __init__(self, file: Path) -> None:
        """The file must not be there."""
        self._connection = sqlite3.connect(file, isolation_level=None)
        # Nobody reads it before it is finished, and half of one is thrown away: no journal, no waiting for the disk.
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("BEGIN")
        self._connection.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        self._connection.execute(
            "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)"
        )

    def __enter__(self) -> MbtilesWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Raises OSError, as a file would, for a full disk."""
        self._connection.close()
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, str(error)) from error

    def add(self, places: Sequence[tuple[int, int, int]], bodies: Sequence[bytes]) -> None:
        """Appends tiles: zoom, column, row from the north, and bodies as they shall be served."""
        self._connection.executemany(
            "INSERT INTO tiles VALUES (?, ?, ?, ?)",
            ((z, x, (1 << z) - 1 - y, body) for (z, x, y), body in zip(places, bodies, strict=True)),
        )

    def finish(self, metadata: Mapping[str, Any]) -> None:
        """Writes the metadata (objects as JSON) and the index."""
        self._connection.executemany(
            "INSERT INTO metadata VALUES (?, ?)",
            (
                (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
                for name, value in metadata.items()
            ),
        )
        self._connection.execute("CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row)")
        self._connection.execute("PRAGMA application_id = 0x4d504258")  # "MPBX", section "Database"
        self._connection.execute("COMMIT")
