"""Arrays that one process rewrites and many read: a pair of mapped slots, one to read and one to write, no locks."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import orjson
from numpy.typing import NDArray

from kernels.caching import cached
from location_cloud.errors import BadInput, CloudError
from location_cloud.storage.mapped import fence, map_file, put_in_place, reserve_file

T = TypeVar("T")
Arrays = Mapping[str, NDArray[np.int32]]

FORMAT = 1
LAYOUT, HEADER, LOCK, SLOT_FILES = "layout.json", "header", "lock", ("slot0", "slot1")
PAGE_BYTES = 4096
"""Arrays begin at whole pages."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""Changes at every start of the machine (Linux). A power cut may keep the header and lose the arrays' pages."""

MAY_BE_TORN = (ValueError, LookupError, ArithmeticError, CloudError)
"""Errors that numbers of two versions can lead to; every engine's errors are ValueErrors."""

TRIES = 2
"""So often a reader computes on the slots themselves before it takes a copy."""

COPY_TRIES = 10_000
"""A copy takes no longer than a rewrite, so that one in two succeeds even while a writer flips without a pause."""

# Places in the header, one int64 each. CURRENT holds 2 * publications + slot, so that one store changes everything.
CURRENT, GENERATION, VERSION, AS_OF, PLACES = 0, 1, 3, 5, 16


class Overtaken(RuntimeError):
    """A writer rewrote the slots faster than they could be copied, thousands of times in a row."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A slot as it stood at one moment: its arrays (read-only), its version, and when that was true (unix seconds).

    slot, generation: to find out whether it has been rewritten since (`Slots.is_unchanged`).
    """

    arrays: Arrays
    version: int
    as_of: float
    slot: int
    generation: int


class Slots:
    """Two slots of the same int32 arrays in one folder; any number of readers, one writer (the kernel's lock says who).

    Readers never wait and never get a mixture: the writer fills the slot that is not current, and makes it current by
    one 8-byte store. A reader that is still at work on a slot when its next rewrite begins finds its generation
    changed and computes again (a seqlock with two places). A writer killed at any moment leaves the current slot as it
    is. The pages are shared by all processes. Opening costs 0.1 ms, a read 1 us beside what it computes.

    Stores must be seen in order by other cores: x86 promises that, ARM does not, so every step is fenced.

    Rejected: a new file for each version, published by rename. It is simpler, but 10 MB of fresh pages cost the writer
    4 ms and every reader as many page faults at each change.
    """

    def __init__(self, folder: Path, writable: bool = False) -> None:
        """Opens a folder that `create_slots` made.

        Raises OSError, ValueError or KeyError if there is none, or it is damaged or from before the machine started.
        """
        layout = orjson.loads((folder / LAYOUT).read_bytes())
        if (layout["format"], layout["boot"]) != (FORMAT, boot_id()):
            raise ValueError(f"{folder}: slots of format {layout['format']} or from before the machine started")
        self.folder = folder
        self.lengths: dict[str, int] = layout["lengths"]
        self._header: NDArray[np.int64] = map_file(folder / HEADER, 8 * PLACES, writable).view(np.int64)
        self._times: NDArray[np.float64] = self._header.view(np.float64)
        self._slots: tuple[dict[str, NDArray[np.int32]], ...] = tuple(
            _open_slot(folder / name, self.lengths, writable) for name in SLOT_FILES
        )
        self._inode = (folder / HEADER).stat().st_ino
        self._writable = writable
        self._writing = threading.Lock()

    def current(self) -> Moment | None:
        """What is current now; None before the first publication."""
        current, generation, version, as_of = _begin(self._header, self._times)
        if current == 0:
            return None
        slot = current & 1
        return Moment(self._slots[slot], version, as_of, slot, generation)

    def is_unchanged(self, moment: Moment) -> bool:
        """Whether what was computed from a moment's arrays until now saw that moment only."""
        return bool(moment.generation & 1 == 0 and _generation(self._header, moment.slot) == moment.generation)

    def read(self, compute: Callable[[Moment], T]) -> T | None:
        """What `compute` makes of one moment, never of a mixture; None before the first publication.

        compute: pure, may run several times; while it runs, the arrays may change under it (an error that it raises
        because of that is forgotten), so that it must bear any numbers. It may not keep the arrays.

        Raises whatever `compute` raises on unchanged arrays.
        """
        for _ in range(TRIES):
            moment = self.current()
            if moment is None:
                return None
            try:
                result = compute(moment)
            except MAY_BE_TORN:
                if self.is_unchanged(moment):
                    raise
            else:
                if self.is_unchanged(moment):
                    return result
        copied = self.copy()
        return None if copied is None else compute(copied)

    def copy(self) -> Moment | None:
        """One moment in memory of its own, to be kept as long as one likes; None before the first publication."""
        for _ in range(COPY_TRIES):
            moment = self.current()
            if moment is None:
                return None
            arrays = {name: np.array(array) for name, array in moment.arrays.items()}
            if self.is_unchanged(moment):
                for array in arrays.values():
                    array.flags.writeable = False
                return Moment(arrays, moment.version, moment.as_of, moment.slot, moment.generation)
        raise Overtaken(f"{self.folder}: no copy succeeded in {COPY_TRIES} tries")

    def is_removed(self) -> bool:
        """Whether the folder was deleted or made anew: what is mapped stays, but nothing new will come. Takes 2 us."""
        try:
            return (self.folder / HEADER).stat().st_ino != self._inode
        except OSError:
            return True

    @contextlib.contextmanager
    def writing(self, version: int, as_of: float) -> Iterator[dict[str, NDArray[np.int32]]]:
        """The arrays of the slot that is not current, to be filled; they become current when the block ends well.

        The arrays hold what they held two publications ago, or a part of what a killed writer left.

        version: names the content (63 bits). as_of: when it was true, unix seconds.
        Raises BadInput if another process or thread is writing. If the block raises, nothing is published.
        """
        if not self._writable:
            raise ValueError(f"{self.folder} was opened for reading; open it with writable=True")
        with self._only_writer():
            current = int(self._header[CURRENT])
            idle = ~current & 1
            _open_generation(self._header, idle)
            yield self._slots[idle]
            _publish(self._header, self._times, idle, (current >> 1) + 1, version, as_of)

    @contextlib.contextmanager
    def preparing(self) -> Iterator[dict[str, NDArray[np.int32]]]:
        """The arrays of the slot that is not current, to be brought near to what will come; nothing is published.

        Raises as `writing`.
        """
        if not self._writable:
            raise ValueError(f"{self.folder} was opened for reading; open it with writable=True")
        with self._only_writer():
            idle = ~int(self._header[CURRENT]) & 1
            _open_generation(self._header, idle)
            yield self._slots[idle]

    @contextlib.contextmanager
    def _only_writer(self) -> Iterator[None]:
        busy = BadInput(f"{self.folder}: another process is writing there; one is enough")
        if not self._writing.acquire(blocking=False):
            raise busy
        try:
            with (self.folder / LOCK).open("ab") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise busy from None
                yield
        finally:
            self._writing.release()


