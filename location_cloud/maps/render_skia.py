"""Pictures drawn by Skia from the vector tiles: where there is no usable OpenGL. Fills, lines, pictures and labels of
the styles here, close to what MapLibre draws, at about half its speed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import skia  # heavy optional: the extra [render]; only the process that draws imports this module
from numpy.typing import NDArray

from location_cloud.maps.expressions import Evaluate, compile_expression, is_constant
from location_cloud.maps.label_drawing import LabelPainter
from location_cloud.maps.mvt_reader import LINE, POLYGON, Feature, Layer, read_tile
from location_cloud.maps.render import SCHEME, WORLD_PX, ReadTile, Style, View, mercator
from location_cloud.maps.render_over import as_color, typeface

CAPS = {"round": skia.Paint.kRound_Cap, "butt": skia.Paint.kButt_Cap, "square": skia.Paint.kSquare_Cap}
JOINS = {"round": skia.Paint.kRound_Join, "miter": skia.Paint.kMiter_Join, "bevel": skia.Paint.kBevel_Join}


@dataclass(frozen=True)
class PlacedTile:
    """A tile in the view. left, top, side: CSS pixels. layers: of a vector tile; image: of a picture tile."""

    left: float
    top: float
    side: float
    layers: dict[str, Layer]
    image: skia.Image | None = None

    def in_view(self, points: NDArray[np.int64], extent: int) -> NDArray[np.float64]:
        """Points of the tile in the view's pixels."""
        placed: NDArray[np.float64] = points * np.float64(self.side / extent) + np.array([self.left, self.top])
        return placed


class SkiaBackend:
    """Skia. font: face for labels; None = no labels. read: gives what the styles refer to."""

    name = "skia"

    def __init__(self, font: Path | None, read: ReadTile) -> None:
        self._read = read
        self._font = None if font is None else typeface(str(font))

    def draw(self, style: Style, view: View) -> bytes:
        """The view as RGBA rows."""
        size = (round(view.width_px * view.ratio), round(view.height_px * view.ratio))
        pixels = np.zeros((size[1], size[0], 4), np.uint8)
        surface = skia.Surface(pixels, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
        layers = [layer for layer in style.document["layers"] if _is_shown(layer, view.zoom)]
        tiles = {key: list(self._tiles(style, key, layers, view)) for key in style.document["sources"]}
        with surface as canvas:
            canvas.scale(view.ratio, view.ratio)
            for layer in layers:
                if layer["type"] != "symbol":
                    _draw_layer(canvas, layer, tiles.get(layer.get("source", ""), []), view.zoom)
            if self._font is not None:
                painter = LabelPainter(canvas, self._font, view, partial(self._sheet_file, style))
                labels = [layer for layer in layers if layer["type"] == "symbol"]
                painter.paint([(layer, _placed(layer, tiles[layer["source"]], view.zoom)) for layer in labels])
        return pixels.tobytes()

    def _sheet_file(self, style: Style, ending: str) -> bytes | None:
        """A file of the icon sheet, by its ending."""
        if "sprite" not in style.document:
            return None
        return self._read(f"{style.key}/{style.document['sprite'].removeprefix(f'{SCHEME}://')}{ending}")

    def _tiles(self, style: Style, key: str, layers: list[dict[str, Any]], view: View) -> Iterator[PlacedTile]:
        source = style.document["sources"][key]
        names: set[Any] = {layer.get("source-layer") for layer in layers if layer.get("source") == key}
        if not names:
            return
        px = source.get("tileSize", WORLD_PX)
        z = math.floor(view.zoom + math.log2(WORLD_PX / px) + 1e-9)
        z = min(source["maxzoom"], z)
        if z < max(source["minzoom"], 0):  # as in MapLibre: else a far view would ask for all the tiles of the city
            return
        side = WORLD_PX * 2 ** (view.zoom - z)
        middle = np.array(mercator(view.lon, view.lat)) * 2**z
        half = np.array([view.width_px, view.height_px]) / 2 / side
        first, last = np.floor(middle - half + 1e-6).astype(int), np.floor(middle + half - 1e-6).astype(int)
        for x in range(first[0], last[0] + 1):
            for y in range(max(first[1], 0), min(last[1], 2**z - 1) + 1):
                address = source["tiles"][0].removeprefix(f"{SCHEME}://").format(z=z, x=x % 2**z, y=y)
                body = self._read(f"{style.key}/{address}")
                if not body:
                    continue
                left, top = (np.array([x, y]) - middle) * side + (view.width_px / 2, view.height_px / 2)
                if source["type"] == "raster":
                    # Skia decodes when it draws: without a copy it would read bytes that are no more.
                    yield PlacedTile(left, top, side, {}, skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(body)))
                else:
                    yield PlacedTile(left, top, side, read_tile(body, names.__contains__))


def _is_shown(layer: dict[str, Any], zoom: float) -> bool:
    return bool(layer.get("minzoom", 0) <= zoom < layer.get("maxzoom", 25))


def _placed(layer: dict[str, Any], tiles: list[PlacedTile], zoom: float) -> list[tuple[Feature, Any]]:
    """The features of a layer that pass its filter, each with a function that brings its points into the view."""
    wanted = compile_expression(layer.get("filter", True), zoom)
    found: list[tuple[Feature, Any]] = []
    for tile in tiles:
        source = tile.layers.get(layer["source-layer"])
        if source is None:
            continue
        found += [(feature, (tile, source.extent)) for feature in source.features if wanted(feature.properties)]
    return found


