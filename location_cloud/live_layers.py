"""Layers whose features change one by one - own layers, incidents, cases, vehicles - as vector tiles, never stale.

A capability says how to read what changed since a live version; each web worker keeps the layer indexed in memory,
brings it up to date before it answers (`storage.live.Live.version` says whether anything happened, 5 us), and makes
anew only those tiles that a change reaches. The bytes, and so the ETags, are the same in every worker.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.errors import CloudError
from location_cloud.spatial.crs import as_wgs84, from_wgs84
from location_cloud.tile_sets import Box, Matrix, Tile, TileAt
from tiles.covering import tiles_met
from tiles.delta import EditedLayer, Feature, build_edited_layer
from tiles.mercator import lonlat_from_grid

if TYPE_CHECKING:
    from location_cloud.spatial.crs import Crs

LOG = logging.getLogger(__name__)

MAX_TILE_BYTES = 4_000_000
"""Of one layer in one tile, before it is packed; features with the highest ids are left out of a larger one."""

TILES_KEPT = 1_024
BYTES_KEPT = 16_000_000
"""Finished tiles that a worker keeps of a layer."""

FOLD_AT = 256
"""Edits since the base was made before a new base is made, in the background: 10 ms to index them."""

LAYERS_KEPT, FEATURES_KEPT = 64, 500_000
"""Layers that a worker keeps, and features of all of them together; the least recently used ones go."""


@dataclass(frozen=True)
class Changes:
    """What happened to a layer. version: the live version that it is true at.

    features: as they are now, those that changed since, or all; in WGS-84, cut at the antimeridian.
    removed: ids of those that are gone.
    is_all: features are all there are; so it must be where `since` was None, and may be always.
    """

    version: int
    features: Sequence[Feature]
    removed: Sequence[int] = ()
    is_all: bool = False


Fetch: TypeAlias = Callable[[int | None], Changes]
"""What changed since a live version, in one transaction; None = everything. It may raise CloudError."""


State: TypeAlias = tuple[int, EditedLayer]
"""A live version and the layer as it was then."""


class LiveLayer:
    """One layer in one coordinate system, followed in this process. May be shared by all threads.

    version: the live version now, quick. fetch: see Fetch. crs: what the coordinates of its tiles pretend to be.
    matrix: how the world is cut.
    """

    def __init__(
        self, name: str, version: Callable[[], int], fetch: Fetch, crs: Crs = "wgs84", matrix: Matrix = "w"
    ) -> None:
        self.name = name
        self._matrix = matrix
        self._version = version
        self._fetch = fetch
        self._crs: Crs = crs
        self._lock = threading.Lock()
        self._folding = threading.Lock()
        self._state: State | None = None
        self._tiles: OrderedDict[tuple[int, int, int], Tile | None] = OrderedDict()
        self._bytes = 0

    def tile(self, at: TileAt) -> Tile | None:
        """The tile as of now, None if nothing is in it. Takes 5 us if nothing that it shows has changed."""
        state = self._current()
        key = (at.z, at.x, at.y)
        with self._lock:
            if key in self._tiles:
                self._tiles.move_to_end(key)
                return self._tiles[key]
        body = state[1].encode(*key, MAX_TILE_BYTES).body
        tile = Tile(body, hashlib.blake2b(body, digest_size=12).hexdigest()) if body else None
        with self._lock:
            if self._state is state and key not in self._tiles:  # else the tile may be of before an edit
                self._keep(key, tile)
        return tile

    def current(self) -> EditedLayer:
        """The layer as of now."""
        return self._current()[1]

    def bounds(self) -> Box | None:
        """West, south, east, north around everything in it, WGS-84 degrees; None while it is empty."""
        corners = self.current().grid_bounds
        if corners is None:
            return None
        lonlat = lonlat_from_grid(np.array(corners, float).reshape(2, 2))
        if self._matrix == "c":
            lonlat = _from_degree_rows(lonlat)
        (west, north), (east, south) = as_wgs84(lonlat, self._crs).tolist()
        return west, south, east, north

    def size(self) -> int:
        """How many features are indexed; 0 before the first use."""
        return 0 if self._state is None else len(self._state[1].base.ids) + len(self._state[1].recent.ids)

    def _current(self) -> State:
        state, version = self._state, self._version()
        if state is not None and state[0] >= version:
            return state
        with self._lock:
            state = self._state
            if state is None or state[0] < version:
                state = self._follow()
        if len(state[1].edits) > FOLD_AT and self._folding.acquire(blocking=False):
            threading.Thread(target=self._fold, name=f"fold {self.name}", daemon=True).start()
        return state

    def _follow(self) -> State:
        """Brings the state up to date; under the lock."""
        state = self._state
        changes = self._fetch(None if state is None else state[0])
        if state is None or changes.is_all:
            self._state = changes.version, build_edited_layer(self.name, self._placed(changes.features))
            self._forget(list(self._tiles))
        elif changes.features or changes.removed:
            self._state = changes.version, self._edited(state[1], changes)
        else:
            self._state = changes.version, state[1]
        return self._state

    def _edited(self, layer: EditedLayer, changes: Changes) -> EditedLayer:
        """The layer with the changes; tiles that they reach are forgotten."""
        edits: dict[int, Feature | None] = dict.fromkeys(changes.removed)
        edits |= {feature.id: feature for feature in self._placed(changes.features)}
        edited, boxes = layer.edited(edits)
        kept = list(self._tiles)
        met = tiles_met(np.array(kept, np.int64).reshape(-1, 3), boxes)
        self._forget([key for key, is_met in zip(kept, met.tolist(), strict=True) if is_met])
        return edited

    def _fold(self) -> None:
        """Makes a new base beside the requests; other tiles stay kept, because the same bytes come of it."""
        try:
            everything = self._fetch(None)
            base = build_edited_layer(self.name, self._placed(everything.features))
            with self._lock:
                self._follow()  # so that all that is not in the state yet came after the base
                since = self._fetch(everything.version)
                if not since.is_all:
                    self._state = since.version, self._edited(base, since)
        except CloudError as error:
            LOG.warning("layer %s goes on without a new base: %s", self.name, error)
        finally:
            self._folding.release()

    def _placed(self, features: Sequence[Feature]) -> list[Feature]:
        """The features in the layer's coordinate system."""
        geometries = np.empty(len(features), object)
        geometries[:] = [feature.geometry for feature in features]
        if self._crs not in ("wgs84", "cgcs2000"):
            geometries = shapely.transform(geometries, lambda lonlat: from_wgs84(lonlat, self._crs))
        if self._matrix == "c":
            geometries = shapely.transform(geometries, _as_degree_rows)
        return [Feature(one.id, geometry, one.attributes) for one, geometry in zip(features, geometries, strict=True)]

    def _keep(self, key: tuple[int, int, int], tile: Tile | None) -> None:
        self._tiles[key] = tile
        self._bytes += len(tile.body) if tile else 0
        while len(self._tiles) > TILES_KEPT or self._bytes > BYTES_KEPT:
            self._forget([next(iter(self._tiles))])

    def _forget(self, keys: Sequence[tuple[int, int, int]]) -> None:
        for key in keys:
            tile = self._tiles.pop(key)
            self._bytes -= len(tile.body) if tile else 0