def create_slots(folder: Path, lengths: Mapping[str, int]) -> Slots:
    """The slots of a folder, opened for writing; made if they are not there or have another layout or are damaged.

    lengths: entries of each array. New slots are made whole under a hidden name: a kill leaves no half folder. Their
    disk space is reserved, because a full disk would end a process that writes to mapped pages (SIGBUS).

    Raises OSError if the disk is full.
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = Slots(folder, writable=True)
        if found.lengths == dict(lengths):
            return found
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}-new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    (new / LAYOUT).write_bytes(orjson.dumps({"format": FORMAT, "boot": boot_id(), "lengths": dict(lengths)}))
    reserve_file(new / HEADER, 8 * PLACES)
    for name in SLOT_FILES:
        reserve_file(new / name, max(_layout(lengths)[1], PAGE_BYTES))
    put_in_place(new, folder)
    return Slots(folder, writable=True)


def find_slots(folder: Path) -> Slots | None:
    """The slots of a folder, opened for reading; None if there are none that this version can read."""
    try:
        return Slots(folder)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _layout(lengths: Mapping[str, int]) -> tuple[dict[str, int], int]:
    """Where each array begins in a slot's file, and the file's size."""
    begins, size = {}, 0
    for name, length in lengths.items():
        begins[name] = size
        size += -(-4 * length // PAGE_BYTES) * PAGE_BYTES
    return begins, size


def _open_slot(file: Path, lengths: Mapping[str, int], writable: bool) -> dict[str, NDArray[np.int32]]:
    begins, size = _layout(lengths)
    content = map_file(file, max(size, PAGE_BYTES), writable)
    return {name: content[begins[name] : begins[name] + 4 * length].view(np.int32) for name, length in lengths.items()}


def boot_id() -> str:
    """What tells this start of the machine from others; "" where nothing does."""
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""


@cached()
def _begin(header, times):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    current = header[CURRENT]
    fence()
    slot = current & 1
    generation = header[GENERATION + slot]
    fence()
    return current, generation, header[VERSION + slot], times[AS_OF + slot]


@cached()
def _generation(header, slot):  # type: ignore[no-untyped-def]
    fence()
    return header[GENERATION + slot]


@cached()
def _open_generation(header, slot):  # type: ignore[no-untyped-def]
    """Marks a slot as being written: the next odd generation, also where a killed writer left it odd."""
    header[GENERATION + slot] += 1 + (header[GENERATION + slot] & 1)
    fence()


@cached()
def _publish(header, times, slot, publication, version, as_of):  # type: ignore[no-untyped-def]
    fence()
    header[VERSION + slot] = version
    times[AS_OF + slot] = as_of
    fence()
    header[GENERATION + slot] += 1
    fence()
    header[CURRENT] = 2 * publication + slot
