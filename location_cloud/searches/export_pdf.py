"""Assignment forms as PDF, with a Chinese font inside, drawn by Skia."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from location_cloud.errors import NotInstalled
from location_cloud.maps.fonts import SIMPLIFIED, find_font
from location_cloud.searches.export_form import Sheet

WIDTH, HEIGHT, MARGIN = 595.0, 842.0, 40.0
"""A4 in points, 1/72 inch."""

SIZE, LINE = 9.0, 13.0
"""Points of text, and from line to line."""

SHARES = (0.08, 0.1, 0.22, 0.1, 0.09, 0.1, 0.11, 0.1, 0.1)
"""Of the table's width, by column."""

HINT = "pip install 'location-cloud[render]', or ask for form=html"

MOST_FACES = 12
"""Faces of a font collection that are looked at for the one of simplified Chinese."""


def as_pdf(forms: Sequence[Sheet]) -> bytes:
    """The forms, a page or more each. Raises NotInstalled without Skia or a font."""
    skia, face = _skia(), _face()
    out = skia.DynamicMemoryWStream()
    document = skia.PDF.MakeDocument(out)
    for form in forms:
        _Page(skia, face, document).draw(form)
    document.close()
    return bytes(out.detachAsData())


class _Page:
    """Where the pen is on a sheet; a new page begins where one is full."""

    def __init__(self, skia: Any, face: Any, document: Any) -> None:
        self.skia, self.document = skia, document
        self.text, self.head = skia.Font(face, SIZE), skia.Font(face, SIZE + 4)
        self.ink = skia.Paint(AntiAlias=True, Color=skia.ColorBLACK)
        self.line = skia.Paint(Style=skia.Paint.kStroke_Style, StrokeWidth=0.6, Color=skia.ColorBLACK)
        self.alarm = skia.Paint(AntiAlias=True, Color=skia.Color(176, 0, 0))
        self.canvas: Any = None
        self.warning = ""
        self.y = HEIGHT

    def draw(self, form: Sheet) -> None:
        self.warning = form.warning
        self._begin()
        self._write(form.title, self.head)
        for name, text in form.facts:
            for line in self._wrapped(f"{name}:  {text}", WIDTH - 2 * MARGIN):
                self._write(line, self.text)
        self.y += 4
        self._write(form.table, self.text)
        for row in (form.columns, *form.rows):
            self._row(row)
        for name in form.blanks:
            self._box(name)
        self.document.endPage()

    def _begin(self) -> None:
        self.canvas, self.y = self.document.beginPage(WIDTH, HEIGHT), MARGIN
        if self.warning:  # on every page: they are handed out one by one
            self._write(self.warning, self.head, self.alarm)

    def _room(self, height: float) -> None:
        if self.y + height > HEIGHT - MARGIN:
            self.document.endPage()
            self._begin()

    def _write(self, text: str, font: Any, paint: Any = None) -> None:
        self._room(LINE)
        self.canvas.drawString(text, MARGIN, self.y + font.getSize(), font, paint or self.ink)
        self.y += font.getSize() + LINE - SIZE

    def _row(self, cells: Sequence[str]) -> None:
        widths = [share * (WIDTH - 2 * MARGIN) for share in SHARES]
        lines = [self._wrapped(text, width - 6) for text, width in zip(cells, widths)]
        height = max(map(len, lines)) * LINE + 2
        self._room(height)
        x = MARGIN
        for width, texts in zip(widths, lines):
            self.canvas.drawRect(self.skia.Rect.MakeXYWH(x, self.y, width, height), self.line)
            for at, text in enumerate(texts):
                self.canvas.drawString(text, x + 3, self.y + SIZE + 2 + at * LINE, self.text, self.ink)
            x += width
        self.y += height

    def _box(self, name: str) -> None:
        self._room(58.0)
        self.y += 6
        self.canvas.drawRect(self.skia.Rect.MakeXYWH(MARGIN, self.y, WIDTH - 2 * MARGIN, 50.0), self.line)
        self.canvas.drawString(name, MARGIN + 3, self.y + SIZE + 2, self.text, self.ink)
        self.y += 50.0

    def _wrapped(self, text: str, width: float) -> list[str]:
        """The text in lines that fit, broken anywhere: Chinese has no spaces."""
        lines, rest = [], text
        while rest:
            fits = 1
            while fits < len(rest) and self.text.measureText(rest[: fits + 1]) <= width:
                fits += 1
            lines.append(rest[:fits])
            rest = rest[fits:]
        return lines or [""]


def _skia() -> Any:
    try:
        import skia  # heavy optional: the extra [render]
    except ImportError as error:
        raise NotInstalled("forms as PDF need skia-python, which is not installed here", hint=HINT) from error
    return skia


@functools.cache
def _face() -> Any:
    """The typeface of forms, that for simplified Chinese if a collection has several. Raises NotInstalled."""
    skia = _skia()
    path = find_font("")
    if path is None:
        raise NotInstalled("forms as PDF need a font, and none is installed", hint=HINT)
    faces = []
    for index in range(MOST_FACES):
        face = skia.Typeface.MakeFromFile(str(path), index)
        if face is None:
            break
        faces.append(face)
    if not faces:
        raise NotInstalled(f"the font {path.name} cannot be read", hint=HINT)
    return next((face for face in faces if face.getFamilyName().endswith(SIMPLIFIED)), faces[0])
