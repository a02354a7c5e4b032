"""What a question was taken for, and how sure that is; where and how the caller looks."""

from __future__ import annotations

from dataclasses import dataclass

from location_cloud.places.fold import fold
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.crs import Crs

ENOUGH = 0.62
"""Score below which a place is no answer, only the best guess: two of three letters differ there."""

SURE = 0.97
"""Score from which no other reading of a question is looked for."""

SETTLED = 0.8
"""The same where a form of its own (house, crossing ...) accounts for every word: a number between mapped ones."""


@dataclass(frozen=True, slots=True)
class Found:
    """One answer.

    row: place, -1 = a position of its own. house_row: mapped house that it is or lies beside, -1 = none. precise: the
    thing itself, not something around it. score: 0 to 1, how sure it is that this was meant. accuracy_m: radius that
    holds it with 95 %. matched: parts of the question with what each was taken for. unmatched: what nobody understood.
    comprehension: 0 to 1, share of the question understood. rank: for sorting, the larger the better. building, unit,
    room: of a compound or house, as understood.
    """

    kind: str
    level: str
    name: str
    row: int
    lonlat: tuple[float, float]
    accuracy_m: float
    precise: bool
    score: float
    matched: tuple[tuple[str, str], ...]
    unmatched: str
    rank: float
    street: str = ""
    number: str = ""
    house_row: int = -1
    building: str = ""
    unit: str = ""
    room: str = ""
    comprehension: float = 1.0

    @property
    def confidence(self) -> int:
        """The score in percent."""
        return max(0, min(100, round(100 * self.score)))


@dataclass(frozen=True)
class Wish:
    """Where and how the caller looks: focus pulls, bbox and area exclude.

    focus, bbox: WGS-84 degrees. crs: in which coordinates in the text are written. is_typing: the text may go on.
    kinds: only these of model.KINDS; empty = all. category: beginning of "key=value". area: only inside this row of
    the areas section, -1 = anywhere.
    """

    focus: tuple[float, float] | None = None
    bbox: Bbox | None = None
    limit: int = 10
    crs: Crs = "wgs84"
    is_typing: bool = False
    kinds: tuple[int, ...] = ()
    category: str = ""
    area: int = -1

    @property
    def is_by_confidence(self) -> bool:
        """Whether answers are sorted by confidence; near a focus and while typing, rank knows better."""
        return self.focus is None and not self.is_typing


def share_understood(asked: str, unmatched: str) -> float:
    """Share of the letters and digits of a question that are not left over."""
    size = len(fold(asked))
    return 1.0 - min(1.0, len(fold(unmatched)) / size) if size and unmatched else 1.0
