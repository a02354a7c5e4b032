"""The maps section of the snapshot: every registered layer's tile index, mapped and shared by the workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from location_cloud.arrays import load_packed, save_packed
from location_cloud.capability import Built, Import, MapLayer, Section
from location_cloud.errors import BadInput
from location_cloud.maps.live_build import build_live
from location_cloud.maps.variants import VARIANTS, build_variants
from location_cloud.tile_sets import Box
from tiles.encode import LayerStack, encode_tile, stack_layers
from tiles.features import LayerFeatures
from tiles.index import LayerIndex, build_layer
from tiles.join import join_layers

MAX_ZOOM = 16
"""Deeper views are drawn from zoom 16, where a tile's unit is a step of the grid: nothing is rounded any more.

With 14 a screen at zoom 16 loads one tile of 16 times its area.
"""

CORE_FROM = 0.05


@dataclass(frozen=True)
class StoredLayer:
    """One layer of a set: what a TileJSON says of it, its index, and where that in other coordinates is kept."""

    name: str
    fields: Mapping[str, str]
    min_zoom: int
    max_zoom: int
    index: LayerIndex
    folder: Path
    opened: dict[str, LayerIndex] = field(default_factory=dict, repr=False)

    def index_in(self, variant: str) -> LayerIndex:
        """The index in the coordinates of a variant (`maps.variants`), "" = as it is; opened when first asked for."""
        if not variant:
            return self.index
        if variant not in self.opened:
            own = _file(self.folder, self.name, variant)
            self.opened[variant] = self.index.with_variant(load_packed(own)) if own.is_file() else self.index
        return self.opened[variant]


@dataclass(frozen=True)
class StoredSet:
    """Layers that are served together in one tile.

    bounds: west, south, east, north of all features, degrees. core: of nine tenths of the imported city, each way.
    Both None without features.
    """

    name: str
    layers: tuple[StoredLayer, ...]
    bounds: Box | None
    core: Box | None
    attribution: str
    stacks: dict[str, LayerStack] = field(default_factory=dict, repr=False)

    def stack_in(self, variant: str) -> LayerStack:
        """All layers in the coordinates of a variant, ready to be drawn; each knows the zooms of its features."""
        if variant not in self.stacks:
            self.stacks[variant] = stack_layers([layer.index_in(variant) for layer in self.layers])
        return self.stacks[variant]


@dataclass(frozen=True)
class Maps:
    """All tile sets by name."""

    sets: Mapping[str, StoredSet]


def build(import_: Import, folder: Path) -> Built:
    """Builds each registered layer's tile index."""
    counts: dict[str, int] = {}
    documents: dict[str, Any] = {}
    import_.progress.step("map layers", len(import_.layers))
    by_set = sorted(import_.layers, key=lambda layer: layer.set)
    for set_name, layers in groupby(by_set, key=lambda layer: layer.set):
        documents[set_name] = _build_set(import_, folder, list(layers), counts)
    sources = [source.attribution for source in import_.osm_sources]
    for set_name, document in documents.items():
        named = [*sources, *(layer.attribution for layer in by_set if layer.set == set_name)]
        document["attribution"] = "; ".join(filter(None, dict.fromkeys(named)))
    (folder / "sets.json").write_bytes(orjson.dumps(documents))
    counts |= build_live(import_.folder, import_.layers, partial(_stored_index, folder), MAX_ZOOM)
    return Built(counts)


def _stored_index(folder: Path, layer: MapLayer) -> LayerIndex:
    return LayerIndex.from_arrays(load_packed(_file(folder / layer.set, layer.name)))


def _build_set(import_: Import, folder: Path, layers: list[MapLayer], counts: dict[str, int]) -> dict[str, Any]:
    boxes: list[Any] = []
    local: list[Any] = [np.zeros((0, 2))]
    (folder / layers[0].set).mkdir()
    described = []
    for layer in layers:
        features = _within_zooms(layer, layer.features(import_))
        index = build_layer(features)
        save_packed(_file(folder / layer.set, layer.name), index.as_arrays())
        for variant, other in build_variants(index).items():
            save_packed(_file(folder / layer.set, layer.name, variant), other.variant_arrays())
        counts[layer.name] = len(features.ids)
        boxes.append(_bounds(features))
        if layer.is_local:
            local.append(_lonlat(features))
        described.append(
            {"name": layer.name, "fields": dict(layer.fields), "min_zoom": layer.min_zoom, "max_zoom": layer.max_zoom}
        )
        import_.progress.advance()
    return {"layers": described, "bounds": _union(boxes), "core": _core(np.concatenate(local))}


