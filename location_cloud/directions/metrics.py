"""Which metric answers a request: the snapshot's, the live one of the worker's slots, or one of the request's own."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.costs import Costs
from location_cloud.directions.kept import NO_ROW, Kept, Key, number_of
from location_cloud.directions.model import Options
from location_cloud.directions.network import Network
from location_cloud.directions.now import Now, Placed
from location_cloud.directions.timing import Timetable
from location_cloud.directions.typical import Typical, open_typical, row_named
from location_cloud.directions.weigh import Weigher
from location_cloud.errors import BadInput, NotReady
from location_cloud.storage.mapped import FolderReader
from location_cloud.storage.shelf import Shelf
from location_cloud.storage.slots import Moment, Slots
from routing.customize import Metric, customize
from routing.scratch import at_desk
from routing.trip import CLOSED

if TYPE_CHECKING:
    from location_cloud.storage.world import World

T = TypeVar("T")

OVERLAY = "live"
"""Name of the slots that hold speeds and closures themselves: what metrics of requests are made from."""

WEIGHTS, PRIVATE, TYPICAL = "run/weights", "run/private", "typical"
"""Folders below home, one for each snapshot in them."""

SPEED_STEP_KMH = 0.01
"""Unit of the overlay's `speed`."""

THREADS = min(2, os.cpu_count() or 1)
"""Of one customization. More than two gain little (`routing.customize`)."""

_NO_OPTIONS = Options()

TENANTS_KEPT = 16
"""Tenants whose closures and speeds a web worker keeps as edges."""

MOST_PROFILES = 31
"""Bits of the overlay's `closed_for`."""

MOMENTS_KEPT, TABLES_KEPT = 4096, 64
"""Departures whose metric's key is kept, and timetables."""

SHELVING_KEPT = 64
"""Threads that `settle` waits for."""

TRIES = 100
"""So often a metric is begun anew because live data changed while it was made."""


@dataclass(frozen=True)
class Where:
    """Which home, snapshot and tenant metrics are for. tenant: whose live data the worker derives slots from."""

    home: Path
    snapshot_id: str
    tenant: str

    @property
    def slots(self) -> Path:
        """Folder of the slots, one sub-folder a profile, and OVERLAY."""
        return self.home / WEIGHTS / self.snapshot_id


