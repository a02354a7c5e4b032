"""What one can have simulated over the roads of the current snapshot, and where it goes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from isal import igzip

from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.errors import BadInput
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import Roads
from location_cloud.simulator.city import build_city
from location_cloud.simulator.drives import Simulation
from location_cloud.simulator.feed import Feed
from location_cloud.simulator.incidents import as_body, as_documents, make_incidents, parse_time, read_incidents
from location_cloud.simulator.model import MOST_VEHICLES, SLOT_S
from location_cloud.simulator.records import as_bodies, as_lines
from location_cloud.simulator.sending import Server
from location_cloud.simulator.sending import find_server as find_server
from location_cloud.simulator.truth_file import check_size, save_truth

if TYPE_CHECKING:
    from location_cloud.storage.world import World

PROFILE = "car"
FIXES, INCIDENTS = "/v1/fixes?source=simulator", "/v1/incidents"
TICK_S = 1.0
"""How often a server is sent what has arrived."""

MOST_HOURS, MOST_WEEKS, MOST_RANDOM = 24.0 * 366, 52, 1000
HOUR_S, DAY_S = 3600.0, 86400.0


@dataclass(frozen=True)
class Wish:
    """What to simulate. begin: RFC 3339, "" = so that it ends or is now. rate: simulated seconds in a real one, inf =
    as fast as possible. incidents: "", how many to make up, or a file with a script.
    """

    vehicles: int = 1000
    share: float = 0.05
    seed: int = 1
    begin: str = ""
    hours: float = 1.0
    rate: float = 1.0
    incidents: str = ""
    weeks: int = 0
    with_truth: bool = False


@dataclass(frozen=True, eq=False)
class Plan:
    """A simulation about to be run between two unix seconds."""

    simulation: Simulation
    feed: Feed
    roads: Roads
    zone: tzinfo
    begin_s: float
    end_s: float
    names: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """How far a run is. answers: what the server said of the fixes, by word (accepted, duplicate, quarantined)."""

    at_s: float
    fixes: int
    answers: dict[str, int]


Tell = Callable[[State], None]


def make_plan(world: World, wish: Wish, now_s: float) -> Plan:
    """What a wish comes to on the roads of a world. Raises BadInput if it cannot be."""
    _check(wish)
    roads, directions = world.section(ROADS), world.section(DIRECTIONS)
    network, zone = directions.networks[PROFILE], directions.zone
    begin_s, end_s = _times(wish, zone, now_s)
    if wish.with_truth:
        check_size(math.ceil((end_s - begin_s) / SLOT_S) + 1, 2 * roads.segment_count)
    profile = directions.profiles[PROFILE]
    if wish.incidents.isdecimal():
        city = build_city(roads, network, wish.seed, profile)
        incidents = make_incidents(roads, city, wish.seed, int(wish.incidents), begin_s, end_s)
    else:
        incidents = read_incidents(Path(wish.incidents), roads) if wish.incidents else ()
    try:
        simulation = Simulation(
            roads, network, seed=wish.seed, vehicles=wish.vehicles, begin_s=begin_s, share=wish.share,
            incidents=incidents, zone=zone, profile=profile, probes_only=not wish.with_truth,
        )  # fmt: skip
    except ValueError as error:
        raise BadInput(str(error)) from None
    feed = Feed(simulation, begin_s, keeps_truth=wish.with_truth)
    return Plan(simulation, feed, roads, zone, begin_s, end_s, simulation.device_names)


def write_file(plan: Plan, file: Path, tell: Tell) -> None:
    """All fixes as NDJSON in order of arrival, packed if the name ends in .gz, and beside them the incidents.

    Raises OSError.
    """
    _write_incidents(plan, file.with_name(f"{file.name}.incidents.json"))
    _write(plan, file, file.suffix == ".gz", State(plan.begin_s, 0, {}), plan.end_s, tell)


def write_days(plan: Plan, folder: Path, tell: Tell) -> None:
    """As `write_file`, a packed file for each day of the city's clock: simulated-2026-11-02.ndjson.gz. Raises OSError.

    A file bears its name when its day is whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_incidents(plan, folder / "simulated-incidents.json")
    state = State(plan.begin_s, 0, {})
    while state.at_s < plan.end_s:
        at = datetime.fromtimestamp(state.at_s, plan.zone)
        file = folder / f"simulated-{at.date().isoformat()}.ndjson.gz"
        new = folder / f".{file.name}-new"
        state = _write(plan, new, True, state, min(_midnight(plan.zone, at, 1), plan.end_s), tell)
        new.replace(file)


