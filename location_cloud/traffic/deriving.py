"""From fixes and incidents to the published picture of the traffic; there is one at work in a home."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.directions.avoid import segments_in_areas
from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.directions.live import edge_keys, find_edges, pack_keys
from location_cloud.directions.service_live import ShutNow
from location_cloud.incidents import service as incidents
from location_cloud.incidents.model import Slowing
from location_cloud.incidents.snapping import find_edges_of
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import Roads
from location_cloud.storage.live import Live
from location_cloud.storage.snapshot import Snapshot
from location_cloud.tracks.service import last_number, read_after
from location_cloud.traffic import store
from location_cloud.traffic.areas_of import city_areas
from location_cloud.traffic.drawing import drawn_edges
from location_cloud.traffic.estimate import EdgeSpeeds
from location_cloud.traffic.following import Follower
from location_cloud.traffic.levels import load_levels, performance_index
from location_cloud.traffic.model import FILLED, LIVE, Factor, Weather
from location_cloud.traffic.model_picture import LEAST_INDEXED, Picture
from location_cloud.traffic.now import RUN, Publisher
from location_cloud.traffic.packed import SlotSpeeds, pack
from location_cloud.traffic.past import SlotMeans
from location_cloud.traffic.predict import predict
from location_cloud.traffic.reference import learned_stamp, load_reference
from location_cloud.traffic.store import IndexRow, SlotRow
from location_cloud.traffic.weather import weather_factor
from routing.match_network import build_match_network
from routing.match_result import Traversals

AT_ONCE, MOST_READINGS = 10_000, 5
"""Fixes read at a time, and readings in a round: half a second. Routes around a new incident wait no longer."""

REBUILT_S = 1800.0
"""Fixes that arrived within so long before a start are read again: two half-lives of the quietest roads."""

FOLLOW_S = 0.5
"""New fixes are looked for no more often: together they are matched in half the time."""

LATELY_S = 900.0
"""Vehicles and drives of so long are counted in `probes` and `drives`."""

AHEAD_S = 3600.0

INDEXES_KEPT_S = 400 * 86_400.0

ROUTE_STEP_KMH = 1.0
"""Speeds go into routes in such steps, so that what hardly changes weighs no road anew."""


@dataclass(frozen=True)
class Plan:
    """What an operator set. tenant: whose fixes count. refresh_s: from picture to picture. slot_minutes, history_days:
    how past speeds are kept. levels: file of thresholds, "" = those that are shipped.
    """

    tenant: str = "default"
    refresh_s: float = 10.0
    slot_minutes: int = 15
    history_days: int = 30
    levels: str = ""


class _Lately(NamedTuple):
    """Drives that one reading of fixes added, at a time."""

    at_s: float
    drives: int
    simulated: int


class Traffic:
    """Keeps the picture of one snapshot true to one tenant's fixes and incidents."""

    def __init__(self, snapshot: Snapshot, plan: Plan) -> None:
        """Raises NotReady if the snapshot lacks a section, BadInput if another process publishes."""
        roads, directions = snapshot.section(ROADS), snapshot.section(DIRECTIONS)
        car = directions.networks["car"]
        levels = load_levels(Path(plan.levels) if plan.levels else None)
        self._learned_at = snapshot.folder.parents[1], snapshot.id
        self._learned = learned_stamp(*self._learned_at)
        self._roads, self._plan, self._levels = roads, plan, levels
        self._tenant = plan.tenant
        self._keys = edge_keys(roads)
        self._digest = blake2b(self._keys.tobytes(), digest_size=16).hexdigest()
        self._reference = load_reference(*self._learned_at, roads, directions.zone, levels)
        self._speeds = EdgeSpeeds(roads, self._reference)
        self._follower = Follower(build_match_network(car.graph, directions.index, car.local_ms, roads.seg_length_m))
        self._publisher = Publisher(roads, snapshot.folder)
        self._shut = ShutNow(snapshot, "car")
        self._drawn = drawn_edges(roads)
        self._areas = city_areas(snapshot.section(AREAS), roads, self._drawn)
        self._number: int | None = None
        self._drives: deque[_Lately] = deque()
        self._heard_s: dict[int, float] = {}
        self._simulated: set[int] = set()
        self._slowing: tuple[int | None, ...] | None = None
        self._told: list[tuple[Slowing, NDArray[np.int32]]] = []
        self._weather: Weather | None = None
        self._weathered: dict[str, Factor] = {}
        self._closed = np.zeros(len(self._keys), bool)
        self._shut_version: int | None = None
        self._live_version = -1
        self._version = 0
        self._followed_s = self._refreshed_s = -np.inf
        self._means: SlotMeans | None = None
        self._warm()

    def _warm(self) -> None:
        """Compiles and loads what the first fixes need, so that no incident waits for it."""
        shape = self._roads.shape_e7[: int(self._roads.shape_start[1])] / 1e7
        speeds = EdgeSpeeds(self._roads, self._reference)
        speeds.add(self._follower.warm(np.ascontiguousarray(shape[[0, -1]])))
        predict(speeds.at(60.0), self._reference, AHEAD_S)

    def run(self, live: Live, now: datetime) -> bool:
        """Takes new fixes and incidents, and publishes a picture if it is time or an incident says so; whether it did.

        Takes 0.2 ms if there is nothing. Raises NotReady if the store is away.
        """
        now_s = now.timestamp()
        if now_s - self._followed_s >= FOLLOW_S or now_s < self._followed_s:
            self._followed_s = now_s
            self.follow(live, now_s)
        is_urgent = self._heed_told(live)
        if not is_urgent and 0 <= now_s - self._refreshed_s < self._plan.refresh_s:
            return False
        self._refreshed_s = now_s
        self.refresh(live, now_s)
        return True

    def close(self) -> None:
        """Lets another one publish."""
        self._publisher.close()

    # --- in -----------------------------------------------------------------------------------------------------------

    def follow(self, live: Live, now_s: float) -> None:
        """Takes new fixes, and adds the drives that they make final; at most MOST_READINGS readings of them."""
        if self._number is None:
            self._number = _number_at(live, self._tenant, now_s - REBUILT_S)
        for _ in range(MOST_READINGS):
            fixes = read_after(live, self._tenant, self._number, AT_ONCE)
            if len(fixes):
                self._number = int(fixes.number[-1])
                self._simulated |= set(np.unique(fixes.device[fixes.is_simulated]).tolist())
                self._heard_s |= dict.fromkeys(np.unique(fixes.device).tolist(), now_s)
                self._add(now_s, self._follower.take(fixes))
            if len(fixes) < AT_ONCE:
                break
        else:
            self._followed_s = -np.inf  # the rest in the next round: incidents do not wait for it
        self._add(now_s, self._follower.end_silent(now_s))

    def _add(self, now_s: float, drives: Traversals) -> None:
        if len(drives):
            is_simulated = self._are_simulated(drives)
            self._speeds.add(drives, is_simulated)
            self._drives.append(_Lately(now_s, len(drives), int(is_simulated.sum())))

    def _are_simulated(self, drives: Traversals) -> NDArray[np.bool_]:
        return np.isin(drives.track, list(self._simulated))

    def _heed_told(self, live: Live) -> bool:
        """Whether roads were shut or slowed, or weather was told, since the last time, or are so no more."""
        shut, has_changed = self._shut.find(self._shut_version), False
        if shut is not None:
            self._shut_version = shut.version
            has_changed = not np.array_equal(shut.is_shut, self._closed)
            self._closed = shut.is_shut
        if (version := live.version()) == self._live_version:
            return has_changed
        with live.read() as connection:
            slowing = incidents.slowing_state(connection, self._tenant)
            if slowing != self._slowing:
                self._place_slowing(incidents.slowing(connection, self._tenant))
                has_changed = True
            weather = store.find_weather(connection, self._tenant)
        has_changed |= weather != self._weather
        self._live_version, self._slowing, self._weather = version, slowing, weather
        return has_changed

    def _place_slowing(self, told: list[Slowing]) -> None:
        """Puts what is new on the roads: to put one there takes up to a third of a second."""
        known = {(each.id, each.version): edges for each, edges in self._told}
        self._told = [
            (each, found if (found := known.get((each.id, each.version))) is not None else self._edges_of(each))
            for each in told
        ]

    def _edges_of(self, slowing: Slowing) -> NDArray[np.int32]:
        return _slowed_edges(self._roads, self._keys, slowing)

    def _factors_at(self, now_s: float) -> tuple[Factor, ...]:
        """What weather and incidents say of speeds at a time."""
        found = []
        if self._weather is not None and self._weather.is_on(now_s):
            found.append(self._weather_factor(self._weather))
        for each, edges in self._told:
            begins = -np.inf if each.valid_from is None else each.valid_from.timestamp()
            ends = np.inf if each.valid_until is None else each.valid_until.timestamp()
            if not begins <= now_s < ends or (each.profiles and "car" not in each.profiles):
                continue
            most = np.inf if each.cap_kmh is None else each.cap_kmh
            share = np.full(len(edges), each.factor, np.float32)
            caps = np.full(len(edges), most, np.float32)
            found.append(Factor(f"incident:{each.id}", edges, share, caps, begins))
        return tuple(found)

    def _weather_factor(self, weather: Weather) -> Factor:
        name = weather.condition
        if name not in self._weathered:
            self._weathered = {name: weather_factor(name, self._reference.kind)}
        factor = self._weathered[name]
        return replace(factor, name=f"{factor.name} (simulated)") if weather.is_simulated else factor

    # --- out ----------------------------------------------------------------------------------------------------------

    def refresh(self, live: Live, now_s: float) -> None:
        """Publishes a picture of what is known by now, to answers, tiles and routes."""
        if (stamp := learned_stamp(*self._learned_at)) != self._learned:
            self._learned = stamp
            self._reference = load_reference(*self._learned_at, self._roads, self._reference.zone, self._levels)
            self._speeds.expect(self._reference)
        self._speeds.stand(on := self._follower.still_on(), self._are_simulated(on))
        factors = self._factors_at(now_s)
        estimate = self._speeds.at(now_s, factors)
        next_kmh = predict(estimate, self._reference, AHEAD_S, self._factors_at(now_s + AHEAD_S), factors)
        usual, is_typical = self._reference.usual_kmh(now_s)
        since_s = now_s - LATELY_S
        while self._drives and self._drives[0].at_s < since_s:
            self._drives.popleft()
        self._heard_s = {device: at_s for device, at_s in self._heard_s.items() if at_s >= since_s}
        self._simulated &= self._heard_s.keys()
        self._version = max(int(1000 * now_s), self._version + 1)
        picture = Picture(
            estimate,
            np.where(is_typical, usual, np.float32(np.nan)),
            next_kmh,
            self._closed,
            self._version,
            len(self._heard_s),
            sum(each.drives for each in self._drives),
            sum(each.simulated for each in self._drives),
        )
        self._publisher.publish(picture)
        self._publisher.lead_routes(picture, ROUTE_STEP_KMH)
        self._remember(live, picture)

    def _remember(self, live: Live, picture: Picture) -> None:
        """Adds a picture to its slot, and stores the slot before when a new one begins."""
        length_s = 60 * self._plan.slot_minutes
        begin_s = int(picture.estimate.at_s // length_s) * length_s
        if self._means is None or self._means.begin_s != begin_s:
            if self._means is not None and not self._means.is_empty:
                self._store(live, self._means, length_s, picture)
            self._means = SlotMeans(begin_s, len(self._keys))
        self._means.add(picture)

    def _store(self, live: Live, means: SlotMeans, length_s: int, picture: Picture) -> None:
        speeds = means.mean()
        is_simulated = bool(speeds.is_simulated.any())
        slot = SlotRow(means.begin_s, length_s, self._digest, pack(speeds), is_simulated)
        indexes = self._indexes(speeds, means.begin_s, length_s, is_simulated, picture)
        now_s = picture.estimate.at_s
        forgotten_s = now_s - 86_400.0 * self._plan.history_days
        with live.write(counted=False) as connection:
            store.put_slot(connection, self._tenant, slot, self._keys.tobytes(), indexes)
            store.forget_before(connection, self._tenant, forgotten_s, now_s - INDEXES_KEPT_S)

    def _indexes(
        self, speeds: SlotSpeeds, begin_s: int, length_s: int, is_simulated: bool, picture: Picture
    ) -> list[IndexRow]:
        """The indexes of a slot: of the city, and of its areas."""
        source = np.where(speeds.is_live, np.uint8(LIVE), np.uint8(FILLED))
        estimate = replace(picture.estimate, kmh=speeds.kmh, source=source)
        scopes = {"": self._drawn, **self._areas}
        start = np.cumsum([0, *(len(edges) for edges in scopes.values())])
        index = performance_index(estimate, self._roads, self._levels, np.concatenate([*scopes.values()]), start)
        return [
            IndexRow(begin_s, length_s, area, float(value), float(ratio) - 1.0, float(live), is_simulated)
            for area, value, ratio, live, known in zip(
                scopes, index.value, index.time_ratio, index.live_share, index.known_share
            )
            if known >= LEAST_INDEXED
        ]


def _number_at(live: Live, tenant: str, received_s: float) -> int:
    """The number of a fix before which all arrived before a time: found by halving, some 20 reads of one row."""
    low, high = 0, last_number(live, tenant)
    while low < high:
        middle = (low + high) // 2
        found = read_after(live, tenant, middle, 1)
        if len(found) and found.received_s[0] < received_s:
            low = int(found.number[0])
        else:
            high = middle
    return low


def _slowed_edges(roads: Roads, keys: NDArray[np.int64], slowing: Slowing) -> NDArray[np.int32]:
    """The edges that an incident slows; where this snapshot has not all it was put on, it is put on this one's."""
    if slowing.area:
        segments = np.flatnonzero(segments_in_areas(roads, (slowing.area,)))
        return np.concatenate([2 * segments, 2 * segments + 1]).astype(np.int32)
    edges = find_edges(keys, pack_keys(slowing.keys))
    if slowing.geometry and (edges < 0).any():
        return find_edges_of(roads, shapely.from_wkb(slowing.geometry), slowing.direction, slowing.heading_deg)
    return np.unique(edges[edges >= 0])


def remove_leftovers(home: Path, snapshots: Iterable[str]) -> None:
    """Removes what was published for snapshots that are gone; what is mapped stays with whoever mapped it."""
    kept = tuple(snapshots)
    for folder in (home / RUN).glob("*"):
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)
