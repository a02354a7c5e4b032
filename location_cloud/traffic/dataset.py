"""The traffic section of a snapshot: the OpenStreetMap node at every vertex of a road, which speed files name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import load_array, save_arrays
from location_cloud.capability import Built, Import, Section
from location_cloud.errors import BadInput
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.network import cut_ways


@dataclass(frozen=True, eq=False)
class RoadNodes:
    """The OSM node of every vertex. vertex_osm_id: (k,) int64, in the order of Roads.shape_e7."""

    vertex_osm_id: NDArray[np.int64]


def build(import_: Import, folder: Path) -> Built:
    """Writes the node of every vertex of the roads below `folder`.

    The ways are cut at the nodes of the network, which gives its segments again. Raises BadInput if it does not.
    """
    import_.progress.step("traffic")
    roads, osm = import_.load(ROADS), import_.osm
    ways = np.searchsorted(osm.ways.id, np.unique(roads.seg_way))
    cuts = np.searchsorted(osm.nodes.id, roads.node_osm_id)
    pieces = cut_ways(osm.ways, ways, cuts, len(osm.nodes.id))
    if not np.array_equal(pieces.start, roads.shape_start):
        raise BadInput(f"{import_.name}: the roads cannot be cut as before; import again")
    save_arrays(folder, {"vertex_osm_id": osm.nodes.id[pieces.ref]})
    return Built({"vertices": len(pieces.ref)})


def check(folder: Path) -> None:
    """Raises BadInput if the file cannot be read."""
    try:
        load(folder)
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder}: nodes of roads cannot be read: {error}; import again") from error


def load(folder: Path) -> RoadNodes:
    """The nodes, mapped read-only."""
    return RoadNodes(load_array(folder, "vertex_osm_id"))


SECTION: Section[RoadNodes] = Section("traffic", build, check, load, needs=("roads",))
