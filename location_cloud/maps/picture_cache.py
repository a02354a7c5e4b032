"""Finished pictures that one process keeps, the least recently asked for going first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from location_cloud.maps.render_client import Renderer


@dataclass
class PictureCache:
    """Pictures by what they were made from. most_bytes: of all bodies together. Threads may share it."""

    most_bytes: int
    used_bytes: int = 0
    hits: int = 0
    _kept: OrderedDict[Hashable, bytes] = field(default_factory=OrderedDict)
    _making: dict[Hashable, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, key: Hashable) -> bytes | None:
        """The picture, None if it is not kept."""
        with self._lock:
            body = self._kept.get(key)
            if body is not None:
                self._kept.move_to_end(key)
                self.hits += 1
            return body

    def keep(self, key: Hashable, body: bytes) -> None:
        """Keeps the picture, and lets others go to make room."""
        with self._lock:
            self.used_bytes += len(body) - len(self._kept.pop(key, b""))
            self._kept[key] = body
            while self.used_bytes > self.most_bytes:
                self.used_bytes -= len(self._kept.popitem(last=False)[1])

    def find_or_make(self, key: Hashable, group: Hashable, make: Callable[[], dict[Hashable, bytes]]) -> bytes:
        """The picture; else made, with whatever comes of the same drawing. Two that want one group draw it once."""
        body = self.find(key)
        if body is not None:
            return body
        with self._lock:
            turn = self._making.setdefault(group, threading.Lock())
        with turn:
            body = self.find(key)
            if body is None:
                try:
                    made = make()
                finally:
                    with self._lock:
                        self._making.pop(group, None)
                for each, picture in made.items():
                    self.keep(each, picture)
                body = made[key]
        return body


@dataclass(frozen=True)
class Pictures:
    """What a process has for the pictures of a snapshot: who draws them, and those drawn.

    The drawing process starts at the first picture; with the snapshot goes the process, and so what it loaded.
    tenant: from whose data live values are derived, "" = everybody's; other tenants' maps do not show them.
    """

    renderer: Renderer
    kept: PictureCache
    tenant: str = ""
