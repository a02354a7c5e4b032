"""The newest speeds as files for other routing engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.traffic import service
from location_cloud.traffic.dataset import SECTION
from location_cloud.traffic.exports import osrm_lines, way_lines
from location_cloud.traffic.model import LIVE, SOURCES
from location_cloud.traffic.model_picture import Picture

if TYPE_CHECKING:
    from location_cloud.storage.world import World


def export_speeds(
    world: World, tenant: str, form: Literal["osrm", "valhalla"], sources: Sequence[str]
) -> tuple[Picture, Iterator[bytes]]:
    """The speeds of every edge that has one of these sources, and of those that are shut, as a file in pieces."""
    roads, picture, drawn = world.section(ROADS), service.get_picture(world, tenant), service.get_drawn(world)
    estimate, closed = picture.estimate, picture.is_closed[drawn]
    kmh = np.where(closed, np.float32(0.0), estimate.kmh[drawn])
    is_wanted = np.isin(estimate.source[drawn], [SOURCES.index(each) for each in sources]) & ~np.isnan(kmh)
    chosen = np.flatnonzero(is_wanted | closed)
    edges, kmh = drawn[chosen], kmh[chosen]
    if form == "osrm":
        return picture, osrm_lines(roads, world.section(SECTION).vertex_osm_id, edges, kmh)
    return picture, way_lines(roads, edges, kmh, estimate.free_flow_kmh[edges], estimate.source[edges] == LIVE)
