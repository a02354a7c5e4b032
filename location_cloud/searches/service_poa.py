"""A search's map in the forms that it is looked at in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from location_cloud.searches.bayes import probability
from location_cloud.searches.cells import Floats, Ints
from location_cloud.searches.level_areas import level_masks, outline
from location_cloud.searches.model import Search
from location_cloud.searches.model_segments import Segments
from location_cloud.searches.poa_files import as_cog, as_picture
from location_cloud.searches.service_results import answering
from location_cloud.searches.service_segments import find_segments
from location_cloud.searches.service_state import get_state
from location_cloud.spatial.geojson import as_feature
from location_cloud.storage.world import World

Json = dict[str, Any]


@dataclass(frozen=True)
class Poa:
    """A search's map now or at a time. p: (rows, columns), with rest_of_world adding up to 1."""

    search: Search
    version: int
    p: Floats
    rest_of_world: float
    responsive: float | None


def find_poa(world: World, tenant: str, search_id: int, as_of: datetime | None = None) -> Poa:
    """The map. Raises NotFound if there is no such search, or was none at that time."""
    state = get_state(world.live, tenant, world.home, search_id, as_of)
    p, rest = probability(state.belief)
    return Poa(state.search, state.version, p.reshape(state.search.lattice.shape), rest, answering(state.belief))


def summary(poa: Poa, limit: int) -> Json:
    """Levels and the densest cells, as plain values."""
    masks = level_masks(poa.p)
    area = poa.search.lattice.grid.cell_m2
    levels = [{"share": share, "area_km2": float(mask.sum() * area / 1e6)} for share, mask in masks]
    cells = _densest(poa.p, limit)
    return {
        "rest_of_world": poa.rest_of_world,
        "responsive": poa.responsive,
        "levels": levels,
        "cells": _cells(poa, cells),
    }


def level_features(poa: Poa) -> list[Json]:
    """The smallest areas that hold shares of the map's chance, the largest first, as GeoJSON features."""
    lattice = poa.search.lattice
    found = []
    for share, mask in reversed(level_masks(poa.p)):
        km2 = float(mask.sum() * lattice.grid.cell_m2 / 1e6)
        told = {"share": share, "area_km2": km2, "poa": float(poa.p[mask].sum())}
        found.append(as_feature(outline(lattice, mask), told))
    return found


def cell_features(poa: Poa, limit: int) -> list[Json]:
    """The densest cells as GeoJSON features."""
    lattice, cells = poa.search.lattice, _densest(poa.p, limit)
    row, column = np.divmod(cells, lattice.columns)
    west, south = lattice.west + column * lattice.cell_lon, lattice.south + row * lattice.cell_lat
    boxes = shapely.box(west, south, west + lattice.cell_lon, south + lattice.cell_lat)
    told = _cells(poa, cells)
    return [
        as_feature(shape, {"poa": each["poa"], "density_km2": each["density_km2"], "code": each["code"]})
        for shape, each in zip(boxes, told)
    ]


def picture(poa: Poa, max_side: int) -> bytes:
    """PNG of the map, north up in Web Mercator over the search's box."""
    return as_picture(poa.search.lattice, poa.p, max_side)


def geotiff(poa: Poa) -> bytes:
    """Cloud-optimised GeoTIFF of the map. Raises NotInstalled."""
    return as_cog(poa.search.lattice, poa.p)


def segment_features(world: World, tenant: str, search_id: int) -> tuple[Segments, list[Json]]:
    """The newest segments with the chance in each, as GeoJSON features. Raises NotFound before there are any."""
    poa = find_poa(world, tenant, search_id)
    segments = find_segments(world.live, tenant, poa.search)
    return segments, [
        as_feature(shape, {"id": name, "area_m2": size, "poa": share, "density_km2": share / size * 1e6}, name)
        for name, shape, size, share in zip(
            segments.names, segments.polygons, segments.area_m2.tolist(), segments.poa(poa.p).tolist()
        )
    ]


def _densest(p: Floats, limit: int) -> Ints:
    flat = p.ravel()
    count = min(limit, flat.size)
    some = np.argpartition(-flat, count - 1)[:count]
    return np.asarray(some[np.lexsort([some, -flat[some]])], np.int64)


def _cells(poa: Poa, cells: Ints) -> list[Json]:
    lattice = poa.search.lattice
    row, column = np.divmod(cells, lattice.columns)
    lon, lat, p = lattice.lon[column].tolist(), lattice.lat[row].tolist(), poa.p.ravel()[cells].tolist()
    codes: list[str | None] = [*lattice.codes(cells)] or [None] * len(cells)
    km2 = lattice.grid.cell_m2 / 1e6
    return [
        {"location": [x, y], "code": code, "poa": share, "density_km2": share / km2}
        for x, y, code, share in zip(lon, lat, codes, p)
    ]
