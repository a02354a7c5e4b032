"""The ground of an import as the section "searches" keeps it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.searches.lattice import Lattice


@dataclass(frozen=True, eq=False)
class Land:
    """The ground of an import.

    lattice: of `cover`; None where nothing was imported. cover: (rows, columns) uint8, places in LAND_COVERS.
    line_e7: (k, 2) int32 lon, lat in 1e-7 degree; line_start: (n + 1,) int64; line_kind: (n,) uint8 bits of model;
    line_box_e7: (n, 4) int32. structure_e7: (m, 2) int32, buildings.
    """

    lattice: Lattice | None
    cover: NDArray[np.uint8]
    line_e7: NDArray[np.int32]
    line_start: NDArray[np.int64]
    line_kind: NDArray[np.uint8]
    line_box_e7: NDArray[np.int32]
    structure_e7: NDArray[np.int32]
