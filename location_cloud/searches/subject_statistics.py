"""Published and local statistics of where lost people are found, as tables that an agency may replace by its own."""

from __future__ import annotations

import csv
import importlib.resources
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy.special import bdtr

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.searches.cells import Floats

MOST_ROWS = 10_000
MOST_TEXT = 300
"""Characters of a text in a table."""
FEWEST_CASES = 8
"""Of a local fit: with fewer, no quartile has a 90 % interval."""


@dataclass(frozen=True)
class DistanceRow:
    """One percentile of distance from where the subject was last known: `distances.csv` is a list of these."""

    category: str
    ground: str
    percent: float
    distance_km: float
    cases: int | None
    source: str


@dataclass(frozen=True)
class FeatureRow:
    """The share of subjects found at one kind of feature: `find_features.csv` is a list of these."""

    category: str
    ground: str
    feature: str
    share: float
    cases: int | None
    source: str


@lru_cache(maxsize=1)
def shipped_distances() -> tuple[DistanceRow, ...]:
    """The rows that may be shipped, each with its source."""
    return parse_distances(_shipped("distances.csv"))


@lru_cache(maxsize=1)
def shipped_features() -> tuple[FeatureRow, ...]:
    """The rows that may be shipped, each with its source."""
    return parse_features(_shipped("find_features.csv"))


def parse_distances(text: str) -> tuple[DistanceRow, ...]:
    """An agency's own table: CSV with the columns category, ground, percent, distance_km, cases (may be empty), source.

    Raises BadQuery that names the line: a number out of range, a missing text, percentiles of one category and ground
    whose distances do not rise, fewer than two of them, over 10,000 rows.
    """
    rows = [
        DistanceRow(
            line.text("category"),
            line.text("ground"),
            line.number("percent", 0, 100, "percent above 0 and below 100"),
            line.number("distance_km", 0, 20_000, "kilometres above 0"),
            line.cases(),
            line.text("source"),
        )
        for line in _lines(text, ("category", "ground", "percent", "distance_km", "cases", "source"))
    ]
    for category, ground in dict.fromkeys((row.category, row.ground) for row in rows):
        mine = sorted(
            (row.percent, row.distance_km) for row in rows if (row.category, row.ground) == (category, ground)
        )
        name = f"{category}, {ground}"
        if len(mine) < 2:
            raise BadQuery(f"{name} has one percentile", hint="give two or more, 25, 50, 75 and 95 are usual")
        for (percent, km), (next_percent, next_km) in pairwise(mine):
            if not (percent < next_percent and km < next_km):
                told = f"{next_percent:g} % at {next_km:g} km does not rise over {percent:g} % at {km:g} km"
                raise BadQuery(f"{name}: {told}", hint="farther distances belong to higher percents")
    return tuple(rows)


def parse_features(text: str) -> tuple[FeatureRow, ...]:
    """An agency's own table: CSV with category, ground, feature, share (0 to 1), cases (may be empty), source.

    Raises BadQuery that names the line, as above, and for shares of one category and ground that sum to over 1.05.
    """
    rows = [
        FeatureRow(
            line.text("category"),
            line.text("ground"),
            line.text("feature"),
            line.number("share", 0, 1.000001, "a share above 0 and at most 1"),
            line.cases(),
            line.text("source"),
        )
        for line in _lines(text, ("category", "ground", "feature", "share", "cases", "source"))
    ]
    for category, ground in dict.fromkeys((row.category, row.ground) for row in rows):
        total = sum(row.share for row in rows if (row.category, row.ground) == (category, ground))
        if total > 1.05:
            told = f"{category}, {ground}: shares add up to {total:g}"
            raise BadQuery(told, hint="they are parts of 1, not percents")
    return tuple(rows)


def percentiles(rows: Sequence[DistanceRow], category: str, ground: str) -> tuple[Floats, Floats, str]:
    """(n,) percents, (n,) metres and the source, for `rings.fit_ring`.

    Raises Unprocessable for a category and ground without rows; the hint names those there are.
    """
    mine = sorted((row.percent, row.distance_km) for row in rows if (row.category, row.ground) == (category, ground))
    if not mine:
        known = dict.fromkeys(f"{row.category}, {row.ground}" for row in rows)
        raise Unprocessable(
            f"there are no distances for {category!r} on {ground!r} ground", hint=f"there are {'; '.join(known)}"
        )
    table = np.array(mine)
    source = "; ".join(dict.fromkeys(r.source for r in rows if (r.category, r.ground) == (category, ground)))
    return table[:, 0], table[:, 1] * 1000, source


