"""What was true in a simulation, as one .npz file whose edges bear lasting names."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.live import edge_keys, find_edges
from location_cloud.errors import BadInput
from location_cloud.roads.model import Roads
from location_cloud.simulator.model import Drives, Traversals, Truth

SPEED_STEP_KMH = 0.01
"""Unit of `speed` in the file, uint16: half the size and a quarter after packing. 0 = shut, NO_CARS = no cars."""

NO_CARS = 2**16 - 1
MOST_CELLS = 100_000_000
"""Slots times edges that a file may have: 3 days of a city of 340,000 edges, 1.2 GB of memory to make it."""


@dataclass(frozen=True, eq=False)
class Told:
    """A file's content. edge_key (edges,) int64 packed lasting keys (directions.live.edge_keys); reports (vehicles,)
    bool: the probes. probe_slot, probe_edge, probe_count (n,) int32: how many probes drove an edge from end to end in
    a slot, where any did.
    """

    edge_key: NDArray[np.int64]
    truth: Truth
    paths: Traversals
    reports: NDArray[np.bool_]
    probe_slot: NDArray[np.int32]
    probe_edge: NDArray[np.int32]
    probe_count: NDArray[np.int32]


def check_size(slots: int, edges: int) -> None:
    """Raises BadInput if the truth of so many would be too much for a file."""
    if slots * edges > MOST_CELLS:
        raise BadInput(
            f"the truth of {slots} quarter hours of {edges:,} edges is too much for a file ({MOST_CELLS:,} speeds at "
            "most); simulate fewer hours, or leave --truth out"
        )


def save_truth(file: Path, drives: Drives, roads: Roads) -> None:
    """Writes the file anew. Raises OSError."""
    probed = drives.probed()
    slot, edge = np.nonzero(probed)
    columns: dict[str, NDArray[Any]] = {
        "about": np.array("simulated"),
        "edge_key": edge_keys(roads),
        "slot_s": drives.truth.slot_s,
        "speed": _as_steps(drives.truth.kmh),
        "free_speed": _as_steps(drives.truth.free_kmh),
        "reports": drives.reports,
        "probe_slot": slot.astype(np.int32),
        "probe_edge": edge.astype(np.int32),
        "probe_count": probed[slot, edge],
        **{each.name: getattr(drives.paths, each.name) for each in fields(Traversals)},
    }
    new = file.with_name(f".{file.name}-new")
    with new.open("wb") as opened:
        np.savez_compressed(opened, allow_pickle=False, **columns)
    new.replace(file)


def load_truth(file: Path) -> Told:
    """What `save_truth` wrote. Raises BadInput if it is no such file."""
    try:
        with np.load(file) as stored:
            columns = {name: stored[name] for name in stored.files}
        paths = Traversals(**{each.name: columns[each.name] for each in fields(Traversals)})
        truth = Truth(columns["slot_s"], _as_kmh(columns["speed"]), _as_kmh(columns["free_speed"]))
        others = (columns[each.name] for each in fields(Told) if each.name not in ("edge_key", "truth", "paths"))
        return Told(columns["edge_key"], truth, paths, *others)
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{file}: is no truth of a simulation: {error}") from None


def on_roads(told: Told, roads: Roads) -> NDArray[np.int32]:
    """The edge of these roads for each edge of a file, -1 = they have none: (file's edges,)."""
    return find_edges(edge_keys(roads), told.edge_key)


def _as_steps(kmh: NDArray[np.float32]) -> NDArray[np.uint16]:
    steps = np.rint(np.nan_to_num(kmh) / SPEED_STEP_KMH)
    return np.where(np.isnan(kmh), NO_CARS, np.clip(steps, 0, NO_CARS - 1)).astype(np.uint16)


def _as_kmh(steps: NDArray[np.uint16]) -> NDArray[np.float32]:
    return np.where(steps == NO_CARS, np.float32(np.nan), steps * np.float32(SPEED_STEP_KMH)).astype(np.float32)
