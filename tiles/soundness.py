"""At which zooms a whole polygon stays valid by rounding alone: tested once, so that a request need not test again."""

import numpy as np
from numpy.typing import NDArray

from tiles.compiled import entry_point
from tiles.geometry import Parts, frame_of, round_rings
from tiles.mercator import FULL_ZOOM
from tiles.rings import needs_repair, ring_area2

_MOST_VERTICES = 2000  # of a feature that is tested: larger ones are rarely whole in a tile, and take long


def sound_zooms(
    feature_start: NDArray[np.int64],
    part_start: NDArray[np.int64],
    is_hole: NDArray[np.uint8],
    xy: NDArray[np.int32],
    vertex_zoom: NDArray[np.uint8],
    bbox: NDArray[np.int32],
    min_zoom: NDArray[np.uint8],
) -> NDArray[np.uint32]:
    """Bit z of each polygon, 0 <= z <= 16: nothing but rounding is needed at zoom z where no part of it is cut off.

    That holds in every tile alike, because vertices are rounded to a grid that all tiles of a zoom share. A bit that
    is not set says nothing. The arrays are those of `LayerIndex`, (n,) bits come back.
    """
    parts = Parts(part_start, is_hole, xy, vertex_zoom)
    sound = np.zeros(len(min_zoom), np.uint32)
    _test(parts, feature_start, bbox, min_zoom, sound)
    return sound


@entry_point
def _test(
    parts: Parts,
    feature_start: NDArray[np.int64],
    bbox: NDArray[np.int32],
    min_zoom: NDArray[np.uint8],
    sound: NDArray[np.uint32],
) -> None:
    for row in range(min_zoom.size):
        first, end = feature_start[row], feature_start[row + 1]
        if parts.part_start[end] - parts.part_start[first] > _MOST_VERTICES:
            continue
        bits = 0
        for z in range(min_zoom[row], FULL_ZOOM + 1):
            down = FULL_ZOOM - z
            # Near the feature, so that areas stay far below 2^63; on the zoom's units, so that rounding is the same.
            frame = frame_of(z, bbox[row, 0] >> down << down, bbox[row, 1] >> down << down)
            xs, ys, start, hole, rings = round_rings(parts, first, end, frame, True)
            is_sound = rings == 0 or not needs_repair(xs, ys, start, hole, rings)
            for ring in range(rings):
                area2 = ring_area2(xs, ys, start[ring], start[ring + 1])
                if (area2 > 0) == (hole[ring] == 1):
                    is_sound = False
            if is_sound:
                bits |= 1 << z
        sound[row] = bits
