"""Who is there first: all units ranked by their drives over the roads of this minute, and on to a hospital."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.directions.model import Ask, Options, Place
from location_cloud.directions.service import find_near, find_routes, local_time
from location_cloud.directions.service_arrivals import Arrivals, find_arrivals
from location_cloud.dispatch import store
from location_cloud.dispatch import store_emergencies as rows
from location_cloud.dispatch.duty import missing, why_not
from location_cloud.dispatch.model import Hospital, LonLat, Position, Unit, WhyNot
from location_cloud.dispatch.ranking import DOOR_M, MOST_DRIVES, Spread, choose_stops, find_spread, rank, walk_s
from location_cloud.dispatch.service_emergencies import get_emergency
from location_cloud.dispatch.service_units import get_unit, list_hospitals, positions_of
from location_cloud.errors import Unprocessable
from location_cloud.incidents.service import get_incident
from location_cloud.spatial.measure import distance_m
from routing.trip import CLOSED

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World

UNIT_RADIUS_M = 1000.0
"""So far from a road a unit may be said to be on it: as /v1/route."""

NEAR_ROADS = 50
"""So many roads are looked at for other places to stop, where the nearest one is far."""

TENANTS_KEPT = 16
"""Whose units are kept at hand."""

TRIES = 5
"""So often a ranking is begun anew because live data changed while it was made."""


@dataclass(frozen=True)
class Conditions:
    """How crews move. siren: with it where they have one. season: "" or "winter", of the profiles. drive_share,
    foot_share: of the usual speed on the road and on foot, as told by drive_source; 1 = usual.
    """

    siren: bool = True
    season: str = ""
    drive_share: float = 1.0
    foot_share: float = 1.0
    source: str = ""

    def profile(self, unit: Unit) -> str:
        """How a unit moves."""
        return (unit.siren_profile or unit.profile) if self.siren else unit.profile

    def ask(self, profile: str, tenant: str) -> Ask:
        """The question about roads."""
        return Ask(profile, Options(season=self.season), None, tenant)

    def drive_ms(self, duration_ms: int) -> int:
        """A drive under what is told."""
        return duration_ms if self.drive_share == 1.0 else round(duration_ms / self.drive_share)


@dataclass(frozen=True)
class Question:
    """Where somebody is needed, and who. lonlat: degrees, 7 decimals. needs: skills or equipment. kinds: of units, () =
    any. k: how many to offer. age_s: older positions do not count. radius_m: the farthest that the road may be.
    """

    lonlat: LonLat
    needs: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    k: int = 5
    conditions: Conditions = field(default_factory=Conditions)
    age_s: float = 900.0
    radius_m: float = 5000.0


@dataclass(frozen=True)
class Offer:
    """A unit and what it takes it to be there; times in seconds, None where there is no drive to tell of.

    drive_s: as /v1/route tells it, under what is told of the weather. why_not: None = it may be sent. missing: skills.
    goal: what the drive leads to, the place or a point on another road beside it; stop: where the vehicle then stops,
    off_road_m: from there on foot to the place.
    """

    unit: Unit
    position: Position | None
    profile: str
    why_not: WhyNot | None
    missing: tuple[str, ...] = ()
    turnout_s: float = 0.0
    drive_s: float | None = None
    walk_s: float = 0.0
    goal: LonLat | None = None
    stop: LonLat | None = None
    off_road_m: float = 0.0
    distance_m: float | None = None
    p90_share: float = 1.0

    @property
    def eta_ms(self) -> int | None:
        """Milliseconds until the crew is there."""
        if self.drive_s is None:
            return None
        return round((self.turnout_s + self.drive_s + self.walk_s) * 1000)

    @property
    def eta_p90_s(self) -> float | None:
        """Seconds in which nine of ten are there."""
        return None if self.drive_s is None else self.turnout_s + self.drive_s * self.p90_share + self.walk_s


@dataclass(frozen=True)
class Ranking:
    """All units, those that may be sent first, by time; then the others, by time. version, as_of: of the metric."""

    question: Question
    offers: tuple[Offer, ...]
    spread: Spread
    version: str
    as_of: float

    @property
    def offered(self) -> list[Offer]:
        """Those that may be sent, the first one first."""
        return [offer for offer in self.offers if offer.why_not is None]


@dataclass(frozen=True)
class Brought:
    """A hospital and the drive there from where the vehicle stopped; seconds and metres, None = no way."""

    hospital: Hospital
    drive_s: float | None
    distance_m: float | None
    why_not: str | None
    missing: tuple[str, ...] = ()


def rank_units(world: World, tenant: str, question: Question, now: datetime) -> Ranking:
    """All units of a tenant by when they are there: one search backward from the place for each way of moving.

    Takes about 5 ms for 200 units on a city of 350,000 road edges. The same at one moment and one state of the data,
    however often it is asked. Raises Unprocessable if no road is near the place.
    """
    units, spread = _known(world.live, tenant)
    if question.kinds:
        units = [unit for unit in units if unit.kind in question.kinds]
    positions = positions_of(world.live, tenant, units)
    here = local_time(world, now)
    assert here is not None, "a time was given"
    for _ in range(TRIES):
        drives, version, as_of = _drives(world, tenant, question, units, positions)
        offers = [
            _offer(unit, position, drive, question, spread, here)
            for unit, position, drive in zip(units, positions, drives)
        ]
        order = rank([offer.eta_ms for offer in offers], [offer.unit.id for offer in offers])
        offers = [offers[at] for at in order]
        offers.sort(key=lambda offer: offer.why_not is not None)  # stable
        measured = _measured(world, tenant, question, offers, version)
        if measured is not None:
            break
    return Ranking(question, tuple(measured or offers), spread, version, as_of)


def rank_hospitals(world: World, tenant: str, question: Question, profile: str, needs: Sequence[str]) -> list[Brought]:
    """Hospitals by the drive from the place, those that can take a patient first; by one search forward from it.

    Raises Unprocessable if no road is near the place.
    """
    hospitals = list_hospitals(world.live, tenant)
    ask = question.conditions.ask(profile, tenant)
    places = [Place(each.lonlat, UNIT_RADIUS_M) for each in hospitals]
    found = find_arrivals(world, ask, places, [Place(question.lonlat, question.radius_m)], is_leaving=True)[0]
    brought = []
    for hospital, ms in zip(hospitals, found.duration_ms.tolist()):
        lacks = tuple(sorted(set(needs) - set(hospital.skills)))
        drive_s = None if ms == CLOSED else question.conditions.drive_ms(ms) / 1000
        reason = None
        if not hospital.is_open:
            reason = "closed"
        elif lacks:
            reason = "missing_skill"
        elif hospital.free <= hospital.inbound:
            reason = "full"
        elif drive_s is None:
            reason = "unreachable"
        brought.append(Brought(hospital, drive_s, None, reason, lacks))
    brought.sort(
        key=lambda each: (each.why_not is not None, each.drive_s is None, each.drive_s or 0.0, each.hospital.id)
    )
    if brought and brought[0].why_not is None:
        ends = [Place(question.lonlat, question.radius_m), Place(brought[0].hospital.lonlat, UNIT_RADIUS_M)]
        drive = find_routes(world, ask, ends, with_steps=False).routes[0]
        brought[0] = replace(brought[0], distance_m=drive.distance_m)
    return brought


def predict_drive_s(world: World, tenant: str, emergency_id: int, unit_id: str, siren: bool) -> float | None:
    """Seconds of the drive of a unit that is sent to an emergency, as it is ranked; None = there is none to tell of.

    Raises NotFound.
    """
    emergency, (unit, position) = get_emergency(world.live, tenant, emergency_id), get_unit(world.live, tenant, unit_id)
    question = Question(emergency.lonlat, conditions=Conditions(siren))
    try:
        drive = _drives(world, tenant, question, [unit], [position])[0][0]
    except Unprocessable:  # no road is near the emergency
        return None
    return None if isinstance(drive, str) else drive[0] / 1000


def locate(live: Live, tenant: str, emergency: int | None, incident: int | None) -> tuple[LonLat, tuple[str, ...]]:
    """Where an emergency is and the skills it needs, or where a public incident is. Raises NotFound."""
    if emergency is not None:
        found = get_emergency(live, tenant, emergency)
        return found.lonlat, found.needs
    assert incident is not None, "one of them is given"
    point = get_incident(live, tenant, incident).geometry.representative_point()
    return (round(point.x, 7), round(point.y, 7)), ()


def route_link(offer: Offer, question: Question) -> str | None:
    """The address of the drive as /v1/route tells it; None without a drive."""
    if offer.goal is None or offer.position is None:
        return None
    return _link(offer.position.lonlat, offer.goal, offer.profile, question)


def hospital_link(brought: Brought, profile: str, question: Question) -> str | None:
    """The same of the drive to a hospital."""
    return None if brought.drive_s is None else _link(question.lonlat, brought.hospital.lonlat, profile, question)


# --- parts -------------------------------------------------------------------------------------------------------


_Drive: TypeAlias = tuple[int, float, LonLat, LonLat] | WhyNot
"""Milliseconds, metres from where the vehicle stops to the place, what it drives to, where it stops; or why not."""


def _known(live: Live, tenant: str) -> tuple[list[Unit], Spread]:
    """A tenant's units and the spread of its drives, kept until anything is written. To read 200 takes 3 ms."""
    kept: dict[str, tuple[int, list[Unit], Spread]] = live.__dict__.setdefault("dispatch units", {})
    version = live.version()
    found = kept.get(tenant)
    if found is None or found[0] != version:
        with live.read() as connection:
            units = store.list_units(connection, tenant)
            spread = find_spread(rows.list_driven(connection, tenant, MOST_DRIVES))
        if len(kept) >= TENANTS_KEPT:
            kept.clear()
        found = kept[tenant] = version, units, spread
    return found[1], found[2]


