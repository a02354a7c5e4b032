"""Collects the names of roads and numbers them; equal names get one number."""

from __future__ import annotations

from location_cloud.arrays import Texts, pack_texts


class NameBook:
    """Collects texts and numbers them; equal texts get one number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {"": 0}

    def number(self, text: str) -> int:
        """The number of a text, a new one if it is new."""
        return self._numbers.setdefault(text, len(self._numbers))

    def as_texts(self) -> Texts:
        """All texts so far; number 0 is the empty text."""
        return pack_texts(list(self._numbers))
