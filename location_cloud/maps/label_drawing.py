"""Draws the labels and icons of a style with Skia: collisions, breaks, letters along lines."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
import skia  # heavy optional: the extra [render]; only the process that draws imports this module
from numpy.typing import NDArray

from location_cloud.maps.expressions import Evaluate, compile_expression
from location_cloud.maps.label_placing import Rect, Taken, along_line, break_text, point_at
from location_cloud.maps.mvt_reader import POINT, Feature
from location_cloud.maps.render import View
from location_cloud.maps.render_over import as_color

LINE_HEIGHT = 1.2
"""Of the text size. Source: MapLibre style specification, text-line-height."""

LISTS = ("text-variable-anchor", "text-font", "icon-text-fit-padding")
"""Properties whose value is a list and no expression."""

SDF_EDGE = 191.25
"""Grey value of the edge in a tinted icon: 255 times 0.75 (`sprites.SDF_EDGE`)."""

SDF_PX = 255 / 8
"""Grey values in a pixel of distance."""


@dataclass(frozen=True)
class Icon:
    """A picture of an icon. pixels: RGBA; is_tinted: its alpha is a distance. ratio: pixels per CSS pixel."""

    pixels: NDArray[np.uint8]
    ratio: int
    is_tinted: bool

    def image(self, color: str) -> skia.Image:
        """What is drawn; a tinted one in the colour."""
        if not self.is_tinted:
            return skia.Image.fromarray(np.ascontiguousarray(self.pixels), colorType=skia.kRGBA_8888_ColorType)
        cover = np.clip((self.pixels[..., 3].astype(np.float32) - SDF_EDGE) / SDF_PX + 0.5, 0, 1)
        number = as_color(color)
        tinted = np.empty_like(self.pixels)
        tinted[..., :3] = [skia.ColorGetR(number), skia.ColorGetG(number), skia.ColorGetB(number)]
        tinted[..., 3] = cover * skia.ColorGetA(number)
        return skia.Image.fromarray(tinted, colorType=skia.kRGBA_8888_ColorType)


@lru_cache(maxsize=8)
def _sheet(index: bytes, picture: bytes) -> dict[str, Icon]:
    image = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(picture)).convert(alphaType=skia.kUnpremul_AlphaType)
    pixels = image.toarray(colorType=skia.kRGBA_8888_ColorType)
    return {
        name: Icon(
            pixels[place["y"] : place["y"] + place["height"], place["x"] : place["x"] + place["width"]],
            place["pixelRatio"],
            place.get("sdf", False),
        )
        for name, place in orjson.loads(index).items()
    }


class LabelPainter:
    """Paints the labels of one picture. read: gives the icon sheet's files by their ending, "@2x.json"."""

    def __init__(
        self, canvas: skia.Canvas, face: skia.Typeface, view: View, read: Callable[[str], bytes | None]
    ) -> None:
        self._canvas, self._face, self._view = canvas, face, view
        self._taken = Taken()
        self._said: dict[tuple[str, str], list[tuple[float, float]]] = {}
        index, picture = read("@2x.json"), read("@2x.png")
        self._icons = _sheet(index, picture) if index and picture else {}

    def paint(self, layers: list[tuple[dict[str, Any], list[tuple[Feature, Any]]]]) -> None:
        """Paints each layer's labels; those of later layers have the first choice of place, as in MapLibre."""
        drawings: list[list[Callable[[], None]]] = []
        for layer, features in reversed(layers):
            drawings.append(self._place(layer, features))
        for placed in reversed(drawings):
            for draw in placed:
                draw()

    def _place(self, layer: dict[str, Any], features: list[tuple[Feature, Any]]) -> list[Callable[[], None]]:
        zoom = self._view.zoom
        layout = {
            name: compile_expression(["literal", value] if name in LISTS else value, zoom)
            for name, value in layer.get("layout", {}).items()
        }
        paint = {name: compile_expression(value, zoom) for name, value in layer["paint"].items()}
        look = Look(layout, paint)
        if "symbol-sort-key" in layout:
            features = sorted(features, key=lambda each: float(layout["symbol-sort-key"](each[0].properties)))
        drawings: list[Callable[[], None]] = []
        for feature, (tile, extent) in features:
            for part in feature.parts():
                xy = tile.in_view(part, extent)
                if look.value("symbol-placement", feature, "point") == "line":
                    if feature.kind != POINT and len(xy) > 1:
                        drawings += self._along(layer["id"], look, feature, xy)
                    continue
                x, y = xy[0] if feature.kind == POINT else xy.mean(axis=0)
                inside = tile.left <= x < tile.left + tile.side and tile.top <= y < tile.top + tile.side
                drawing = self._at(look, feature, float(x), float(y)) if inside else None
                if drawing is not None:
                    drawings.append(drawing)
                if feature.kind != POINT:
                    break
        return drawings

    def _at(self, look: Look, feature: Feature, x: float, y: float) -> Callable[[], None] | None:
        """An icon, a text, or both at a point."""
        icon = self._icons.get(str(look.value("icon-image", feature, "")))
        text = look.value("text-field", feature, None)
        size = float(look.value("text-size", feature, 16))
        scale = float(look.value("icon-size", feature, 1))
        half = 0.0 if icon is None else icon.pixels.shape[0] / icon.ratio / 2 * scale
        icon_rect = (x - half, y - half, x + half, y + half)
        block = self._block(look, feature, str(text), size) if text else None
        if block is None:
            if icon is None or not self._taken.claim([icon_rect]):
                return None
            return lambda: self._draw_icon(icon, look, feature, x, y, scale, 0.0)
        anchors = look.value("text-variable-anchor", feature, None) or ["center"]
        reach = float(look.value("text-radial-offset", feature, 0)) * size
        for anchor in anchors:
            top = y + {"top": reach, "bottom": -reach - block.height}.get(anchor, -block.height / 2)
            pad = float(look.value("text-padding", feature, 2))
            rect = (x - block.width / 2 - pad, top - pad, x + block.width / 2 + pad, top + block.height + pad)
            if self._taken.claim([rect] if icon is None else [rect, icon_rect]):
                return lambda top=top: self._draw_both(icon, block, look, feature, x, y, top, scale)  # type: ignore[misc]  # default binds now
        if icon is not None and look.value("text-optional", feature, False) and self._taken.claim([icon_rect]):
            return lambda: self._draw_icon(icon, look, feature, x, y, scale, 0.0)
        return None

    def _block(self, look: Look, feature: Feature, text: str, size: float) -> Block:
        font = skia.Font(self._face, size)
        lines = break_text(text, float(look.value("text-max-width", feature, 10)))
        widths = [font.measureText(line) for line in lines]
        return Block(font, lines, widths, max(widths), len(lines) * size * LINE_HEIGHT)

    def _draw_both(
        self,
        icon: Icon | None,
        block: Block,
        look: Look,
        feature: Feature,
        x: float,
        y: float,
        top: float,
        scale: float,
    ) -> None:
        if icon is not None:
            self._draw_icon(icon, look, feature, x, y, scale, 0.0)
        fill, halo = look.text_paints(feature)
        size = block.font.getSize()
        for row, (line, width) in enumerate(zip(block.lines, block.widths, strict=True)):
            base = top + row * size * LINE_HEIGHT + size * 0.98
            if halo is not None:
                self._canvas.drawString(line, x - width / 2, base, block.font, halo)
            self._canvas.drawString(line, x - width / 2, base, block.font, fill)

    def _draw_icon(
        self, icon: Icon, look: Look, feature: Feature, x: float, y: float, scale: float, turn_deg: float
    ) -> None:
        image = icon.image(str(look.color("icon-color", feature, "#000000")))
        width, height = image.width() / icon.ratio * scale, image.height() / icon.ratio * scale
        self._canvas.save()
        self._canvas.translate(x, y)
        self._canvas.rotate(turn_deg)
        self._canvas.drawImageRect(
            image,
            skia.Rect.MakeXYWH(-width / 2, -height / 2, width, height),
            skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear),
        )
        self._canvas.restore()

    def _along(self, layer: str, look: Look, feature: Feature, xy: NDArray[np.float64]) -> list[Callable[[], None]]:
        """Labels or icons along a line, one each so many pixels; the same text not twice within half of that."""
        steps = np.diff(xy, axis=0)
        length = float(np.hypot(steps[:, 0], steps[:, 1]).sum())
        spacing = float(look.value("symbol-spacing", feature, 250))
        count = max(1, int(length / spacing))
        text = look.value("text-field", feature, None)
        found = []
        for number in range(count):
            middle = length * (number + 0.5) / count
            place = point_at(xy, middle)
            said = self._said.setdefault((layer, str(text)), [])
            if text is not None and any(math.dist(place, other) < spacing / 2 for other in said):
                continue
            drawing = self._one_along(look, feature, xy, middle, None if text is None else str(text))
            if drawing is not None:
                said.append(place)
                found.append(drawing)
        return found

    def _one_along(
        self, look: Look, feature: Feature, xy: NDArray[np.float64], middle: float, text: str | None
    ) -> Callable[[], None] | None:
        icon = self._icons.get(str(look.value("icon-image", feature, "")))
        if not text:
            letters = along_line(xy, [18.0], middle, 45)
            if icon is None or letters is None or not self._taken.claim([_around(letters[0].x, letters[0].y, 9)]):
                return None
            # Icons follow the line's own direction: an arrow must not be turned to stand upright.
            forward = _direction(xy, middle)
            turn = forward + float(look.value("icon-rotate", feature, 0))
            scale = float(look.value("icon-size", feature, 1))
            x, y = letters[0].x, letters[0].y
            return lambda: self._draw_icon(icon, look, feature, x, y, scale, turn)
        size = float(look.value("text-size", feature, 16))
        font = skia.Font(self._face, size)
        if look.value("text-rotation-alignment", feature, "map") == "viewport":
            return self._shield(look, feature, xy, middle, text, font)
        spacing = float(look.value("text-letter-spacing", feature, 0)) * size
        advances = [width + spacing for width in font.getWidths(font.textToGlyphs(text))]
        letters = along_line(xy, advances, middle, float(look.value("text-max-angle", feature, 45)))
        if letters is None or not self._taken.claim([_around(each.x, each.y, size * 0.62) for each in letters]):
            return None
        down = size * 0.36
        places = [
            skia.RSXform(
                each.cos,
                each.sin,
                each.x - each.sin * down - each.cos * advance / 2,
                each.y + each.cos * down - each.sin * advance / 2,
            )
            for each, advance in zip(letters, advances, strict=True)
        ]
        blob = skia.TextBlob.MakeFromRSXform(text, places, font)
        fill, halo = look.text_paints(feature)

        def draw() -> None:
            if halo is not None:
                self._canvas.drawTextBlob(blob, 0, 0, halo)
            self._canvas.drawTextBlob(blob, 0, 0, fill)

        return draw

    def _shield(
        self, look: Look, feature: Feature, xy: NDArray[np.float64], middle: float, text: str, font: skia.Font
    ) -> Callable[[], None] | None:
        """A road's number on a plate, upright."""
        width, height = font.measureText(text) + 8, font.getSize() * 1.5
        letters = along_line(xy, [1.0], middle, 180)
        if letters is None:
            return None
        x, y = letters[0].x, letters[0].y
        rect = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        if not self._taken.claim([rect]):
            return None
        plate = skia.Paint(AntiAlias=True, Color=as_color(look.color("icon-color", feature, "#000000")))
        fill, _ = look.text_paints(feature)

        def draw() -> None:
            self._canvas.drawRoundRect(skia.Rect.MakeLTRB(*rect), 2.6, 2.6, plate)
            self._canvas.drawString(text, x - width / 2 + 4, y + font.getSize() * 0.36, font, fill)

        return draw


