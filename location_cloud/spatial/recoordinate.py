"""Coordinates replaced wherever they stand in a reply, so that the web edge can speak another system."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from location_cloud.spatial.lonlat import Floats

POINT_KEYS: Final = ("lonlat", "at", "location", "position", "site", "point", "ipp")
POSITIONS_KEYS: Final = ("coordinates", "sources", "targets")


def map_coordinates(value: Any, change: Callable[[Floats], Floats]) -> Any:
    """The same JSON-like value with every coordinate changed; nothing of the old one is altered.

    Found are: `coordinates`, `sources` and `targets` (nested lists of positions), `bbox` (4 or 6 numbers), and the bare
    points [lon, lat] under POINT_KEYS, at any depth, in mappings, lists and tuples. Under these keys, what is not such
    numbers is left as it is (Amap's `location` is text). Third and further numbers of a position stay.

    change: takes all points at once, (n, 2) degrees, and gives as many. Called once, or not at all without points.
    """
    points: list[list[float]] = []
    _walk(value, points, None)
    if not points:
        return _walk(value, [], None)
    moved = change(np.array(points, dtype=np.float64)).tolist()
    return _walk(value, [], iter(moved))


def _walk(value: Any, found: list[list[float]], moved: Any) -> Any:
    """One traversal for both passes: it collects points, and where moved is given puts its points in order."""
    if isinstance(value, dict):
        return {key: _entry(key, item, found, moved) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_walk(item, found, moved) for item in value]
    return value


def _entry(key: Any, item: Any, found: list[list[float]], moved: Any) -> Any:
    if key in POSITIONS_KEYS and _is_positions(item):
        return _positions(item, found, moved)
    if key in POINT_KEYS and _is_position(item):
        return _positions(item, found, moved)
    if key == "bbox" and _is_numbers(item) and len(item) in (4, 6):
        return _bbox(item, found, moved)
    return _walk(item, found, moved)


def _positions(item: Any, found: list[list[float]], moved: Any) -> Any:
    if not _is_numbers(item):
        return [_positions(part, found, moved) for part in item]
    found.append([item[0], item[1]])
    return list(item) if moved is None else [*next(moved), *item[2:]]


def _bbox(item: Any, found: list[list[float]], moved: Any) -> list[float]:
    """A box moved by all four corners, so that what was inside stays inside to first order."""
    half = len(item) // 2
    west, south, east, north = item[0], item[1], item[half], item[half + 1]
    found.extend([[west, south], [east, south], [east, north], [west, north]])
    if moved is None:
        return list(item)
    sw, se, ne, nw = (next(moved) for _ in range(4))
    low = [min(sw[0], nw[0]), min(sw[1], se[1])]
    high = [max(se[0], ne[0]), max(nw[1], ne[1])]
    return [*low, *item[2:half], *high, *item[half + 2 :]]


def _is_numbers(item: Any) -> bool:
    return (
        isinstance(item, (list, tuple))
        and len(item) >= 2
        and all(isinstance(number, (int, float)) and not isinstance(number, bool) for number in item)
    )


def _is_position(item: Any) -> bool:
    return _is_numbers(item) and len(item) <= 4


def _is_positions(item: Any) -> bool:
    if _is_position(item):
        return True
    return isinstance(item, (list, tuple)) and all(_is_positions(part) for part in item)