def _write(plan: Plan, file: Path, is_packed: bool, state: State, until_s: float, tell: Tell) -> State:
    """Writes what arrives from a state on."""
    with file.open("wb") as opened:
        while state.at_s < until_s:
            at_s = min(state.at_s + SLOT_S, until_s)
            arrived = plan.feed.until(at_s)
            lines = as_lines(arrived, plan.names)
            opened.write(igzip.compress(lines, 1, mtime=0) if is_packed else lines)
            state = State(at_s, state.fixes + len(arrived), {})
            tell(state)
    return state


def send(
    plan: Plan,
    server: Server,
    rate: float,
    tell: Tell,
    clock: Callable[[], float] = time.time,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Sends fixes as they arrive, and incidents as they begin. Raises as Server.send."""
    start_s, fixes, answers, at_s = clock(), 0, dict[str, int](), plan.begin_s
    waiting = sorted(plan.simulation.incidents, key=lambda incident: incident.begin_s)
    while at_s < plan.end_s:
        at_s = min(at_s + SLOT_S if math.isinf(rate) else plan.begin_s + (clock() - start_s) * rate, plan.end_s)
        while waiting and waiting[0].begin_s <= at_s:
            server.send(INCIDENTS, orjson.dumps(as_body(plan.roads, waiting.pop(0))))
        arrived = plan.feed.until(at_s)
        for body in as_bodies(arrived, plan.names):
            for word, count in server.send(FIXES, body).items():
                if isinstance(count, int):
                    answers[word] = answers.get(word, 0) + count
        fixes += len(arrived)
        tell(State(at_s, fixes, dict(answers)))
        if at_s < plan.end_s and not math.isinf(rate):
            wait(TICK_S)


def write_truth(plan: Plan, file: Path) -> None:
    """What was true up to now. Raises OSError."""
    save_truth(file, plan.feed.drives(), plan.roads)


def _check(wish: Wish) -> None:
    for name, value, least, most in (
        ("vehicles", wish.vehicles, 1, MOST_VEHICLES),
        ("share", wish.share, 0.0, 1.0),
        ("hours", wish.hours, 0.01, MOST_HOURS),
        ("history", wish.weeks, 0, MOST_WEEKS),
        ("incidents", int(wish.incidents) if wish.incidents.isdecimal() else 0, 0, MOST_RANDOM),
    ):
        if not least <= value <= most:
            raise BadInput(f"--{name} {value} must lie in {least}..{most:g}")


def _times(wish: Wish, zone: tzinfo, now_s: float) -> tuple[float, float]:
    """When it begins and ends. Without a beginning no device time lies in the future: history ends at midnight, and
    what runs faster than time begins so much earlier that it never overtakes it.
    """
    if wish.weeks:
        at = datetime.fromtimestamp(now_s, zone)
        if wish.begin:
            begin_s = parse_time(wish.begin, zone)
            return begin_s, begin_s + wish.weeks * 7 * DAY_S
        return _midnight(zone, at, -7 * wish.weeks), _midnight(zone, at, 0)
    length_s = wish.hours * HOUR_S
    if wish.begin:
        begin_s = parse_time(wish.begin, zone)
        return begin_s, begin_s + length_s
    begin_s = now_s - max(length_s * (1.0 - 1.0 / wish.rate), 0.0)
    return begin_s, begin_s + length_s


def _midnight(zone: tzinfo, at: datetime, days: int) -> float:
    """When the day begins that lies so many days after that of a time of the city's clock."""
    day = at.date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).timestamp()


def _write_incidents(plan: Plan, file: Path) -> None:
    if plan.simulation.incidents:
        file.write_bytes(orjson.dumps(as_documents(plan.roads, plan.simulation.incidents), option=orjson.OPT_INDENT_2))
