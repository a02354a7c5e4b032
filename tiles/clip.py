"""Lines and rings cut at the edges of a buffered tile, in tile units as floats."""

import numpy as np
from numpy.typing import NDArray

from tiles.compiled import kernel
from tiles.mercator import BUFFER, EXTENT

LOW, HIGH = -BUFFER, EXTENT + BUFFER  # the buffered tile on both axes, edges included


@kernel
def clip_segment(ax: float, ay: float, bx: float, by: float) -> tuple[float, float]:
    """The shares of the way from a to b where it enters and leaves the buffered tile; enter > leave if it never does.

    Source: Liang and Barsky 1984.
    """
    enter, leave = 0.0, 1.0
    for away, room in ((ax - bx, ax - LOW), (bx - ax, HIGH - ax), (ay - by, ay - LOW), (by - ay, HIGH - ay)):
        if away == 0.0:
            if room < 0.0:
                return 1.0, 0.0
        elif away < 0.0:
            enter = max(enter, room / away)
        else:
            leave = min(leave, room / away)
    return enter, leave


@kernel
def clip_ring(
    xs: NDArray[np.float64], ys: NDArray[np.float64], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """The ring (without closing vertex) cut to the buffered tile, and its size.

    A ring that leaves and comes back stays one ring, joined along the tile's edge: those runs cover each other
    an even number of times and vanish in `repair_rings`. Source: Sutherland and Hodgman 1974.
    """
    xs, ys, size = _keep_beyond(xs, ys, size, float(LOW), 1.0)
    ys, xs, size = _keep_beyond(ys, xs, size, float(LOW), 1.0)
    xs, ys, size = _keep_beyond(xs, ys, size, float(HIGH), -1.0)
    ys, xs, size = _keep_beyond(ys, xs, size, float(HIGH), -1.0)
    return xs, ys, size


@kernel
def _keep_beyond(
    us: NDArray[np.float64], vs: NDArray[np.float64], size: int, edge: float, sign: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """What of the ring has u >= edge (sign 1) or u <= edge (sign -1)."""
    # Every cut-off run of vertices adds two and drops at least one.
    out_u, out_v = np.empty(size + size // 2 + 2), np.empty(size + size // 2 + 2)
    count = 0
    if size == 0:
        return out_u, out_v, 0
    u0, v0 = us[size - 1], vs[size - 1]
    inside0 = sign * (u0 - edge) >= 0.0
    for index in range(size):
        u1, v1 = us[index], vs[index]
        inside1 = sign * (u1 - edge) >= 0.0
        if inside0 != inside1:
            out_u[count] = edge
            # From the lower end always, so that neighbours that share the edge cut it at the same point.
            if u0 < u1:
                out_v[count] = v0 + (v1 - v0) * ((edge - u0) / (u1 - u0))
            else:
                out_v[count] = v1 + (v0 - v1) * ((edge - u1) / (u0 - u1))
            count += 1
        if inside1:
            out_u[count], out_v[count] = u1, v1
            count += 1
        u0, v0, inside0 = u1, v1, inside1
    return out_u, out_v, count
