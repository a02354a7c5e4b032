"""Indices of an evaluation: rates of summed counters, scores of rates, and who comes first."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from location_cloud.cases.model_stages import COUNTERS

FILE = "cases/indices.toml"

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

SCORE = "score"
LOW = "low"


@dataclass(frozen=True)
class Index:
    """A rate. over, under: counter -> how often it counts (-1 takes it off); {} under = a number.

    relative: of the largest one that it is compared with. is_low_good: a rank begins at the lowest.
    """

    name: str
    titles: Mapping[str, str]
    over: Mapping[str, int]
    under: Mapping[str, int]
    relative: bool
    is_low_good: bool


@dataclass(frozen=True)
class Score:
    """Several indices as one number from 0 to 100. weights: percent by index."""

    name: str
    titles: Mapping[str, str]
    weights: Mapping[str, float]
    source: str


@dataclass(frozen=True)
class Definitions:
    """All of them by name."""

    indices: Mapping[str, Index]
    scores: Mapping[str, Score]


@lru_cache(maxsize=1)
def definitions() -> Definitions:
    """The indices and scores that ship."""
    content = tomllib.loads((importlib.resources.files("location_cloud.data") / FILE).read_text("utf-8"))
    return Definitions(
        {
            name: Index(
                name,
                {"zh": told["zh"], "en": told["en"]},
                _signed(told["over"]),
                _signed(told.get("under", ())),
                "relative" in told,
                told["better"] == LOW,
            )
            for name, told in content["index"].items()
        },
        {
            name: Score(name, {"zh": told["zh"], "en": told["en"]}, told["weights"], told["source"])
            for name, told in content["score"].items()
        },
    )


def values_of(index: Index, sums: Ints) -> Floats:
    """The index of each row. sums: (n, counters), in the order of COUNTERS. Gives (n,); nan where nothing was to do."""
    over = _weighted(index.over, sums)
    if index.relative:
        most = over.max(initial=0.0)
        return _shares(over, np.full(len(sums), most))
    if not index.under:
        return over
    return _shares(over, _weighted(index.under, sums))


def cases_of(index: Index, sums: Ints) -> Ints:
    """How many each row's index is of: what stands below the line, else above."""
    return _weighted(index.under or index.over, sums).astype(np.int64)


def scores_of(score: Score, sums: Ints) -> Floats:
    """The score of each row, 0 to 100; nan where one of its indices has nothing to be told of."""
    known = definitions().indices
    total = np.zeros(len(sums))
    for name, weight in score.weights.items():
        values = values_of(known[name], sums)
        total += weight * np.clip(1.0 - values if known[name].is_low_good else values, 0.0, 1.0)
    return total


def ranks(values: Floats, counts: Ints, least: int, is_low_good: bool = False) -> Ints:
    """The place of each row, 1 = best; 0 = none: no value, or fewer cases than `least`, of which chance decides.

    Who has the same has the same place, and as many places behind stay empty (1, 2, 2, 4). Values are compared to nine
    digits: the same share of other numbers is the same.
    """
    counted = np.isfinite(values) & (counts >= least)
    places = np.zeros(len(values), np.int64)
    seen = np.round(np.where(is_low_good, values, -values)[counted], 9)
    places[counted] = np.searchsorted(np.sort(seen), seen, side="left") + 1
    return places


def order_of(values: Floats, places: Ints, is_low_good: bool = False) -> Ints:
    """Rows from first to last: by place, then those without one by value, those without a value at the end."""
    sign = 1.0 if is_low_good else -1.0
    shown = np.where(np.isfinite(values), sign * np.nan_to_num(values), np.inf)
    return np.lexsort((np.arange(len(values)), shown, places == 0))


def _shares(over: Floats, under: Floats) -> Floats:
    found = np.full(len(over), np.nan)
    np.divide(over, under, out=found, where=under > 0)
    return found


def _signed(names: Sequence[str]) -> dict[str, int]:
    return {name.removeprefix("-"): -1 if name.startswith("-") else 1 for name in names}


def _weighted(parts: Mapping[str, int], sums: Ints) -> Floats:
    columns = [COUNTERS.index(name) for name in parts]
    return np.asarray(sums[:, columns] @ np.array(list(parts.values()), np.int64), np.float64)
