"""How important each class of road is to a kind of traveller, when the plain way on is judged."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from location_cloud.roads.model import CLASSES

RANKS = {
    "motorway": 0,
    "motorway_link": 1,
    "trunk": 2,
    "trunk_link": 3,
    "primary": 4,
    "primary_link": 5,
    "secondary": 6,
    "secondary_link": 7,
    "tertiary": 8,
    "tertiary_link": 9,
    "unclassified": 10,
    "residential": 10,
    "ferry": 10,
    "living_street": 11,
    "service": 12,
    "road": 15,
}
"""The important first. Source: OSRM road_priority_class, but unclassified like residential."""

OTHER_RANK, STREET_RANK, LAST_STREET_RANK = 18, 10, 11
"""Rank of a path; of a street; the lowest rank of a road that one would call a street."""


@lru_cache(maxsize=3)
def class_ranks(mode: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """By class of road its rank and whether it is a minor one, both (classes,) int32.

    mode: to people on foot every path is a street, to cyclists every one but service roads.
    """
    rank = np.array([RANKS.get(name, OTHER_RANK) for name in CLASSES], np.int32)
    is_minor = rank > LAST_STREET_RANK
    if mode != "driving":
        is_street = np.array([mode == "walking" or name != "service" for name in CLASSES])
        rank, is_minor = (
            np.where(is_street, np.minimum(rank, STREET_RANK), rank).astype(np.int32),
            is_minor & ~is_street,
        )
    return rank, is_minor.astype(np.int32)
