"""The probability map of a new search: layers of what is known, put together over the imported ground."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from location_cloud.errors import Unprocessable
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.searches.cells import Floats
from location_cloud.searches.cost_distance import walking_time_s
from location_cloud.searches.dataset import SECTION as LAND
from location_cloud.searches.drifting import drift_map
from location_cloud.searches.evidence import (
    about_direction,
    at_features,
    near_lines,
    phone_ellipse,
    phone_sector,
    within_time,
)
from location_cloud.searches.ground import (
    FEATURES,
    cover_of,
    features_of,
    is_mapped,
    mask_of_lines,
    walked_cover,
    walking_speed,
)
from location_cloud.searches.model import (
    DRAINAGE,
    LAND_COVERS,
    LAYERS,
    PATH,
    POWER,
    RAIL,
    RIDGE,
    ROAD,
    TRACK,
    LayerReport,
    Search,
)
from location_cloud.searches.poa import Layer, combine
from location_cloud.searches.rings import fit_ring, ring_map
from location_cloud.searches.service_heights import find_heights
from location_cloud.searches.service_statistics import Tables
from location_cloud.searches.subject_statistics import percentiles
from location_cloud.searches.terrain_speed import cover_factor
from location_cloud.storage.world import World

FOLLOWED = ROAD | TRACK | PATH | DRAINAGE | RAIL | RIDGE | POWER
"""Linear features that people follow, and are found beside."""

USUAL = {"distance", "travel_time", "find_features"}
"""Layers that are in use unless they are switched off, where there is something to make them of."""

MOST_WALKED_S = 24 * 3600.0
"""Travel time tells nothing after a day: whoever walked on is anywhere, whoever did not has stopped."""

NEEDS = {
    "direction": "no bearing_deg was told",
    "track_offset": "no percentiles of the offset were told, and none may be shipped",
    "phone": "no fix was told",
    "drift": "no wind was told",
}


@dataclass(frozen=True)
class Ground:
    """What lies under a search's cells, each (rows, columns).

    is_mapped: whether the cell lies within the import. bare: land cover by code; cover: the same with paths and roads
    laid over it. mask: bits of model. speed: walking speed in SPEED_STEP_M_S. elevation_m: NaN = unknown, None = none
    is known.
    """

    is_mapped: NDArray[np.bool_]
    bare: NDArray[np.uint8]
    cover: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    speed: NDArray[np.uint8]
    elevation_m: NDArray[np.float32] | None


@dataclass(frozen=True)
class Drawn:
    """A finished map. p: (rows, columns) float32, with rest_of_world adding up to 1."""

    p: NDArray[np.float32]
    rest_of_world: float
    layers: tuple[LayerReport, ...]
    warnings: tuple[str, ...]


def draw_map(
    search: Search, ground: Ground, wish: Mapping[str, Any], tables: Tables, least_rest: float, now_s: float
) -> Drawn:
    """The map of a search before anything was searched.

    wish: layer -> its settings, False = off. tables: the statistics to use. now_s: unix seconds, for the time walked.
    Raises Unprocessable where no layer is left or they exclude each other, BadQuery for settings that cannot be.
    """
    maker = _Maker(search, ground, tables, now_s)
    layers: list[Layer] = []
    drafts: list[LayerReport] = []
    for name in LAYERS:
        settings = wish.get(name)
        if settings is False or (settings is None and name not in USUAL):
            why = "switched off" if settings is False else NEEDS.get(name, "not asked for")
            drafts.append(LayerReport(name, why_not=why))
            continue
        told = dict(settings) if isinstance(settings, Mapping) else {}
        made = maker.make(name, told, is_wanted=settings is not None)
        if isinstance(made, str):
            drafts.append(LayerReport(name, why_not=made))
            continue
        layer, source = made
        layers.append(layer)
        drafts.append(LayerReport(name, layer.weight, 0.0, layer.outside, source))
    if not layers:
        raise Unprocessable("there is nothing to make a map of", hint="; ".join(_reasons(drafts)))
    poa = combine(layers, least_rest)
    reports = tuple(replace(each, share=round(poa.shares.get(each.name, 0.0), 6)) for each in drafts)
    p = poa.p.astype(np.float32)
    return Drawn(p, poa.rest_of_world, reports, tuple(maker.warnings))


def find_ground(world: World, tenant: str, search: Search) -> tuple[Ground, tuple[str, ...]]:
    """The ground under a search's cells, and what to warn of."""
    land, roads = world.section(LAND), world.section(ROADS)
    cover, mask = cover_of(search.lattice, land), mask_of_lines(search.lattice, land, roads)
    elevation, warnings = find_heights(world.live, tenant, world.home, search.lattice)
    walked = walked_cover(cover, mask)
    mapped = is_mapped(search.lattice, land)
    if not mapped.all():
        told = (
            f"the imported map covers {mapped.mean():.0%} of the cells; the others count as open ground without roads"
        )
        warnings = (*warnings, told)
    speed = walking_speed(search.lattice, walked, elevation, search.season)
    return Ground(mapped, cover, walked, mask, speed, elevation), warnings


def relief_m(elevation_m: NDArray[np.float32] | None) -> float:
    """Metres between the 5th and the 95th percentile of height; 0 where none is known."""
    if elevation_m is None:
        return 0.0
    low, high = np.nanpercentile(elevation_m[::4, ::4], (5, 95))
    return float(high - low)


