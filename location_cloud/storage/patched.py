"""Pieces of bytes in which values of one byte stand that one process changes and many read: mapped, no locks."""

from __future__ import annotations

import contextlib
import fcntl
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from kernels.caching import cached
from location_cloud.errors import BadInput
from location_cloud.storage.mapped import FolderReader, fence, map_file, put_in_place, reserve_file
from location_cloud.storage.slots import boot_id

FORMAT = 1
LAYOUT, GENERATIONS, VALUES, LOCK = "layout.json", "generations", "values", "lock"

SPINS, NAPS, NAP_S = 1_000, 50, 0.0005
"""A reader of a piece that is being changed looks so often (20 us), then lets the writer run, and so often again.
After 30 ms it takes what it gets: the writer was stopped in the middle."""

ALL_FROM = 64
"""If more than this share of the rows changed, one pass over all pieces finds those that show them: 1 ms a million."""

TORN = -1
"""Generation of a copy that may be of two moments."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """t pieces of a body, and where n values of one byte stand in them; arrays mapped from a snapshot, never changed.

    start: (t + 1,) int64 pieces in the body. place_start: (t + 1,) int64 into the next two. places: (p,) uint32 into
    the body, piece by piece. rows: (p,) int32 whose value stands there. row_start: (n + 1,) int64 into row_pieces.
    row_pieces: (p,) int32 where each row's value stands.
    """

    body: NDArray[np.uint8]
    start: NDArray[np.int64]
    place_start: NDArray[np.int64]
    places: NDArray[np.uint32]
    rows: NDArray[np.int32]
    row_start: NDArray[np.int64]
    row_pieces: NDArray[np.int32]

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of the body, number of pieces and of rows."""
        return {"bytes": int(self.start[-1]), "pieces": len(self.start) - 1, "rows": len(self.row_start) - 1}


class Patched:
    """The values as they are now, in a folder below `run`; any number of readers put them into what they copy.

    Each piece has a generation, odd while values that it shows are being changed (a seqlock a piece): a reader takes
    its copy if the generation is even and was the same before and after. So a copy with a generation is of one
    moment, and the same generation always means the same bytes. epoch: names this run of generations; it changes
    when the folder is made anew. The pages are shared by all processes.

    Rejected: bodies patched by the writer. 33 MB of a city took 3.5 ms to patch where 1 ms finds the pieces that
    change, and now and then 20 ms more, because the system had written its pages to disk and every first store to one
    is a fault; a reader saves 0.5 us by it. Two slots that are flipped, as `storage.slots`: every piece would change
    its name with every flip.
    """

    def __init__(self, folder: Path, pieces: Pieces, writable: bool = False) -> None:
        """Opens a folder that a writer made.

        Raises OSError, ValueError or KeyError if there is none, or it is damaged or from before the machine started.
        """
        layout = orjson.loads((folder / LAYOUT).read_bytes())
        sizes = pieces.sizes
        if (layout["format"], layout["boot"], layout["sizes"]) != (FORMAT, boot_id(), sizes):
            raise ValueError(f"{folder}: of another format or import, or from before the machine started")
        self.folder = folder
        self.epoch: str = layout["epoch"]
        self.values: NDArray[np.uint8] = map_file(folder / VALUES, max(sizes["rows"], 1), writable)[: sizes["rows"]]
        generations = map_file(folder / GENERATIONS, 8 * max(sizes["pieces"], 1), writable)
        self.generations: NDArray[np.int64] = generations.view(np.int64)[: sizes["pieces"]]
        self._inode = (folder / LAYOUT).stat().st_ino

    def copy(self, pieces: Pieces, piece: int) -> tuple[bytes, int]:
        """A piece as it is now, and its generation; TORN if a writer was stopped in the middle. Takes 3 us."""
        at = pieces
        return self._retry(
            lambda: _copy(
                at.body, at.start, at.place_start, at.places, at.rows, self.values, self.generations, piece, SPINS
            )
        )

    def gather(self, pieces: Pieces, piece: int) -> tuple[bytes, int]:
        """The values in a piece in their order, and its generation; as `copy`."""
        return self._retry(
            lambda: _gather(pieces.place_start, pieces.rows, self.values, self.generations, piece, SPINS)
        )

    @staticmethod
    def _retry(read: Callable[[], tuple[NDArray[np.uint8], int]]) -> tuple[bytes, int]:
        out, generation = read()
        for _ in range(NAPS):
            if generation != TORN:
                break
            time.sleep(NAP_S)
            out, generation = read()
        return out.tobytes(), generation

    def is_removed(self) -> bool:
        """Whether the folder was deleted or made anew: what is mapped stays, but nothing new will come. Takes 2 us."""
        try:
            return (self.folder / LAYOUT).stat().st_ino != self._inode
        except OSError:
            return True


