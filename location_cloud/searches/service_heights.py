"""The elevation under a search's cells, from whatever heights were imported; without them the ground is flat."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import CloudError, Unprocessable
from location_cloud.imagery.heights import heights_at
from location_cloud.imagery.service import mercator
from location_cloud.imagery.service_scenes import list_sets
from location_cloud.searches.lattice import Lattice

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

MOST_SAMPLES = 262_144
"""Heights read for one grid, 512 x 512, between which the others lie: models have cells of 30 m, and the half second in
which a map is made is short."""

FLAT = "no elevation is imported for this area: slopes count as level, hills hide nothing"
PARTLY = "elevation is known for {share:.0%} of the cells; the others count as level"

Heights = NDArray[np.float32]


def find_heights(live: Live, tenant: str, home: Path, lattice: Lattice) -> tuple[Heights | None, tuple[str, ...]]:
    """(rows, columns) metres, NaN = unknown, None where none are; and what to warn of."""
    try:
        metres = _sampled(live, tenant, home, lattice)
    except CloudError as error:  # not installed, a scene that cannot be read: the search goes on without
        return None, (f"{FLAT} ({error.detail})",)
    known = 0.0 if metres is None else float(np.isfinite(metres).mean())
    if metres is None or known == 0:
        return None, (FLAT,)
    return metres, () if known > 0.999 else (PARTLY.format(share=known),)


def get_heights(live: Live, tenant: str, home: Path, lattice: Lattice) -> Heights:
    """The same to the decimetre, where nothing can be said without. Raises Unprocessable where none are known."""
    heights, warnings = find_heights(live, tenant, home, lattice)
    if heights is None:
        raise Unprocessable("; ".join(warnings), hint="import an elevation model, or do without view")
    return heights.round(1)


def _sampled(live: Live, tenant: str, home: Path, lattice: Lattice) -> Heights | None:
    sets = [each for each in list_sets(live, tenant, home).values() if each.kind == "elevation"]
    if not sets:
        return None
    west, south, east, north = mercator(lattice.bounds)
    found = [scene for each in sets for scene in each.within((west - 1, south - 1, east + 1, north + 1), "finest")]
    if not found:
        return None
    scenes = sorted(found, key=lambda scene: scene.resolution_m)
    step = int(np.ceil(np.sqrt(lattice.size / MOST_SAMPLES)))
    rows, columns = _spread(lattice.rows, step), _spread(lattice.columns, step)
    lon = np.interp(columns, np.arange(lattice.columns), lattice.lon)
    lat = np.interp(rows, np.arange(lattice.rows), lattice.lat)
    lonlat = np.column_stack([np.tile(lon, len(lat)), np.repeat(lat, len(lon))])
    metres = heights_at(home, scenes, lonlat)[0].reshape(len(lat), len(lon)).astype(np.float32)
    return metres if step == 1 else _between(metres, rows, columns, lattice.shape)


def _spread(count: int, step: int) -> NDArray[np.float64]:
    return np.linspace(0, count - 1, max((count + step - 1) // step, min(count, 2)))


def _between(
    metres: Heights, rows: NDArray[np.float64], columns: NDArray[np.float64], shape: tuple[int, int]
) -> Heights:
    """The samples interpolated bilinearly to all cells, one axis after the other."""
    row = np.interp(np.arange(shape[0]), rows, np.arange(len(rows)))
    column = np.interp(np.arange(shape[1]), columns, np.arange(len(columns)))
    low, left = np.minimum(row.astype(int), len(rows) - 2), np.minimum(column.astype(int), len(columns) - 2)
    up, right = (row - low).astype(np.float32)[:, None], (column - left).astype(np.float32)[None, :]
    wide = metres[:, left] * (1 - right) + metres[:, left + 1] * right
    found: Heights = wide[low] * (1 - up) + wide[low + 1] * up
    return found
