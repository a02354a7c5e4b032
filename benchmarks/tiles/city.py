"""A city to measure on: the product's own base-map layers of a real extract, replicated side by side.

.parts/bench/tiles/NAME-NxN/LAYER/*.npy    our index of each layer, as a snapshot holds it
.parts/bench/tiles/NAME-NxN/city.json      counts, bounds and what building took
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.routing.lockstep import ROOT
from location_cloud.arrays import load_arrays, save_arrays
from location_cloud.capabilities import CAPABILITIES
from location_cloud.capability import Import
from location_cloud.storage.osm import read_osm
from tiles.features import CodedColumn, LayerFeatures
from tiles.index import LayerIndex, build_layer
from tiles.shapes import as_shapely

BENCH = ROOT / ".parts/bench/tiles"
INNER = 0.02
"""Extracts fray at the edges: the box between these quantiles of all vertices is what is replicated."""

WANTED = 600_000
MOST_COPIES = 12


class Silent:
    """Progress that nobody watches."""

    def step(self, title: str, total: float | None = None) -> None:
        """Nothing."""

    def advance(self, amount: float = 1) -> None:
        """Nothing."""


@dataclass(frozen=True)
class City:
    """The layers ready for us and for peers. bounds: west, south, east, north of the copies, degrees."""

    name: str
    file: Path
    folder: Path
    copies: int
    bounds: tuple[float, float, float, float]
    counts: dict[str, int]
    built: dict[str, float]

    @cached_property
    def indexes(self) -> list[LayerIndex]:
        """Our index of each layer, mapped from its files, in the order of the set."""
        return [LayerIndex.from_arrays(load_arrays(self.folder / name)) for name in self.counts]

    @property
    def home(self) -> Path:
        """The product's home with the extract itself imported, not replicated."""
        return import_once(self.file)

    @property
    def original(self) -> tuple[float, float, float, float]:
        """The box of the extract that was replicated, degrees: the copy in the south-west."""
        west, south, east, north = self.bounds
        return west, south, west + (east - west) / self.copies, south + (north - south) / self.copies

    def features(self) -> Iterator[LayerFeatures]:
        """What peers are filled with: the same layers, made anew."""
        box, layers = _read(self.file)
        return (_replicated(layer, box, self.copies) for layer in layers)

    @property
    def told(self) -> str:
        """How a table names the data."""
        return (
            f"{self.file.name}, its centre replicated {self.copies}x{self.copies} (so semi-synthetic): "
            f"{sum(self.counts.values()):,} features in {len(self.counts)} layers of the base map"
        )


def prepare(file: Path) -> City:
    """The extract's layers in at least WANTED features; what is there already is kept."""
    name = file.name.split(".")[0].split("-")[0]
    ready = sorted(BENCH.glob(f"{name}-*x*/city.json"))
    if not ready:
        ready = [_build(name, file)]
    about = json.loads(ready[-1].read_text())
    return City(file=file, folder=ready[-1].parent, bounds=tuple(about.pop("bounds")), **about)


def _build(name: str, file: Path) -> Path:
    box, layers = _read(file)
    present = sum(len(_within(layer, box)) for layer in layers)
    copies = min(MOST_COPIES, int(np.ceil(np.sqrt(WANTED / max(present, 1)))))
    folder = BENCH / f"{name}-{copies}x{copies}"
    shutil.rmtree(folder, ignore_errors=True)
    counts: dict[str, int] = {}
    began = time.perf_counter()
    for layer in layers:
        index = build_layer(_replicated(layer, box, copies))
        if len(index):
            save_arrays(folder / layer.name, index.as_arrays())
            counts[layer.name] = len(index)
    west, south, east, north = box
    bounds = (west, south, west + copies * (east - west), south + copies * (north - south))
    about = {
        "name": f"{name} {copies}x{copies}",
        "copies": copies,
        "bounds": bounds,
        "counts": counts,
        "built": {"seconds": time.perf_counter() - began},
    }
    path = folder / "city.json"
    path.write_text(json.dumps(about))
    return path


def import_once(file: Path) -> Path:
    """A home with the extract imported; what is there already is kept."""
    home = BENCH / f"home-{file.name.split('.')[0]}"
    if not (home / "current").exists():
        print("    importing (once) ...", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "location_cloud", "import", str(file)]
        subprocess.run(command, check=True, env={**os.environ, "LOCATION_CLOUD_HOME": str(home)}, capture_output=True)
    return home


def _read(file: Path) -> tuple[tuple[float, float, float, float], list[LayerFeatures]]:
    """The box to be replicated and the base set's layers, read and made as an import does."""
    home = import_once(file)
    osm, sources = read_osm([file], None, Silent())
    offered = tuple(
        layer
        for capability in CAPABILITIES
        for layer in capability.map_layers()
        if layer.set == "base" and layer.is_local
    )
    snapshot = home / "snapshots" / (home / "current").read_text().strip()
    work = Import(file.name, osm, sources, snapshot, None, offered, Silent())
    layers = [layer.features(work) for layer in offered]
    vertices = np.concatenate([shapely.get_coordinates(as_shapely(layer)) for layer in layers])
    (west, south), (east, north) = np.quantile(vertices, [INNER, 1 - INNER], axis=0).tolist()
    return (west, south, east, north), layers


def _within(layer: LayerFeatures, box: tuple[float, float, float, float]) -> NDArray[np.int64]:
    """The features whose middle lies in the box."""
    bounds = shapely.bounds(as_shapely(layer))
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    inside = (middle >= box[:2]).all(axis=1) & (middle < box[2:]).all(axis=1)  # NaN, an empty shape, is not
    rows: NDArray[np.int64] = np.nonzero(inside)[0]
    return rows


def _replicated(layer: LayerFeatures, box: tuple[float, float, float, float], copies: int) -> LayerFeatures:
    rows = _within(layer, box)
    shapes = as_shapely(layer)[rows]
    width, height = box[2] - box[0], box[3] - box[1]
    moved, ids = [], []
    for copy in range(copies * copies):
        step = np.array([copy % copies * width, copy // copies * height])
        moved.append(shapely.transform(shapes, lambda xy, step=step: xy + step))
        ids.append(layer.ids[rows] * np.uint64(copies * copies) + np.uint64(copy))
    return replace(
        layer,
        ids=np.concatenate(ids),
        geometries=np.concatenate(moved),
        min_zoom=_repeated(layer.min_zoom, rows, copies),
        max_zoom=_repeated(layer.max_zoom, rows, copies),
        attributes={key: _repeated(column, rows, copies) for key, column in layer.attributes.items()},
    )


def _repeated(column: Any, rows: NDArray[np.int64], copies: int) -> Any:
    if isinstance(column, int):
        return column
    if isinstance(column, np.ndarray):
        return np.tile(column[rows], copies * copies)
    if isinstance(column, CodedColumn):
        return CodedColumn(np.tile(column.codes[rows], copies * copies), column.values)
    return [column[row] for row in rows.tolist()] * (copies * copies)
