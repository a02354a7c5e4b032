"""Cells of beats as vector tiles, with when each was seen last: every tenant sees its own, up to the last commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import shapely

from location_cloud.capability import Cache
from location_cloud.errors import BadQuery, TooLarge
from location_cloud.live_layers import Changes, LiveLayer, LiveLayers
from location_cloud.patrols import store
from location_cloud.patrols.beat_cells import MOST_CELLS, boxes_of
from location_cloud.patrols.model import Beat
from location_cloud.storage.live import Live, seen_version
from location_cloud.tile_sets import Matrix, StoredSets, Tile, TileAt, TileSet, VectorLayer
from tiles.delta import Feature

if TYPE_CHECKING:
    from location_cloud.spatial.crs import Crs
    from location_cloud.storage.world import World

NAME = "patrols"

MIN_ZOOM, MAX_ZOOM = 10, 16
"""Below zoom 10 a cell is a hundredth of a pixel."""

FIELDS = {"beat": "String", "every_days": "Number", "seen_s": "Number", "simulated": "Boolean"}
"""seen_s: unix seconds, 0 = never, so that a style can tell the days of any moment."""

MOST = 300_000
"""Cells of all beats that are shown as tiles: 790 square kilometres."""

VARIANTS: tuple[tuple[Crs, Matrix], ...] = (("wgs84", "w"), ("wgs84", "c"), ("gcj02", "w"), ("bd09", "w"))
"""Coordinates and grids, each indexed when it is first asked for."""


def tile_sets(world: World, tenant: str) -> Mapping[str, TileSet]:
    """The one set."""
    return _Sets(world.live, world.overlay[NAME], tenant)


class _Sets(StoredSets):
    """The tenant's set; its bounds are looked up when somebody wants to show it."""

    def __init__(self, live: Live, layers: LiveLayers, tenant: str) -> None:
        self._live, self._layers, self._tenant = live, layers, tenant

    def __getitem__(self, name: str) -> TileSet:
        if name != NAME:
            raise KeyError(name)
        with self._live.read() as connection:
            return self._offer(store.find_bounds(connection, self._tenant))

    def __iter__(self) -> Iterator[str]:
        return iter((NAME,))

    def __len__(self) -> int:
        return 1

    def find_at_hand(self, name: str) -> TileSet | None:
        """The set without its bounds."""
        return self._offer(None) if name == NAME else None

    def _offer(self, bounds: tuple[float, float, float, float] | None) -> TileSet:
        return TileSet(
            name=NAME,
            title={"zh-CN": "巡查覆盖", "en": "Patrolled cells"},
            forms=("mvt",),
            read=self._read,
            at_hand=self._at_hand,
            min_zoom=MIN_ZOOM,
            max_zoom=MAX_ZOOM,
            bounds=bounds,
            layers=(VectorLayer(NAME, FIELDS, MIN_ZOOM, MAX_ZOOM),),
            matrices=("w", "c"),
            systems=("wgs84", "cgcs2000", "gcj02", "bd09"),
            cache=Cache.REVALIDATE,
            scope="patrols:read",
        )

    def _read(self, at: TileAt) -> Tile | None:
        variant = _variant_of(at)
        if variant not in VARIANTS:
            raise BadQuery(
                f"matrix={at.matrix} with crs={at.crs} is not made",
                hint="matrix set c is EPSG:4490, that is crs=cgcs2000; maps of AMap, Tencent and Baidu use matrix w",
            )
        fetch = partial(_fetch, self._live, self._tenant)
        layer = self._layers.follow(
            (self._tenant, variant), lambda kept: LiveLayer(NAME, self._live.version, fetch, *variant, kept=kept)
        )
        return layer.tile(at)

    def _at_hand(self, at: TileAt) -> Tile | None:
        layer = self._layers.find((self._tenant, _variant_of(at)))
        return None if layer is None else layer.find(at)


def _variant_of(at: TileAt) -> tuple[Crs, Matrix]:
    return ("wgs84" if at.crs == "cgcs2000" else at.crs), at.matrix


def _fetch(live: Live, tenant: str, since: int | None) -> Changes:
    """What happened since a live version (`live_layers.Fetch`). Raises TooLarge."""
    with live.read() as connection:
        version = seen_version(connection)
        beats = store.list_changed_beats(connection, tenant, since)
    if sum(len(beat.cells) for beat in beats) > MOST:
        raise TooLarge(f"beats have more than {MOST:,} cells", hint="ask by beat: GET /v1/patrols/unseen?beat=")
    features = [feature for beat in beats if beat.retired is None for feature in _features(beat)]
    gone = [number for beat in beats for number in _gone(beat)]
    return Changes(version, features, [] if since is None else gone, is_all=since is None)


def _features(beat: Beat) -> list[Feature]:
    """A feature a cell; its id is made of the beat's and of the cell's place in it."""
    boxes = shapely.box(*boxes_of(beat.cells).T).tolist()
    same: dict[str, Any] = {"beat": beat.code, "every_days": beat.said.every_days, "simulated": beat.said.is_simulated}
    return [
        Feature(beat.id * MOST_CELLS + place, box, {**same, "seen_s": seen})
        for place, (box, seen) in enumerate(zip(boxes, beat.seen.tolist()))
    ]


def _gone(beat: Beat) -> range:
    """Ids of cells that the beat had before and has no more."""
    first = 0 if beat.retired is not None else len(beat.cells)
    return range(beat.id * MOST_CELLS + first, beat.id * MOST_CELLS + beat.most)
