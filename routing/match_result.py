"""What map matching answers: which edges were driven when, where each fix lies on them, and how sure that is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OFF_ROAD, MATCHED = -1, 0
"""Values of `Snaps.part`: a fix on no road; from MATCHED on, the part it belongs to."""


@dataclass(frozen=True, eq=False)
class Traversals:
    """Edges driven by tracks, in driving order within a track; n rows.

    track (n,) int32. edge (n,) int32: road edge, 2s drives segment s as drawn, 2s + 1 backward.
    enter_s, leave_s (n,) float64: seconds in the clock of the fixes, interpolated along the path between fixes.
    from_fraction, to_fraction (n,) float32 in [0, 1] along the edge in driving direction: 0 and 1 but at the ends of a
    part and where a vehicle turned round on the road.
    confidence (n,) float32 in [0, 1]: the probability that the edge was driven then, under the model.
    point_before (n,) int32: the last fix, counted over all tracks given, before the edge was entered; for the first of
    a part the fix that begins it.
    part (n,) int32: parts are numbered from 0 in each track; between two of them nothing is known.
    """

    track: NDArray[np.int32]
    edge: NDArray[np.int32]
    enter_s: NDArray[np.float64]
    leave_s: NDArray[np.float64]
    from_fraction: NDArray[np.float32]
    to_fraction: NDArray[np.float32]
    confidence: NDArray[np.float32]
    point_before: NDArray[np.int32]
    part: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.edge)


@dataclass(frozen=True, eq=False)
class Snaps:
    """Where each fix lies on the matched path; a row a fix, in the order given.

    edge (n,) int32, fraction (n,) float32 in driving direction, distance_m (n,) float32; edge -1 and NaN where the fix
    is on no road or was left out as an outlier. confidence (n,) float32: of the edge, as in Traversals; 0 without one.
    part (n,) int32: number of the part within the track, OFF_ROAD = none.
    """

    edge: NDArray[np.int32]
    fraction: NDArray[np.float32]
    distance_m: NDArray[np.float32]
    confidence: NDArray[np.float32]
    part: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.edge)


@dataclass(frozen=True, eq=False)
class Stretches:
    """Runs of consecutive fixes of one track that belong together: a matched part, or one off the roads.

    track, first, last (n,) int32: fixes first..last, counted over all tracks; part (n,) int32, OFF_ROAD where they are
    on no road.
    """

    track: NDArray[np.int32]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    part: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.part)


@dataclass(frozen=True, eq=False)
class Matched:
    """Everything that is known of some tracks after matching. track_start (tracks + 1,) int64: their fixes."""

    track_start: NDArray[np.int64]
    traversals: Traversals
    snaps: Snaps

    def stretches(self) -> Stretches:
        """The parts of every track, on and off the roads, in the order of their fixes."""
        part, start = self.snaps.part, self.track_start
        track = np.repeat(np.arange(len(start) - 1), np.diff(start))
        begins = np.ones(len(part), bool)
        begins[1:] = (part[1:] != part[:-1]) | (track[1:] != track[:-1])
        first = np.flatnonzero(begins)
        last = np.append(first[1:], len(part)) - 1
        columns = track[first], first, last, part[first]
        return Stretches(*(column.astype(np.int32) for column in columns))
