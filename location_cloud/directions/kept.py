"""Names of metrics that requests ask for, and the few values of them that a process keeps."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from location_cloud.directions.model import Options

T = TypeVar("T")

NO_ROW = -1
"""In a key: no typical speeds."""

FORMAT = 1
"""Of kept metrics; part of their names."""


@dataclass(frozen=True)
class Key:
    """Everything a metric is made from: equal keys, equal metrics. at: one of the times with these conditions."""

    profile: str
    options: Options
    conditions: bytes
    row: int
    live: int
    tenant: str
    at: datetime | None = field(compare=False)
    as_of: float = field(compare=False)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.profile, self.options, self.conditions, self.row, self.live, self.tenant))

    @cached_property
    def is_plain(self) -> bool:
        """Whether the snapshot's own metric is what is asked for."""
        return not (self.options or self.conditions or self.live) and self.row == NO_ROW

    def name(self, fingerprint: str) -> str:
        """The key as a folder's name."""
        options = {**vars(self.options), "exclude": sorted(self.options.exclude)}
        said = (FORMAT, fingerprint, self.profile, options, self.conditions, self.row, self.live, self.tenant)
        return blake2b(repr(said).encode(), digest_size=16).hexdigest()


class Kept(Generic[T]):
    """Values by key, those longest unused dropped above so many bytes; the last one stays."""

    def __init__(self, most_bytes: float) -> None:
        self._most_bytes = most_bytes
        self._values: OrderedDict[Key, tuple[T, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, key: Key) -> T | None:
        """The value, as used just now; None if there is none."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Key, value: T, size: int) -> None:
        """Keeps a value of so many bytes."""
        with self._lock:
            self._bytes += size - self._values.get(key, (None, 0))[1]
            self._values[key] = value, size
            self._values.move_to_end(key)
            while self._bytes > self._most_bytes and len(self._values) > 1:
                _, (_, dropped) = self._values.popitem(last=False)
                self._bytes -= dropped


def number_of(said: Any) -> int:
    """A number of 48 bits that names what was said (by its `repr`), 0 for nothing."""
    return int.from_bytes(blake2b(repr(said).encode(), digest_size=6).digest(), "big") if said else 0