class PatchedWriter:
    """The one writer of a folder; it holds the kernel's lock on it until closed or dead."""

    def __init__(self, folder: Path, pieces: Pieces) -> None:
        """Opens the folder, or makes it with all values 0.

        A killed writer may have left some values of its last change unwritten. Raises BadInput if another process
        writes there, OSError if the disk is full.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._lock = (folder.parent / f".{folder.name}.{LOCK}").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise BadInput(f"{folder}: another process is writing there; one is enough") from None
        self._pieces = pieces
        self._shown = np.zeros(pieces.sizes["pieces"], np.bool_)
        self.patched = _open_or_create(folder, pieces)
        _close(self.patched.generations, np.nonzero(self.patched.generations & 1)[0])

    def put(self, rows: NDArray[np.int32], values: NDArray[np.uint8]) -> int:
        """Gives the rows values, all at one moment; how many pieces look different now. Rows must be in range.

        Takes 2 ms for 180,000 rows in 1.1 million places, 10 us for one row.
        """
        at, to = self._pieces, self.patched
        changed = _changed(to.values, rows, values)
        if not len(changed):
            return 0
        self._shown[:] = False
        if len(changed) * ALL_FROM < len(to.values):
            _show(changed, at.row_start, at.row_pieces, self._shown)
        else:
            is_changed = np.zeros(len(to.values), np.bool_)
            is_changed[changed] = True
            _show_all(is_changed, at.place_start, at.rows, self._shown)
        shown = np.nonzero(self._shown)[0]
        _put(to.generations, shown, to.values, rows, values)
        return len(shown)

    def close(self) -> None:
        """Lets another process write."""
        self._lock.close()


def follow_patched(folder: Path, pieces: Pieces) -> FolderReader[Patched]:
    """Finds the folder of a writer when it appears, and again when it was made anew."""
    return FolderReader(folder, lambda: Patched(folder, pieces))


def warm_reading(pieces: Pieces) -> None:
    """Loads what is compiled of a reader, or compiles it, so that the first one's copy is not late."""
    if sizes := pieces.sizes["pieces"]:
        at, values, generations = pieces, np.zeros(pieces.sizes["rows"], np.uint8), np.zeros(sizes, np.int64)
        for array in (values, generations):
            array.flags.writeable = False  # as mapped ones are: another type to compiled code
        _copy(at.body, at.start, at.place_start, at.places, at.rows, values, generations, 0, 1)
        _gather(at.place_start, at.rows, values, generations, 0, 1)


def _open_or_create(folder: Path, pieces: Pieces) -> Patched:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return Patched(folder, pieces, writable=True)
    sizes = pieces.sizes
    new = folder.with_name(f".{folder.name}-new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    reserve_file(new / VALUES, max(sizes["rows"], 1))
    reserve_file(new / GENERATIONS, 8 * max(sizes["pieces"], 1))
    layout: dict[str, Any] = {"format": FORMAT, "boot": boot_id(), "epoch": secrets.token_hex(4), "sizes": sizes}
    (new / LAYOUT).write_bytes(orjson.dumps(layout))
    put_in_place(new, folder)
    return Patched(folder, pieces, writable=True)


@cached(nogil=True)
def _changed(known, rows, values):  # type: ignore[no-untyped-def]  # kernels; the methods above are typed
    """The rows whose value is another one."""
    changed = np.empty(len(rows), np.int32)
    count = 0
    for at in range(len(rows)):
        changed[count] = rows[at]
        count += known[rows[at]] != values[at]
    return changed[:count]


@cached(nogil=True)
def _show(rows, row_start, row_pieces, shown):  # type: ignore[no-untyped-def]
    """Marks the pieces that show a value of the rows."""
    for row in rows:
        for at in range(row_start[row], row_start[row + 1]):
            shown[row_pieces[at]] = True


@cached(nogil=True)
def _show_all(is_changed, place_start, rows, shown):  # type: ignore[no-untyped-def]
    """The same in the order of memory."""
    for piece in range(len(shown)):
        for at in range(place_start[piece], place_start[piece + 1]):
            if is_changed[rows[at]]:
                shown[piece] = True
                break


@cached(nogil=True)
def _put(generations, shown, known, rows, values):  # type: ignore[no-untyped-def]
    for piece in shown:
        generations[piece] += 1
    fence()
    for at in range(len(rows)):
        known[rows[at]] = values[at]
    fence()
    for piece in shown:
        generations[piece] += 1


@cached()
def _close(generations, pieces):  # type: ignore[no-untyped-def]
    """Ends what a killed writer began: what the pieces show now is a content of its own."""
    fence()
    for piece in pieces:
        generations[piece] += 1


@cached()
def _copy(body, start, place_start, places, rows, values, generations, piece, tries):  # type: ignore[no-untyped-def]
    first = start[piece]
    out = body[first : start[piece + 1]].copy()
    for _ in range(tries):
        generation = generations[piece]
        fence()
        for at in range(place_start[piece], place_start[piece + 1]):
            out[places[at] - first] = values[rows[at]]
        fence()
        if generation & 1 == 0 and generations[piece] == generation:
            return out, generation
    return out, np.int64(-1)


@cached()
def _gather(place_start, rows, values, generations, piece, tries):  # type: ignore[no-untyped-def]
    begin, end = place_start[piece], place_start[piece + 1]
    out = np.empty(end - begin, np.uint8)
    for _ in range(tries):
        generation = generations[piece]
        fence()
        for at in range(begin, end):
            out[at - begin] = values[rows[at]]
        fence()
        if generation & 1 == 0 and generations[piece] == generation:
            return out, generation
    return out, np.int64(-1)
