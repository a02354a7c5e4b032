"""How good a probability map was, once the subject is found."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from location_cloud.errors import BadQuery


def map_score(p: ArrayLike, found: int) -> float:
    """MapScore R = (.5 - (n + m / 2) / N) / .5: 1 = the find was in the densest cell, 0 = no better than chance, -1.

    p: (cells,) or a map, of equal cells. found: flat cell of the find. n cells are denser than it, m equally dense
    (itself among them). Raises BadQuery for a cell that is not on the map.
    Source: Cooper and Twardy, MapScore; Sava et al. 2016, Transactions in GIS.
    """
    density = np.asarray(p, np.float64).ravel()
    if not 0 <= found < density.size:
        raise BadQuery(
            f"cell {found} is not on a map of {density.size} cells", hint="the find lies off the map: it has no score"
        )
    denser = np.count_nonzero(density > density[found])
    equal = np.count_nonzero(density == density[found])
    return float((0.5 - (denser + equal / 2) / density.size) / 0.5)
