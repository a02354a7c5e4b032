"""Past speeds of some edges, slot by slot, whatever snapshot they were stored with; and what they are held against."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions import service as directions
from location_cloud.directions.live import edge_keys, find_edges
from location_cloud.directions.model import Ask
from location_cloud.errors import TooLarge
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.traffic import store
from location_cloud.traffic.choosing import Edges
from location_cloud.traffic.model_picture import Picture
from location_cloud.traffic.packed import SlotSpeeds, unpack_at

if TYPE_CHECKING:
    from location_cloud.storage.world import World

MOST_SLOTS, MOST_SPEEDS = 3_000, 20_000_000
"""A month of quarters of an hour; each costs 1.5 ms in a city of 300,000 edges. Speeds of all slots and edges together;
indexes of so many take 2 s."""

AT_ONCE = 100
"""Slots in memory: one of a city of 300,000 edges has 150 kB."""


def read_slots(
    world: World, tenant: str, edges: Edges, begin: datetime, end: datetime
) -> Iterator[tuple[store.SlotRow, SlotSpeeds]]:
    """The slots that begin in a span, oldest first, with the speeds of the edges in them. Raises TooLarge."""
    since_s, until_s = begin.timestamp(), end.timestamp()
    with world.live.read() as connection:
        slots = store.count_slots(connection, tenant, since_s, until_s)
    if slots > MOST_SLOTS or slots * len(edges) > MOST_SPEEDS:
        raise TooLarge(
            f"that are {slots:,} slots of {len(edges):,} edges; the most are {MOST_SLOTS:,} slots and {MOST_SPEEDS:,} "
            "speeds",
            hint="ask for a shorter span or for fewer roads",
        )
    wanted = edge_keys(world.section(ROADS))[edges]
    places: dict[str, tuple[NDArray[np.int32], int]] = {}
    while True:
        with world.live.read() as connection:
            page = store.list_slots(connection, tenant, since_s, until_s, AT_ONCE)
            for keys in {slot.keys for slot in page} - places.keys():
                known = np.frombuffer(store.find_keys(connection, tenant, keys), np.int64)
                places[keys] = find_edges(known, wanted), len(known)
        for slot in page:
            at, count = places[slot.keys]
            yield slot, unpack_at(slot.content, count, at)
        if len(page) < AT_ONCE:
            return
        since_s = page[-1].begin_s + 1


def free_kmh(world: World, picture: Picture, edges: Edges) -> NDArray[np.float64]:
    """Speeds on empty roads: the picture's, and where it has none those that cars are routed with."""
    length_m = world.section(ROADS).seg_length_m[edges >> 1]
    usual_kmh = 3600.0 * length_m / np.maximum(directions.free_costs(world, Ask())[edges], 1)
    known_kmh = picture.estimate.free_flow_kmh[edges]
    return np.where(known_kmh > 0, known_kmh, usual_kmh).astype(np.float64)
