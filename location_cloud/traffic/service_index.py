"""The traffic performance index of a city, an area, a cell or a corridor: now, usually, in an hour, and before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from location_cloud.areas.service import get_area
from location_cloud.directions import service as directions
from location_cloud.directions.typical import Typical, load_typical
from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.spatial.cells import get_system
from location_cloud.spatial.errors import SpatialError
from location_cloud.traffic import service, store
from location_cloud.traffic.choosing import Edges, in_area, in_box, list_names, of_keys, of_name
from location_cloud.traffic.levels import Levels, edge_weights, load_levels, performance_index, weighted_index
from location_cloud.traffic.model import FILLED, LIVE, Estimate
from location_cloud.traffic.model_picture import LEAST_INDEXED, Picture
from location_cloud.traffic.reference import learned_stamp
from location_cloud.traffic.service_slots import free_kmh, read_slots
from location_cloud.traffic.store import IndexRow

if TYPE_CHECKING:
    from location_cloud.storage.world import World

DAY = timedelta(days=1)
LONGEST = 400 * DAY
"""Of a history of the indexes that are kept, of the city and its districts; so long they are."""

LONGEST_SPEEDS = 31 * DAY
"""Of a history that is made from past speeds."""

MOST_CELL_DEG2 = 4.0


@dataclass(frozen=True)
class Scope:
    """What an index is of; at most one is given, nothing = the city. area: code; cell: code in `system`; road: name;
    keys: lasting keys of a corridor.
    """

    area: str = ""
    cell: str = ""
    system: str = "beidou"
    road: str = ""
    keys: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """One word."""
        given = [name for name in ("area", "cell", "road", "keys") if getattr(self, name)]
        if len(given) > 1:
            raise BadQuery(f"{' and '.join(given)} were both given", hint="ask for one of them at a time")
        return {"keys": "corridor"}.get(given[0], given[0]) if given else "city"


@dataclass(frozen=True)
class Measure:
    """The index of some edges at a time; None = nothing is known, and for the index: too little (`LEAST_INDEXED`).

    extra: travel time beyond that of empty roads, as a share. kmh: mean speed of a vehicle kilometre. known, live:
    shares of vehicle kilometres of which anything is known, and of which it was measured.
    """

    index: float | None
    extra: float | None
    kmh: float | None
    known: float
    live: float


@dataclass(frozen=True, eq=False)
class Told:
    """The index of a scope. hour: the city's time of day. curve: of a usual day like this, 24 hours from midnight on;
    () = not known. history: of stored slots, oldest first.
    """

    picture: Picture
    kind: str
    title: str
    edges: int
    km: float
    now: Measure
    typical: Measure
    next_hour: Measure
    hour: float
    curve: tuple[float | None, ...]
    history: tuple[IndexRow, ...]


def get_index(
    world: World, tenant: str, scope: Scope, now: datetime, since: datetime | None, until: datetime | None
) -> Told:
    """The index of a scope now, usually at this hour, in an hour, over a usual day; and between two times if given.

    Raises NotFound for an unknown area, road or key, BadQuery for scopes or times that cannot be, TooLarge for a
    history of too many slots.
    """
    kind = scope.kind
    roads, picture = world.section(ROADS), service.get_picture(world, tenant)
    title, edges = _choose(world, scope)
    local = directions.local_time(world, now)
    assert local is not None, "of a time"
    estimate = picture.estimate
    concluded = np.full(len(estimate.source), FILLED, np.uint8)  # nobody measures what is usual, or to come
    typical = replace(estimate, kmh=picture.typical_kmh, source=concluded)
    expected = replace(estimate, kmh=picture.next_kmh, source=concluded)
    history: tuple[IndexRow, ...] = ()
    if since is not None or until is not None:
        history = _history(world, tenant, scope, edges, now, since, until)
    return Told(
        picture,
        kind,
        title,
        len(edges),
        float(roads.seg_length_m[edges >> 1].sum() / 1000.0),
        measure(world, measured_alone(estimate), edges),
        measure(world, typical, edges),
        measure(world, expected, edges),
        local.hour + local.minute / 60.0,
        _curve(world, picture, scope, edges, local),
        history,
    )


def measured_alone(estimate: Estimate) -> Estimate:
    """The same without what is only usual at this hour."""
    is_measured = (estimate.source == LIVE) | (estimate.source == FILLED)
    return replace(estimate, kmh=np.where(is_measured, estimate.kmh, np.float32(np.nan)))


def measure(world: World, estimate: Estimate, edges: Edges) -> Measure:
    """The index of one set of edges."""
    return measure_sets(world, estimate, [edges])[0]


def measure_sets(world: World, estimate: Estimate, sets: Sequence[Edges]) -> list[Measure]:
    """The index of several sets of edges."""
    start = np.cumsum([0, *(len(each) for each in sets)])
    edges = np.concatenate([np.empty(0, np.int32), *sets])
    found = performance_index(estimate, world.section(ROADS), get_levels(world), edges, start)
    return [
        Measure(
            _known(found.value[i]) if found.known_share[i] >= LEAST_INDEXED else None,
            _known(found.time_ratio[i] - 1.0),
            _known(found.kmh[i]),
            _known(found.known_share[i]) or 0.0,
            _known(found.live_share[i]) or 0.0,
        )
        for i in range(len(sets))
    ]


def get_levels(world: World) -> Levels:
    """The thresholds of the settings."""
    file = service.get_pictures(world).levels
    return load_levels(Path(file) if file else None)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _choose(world: World, scope: Scope) -> tuple[str, Edges]:
    roads, drawn = world.section(ROADS), service.get_drawn(world)
    if scope.area:
        area = get_area(world, scope.area)
        if area.geometry is None:
            raise Unprocessable(
                f"no open boundary of area {area.code} is known", hint="ask for the area around it, or for a cell"
            )
        shape = shapely.geometry.shape(area.geometry)
        return area.name, service.keep(world, f"area {area.code}", lambda: in_area(roads, drawn, shape))
    if scope.cell:
        try:
            box = get_system(scope.system).decode(scope.cell)
        except SpatialError as error:
            raise BadQuery(f"cell: {error}", hint="GET /v1/cells tells the codes of cells at a place") from error
        if box.width_deg * box.height_deg > MOST_CELL_DEG2:
            raise BadQuery(
                f"cell {scope.cell} is larger than {MOST_CELL_DEG2:g} square degrees", hint="take a finer one"
            )
        return scope.cell, in_area(roads, in_box(roads, drawn, box), shapely.box(*box.as_tuple()))
    if scope.road:
        names = service.keep(world, "names", lambda: list_names(roads))
        return scope.road, of_name(roads, drawn, names, scope.road)
    if scope.keys:
        return "", np.unique(of_keys(roads, scope.keys))
    return "", drawn


def _curve(world: World, picture: Picture, scope: Scope, edges: Edges, local: datetime) -> tuple[float | None, ...]:
    learned = learned_stamp(world.home, world.snapshot.id)  # a week that is learned while we run is told of, too
    typical = service.keep(world, f"typical {learned}", lambda: _typical(world))
    if typical is None or not picture.version:
        return ()

    def make() -> tuple[float | None, ...]:
        midnight = local.replace(hour=0)
        rows = [typical.row(midnight.replace(hour=hour)) for hour in range(24)]
        found = {row: measure(world, replace(picture.estimate, kmh=typical.kmh(row)), edges).index for row in set(rows)}
        return tuple(found[row] for row in rows)

    if scope.kind in ("city", "area"):
        return service.keep(world, f"curve {scope.area} {local.weekday()} {learned}", make)
    return make()


def _typical(world: World) -> Typical | None:
    return load_typical(world.home / "typical" / world.snapshot.id, 2 * world.section(ROADS).segment_count)


def _history(
    world: World,
    tenant: str,
    scope: Scope,
    edges: Edges,
    now: datetime,
    since: datetime | None,
    until: datetime | None,
) -> tuple[IndexRow, ...]:
    """Stored indexes of the city and its districts, for as long as these are kept; of others, from past speeds."""
    if scope.kind in ("city", "area"):
        begin, end = span(world, now, since, until, LONGEST)
        area = get_area(world, scope.area, with_geometry=False).code if scope.area else ""
        with world.live.read() as connection:
            stored = tuple(store.list_indexes(connection, tenant, area, begin.timestamp(), end.timestamp()))
        if stored or not area:
            return stored
    begin, end = span(world, now, since, until, LONGEST_SPEEDS)
    return tuple(_past_indexes(world, tenant, edges, begin, end))


def _past_indexes(world: World, tenant: str, edges: Edges, begin: datetime, end: datetime) -> Iterator[IndexRow]:
    """The index of each slot in which enough is known, against the free flow of now."""
    roads, levels = world.section(ROADS), get_levels(world)
    groups, weight = np.maximum(levels.groups(roads)[edges], 0), edge_weights(roads, levels, edges)
    empty_kmh = free_kmh(world, service.get_picture(world, tenant), edges)
    start = np.array([0, len(edges)])
    for slot, speeds in read_slots(world, tenant, edges, begin, end):
        found = weighted_index(levels, groups, weight, speeds.kmh, empty_kmh, speeds.is_live, start)
        if found.known_share[0] >= LEAST_INDEXED:
            index, extra, live = (float(each[0]) for each in (found.value, found.time_ratio - 1.0, found.live_share))
            yield IndexRow(slot.begin_s, slot.length_s, "", index, extra, live, bool(speeds.is_simulated.any()))


def span(
    world: World, now: datetime, since: datetime | None, until: datetime | None, longest: timedelta
) -> tuple[datetime, datetime]:
    """A span of time as asked: until now, and a day long, where it does not say. Raises BadQuery."""
    end = directions.local_time(world, until) or now
    begin = directions.local_time(world, since) or end - DAY
    if not timedelta(0) < end - begin <= longest:
        raise BadQuery(
            f"since={begin.isoformat()} to until={end.isoformat()} must be a span of at most {longest.days} days",
            hint="since is earlier than until",
        )
    return begin, end
