"""What a tenant says of its roads now: closures and speeds put into the live store, read from it with incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.directions import store
from location_cloud.directions.avoid import segments_in_areas
from location_cloud.directions.dataset import SECTION
from location_cloud.directions.kept import number_of
from location_cloud.directions.live import (
    STORED,
    Batch,
    Speeds,
    as_records,
    as_stored,
    edge_keys,
    find_edges,
    merged,
    pack_keys,
)
from location_cloud.directions.store import Closure
from location_cloud.errors import BadQuery, NotFound
from location_cloud.incidents import service as incidents
from location_cloud.incidents.model import Change, Shutting
from location_cloud.incidents.snapping import find_edges_of
from location_cloud.roads.model import Roads
from location_cloud.storage.live import Live
from location_cloud.storage.wake import wake_worker

if TYPE_CHECKING:
    from pathlib import Path

    from location_cloud.storage.world import World

LONGEST = timedelta(days=1)
"""Live speeds that nobody renews say nothing about tomorrow."""

MOST_ROWS, MOST_EDGES = 32, 2_000_000
"""Batches beside one of each source, and edges in them, from which on those of each source are joined."""


def put_speeds(live: Live, home: Path, tenant: str, batch: Batch, source: str, until: datetime, now: datetime) -> None:
    """Stores measured speeds of some edges; durable when this returns, on the road some 10 ms later.

    batch: newer words replace older ones about the same edge, whoever said them; those about other edges stay.
    until: when they stop to count, at most LONGEST from now. Takes 30 ms for 335,000 edges.

    Raises BadQuery if `until` is out of range, NotReady or Full if the store does not take it.
    """
    if not now < until <= now + LONGEST:
        raise BadQuery(
            f"until={until.isoformat()} must lie in the next {LONGEST.days} day", hint="send speeds again later"
        )
    with live.write() as connection:
        key = batch.key.tobytes()
        content = as_stored(batch, until.timestamp())
        kmh = batch.kmh.tobytes()
        store.insert_speeds(connection, tenant, source, content, key, len(batch.key), until, now, kmh)
        rows = store.list_speeds(connection, tenant)
        if len(rows) > MOST_ROWS + len({row.source for row in rows}) or (
            len(rows) > 1 and sum(row.edges for row in rows) > MOST_EDGES
        ):
            _join(connection, tenant, rows, now)
    wake_worker(home)


def _join(connection: Any, tenant: str, rows: Sequence[store.SpeedRow], now: datetime) -> None:
    """Leaves one batch of each source, which names no edge that another said something newer of."""
    parts = merged(_contents(connection, tenant, rows, {}), now.timestamp())
    store.delete_speeds(connection, tenant, [row.id for row in rows])
    for source in dict.fromkeys(row.source for row in rows):
        mine = np.concatenate([part for part, row in zip(parts, rows) if row.source == source])
        if len(mine):
            mine = mine[np.argsort(mine["key"])]
            until = datetime.fromtimestamp(int(mine["until_s"].max()), UTC)
            keys = mine["key"].tobytes()
            store.insert_speeds(connection, tenant, source, mine.tobytes(), keys, len(mine), until, now)


def put_closure(live: Live, home: Path, tenant: str, closure: Closure, now: datetime) -> Closure:
    """Stores a closure, a new one where its id is 0; gives it as stored.

    Raises Conflict if the name is taken, or somebody changed the closure since it was read; NotFound if it is gone;
    BadQuery for a key that is none or a time that ends before it begins.
    """
    pack_keys(closure.keys)
    if closure.valid_from and closure.valid_until and closure.valid_until <= closure.valid_from:
        raise BadQuery("valid_until must be later than valid_from", hint="leave one out to leave that side open")
    with live.write() as connection:
        if closure.id:
            store.change_closure(connection, tenant, closure, now)
            stored = store.find_closure(connection, tenant, closure.name)
        else:
            stored = store.insert_closure(connection, tenant, closure, now)
    wake_worker(home)
    assert stored is not None, "written in this transaction"
    return stored


def drop_closure(live: Live, home: Path, tenant: str, name: str, version: int | None = None) -> bool:
    """Whether the tenant had a closure of that name (and version, if given), which is gone now."""
    with live.write() as connection:
        was_there = store.delete_closure(connection, tenant, name, version)
    wake_worker(home)
    return was_there


def drop_speeds(live: Live, home: Path, tenant: str, source: str | None = None) -> int:
    """Takes back what a tenant said of speeds, all or that of one source; of how many edges, one counted in each call
    that named it. What a source said and others said later of the same edges stays as they said it.
    """
    with live.write() as connection:
        rows = store.list_speeds(connection, tenant, source)
        store.delete_speeds(connection, tenant, [row.id for row in rows])
    wake_worker(home)
    return sum(row.edges for row in rows)


def on_incident(world: World, connection: Any, tenant: str, change: Change) -> None:
    """Refuses an incident that concerns a profile which does not exist: it would shut roads to nobody.

    Raises NotFound, and the incident is not stored.
    """
    if change.after is None or SECTION.name not in world.snapshot.manifest.sections:
        return
    known = world.section(SECTION).profiles
    if unknown := [name for name in change.after.profiles if name not in known]:
        raise NotFound(f"there is no profile {unknown[0]!r}", hint=f"profiles are: {', '.join(sorted(known))}")


def _contents(
    connection: Any, tenant: str, rows: Sequence[store.SpeedRow], keys: dict[str, NDArray[np.int64]]
) -> list[NDArray[Any]]:
    """Batches as records of STORED, oldest first. keys: those that are known, by digest; the others are added."""
    found = []
    for row, content in zip(rows, store.read_speeds(connection, tenant, [row.id for row in rows])):
        if len(content) == row.edges * STORED.itemsize:
            found.append(np.frombuffer(content, STORED))
            continue
        if row.digest not in keys:
            keys[row.digest] = np.frombuffer(store.find_keys(connection, tenant, row.digest), np.int64)
        found.append(as_records(keys[row.digest], np.frombuffer(content, np.float32), row.valid_until))
    return found


_NO_EDGES = np.empty(0, np.int32)


@dataclass(frozen=True, eq=False)
class Placed:
    """A closure and the edges that it shuts, ascending (n,) int32."""

    closure: Closure
    edges: NDArray[np.int32]

    def shuts_out(self, profile: str) -> bool:
        """Whether it is meant for this profile."""
        return not self.closure.profiles or profile in self.closure.profiles


class Now:
    """One tenant's closures, incidents that shut roads, and speeds as edges of one snapshot, followed from version to
    version of the live store.

    Not for several threads at once.
    """

    def __init__(self, roads: Roads, tenant: str) -> None:
        self.version = -1
        self.closures: tuple[Placed, ...] = ()
        self._incidents: tuple[Placed, ...] = ()
        self._roads = roads
        self._tenant = tenant
        self._keys: NDArray[np.int64] | None = None
        self._speeds: Speeds | None = None
        self._rows: tuple[store.SpeedRow, ...] = ()
        self._state: tuple[int | None, ...] = ()
        self._incident_state: tuple[int | None, ...] = ()
        self._known: dict[str, NDArray[np.int64]] = {}

    def refresh(self, live: Live) -> bool:
        """Reads what has changed since the last time; whether anything has. Raises NotReady if the store is away."""
        version = live.version()
        if version == self.version:
            return False
        with live.read() as connection:
            state = store.closures_state(connection, self._tenant)
            closures = None if state == self._state else store.list_closures(connection, self._tenant)
            incident_state = incidents.shutting_state(connection, self._tenant)
            shutting = None
            if incident_state != self._incident_state:
                shutting = incidents.shutting(connection, self._tenant)
            rows = tuple(store.list_speeds(connection, self._tenant))
            known = {row.id for row in self._rows}
            fresh = [row.id for row in rows if row.id not in known]
            # PostgreSQL: one may be committed after one that was begun later.
            is_out_of_order = bool(fresh) and fresh[0] < max(known, default=0)
            if is_out_of_order or {row.digest for row in self._rows} - {row.digest for row in rows}:
                # Joined or taken back: what they said that is said no more is not known from what is there.
                self._speeds, fresh = None, [row.id for row in rows]
            said = {digest: keys for digest, keys in self._known.items() if digest in {row.digest for row in rows}}
            wanted = set(fresh)
            contents = _contents(connection, self._tenant, [row for row in rows if row.id in wanted], said)
            self._known = said
        placed = self.closures if closures is None else self._place(closures)
        shut = self._incidents if shutting is None else self._place_incidents(shutting)
        if contents and self._speeds is None:
            self._speeds = Speeds(self._all_keys())
        if self._speeds is not None:
            for content in contents:
                self._speeds.add(content)
        has_changed = (placed, shut, rows) != (self.closures, self._incidents, self._rows)
        self.version, self.closures, self._rows, self._state = version, placed, rows, state
        self._incidents, self._incident_state = shut, incident_state
        return has_changed

    def speeds_kmh(self, now_s: float) -> NDArray[np.float32] | None:
        """(edges,) float32, NaN = not known; None if nothing is known of any edge. The same object until it changes."""
        known = None if self._speeds is None else self._speeds.at(now_s)
        return None if known is None or not known.count else known.kmh

    def speed_count(self, now_s: float) -> int:
        """Of how many edges the speed is known at a time, unix seconds."""
        return 0 if self._speeds is None else self._speeds.at(now_s).count

    def shut_at(self, at: datetime, profile: str) -> NDArray[np.int32]:
        """The edges that live closures and incidents shut to a profile at a time (with zone); may name one twice."""
        edges = [placed.edges for placed in self.holding(at) if placed.shuts_out(profile)]
        return np.concatenate(edges) if edges else np.empty(0, np.int32)

    def shut_by_profile(self, at: datetime, profiles: Sequence[str]) -> dict[str, NDArray[np.int32]]:
        """`shut_at` of several profiles, each edge once, ascending."""
        holding = self.holding(at)
        return {
            profile: np.unique(
                np.concatenate([_NO_EDGES, *(each.edges for each in holding if each.shuts_out(profile))])
            )
            for profile in profiles
        }

    def holding(self, at: datetime) -> list[Placed]:
        """The live closures and the incidents that hold at a time (with zone); ids of incidents are negative."""
        everyone = (*self.closures, *self._incidents)
        return [placed for placed in everyone if placed.closure.is_live and placed.closure.is_valid(at)]

    def shutting(self, at: datetime, profile: str) -> list[tuple[int, int]]:
        """Which closures `shut_at` takes: (id, version)."""
        return [(each.closure.id, each.closure.version) for each in self.holding(at) if each.shuts_out(profile)]

    def named(self, names: Sequence[str], profile: str) -> tuple[int, ...]:
        """The edges that the closures of these names shut to a profile, whenever they hold, for Options.closed.

        Raises NotFound if the tenant has none of that name.
        """
        by_name = {placed.closure.name: placed for placed in self.closures}
        if missing := [name for name in names if name not in by_name]:
            raise NotFound(f"there is no closure {missing[0]!r}", hint="GET /v1/closures lists them")
        chosen = [by_name[name] for name in names if by_name[name].shuts_out(profile)]
        return tuple(sorted({edge for placed in chosen for edge in placed.edges.tolist()}))

    def next_change_s(self, now_s: float) -> float:
        """When time alone changes something: a closure begins or ends, a speed is over. Unix seconds; inf = never."""
        ends = [
            moment.timestamp()
            for placed in (*self.closures, *self._incidents)
            for moment in (placed.closure.valid_from, placed.closure.valid_until)
            if placed.closure.is_live and moment is not None and moment.timestamp() > now_s
        ]
        return min([*ends, np.inf if self._speeds is None else self._speeds.at(now_s).until_s])

    def digest(self, now: datetime) -> int:
        """A number of 48 bits that names what holds now, 0 for nothing: equal ones were made of the same words."""
        closures = [(placed.closure.id, placed.closure.version) for placed in self.holding(now)]
        known = 0 if self._speeds is None else self._speeds.at(now.timestamp()).count
        return number_of((closures, known, self._rows) if closures or known else None)

    def _place(self, closures: Sequence[Closure]) -> tuple[Placed, ...]:
        before = {(placed.closure.id, placed.closure.version): placed for placed in self.closures}
        return tuple(
            before.get((closure.id, closure.version)) or Placed(closure, self._edges(closure)) for closure in closures
        )

    def _place_incidents(self, shutting: Sequence[Shutting]) -> tuple[Placed, ...]:
        before = {(placed.closure.id, placed.closure.version): placed for placed in self._incidents}
        return tuple(before.get((-each.id, each.version)) or self._place_incident(each) for each in shutting)

    def _place_incident(self, incident: Shutting) -> Placed:
        """As a live closure. Its roads are those that it was put on when it was written; where this snapshot has not
        all of them, it is put on this snapshot's.
        """
        closure = Closure(
            name=f"incident:{incident.id}",
            is_live=True,
            profiles=incident.profiles,
            keys=incident.keys,
            area=incident.area,
            valid_from=incident.valid_from,
            valid_until=incident.valid_until,
            id=-incident.id,
            version=incident.version,
        )
        if incident.geometry and (find_edges(self._all_keys(), pack_keys(incident.keys)) < 0).any():
            shape = shapely.from_wkb(incident.geometry)
            return Placed(closure, find_edges_of(self._roads, shape, incident.direction, incident.heading_deg))
        return Placed(closure, self._edges(closure))

    def _edges(self, closure: Closure) -> NDArray[np.int32]:
        keyed = find_edges(self._all_keys(), pack_keys(closure.keys)) if closure.keys else np.empty(0, np.int32)
        if closure.area:
            segment = np.flatnonzero(segments_in_areas(self._roads, (closure.area,)))
            keyed = np.concatenate([keyed, 2 * segment, 2 * segment + 1]).astype(np.int32)
        return np.unique(keyed[keyed >= 0])

    def _all_keys(self) -> NDArray[np.int64]:
        if self._keys is None:
            self._keys = edge_keys(self._roads)
        return self._keys
