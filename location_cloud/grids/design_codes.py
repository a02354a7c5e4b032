"""Numbers of grids by the national rule, and the same numbers again for grids that stay.

Source: GB/T 30428.1 (unit grids): 15 digits, county 6, town 3, community 3, number 3; numbers run from west to east and
from north to south inside a community; a code names one grid for ever.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.errors import Unprocessable
from location_cloud.grids.design_blocks import Shapes

MOST_NUMBER = 999

KEPT_SHARE = 0.5
"""A grid is the one it was if they share so much of either."""


def reading_order(shapes: Shapes) -> NDArray[np.int64]:
    """The rows of grids as they are numbered: rows of map from north to south, each from west to east.

    A row is as high as a typical grid; which row a grid is in, its middle says.
    """
    if not len(shapes):
        return np.empty(0, np.int64)
    xy = shapely.get_coordinates(shapely.centroid(shapes))
    height = float(np.sqrt(np.median(shapely.area(shapes))))
    row = np.floor((xy[:, 1].max() - xy[:, 1]) / max(height, 1e-9))
    return np.lexsort((xy[:, 1], xy[:, 0], row)).astype(np.int64)


def match_grids(shapes: Shapes, before: Shapes) -> NDArray[np.int64]:
    """(n,) The earlier grid that each one continues, -1 = none: they share more than half of either, so one at most."""
    found = np.full(len(shapes), -1, np.int64)
    if not len(shapes) or not len(before):
        return found
    new, old = shapely.STRtree(before).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[new], before[old]))
    larger = np.maximum(shapely.area(shapes)[new], shapely.area(before)[old])
    same = shared > KEPT_SHARE * larger
    found[new[same]] = old[same]
    return found


def number_grids(
    name: str, shapes: Shapes, before: Shapes, numbers_before: NDArray[np.int64], used: Collection[int]
) -> NDArray[np.int64]:
    """(n,) The numbers of a community's grids, 1 to 999.

    name: of the community, for an error. before: its grids until now, numbers_before: theirs. used: every number that
    was ever given there; a new grid gets none of them.

    Raises Unprocessable if the numbers do not suffice.
    """
    numbers = np.zeros(len(shapes), np.int64)
    kept = match_grids(shapes, before)
    numbers[kept >= 0] = numbers_before[kept[kept >= 0]]
    new = [row for row in reading_order(shapes).tolist() if kept[row] < 0]
    taken = set(used) | set(numbers_before.tolist())
    free = [number for number in range(1, MOST_NUMBER + 1) if number not in taken]
    if len(new) > len(free):
        raise Unprocessable(
            f"{name} would have {len(new)} new grids, and {len(free)} of its {MOST_NUMBER} numbers are free",
            hint="give the borders of its communities, or a larger target",
        )
    numbers[new] = free[: len(new)]
    return numbers