def _as_degree_rows(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moves points so that Mercator puts them where tiles cut in degrees have them: rows grow with latitude itself.

    Matrix "c" has 2^z rows for 360 degrees from 90 N on (`tiles.mercator.degree_grid_from_lonlat`).
    """
    turns = 0.5 - (90 - lonlat[:, 1]) / 360
    return np.column_stack([lonlat[:, 0], np.degrees(np.arctan(np.sinh(2 * np.pi * turns)))])


def _from_degree_rows(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """The other way round."""
    turns = np.arcsinh(np.tan(np.radians(lonlat[:, 1]))) / (2 * np.pi)
    return np.column_stack([lonlat[:, 0], 90 - (0.5 - turns) * 360])


class LiveLayers:
    """The followed layers of a process, by whatever names them; the least recently used ones go."""

    def __init__(self, layers_kept: int = LAYERS_KEPT, features_kept: int = FEATURES_KEPT) -> None:
        # The first tile of a worker is not late then: the compiled code is loaded, or made if it is not there.
        build_edited_layer("first", [Feature(1, shapely.Point(0, 0), {"kind": "first"})]).encode(0, 0, 0)
        self._layers_kept = layers_kept
        self._features_kept = features_kept
        self._layers: OrderedDict[Hashable, LiveLayer] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> LiveLayer | None:
        """The layer of a key if it is followed."""
        with self._lock:
            if key in self._layers:
                self._layers.move_to_end(key)
            return self._layers.get(key)

    def follow(self, key: Hashable, make: Callable[[], LiveLayer]) -> LiveLayer:
        """The layer of a key, made if it is not followed yet."""
        with self._lock:
            layer = self._layers.get(key)
            if layer is None:
                layer = self._layers[key] = make()
            self._layers.move_to_end(key)
            sizes = [each.size() for each in self._layers.values()]
            while len(sizes) > 1 and (len(sizes) > self._layers_kept or sum(sizes) > self._features_kept):
                self._layers.popitem(last=False)
                sizes.pop(0)
            return layer
