"""The grids' section of a snapshot: banks, railways, walls and edges of fields, and the footprints of buildings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from location_cloud.arrays import load_array, save_arrays
from location_cloud.capability import Built, Import, Section
from location_cloud.errors import BadInput
from location_cloud.grids.design_features import BUILDING, OTHER_LINE, WATER, WATER_LINE, Features, read_features

_COLUMNS = ("kind", "levels", "box_e7", "start", "corner_e7")


def build(import_: Import, folder: Path) -> Built:
    """Writes the lines and rings of the import below the folder."""
    import_.progress.step("grids")
    features = read_features(import_.osm)
    save_arrays(folder, {name: getattr(features, name) for name in _COLUMNS})
    counts = np.bincount(features.kind, minlength=4).tolist()
    names = {WATER_LINE: "water_lines", OTHER_LINE: "other_lines", WATER: "waters", BUILDING: "buildings"}
    return Built({names[kind]: count for kind, count in enumerate(counts)})


def load(folder: Path) -> Features:
    """The lines and rings, mapped read-only."""
    return Features(**{name: load_array(folder, name) for name in _COLUMNS})


def check(folder: Path) -> None:
    """Raises BadInput if the files contradict each other."""
    features = load(folder)
    count = len(features.kind)
    if {len(features.levels), len(features.box_e7), len(features.start) - 1} != {count}:
        raise BadInput(f"{folder}: columns of the grids' lines have different lengths; import again")
    if features.start[0] != 0 or features.start[-1] != len(features.corner_e7) or (np.diff(features.start) < 2).any():
        raise BadInput(f"{folder}: lines of the grids do not fit their corners; import again")


SECTION: Section[Features] = Section("grids", build, check, load)