@dataclass(frozen=True)
class Block:
    """Lines of text measured."""

    font: skia.Font
    lines: list[str]
    widths: list[float]
    width: float
    height: float


@dataclass(frozen=True)
class Look:
    """A layer's layout and paint at the view's zoom."""

    layout: dict[str, Evaluate]
    paint: dict[str, Evaluate]

    def value(self, name: str, feature: Feature, default: Any) -> Any:
        """A layout property for the feature."""
        found = self.layout[name](feature.properties) if name in self.layout else None
        return default if found is None else found

    def color(self, name: str, feature: Feature, default: str) -> str:
        """A paint property for the feature."""
        return str(self.paint[name](feature.properties)) if name in self.paint else default

    def text_paints(self, feature: Feature) -> tuple[skia.Paint, skia.Paint | None]:
        """For the letters, and for their halo if they have one."""
        fill = skia.Paint(AntiAlias=True, Color=as_color(self.color("text-color", feature, "#000000")))
        width = self.paint["text-halo-width"](feature.properties) if "text-halo-width" in self.paint else 0
        if not width:
            return fill, None
        halo = skia.Paint(
            AntiAlias=True,
            Color=as_color(self.color("text-halo-color", feature, "#ffffff")),
            Style=skia.Paint.kStroke_Style,
            StrokeWidth=2 * width,
            StrokeJoin=skia.Paint.kRound_Join,
        )
        return fill, halo


def _around(x: float, y: float, half: float) -> Rect:
    return x - half, y - half, x + half, y + half


def _direction(xy: NDArray[np.float64], place: float) -> float:
    """The line's direction at a place, degrees clockwise from the right."""
    steps = np.diff(xy, axis=0)
    along = np.hypot(steps[:, 0], steps[:, 1]).cumsum()
    segment = min(int(np.searchsorted(along, place)), len(steps) - 1)
    return math.degrees(math.atan2(steps[segment, 1], steps[segment, 0]))
