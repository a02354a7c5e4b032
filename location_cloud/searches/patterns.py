"""Lines to walk, sail or fly that cover an area evenly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.searches.cells import Floats

MOST_LEGS = 20_000
"""Of one pattern: what a screen can draw and a receiver can load is far below."""


@dataclass(frozen=True)
class Pattern:
    """One line to follow.

    line_m: (n, 2) metres. length_m: along it. coverage: sweep width over track spacing; None where there is no width
    given, or where spacing varies.
    """

    line_m: Floats
    length_m: float
    coverage: float | None


def parallel(
    centre_m: tuple[float, float],
    length_m: float,
    width_m: float,
    bearing_deg: float,
    spacing_m: float,
    sweep_width_m: float | None = None,
) -> Pattern:
    """Parallel track (PS): legs along the length of a rectangle, all ends half a spacing inside.

    bearing_deg: of the legs, from north clockwise. Legs are evenly apart, at most spacing_m.
    Raises BadQuery for sizes that are not positive, TooLarge over 20,000 legs. Source: IAMSAR Manual vol. II ch. 5.
    """
    _check_positive(length_m=length_m, width_m=width_m, spacing_m=spacing_m)
    count = _legs(width_m / spacing_m)
    apart = width_m / count
    half = max(length_m - apart, 0.0) / 2
    across = (np.arange(count) + 0.5) * apart - width_m / 2
    along = np.tile([-half, half, half, -half], count // 2 + 1)[: 2 * count]
    line = _placed(np.column_stack([np.repeat(across, 2), along]), centre_m, bearing_deg)
    return _pattern(line, apart, sweep_width_m)


def creeping_line(
    centre_m: tuple[float, float],
    length_m: float,
    width_m: float,
    bearing_deg: float,
    spacing_m: float,
    sweep_width_m: float | None = None,
) -> Pattern:
    """Creeping line (CS): as `parallel`, but legs run across the width and the search advances along the bearing."""
    return parallel(centre_m, width_m, length_m, bearing_deg - 90, spacing_m, sweep_width_m)


def expanding_square(
    datum_m: tuple[float, float],
    bearing_deg: float,
    spacing_m: float,
    legs: int,
    sweep_width_m: float | None = None,
) -> Pattern:
    """Expanding square (SS) from a datum: legs of 1, 1, 2, 2, 3, 3... spacings, turning 90 degrees to the right."""
    _check_positive(spacing_m=spacing_m, legs=legs)
    _legs(legs)
    size = (np.arange(legs) // 2 + 1) * spacing_m
    turn = np.arange(legs) % 4
    east, north = np.array([0, 1, 0, -1])[turn] * size, np.array([1, 0, -1, 0])[turn] * size
    line = np.concatenate([[[0.0, 0.0]], np.cumsum(np.column_stack([east, north]), axis=0)])
    return _pattern(_placed(line, datum_m, bearing_deg), spacing_m, sweep_width_m)


def sector(datum_m: tuple[float, float], bearing_deg: float, radius_m: float, sectors: int = 3) -> Pattern:
    """Sector search (VS) about a datum: triangles that each begin and end there, every turn to the right.

    sectors: how many triangles; 3 makes nine legs of one radius with turns of 120 degrees, as usual.
    """
    _check_positive(radius_m=radius_m, sectors=sectors - 2)
    _legs(3 * sectors)
    opening = 180 / sectors
    out = bearing_deg + np.arange(sectors) * (180 + opening)
    points = np.zeros((sectors, 3, 2))
    for corner, bearing in ((0, np.radians(out)), (1, np.radians(out + opening))):
        points[:, corner] = radius_m * np.column_stack([np.sin(bearing), np.cos(bearing)])
    line = np.concatenate([[[0.0, 0.0]], points.reshape(-1, 2)]) + np.asarray(datum_m)
    return _pattern(line, 1.0, None)


def area_lines(
    polygon_m: Floats, spacing_m: float, bearing_deg: float | None = None, sweep_width_m: float | None = None
) -> Pattern:
    """Back-and-forth lines over any simple polygon (n, 2), legs clipped to it.

    bearing_deg: of the legs; None takes the side of its hull across which it is narrowest, so legs are few.
    Raises BadQuery for a polygon without area, TooLarge over 20,000 legs.
    """
    legs = area_legs(polygon_m, spacing_m, bearing_deg)
    return _pattern(legs.reshape(-1, 2), spacing_m, sweep_width_m)


def area_legs(polygon_m: Floats, spacing_m: float, bearing_deg: float | None = None) -> Floats:
    """(legs, 2, 2) both ends of each leg of `area_lines`, in the order and direction of going."""
    _check_positive(spacing_m=spacing_m)
    ring = np.asarray(polygon_m, np.float64).reshape(-1, 2)
    shape = shapely.Polygon(ring) if len(ring) > 2 else shapely.Polygon()
    if not shape.is_valid or not shape.area > 0:
        raise BadQuery(
            "the polygon has no area or crosses itself", hint="draw a simple polygon with three corners or more"
        )
    bearing = _narrow_bearing_deg(shape) if bearing_deg is None else bearing_deg
    x, low, high = _crossed(_placed(ring, (0.0, 0.0), -bearing), spacing_m)
    _, row = np.unique(x, return_inverse=True)
    back = row % 2 == 1
    order = np.lexsort([np.where(back, -low, low), row])
    first, last = np.where(back, high, low)[order], np.where(back, low, high)[order]
    flat = np.stack([np.column_stack([x[order], first]), np.column_stack([x[order], last])], 1)
    return _placed(flat.reshape(-1, 2), (0.0, 0.0), bearing).reshape(-1, 2, 2)


def _crossed(ring: Floats, spacing_m: float) -> tuple[Floats, Floats, Floats]:
    """Where lines to the north cross a polygon: x, southern and northern end of each leg.

    By each edge's crossings, sorted and taken in pairs: a thousand times as fast as cutting each line out of a polygon
    of thousands of corners. Raises TooLarge over MOST_LEGS.
    """
    west, east = float(ring[:, 0].min()), float(ring[:, 0].max())
    count = _legs((east - west) / spacing_m)
    apart = (east - west) / count
    start = ring if (ring[0] != ring[-1]).any() else ring[:-1]
    end = np.roll(start, -1, axis=0)
    # Lines numbered k stand at west + (k + .5) apart; an edge has its western end, not its eastern: none is met twice.
    first, last = (
        np.clip(np.ceil((side - west) / apart - 0.5), 0, count).astype(np.int64)
        for side in (np.minimum(start[:, 0], end[:, 0]), np.maximum(start[:, 0], end[:, 0]))
    )
    met = last - first
    _legs(float(met.sum()) / 2)
    edge = np.repeat(np.arange(len(start)), met)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(met) - met, met) + first[edge]
    x = west + (row + 0.5) * apart
    along = (x - start[edge, 0]) / (end[edge, 0] - start[edge, 0])
    y = start[edge, 1] + np.clip(along, 0, 1) * (end[edge, 1] - start[edge, 1])
    order = np.lexsort([y, row])
    x, low, high = x[order][::2], y[order][::2], y[order][1::2]
    is_leg = high > low
    return x[is_leg], low[is_leg], high[is_leg]


def line_length_m(line_m: Floats) -> float:
    """Metres along (n, 2) metres."""
    return float(np.hypot(*np.diff(line_m, axis=0).T).sum())


def _pattern(line: Floats, apart_m: float, sweep_width_m: float | None) -> Pattern:
    return Pattern(line, line_length_m(line), None if sweep_width_m is None else sweep_width_m / apart_m)


def _placed(points: Floats, origin_m: tuple[float, float], bearing_deg: float) -> Floats:
    """Points whose second axis points north, turned clockwise by the bearing and moved."""
    sin, cos = np.sin(np.radians(bearing_deg)), np.cos(np.radians(bearing_deg))
    east, north = points[:, 0] * cos + points[:, 1] * sin, points[:, 1] * cos - points[:, 0] * sin
    return np.asarray(np.column_stack([east, north]) + np.asarray(origin_m))


def _narrow_bearing_deg(shape: shapely.Polygon) -> float:
    """The bearing of the hull's side across which the polygon is narrowest."""
    hull = np.asarray(shape.convex_hull.exterior.coords)
    sides = np.diff(hull, axis=0)
    normal = np.column_stack([sides[:, 1], -sides[:, 0]]) / np.hypot(*sides.T)[:, None]
    reach = normal @ hull.T
    side = sides[np.argmin(np.ptp(reach, axis=1))]
    return float(np.degrees(np.arctan2(side[0], side[1])))


def _legs(count: float) -> int:
    """A count of legs, rounded up."""
    if count > MOST_LEGS:
        raise TooLarge(f"{count:.0f} legs are over {MOST_LEGS}", hint="take a wider spacing or a smaller area")
    return max(int(np.ceil(count - 1e-9)), 1)


def _check_positive(**sizes: float) -> None:
    for name, value in sizes.items():
        if not 0 < value < np.inf:
            raise BadQuery(f"{name}={value} must be positive", hint="give a number above 0")
