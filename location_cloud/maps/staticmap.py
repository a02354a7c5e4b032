"""A static map's view and everything on top of it - markers, paths, areas, scale bar, attribution - as plain shapes.

Shapes are dictionaries in CSS pixels of the view, in drawing order: `area` (rings, fill), `line` (points, color, width)
and `text` (at, text, size, color, halo, align). Who draws needs to know no more than these three (`render_over`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.maps.render import WORLD_PX, View, mercator, unmercator
from location_cloud.maps.sprites import ICON_PX, UNITS, list_icons

Shape: TypeAlias = dict[str, Any]
LonLats: TypeAlias = "Sequence[tuple[float, float]] | NDArray[np.float64]"

MAX_ZOOM = 18.0
LONELY_ZOOM = 15.0
"""Where a map opens around a single point."""

MAX_LAT = 85.05112877980659

EQUATOR_M = 40_075_016.686
"""Length of the equator. Source: WGS-84, semi-major axis 6,378,137 m."""

SCALE_PX = 110
"""The scale bar is at most this long."""

PIN_PX, PIN_HEAD_PX = 34.0, 11.5
EDGE_PX = 8.0
INK, PAPER = "#1c1c1c", "#ffffff"


@dataclass(frozen=True)
class Marker:
    """A pin. label: at most a few characters, in its head. icon: name of a map icon instead of a label."""

    lonlat: tuple[float, float]
    label: str = ""
    color: str = "#c4262e"
    icon: str = ""


@dataclass(frozen=True)
class Path:
    """A line along points."""

    lonlat: LonLats
    color: str = "#0b5cad"
    width_px: float = 5.0


@dataclass(frozen=True)
class Area:
    """A surface. rings: the outer ones and the holes of all its polygons together."""

    rings: tuple[LonLats, ...]
    fill: str = "#0b5cad33"
    color: str = "#0b5cad"
    width_px: float = 2.0


def fit_view(lonlat: LonLats, width_px: int, height_px: int, ratio: float, padding_px: float) -> View:
    """The view that shows all points as large as it can, at most at MAX_ZOOM, with room at the edges.

    The room shrinks where the picture is too small for it. Points must be one at least.
    """
    points = np.asarray(lonlat, np.float64).reshape(-1, 2)
    xy = np.array([mercator(lon, max(-MAX_LAT, min(MAX_LAT, lat))) for lon, lat in points[_extremes(points)]])
    low, high = xy.min(axis=0), xy.max(axis=0)
    room = [max(side - 2 * padding_px, side / 4) for side in (width_px, height_px)]
    spans = [(high[axis] - low[axis]) * WORLD_PX / room[axis] for axis in (0, 1)]
    widest = max(spans)
    zoom = -math.log2(widest) if widest > 1e-12 else LONELY_ZOOM
    lon, lat = unmercator(*((low + high) / 2))
    return View(lon, lat, max(0.0, min(zoom, MAX_ZOOM)), width_px, height_px, ratio)


def _extremes(points: NDArray[np.float64]) -> list[int]:
    return [int(index) for axis in (0, 1) for index in (points[:, axis].argmin(), points[:, axis].argmax())]


def all_points(markers: Iterable[Marker], paths: Iterable[Path], areas: Iterable[Area]) -> NDArray[np.float64]:
    """Every point of what lies on the map, (n, 2)."""
    parts = [np.asarray(marker.lonlat).reshape(1, 2) for marker in markers]
    parts += [np.asarray(path.lonlat, np.float64).reshape(-1, 2) for path in paths]
    parts += [np.asarray(ring, np.float64).reshape(-1, 2) for area in areas for ring in area.rings]
    return np.concatenate(parts) if parts else np.zeros((0, 2))


def lay_over(view: View, markers: Iterable[Marker], paths: Iterable[Path], areas: Iterable[Area]) -> list[Shape]:
    """Areas, then paths on a white rim, then pins from north to south, as shapes in the view."""
    shapes: list[Shape] = []
    for area in areas:
        rings = [_project(view, ring) for ring in area.rings]
        shapes.append({"kind": "area", "rings": rings, "fill": area.fill})
        shapes += [_line([*ring, ring[0]], area.color, area.width_px) for ring in rings if area.width_px]
    for path in paths:
        points = _project(view, path.lonlat)
        shapes += [_line(points, PAPER, path.width_px + 3), _line(points, path.color, path.width_px)]
    for marker in sorted(markers, key=lambda each: -each.lonlat[1]):
        shapes += _pin(view, marker)
    return shapes


def _project(view: View, lonlat: LonLats) -> list[tuple[float, float]]:
    """In the view's pixels, as many times 360 degrees away as brings the line's first point nearest to the middle."""
    points = np.asarray(lonlat, np.float64).reshape(-1, 2).copy()
    points[:, 0] -= 360 * np.round((points[0, 0] - view.lon) / 360)
    points[:, 1] = np.clip(points[:, 1], -MAX_LAT, MAX_LAT)
    return [(round(x, 2), round(y, 2)) for x, y in (view.at(lon, lat) for lon, lat in points.tolist())]


def _line(points: list[tuple[float, float]], color: str, width_px: float) -> Shape:
    return {"kind": "line", "points": points, "color": color, "width": width_px}


def _pin(view: View, marker: Marker) -> list[Shape]:
    ((x, y),) = _project(view, [marker.lonlat])
    head_y = y - PIN_PX + PIN_HEAD_PX
    # The tangents from the tip touch the head where the angle to the tip is acos(radius / distance).
    reach = math.acos(PIN_HEAD_PX / (PIN_PX - PIN_HEAD_PX))
    turns = np.linspace(math.pi / 2 + reach, math.pi * 5 / 2 - reach, 40)
    outline = [
        (x, y),
        *zip((x + PIN_HEAD_PX * np.cos(turns)).tolist(), (head_y + PIN_HEAD_PX * np.sin(turns)).tolist(), strict=True),
    ]
    shapes: list[Shape] = [
        {"kind": "area", "rings": [outline], "fill": marker.color},
        _line([*outline, outline[0]], PAPER, 1.6),
    ]
    if marker.icon:
        scale = ICON_PX / UNITS
        shapes += [
            {
                "kind": "area",
                "rings": [(np.array([x, head_y]) + (ring - UNITS / 2) * scale).tolist() for ring in rings],
                "fill": PAPER,
            }
            for rings in icon_rings(marker.icon)
        ]
    elif marker.label:
        size = 14 if len(marker.label) == 1 else 22 / len(marker.label)
        shapes.append(
            {"kind": "text", "at": (x, head_y), "text": marker.label, "size": size, "color": PAPER, "align": "middle"}
        )
    else:
        turns = np.linspace(0, 2 * math.pi, 24)
        dot = np.stack([x + 4 * np.cos(turns), head_y + 4 * np.sin(turns)], axis=1).tolist()
        shapes.append({"kind": "area", "rings": [dot], "fill": PAPER})
    return shapes


def icon_rings(name: str) -> list[list[NDArray[np.float64]]]:
    """The rings of each polygon of an icon, in its units. Raises KeyError for an unknown name."""
    polygons = shapely.get_parts(list_icons()[name].shape)
    return [[shapely.get_coordinates(ring) for ring in shapely.get_rings(polygon)] for polygon in polygons]


def scale_bar(view: View) -> list[Shape]:
    """A bar of a round length in the lower left corner, true at the middle of the view."""
    metres_a_px = EQUATOR_M * math.cos(math.radians(view.lat)) / (WORLD_PX * 2**view.zoom)
    most_m = metres_a_px * min(SCALE_PX, view.width_px / 3)
    power = 10 ** math.floor(math.log10(most_m))
    length_m = max(step * power for step in (1, 2, 5) if step * power <= most_m)
    x, y, length = EDGE_PX + 2, view.height_px - EDGE_PX - 2, length_m / metres_a_px
    bar = [(x, y - 5), (x, y), (x + length, y), (x + length, y - 5)]
    text = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    return [
        _line(bar, PAPER, 4),
        _line(bar, INK, 1.6),
        {
            "kind": "text",
            "at": (x + length / 2, y - 8),
            "text": text,
            "size": 11,
            "color": INK,
            "halo": PAPER,
            "align": "middle",
        },
    ]


def attribution_line(view: View, text: str) -> list[Shape]:
    """Whom the data come from, on a light strip in the lower right corner."""
    return [
        {
            "kind": "text",
            "at": (view.width_px - 4, view.height_px - 8.5),
            "text": text,
            "size": 10,
            "color": INK,
            "align": "right",
            "strip": "#ffffffc8",
            "room": view.width_px - 8,
        }
    ]