def _drives(
    world: World, tenant: str, question: Question, units: Sequence[Unit], positions: Sequence[Position | None]
) -> tuple[list[_Drive], str, float]:
    """What each unit's drive takes, and the version and time of the weights."""
    known = world.section(DIRECTIONS).names
    groups: dict[str, list[int]] = {}
    for at, (unit, position) in enumerate(zip(units, positions)):
        profile = question.conditions.profile(unit)
        if position is not None and profile in known:
            groups.setdefault(known[profile], []).append(at)
    drives: list[_Drive] = ["unreachable"] * len(units)
    version, as_of, refused, is_found = "", 0.0, None, False
    for profile, members in groups.items():
        places = [Place(each.lonlat, UNIT_RADIUS_M) for at in members if (each := positions[at]) is not None]
        try:
            goals, found = _arrivals(world, tenant, question, profile, places)
        except Unprocessable as error:
            refused = error
            continue
        is_found, as_of = True, found[0].as_of
        version = f"{version},{found[0].version}" if version else found[0].version
        for at, drive in zip(members, _quickest(question, goals, found)):
            drives[at] = drive
    if refused is not None and not is_found:
        raise refused
    return drives, version, as_of


def _arrivals(
    world: World, tenant: str, question: Question, profile: str, vehicles: Sequence[Place]
) -> tuple[list[LonLat], list[Arrivals]]:
    """Drives to the place, and where that is far from its road to other roads beside it too: who comes from the other
    side of a river or a railway stops there. Raises Unprocessable if no road is near.
    """
    ask, place = question.conditions.ask(profile, tenant), Place(question.lonlat, question.radius_m)
    found = find_arrivals(world, ask, vehicles, [place])
    off_m = found[0].stop_off_m[found[0].is_near_road]
    if not len(off_m) or off_m.min() <= DOOR_M:
        return [question.lonlat], found
    near = find_near(world, profile, place, NEAR_ROADS, tenant).snaps
    lonlat = [(round(snap.lonlat[0], 7), round(snap.lonlat[1], 7)) for snap in near]
    kept = choose_stops(np.array(lonlat), np.array([snap.distance_m for snap in near]))
    goals = [question.lonlat, *(lonlat[at] for at in kept[1:])]
    return goals, find_arrivals(world, ask, vehicles, [place, *(Place(goal, question.radius_m) for goal in goals[1:])])


