"""What was learned, as files: sums by lasting keys for all snapshots, free flow and the usual week beside each one.

HOME/traffic/history            sums by lasting keys: what was learned, whatever snapshot it was matched on
HOME/traffic/free_flow/<id>     free flow and decay for a snapshot's edges
HOME/typical/<id>               the usual week, where directions looks for it
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.arrays import load_arrays, save_arrays
from location_cloud.directions.typical import save_typical
from location_cloud.traffic.history import Sums, no_sums
from location_cloud.traffic.profile import Learned
from location_cloud.traffic.reference import LEARNED, TYPICAL

HISTORY = "traffic/history"

_COLUMNS = ("key", "hour", "count", "way_m", "time_s")


@dataclass(frozen=True)
class Facts:
    """About a history. files, fixes, drives: it was learned from. is_simulated: whether simulated drives were among
    them. lags: `history.lag_sums` of each group of roads, by its name.
    """

    files: int = 0
    fixes: int = 0
    drives: int = 0
    is_simulated: bool = False
    lags: dict[str, tuple[float, float]] = field(default_factory=dict)


def load_history(home: Path) -> tuple[Sums, Facts]:
    """What was learned so far; nothing if nothing was."""
    folder = home / HISTORY
    try:
        facts = Facts(**orjson.loads((folder / "facts.json").read_bytes()))
        arrays = load_arrays(folder)
        return Sums(*(arrays[name] for name in _COLUMNS)), facts
    except (OSError, ValueError, KeyError, TypeError):
        return no_sums(), Facts()


def write_history(home: Path, sums: Sums, facts: Facts) -> Path:
    """Writes what was learned into a hidden folder beside the place of what was before."""
    new = _beside(home / HISTORY)
    save_arrays(new, {name: getattr(sums, name) for name in _COLUMNS})
    (new / "facts.json").write_bytes(orjson.dumps(facts))
    return new


def write_week(home: Path, snapshot_id: str, learned: Learned) -> Path:
    """Writes the usual week of a snapshot into a hidden folder beside its place."""
    new = _beside(home / TYPICAL / snapshot_id)
    save_typical(new, learned.usual_kmh)
    return new


def write_free_flow(
    home: Path, snapshot_id: str, learned: Learned, decay_s: NDArray[np.float64], is_simulated: bool
) -> Path:
    """Writes free flow and decay of a snapshot into a hidden folder beside their place."""
    new, marks = _beside(home / LEARNED / snapshot_id), np.array([is_simulated])
    save_arrays(new, {"free_flow_kmh": learned.free_flow_kmh, "decay_s": decay_s, "is_simulated": marks})
    return new


def has_week(home: Path, snapshot_id: str) -> bool:
    """Whether a snapshot has a usual week."""
    return (home / TYPICAL / snapshot_id).exists()


def _beside(folder: Path) -> Path:
    """A hidden name beside a folder, free to be written; what a broken run left there is removed."""
    new = folder.with_name(f".{folder.name}-learned")
    shutil.rmtree(new, ignore_errors=True)
    new.parent.mkdir(parents=True, exist_ok=True)
    return new
