"""How much of a drive was missed, and how much was added: lines against lines, the same for every engine.

Route mismatch after Newson and Krumm 2009, section 5: (length of the truth that the answer lacks + length of the
answer that is not true) / true length. Engines cut roads into edges differently, so edges are not compared but what is
drawn of them: both lines are cut into pieces of PIECE_M, and a piece is right if the other line has one within NEAR_M
that runs the same way. Both carriageways of a road, its service road and the side street are further apart than that;
coordinates rounded to six digits (OSRM, Valhalla) are off by 0.1 m. A spur driven out and back counts twice as false.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from routing.metric import metres_per_degree

PIECE_M, NEAR_M, SAME_WAY = 2.0, 2.5, 0.5
"""SAME_WAY: least cosine of the angle between two pieces."""


def mismatch(line: NDArray[np.float64], lines: Sequence[Sequence[Sequence[float]]]) -> tuple[float, float]:
    """(missed, false) as shares of the true length. line (n, 2), lines: what the engine answers, lon and lat."""
    scale = np.array(metres_per_degree(float(line[:, 1].mean())))
    true_at, true_to = _pieces(line * scale)
    found = [_pieces(np.asarray(one, np.float64).reshape(-1, 2) * scale) for one in lines if len(one) > 1]
    found_at = np.concatenate([one[0] for one in found]) if found else np.empty((0, 2))
    found_to = np.concatenate([one[1] for one in found]) if found else np.empty((0, 2))
    missed = _without(true_at, true_to, found_at, found_to)
    false = _without(found_at, found_to, true_at, true_to)
    return missed / len(true_at), false / len(true_at)


def _pieces(xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middles and directions of pieces of equal length."""
    steps = np.hypot(*np.diff(xy, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    middles = np.arange(PIECE_M / 2, along[-1], PIECE_M)
    if not len(middles):
        return np.empty((0, 2)), np.empty((0, 2))
    of = np.clip(np.searchsorted(along, middles, side="right") - 1, 0, len(steps) - 1)
    at = np.stack([np.interp(middles, along, xy[:, axis]) for axis in (0, 1)], axis=1)
    return at, np.diff(xy, axis=0)[of] / np.maximum(steps[of], 1e-9)[:, None]


def _without(
    at: NDArray[np.float64], to: NDArray[np.float64], others: NDArray[np.float64], their_to: NDArray[np.float64]
) -> int:
    """How many pieces have no equal among the others."""
    if not len(others) or not len(at):
        return len(at)
    near = cKDTree(others).query_ball_point(at, NEAR_M)
    return sum(1 for one, around in zip(to, near) if not around or float((their_to[around] @ one).max()) < SAME_WAY)
