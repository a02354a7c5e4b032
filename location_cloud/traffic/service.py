"""The questions about traffic now: what is known, edge by edge, and what it was made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from location_cloud.directions import service as directions
from location_cloud.errors import BadQuery, NotReady, TooLarge
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.edges import find_edge
from location_cloud.roads.model import CLASSES, Roads
from location_cloud.spatial.bbox import Bbox
from location_cloud.traffic.choosing import Edges, in_box
from location_cloud.traffic.drawing import drawn_edges
from location_cloud.traffic.model import NONE, SOURCES
from location_cloud.traffic.model_picture import About, Picture
from location_cloud.traffic.now import Pictures

if TYPE_CHECKING:
    from location_cloud.storage.world import World

T = TypeVar("T")

MOST_BOX_DEG2 = 4.0
"""Largest box, square degrees: a city with its counties."""


@dataclass(frozen=True, eq=False)
class EdgePage:
    """Edges of a longer list, ascending. total: all that fit the question; following: the next page's `after`."""

    edges: Edges
    total: int
    following: int | None


@dataclass(frozen=True)
class Overview:
    """What is known of the whole city. edges: by source; km: of the roads that cars use, by level 0 to 5."""

    edges: dict[str, int]
    km: tuple[float, ...]
    probes: int
    drives: int


def get_pictures(world: World) -> Pictures:
    """The way to the newest picture. Raises NotReady for a snapshot from before there was traffic."""
    found: Pictures | None = (world.overlay or {}).get("traffic")
    if found is None:
        raise NotReady("this snapshot knows no traffic", hint="import the data again")
    return found


def get_picture(world: World, tenant: str) -> Picture:
    """The newest picture, of which a tenant without fixes sees nothing."""
    return get_pictures(world).now(tenant)


def describe(world: World, tenant: str, picture: Picture, now: datetime) -> About:
    """What an answer from this picture was made from."""
    metric, _ = directions.get_metrics(world).version(world, "car", tenant)
    as_of_s = picture.estimate.at_s if picture.version else None
    return About(
        snapshot=world.snapshot.id,
        version=f"{picture.version:x}" if picture.version else "",
        metric_version=metric,
        as_of_s=as_of_s,
        age_s=None if as_of_s is None else max(now.timestamp() - as_of_s, 0.0),
        is_simulated=picture.simulated_drives > 0 or bool(picture.estimate.is_simulated.any()),
        simulated_share=picture.simulated_share,
    )


def overview(world: World, tenant: str) -> tuple[Picture, Overview]:
    """How much is known of the roads that cars use."""
    roads, picture, drawn = world.section(ROADS), get_picture(world, tenant), get_drawn(world)
    counts = np.bincount(picture.estimate.source[drawn], minlength=len(SOURCES))
    km = np.bincount(picture.seen_level[drawn], weights=roads.seg_length_m[drawn >> 1] / 1000.0, minlength=6)
    known = dict(zip(SOURCES, counts.tolist()))
    return picture, Overview(known, tuple(km.tolist()), picture.probes, picture.drives)


def list_edges(
    world: World,
    tenant: str,
    box: Bbox,
    limit: int,
    after: str = "",
    min_level: int = 0,
    sources: Sequence[str] = (),
    classes: Sequence[str] = (),
) -> tuple[Picture, EdgePage]:
    """The edges in a box that something is known of, in the order of their keys; a page of them.

    after: the last key of the page before. sources, classes: only those, () = all.
    Raises TooLarge for a box over MOST_BOX_DEG2, BadQuery for an unknown key or class.
    """
    if (area := box.width_deg * box.height_deg) > MOST_BOX_DEG2:
        raise TooLarge(f"bbox covers {area:.2f} square degrees, at most {MOST_BOX_DEG2:g} allowed", hint="ask for less")
    roads, picture = world.section(ROADS), get_picture(world, tenant)
    edges = in_box(roads, get_drawn(world), box)
    source = picture.estimate.source[edges]
    wanted = np.isin(source, [SOURCES.index(each) for each in sources]) if sources else source != NONE
    wanted |= picture.is_closed[edges] if not sources else False
    wanted &= picture.level[edges] >= min_level
    if classes:
        wanted &= np.isin(roads.seg_class[edges >> 1], [_class(name) for name in classes])
    found = edges[wanted]
    begin = int(np.searchsorted(found, _edge(roads, after), side="right")) if after else 0
    page = found[begin : begin + limit]
    is_last = begin + limit >= len(found)
    return picture, EdgePage(page, len(found), None if is_last or not len(page) else int(page[-1]))


def get_drawn(world: World) -> Edges:
    """The edges that traffic is told of, ascending."""
    return keep(world, "drawn", lambda: drawn_edges(world.section(ROADS)))


def get_roads(world: World) -> Roads:
    """The roads that an answer speaks of."""
    return world.section(ROADS)


def keep(world: World, name: str, make: Callable[[], T]) -> T:
    """What is worked out once for each snapshot and process."""
    kept = get_pictures(world).kept
    if name not in kept:
        kept[name] = make()
    found: T = kept[name]
    return found


def _class(name: str) -> int:
    if name not in CLASSES:
        raise BadQuery(f"class={name[:40]!r} is no class of roads", hint=f"classes are: {', '.join(CLASSES[:15])}")
    return CLASSES.index(name)


def _edge(roads: Roads, key: str) -> int:
    edge = find_edge(roads, key)
    if edge is None:
        raise BadQuery(f"after={key[:60]!r} is no key of this snapshot", hint="begin again without it")
    return edge
