"""Whose law holds where signs say nothing: driving side, speeds by class, and roads closed to some, as data by country.

The numbers and their sources stand in data/roads/countries.json.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.roads.model import CLASSES, DUAL, NO_LIMIT_KMH, TUNNEL, URBAN, VEHICLES, Roads

FILE = "roads/countries.json"


@dataclass(frozen=True)
class LegalSpeed:
    """A speed that the law sets without a sign; None = the rule does not ask.

    classes: places in CLASSES. urban, dual, tunnel: whether the road must be that, or must not.
    least_lanes: lanes in the driving direction, at least. kmh: by access bit; NO_LIMIT_KMH = no limit.
    """

    classes: tuple[int, ...]
    urban: bool | None
    dual: bool | None
    tunnel: bool | None
    least_lanes: int
    kmh: Mapping[int, int]
    source: str


@dataclass(frozen=True)
class Country:
    """A country's defaults. code: ISO 3166-1 alpha-2, "" = the world's. driving_side: right or left.

    speeds: the first rule that fits holds. closed: by class the mask of who may not go there unless signs let them;
    closed_expressway: the same for roads marked expressway=yes.
    """

    code: str
    driving_side: str
    speeds: tuple[LegalSpeed, ...]
    closed: Mapping[str, int]
    closed_expressway: Mapping[str, int]


@lru_cache(maxsize=1)
def list_countries() -> tuple[Country, ...]:
    """All countries whose defaults are shipped; the world's come first."""
    return tuple(_country(code, item) for code, item in _data()["countries"].items())


@lru_cache(maxsize=256)
def get_country(code: str) -> Country:
    """The defaults of a country by its code; the world's, with its own driving side, if none are shipped for it."""
    for country in list_countries():
        if country.code == code:
            return country
    world = list_countries()[0]
    side = "left" if code in _data()["left"]["codes"] else "right"
    return Country(code, side, world.speeds, world.closed, world.closed_expressway)


def box_country(lon: float, lat: float) -> str:
    """The country whose coarse box holds a point, "" = none: for data that name no country themselves."""
    for code, west, south, east, north in _data()["boxes"]["rows"]:
        if west <= lon <= east and south <= lat <= north:
            return str(code)
    return ""


def default_limits_kmh(roads: Roads, vehicle: int) -> NDArray[np.float32]:
    """The speed that the law allows a kind of traveller (one access bit) on each edge where no sign stands.

    Gives (2s,) float32 km/h; inf where there is no limit, NaN where the law names none (a track, a driveway).
    """
    country = get_country(roads.country_code)
    limits = np.full((roads.segment_count, 2), np.nan, np.float32)
    is_set = np.zeros((roads.segment_count, 2), bool)
    flags = np.asarray(roads.seg_flags)
    lanes = np.stack([roads.seg_lanes_forward, roads.seg_lanes_backward], axis=1)
    for rule in country.speeds:
        if not (kmh := rule.kmh.get(vehicle)):
            continue
        fits = np.isin(roads.seg_class, np.array(rule.classes, np.uint8))
        for asked, flag in ((rule.urban, URBAN), (rule.dual, DUAL), (rule.tunnel, TUNNEL)):
            if asked is not None:
                fits &= ((flags & flag) != 0) == asked
        both = fits[:, None] & (lanes >= rule.least_lanes) & ~is_set
        limits[both] = np.inf if kmh == NO_LIMIT_KMH else kmh
        is_set |= both
    return limits.ravel()


# --- reading the data --------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads((importlib.resources.files("location_cloud.data") / FILE).read_bytes())
    return content


def _country(code: str, item: dict[str, Any]) -> Country:
    return Country(
        "" if code == "world" else code,
        item["driving_side"],
        tuple(_legal_speed(rule) for rule in item["speeds"]),
        _closed(item["closed"], expressway=False),
        _closed(item["closed"], expressway=True),
    )


def _legal_speed(rule: dict[str, Any]) -> LegalSpeed:
    kmh = {VEHICLES[name]: NO_LIMIT_KMH if value is None else int(value) for name, value in rule["kmh"].items()}
    for bit in VEHICLES.values():
        kmh.setdefault(bit, kmh[VEHICLES["car"]])
    return LegalSpeed(
        tuple(place for name in rule["classes"] for place in _places(name)),
        rule.get("urban"),
        rule.get("dual"),
        rule.get("tunnel"),
        rule.get("least_lanes", 0),
        MappingProxyType(kmh),
        rule["source"],
    )


def _places(name: str) -> tuple[int, ...]:
    """A class and its links."""
    return tuple(place for place, known in enumerate(CLASSES) if known in (name, f"{name}_link"))


def _closed(rules: list[dict[str, Any]], expressway: bool) -> Mapping[str, int]:
    masks: dict[str, int] = {}
    for rule in rules:
        if rule.get("expressway", False) == expressway:
            for place in (place for name in rule["classes"] for place in _places(name)):
                for vehicle in rule["to"]:
                    masks[CLASSES[place]] = masks.get(CLASSES[place], 0) | VEHICLES[vehicle]
    return MappingProxyType(masks)


WORLD = get_country("")
