"""Sets as pixels: bands or a formula, stretched and coloured, or relief of heights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.imagery import colours
from location_cloud.imagery.expression import Expression, parse_expression
from location_cloud.imagery.model import HALF_WORLD_M, Box
from location_cloud.imagery.model_look import Algorithm, Look
from location_cloud.imagery.model_mosaic import SceneSet
from location_cloud.imagery.reading import Pixels, read_mosaic
from tiles.terrain import contour_lines, hillshade, slope, terrain_rgb, terrarium

STEEPEST_DEG = 90.0
CONTOUR_COLOUR = (140, 90, 40)
"""Brown, as on topographic maps."""

EARTH_RADIUS_M = 6_378_137.0

MAX_BYTES = 256_000_000
"""Of the values that one question reads: three bands of 32 bits in the largest picture."""


@dataclass(frozen=True)
class Picture:
    """What is drawn. pixels: (rows, columns, 1 or 3) uint8. valid: (rows, columns).

    palette: (256, 3) colours that the one sample of each pixel is a number of; None = pixels are colours themselves.
    """

    pixels: NDArray[np.uint8]
    valid: NDArray[np.bool_] = field(repr=False)
    palette: NDArray[np.uint8] | None = None


def check_look(scenes: SceneSet, look: Look) -> None:
    """Raises BadQuery for what cannot be drawn of this set; before anything is read."""
    count = len(scenes.scenes[0].bands)
    for band in look.bands:
        if not 1 <= band <= count:
            raise BadQuery(
                f"bidx={band}: {scenes.name} has bands 1 to {count}", hint=f"GET /imagery/{scenes.name}/info"
            )
    if len(look.bands) not in (0, 1, 3):
        raise BadQuery(f"bidx: {len(look.bands)} bands; one or three can be drawn", hint="e.g. bidx=3&bidx=2&bidx=1")
    if look.algorithm is not None and (scenes.kind != "elevation" or look.expression or look.bands):
        raise BadQuery(f"algorithm={look.algorithm} is of heights alone", hint="ask an elevation set, without bands")
    if look.rescale and look.algorithm not in (None, "slope"):
        raise BadQuery(f"rescale has no meaning for algorithm={look.algorithm}", hint="leave out rescale=")
    if look.colormap and look.algorithm not in (None, "slope", "hillshade"):
        raise BadQuery(f"colormap_name has no meaning for algorithm={look.algorithm}", hint="leave out colormap_name=")
    if look.colormap and look.colormap.removesuffix("_r") not in colours.NAMES:
        raise BadQuery(f"colormap_name={look.colormap!r}", hint=f"one of {', '.join(colours.NAMES)}, or with _r")
    channels = _channels(scenes, look)
    if look.expression and channels not in (1, 3):
        raise BadQuery(f"expression: {channels} formulas; one or three can be drawn", hint="separate them by ';'")
    if len(look.rescale) not in (0, 1, channels):
        raise BadQuery(
            f"rescale: {len(look.rescale)} ranges for {channels} channels", hint="give one, or one a channel"
        )
    if look.colormap and channels != 1:
        raise BadQuery("colormap_name colours one channel", hint="choose one band with bidx=, or one formula")


def draw(scenes: SceneSet, look: Look, box_m: Box, columns: int, rows: int) -> Picture:
    """The picture of a box in metres of Web Mercator. Raises BadQuery, NotReady, NotInstalled."""
    if scenes.kind == "elevation" and not look.expression:
        algorithm = look.algorithm or (None if look.colormap or look.rescale else "terrainrgb")
        if algorithm is not None:
            return _relief(scenes, look, algorithm, box_m, columns, rows)
    formula = _formula(scenes, look)
    if formula is not None:
        formula.check_work(columns * rows)
    bands = formula.bands if formula is not None else shown_bands(scenes, look)
    found = read(scenes, look, box_m, columns, rows, bands)
    if formula is not None:
        results, finite = formula.evaluate(found.values)
        ranges = look.rescale or ((-1.0, 1.0),)
        return _coloured(results, found.valid & finite, ranges, look.colormap)
    if scenes.kind == "classes" and not look.colormap and not look.rescale:
        return _classes(scenes, found)
    if scenes.kind == "picture" and not look.rescale and not look.colormap:
        return Picture(np.ascontiguousarray(found.values.transpose(1, 2, 0)), found.valid)
    described = scenes.scenes[0].bands
    ranges = look.rescale or tuple((described[band - 1].low, described[band - 1].high) for band in bands)
    return _coloured(found.values, found.valid, ranges, look.colormap)


def read(scenes: SceneSet, look: Look, box_m: Box, columns: int, rows: int, bands: tuple[int, ...]) -> Pixels:
    """The values of bands in a box, mosaicked as the look says. Raises TooLarge before anything is read."""
    described = scenes.scenes[0].bands
    size = columns * rows * sum(np.dtype(described[band - 1].dtype).itemsize for band in bands)
    if size > MAX_BYTES:
        raise TooLarge(
            f"{columns:,} x {rows:,} pixels of {len(bands)} bands are {size:,} bytes; the most is {MAX_BYTES:,}",
            hint="ask for fewer bands, or a smaller max_size",
        )
    chosen = scenes.within(box_m, look.order, look.taken)
    return read_mosaic(scenes.home, chosen, box_m, columns, rows, bands)


def shown_bands(scenes: SceneSet, look: Look) -> tuple[int, ...]:
    """The bands that are drawn: those of the look, else the first three if there are as many, else the first."""
    if look.bands:
        return look.bands
    return (1, 2, 3) if len(scenes.scenes[0].bands) >= 3 and not look.colormap else (1,)


def read_heights(scenes: SceneSet, look: Look, box_m: Box, columns: int, rows: int, margin: int) -> NDArray[np.float32]:
    """(rows + 2 margin, columns + 2 margin) metres, NaN = void; margin: pixels more on each side."""
    west, south, east, north = box_m
    step_x, step_y = (east - west) / columns * margin, (north - south) / rows * margin
    wider = (west - step_x, south - step_y, east + step_x, north + step_y)
    found = read(scenes, look, wider, columns + 2 * margin, rows + 2 * margin, (1,))
    return np.where(found.valid, found.values[0], np.float32(np.nan)).astype(np.float32, copy=False)


def ground_pixel_m(box_m: Box, rows: int) -> NDArray[np.float64]:
    """(rows,) side of a pixel on the ground, metres: Web Mercator stretches by 1 / cos(latitude)."""
    _, south, _, north = box_m
    middles = north - (np.arange(rows) + 0.5) * (north - south) / rows
    return (north - south) / rows / np.cosh(np.clip(middles, -HALF_WORLD_M, HALF_WORLD_M) / EARTH_RADIUS_M)


def _relief(scenes: SceneSet, look: Look, algorithm: Algorithm, box_m: Box, columns: int, rows: int) -> Picture:
    if algorithm in ("terrainrgb", "terrarium"):
        heights = read_heights(scenes, look, box_m, columns, rows, 0)
        packed = terrain_rgb(heights) if algorithm == "terrainrgb" else terrarium(heights)
        valid = ~np.isnan(heights)
        # Voids are opaque 0 m: browsers change the colours of transparent pixels, and so the heights.
        return Picture(packed, np.full(valid.shape, bool(valid.any())))
    heights = read_heights(scenes, look, box_m, columns, rows, 1)
    valid = ~np.isnan(heights[1:-1, 1:-1])
    if algorithm == "contours":
        lines = contour_lines(heights, look.interval_m)
        return Picture(np.where(lines[:, :, None], np.array(CONTOUR_COLOUR, np.uint8), np.uint8(0)), lines)
    ground_m = ground_pixel_m(box_m, rows)
    if algorithm == "hillshade":
        shade = hillshade(heights, ground_m, look.azimuth_deg, look.altitude_deg, look.exaggeration)
        return _coloured(shade[None], valid, ((0.0, 255.0),), look.colormap)
    return _coloured(slope(heights, ground_m)[None], valid, look.rescale or ((0.0, STEEPEST_DEG),), look.colormap)


def _formula(scenes: SceneSet, look: Look) -> Expression | None:
    return parse_expression(look.expression, len(scenes.scenes[0].bands)) if look.expression else None


def _channels(scenes: SceneSet, look: Look) -> int:
    formula = _formula(scenes, look)
    return len(formula.formulas) if formula is not None else len(shown_bands(scenes, look))


def _coloured(
    values: NDArray[np.generic], valid: NDArray[np.bool_], ranges: Sequence[tuple[float, float]], colormap: str
) -> Picture:
    """Values stretched to 0-255, each channel by its range, and coloured where a map is named."""
    pixels = np.empty((*values.shape[1:], len(values)), np.uint8)
    for channel, band in enumerate(values):
        low, high = ranges[channel if len(ranges) > 1 else 0]
        factor = 255.0 / (high - low) if high != low and math.isfinite(high - low) else 0.0
        stretched = (band.astype(np.float32) - np.float32(low)) * np.float32(factor)
        pixels[:, :, channel] = np.where(valid, np.clip(stretched, 0, 255), 0)
    if colormap:
        return Picture(pixels, valid, colours.colour_map(colormap))
    return Picture(pixels, valid)


def _classes(scenes: SceneSet, found: Pixels) -> Picture:
    table = np.zeros((256, 4), np.uint8)
    for value, colour in scenes.scenes[0].palette.items():
        if 0 <= value < len(table):
            table[value] = colour
    painted = table[np.clip(found.values[0], 0, 255).astype(np.uint8)]
    return Picture(np.ascontiguousarray(painted[:, :, :3]), found.valid & (painted[:, :, 3] > 0))
