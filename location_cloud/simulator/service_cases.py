"""Simulated cases, worked on by simulated people: every step is one of the case engine, with its own clocks."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.cases import service as cases
from location_cloud.cases.catalogue import COMPONENT
from location_cloud.cases.model import PEOPLE, Actor, Case, Chosen
from location_cloud.cases.service_clock import count_overdue
from location_cloud.cases.service_settings import Terms, read_terms
from location_cloud.changes import Sent
from location_cloud.errors import BadInput
from location_cloud.grids import service as grids
from location_cloud.grids.model import Grid, NewGrid
from location_cloud.simulator.case_demand import RURAL, Arrivals, draw_arrivals
from location_cloud.simulator.case_grounds import find_towns, lay_squares, unite_towns
from location_cloud.simulator.case_ways import Move, next_move
from location_cloud.storage.wake import wake_worker

if TYPE_CHECKING:
    from location_cloud.storage.world import World

MOST_DAYS, MOST_A_DAY, MOST_CASES = 366, 20_000.0, 500_000
LEAST_SIDE_M, MOST_SIDE_M = 100.0, 2000.0

AT_ONCE = 200
"""Events in one transaction: some 0.2 s during which others wait to write."""

WHO = "simulator"
DESCRIPTION = "[simulated / 模拟]"
"""Stands before what every case says of itself."""

TRIES = 20


@dataclass(frozen=True)
class CaseWish:
    """What to simulate. first: local day, None = so that it ends with yesterday. a_day: cases a weekday, about.

    area: below which unit grids of side_m metres are laid if the tenant has none.
    """

    days: int = 30
    a_day: float = 100.0
    seed: int = 1
    first: date | None = None
    tenant: str = "default"
    area: str = "2306"
    side_m: float = 400.0


@dataclass(frozen=True)
class CasesMade:
    """How far a run is. at_s: POSIX seconds. grids: laid for it. actions: how often each was taken."""

    at_s: float
    grids: int
    cases: int
    actions: Counter[str]


Tell = Callable[[CasesMade], None]


def simulate_cases(world: World, wish: CaseWish, now_s: float, tell: Tell) -> CasesMade:
    """Opens the cases of some days and takes every step of them that falls into these days.

    Raises BadInput for a wish out of range, for a tenant that has real cases, or if the same was simulated before.
    """
    _check(wish)
    terms = read_terms(world.live, wish.tenant)
    zone = ZoneInfo(terms.calendar().zone)
    today = datetime.fromtimestamp(now_s, zone).date()
    first = wish.first or today - timedelta(days=wish.days)
    end_s = _midnight(first + timedelta(days=wish.days), zone)
    if end_s > now_s:
        raise BadInput(f"{wish.days} days from {first} end in the future: begin earlier with --begin")
    _check_tenant(world, wish, now_s)
    laid = _lay_grids(world, wish, first, now_s)
    known = grids.list_grids(world.live, wish.tenant, "unit", first)
    wish = replace(wish, first=first)
    arrivals = _arrivals(terms, known, wish, first, zone)
    if len(arrivals) and cases.find_by_source(world.live, wish.tenant, arrivals.source[0], _source_id(wish, 0)):
        raise BadInput(f"tenant {wish.tenant} has these cases already: choose another --seed or --begin")
    made = _Run(world, wish, terms, arrivals, known, laid, end_s, tell).all()
    while count_overdue(world.live, datetime.fromtimestamp(end_s, UTC)):
        pass
    wake_worker(world.home)
    return made


class _Run:
    """Cases that are being worked on, and what is to happen next to each, by time."""

    def __init__(
        self,
        world: World,
        wish: CaseWish,
        terms: Terms,
        arrivals: Arrivals,
        known: list[Grid],
        laid: int,
        end_s: float,
        tell: Tell,
    ) -> None:
        self._world, self._wish, self._terms, self._arrivals = world, wish, terms, arrivals
        self._lonlat = _places(arrivals, known)
        self._end_s, self._tell, self._laid = end_s, tell, laid
        self._moves: list[tuple[float, int, int, Move, int]] = []
        self._placed: dict[int, Case] = {}
        self._cases = 0
        self._actions: Counter[str] = Counter()

    def all(self) -> CasesMade:
        """Runs to the end, some events a transaction; what an interrupted run has written stays and is whole."""
        while self._next_s() < self._end_s:
            self._place()
            at_s = self._next_s()
            with cases.writing(self._world.live) as connection:
                for _ in range(AT_ONCE):
                    if self._next_s() >= self._end_s:
                        break
                    at_s = self._one(connection)
            self._tell(CasesMade(at_s, self._laid, self._cases, Counter(self._actions)))
        return CasesMade(self._end_s, self._laid, self._cases, self._actions)

    def _next_s(self) -> float:
        """When the next thing happens."""
        report_s = float(self._arrivals.time_s[self._cases]) if self._cases < len(self._arrivals) else np.inf
        return min(report_s, self._moves[0][0] if self._moves else np.inf)

    def _place(self) -> None:
        """The next reports, checked and put into their grids: no transaction of ours is open while they are read."""
        for row in range(self._cases, min(self._cases + AT_ONCE, len(self._arrivals))):
            if row not in self._placed:
                self._placed[row] = self._report(row)

    def _report(self, row: int) -> Case:
        arrivals, code = self._arrivals, self._arrivals.code[row]
        found = self._terms.get_class(code)
        said = {
            "class": code,
            "lonlat": tuple(self._lonlat[row].tolist()),
            "source": arrivals.source[row],
            "source_id": _source_id(self._wish, row),
            "description": f"{DESCRIPTION} {found.name('zh')} / {found.name('en')}",
            "created": float(arrivals.time_s[row]),
            "simulated": True,
        }
        return cases.place_case(self._world, self._wish.tenant, said, _actor(float(arrivals.time_s[row])))

    def _one(self, connection: Any) -> float:
        """Does what comes next, and finds out what will come then."""
        tenant, at_s = self._wish.tenant, self._next_s()
        if self._moves and self._moves[0][0] <= at_s:
            _, row, case_id, move, turn = heapq.heappop(self._moves)
            before = cases.get_in(connection, tenant, case_id)
            actor = _actor(at_s, move.role)
            case = cases.take_step(self._world, connection, tenant, before, move.action, move.said, actor)
            self._actions[move.action] += 1
        else:
            row, turn = self._cases, 0
            case = cases.join_case(self._world, connection, tenant, self._placed.pop(row), _actor(at_s))
            self._cases += 1
        department = self._terms.get_class(case.class_code).department
        then = next_move(case, at_s, self._terms.calendar(), department, self._wish.seed, row, turn)
        if then is not None:
            heapq.heappush(self._moves, (then.at_s, row, case.id, then, turn + 1))
        return at_s


def _lay_grids(world: World, wish: CaseWish, first: date, now_s: float) -> int:
    """How many unit grids were laid: none where the tenant has some already, of whichever day."""
    if grids.list_grids(world.live, wish.tenant, "unit", None, limit=1):
        return 0
    towns = find_towns(world.section(AREAS), wish.area, wish.seed)
    unit = lay_squares(towns, wish.side_m, wish.seed)
    sent = Sent(WHO, datetime.fromtimestamp(now_s, UTC))
    grids.replace(world.live, wish.tenant, "unit", "", unit, first, sent)
    if not grids.list_grids(world.live, wish.tenant, "village", None, limit=1):
        village: list[NewGrid] = unite_towns(unit)
        grids.replace(world.live, wish.tenant, "village", "", village, first, sent)
    return len(unit)


def _arrivals(terms: Terms, known: list[Grid], wish: CaseWish, first: date, zone: ZoneInfo) -> Arrivals:
    if not known:
        raise BadInput(f"no unit grid of tenant {wish.tenant} holds on {first}: begin later with --begin")
    events = [each for each in terms.classes.values() if each.is_active and each.kind != COMPONENT]
    households = np.array([grid.households or 0 for grid in known], float)
    even = np.full(len(known), float(households.mean()) or 1.0)
    weight = np.where(households > 0, households, even)
    is_rural = np.array([grid.land_use == RURAL for grid in known])
    return draw_arrivals(events, weight, is_rural, first, wish.days, wish.a_day, zone, wish.seed)


def _places(arrivals: Arrivals, known: list[Grid]) -> NDArray[np.float64]:
    """(n, 2) Where each case is: in its grid; near the box's middle where chance falls beside the grid."""
    shapes = np.array([grid.geometry for grid in known], object)[arrivals.grid]
    box = shapely.bounds(shapes)
    points = box[:, :2] + arrivals.part * (box[:, 2:] - box[:, :2])
    outside = ~shapely.contains_xy(shapes, points[:, 0], points[:, 1])
    points[outside] = shapely.get_coordinates(shapely.point_on_surface(shapes[outside]))
    return np.asarray(points.round(7))


