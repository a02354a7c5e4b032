"""What a line of the log does to the map: the same lines in the same order always give the same map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.searches.bayes import Belief, after_search, by_state, moved, with_clue
from location_cloud.searches.cells import Floats
from location_cloud.searches.detection import pod
from location_cloud.searches.evidence import near_clue
from location_cloud.searches.ground import SPEED_STEP_M_S
from location_cloud.searches.lattice import Lattice
from location_cloud.searches.model import LAND_COVERS
from location_cloud.searches.moving import MOST_WORK, Walk, make_walk
from location_cloud.searches.raster import mask_of
from location_cloud.searches.tracks_pod import track_coverage
from location_cloud.spatial.geojson import parse_geometry

CHANGES_MAP = frozenset(("searched", "clue", "moved"))
"""Actions that a map follows from; the others leave it as it is."""

ATTRACTED = ("road", "path")
"""Covers that a wandering subject keeps to."""


@dataclass(frozen=True)
class Setting:
    """What lines refer to, as it was kept with the search.

    ground: gives `cover` and `speed`, (rows, columns) uint8, of `ground.py`. labels: version -> (rows, columns) place
    of each cell's segment in the list of that version, -1 = none. heights: version -> (rows, columns) metres, as they
    were when a subject walked for a view; NaN = not known.
    """

    lattice: Lattice
    ground: Callable[[], Mapping[str, NDArray[np.uint8]]]
    labels: Callable[[int], NDArray[np.int32]]
    heights: Callable[[int], NDArray[np.float32]]


@dataclass(frozen=True)
class Searched:
    """POD of a search in every cell, (cells,) float64. unresponsive: of a subject who does not answer; None = same.

    mean_coverage: where something was searched at all; None = a POD was told.
    """

    pod: Floats
    unresponsive: Floats | None
    mean_coverage: float | None


def applied(belief: Belief, action: str, fields: Mapping[str, Any], setting: Setting) -> Belief:
    """The belief after a line of the log. Raises BadQuery or Unprocessable for fields that cannot be."""
    if action == "searched":
        found = searched(fields, setting)
        return after_search(belief, pod=found.pod, pod_unresponsive=found.unresponsive)
    if action == "clue":
        return with_clue(belief, clue_ratio(fields, setting.lattice), fields.get("rest", 1.0))
    if action == "moved":
        return _moved(belief, fields, setting)
    return belief


def searched(fields: Mapping[str, Any], setting: Setting) -> Searched:
    """What a search detects where.

    fields: `segment` (place in the list of `segments_version`) with `pod` and maybe `pod_unresponsive`; or `lines`
    (each a list of lon, lat) with `W_m`, maybe `W_unresponsive_m`, and `detection`; several passes add up.
    """
    if "lines" not in fields:
        inside = (setting.labels(fields["segments_version"]) == fields["segment"]).ravel()
        other = fields.get("pod_unresponsive")
        told = np.where(inside, fields["pod"], 0.0)
        return Searched(told, None if other is None else np.where(inside, other, 0.0), fields.get("coverage"))
    lines = [setting.lattice.xy_m(np.asarray(line, np.float64)) for line in fields["lines"]]
    covered = track_coverage(setting.lattice.grid, lines, fields["W_m"])
    detection, width = fields["detection"], fields.get("W_unresponsive_m")
    other = None if width is None else covered * (width / fields["W_m"]) if fields["W_m"] else covered * 0.0
    met = covered > 0
    return Searched(
        pod(covered, detection).ravel(),
        None if other is None else pod(other, detection).ravel(),
        float(covered[met].mean()) if met.any() else 0.0,
    )


def clue_ratio(fields: Mapping[str, Any], lattice: Lattice) -> Floats:
    """(cells,) likelihood ratio of a clue: about a `location` within `sigma_m`, or inside an `area`."""
    if fields.get("area") is not None:
        inside = mask_of(lattice, np.array([parse_geometry(fields["area"])], object))
        return np.where(inside, fields["likelihood_ratio"], 1.0).ravel()
    x, y = lattice.xy_m(np.array([fields["location"]]))[0].tolist()
    return near_clue(lattice.grid, (x, y), fields["sigma_m"], fields["likelihood_ratio"]).ravel()


def walk_of(fields: Mapping[str, Any], setting: Setting, duration_s: float, most_work: float = MOST_WORK) -> Walk:
    """How the subject walks on: `moving`, `attraction`, `heading_deg`, `concentration`, and `view` with
    `heights_version`; most_work as of `make_walk`.
    """
    ground = setting.ground()
    drawn = np.isin(ground["cover"], [LAND_COVERS.index(name) for name in ATTRACTED])
    return make_walk(
        setting.lattice.grid,
        ground["speed"] * np.float32(SPEED_STEP_M_S),
        np.where(drawn, fields["attraction"], 1.0).astype(np.float32),
        duration_s,
        fields["moving"],
        fields.get("heading_deg"),
        fields["concentration"],
        most_work,
        fields.get("view", 0.0),
        setting.heights(fields["heights_version"]) if fields.get("view") else None,
    )


def _moved(belief: Belief, fields: Mapping[str, Any], setting: Setting) -> Belief:
    walk, (states, _) = walk_of(fields, setting, fields["duration_s"]), by_state(belief)
    walked = [walk.forward(state.reshape(setting.lattice.shape)) for state in states]
    after = np.stack([each.ravel() for each, _ in walked])
    return moved(belief, after.reshape(states.shape), np.array([left for _, left in walked]))
