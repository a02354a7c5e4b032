"""Live attributes of map layers: one byte a feature, published by the background process, read by web workers.

A capability registers a `MapLayer` with `live`; the import keeps all tiles of its set finished, with every value of the
table in each. A job opens `LiveValues` and publishes: one byte a feature, in memory that all processes share. Whoever
reads a tile puts the values at their places in his copy. Nothing is encoded, no lock is taken, and tiles that no change
reaches keep their ETag.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.arrays import load_packed, save_packed
from location_cloud.errors import BadInput, NotReady
from location_cloud.storage.patched import TORN, Patched, PatchedWriter, Pieces, follow_patched, warm_reading
from location_cloud.tile_sets import Tile
from tiles.patch import PatchableTile, PatchableTiles, digest_of, seed_of, tile_key, with_live

Value: TypeAlias = "str | int | float | bool"

BELOW_SNAPSHOT, BELOW_RUN = Path("maps") / ".live", Path("run") / "tiles"
ABOUT, ARRAYS = ".json", ".arrays"


@dataclass(frozen=True)
class LiveLayer:
    """A layer of a set with a live attribute. first, end: its rows among all of the set; in the order of the ids."""

    name: str
    attribute: str
    values: tuple[Value, ...]
    first: int
    end: int


@dataclass(frozen=True, eq=False)
class LiveSet:
    """What an import keeps of a set with live attributes. row_ids: (n,) uint64, ascending within each layer."""

    layers: tuple[LiveLayer, ...]
    row_ids: NDArray[np.uint64]
    tiles: PatchableTiles

    @cached_property
    def seeds(self) -> Mapping[str, bytes]:
        """What completes each live layer of a tile, for `tiles.patch.with_live`."""
        return {layer.name: seed_of(layer.attribute, layer.values) for layer in self.layers}

    @cached_property
    def pieces(self) -> Pieces:
        """The same tiles as pieces of bytes."""
        at = self.tiles
        return Pieces(at.body, at.tile_start, at.place_start, at.places, at.place_rows, at.row_start, at.row_tiles)

    def layer(self, name: str) -> LiveLayer:
        """The live layer. Raises BadInput if the set has none of that name."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise BadInput(f"no live layer {name!r}; there are: {', '.join(layer.name for layer in self.layers)}")

    def rows(self, layer: str, ids: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The row of each feature among all of the set, -1 for one that is not on the map."""
        found = self.layer(layer)
        known = self.row_ids[found.first : found.end]
        if not len(known):
            return np.full(len(ids), -1, np.int32)
        at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        return np.where(known[at] == ids, at + found.first, -1).astype(np.int32)

    def rows_of(self, tile: PatchableTile) -> NDArray[np.int32]:
        """The row of each feature of a tile of this set, whatever coordinates it is in."""
        rows = np.empty(len(tile.ids), np.int32)
        for number, name in enumerate(tile.layers):
            own = tile.layer == number
            rows[own] = self.rows(name, tile.ids[own])
        return rows


def save_live_set(snapshot: Path, name: str, live: LiveSet) -> None:
    """Writes what `load_live_set` reads."""
    folder = snapshot / BELOW_SNAPSHOT
    folder.mkdir(exist_ok=True)
    save_packed(folder / f"{name}{ARRAYS}", {"row_ids": live.row_ids, **live.tiles._asdict()})
    layers = [
        {"name": one.name, "attribute": one.attribute, "values": one.values, "first": one.first, "end": one.end}
        for one in live.layers
    ]
    (folder / f"{name}{ABOUT}").write_bytes(orjson.dumps({"layers": layers}))


def load_live_set(snapshot: Path, name: str) -> LiveSet:
    """The set in a snapshot's folder, its arrays mapped read-only.

    Raises OSError if it has no live attributes, BadInput if it is damaged.
    """
    folder = snapshot / BELOW_SNAPSHOT
    about: dict[str, Any] = orjson.loads((folder / f"{name}{ABOUT}").read_bytes())
    arrays = load_packed(folder / f"{name}{ARRAYS}")
    layers = tuple(LiveLayer(**{**layer, "values": tuple(layer["values"])}) for layer in about["layers"])
    try:
        row_ids = arrays.pop("row_ids")
        live = LiveSet(layers, row_ids, PatchableTiles(**arrays))
    except (KeyError, TypeError) as error:
        raise BadInput(f"{folder / name}: arrays are missing; import again") from error
    if not _is_sound(live):
        raise BadInput(f"{folder / name}: arrays contradict each other; import again")
    return live


def _is_sound(live: LiveSet) -> bool:
    """Whether compiled code, which checks no bounds, stays inside every array. Takes 10 ms a million places."""
    at, rows = live.tiles, len(live.row_ids)
    tiles, places = len(at.keys), len(at.places)
    cuts = ((at.tile_start, tiles, at.body), (at.place_start, tiles, at.places), (at.row_start, rows, at.row_tiles))
    if not all(len(start) == count + 1 and start[0] == 0 and start[-1] == len(whole) for start, count, whole in cuts):
        return False
    if any((np.diff(start) < 0).any() for start, _, _ in cuts) or tiles != len(at.digests):
        return False
    if not places == len(at.place_rows) == len(at.row_tiles):
        return False
    tile = np.repeat(np.arange(tiles), np.diff(at.place_start))
    inside = (at.places >= at.tile_start[tile]) & (at.places < at.tile_start[tile + 1])
    known = (at.place_rows >= 0) & (at.place_rows < rows) & (at.row_tiles >= 0) & (at.row_tiles < tiles)
    return bool(inside.all() and known.all() and (np.diff(at.keys) > 0).all())


def list_live_sets(snapshot: Path) -> list[str]:
    """Names of the sets with live attributes."""
    return sorted(file.stem for file in (snapshot / BELOW_SNAPSHOT).glob(f"*{ABOUT}"))


class LiveValues:
    """The writer of one set's live values, in the background process.

    values: (n,) uint8, what every row is now, as numbers in its layer's table.
    """

    def __init__(self, live: LiveSet, writer: PatchedWriter) -> None:
        self.live = live
        self._writer = writer

    @classmethod
    def open(cls, snapshot: Path, name: str) -> LiveValues:
        """The values of a set of a snapshot's folder as they were published last; at first all 0.

        Raises BadInput if another process publishes them, OSError if the snapshot has no such set or the disk is full.
        """
        live = load_live_set(snapshot, name)
        writer = PatchedWriter(_run_folder(snapshot, name), live.pieces)
        return cls(live, writer)

    @property
    def values(self) -> NDArray[np.uint8]:
        """(n,) what every row is now."""
        values = self._writer.patched.values[:]
        values.flags.writeable = False
        return values

    def rows(self, layer: str, ids: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The row of each feature, -1 where the map does not show it. Ask once, keep them, publish by them."""
        return self.live.rows(layer, ids)

    def publish(self, layer: str, rows: NDArray[np.int32], values: NDArray[np.uint8]) -> int:
        """Makes the values, numbers in the layer's table, visible in every tile and process; how many tiles changed.

        rows: of `rows`; -1 is passed over. Takes 10 us for one row, some milliseconds for a city.
        Raises BadInput for a value that the table does not have, or a row of another layer.
        """
        known = self.live.layer(layer)
        if len(rows) and int(rows.min()) < 0:
            rows, values = rows[rows >= 0], values[rows >= 0]
        if len(rows) and (int(rows.min()) < known.first or int(rows.max()) >= known.end):
            raise BadInput(f"rows of layer {layer!r} go from {known.first} to {known.end - 1}")
        if len(values) and int(values.max()) >= len(known.values):
            raise BadInput(f"value {int(values.max())} of {layer!r}: its table has {len(known.values)}")
        return self._writer.put(rows, values)

    def close(self) -> None:
        """Lets another process publish."""
        self._writer.close()


class LiveTiles:
    """One set's tiles as they are now, in a web worker. May be shared by all threads.

    shows_now: False = as if nothing was ever published, for whom it is none of their business.
    """

    def __init__(self, snapshot: Path, name: str, shows_now: bool = True) -> None:
        """Opens a set of a snapshot's folder. Raises OSError as `load_live_set`, NotReady for a damaged one."""
        try:
            self.live = load_live_set(snapshot, name)
        except BadInput as error:
            raise NotReady(str(error), hint="import the data again") from error
        self._reader = follow_patched(_run_folder(snapshot, name), self.live.pieces) if shows_now else None
        warm_reading(self.live.pieces)

    def find(self, z: int, x: int, y: int) -> int:
        """The number of a tile, -1 if nothing is in it."""
        keys, key = self.live.tiles.keys, tile_key(z, x, y)
        at = int(keys.searchsorted(key))
        return at if at < len(keys) and keys[at] == key else -1

    def geometry(self, tile: int) -> Tile:
        """The tile as the import made it: every live value is the first of its table. It never changes."""
        start = self.live.tiles.tile_start
        body = self.live.tiles.body[start[tile] : start[tile + 1]].tobytes()
        return Tile(body, f"{int(self.live.tiles.digests[tile]):016x}")

    def now(self, tile: int) -> Tile:
        """The tile with what was published last."""
        patched = self._published()
        if patched is None:
            return self.geometry(tile)
        body, generation = patched.copy(self.live.pieces, tile)
        return Tile(body, self._etag(tile, patched, generation))

    def state(self, tile: int) -> Tile:
        """One byte a feature of the live layers, in the order of `geometry`, whose ETag the first 8 bytes are."""
        order = int(self.live.tiles.digests[tile]).to_bytes(8, "big")
        patched = self._published()
        if patched is None:
            start = self.live.tiles.place_start
            return Tile(order + bytes(int(start[tile + 1] - start[tile])), f"{order.hex()}-s")
        values, generation = patched.gather(self.live.pieces, tile)
        etag = self._etag(tile, patched, generation)
        return Tile(order + values, f"{etag}-s" if etag else "")

    def completed(self, body: bytes) -> PatchableTile:
        """A tile of the set in other coordinates, as `geometry` is."""
        return with_live(body, self.live.seeds)

    def geometry_of(self, tile: PatchableTile) -> Tile:
        """As `geometry`, of a tile in other coordinates."""
        return Tile(tile.body, f"{digest_of(tile.body):016x}")

    def filled(self, tile: PatchableTile) -> Tile:
        """The same with what was published last."""
        body = bytearray(tile.body)
        np.frombuffer(body, np.uint8)[tile.places] = self._values(tile)
        return Tile(bytes(body), hashlib.blake2b(body, digest_size=12).hexdigest())

    def state_of(self, tile: PatchableTile) -> Tile:
        """As `state`, of a tile in other coordinates."""
        body = digest_of(tile.body).to_bytes(8, "big") + self._values(tile).tobytes()
        return Tile(body, hashlib.blake2b(body, digest_size=12).hexdigest())

    def _values(self, tile: PatchableTile) -> NDArray[np.uint8]:
        patched = self._published()
        rows = self.live.rows_of(tile)
        if patched is None:
            return np.zeros(len(rows), np.uint8)
        return np.where(rows >= 0, patched.values[rows], 0).astype(np.uint8)

    def _published(self) -> Patched | None:
        return None if self._reader is None else self._reader.find()

    def _etag(self, tile: int, patched: Patched, generation: int) -> str:
        """Names the bytes of one generation; "" for a copy of no single moment, which its bytes must name."""
        if generation == TORN:
            return ""
        order = f"{int(self.live.tiles.digests[tile]):016x}"
        return f"{order}-{patched.epoch}{generation:x}" if generation else order


def remove_leftovers(home: Path, snapshots: Iterable[str]) -> None:
    """Removes what was published for snapshots that are gone; what is mapped stays with whoever mapped it."""
    kept: Sequence[str] = tuple(snapshots)
    for folder in (home / BELOW_RUN).glob("*"):
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _run_folder(snapshot: Path, name: str) -> Path:
    return snapshot.parents[1] / BELOW_RUN / snapshot.name / name