def _within_zooms(layer: MapLayer, features: LayerFeatures) -> LayerFeatures:
    lowest = np.maximum(np.asarray(features.min_zoom, np.uint8), layer.min_zoom).astype(np.uint8)
    if layer.max_zoom >= MAX_ZOOM:
        return replace(features, min_zoom=lowest)
    deepest = np.minimum(np.asarray(features.max_zoom, np.uint8), layer.max_zoom).astype(np.uint8)
    return replace(features, min_zoom=lowest, max_zoom=deepest)


def _union(boxes: list[Any]) -> list[float] | None:
    """The box around boxes, those of empty layers left out; None if all are."""
    rows = np.array(boxes).reshape(-1, 4)
    rows = rows[~np.isnan(rows).any(axis=1)]
    return [*rows[:, :2].min(axis=0).tolist(), *rows[:, 2:].max(axis=0).tolist()] if len(rows) else None


def _core(lonlat: NDArray[np.float64]) -> list[float] | None:
    """The box that nine tenths of the vertices lie in, each way: where a map opens.

    Extracts hold ways that run far out of the city; the middle of the whole box may be open country.
    """
    if not len(lonlat):
        return None
    west_south, east_north = np.quantile(lonlat, [CORE_FROM, 1 - CORE_FROM], axis=0)
    return [*west_south.tolist(), *east_north.tolist()]


def _bounds(features: LayerFeatures) -> Any:
    lonlat = _lonlat(features)
    return np.concatenate([lonlat.min(axis=0), lonlat.max(axis=0)]) if len(lonlat) else np.full(4, np.nan)


def _lonlat(features: LayerFeatures) -> NDArray[np.float64]:
    if isinstance(features.geometries, np.ndarray):
        vertices: NDArray[np.float64] = shapely.get_coordinates(features.geometries)
        return vertices
    return features.geometries.lonlat


def check(folder: Path) -> None:
    """Raises BadInput unless every layer named in sets.json opens and gives a tile."""
    for tile_set in load(folder).sets.values():
        try:
            for variant in ("", *VARIANTS):
                encode_tile(tile_set.stack_in(variant), 0, 0, 0)
        except ValueError as error:
            raise BadInput(f"{folder}: tile set {tile_set.name} is damaged: {error}") from error


def load(folder: Path) -> Maps:
    """The tile sets, their arrays mapped read-only."""
    documents = orjson.loads((folder / "sets.json").read_bytes())
    return Maps({name: _load_set(folder / name, name, document) for name, document in documents.items()})


def _load_set(folder: Path, name: str, document: Any) -> StoredSet:
    layers = tuple(_load_layer(folder, layer) for layer in document["layers"])
    return StoredSet(name, layers, _box(document["bounds"]), _box(document["core"]), document["attribution"])


def _load_layer(folder: Path, described: Any) -> StoredLayer:
    index = LayerIndex.from_arrays(load_packed(_file(folder, described["name"])))
    zooms = described["min_zoom"], described["max_zoom"]
    return StoredLayer(described["name"], described["fields"], *zooms, index, folder)


def _file(folder: Path, layer: str, variant: str = "") -> Path:
    return folder / f"{layer}{variant and '.' + variant}.arrays"


def _box(numbers: list[float] | None) -> Box | None:
    return None if numbers is None else (numbers[0], numbers[1], numbers[2], numbers[3])


def warm(maps: Maps) -> None:
    """Encodes one tile of each set, so that the encoder is compiled before the first user's; joins one for layers."""
    for tile_set in maps.sets.values():
        join_layers("", encode_tile(tile_set.stack_in(""), 0, 0, 0))


SECTION: Section[Maps] = Section("maps", build, check, load, needs=("*",), warm=warm)
