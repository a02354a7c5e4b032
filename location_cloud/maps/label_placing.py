"""Where labels may stand without lying on each other, and how letters follow a line."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Rect: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


@dataclass
class Taken:
    """The places already taken, in a grid of cells."""

    cell_px: float = 64.0
    _cells: dict[tuple[int, int], list[Rect]] = field(default_factory=dict)

    def claim(self, rects: list[Rect]) -> bool:
        """Takes the places together, or none of them: False if one is taken already."""
        if any(self._is_taken(rect) for rect in rects):
            return False
        for rect in rects:
            for cell in self._cells_of(rect):
                self._cells.setdefault(cell, []).append(rect)
        return True

    def _is_taken(self, rect: Rect) -> bool:
        left, top, right, bottom = rect
        return any(
            left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
            for cell in self._cells_of(rect)
            for other in self._cells.get(cell, ())
        )

    def _cells_of(self, rect: Rect) -> list[tuple[int, int]]:
        left, top, right, bottom = (math.floor(edge / self.cell_px) for edge in rect)
        return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]


@dataclass(frozen=True)
class Letter:
    """Where one letter stands: the middle of its foot, and the direction of writing there as a unit vector."""

    x: float
    y: float
    cos: float
    sin: float


def along_line(
    xy: NDArray[np.float64], advances: list[float], middle_px: float, max_angle_deg: float
) -> list[Letter] | None:
    """A letter for each advance, around a place on the line; None where the line is too short or bends too much.

    xy: (n, 2) pixels. advances: widths of the letters, pixels. middle_px: place of the text's middle from the start.
    Text that would stand on its head runs the other way.
    """
    steps = np.diff(xy, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    along = np.concatenate([[0.0], lengths.cumsum()])
    total = sum(advances)
    start = middle_px - total / 2
    if start < 0 or start + total > along[-1]:
        return None
    if _point_at(xy, along, start + total)[0] < _point_at(xy, along, start)[0]:
        return along_line(xy[::-1], advances, float(along[-1]) - middle_px, max_angle_deg)
    letters: list[Letter] = []
    for advance in advances:
        (x0, y0), (x1, y1) = _point_at(xy, along, start), _point_at(xy, along, start + advance)
        reach = math.hypot(x1 - x0, y1 - y0) or 1.0
        letter = Letter((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / reach, (y1 - y0) / reach)
        if letters:
            turn = letters[-1].cos * letter.cos + letters[-1].sin * letter.sin
            if turn < math.cos(math.radians(max_angle_deg)):
                return None
        letters.append(letter)
        start += advance
    return letters


def point_at(xy: NDArray[np.float64], place: float) -> tuple[float, float]:
    """The point so many pixels along a line."""
    steps = np.diff(xy, axis=0)
    return _point_at(xy, np.concatenate([[0.0], np.hypot(steps[:, 0], steps[:, 1]).cumsum()]), place)


def _point_at(xy: NDArray[np.float64], along: NDArray[np.float64], place: float) -> tuple[float, float]:
    segment = min(max(int(np.searchsorted(along, place, side="right")) - 1, 0), len(along) - 2)
    length = along[segment + 1] - along[segment]
    share = (place - along[segment]) / length if length else 0.0
    x, y = xy[segment] + (xy[segment + 1] - xy[segment]) * share
    return float(x), float(y)


def break_text(text: str, most: float) -> list[str]:
    """The text in lines of about equal length, at most `most` letters wide; Chinese may break anywhere, others at
    spaces. A wide letter counts one, others half.
    """
    words = _words(text)
    widths = [_width(word) for word in words]
    lines_wanted = max(1, math.ceil(sum(widths) / most))
    goal = sum(widths) / lines_wanted
    lines: list[str] = []
    line, used = "", 0.0
    for word, width in zip(words, widths, strict=True):
        if line and used + width / 2 > goal and len(lines) + 1 < lines_wanted:
            lines.append(line.strip())
            line, used = "", 0.0
        line += word
        used += width
    return [*lines, line.strip()]


def _words(text: str) -> list[str]:
    words: list[str] = []
    for letter in text:
        if words and not _is_wide(letter) and not _is_wide(words[-1][-1]) and not words[-1].endswith(" "):
            words[-1] += letter
        else:
            words.append(letter)
    return words


def _width(word: str) -> float:
    return sum(1.0 if _is_wide(letter) else 0.5 for letter in word)


def _is_wide(letter: str) -> bool:
    """Source: Unicode annex 11, East Asian width."""
    return unicodedata.east_asian_width(letter) in ("W", "F")
