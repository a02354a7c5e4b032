"""The questions about what a tenant says of its roads: closures and measured speeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.directions import now as live_now
from location_cloud.directions import service, store
from location_cloud.directions.avoid import MOST_KM2
from location_cloud.directions.dataset import SECTION
from location_cloud.directions.live import Batch, batch_from_records, batch_from_words, edge_keys, find_edges
from location_cloud.directions.metrics import OVERLAY, Where, profile_bits
from location_cloud.directions.store import Closure, Source
from location_cloud.errors import BadQuery, Conflict, NotFound, TooLarge
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import parse_geometry
from location_cloud.spatial.measure import area_m2
from location_cloud.storage.mapped import FolderReader
from location_cloud.storage.slots import Slots

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.snapshot import Snapshot
    from location_cloud.storage.world import World

MOST_CLOSURES, MOST_POINTS = 10_000, 10_000
"""Closures of a tenant, and points of one's area."""

USUAL = timedelta(minutes=15)
"""How long speeds count if nobody says for how long."""

NO_SOURCE = "unnamed"


@dataclass(frozen=True)
class Shut:
    """A closure, and how many edges of the present snapshot it shuts; None where no snapshot can tell."""

    closure: Closure
    edges: int | None


@dataclass(frozen=True)
class Wish:
    """What a closure is to be. area: GeoJSON polygon or multipolygon, WGS-84. Others as in store.Closure."""

    everyone: bool
    profiles: Sequence[str]
    roads: Sequence[str]
    area: dict[str, Any] | None
    valid_from: datetime | None
    valid_until: datetime | None
    reason: str


# --- closures ----------------------------------------------------------------------------------------------------


def list_closures(world: World, tenant: str, after: str, limit: int) -> list[Shut]:
    """The tenant's closures by name, those after a name."""
    with world.live.read() as connection:
        found = store.list_closures(connection, tenant, after, limit)
    return _counted(world, tenant, found)


def get_closure(world: World, tenant: str, name: str) -> Shut:
    """The closure. Raises NotFound if the tenant has none of that name."""
    return _counted(world, tenant, [_find(world.live, tenant, name)])[0]


def add_closure(world: World, tenant: str, name: str, wish: Wish, now: datetime) -> Shut:
    """The new closure as stored.

    Raises Conflict if the name is taken, BadQuery for a wrong area, road or time, NotFound for an unknown profile,
    TooLarge over a ceiling.
    """
    closure = _as_closure(world, name, wish)
    with world.live.read() as connection:
        count = store.count_closures(connection, tenant)
    if count >= MOST_CLOSURES:
        raise TooLarge(f"{count:,} closures; the most is {MOST_CLOSURES:,}", hint="delete those that are over")
    stored = live_now.put_closure(world.live, world.home, tenant, closure, now)
    return _counted(world, tenant, [stored])[0]


def change_closure(world: World, tenant: str, name: str, version: int, wish: Wish, now: datetime) -> Shut:
    """The closure after the change. Raises Conflict if somebody changed it since `version`; else as `add_closure`."""
    closure = _as_closure(world, name, wish)
    found = _find(world.live, tenant, name)
    if found.version != version:
        raise _stale(found, version)
    changed = replace(closure, id=found.id, version=version)
    return _counted(world, tenant, [live_now.put_closure(world.live, world.home, tenant, changed, now)])[0]


def remove_closure(world: World, tenant: str, name: str, version: int) -> None:
    """Deletes the closure. Raises Conflict if somebody changed it since `version`, NotFound if there is none."""
    found = _find(world.live, tenant, name)
    if not live_now.drop_closure(world.live, world.home, tenant, name, version):
        raise _stale(found, version)


def area_of(closure: Closure) -> dict[str, Any] | None:
    """Its area as GeoJSON."""
    return shapely.geometry.mapping(shapely.from_wkb(closure.area)) if closure.area else None


def _find(live: Live, tenant: str, name: str) -> Closure:
    with live.read() as connection:
        found = store.find_closure(connection, tenant, name)
    if found is None:
        raise NotFound(f"there is no closure {name!r}", hint="GET /v1/closures lists them")
    return found


def _stale(found: Closure, version: int) -> Conflict:
    return Conflict(
        f"closure {found.name!r} is at version {found.version}, not {version}",
        hint="read it again and repeat the change on what is there now",
        version=found.version,
    )


def _counted(world: World, tenant: str, closures: Sequence[Closure]) -> list[Shut]:
    placed, _ = service.get_metrics(world).said(world, tenant)
    edges = {(each.closure.id, each.closure.version): len(each.edges) for each in placed}
    return [Shut(closure, edges.get((closure.id, closure.version))) for closure in closures]


