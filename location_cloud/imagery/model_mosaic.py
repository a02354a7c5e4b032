"""Scenes that make one map together: which of them lie under a tile or a box, and which of those lies on top."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import is_
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np
import shapely

from location_cloud.imagery.model import HALF_WORLD_M, MAX_ZOOM, TILE_PX, Box, Kind, Scene

Order: TypeAlias = Literal["newest", "oldest", "finest"]
"""What lies on top: the last taken, the first taken, or what shows the smallest things."""

ZOOMS_BELOW = 2
"""A set is shown from so many zooms above (coarser than) its coarsest overview: then it is a quarter of a tile."""

MAX_SCENES_A_PICTURE = 200
"""Scenes that are drawn into one tile or picture; those below the 200th do not show."""


@dataclass(frozen=True)
class SceneSet:
    """The scenes of one name that one tenant sees, newest first; undated ones come after dated ones."""

    name: str
    scenes: tuple[Scene, ...]
    home: Path

    @cached_property
    def kind(self) -> Kind:
        """What its scenes are; the first scene decides."""
        return self.scenes[0].kind

    @cached_property
    def stamp(self) -> str:
        """Changes with the scenes."""
        return hashlib.blake2b("".join(scene.key for scene in self.scenes).encode(), digest_size=8).hexdigest()

    @cached_property
    def min_zoom(self) -> int:
        """The coarsest zoom that is drawn."""
        return max(0, min(scene.grid.min_zoom for scene in self.scenes) - ZOOMS_BELOW)

    @cached_property
    def max_zoom(self) -> int:
        """The zoom of the finest scene."""
        return min(MAX_ZOOM, max(scene.grid.max_zoom for scene in self.scenes))

    @cached_property
    def bounds(self) -> Box:
        """Around all scenes, degrees."""
        west, south, east, north = zip(*(scene.bounds for scene in self.scenes), strict=True)
        return min(west), min(south), max(east), max(north)

    @cached_property
    def attribution(self) -> str:
        """Whom to name."""
        return "; ".join(dict.fromkeys(scene.attribution for scene in self.scenes if scene.attribution))

    @cached_property
    def _boxes(self) -> shapely.STRtree:
        grids = (scene.grid for scene in self.scenes)
        numbers = chain.from_iterable((one.max_zoom, one.x, one.y, one.columns, one.rows) for one in grids)
        zoom, x, y, columns, rows = np.fromiter(numbers, np.float64).reshape(-1, 5).T
        side = 2 * HALF_WORLD_M * 0.5**zoom
        west, north = x * side - HALF_WORLD_M, HALF_WORLD_M - y * side
        return shapely.STRtree(shapely.box(west, north - rows * side, west + columns * side, north))

    @cached_property
    def _ranks(self) -> dict[Order, list[int]]:
        """Place of each scene in an order; `scenes` is in the order "newest"."""
        count = len(self.scenes)
        oldest = sorted(range(count), key=lambda i: (not self.scenes[i].taken, self.scenes[i].taken))
        finest = sorted(range(count), key=lambda i: self.scenes[i].grid.pixel_m)
        ranks: dict[Order, list[int]] = {"newest": list(range(count))}
        for name, order in (("oldest", oldest), ("finest", finest)):
            places = [0] * count
            for place, i in enumerate(order):
                places[i] = place
            ranks[name] = places  # type: ignore[index]  # both names are orders
        return ranks

    def within(self, box_m: Box, order: Order = "newest", taken: tuple[str, str] | None = None) -> list[Scene]:
        """The scenes whose grid overlaps a box in metres of Web Mercator, the one on top first.

        taken: only those taken from the first to the second moment (ISO 8601; "" = open).
        """
        if len(self.scenes) == 1:
            found = [0]
        else:
            found = self._boxes.query(shapely.box(*box_m)).tolist()
            ranks = self._ranks[order]
            found.sort(key=ranks.__getitem__)
        scenes = [self.scenes[i] for i in found]
        if taken is not None:
            scenes = [scene for scene in scenes if is_between(scene.taken, *taken)]
        return scenes[:MAX_SCENES_A_PICTURE]


def build_sets(
    scenes: Iterable[Scene], home: Path, before: Mapping[str, SceneSet] = MappingProxyType({})
) -> dict[str, SceneSet]:
    """The sets by name; a tenant's own scenes lie above everybody's of the same age.

    before: the sets of before; those whose scenes are the very same objects stay, with what was computed of them.
    A tenant's own set hides everybody's of that name where the two are not of one kind: they cannot be one map.
    """
    grouped: dict[str, list[Scene]] = {}
    for scene in scenes:
        grouped.setdefault(scene.set, []).append(scene)
    for group in grouped.values():
        own = max(group, key=lambda scene: scene.tenant)  # everybody's tenant is empty
        group[:] = [each for each in group if (each.kind, len(each.bands)) == (own.kind, len(own.bands))]
        group.sort(key=lambda scene: (scene.tenant, scene.id))
        group.sort(key=lambda scene: (scene.taken, scene.tenant, -scene.grid.pixel_m, scene.added), reverse=True)
    return {name: _as_set(name, group, home, before.get(name)) for name, group in sorted(grouped.items())}


def _as_set(name: str, group: list[Scene], home: Path, before: SceneSet | None) -> SceneSet:
    if before is not None and len(before.scenes) == len(group) and all(map(is_, before.scenes, group)):
        return before
    return SceneSet(name, tuple(group), home)


def tile_box_m(z: int, x: int, y: int) -> Box:
    """The box of a tile in metres of Web Mercator."""
    side = 2 * HALF_WORLD_M / (1 << z)
    west, north = x * side - HALF_WORLD_M, HALF_WORLD_M - y * side
    return west, north - side, west + side, north


def pixel_m(z: int) -> float:
    """Side of a pixel of a zoom, metres of Web Mercator."""
    return 2 * HALF_WORLD_M / TILE_PX / (1 << z)


def is_between(taken: str, first: str, last: str) -> bool:
    """Whether a moment lies in an interval; a day or month without time counts as far as it is written."""
    if not taken:
        return False
    return (not first or taken >= first or taken[: len(first)] >= first[: len(taken)]) and (
        not last or taken[: len(last)] <= last[: len(taken)]
    )
