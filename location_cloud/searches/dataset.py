"""The snapshot section "searches": land cover as a raster, lines that people follow, and buildings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.arrays import load_array, save_arrays
from location_cloud.capability import Built, Import, Section
from location_cloud.errors import BadInput
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.searches.cells import Grid
from location_cloud.searches.cost_distance import walking_time_s
from location_cloud.searches.land import cover_areas, followed_lines, structures
from location_cloud.searches.lattice import Lattice, metres_per_degree
from location_cloud.searches.model import LAND_COVERS
from location_cloud.searches.model_land import Land
from location_cloud.searches.raster import mask_of

CELL_M = 20.0
"""Side of a cell of the land cover: what walkers' speeds and searchers' eyes tell apart."""

MOST_CELLS = 16_000_000
"""Of the land cover, 80 x 80 km at 20 m; larger imports get larger cells."""

MARGIN_M = 2_000.0
"""Around the roads: an import holds whole areas beside them."""


_ARRAYS = ("cover", "line_e7", "line_start", "line_kind", "line_box_e7", "structure_e7")


def build(import_: Import, folder: Path) -> Built:
    """Paints the land cover and gathers lines and buildings of the import."""
    import_.progress.step("searches: land cover")
    nodes = import_.load(ROADS).node_e7
    lattice = _lattice(nodes if len(nodes) else import_.osm.nodes.lonlat_e7)
    cover = np.zeros(lattice.shape if lattice else (0, 0), np.uint8)
    for code, polygons in cover_areas(import_.osm):
        if lattice is not None and len(polygons):
            cover[mask_of(lattice, polygons)] = code
    line_e7, start, kind = followed_lines(import_.osm)
    box = _boxes(line_e7, start)
    arrays = (cover, line_e7, start, kind, box, structures(import_.osm))
    save_arrays(folder, dict(zip(_ARRAYS, arrays, strict=True)))
    (folder / "lattice.json").write_bytes(orjson.dumps(None if lattice is None else vars(lattice)))
    return Built({"cells": cover.size, "lines": len(kind), "structures": len(arrays[-1])})


def load(folder: Path) -> Land:
    """The section as `build` wrote it, mapped."""
    told = orjson.loads((folder / "lattice.json").read_bytes())
    lattice = None if told is None else Lattice(**{**told, "origin": tuple(told["origin"])})
    return Land(lattice, *(load_array(folder, name) for name in _ARRAYS))


def check(folder: Path) -> None:
    """Raises BadInput if arrays contradict each other."""
    land = load(folder)
    lines = len(land.line_kind)
    if land.cover.shape != (land.lattice.shape if land.lattice else (0, 0)):
        raise BadInput(f"{folder}: the land cover has not the size of its lattice; import again")
    if len(land.line_start) != lines + 1 or len(land.line_box_e7) != lines or land.line_start[-1] != len(land.line_e7):
        raise BadInput(f"{folder}: columns of lines have different lengths; import again")
    if land.cover.size and int(land.cover.max()) >= len(LAND_COVERS):
        raise BadInput(f"{folder}: the land cover has a code that does not exist; import again")


def _lattice(nodes_e7: NDArray[np.int32]) -> Lattice | None:
    if not len(nodes_e7):
        return None
    west, south = (nodes_e7.min(axis=0) / 1e7).tolist()
    east, north = (nodes_e7.max(axis=0) / 1e7).tolist()
    middle = ((west + east) / 2, (south + north) / 2)
    across, up = metres_per_degree(middle[1])
    west, east = west - MARGIN_M / across, east + MARGIN_M / across
    south, north = south - MARGIN_M / up, north + MARGIN_M / up
    cell_m = max(CELL_M, float(np.sqrt((east - west) * across * (north - south) * up / MOST_CELLS)))
    cell_lon, cell_lat = cell_m / across, cell_m / up
    rows, columns = int(np.ceil((north - south) / cell_lat)), int(np.ceil((east - west) / cell_lon))
    return Lattice(west, south, cell_lon, cell_lat, rows, columns, middle)


def _boxes(line_e7: NDArray[np.int32], start: NDArray[np.int64]) -> NDArray[np.int32]:
    if len(start) < 2:
        return np.zeros((0, 4), np.int32)
    low, high = np.minimum.reduceat(line_e7, start[:-1]), np.maximum.reduceat(line_e7, start[:-1])
    return np.concatenate([low, high], axis=1)


def warm(_land: Land) -> None:
    """Walks over a few cells, so that the first search does not wait for the compiler."""
    walking_time_s(Grid(0, 0, 10, 10, 3, 3), (15, 15), np.ones((3, 3), np.float32))


SECTION: Section[Land] = Section("searches", build, check, load, needs=("roads",), warm=warm)
