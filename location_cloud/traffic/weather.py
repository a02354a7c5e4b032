"""Weather as a factor of usual speeds, from a table by kind of road."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import BadQuery
from location_cloud.traffic.levels import OTHER
from location_cloud.traffic.model import Factor


@lru_cache(maxsize=1)
def weather_shares() -> Mapping[str, tuple[float, ...]]:
    """The share of usual speed that is left, by condition and group of roads in the order of levels.toml."""
    text = (importlib.resources.files("location_cloud.data") / "traffic/weather.toml").read_text("utf-8")
    return {name: tuple(shares) for name, shares in tomllib.loads(text).items()}


def weather_factor(condition: str, kind: NDArray[np.int8], where: NDArray[np.bool_] | None = None) -> Factor:
    """The factor of a condition, named "weather:<condition>".

    kind: (edges,) group of each edge (`Levels.groups`), OTHER = none. where: (edges,) bool, None = everywhere.
    Raises BadQuery for a condition that the table does not have.
    """
    shares = weather_shares()
    if condition not in shares:
        raise BadQuery(f"weather {condition!r} is unknown", hint=f"known are {', '.join(shares)}")
    counts = kind != OTHER
    edges = np.flatnonzero(counts if where is None else counts & where).astype(np.int32)
    # A city with more kinds of roads than the shipped four: those beyond as the last one.
    share = np.array(shares[condition], np.float32)[np.minimum(kind[edges], len(shares[condition]) - 1)]
    return Factor(f"weather:{condition}", edges, share, np.full(len(edges), np.inf, np.float32))