def _draw_layer(canvas: skia.Canvas, layer: dict[str, Any], tiles: list[PlacedTile], zoom: float) -> None:
    paint = {name: compile_expression(value, zoom) for name, value in layer["paint"].items()}
    if layer["type"] == "background":
        canvas.drawColor(as_color(paint["background-color"]({})))
        return
    for tile in tiles:
        canvas.save()
        canvas.clipRect(skia.Rect.MakeXYWH(tile.left, tile.top, tile.side, tile.side))
        if layer["type"] == "raster" and tile.image is not None:
            canvas.drawImageRect(
                tile.image,
                skia.Rect.MakeXYWH(tile.left, tile.top, tile.side, tile.side),
                skia.SamplingOptions(skia.FilterMode.kLinear),
            )
        elif layer["type"] == "fill":
            _draw_fills(canvas, layer, tile, paint, zoom)
        elif layer["type"] == "line":
            _draw_lines(canvas, layer, tile, paint, zoom)
        canvas.restore()


def _draw_fills(
    canvas: skia.Canvas, layer: dict[str, Any], tile: PlacedTile, paint: dict[str, Evaluate], zoom: float
) -> None:
    """All surfaces of one colour as one path: outer rings turn one way and holes the other (MVT 4.3.4.4)."""
    paths: dict[tuple[str, float], skia.Path] = {}
    for feature, (placed, extent) in _placed(layer, [tile], zoom):
        if feature.kind != POLYGON:
            continue
        color = paint["fill-color"](feature.properties)
        opacity = paint["fill-opacity"](feature.properties) if "fill-opacity" in paint else 1.0
        path = paths.setdefault((color, opacity), skia.Path())
        for ring in feature.parts():
            _add(path, placed.in_view(ring, extent), is_closed=True)
    outline = paint.get("fill-outline-color")
    for (color, opacity), path in paths.items():
        canvas.drawPath(path, _paint(color, opacity))
        if outline is not None and is_constant(outline):
            stroke = _paint(outline({}), opacity)
            stroke.setStyle(skia.Paint.kStroke_Style)
            stroke.setStrokeWidth(1)
            canvas.drawPath(path, stroke)


def _draw_lines(
    canvas: skia.Canvas, layer: dict[str, Any], tile: PlacedTile, paint: dict[str, Evaluate], zoom: float
) -> None:
    layout = layer.get("layout", {})
    rank = compile_expression(layout.get("line-sort-key", 0), zoom)
    width_of, color_of = paint["line-width"], paint["line-color"]
    opacity_of = paint.get("line-opacity", compile_expression(1.0, zoom))
    offset_of = paint.get("line-offset", compile_expression(0.0, zoom))
    paths: dict[tuple[float, str, float, float], skia.Path] = {}
    for feature, (placed, extent) in _placed(layer, [tile], zoom):
        properties = feature.properties
        width = round(width_of(properties), 3)
        if width <= 0 or feature.kind not in (LINE, POLYGON):
            continue
        look = (rank(properties), color_of(properties), width, opacity_of(properties))
        path = paths.setdefault(look, skia.Path())
        for part in feature.parts():
            xy = placed.in_view(part, extent)
            _add(path, offset_line(xy, offset_of(properties)), is_closed=feature.kind == POLYGON)
    dashes = layer["paint"].get("line-dasharray")
    for (_, color, width, opacity), path in sorted(paths.items(), key=lambda each: each[0][0]):
        stroke = _paint(color, opacity)
        stroke.setStyle(skia.Paint.kStroke_Style)
        stroke.setStrokeWidth(width)
        stroke.setStrokeCap(CAPS[layout.get("line-cap", "butt")])
        stroke.setStrokeJoin(JOINS[layout.get("line-join", "miter")])
        if dashes:
            stroke.setPathEffect(skia.DashPathEffect.Make([dash * width for dash in dashes], 0))
        canvas.drawPath(path, stroke)


def offset_line(xy: NDArray[np.float64], offset_px: float) -> NDArray[np.float64]:
    """The line moved to the right of its direction, each point along the mean normal of its segments."""
    if not offset_px or len(xy) < 2:
        return xy
    steps = np.diff(xy, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    normals = np.stack([-steps[:, 1], steps[:, 0]], axis=1) / np.maximum(lengths, 1e-9)[:, None]
    around = np.concatenate([normals[:1], normals[:-1] + normals[1:], normals[-1:]])
    moved: NDArray[np.float64] = (
        xy + around / np.maximum(np.hypot(around[:, 0], around[:, 1]), 1e-9)[:, None] * offset_px
    )
    return moved


def _add(path: skia.Path, xy: NDArray[np.float64], is_closed: bool) -> None:
    path.addPoly([skia.Point(x, y) for x, y in xy.tolist()], is_closed)


def _paint(color: str, opacity: float) -> skia.Paint:
    paint = skia.Paint(AntiAlias=True, Color=as_color(color))
    if opacity < 1:
        paint.setAlphaf(paint.getAlphaf() * opacity)
    return paint
