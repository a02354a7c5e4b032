"""Finished tiles that a process keeps, under one ceiling for all who make some; those not asked for longest go."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from typing import TypeAlias

from location_cloud.tile_sets import NOTHING, Tile

Place: TypeAlias = Hashable
"""Which tile of its owner's."""

OWN_BYTES = 400
"""What an entry takes beside its body, about: so that empty tiles are not kept without end either."""


class KeptTiles:
    """Tiles by owner and place. most_bytes: of all bodies together, with OWN_BYTES for each.

    Threads may share it; nobody waits longer than microseconds. A caller that replaces what its tiles were made from
    must see to it that no tile of before is kept afterwards.
    """

    def __init__(self, most_bytes: int) -> None:
        self.used_bytes = 0
        self._most_bytes = most_bytes
        self._tiles: OrderedDict[tuple[Hashable, Place], Tile] = OrderedDict()
        self._places: dict[Hashable, set[Place]] = {}
        self._lock = threading.Lock()

    def find(self, owner: Hashable, place: Place) -> Tile | None:
        """The kept tile, NOTHING where its owner has nothing; None if it is not kept."""
        with self._lock:
            tile = self._tiles.get((owner, place))
            if tile is not None:
                self._tiles.move_to_end((owner, place))
            return tile

    def keep(self, owner: Hashable, place: Place, tile: Tile | None) -> None:
        """Keeps a tile, None or NOTHING for a place without one, and lets others go to make room."""
        with self._lock:
            self._drop(owner, place)
            self._tiles[owner, place] = tile or NOTHING
            self._places.setdefault(owner, set()).add(place)
            self.used_bytes += len(tile.body if tile else b"") + OWN_BYTES
            while self.used_bytes > self._most_bytes:
                self._drop(*next(iter(self._tiles)))

    def places(self, owner: Hashable) -> list[Place]:
        """Which of an owner's tiles are kept."""
        with self._lock:
            return list(self._places.get(owner, ()))

    def forget(self, owner: Hashable, places: Iterable[Place]) -> None:
        """Lets tiles of an owner go."""
        with self._lock:
            for place in places:
                self._drop(owner, place)

    def _drop(self, owner: Hashable, place: Place) -> None:
        tile = self._tiles.pop((owner, place), None)
        if tile is None:
            return
        self.used_bytes -= len(tile.body) + OWN_BYTES
        its = self._places[owner]
        its.discard(place)
        if not its:
            del self._places[owner]


def as_tile(body: bytes) -> Tile | None:
    """A body with its validator, which names the bytes; None for an empty one."""
    return Tile(body, hashlib.blake2b(body, digest_size=12).hexdigest()) if body else None
