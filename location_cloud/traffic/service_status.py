"""How the traffic is in a box, in a circle, on a road: shares of each level, one word, the stretches that matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from location_cloud.errors import TooLarge
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import CLASSES
from location_cloud.traffic import service
from location_cloud.traffic.choosing import Edges, in_box, in_circle, list_names, of_name
from location_cloud.traffic.model import FREE
from location_cloud.traffic.model_picture import GRADES_ZH, Picture, Stretch, grade_of
from location_cloud.traffic.service_index import Measure, measure, measured_alone
from location_cloud.traffic.stretches import chain
from location_cloud.traffic.stretches import describe as describe_stretch

if TYPE_CHECKING:
    from location_cloud.spatial.bbox import Bbox
    from location_cloud.storage.world import World

MOST_RADIUS_M = 5_000.0
"""As Amap has it ("交通态势", circle)."""

MOST_EDGES = 200_000
"""Edges whose state is told at once: a city of millions."""

STATUS_OF_GRADE = (1, 1, 2, 3, 4)
"""The one word of four levels for an index of five grades: 畅通 and 基本畅通 are one there."""


@dataclass(frozen=True, eq=False)
class Place:
    """Where it is asked about; exactly one of the three. centre with radius_m."""

    box: Bbox | None = None
    centre: tuple[float, float] | None = None
    radius_m: float = 0.0
    road: str = ""


@dataclass(frozen=True, eq=False)
class State:
    """The traffic of some edges. km: of each level, 0 to 5. status: 0 to 4, one word for all. stretches: the worst
    first; total: how many there are.
    """

    picture: Picture
    km: tuple[float, ...]
    status: int
    measure: Measure
    stretches: tuple[Stretch, ...]
    total: int

    @property
    def grade_zh(self) -> str:
        """The word of the index, 未知 if it is not known."""
        return "未知" if self.measure.index is None else GRADES_ZH[grade_of(self.measure.index)]


def get_state(
    world: World, tenant: str, place: Place, limit: int, min_level: int = FREE, last_class: str = ""
) -> State:
    """The traffic at a place. limit: stretches described. last_class: only roads up to this class, "" = all.

    Raises TooLarge over a ceiling, NotFound for a road that is not here.
    """
    roads, picture = world.section(ROADS), service.get_picture(world, tenant)
    edges = _choose(world, place)
    if last_class:
        edges = edges[roads.seg_class[edges >> 1] <= CLASSES.index(last_class)]
    if len(edges) > MOST_EDGES:
        raise TooLarge(f"{len(edges):,} road edges lie there; the most is {MOST_EDGES:,}", hint="ask for less")
    level = picture.seen_level
    weights = roads.seg_length_m[edges >> 1] / 1000.0
    km = np.bincount(level[edges], weights=weights, minlength=6)
    told = measure(world, measured_alone(picture.estimate), edges)
    chained, start = chain(roads, edges[level[edges] >= min_level], level)
    along_m = np.concatenate([[0.0], np.cumsum(roads.seg_length_m[chained >> 1])])
    worst = np.lexsort((-np.diff(along_m[start]), -level[chained[start[:-1]]].astype(np.int8)))[:limit]
    stretches = tuple(describe_stretch(roads, picture, chained[start[at] : start[at + 1]]) for at in worst.tolist())
    status = 0 if told.index is None else STATUS_OF_GRADE[grade_of(told.index)]
    return State(picture, tuple(km.tolist()), status, told, stretches, len(start) - 1)


def _choose(world: World, place: Place) -> Edges:
    roads, drawn = world.section(ROADS), service.get_drawn(world)
    if place.centre is not None:
        if place.radius_m > MOST_RADIUS_M:
            raise TooLarge(f"radius_m={place.radius_m:g} is over {MOST_RADIUS_M:g}", hint="ask for a box instead")
        return in_circle(roads, drawn, place.centre, place.radius_m)
    if not place.road:
        assert place.box is not None, "one of the three"
        if (area := place.box.width_deg * place.box.height_deg) > service.MOST_BOX_DEG2:
            raise TooLarge(
                f"bbox covers {area:.2f} square degrees, at most {service.MOST_BOX_DEG2:g} allowed", hint="ask for less"
            )
        return in_box(roads, drawn, place.box)
    names = service.keep(world, "names", lambda: list_names(roads))
    found = of_name(roads, drawn, names, place.road)
    return found if place.box is None else in_box(roads, found, place.box)
