"""What is told of edges one by one: their keys, their lines, and the traffic on them as columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.roads.edges import edge_key, edge_line_e7
from location_cloud.roads.model import CLASSES, Roads
from location_cloud.traffic.drawing import DEGREE_E7
from location_cloud.traffic.model import SOURCES
from location_cloud.traffic.model_picture import STATUS_ZH, Picture


def edge_columns(roads: Roads, picture: Picture, edges: NDArray[np.int32]) -> dict[str, list[Any]]:
    """What is told of edges, a list for each property."""
    segment, estimate, level = edges >> 1, picture.estimate, picture.level[edges].tolist()
    kmh, free_kmh = estimate.kmh[edges], estimate.free_flow_kmh[edges]
    factors = estimate.factors[edges]
    return {
        "key": keys_of(roads, edges.tolist()),
        "name": roads.names.take(roads.seg_name[segment].tolist()),
        "ref": roads.names.take(roads.seg_ref[segment].tolist()),
        "road_class": [CLASSES[place] for place in roads.seg_class[segment].tolist()],
        "length_m": roads.seg_length_m[segment].round(1).tolist(),
        "speed_kmh": _rounded(kmh, 1),
        "free_flow_kmh": _rounded(free_kmh, 1),
        "ratio": _rounded(kmh / free_kmh, 3),
        "level": level,
        "status": [STATUS_ZH[each] for each in level],
        "source": [SOURCES[place] for place in estimate.source[edges].tolist()],
        "samples": estimate.samples[edges].tolist(),
        "sample_age_s": _rounded(estimate.age_s[edges], 0),
        "simulated": estimate.is_simulated[edges].tolist(),
        "factors": [list(estimate.factors_of(edge)) if some else [] for edge, some in zip(edges.tolist(), factors)],
    }


def keys_of(roads: Roads, edges: Iterable[int]) -> list[str]:
    """The lasting keys of edges."""
    return [edge_key(roads, edge) for edge in edges]


def line_of(roads: Roads, edge: int) -> dict[str, Any]:
    """The line of an edge in driving direction, GeoJSON."""
    return {"type": "LineString", "coordinates": (edge_line_e7(roads, edge) / DEGREE_E7).tolist()}


def _rounded(values: NDArray[np.floating[Any]], digits: int) -> list[float | None]:
    found = values.astype(np.float64).round(digits).tolist()
    return [None if value != value else value for value in found]
