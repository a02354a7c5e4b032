"""Pages of text and tables as PDF, with a Chinese font inside, drawn by Skia."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from location_cloud.errors import NotInstalled
from location_cloud.maps.fonts import SIMPLIFIED, find_font

A4_SHORT, A4_LONG, MARGIN = 595.0, 842.0, 40.0
"""A4 in points, 1/72 inch."""

SIZE, LINE = 9.0, 13.0
"""Points of text, and from line to line."""

MOST_FACES = 12
"""Faces of a font collection that are looked at for the one of simplified Chinese."""


class Pages:
    """Where the pen is on a page; a new one begins where one is full. warning: stands in red on top of each page.

    Raises NotInstalled, with the hint, without Skia or a font.
    """

    def __init__(self, hint: str, is_wide: bool = False) -> None:
        self.skia, face = _skia(hint), _face(hint)
        self._out = self.skia.DynamicMemoryWStream()
        self._document = self.skia.PDF.MakeDocument(self._out)
        self.width, self.height = (A4_LONG, A4_SHORT) if is_wide else (A4_SHORT, A4_LONG)
        self.text, self.head = self.skia.Font(face, SIZE), self.skia.Font(face, SIZE + 4)
        self.ink = self.skia.Paint(AntiAlias=True, Color=self.skia.ColorBLACK)
        self.line = self.skia.Paint(Style=self.skia.Paint.kStroke_Style, StrokeWidth=0.6, Color=self.skia.ColorBLACK)
        self.alarm = self.skia.Paint(AntiAlias=True, Color=self.skia.Color(176, 0, 0))
        self.canvas: Any = None
        self.warning = ""
        self.y = self.height

    def begin(self, warning: str = "") -> None:
        """A new page."""
        if self.canvas is not None:
            self._document.endPage()
        self.warning = warning
        self.canvas, self.y = self._document.beginPage(self.width, self.height), MARGIN
        if warning:
            self.write(warning, self.head, self.alarm)

    def room(self, height: float) -> bool:
        """Sees to it that so much is left of the page, in points; whether a new one was begun."""
        is_full = self.y + height > self.height - MARGIN
        if is_full:
            self.begin(self.warning)
        return is_full

    def write(self, text: str, font: Any = None, paint: Any = None) -> None:
        """One line."""
        font = font or self.text
        self.room(LINE)
        self.canvas.drawString(text, MARGIN, self.y + font.getSize(), font, paint or self.ink)
        self.y += font.getSize() + LINE - SIZE

    def paragraph(self, text: str) -> None:
        """As many lines as it needs."""
        for line in self.wrapped(text, self.width - 2 * MARGIN):
            self.write(line)

    def row(self, cells: Sequence[str], shares: Sequence[float], head: Sequence[str] = ()) -> None:
        """One row of a table. shares: of the page's width by column. head: row that is repeated on a new page."""
        widths = [share * (self.width - 2 * MARGIN) for share in shares]
        lines = [self.wrapped(text, width - 6) for text, width in zip(cells, widths)]
        height = max(map(len, lines)) * LINE + 2
        if self.room(height) and head:
            self.row(head, shares)
        x = MARGIN
        for width, texts in zip(widths, lines):
            self.canvas.drawRect(self.skia.Rect.MakeXYWH(x, self.y, width, height), self.line)
            for at, text in enumerate(texts):
                self.canvas.drawString(text, x + 3, self.y + SIZE + 2 + at * LINE, self.text, self.ink)
            x += width
        self.y += height

    def box(self, name: str) -> None:
        """An empty field with a heading, to be filled in by hand."""
        self.room(58.0)
        self.y += 6
        self.canvas.drawRect(self.skia.Rect.MakeXYWH(MARGIN, self.y, self.width - 2 * MARGIN, 50.0), self.line)
        self.canvas.drawString(name, MARGIN + 3, self.y + SIZE + 2, self.text, self.ink)
        self.y += 50.0

    def wrapped(self, text: str, width: float) -> list[str]:
        """The text in lines that fit, broken anywhere: Chinese has no spaces."""
        lines, rest = [], text
        while rest:
            fits = 1
            while fits < len(rest) and self.text.measureText(rest[: fits + 1]) <= width:
                fits += 1
            lines.append(rest[:fits])
            rest = rest[fits:]
        return lines or [""]

    def finish(self) -> bytes:
        """The file."""
        if self.canvas is not None:
            self._document.endPage()
        self._document.close()
        return bytes(self._out.detachAsData())


def _skia(hint: str) -> Any:
    try:
        import skia  # heavy optional: the extra [render]
    except ImportError as error:
        raise NotInstalled("PDF needs skia-python, which is not installed here", hint=hint) from error
    return skia


@functools.cache
def _face(hint: str) -> Any:
    """The typeface, that for simplified Chinese if a collection has several. Raises NotInstalled."""
    skia = _skia(hint)
    path = find_font("")
    if path is None:
        raise NotInstalled("PDF needs a font, and none is installed", hint=hint)
    faces = []
    for index in range(MOST_FACES):
        face = skia.Typeface.MakeFromFile(str(path), index)
        if face is None:
            break
        faces.append(face)
    if not faces:
        raise NotInstalled(f"the font {path.name} cannot be read", hint=hint)
    return next((face for face in faces if face.getFamilyName().endswith(SIMPLIFIED)), faces[0])