def _as_closure(world: World, name: str, wish: Wish) -> Closure:
    if not wish.roads and wish.area is None:
        raise BadQuery("a closure needs roads or an area", hint="roads: lasting keys as /v1/nearest tells them")
    directions = world.section(SECTION)
    profiles = sorted({service.get_profile(directions, profile).name for profile in wish.profiles})
    return Closure(
        name,
        wish.everyone,
        tuple(profiles),
        tuple(dict.fromkeys(wish.roads)),
        b"" if wish.area is None else _area(wish.area),
        service.local_time(world, wish.valid_from),
        service.local_time(world, wish.valid_until),
        wish.reason,
    )


def _area(geometry: dict[str, Any]) -> bytes:
    try:
        shape = parse_geometry(geometry, max_vertices=MOST_POINTS)
    except SpatialError as error:
        raise BadQuery(f"area: {error}", hint="GeoJSON Polygon or MultiPolygon, points lon,lat in degrees") from error
    if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        raise BadQuery(f"area: {shape.geom_type} is no area", hint="give a GeoJSON Polygon or MultiPolygon")
    km2 = float(area_m2(shape)) / 1e6
    if km2 > MOST_KM2:
        raise TooLarge(f"area: {km2:,.0f} km2; the most is {MOST_KM2:,}", hint="draw it tighter")
    return bytes(shapely.to_wkb(shape))


# --- speeds ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """Speeds that were taken. unknown: of them, edges that the present snapshot does not have."""

    edges: int
    unknown: int
    source: str
    until: datetime


@dataclass(frozen=True)
class SpeedState:
    """What is known of speeds now. edges: of the present snapshot. metrics: profile -> version, time (unix seconds)."""

    edges: int
    sources: tuple[Source, ...]
    metrics: dict[str, tuple[str, float]]


def put_speeds(
    world: World, tenant: str, said: dict[str, float] | bytes, source: str, until: datetime | None, now: datetime
) -> Told:
    """Takes measured speeds, km/h by lasting key or as records (live.RECORD).

    until: None = for USUAL. Raises BadQuery for a key, speed or time that cannot be.
    """
    batch = batch_from_records(said) if isinstance(said, bytes) else batch_from_words(said)
    if not len(batch.key):
        raise BadQuery("no speeds were sent", hint="DELETE /v1/speeds takes all back")
    ends = service.local_time(world, until) or now + USUAL
    name = source or NO_SOURCE
    live_now.put_speeds(world.live, world.home, tenant, batch, name, ends, now)
    return Told(len(batch.key), _unknown(world, batch), name, ends)


def take_back_speeds(world: World, tenant: str, source: str | None = None) -> int:
    """Takes back what the tenant said of speeds, all or that of one source; of how many edges it was, one counted in
    each call about it.
    """
    return live_now.drop_speeds(world.live, world.home, tenant, source)


def get_speeds(world: World, tenant: str, now: datetime) -> SpeedState:
    """What is known of speeds, who told it, and the version of each profile's weights."""
    metrics = service.get_metrics(world)
    with world.live.read() as connection:
        sources = store.list_sources(connection, tenant, now.timestamp())
    _, edges = metrics.said(world, tenant)
    profiles = sorted(world.section(SECTION).profiles)
    return SpeedState(edges, tuple(sources), {name: metrics.version(world, name, tenant) for name in profiles})


def as_time(seconds: float | None) -> datetime | None:
    """Unix seconds as a time, UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _unknown(world: World, batch: Batch) -> int:
    return int((find_edges(edge_keys(world.section(ROADS)), batch.key) < 0).sum())


# --- for other slices ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ShutEdges:
    """Which edges closures and incidents shut, (road edges,) bool; version: names what was said."""

    version: int
    is_shut: NDArray[np.bool_]


class ShutNow:
    """Which edges of a snapshot are shut to a profile, as the background process publishes it for routes."""

    def __init__(self, snapshot: Snapshot, profile: str) -> None:
        folder = Where(snapshot.folder.parents[1], snapshot.id, "").slots / OVERLAY
        self._slots: FolderReader[Slots] = FolderReader(folder, partial(Slots, folder))
        self._bit = 1 << profile_bits(snapshot.section(SECTION).networks).index(profile)

    def find(self, version: int | None) -> ShutEdges | None:
        """What is shut now; None if that is what was said under a version. Takes 3 us if it is."""
        slots = self._slots.find()
        moment = None if slots is None else slots.current()
        if slots is None or moment is None or moment.version == version:
            return None
        return slots.read(lambda each: ShutEdges(each.version, (each.arrays["closed_for"] & self._bit) != 0))
