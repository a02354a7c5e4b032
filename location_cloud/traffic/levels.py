"""What the traffic is called: levels 1 to 4 of an edge, and the traffic performance index of any set of edges."""

from __future__ import annotations

import importlib.resources
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import BadInput
from location_cloud.roads.model import CLASSES, Roads
from location_cloud.traffic.model import FREE, LIVE, UNKNOWN, Estimate

OTHER = -1
"""In `group_of_class`: no road for motor traffic."""


@dataclass(frozen=True, eq=False)
class Levels:
    """The thresholds of a city. names: of g groups of roads. group_of_class: (len(CLASSES),) int8, OTHER = none.

    slow, congested, severe: (g,) float32 shares of the free-flow speed at and below which the level begins.
    severe_kmh: (g,) at and below which the road counts as severely congested for the index. volume: (g,) weight of a
    metre. half_life_s: (g,) after which a drive counts half. index_share, index_value: (k,) the conversion, ascending.
    """

    names: tuple[str, ...]
    group_of_class: NDArray[np.int8]
    slow: NDArray[np.float32]
    congested: NDArray[np.float32]
    severe: NDArray[np.float32]
    severe_kmh: NDArray[np.float32]
    volume: NDArray[np.float32]
    half_life_s: NDArray[np.float32]
    index_share: NDArray[np.float64]
    index_value: NDArray[np.float64]

    def groups(self, roads: Roads) -> NDArray[np.int8]:
        """The group of every edge: (edges,) int8, OTHER = none."""
        return np.repeat(self.group_of_class[roads.seg_class], 2)


_PER_GROUP = ("slow", "congested", "severe", "severe_kmh", "volume", "half_life_s")


@lru_cache(maxsize=8)
def load_levels(file: Path | None = None) -> Levels:
    """The thresholds of a file in the form of data/traffic/levels.toml, of that one without a file.

    Raises BadInput for a class unknown or named twice, thresholds that do not fall, a conversion that does not rise.
    """
    if file is not None:
        text = file.read_text("utf-8")
    else:
        text = (importlib.resources.files("location_cloud.data") / "traffic/levels.toml").read_text("utf-8")
    where = str(file or "levels.toml")
    try:
        content = tomllib.loads(text)
        groups, index = content["groups"], content["index"]
        columns = {name: _column(groups, name) for name in _PER_GROUP}
        share, value = np.array(index["share"], np.float64), np.array(index["value"], np.float64)
        classes = {name: tuple(group["classes"]) for name, group in groups.items()}
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{where}: {error!r} is missing or no number") from error
    levels = Levels(tuple(groups), _groups_of_classes(classes, where), **columns, index_share=share, index_value=value)
    _check(levels, where)
    return levels


