"""Layers whose features change one by one - own layers, incidents, cases, vehicles - as vector tiles, never stale.

A capability says how to read what changed since a live version; each web worker keeps the layer indexed in memory,
brings it up to date before it answers (`storage.live.Live.version` says whether anything happened, 5 us), and makes
anew only those tiles that a change reaches. The bytes, and so the ETags, are the same in every worker.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.errors import CloudError, TooLarge
from location_cloud.kept_tiles import KeptTiles, as_tile
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

BYTES_KEPT = 32_000_000
"""Finished tiles that a worker keeps of all layers together."""

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


_NUMBERS = itertools.count()


class LiveLayer:
    """One layer in one coordinate system, followed in this process. May be shared by all threads.

    version: the live version now, quick. fetch: see Fetch. crs: what the coordinates of its tiles pretend to be.
    matrix: how the world is cut. kept: where finished tiles are kept; that of all layers of a process.

    One caller at a time reads the store and indexes, those who need what he makes wait for him and nobody else does;
    state and kept tiles are exchanged together, within microseconds.
    """

    def __init__(
        self,
        name: str,
        version: Callable[[], int],
        fetch: Fetch,
        crs: Crs = "wgs84",
        matrix: Matrix = "w",
        *,
        kept: KeptTiles,
    ) -> None:
        self.name = name
        self._matrix = matrix
        self._version = version
        self._fetch = fetch
        self._crs: Crs = crs
        self._following = threading.Lock()
        self._exchanging = threading.Lock()
        self._folding = threading.Lock()
        self._state: State | None = None
        self._refused: tuple[int, TooLarge] | None = None
        self._kept = kept
        self._number = next(_NUMBERS)

    def tile(self, at: TileAt) -> Tile | None:
        """The tile as of now, None if nothing is in it. Takes 5 us if nothing that it shows has changed.

        Raises as `fetch`.
        """
        state = self._current()
        place = (at.z, at.x, at.y)
        kept = self._kept.find(self._number, place)
        if kept is None:
            tile = as_tile(state[1].encode(*place, MAX_TILE_BYTES).body)
            with self._exchanging:
                if self._state is not None and self._state[1] is state[1]:  # else it may be of before an edit
                    self._kept.keep(self._number, place, tile)
            return tile
        return kept if kept.body else None

    def find(self, at: TileAt) -> Tile | None:
        """The tile as of now if it is kept, without body where nothing is; else None. Waits for nobody."""
        state = self._state
        if state is None or state[0] < self._version():
            return None
        return self._kept.find(self._number, (at.z, at.x, at.y))

    def current(self) -> EditedLayer:
        """The layer as of now. Raises as `fetch`."""
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

    def forget_tiles(self) -> None:
        """Lets the finished tiles go."""
        self._kept.forget(self._number, self._kept.places(self._number))

    def _current(self) -> State:
        state, version = self._state, self._version()
        if state is not None and state[0] >= version:
            return state
        with self._following:
            state = self._state
            if state is None or state[0] < version:
                state = self._follow()
        if len(state[1].edits) > FOLD_AT and self._folding.acquire(blocking=False):
            threading.Thread(target=self._fold, name=f"fold {self.name}", daemon=True).start()
        return state

    def _follow(self) -> State:
        """Brings the state up to date; only for who holds `_following`."""
        state, version = self._state, self._version()
        if self._refused is not None and self._refused[0] == version:  # else each of many callers measures it again
            raise TooLarge(self._refused[1].detail, self._refused[1].hint)
        try:
            changes = self._fetch(None if state is None else state[0])
        except TooLarge as error:
            self._refused = version, error
            raise
        if state is None or changes.is_all:
            return self._exchange((changes.version, build_edited_layer(self.name, self._placed(changes.features))))
        if changes.features or changes.removed:
            layer, boxes = self._edited(state[1], changes)
            return self._exchange((changes.version, layer), boxes)
        return self._exchange((changes.version, state[1]), _NOWHERE)

    def _exchange(self, state: State, boxes: NDArray[np.int32] | None = None) -> State:
        """Makes a state the current one; tiles within the boxes are forgotten, None = all of them."""
        with self._exchanging:
            places: list[Any] = self._kept.places(self._number) if boxes is None or len(boxes) else []
            if places and boxes is not None:
                met = tiles_met(np.array(places, np.int64).reshape(-1, 3), boxes).tolist()
                places = [place for place, is_met in zip(places, met, strict=True) if is_met]
            self._kept.forget(self._number, places)
            self._state = state
        return state

    def _edited(self, layer: EditedLayer, changes: Changes) -> tuple[EditedLayer, NDArray[np.int32]]:
        """The layer with the changes, and the boxes that they reach."""
        edits: dict[int, Feature | None] = dict.fromkeys(changes.removed)
        edits |= {feature.id: feature for feature in self._placed(changes.features)}
        return layer.edited(edits)

    def _fold(self) -> None:
        """Makes a new base beside the requests; other tiles stay kept, because the same bytes come of it."""
        try:
            everything = self._fetch(None)
            base = build_edited_layer(self.name, self._placed(everything.features))
            with self._following:
                self._follow()  # so that all that is not in the state yet came after the base
                since = self._fetch(everything.version)
                if not since.is_all:
                    layer, boxes = self._edited(base, since)
                    self._exchange((since.version, layer), boxes)
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


_NOWHERE = np.empty((0, 4), np.int32)


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
    """The followed layers of a process, by whatever names them; the least recently used ones go.

    kept: the finished tiles of all of them.
    """

    def __init__(
        self, layers_kept: int = LAYERS_KEPT, features_kept: int = FEATURES_KEPT, kept: KeptTiles | None = None
    ) -> None:
        # The first tile of a worker is not late then: the compiled code is loaded, or made if it is not there.
        build_edited_layer("first", [Feature(1, shapely.Point(0, 0), {"kind": "first"})]).encode(0, 0, 0)
        self.kept = kept or KeptTiles(BYTES_KEPT)
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

    def follow(self, key: Hashable, make: Callable[[KeptTiles], LiveLayer]) -> LiveLayer:
        """The layer of a key, made if it is not followed yet; `make` indexes nothing, so that nobody waits here."""
        gone = []
        with self._lock:
            layer = self._layers.get(key)
            if layer is None:
                layer = self._layers[key] = make(self.kept)
            self._layers.move_to_end(key)
            sizes = [each.size() for each in self._layers.values()]
            while len(sizes) > 1 and (len(sizes) > self._layers_kept or sum(sizes) > self._features_kept):
                gone.append(self._layers.popitem(last=False)[1])
                sizes.pop(0)
        for each in gone:
            each.forget_tiles()
        return layer
