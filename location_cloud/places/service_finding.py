"""Which place words mean, for capabilities that do not know the geocoder (`capability.FoundPlace`)."""

from __future__ import annotations

from location_cloud.capability import FoundPlace
from location_cloud.errors import CloudError
from location_cloud.places.service import geocode
from location_cloud.storage.world import World

SURE_CONFIDENCE, SURE_M = 80, 50.0
"""From which confidence on, and up to which radius, a place is taken for the one that is meant: a house, no street."""

NEXT_BEST = 10
"""By so much less confidence the second best answer must come."""


def find_place(world: World, text: str) -> FoundPlace | None:
    """The likeliest place, None if the words mean nothing here or no places are imported."""
    try:
        found = geocode(world, text, limit=2)
    except CloudError:  # no letters, nothing like it, no snapshot of places: the words alone are kept then
        return None
    best = found[0]
    is_alone = len(found) == 1 or found[1].confidence <= best.confidence - NEXT_BEST
    is_exact = best.accuracy_m <= SURE_M and bool(best.precise) and best.confidence >= SURE_CONFIDENCE
    return FoundPlace(best.lonlat, best.accuracy_m, best.confidence, is_exact and is_alone and not best.ask)