def _quickest(question: Question, goals: Sequence[LonLat], found: Sequence[Arrivals]) -> list[_Drive]:
    """Of the ways to reach the place by several roads the one by which each unit is there first."""
    conditions = question.conditions
    off_m = np.stack([each.stop_off_m for each in found])
    for row in range(1, len(goals)):  # there, what is off the road is the rest of the way to the place
        off_m[row] = distance_m([question.lonlat], [goals[row]])[0]
    foot_s = walk_s(off_m, conditions.foot_share)
    ms = np.stack([each.duration_ms for each in found])
    total_s = np.where(ms == CLOSED, np.inf, ms / 1000 / conditions.drive_share + foot_s)
    best = np.argmin(total_s, axis=0)
    drives: list[_Drive] = []
    for at, row in enumerate(best.tolist()):
        arrivals = found[row]
        if ms[row, at] != CLOSED:
            lon, lat = arrivals.stop_lonlat[at].tolist()
            drives.append((int(ms[row, at]), float(off_m[row, at]), goals[row], (lon, lat)))
        else:
            drives.append("unreachable" if arrivals.is_near_road[at] else "no_road")
    return drives


def _offer(
    unit: Unit, position: Position | None, drive: _Drive, question: Question, spread: Spread, at: datetime
) -> Offer:
    conditions = question.conditions
    reason = why_not(unit, position, question.needs, at, question.age_s)
    lacks = tuple(missing(unit, question.needs)) if question.needs else ()
    # Who is on the road already sits in the vehicle.
    turnout_s = unit.turnout_s if unit.status == "available" else 0.0
    profile = conditions.profile(unit)
    if isinstance(drive, str):
        return Offer(unit, position, profile, reason or drive, lacks, turnout_s)
    ms, off_m, goal, stop = drive
    foot_s = float(walk_s(np.float64(off_m), conditions.foot_share))
    drive_s = conditions.drive_ms(ms) / 1000
    more = goal, stop, off_m, None, spread.p90
    return Offer(unit, position, profile, reason, lacks, turnout_s, drive_s, foot_s, *more)


def _measured(
    world: World, tenant: str, question: Question, offers: Sequence[Offer], version: str
) -> list[Offer] | None:
    """The same with the length of the drives that are offered; None if the weights are others by now."""
    found = list(offers)
    versions = set(version.split(","))
    for at, offer in enumerate(found[: question.k]):
        if offer.why_not is not None or offer.position is None or offer.goal is None:
            break
        ask = question.conditions.ask(offer.profile, tenant)
        ends = [Place(offer.position.lonlat, UNIT_RADIUS_M), Place(offer.goal, question.radius_m)]
        drive = find_routes(world, ask, ends, with_steps=False)
        if drive.version not in versions:
            return None
        found[at] = replace(offer, distance_m=drive.routes[0].distance_m)
    return found


def _link(start: LonLat, end: LonLat, profile: str, question: Question) -> str:
    season = f"&season={question.conditions.season}" if question.conditions.season else ""
    (lon, lat), (to_lon, to_lat) = start, end
    return (
        f"/v1/route?from={lon:.7f},{lat:.7f}&to={to_lon:.7f},{to_lat:.7f}&profile={profile}"
        f"&radius_m={question.radius_m:g}{season}"
    )
