"""Two legs as one: a drive that only passes the place at which they meet."""

from __future__ import annotations

import numpy as np

from location_cloud.directions.model import Leg, LegShape
from routing.metric import lengths_along_m


def joined(before: Leg, before_shape: LegShape, after: Leg, after_shape: LegShape) -> tuple[Leg, LegShape]:
    """A leg and the next one as one, and where it runs.

    The edge that both have a part of is one edge again; where the driver turned round at the place it stays two.
    """
    line_e7 = np.concatenate([before_shape.line_e7, after_shape.line_e7[1:]])
    begins = after_shape.begins + (len(before_shape.line_e7) - 1)
    if before.edges[-1] == after.edges[0] and before.last_fraction == after.first_fraction:
        shared, begins = 1, np.concatenate([before_shape.begins[:-1], begins[1:]])
    else:
        shared, begins = 0, np.concatenate([before_shape.begins[:-1], begins])
    edge_ms, turn_ms = (
        np.concatenate([one, other[shared:]])
        for one, other in ((before.edge_ms, after.edge_ms), (_turns(before), _turns(after)))
    )
    if shared:
        edge_ms[len(before.edges) - 1] += after.edge_ms[0]
    leg = Leg(
        np.concatenate([before.edges, after.edges[shared:]]),
        before.first_fraction,
        after.last_fraction,
        edge_ms,
        turn_ms,
    )
    return leg, LegShape(line_e7, begins.astype(np.int32), lengths_along_m(line_e7))


def _turns(leg: Leg) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return leg.edge_ms - leg.along_ms