class _Maker:
    """Makes each layer from its settings; says why it cannot."""

    def __init__(self, search: Search, ground: Ground, tables: Tables, now_s: float) -> None:
        self.search, self.ground, self.tables, self.now_s = search, ground, tables, now_s
        self.grid, self.who = search.lattice.grid, (search.subject.category, search.ground)
        self.warnings: list[str] = []

    def make(self, name: str, told: dict[str, Any], is_wanted: bool) -> tuple[Layer, str] | str:
        makers: dict[str, Callable[[dict[str, Any], bool], tuple[Layer, str] | str]] = {
            "distance": self._distance,
            "travel_time": self._travel_time,
            "direction": self._direction,
            "track_offset": self._track_offset,
            "find_features": self._find_features,
            "phone": self._phone,
            "drift": self._drift,
        }
        return makers[name](told, is_wanted)

    def _distance(self, told: dict[str, Any], is_wanted: bool) -> tuple[Layer, str] | str:
        if told.get("percent"):
            percent, metres, source = told["percent"], told["distance_m"], "told with the search"
        else:
            try:
                percent, metres, source = percentiles(self.tables.distances, *self.who)
            except Unprocessable as error:
                if is_wanted:
                    raise
                return f"{error.detail}; {error.hint}"
        value = ring_map(self.grid, (0.0, 0.0), fit_ring(percent, metres))
        return Layer("distance", value, told.get("weight", 1.0), max(0.0, 1.0 - float(value.sum()))), source

    def _travel_time(self, told: dict[str, Any], is_wanted: bool) -> tuple[Layer, str] | str:
        seen = self.search.subject.last_seen_at
        elapsed_s = told.get("elapsed_s") or (None if seen is None else self.now_s - seen.timestamp())
        if elapsed_s is None or elapsed_s <= 0:
            return "last_seen_at is not told"
        if elapsed_s > MOST_WALKED_S and not is_wanted:
            return "the subject was last seen more than a day ago"
        factor = cover_factor(self.ground.cover, LAND_COVERS, self.search.season)
        spread = told.get("spread", 0.5)
        travel_s = walking_time_s(
            self.grid, (0.0, 0.0), factor, self.ground.elevation_m, float(elapsed_s * np.exp(4 * spread))
        )
        source = "Tobler 1993 over the imported land cover and elevation"
        value, trust = within_time(travel_s, elapsed_s, spread), told.get("trust", 0.95)
        # Who fell into water is where nobody walks: no cell is left without any chance.
        value = trust * value + (1 - trust) * float(value.mean())
        return Layer("travel_time", value, told.get("weight", 1.0)), source

    def _direction(self, told: dict[str, Any], is_wanted: bool) -> tuple[Layer, str] | str:
        value = about_direction(
            self.grid, (0.0, 0.0), told["bearing_deg"], told.get("sigma_deg", 30.0), told.get("trust", 0.8)
        )
        return Layer("direction", value, told.get("weight", 1.0)), "told with the search"

    def _track_offset(self, told: dict[str, Any], is_wanted: bool) -> tuple[Layer, str] | str:
        is_line = self.ground.mask & FOLLOWED != 0
        if not is_line.any():
            return "the imported map has no line here"
        offset: Floats = distance_transform_edt(~is_line, sampling=(self.grid.height_m, self.grid.width_m))
        value = near_lines(offset, fit_ring(told["percent"], told["distance_m"]), told.get("trust", 1.0))
        return Layer("track_offset", value, told.get("weight", 1.0)), "told with the search"

    def _find_features(self, told: dict[str, Any], is_wanted: bool) -> tuple[Layer, str] | str:
        shares, source = self.tables.feature_shares(*self.who)
        known = {FEATURES.index(name): share for name, share in shares.items() if name in FEATURES}
        if not known:
            return f"no published finds by feature of category {self.who[0]}"
        features = features_of(self.ground.bare, self.ground.mask)
        if not np.isin(features, list(known)).any():
            return "the imported map has none of these features here"
        value = at_features(features, known, told.get("trust", 0.8))
        inside = self.ground.is_mapped
        value[~inside] = value[inside].mean()  # what is not imported says nothing either way
        return Layer("find_features", value, told.get("weight", 1.0)), source

    def _phone(self, told: dict[str, Any], is_wanted: bool) -> tuple[Layer, str] | str:
        site = self.search.lattice.xy_m(np.array([told["location"]]))[0]
        at = float(site[0]), float(site[1])
        trust = told.get("trust", 0.95)
        if told.get("sector"):
            value = phone_sector(self.grid, at, **told["sector"], trust=trust)
        else:
            value = phone_ellipse(self.grid, at, **told["ellipse"], trust=trust)
        return Layer("phone", value, told.get("weight", 1.0)), "told with the search"

    def _drift(self, told: dict[str, Any], is_wanted: bool) -> tuple[Layer, str] | str:
        value, outside, source = drift_map(self.search.lattice, told)
        if self.search.season == "winter":
            self.warnings.append("the season is winter: does anything drift under ice?")
        return Layer("drift", value, told.get("weight", 1.0), outside), source


def _reasons(reports: list[LayerReport]) -> list[str]:
    return [f"{each.name}: {each.why_not}" for each in reports if each.why_not]
