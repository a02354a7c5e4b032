"""The values in a profile's file: what each key may hold, and the errors that say so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any, TypeAlias

from location_cloud.directions.model import Vehicle
from location_cloud.errors import BadInput
from location_cloud.roads.model import CLASSES, FLAGS, SERVICES, SMOOTHNESS, SURFACES, VEHICLES

FAMILIES = ("motor", "bicycle", "foot")
MODES = ("driving", "cycling", "walking")
TRACKTYPES = ("grade1", "grade2", "grade3", "grade4", "grade5")
LANGUAGES = ("zh-CN", "en")

Table: TypeAlias = Mapping[str, float]

_KMH, _CAP, _SHARE, _DELAY_S = (0.1, 300.0), (0.0, 300.0), (0.01, 3.0), (0.0, 600.0)
_NUMBERS: Mapping[str, tuple[float, float]] = {
    "other_kmh": _CAP,
    "max_kmh": _KMH,
    "limit_share": (0.0, 3.0),
    "narrow_share": _SHARE,
    "max_incline_percent": (0.0, 100.0),
    "turn_bias": (0.5, 2.0),
    **dict.fromkeys(("signal_s", "stop_s", "crossing_s", "turn_s", "across_s", "u_turn_s"), _DELAY_S),
    "winter_other": _SHARE,
    "live_share": (0.0, 3.0),
    "against_oneway_kmh": _CAP,
}
_TABLES: Mapping[str, tuple[tuple[str, ...], tuple[float, float]]] = {
    "kmh": (CLASSES, _CAP),
    "surface_kmh": (SURFACES[1:], _CAP),
    "smoothness_kmh": (SMOOTHNESS[1:], _CAP),
    "tracktype_kmh": (TRACKTYPES, _CAP),
    "service_kmh": (SERVICES[1:], _CAP),
    "winter": (CLASSES, _SHARE),
    "winter_kmh": (CLASSES, _KMH),
}
_CHOICES: Mapping[str, tuple[str, ...]] = {"family": FAMILIES, "mode": MODES, "access": tuple(VEHICLES)}
_LISTS: Mapping[str, tuple[str, ...]] = {
    "local_flags": tuple(FLAGS),
    "closed_flags": tuple(FLAGS),
    "against_oneway": CLASSES,
}
_SIZES: Mapping[str, tuple[float, float]] = {
    "height_m": (0.0, 20.0),
    "width_m": (0.0, 20.0),
    "length_m": (0.0, 100.0),
    "weight_t": (0.0, 500.0),
    "axle_load_t": (0.0, 100.0),
}


def checked_value(file: str, key: str, value: Any) -> Any:
    """A key's value as Profile holds it. Raises BadInput naming the file, the key and what is allowed."""
    if key in _NUMBERS:
        return _number(file, key, value, *_NUMBERS[key])
    if key in _TABLES:
        return _numbers(file, key, value, *_TABLES[key])
    if key in _CHOICES:
        _chosen(file, key, value, _CHOICES[key])
        return VEHICLES[value] if key == "access" else value
    if key in _LISTS:
        words = _words(file, key, value)
        for word in words:
            _chosen(file, key, word, _LISTS[key])
        return words if key == "against_oneway" else sum(FLAGS[word] for word in set(words))
    if key == "aliases":
        return _words(file, key, value)
    if key == "incline":
        return _incline(file, value)
    if key == "size":
        sizes = _each(file, key, value, _SIZES)
        height, width, length, weight, axle = (sizes.get(each, 0.0) for each in _SIZES)
        return Vehicle(height, width, length, weight, axle)
    if key == "title":
        if not isinstance(value, dict) or not all(isinstance(value.get(each), str) for each in LANGUAGES):
            raise BadInput(f"{file}: title must be a table of texts with the keys {', '.join(LANGUAGES)}")
        return MappingProxyType(dict(value))
    if key != "name" and not isinstance(value, bool):
        raise BadInput(f"{file}: {key} = {value!r} must be true or false")
    return value


def _number(file: str, key: str, value: Any, least: float, most: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not least <= value <= most:
        raise BadInput(f"{file}: {key} = {value!r} must be a number from {least:g} to {most:g}")
    return float(value)


def _numbers(file: str, key: str, value: Any, names: tuple[str, ...], allowed: tuple[float, float]) -> Table:
    return MappingProxyType(_each(file, key, value, dict.fromkeys(names, allowed)))


def _each(file: str, key: str, value: Any, allowed: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    if not isinstance(value, dict):
        raise BadInput(f"{file}: {key} = {value!r} must be a table of numbers: [{key}]")
    for name in value:
        _chosen(file, key, name, tuple(allowed))
    return {name: _number(file, f"{key}.{name}", each, *allowed[name]) for name, each in value.items()}


def _chosen(file: str, key: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BadInput(f"{file}: {key}: {value!r} is unknown; allowed are {', '.join(allowed)}")


def _words(file: str, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise BadInput(f"{file}: {key} = {value!r} must be a list of texts")
    return tuple(value)


def _incline(file: str, value: Any) -> tuple[tuple[float, float], ...]:
    if (
        not value
        or not isinstance(value, list)
        or not all(isinstance(point, list) and len(point) == 2 for point in value)
    ):
        raise BadInput(f"{file}: incline = {value!r} must be a list of [percent uphill, share of the speed]")
    points = tuple(
        (_number(file, "incline percent", percent, -100, 100), _number(file, "incline share", share, *_SHARE))
        for percent, share in value
    )
    if any(first[0] >= second[0] for first, second in pairwise(points)):
        raise BadInput(f"{file}: incline: the percents {[percent for percent, _ in points]} must ascend")
    return points