class Metrics:
    """The metrics of one snapshot in one process. May be shared by all threads.

    networks: the snapshot's own network of each profile. kept_mb: of metrics that requests asked for, mapped memory
    that all processes share. folders_kept: how many of those stay on disk.

    What a request without options and hour gets is the worker's live metric, as soon as the worker has found anything
    live; the last one also while no worker runs (`as_of` tells its age). Metrics of requests are named by everything
    they were made from, the live data included: each new live version makes them anew, the first time 30 ms. No
    answer is made of two versions.
    """

    def __init__(
        self,
        networks: Mapping[str, Network],
        weigher: Weigher,
        where: Where,
        kept_mb: float = 256.0,
        folders_kept: int = 32,
        costs_mb: float = 64.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._networks = networks
        self._weigher = weigher
        self._where = where
        folders = {name: where.slots / name for name in (*networks, OVERLAY)}
        self._readers: dict[str, FolderReader[Slots]] = {
            name: FolderReader(folder, partial(Slots, folder)) for name, folder in folders.items()
        }
        self._live: dict[str, tuple[int, Network]] = {}  # the last one alone: searches keep 8 MB of lists with each
        self._copies: dict[str, Network] = {}
        self._clock = clock
        self._kept: Kept[Network] = Kept(kept_mb * 1e6)
        self._costs: Kept[Costs] = Kept(costs_mb * 1e6)
        self._bits = {name: 1 << bit for bit, name in enumerate(profile_bits(networks))}
        self._shelf = Shelf(where.home / PRIVATE / where.snapshot_id, folders_kept)
        self._shelving: deque[threading.Thread] = deque(maxlen=SHELVING_KEPT)
        self._locks: dict[Any, threading.Lock] = {}
        self._lock = threading.Lock()
        self._tenants: OrderedDict[str, _Tenant] = OrderedDict()
        self._plain = {name: network.local_ms[: network.graph.roads] for name, network in networks.items()}
        self._moments: dict[tuple[str, Options, datetime, str], _Asked] = {}
        self._tables: OrderedDict[tuple[str, Options, tzinfo | None, str], Timetable] = OrderedDict()
        edges = 2 * weigher.roads.segment_count
        folder = where.home / TYPICAL / where.snapshot_id
        # Looked for until it is there: an import finishes it when the snapshot is served already.
        self._weeks: FolderReader[Typical] = FolderReader(folder, partial(open_typical, folder, edges))

    # --- asked by services ----------------------------------------------------------------------------------------

    def answer(
        self,
        world: World,
        profile: str,
        options: Options,
        at: datetime | None,
        tenant: str,
        compute: Callable[[Network], T],
    ) -> T:
        """What `compute` makes of the network that serves the request; of one version, however the worker writes.

        at: a time of the city's wall clock, with its zone; None = now, with live weights. tenant: who asks.
        compute: pure; may be run again where the live metric was rewritten under it, and may not keep the network.
        Takes 3 us beside `compute` for live metrics, 10 us for a request's own that is there.

        Raises whatever `compute` raises, and BadQuery for options that cannot be.
        """
        with at_desk():
            if at is None and self._is_ours(tenant) and options == _NO_OPTIONS:
                slots = self._readers[profile].find()
                live = None if slots is None else slots.read(lambda each: (compute(self._network_of(profile, each)),))
                return compute(self._networks[profile]) if live is None else live[0]
            return compute(self._own(world, profile, options, at, tenant))

    def choose(
        self,
        world: World,
        profile: str,
        options: Options = Options(),  # noqa: B008  (frozen)
        at: datetime | None = None,
        tenant: str = "",
    ) -> Network:
        """The network that serves the request, to be kept as long as one likes: `answer` without its haste.

        A live metric is copied once for each version (8 MB, 2 ms for 344,000 edges), others are mapped.
        """
        if at is None and self._is_ours(tenant) and options == _NO_OPTIONS:
            return self._copy(profile)
        return self._own(world, profile, options, at, tenant)

    def road_costs_at(
        self,
        world: World,
        profile: str,
        options: Options = Options(),  # noqa: B008  (frozen)
        at: datetime | None = None,
        tenant: str = "",
    ) -> NDArray[np.int32]:
        """What every road edge costs at a time, (roads,) int32 milliseconds, local roads open: for exact re-timing.

        The same column for times under equal conditions. CLOSED where one may not be at that time.
        """
        roads = self._networks[profile].graph.roads
        if at is None and self._is_ours(tenant) and options == _NO_OPTIONS:
            return self._copy(profile).local_ms[:roads]
        for _ in range(TRIES):
            key = self._key(world, profile, options, at, tenant)
            if key.is_plain:
                return self._plain[profile]
            with contextlib.suppress(_Changed):
                return self._weigh(world, key).local_ms
        raise NotReady("live data change faster than costs are made from them", hint="ask again in a second")

    def timetable(self, world: World, profile: str, options: Options, at: datetime, tenant: str) -> Timetable:
        """`road_costs_at` for many moments of one trip.

        at: when it begins, or must end, as `answer` was just asked about: what the tenant said by then holds.
        """
        asked = self._moments.get((profile, options, _minute(at), tenant))
        return (asked or self._ask(world, profile, options, _minute(at), tenant)).table

    def _table(
        self, world: World, profile: str, options: Options, zone: tzinfo | None, tenant: str, version: int
    ) -> Timetable:
        key = (profile, options, zone, tenant)
        found = self._tables.get(key)
        if found is None or found.version != version:
            found = Timetable(version, zone, lambda at: self.road_costs_at(world, profile, options, at, tenant))
            with self._lock:
                self._tables[key] = found
                while len(self._tables) > TABLES_KEPT:
                    self._tables.popitem(last=False)
        return found

    def named(self, world: World, tenant: str, names: Sequence[str], profile: str) -> tuple[int, ...]:
        """The edges that a tenant's closures of these names shut to a profile, whenever they hold: Options.closed.

        Raises NotFound if the tenant has none of that name.
        """
        with self._tenant(world, tenant) as now:
            return now.named(names, profile)

    def said(self, world: World, tenant: str) -> tuple[tuple[Placed, ...], int]:
        """A tenant's closures with the edges that they shut, by name, and of how many edges it told the speed."""
        with self._tenant(world, tenant) as now:
            return now.closures, now.speed_count(self._clock().timestamp())

    def version(self, world: World, profile: str, tenant: str) -> tuple[str, float]:
        """The version and time of what answers a tenant's plain requests now, without making it."""
        if self._is_ours(tenant):
            return self.answer(world, profile, _NO_OPTIONS, None, tenant, lambda each: (each.version, each.as_of))
        key, base = self._key(world, profile, _NO_OPTIONS, None, tenant), self._networks[profile]
        if key.is_plain:
            return base.version, base.as_of
        return f"{base.version}-{key.name(self._weigher.fingerprint)[:12]}", key.as_of or base.as_of

    # --- live -----------------------------------------------------------------------------------------------------

    def _is_ours(self, tenant: str) -> bool:
        return tenant in ("", self._where.tenant)

    def _network_of(self, profile: str, moment: Moment) -> Network:
        """The network over a slot as it is; made once for each publication. Slots that were made anew begin to count
        their publications anew.
        """
        found = self._live.get(profile)
        if found is not None and found[0] == moment.generation and found[1].local_ms is moment.arrays["local_ms"]:
            return found[1]
        network = self._as_network(profile, moment)
        self._live[profile] = moment.generation, network
        return network

    def _copy(self, profile: str) -> Network:
        slots = self._readers[profile].find()
        moment = None if slots is None else slots.current()
        if slots is None or moment is None:
            return self._networks[profile]
        found = self._copies.get(profile)
        if found is not None and found.version == self._version(profile, moment):
            return found
        with self._single(("copy", profile)):
            copied = slots.copy()
            if copied is None:
                return self._networks[profile]
            self._copies[profile] = self._as_network(profile, copied)
            return self._copies[profile]

    def _as_network(self, profile: str, moment: Moment) -> Network:
        base = self._networks[profile]
        return replace(
            base,
            metric=Metric.from_arrays(base.hierarchy, moment.arrays),
            local_ms=moment.arrays["local_ms"],
            version=self._version(profile, moment),
            as_of=moment.as_of,
        )

    def _version(self, profile: str, moment: Moment) -> str:
        return f"{self._networks[profile].version}-{moment.version:012x}"

    # --- a request's own ------------------------------------------------------------------------------------------

    def _own(self, world: World, profile: str, options: Options, at: datetime | None, tenant: str) -> Network:
        for _ in range(TRIES):
            key = self._key(world, profile, options, at, tenant)
            if key.is_plain:
                return self._networks[profile]
            if (found := self._kept.find(key)) is not None:
                return found
            with contextlib.suppress(_Changed), self._single(key):
                if (found := self._kept.find(key)) is not None:
                    return found
                network = self._build(world, key)
                self._kept.put(key, network, sum(array.nbytes for array in network.metric.as_arrays().values()))
                return network
        raise NotReady("live data change faster than a metric is made from them", hint="ask again in a second")

    def _key(self, world: World, profile: str, options: Options, at: datetime | None, tenant: str) -> Key:
        """What the metric of a request is made from. Takes 5 us for a moment asked about before, most of it to find out
        whether the tenant has said anything new.
        """
        if at is None:
            return self._new_key(world, profile, options, at, tenant)
        return self._ask(world, profile, options, _minute(at), tenant).key

    def _ask(self, world: World, profile: str, options: Options, at: datetime, tenant: str) -> _Asked:
        asked, version = (profile, options, at, tenant), self._store_version(world)
        found = self._moments.get(asked)
        if found is None or found.version != version:
            table = self._table(world, profile, options, at.tzinfo, tenant, version)
            found = _Asked(version, self._new_key(world, profile, options, at, tenant), table)
            if len(self._moments) >= MOMENTS_KEPT:
                self._moments.clear()
            self._moments[asked] = found
        return found

    def _store_version(self, world: World) -> int:
        """Changes with whatever anybody says; -1 while the store is away: what was known goes on to hold."""
        try:
            return world.live.version()
        except NotReady:
            return -1

    def _new_key(self, world: World, profile: str, options: Options, at: datetime | None, tenant: str) -> Key:
        row, live, as_of = NO_ROW, 0, 0.0
        ours = self._is_ours(tenant)
        conditions = b""
        if at is not None:
            conditions = self._weigher.conditions(profile, options, at)
            week = self._weeks.find()
            if week is not None and self._weigher.heeds_speeds(profile):
                row = week.name(at)
            with self._tenant(world, tenant) as now:
                live = number_of(now.shutting(at, profile))
        elif ours:
            slots = self._readers[OVERLAY].find()
            if slots is not None and (moment := slots.current()) is not None:
                live, as_of = moment.version, moment.as_of
        else:
            time_ = self._clock()
            with self._tenant(world, tenant) as now:
                live, as_of = now.digest(time_), time_.timestamp()
        return Key(profile, options, conditions, row, live, "" if ours else tenant, at, as_of)

    def _build(self, world: World, key: Key) -> Network:
        base, name = self._networks[key.profile], key.name(self._weigher.fingerprint)
        arrays = self._shelf.find(name)
        if arrays is None:
            costs = self._weigh(world, key)
            cost_ms = self._weigher.graph_costs(key.profile, costs.cost_ms, key.options, key.at)
            local_ms = self._weigher.graph_costs(key.profile, costs.local_ms, key.options, key.at)
            metric = customize(base.hierarchy, cost_ms, threads=THREADS)
            arrays = {**metric.as_arrays(), "local_ms": local_ms}
            # Written to disk beside the answer: as long as customizing takes, and longer on a busy disk.
            shelving = threading.Thread(target=self._put_on_shelf, args=(key, name, arrays), daemon=True)
            self._shelving.append(shelving)
            shelving.start()
        return self._over(key, name, arrays)

    def _over(self, key: Key, name: str, arrays: Mapping[str, NDArray[np.int32]]) -> Network:
        base = self._networks[key.profile]
        return replace(
            base,
            metric=Metric.from_arrays(base.hierarchy, arrays),
            local_ms=arrays["local_ms"],
            version=f"{base.version}-{name[:12]}",
            as_of=key.as_of or base.as_of,
        )

    def _put_on_shelf(self, key: Key, name: str, arrays: Mapping[str, NDArray[np.int32]]) -> None:
        """Shares the arrays of a metric with all processes, and gives up those of this one for them."""
        self._shelf.put(name, arrays)
        mapped = self._shelf.find(name)
        if mapped is not None and self._kept.find(key) is not None:
            self._kept.put(key, self._over(key, name, mapped), sum(array.nbytes for array in mapped.values()))

    def settle(self) -> None:
        """Waits until all metrics made so far are on disk for other processes."""
        while self._shelving:
            self._shelving.pop().join()

    def _weigh(self, world: World, key: Key) -> Costs:
        """The costs of a key, kept. Raises _Changed if live data are no longer those of the key."""
        if (found := self._costs.find(key)) is not None:
            return found
        with self._single(("costs", key)):
            if (found := self._costs.find(key)) is not None:
                return found
            speeds_kmh, closed = self._said(world, key)
            costs = self._weigher.road_costs(key.profile, key.options, key.at, speeds_kmh)
            for column in (costs.cost_ms, costs.local_ms):
                column[closed] = CLOSED
                column.flags.writeable = False
            self._costs.put(key, costs, costs.cost_ms.nbytes + costs.local_ms.nbytes)
            return costs

    def _said(self, world: World, key: Key) -> tuple[NDArray[np.float32] | None, NDArray[np.int32]]:
        """Speeds (NaN = not known; None = of no edge) and closed edges that a key stands for."""
        if key.at is None and not key.tenant:
            return self._said_by_worker(key)
        with self._tenant(world, key.tenant) as now:
            if key.at is not None:
                if number_of(now.shutting(key.at, key.profile)) != key.live:
                    raise _Changed
                week = self._weeks.find()
                speeds = week.kmh(row_named(key.row)) if week is not None and key.row != NO_ROW else None
                return speeds, now.shut_at(key.at, key.profile)
            moment = datetime.fromtimestamp(key.as_of, UTC)
            if now.digest(moment) != key.live:
                raise _Changed
            return now.speeds_kmh(key.as_of), now.shut_at(moment, key.profile)

    def _said_by_worker(self, key: Key) -> tuple[NDArray[np.float32] | None, NDArray[np.int32]]:
        def take(moment: Moment) -> tuple[int, NDArray[np.float32], NDArray[np.int32]]:
            speed = moment.arrays["speed"]
            kmh = np.where(speed > 0, speed * np.float32(SPEED_STEP_KMH), np.float32(np.nan))
            closed = np.flatnonzero(moment.arrays["closed_for"] & self._bits[key.profile]).astype(np.int32)
            return moment.version, kmh.astype(np.float32), closed

        slots = self._readers[OVERLAY].find()
        taken = None if slots is None else slots.read(take)
        if taken is None and key.live == 0:
            return None, np.empty(0, np.int32)
        if taken is None or taken[0] != key.live:
            raise _Changed
        return (None if np.isnan(taken[1]).all() else taken[1]), taken[2]

    @contextlib.contextmanager
    def _tenant(self, world: World, tenant: str) -> Iterator[Now]:
        """A tenant's closures and speeds as they are now, for this thread alone."""
        tenant = tenant or self._where.tenant
        with self._lock:
            found = self._tenants.setdefault(tenant, _Tenant(threading.Lock(), Now(self._weigher.roads, tenant)))
            self._tenants.move_to_end(tenant)
            if len(self._tenants) > TENANTS_KEPT:
                self._tenants.popitem(last=False)
        with found.lock:
            with contextlib.suppress(NotReady):  # the store is away: what was known goes on to hold
                found.now.refresh(world.live)
            yield found.now

    @contextlib.contextmanager
    def _single(self, key: Any) -> Iterator[None]:
        """One thread at a time for a key; the others find in the cache what the first one made."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            try:
                yield
            finally:
                with self._lock:
                    self._locks.pop(key, None)


def profile_bits(networks: Mapping[str, Network]) -> tuple[str, ...]:
    """The profiles in the order of their bits in the overlay's `closed_for`. Raises BadInput for too many."""
    if len(networks) > MOST_PROFILES:
        raise BadInput(f"{len(networks)} profiles; closures can tell {MOST_PROFILES} apart; remove some of your own")
    return tuple(sorted(networks))


# --- parts -------------------------------------------------------------------------------------------------------


def _minute(at: datetime) -> datetime:
    """Signs speak of minutes."""
    return at.replace(second=0, microsecond=0) if at.second or at.microsecond else at


class _Changed(Exception):
    """Live data are no longer those that a key was made from."""


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is known of a moment that was asked about. version: of the live store, with which it holds."""

    version: int
    key: Key
    table: Timetable


@dataclass(frozen=True)
class _Tenant:
    lock: threading.Lock
    now: Now