def _actor(at_s: float, role: str = "") -> Actor:
    roles = frozenset({role}) if role else frozenset(PEOPLE)
    return Actor(WHO, datetime.fromtimestamp(at_s, UTC), roles=roles)


def _source_id(wish: CaseWish, row: int) -> str:
    return f"simulated-{wish.seed}-{wish.first}-{wish.days}-{row}"


def _check_tenant(world: World, wish: CaseWish, now_s: float) -> None:
    for newest in (False, True):
        found = cases.list_cases(world.live, wish.tenant, Chosen(now_s), after=0, limit=1, newest=newest)
        if found and not found[0].is_simulated:
            raise BadInput(
                f"tenant {wish.tenant} has real cases, and simulated ones would count among them: "
                "name another one with --tenant"
            )


def _check(wish: CaseWish) -> None:
    for name, value, least, most in (
        ("days", wish.days, 1, MOST_DAYS),
        ("per-day", wish.a_day, 1.0, MOST_A_DAY),
        ("days x per-day", wish.days * wish.a_day, 1.0, MOST_CASES),
        ("grid-m", wish.side_m, LEAST_SIDE_M, MOST_SIDE_M),
    ):
        if not least <= value <= most:
            raise BadInput(f"--{name} {value:g} must lie in {least:g}..{most:,g}")


def _midnight(day: date, zone: ZoneInfo) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
