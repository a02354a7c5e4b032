"""Draws a static map's shapes over a picture, with Skia."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import skia  # heavy optional: the extra [render]; only the process that draws imports this module

STRIP_PX = 3.0

PIECE = 300
"""Steps of a line that are drawn at once: Skia's time grows with the square of them where a line crosses itself."""


def draw_over(picture: Any, shapes: list[dict[str, Any]], ratio: float, font: str) -> bytes:
    """The picture with the shapes on it, RGBA rows. picture: a Pillow image. font: file; "" = no text is drawn."""
    pixels = np.array(picture.convert("RGBA"))
    surface = skia.Surface(pixels, skia.kRGBA_8888_ColorType, skia.kUnpremul_AlphaType)
    with surface as canvas:
        canvas.scale(ratio, ratio)
        for shape in shapes:
            if shape["kind"] == "area":
                canvas.drawPath(as_path(shape["rings"]), fill_paint(shape["fill"]))
            elif shape["kind"] == "line":
                _draw_line(canvas, shape["points"], shape["color"], shape["width"])
            elif font:
                _draw_text(canvas, shape, font)
    return pixels.tobytes()


def _draw_line(canvas: skia.Canvas, points: list[Any], color: str, width: float) -> None:
    """A line in pieces; a translucent one on a layer of its own, lest its pieces show where they meet."""
    paint = stroke_paint(color, width)
    is_layered = len(points) > PIECE + 1 and paint.getAlpha() < 255
    if is_layered:
        canvas.saveLayerAlpha(None, paint.getAlpha())
        paint.setAlpha(255)
    for start in range(0, len(points) - 1, PIECE):
        canvas.drawPath(as_path([points[start : start + PIECE + 1]], is_closed=False), paint)
    if is_layered:
        canvas.restore()


def as_path(rings: list[Any], is_closed: bool = True) -> skia.Path:
    """Rings, or a line, as one path; holes by the even-odd rule."""
    path = skia.Path()
    for ring in rings:
        path.addPoly([skia.Point(float(x), float(y)) for x, y in ring], is_closed)
    path.setFillType(skia.PathFillType.kEvenOdd)
    return path


@cache
def as_color(text: str) -> int:
    """`#rrggbb` or `#rrggbbaa` as Skia's number."""
    red, green, blue = (int(text[at : at + 2], 16) for at in (1, 3, 5))
    color: int = skia.ColorSetARGB(int(text[7:9], 16) if len(text) == 9 else 255, red, green, blue)
    return color


def fill_paint(color: str) -> skia.Paint:
    """Paint for surfaces and letters."""
    return skia.Paint(AntiAlias=True, Color=as_color(color))


def stroke_paint(color: str, width: float) -> skia.Paint:
    """Paint for lines with round ends and corners."""
    return skia.Paint(
        AntiAlias=True,
        Color=as_color(color),
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=width,
        StrokeCap=skia.Paint.kRound_Cap,
        StrokeJoin=skia.Paint.kRound_Join,
    )


@cache
def typeface(font: str) -> skia.Typeface:
    """The face in a font file."""
    return skia.Typeface.MakeFromFile(font)


def _draw_text(canvas: skia.Canvas, shape: dict[str, Any], font: str) -> None:
    """Text; "middle" stands on its middle both ways, "right" ends at the point."""
    face = skia.Font(typeface(font), shape["size"])
    text = shape["text"]
    width = face.measureText(text)
    room = shape.get("room", width)
    if width > room > 0:
        face.setSize(max(7.0, shape["size"] * room / width))
        width = face.measureText(text)
    x, y = shape["at"]
    x -= width / 2 if shape["align"] == "middle" else width
    cap = face.getSize() * 0.36  # half the height of a capital letter
    if "strip" in shape:
        half = face.getSize() * 0.75
        canvas.drawRect(
            skia.Rect.MakeLTRB(x - STRIP_PX, y - half, x + width + 4, y + half + 2), fill_paint(shape["strip"])
        )
    if "halo" in shape:
        canvas.drawString(text, x, y + cap, face, stroke_paint(shape["halo"], 3))
    canvas.drawString(text, x, y + cap, face, fill_paint(shape["color"]))
