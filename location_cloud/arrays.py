"""Arrays and texts of a snapshot section as plain files that workers map and share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.errors import BadInput


@dataclass(frozen=True)
class Texts:
    """Strings by position: text i is data[start[i]:start[i + 1]] in UTF-8.

    data: (bytes,) uint8. start: (n + 1,) int64. A list of str took 4x the memory and had to be unpickled.
    """

    data: NDArray[np.uint8]
    start: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start) - 1

    def __getitem__(self, index: int) -> str:
        return self.raw(index).decode()

    def raw(self, index: int) -> bytes:
        """The UTF-8 bytes of one text."""
        return self.data[self.start[index] : self.start[index + 1]].tobytes()

    def take(self, indexes: Iterable[int]) -> list[str]:
        """The texts at these positions."""
        return [self[index] for index in indexes]

    def as_list(self) -> list[str]:
        """All texts; for builds and tests, not for requests."""
        return self.take(range(len(self)))


def pack_texts(texts: Sequence[str]) -> Texts:
    """The strings as one arena."""
    whole = "".join(texts)
    data = np.frombuffer(whole.encode(), np.uint8)
    start = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=start[1:])
    if len(data) > len(whole):
        # From characters to bytes: all but the first byte of a character begin with the bits 10.
        first = np.append(np.flatnonzero((data & 0xC0) != 0x80), len(data))
        start = first[start]
    return Texts(data, start)


def save_texts(folder: Path, name: str, texts: Sequence[str] | Texts) -> None:
    """Writes `<name>.npy` and `<name>_start.npy` below the folder."""
    packed = texts if isinstance(texts, Texts) else pack_texts(texts)
    np.save(folder / f"{name}.npy", packed.data)
    np.save(folder / f"{name}_start.npy", packed.start)


def load_texts(folder: Path, name: str) -> Texts:
    """The texts that `save_texts` wrote, mapped read-only."""
    return Texts(load_array(folder, name), load_array(folder, f"{name}_start"))


def save_arrays(folder: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes `<name>.npy` below the folder for each array; the folder is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def load_arrays(folder: Path) -> dict[str, NDArray[Any]]:
    """Every array of the folder (not of its sub-folders) by name, mapped read-only."""
    return {file.stem: load_array(folder, file.stem) for file in sorted(folder.glob("*.npy"))}


def save_packed(file: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes the arrays to one file: a line of JSON that says where each is, then their bytes.

    For sections of many small arrays: a map's 600 were 600 files to open, hash and sync.
    """
    ready = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    ends = np.cumsum([-(-array.nbytes // _ALIGNED) * _ALIGNED for array in ready.values()]).tolist()
    head = {
        name: [array.dtype.str, array.shape, end - -(-array.nbytes // _ALIGNED) * _ALIGNED]
        for (name, array), end in zip(ready.items(), ends)
    }
    line = orjson.dumps(head)
    line += b" " * (-(len(line) + 1) % _ALIGNED) + b"\n"
    with file.open("wb") as out:
        out.write(line)
        for array in ready.values():
            out.write(array.data)
            out.write(b"\0" * (-array.nbytes % _ALIGNED))


def load_packed(file: Path) -> dict[str, NDArray[Any]]:
    """The arrays that `save_packed` wrote, mapped read-only. Raises BadInput if the file is damaged."""
    try:
        whole = np.memmap(file, np.uint8, "r").view(np.ndarray)
        begin = int(np.argmax(whole[:_LONGEST_HEAD] == ord("\n"))) + 1
        head = orjson.loads(whole[:begin].tobytes())
        return {
            name: np.ndarray(shape, np.dtype(dtype), whole[begin:], offset)
            for name, (dtype, shape, offset) in head.items()
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise BadInput(f"{file} is damaged: {error}; import again") from error


_ALIGNED = 64
"""Bytes; what processors fetch at once."""

_LONGEST_HEAD = 1 << 16


def load_array(folder: Path, name: str) -> NDArray[Any]:
    """An array of the folder, mapped read-only.

    The plain view costs a third of a `numpy.memmap` per access, and requests do many small ones.
    """
    mapped: NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r")
    return mapped.view(np.ndarray)
