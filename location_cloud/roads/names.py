"""Many texts in two flat arrays that can be mapped from files, without an object for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Names:
    """Texts by number; number 0 is the empty text.

    data: (bytes,) uint8, all texts in UTF-8, one after the other. start: (texts + 1,) int64.
    """

    data: NDArray[np.uint8]
    start: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start) - 1

    def __getitem__(self, number: int) -> str:
        return bytes(self.data[self.start[number] : self.start[number + 1]]).decode()


class NameBook:
    """Collects texts and numbers them; equal texts get one number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {"": 0}

    def number(self, text: str) -> int:
        """The number of a text, a new one if it is new."""
        return self._numbers.setdefault(text, len(self._numbers))

    def as_names(self) -> Names:
        """All texts so far."""
        encoded = [text.encode() for text in self._numbers]
        start = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(text) for text in encoded], out=start[1:])
        return Names(np.frombuffer(b"".join(encoded), np.uint8), start)
