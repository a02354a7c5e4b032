"""In which order to visit places: a round, or a way with a fixed or free beginning and end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import TooLarge
from routing.tour import CLOSED_MS, find_tour
from routing.trip import CLOSED

MOST_PLACES = 100
"""A whole matrix is asked for; the search takes 50 ms for so many."""


def find_trip(
    durations_ms: NDArray[np.int32],
    *,
    roundtrip: bool = True,
    source_fixed: bool = True,
    destination_fixed: bool = False,
) -> NDArray[np.int32] | None:
    """The order of the quickest trip through all places, (n,) int32, or None if no order joins them.

    durations_ms: (n, n) int32 from each place (row) to each other; routing.trip.CLOSED = no way.
    roundtrip: it comes back to where it began (that is not repeated in the order). source_fixed: it begins at place 0.
    destination_fixed: it ends at place n - 1; in a round, that one is the last before coming back.

    Exact up to 12 places, beyond as `routing.tour.find_tour`. Raises TooLarge for more than MOST_PLACES.
    """
    places = len(durations_ms)
    if places > MOST_PLACES:
        raise TooLarge(
            f"{places} places; a trip has at most {MOST_PLACES}", hint="cut it in parts, or use /v1/optimise"
        )
    if places < 2:
        return np.zeros(places, np.int32)
    whole = durations_ms.astype(np.int64)
    whole[durations_ms == CLOSED] = CLOSED_MS
    np.fill_diagonal(whole, 0)
    if roundtrip:
        if source_fixed and destination_fixed and places > 2:
            _force(whole, places - 1, 0)
        order, cost = find_tour(whole)
        if destination_fixed and not source_fixed:
            order = np.roll(order, places - 1 - int(np.flatnonzero(order == places - 1)[0]))
    else:
        # A place that is nowhere joins the end to the beginning, so that the way becomes a round.
        nowhere = np.zeros((places + 1, places + 1), np.int64)
        nowhere[:places, :places] = whole
        if source_fixed:
            nowhere[places, 1:places] = CLOSED_MS
        if destination_fixed:
            nowhere[: places - 1, places] = CLOSED_MS
        order, cost = find_tour(np.roll(nowhere, (1, 1), (0, 1)))
        order = order[1:] - 1
    return None if cost >= CLOSED_MS else order.astype(np.int32)


def _force(whole: NDArray[np.int64], before: int, after: int) -> None:
    """Leaves only one way out of a place and into another."""
    kept = whole[before, after]
    whole[before, :] = CLOSED_MS
    whole[:, after] = CLOSED_MS
    whole[before, after] = kept
