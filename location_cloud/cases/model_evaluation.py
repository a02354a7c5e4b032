"""What an evaluation is asked for and what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from location_cloud.cases.evaluation_periods import Span


@dataclass(frozen=True)
class Group:
    """What is summed by what.

    kind: of `store_sums.KINDS`. digits: only so many of the key count, 0 = all. by_sub: the sub-key counts, too.
    keys: those that begin so alone, only: those alone; () = all. key: this one alone, or all that begin so where digits
    count; sub: with it.
    """

    kind: str
    digits: int = 0
    by_sub: bool = False
    keys: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    key: str = ""
    sub: str = ""


@dataclass(frozen=True)
class Scheme:
    """By what an evaluation goes. group: what is summed; levels: digits of the key that may be asked for, by name.

    score: what it is ranked by unless something else is asked for; "" = that of each row's post.
    """

    group: Group
    levels: Mapping[str, int] = field(default_factory=dict)
    score: str = "place"


@dataclass(frozen=True)
class Row:
    """How one of them does. key, sub: by which to ask on; name: for people. counts: summed counters.

    values: index -> share or number, None = nothing was to do. score: 0 to 100. rank: None = too few cases, or no
    value. before: the same values of the period before, {} = not asked.
    """

    key: str
    sub: str
    name: str
    counts: Mapping[str, int]
    values: Mapping[str, float | None]
    score: float | None
    rank: int | None
    cases: int
    before: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """A page of a ranking, and the whole that it is of. total: as a row; ranked: how many have a rank, of `groups`."""

    span: Span
    zone: str
    ranked_by: str
    least: int
    total: Row
    rows: tuple[Row, ...]
    groups: int
    ranked: int
    next_after: int | None


@dataclass(frozen=True)
class Point:
    """One period of a trend."""

    span: Span
    row: Row
