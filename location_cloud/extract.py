"""OpenStreetMap data as columns: what an import reads once and every section builds from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Tags: TypeAlias = dict[str, str]

NODE, WAY, RELATION = 0, 1, 2
"""Member kinds of a relation."""


@dataclass(frozen=True)
class OsmNodes:
    """All nodes that a kept way uses or that carry tags.

    id: (n,) int64, ascending.
    lonlat_e7: (n, 2) int32, 1e-7 degree, the precision of OSM itself.
    tagged: (t,) int64, positions in `id` of the nodes with tags; tags: their t dicts.
    """

    id: NDArray[np.int64]
    lonlat_e7: NDArray[np.int32]
    tagged: NDArray[np.int64]
    tags: list[Tags]


@dataclass(frozen=True)
class OsmWays:
    """All tagged ways.

    id: (n,) int64, ascending.
    ref_start: (n + 1,) int64; ref: (k,) int64 positions in OsmNodes, nodes absent from the files left out.
    position: (k,) int32, place of each ref in the way as OSM writes it (so gaps of absent nodes stay visible).
    """

    id: NDArray[np.int64]
    ref_start: NDArray[np.int64]
    ref: NDArray[np.int64]
    position: NDArray[np.int32]
    tags: list[Tags]


@dataclass(frozen=True)
class OsmRelations:
    """All tagged relations with their members by OSM id.

    id: (n,) int64, ascending. member_start: (n + 1,) int64.
    member_kind: (k,) int8 of NODE, WAY, RELATION. member_id: (k,) int64. member_role: k strings.
    """

    id: NDArray[np.int64]
    member_start: NDArray[np.int64]
    member_kind: NDArray[np.int8]
    member_id: NDArray[np.int64]
    member_role: list[str]
    tags: list[Tags]


@dataclass(frozen=True)
class OsmAreas:
    """Closed ways and multipolygon relations with area tags, assembled to valid polygons.

    id: (n,) int64 of the way or relation. kind: (n,) int8, WAY or RELATION.
    geometry: (n,) object array of shapely Polygon or MultiPolygon, WGS-84 degrees.
    """

    id: NDArray[np.int64]
    kind: NDArray[np.int8]
    geometry: NDArray[np.object_]
    tags: list[Tags]


@dataclass(frozen=True)
class OsmExtract:
    """One city's OpenStreetMap data, merged from all files of an import and clipped."""

    nodes: OsmNodes
    ways: OsmWays
    relations: OsmRelations
    areas: OsmAreas