def level_of(
    kmh: NDArray[np.float32], free_flow_kmh: NDArray[np.float32], groups: NDArray[np.int8], levels: Levels
) -> NDArray[np.uint8]:
    """FREE..SEVERE of speeds beside free-flow ones, UNKNOWN where either is NaN: uint8 of the same length.

    groups: as `Levels.groups` gives them for the same edges.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = kmh / free_flow_kmh
    group = np.maximum(groups, 0).astype(np.intp)
    level = np.full(len(ratio), FREE, np.uint8)
    for begins in (levels.slow, levels.congested, levels.severe):  # they fall, and the words rise by one
        level += ratio <= begins[group]
    level[np.isnan(ratio) | (groups == OTHER)] = UNKNOWN
    return level


@dataclass(frozen=True, eq=False)
class Index:
    """The traffic performance index of s sets of edges, columns (s,) float64.

    value: 0 (nothing stands) to 10; NaN where nothing is known. severe_share: of vehicle kilometres on severely
    congested roads. known_share: of the sets' vehicle kilometres that any speed is known of; live_share: measured now.
    kmh: mean speed of a vehicle kilometre. time_ratio: travel time beside that at free flow.
    """

    value: NDArray[np.float64]
    severe_share: NDArray[np.float64]
    known_share: NDArray[np.float64]
    live_share: NDArray[np.float64]
    kmh: NDArray[np.float64]
    time_ratio: NDArray[np.float64]


def performance_index(
    estimate: Estimate,
    roads: Roads,
    levels: Levels,
    edges: NDArray[np.int32],
    start: NDArray[np.int64],
    vkt: NDArray[np.float64] | None = None,
) -> Index:
    """The index of many sets of edges at once: set i is edges[start[i]:start[i + 1]].

    vkt: (edges of the snapshot,) vehicle kilometres an hour of each edge; without it length x the group's volume.
    Each edge weighs by its vehicle kilometres, so a jam on an expressway counts more than one in a lane.

    Takes 12 ms for one set of 335,000 edges. Source of the method: share of severely congested vehicle kilometres,
    converted by a table (DB4401/T 57, DB12/T 1237, DB11/T 785); thresholds and table are settings, see levels.toml.
    """
    weight = edge_weights(roads, levels, edges, vkt)
    groups = np.maximum(levels.groups(roads)[edges], 0)
    live = estimate.source[edges] == LIVE
    return weighted_index(levels, groups, weight, estimate.kmh[edges], estimate.free_flow_kmh[edges], live, start)


def edge_weights(
    roads: Roads, levels: Levels, edges: NDArray[np.int32], vkt: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """What each edge weighs in an index: (n,). vkt: as in `performance_index`."""
    groups = levels.groups(roads)[edges]
    if vkt is None:
        weight = roads.seg_length_m[edges >> 1] * levels.volume[np.maximum(groups, 0)]
    else:
        weight = np.asarray(vkt[edges], np.float64)
    return np.where(groups == OTHER, 0.0, weight)


def weighted_index(
    levels: Levels,
    groups: NDArray[np.int8],
    weight: NDArray[np.float64],
    kmh: NDArray[np.float32],
    free_kmh: NDArray[np.floating],
    is_live: NDArray[np.bool_],
    start: NDArray[np.int64],
) -> Index:
    """As `performance_index`, of columns: groups (n,) of 0 or more, weight, speeds, and whether they were measured."""
    is_known = ~np.isnan(kmh) & (kmh > 0) & (free_kmh > 0)
    known = np.where(is_known, weight, 0.0)
    # Narrow lanes are slow when empty: what is near its own free flow does not stand.
    is_severe = is_known & (kmh <= np.minimum(levels.severe_kmh[groups], free_kmh * 0.5))
    with np.errstate(divide="ignore", invalid="ignore"):
        hours = np.where(is_known, weight / kmh, 0.0)
        free_hours = np.where(is_known, weight / free_kmh, 0.0)
        live = np.where(is_live, known, 0.0)
        total, seen, stands = (_sums(each, start) for each in (weight, known, np.where(is_severe, weight, 0.0)))
        share = stands / seen
        return Index(
            np.where(seen > 0, np.interp(share, levels.index_share, levels.index_value), np.nan),
            share,
            seen / total,
            _sums(live, start) / total,
            seen / _sums(hours, start),
            _sums(hours, start) / _sums(free_hours, start),
        )


def _sums(values: NDArray[np.float64], start: NDArray[np.int64]) -> NDArray[np.float64]:
    """The sum of each run of values; 0 for an empty one."""
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.asarray(total[start[1:]] - total[start[:-1]])


def _column(groups: dict[str, Any], name: str) -> NDArray[np.float32]:
    return np.array([float(group[name]) for group in groups.values()], np.float32)


def _groups_of_classes(classes: dict[str, tuple[str, ...]], where: str) -> NDArray[np.int8]:
    group_of_class = np.full(len(CLASSES), OTHER, np.int8)
    for number, (group, names) in enumerate(classes.items()):
        for name in names:
            if name not in CLASSES:
                raise BadInput(f"{where}: groups.{group}: {name!r} is no class of roads ({', '.join(CLASSES)})")
            if group_of_class[CLASSES.index(name)] != OTHER:
                raise BadInput(f"{where}: groups.{group}: {name!r} is in another group already")
            group_of_class[CLASSES.index(name)] = number
    return group_of_class


def _check(levels: Levels, where: str) -> None:
    if not ((levels.slow > levels.congested) & (levels.congested > levels.severe) & (levels.severe > 0)).all():
        raise BadInput(f"{where}: in each group slow > congested > severe > 0 must hold")
    if not (len(levels.index_share) == len(levels.index_value) > 1 and (np.diff(levels.index_share) > 0).all()):
        raise BadInput(f"{where}: index.share and index.value need as many numbers each, shares ascending")
