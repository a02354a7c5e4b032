"""Random numbers that depend on what they are for, not on when they are drawn: a vehicle's third trip stays the same.

So a vehicle drives the same way whichever others are simulated beside it, and in whatever pieces of time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.caching import cached

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
"""Source: SplitMix64, Steele, Lea, Flood 2014 (the variant of Stafford's mix 13)."""


def seeds(*what: ArrayLike) -> NDArray[np.uint64]:
    """A number of 64 random bits for each row of the integers that say what it is for; they are broadcast together."""
    columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(each)).astype(np.int64) for each in what))
    mixed = np.zeros(columns[0].shape, np.uint64)
    for column in columns:
        mixed = _mixed(mixed ^ _mixed(column.view(np.uint64) + _STEP))
    return mixed


def uniform(*what: ArrayLike) -> NDArray[np.float64]:
    """As `seeds`, numbers in [0, 1)."""
    return (seeds(*what) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(*what: ArrayLike) -> NDArray[np.float64]:
    """As `seeds`, from the standard normal distribution. Source: Box, Muller 1958."""
    radius = np.sqrt(-2.0 * np.log1p(-uniform(1, *what)))
    return np.asarray(radius * np.cos(2.0 * np.pi * uniform(2, *what)))


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    bits = (bits ^ (bits >> np.uint64(30))) * _FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * _SECOND
    return bits ^ (bits >> np.uint64(31))


@cached(nogil=True)
def mix(bits):  # type: ignore[no-untyped-def]  # kernels' parts from here on
    """64 random bits from any 64."""
    bits = (bits ^ (bits >> np.uint64(30))) * _FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * _SECOND
    return bits ^ (bits >> np.uint64(31))


@cached(nogil=True)
def mix_in(bits, number):  # type: ignore[no-untyped-def]
    """64 random bits from others and a number."""
    return mix(bits ^ mix(np.uint64(number) + _STEP))


@cached(nogil=True)
def as_unit(bits):  # type: ignore[no-untyped-def]
    """Bits as a number in [0, 1)."""
    return np.float64(bits >> np.uint64(11)) * 2.0**-53


@cached(nogil=True)
def draw(state):  # type: ignore[no-untyped-def]
    """(the next state, a number in [0, 1))."""
    state = state + _STEP
    return state, as_unit(mix(state))


@cached(nogil=True)
def draw_normals(state):  # type: ignore[no-untyped-def]
    """(the next state, two independent standard normal numbers)."""
    state, one = draw(state)
    state, other = draw(state)
    radius = math.sqrt(-2.0 * math.log(1.0 - one))
    return state, radius * math.cos(2.0 * math.pi * other), radius * math.sin(2.0 * math.pi * other)
