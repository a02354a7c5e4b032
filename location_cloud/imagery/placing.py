"""Where a source lies: in metres of Web Mercator, and its outline in degrees."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import shapely

from location_cloud.errors import BadInput
from location_cloud.imagery import installed
from location_cloud.imagery.model import HALF_WORLD_M, Box

EARTH_DEGREE_M = 111_319.49079327358
"""A degree of longitude in Web Mercator: 2 pi x 6378137 / 360 (EPSG:3857)."""


def place_of(source: Any, named: Path) -> tuple[Box, float]:
    """Bounds and pixel size in metres of Web Mercator. Raises BadInput if it lies nowhere there."""
    rasterio = installed.rasterio()
    left, bottom, right, top = source.bounds
    if source.crs.is_geographic:
        bottom, top = max(min(bottom, top), -85.06), min(max(bottom, top), 85.06)
        if left < -180.001 or right > 180.001:
            raise BadInput(f"{named}: goes over the antimeridian (longitudes {left:g} to {right:g}); cut it in two")
    if not (bottom < top and left < right and all(map(math.isfinite, (left, bottom, right, top)))):
        raise BadInput(f"{named}: its bounds {left:g}, {bottom:g}, {right:g}, {top:g} are not an area on the map")
    in_degrees = rasterio.warp.transform_bounds(source.crs, "EPSG:4326", left, bottom, right, top, densify_pts=21)
    if in_degrees[0] > in_degrees[2]:
        raise BadInput(f"{named}: goes over the antimeridian; cut it in two")
    bounds = rasterio.warp.transform_bounds(source.crs, "EPSG:3857", left, bottom, right, top, densify_pts=21)
    west, south, east, north = (max(-HALF_WORLD_M, min(value, HALF_WORLD_M)) for value in bounds)
    if not (west < east and south < north):  # also NaN and infinity
        raise BadInput(f"{named}: its bounds {left:g}, {bottom:g}, {right:g}, {top:g} are not an area on the map")
    if source.crs.is_geographic:
        return (west, south, east, north), math.hypot(source.transform.a, source.transform.d) * EARTH_DEGREE_M
    transform, _, _ = rasterio.warp.calculate_default_transform(
        source.crs, "EPSG:3857", source.width, source.height, left, bottom, right, top
    )
    return (west, south, east, north), abs(transform.a)


def union(boxes: list[Box]) -> Box:
    """The box around boxes."""
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def footprint_of(source: Any) -> tuple[dict[str, object], Box]:
    """The outline of the source in degrees, with points along its sides as these become curves."""
    along = [(t / 16, 0.0) for t in range(16)] + [(1.0, t / 16) for t in range(16)]
    along += [(1 - t / 16, 1.0) for t in range(16)] + [(0.0, 1 - t / 16) for t in range(17)]
    points = [source.transform * (x * source.width, y * source.height) for x, y in along]
    xs, ys = zip(*points, strict=True)
    lons, lats = installed.rasterio().warp.transform(source.crs, "EPSG:4326", xs, ys)
    ring = [
        [round(max(-180.0, min(x, 180.0)), 7), round(max(-90.0, min(y, 90.0)), 7)]
        for x, y in zip(lons, lats, strict=True)
    ]
    ring.reverse()  # counter-clockwise, as RFC 7946 wants it
    lons, lats = zip(*ring, strict=True)
    # Straight sides need no points between; 1e-6 degrees are 0.1 m.
    plain = shapely.simplify(shapely.Polygon(ring), 1e-6)
    corners = [[x, y] for x, y in plain.exterior.coords]
    return {"type": "Polygon", "coordinates": [corners]}, (min(lons), min(lats), max(lons), max(lats))


def footprint_of_box(bounds_m: Box) -> tuple[dict[str, object], Box]:
    """The outline of a box in metres of Web Mercator, in degrees."""
    west, south, east, north = installed.rasterio().warp.transform_bounds("EPSG:3857", "EPSG:4326", *bounds_m)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}, (west, south, east, north)
