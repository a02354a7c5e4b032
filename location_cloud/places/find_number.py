"""Where a house number stands in its street: as it is mapped, or estimated, with a radius that the street itself tells.

What the errors in a street are like is seen from its own houses: the known ones nearest in number are taken out in
turn and estimated from the others. A street that counts evenly gives a small radius, a campus that numbers its
buildings as they were built a large one, whatever the town.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.houses import number_value
from location_cloud.places.model import METRES_PER_DEGREE, OSM_ACCURACY_M

MAPPED_M = 6.0
"""Mean error of OSM positions in towns (Haklay 2010, Environment and Planning B 37)."""

ACROSS_M = 20.0
"""From the houses of one side of a street to those of the other: a carriageway, two pavements, two half houses."""

FRONTAGE_M, FRONTAGE_COUNTS = 15.0, 4
"""Metres of street per number before any is seen: lots of 30 m, every second number on a side; weighs as much as so
many numbers seen."""

LOT = 1.0
"""A number's other letters stand on its lot or on the next, which is two numbers' frontage away."""

TESTED, EXPECTED_TESTS = 8, 4
"""Known houses that are taken out in turn; and how many that came out as expected a street is credited with before."""

WORST = 10.0
"""Most that one taken out counts, in expected errors: one house mapped in the wrong street is no habit of this one."""

SLACK = 20
"""Numbers by which a house may lie outside the known ones even of a street with a single known number."""

NEAR_ROWS = 32
"""Houses looked at on either side of a number."""


@dataclass(frozen=True)
class FoundHouse:
    """Where a house number is.

    row: the house that it is or lies by. accuracy_m: radius that holds it with 95 %. is_mapped: the map has it, by
    itself or in a range; otherwise lonlat is estimated. is_exact: by itself, so that nothing is guessed.
    """

    row: int
    lonlat: tuple[float, float]
    accuracy_m: float
    is_mapped: bool
    is_exact: bool = False


class _House(NamedTuple):
    """A known number. point: metres east + 1j * metres north, so that differences and abs() are plain."""

    number: int
    point: complex
    row: int


class _Guess(NamedTuple):
    """Where a number may be, the known house that it lies by, and the mean error to expect."""

    point: complex
    row: int
    error_m: float


def find_house(
    number: str,
    written: Sequence[str],
    value: NDArray[np.int32],
    lonlat: NDArray[np.float64],
    is_estimated: NDArray[np.bool_],
) -> FoundHouse | None:
    """Where a number is among the houses of one street, or would be.

    written: their numbers, folded. value: (n,) int32 ascending. lonlat: (n, 2) degrees. is_estimated: (n,) bool, put
    between two mapped ones by the import, or of no known street; such a house tells nothing about others.
    None if the street has no numbers, the number does not begin with digits, or it is further outside the known
    numbers than they reach: nobody knows then whether the street is that long.
    """
    wanted = number_value(number)
    if not len(value) or not wanted:
        return None
    low, high = (int(each) for each in np.searchsorted(value, (wanted, wanted + 1)))
    known = [written[row] for row in range(low, high)]
    is_known = number in known
    row = low + known.index(number) if is_known else -1
    if is_known and not is_estimated[row]:
        return FoundHouse(row, (float(lonlat[row, 0]), float(lonlat[row, 1])), OSM_ACCURACY_M, True, True)
    street = _Street(value, lonlat, is_estimated, low)
    held = _row_of_range(number, wanted, known, low, written)
    if is_known:
        return street.found(street.beside(row, 0.0), wanted, True)
    if held is not None:
        row, away = held
        return street.found(street.beside(row, away / 2), wanted, True)
    if known:
        row = low + max(0, bisect_left(known, number) - 1)  # of 12a, 12c and 12f the one before 12d
        return street.found(street.beside(row, LOT), wanted)
    guess = None if _is_far(wanted, value) else street.guess(wanted)
    return street.found(guess, wanted) if guess else None


def _row_of_range(
    number: str, wanted: int, known: list[str], low: int, written: Sequence[str]
) -> tuple[int, int] | None:
    """(row, how many numbers away its other end is) of a written range that holds a number: 12-16 holds 12 and 14."""
    for row, text in enumerate(known, low):
        ends = _RANGE.fullmatch(text)
        if ends and ends["first"] == number:
            return row, max(0, int(ends["last"]) - wanted)
    ends = _RANGE.fullmatch(written[low - 1]) if low else None
    if ends is None or ends["dash"] == "/" or not ends["first"].isdigit():
        return None
    first, last = int(ends["first"]), int(ends["last"])
    return (low - 1, last - first) if first < wanted <= last and (wanted - first) % 2 == 0 else None


_RANGE = re.compile(r"(?P<first>\d{1,6}[a-z]?)(?P<dash>[-–/])(?:.*\D)?(?P<last>\d{1,6})[a-z]?")


def _is_far(wanted: int, value: NDArray[np.int32]) -> bool:
    """Whether a number lies further from the known ones, ascending, than these span or than SLACK."""
    lowest, highest = int(value[min(int(np.searchsorted(value, 1)), len(value) - 1)]), int(value[-1])
    reach = max(highest - lowest, SLACK)
    return highest == 0 or not lowest - reach <= wanted <= highest + reach


class _Street:
    """The houses of a street near one row, on a plane, each number once, and how it counts.

    frontage_m: metres of street per number.
    """

    def __init__(
        self, value: NDArray[np.int32], lonlat: NDArray[np.float64], is_estimated: NDArray[np.bool_], row: int
    ) -> None:
        near = slice(max(0, row - NEAR_ROWS), row + NEAR_ROWS)
        self._value, self._lonlat, self._is_estimated = value, lonlat, is_estimated
        self._origin = lonlat[min(row, len(lonlat) - 1)]
        self._east_m = METRES_PER_DEGREE * math.cos(math.radians(self._origin[1]))
        rows = near.start + np.flatnonzero(~is_estimated[near])
        self._sides: tuple[list[_House], list[_House]] = ([], [])
        before = 0
        for number, point, place in zip(value[rows].tolist(), self._on_plane(rows), rows.tolist(), strict=True):
            if number > before:
                self._sides[number % 2].append(_House(number, point, place))
                before = number
        pairs = [pair for side in self._sides for pair in pairwise(side)]
        length_m = sum(abs(one.point - other.point) for one, other in pairs)
        counts = sum(other.number - one.number for one, other in pairs)
        self.frontage_m = (FRONTAGE_COUNTS * FRONTAGE_M + length_m) / (FRONTAGE_COUNTS + counts)

    def _on_plane(self, rows: NDArray[np.int64]) -> list[complex]:
        east, north = (self._lonlat[rows] - self._origin).T
        points: list[complex] = (east * self._east_m + 1j * (north * METRES_PER_DEGREE)).tolist()
        return points

    def beside(self, row: int, numbers: float) -> _Guess:
        """A house so many numbers' frontage from a known one. One that is estimated is itself as wrong as a guess, and
        more where the others say that it is elsewhere.
        """
        point, error_m = self._on_plane(np.array([row]))[0], MAPPED_M + numbers * self.frontage_m
        if self._is_estimated[row]:
            guess = self.guess(int(self._value[row]))
            error_m += max(guess.error_m, abs(point - guess.point)) if guess else ACROSS_M
        return _Guess(point, row, error_m)

    def found(self, guess: _Guess, wanted: int, is_mapped: bool = False) -> FoundHouse:
        """A guess as an answer."""
        lon = float(self._origin[0]) + guess.point.real / self._east_m
        lat = float(self._origin[1]) + guess.point.imag / METRES_PER_DEGREE
        return FoundHouse(guess.row, (lon, lat), self._radius_m(guess.error_m, wanted), is_mapped)

    def _radius_m(self, error_m: float, wanted: int) -> float:
        """What holds 95 % of the errors here, where their mean is expected to be error_m.

        The known houses nearest in number are tested. Their errors in units of the expected ones are taken as
        exponential, the mean of that as gamma with EXPECTED_TESTS seen at 1 before: 3 expected errors in a street that
        counts as expected, 4.5 where nothing was tested. Source: the predictive (Lomax) distribution of that pair, e.g.
        Gelman et al., Bayesian Data Analysis, 2.6. Half of what is expected comes from the tests: where numbers jump
        about, two that are close by chance promise little.
        """
        known = sorted((*self._sides[0], *self._sides[1]), key=lambda house: abs(house.number - wanted))
        tests, errors, expected_m = EXPECTED_TESTS, float(EXPECTED_TESTS), EXPECTED_TESTS * error_m
        for house in known[: TESTED + 1]:
            guess = self.guess(house.number) if house.number != wanted else None
            if guess:
                tests += 1
                expected_m += guess.error_m
                errors += min(WORST, abs(guess.point - house.point) / guess.error_m)
        return (error_m + expected_m / tests) / 2 * errors * (math.pow(20.0, 1 / tests) - 1)

    def guess(self, wanted: int) -> _Guess | None:
        """Where a number would be by the others: between its neighbours on its side, in proportion; else whatever tells
        more, the other side or the end of its own. None if there are no others.
        """
        same, other = self._sides[wanted % 2], self._sides[1 - wanted % 2]
        below, above = _neighbours(same, wanted)
        if below and above:
            return _between(below, above, wanted)
        guesses = [*self._by_other_side(below or above, other, wanted), *self._beyond(same, wanted)]
        if not guesses:
            guesses = [guess._replace(error_m=guess.error_m + ACROSS_M) for guess in self._beyond(other, wanted)]
        return min(guesses, key=lambda guess: guess.error_m, default=None)

    def _by_other_side(self, own: _House | None, other: list[_House], wanted: int) -> list[_Guess]:
        """Between the neighbours on the other side, as far from there as the nearest house of the own side is."""
        below, above = _neighbours(other, wanted)
        if not below or not above:
            return []
        guess = _between(below, above, wanted)
        beside = _neighbours(other, own.number) if own else (None, None)
        if own is None or beside[0] is None or beside[1] is None:
            return [guess._replace(error_m=ACROSS_M + 2 * guess.error_m)]  # nor is it known whether the sides keep step
        aside = own.point - _between(beside[0], beside[1], own.number).point
        drift_m = MAPPED_M + abs(own.number - wanted) * self.frontage_m / 4
        return [_Guess(guess.point + aside, guess.row, guess.error_m + drift_m)]

    def _beyond(self, side: list[_House], wanted: int) -> list[_Guess]:
        """Behind the last known number of a side, or before the first: half as far as its numbers would reach."""
        ends = side[:3] if side and side[-1].number > wanted else side[:-4:-1]
        others = [house for house in ends if house.number != wanted]
        if not others:
            return []
        last = others[0]
        reach_m = abs(wanted - last.number) * self.frontage_m
        step = last.point - others[1].point if len(others) > 1 else 0j
        if abs(step) < 1.0:
            return [_Guess(last.point, last.row, MAPPED_M + reach_m)]
        return [_Guess(last.point + step / abs(step) * reach_m / 2, last.row, MAPPED_M + reach_m / 2)]


_number = attrgetter("number")


def _neighbours(side: list[_House], wanted: int) -> tuple[_House | None, _House | None]:
    """The known houses of a side right below and above a number."""
    place = bisect_left(side, wanted, key=_number)
    after = place + (place < len(side) and side[place].number == wanted)
    return side[place - 1] if place else None, side[after] if after < len(side) else None


def _between(below: _House, above: _House, wanted: int) -> _Guess:
    """In proportion; mean error of a house anywhere between half the way to each: a sixth of the way, and the map's."""
    share = (wanted - below.number) / (above.number - below.number)
    way = above.point - below.point
    return _Guess(below.point + share * way, below.row, MAPPED_M + abs(way) / 6)