def fit_local(
    distance_m: Sequence[float], percents: Sequence[float] = (25.0, 50.0, 75.0, 95.0)
) -> tuple[tuple[float, float, float, float], ...]:
    """Percentiles of an agency's own closed incidents: (percent, metres, low, high), low-high a 90 % interval.

    A percentile that this many cases cannot bound on both sides is left out: the quartiles need 11, the 95th 59.
    Raises Unprocessable with fewer than 8 cases, BadQuery for distances or percents out of range.
    Source: Hyndman and Fan 1996, type 8; intervals by order statistics (binomial), so they assume no shape.
    """
    metres = np.sort(np.asarray(distance_m, np.float64))
    count = len(metres)
    if count < FEWEST_CASES:
        hint = f"{FEWEST_CASES} are needed; use published rows until then"
        raise Unprocessable(f"{count} cases are too few", hint=hint)
    if not (np.isfinite(metres).all() and metres[0] >= 0 and all(0 < each < 100 for each in percents)):
        raise BadQuery("distances must be 0 or more, percents above 0 and below 100", hint="give metres and percents")
    fitted = []
    for percent in sorted(percents):
        share = percent / 100
        # The share's quantile lies between order statistics low and high with at least 90 %.
        at_most = bdtr(np.arange(count + 1), count, share)  # chance that so many cases lie below it
        low, high = int(np.searchsorted(at_most, 0.05)), int(np.searchsorted(at_most, 0.95)) + 1
        if low >= 1 and high <= count:
            middle = float(np.quantile(metres, share, method="median_unbiased"))
            fitted.append((float(percent), middle, float(metres[low - 1]), float(metres[high - 1])))
    return tuple(fitted)


@dataclass(frozen=True)
class _Line:
    """One line of a table, and how its values are read."""

    number_: int
    values: dict[str, str]

    def text(self, name: str) -> str:
        value = (self.values[name] or "").strip()
        if not 0 < len(value) <= MOST_TEXT:
            raise BadQuery(
                f"line {self.number_}: {name} must have 1 to {MOST_TEXT} characters",
                hint="fill it in: it is shown beside what it leads to",
            )
        return value

    def number(self, name: str, above: float, below: float, wanted: str) -> float:
        try:
            value = float(self.values[name])
        except ValueError:
            value = np.nan
        if not above < value < below:
            raise BadQuery(
                f"line {self.number_}: {name}={self.values[name][:40]!r} is not {wanted}",
                hint="numbers stand without unit, with a decimal point",
            )
        return value

    def cases(self) -> int | None:
        value = (self.values["cases"] or "").strip()
        if value and not (value.isascii() and value.isdigit() and len(value) < 10):
            raise BadQuery(
                f"line {self.number_}: cases={value[:40]!r} is not a whole number",
                hint="leave it empty if it is not known",
            )
        return int(value) if value else None


def _lines(text: str, columns: tuple[str, ...]) -> Iterator[_Line]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), restkey="", restval="", strict=True)
    try:
        if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
            raise BadQuery(f"the column {missing[0]} is missing", hint=f"the columns are {', '.join(columns)}")
        for count, values in enumerate(reader):
            if count >= MOST_ROWS:
                raise BadQuery(f"the table has over {MOST_ROWS} rows", hint="split it by category")
            if "" in values:
                raise BadQuery(
                    f"line {reader.line_num}: there are more values than columns",
                    hint="put texts with commas in double quotes",
                )
            yield _Line(reader.line_num, values)
    except csv.Error as error:
        raise BadQuery(
            f"line {reader.line_num} is no CSV: {error}", hint="save it as comma separated values, UTF-8"
        ) from error


def _shipped(name: str) -> str:
    return (importlib.resources.files("location_cloud.data") / "searches" / name).read_text("utf-8")
