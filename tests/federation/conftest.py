"""Two sides of an exchange: a city and a village, each with a store of its own, and a line that can be cut."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from location_cloud.cases import service as cases
from location_cloud.cases.model import PEOPLE, Actor
from location_cloud.cases.store import MIGRATIONS as CASES
from location_cloud.errors import NotReady
from location_cloud.federation import service, service_exchanging
from location_cloud.federation.model import SHARED, Agreement, Kept, LineError
from location_cloud.federation.service_exporting import export_copies, export_own
from location_cloud.federation.store import MIGRATIONS as FEDERATION
from location_cloud.grids.store import MIGRATIONS as GRIDS
from location_cloud.secrecy import Secrecy
from location_cloud.storage.live import Live, open_live

T = "default"
PLACE = (125.03, 46.59)
SECRET = "a secret that both sides were given"


class Bare:
    """A world of nothing but a live store: no areas are known."""

    def __init__(self, live: Live, home: Path) -> None:
        self.live, self.home, self.overlay = live, home, None
        self.weather_tellers = ()

    def section(self, _: Any) -> Any:
        raise NotReady("none")


@dataclass
class Side:
    """One system. other: what the other side is called here. late_s: how far its clock is ahead of the test's."""

    name: str
    world: Any
    other: str = ""
    kept: Kept = field(default_factory=lambda: Kept(Secrecy((b"k" * 32,))))
    clock_s: float = 1_790_000_000.0

    @property
    def live(self) -> Live:
        found: Live = self.world.live
        return found

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock_s, UTC)

    def actor(self, *roles: str) -> Actor:
        return Actor(f"{self.name}-desk", self.now(), roles=frozenset(roles or PEOPLE))

    def report(self, **said: Any) -> Any:
        told = {"class": "E0112", "lonlat": PLACE, "source": "inspector", **said}
        return cases.add_case(self.world, T, told, self.actor())[0]

    def act(self, case: int, action: str, **said: Any) -> Any:
        return cases.act(self.world, T, case, action, said, self.actor())[0]

    def peer(self) -> Any:
        return service.get_peer(self.live, T, self.other, self.kept)

    def own(self) -> bytes:
        return export_own(self.live, T, self.peer(), self.now())

    def copies(self) -> bytes:
        return export_copies(self.live, T, self.peer())

    def state(self) -> dict[str, Any]:
        return service.state_of(self.live, T, self.peer(), self.now())


class Wire:
    """A line from one side to the other within this process, which calls what an address of the other would."""

    def __init__(self, caller: Side, called: Side) -> None:
        self.caller, self.called = caller, called

    def exchange(self, batch: bytes) -> bytes:
        side = self.called
        return service_exchanging.receive(side.world, T, side.peer(), batch, side.kept, side.now(), 0.5)

    def find_file(self, case: str, digest: str) -> bytes | None:
        return service_exchanging.read_own(
            self.called.live, self.called.world.home, T, self.called.peer(), int(case), digest, self.called.now()
        )

    def send_file(self, case: str, digest: str, content: bytes) -> None:
        side = self.called
        service_exchanging.keep_copy(side.live, side.world.home, T, side.peer(), int(case), digest, content)


class Bad(Wire):
    """The same over a line that loses questions and answers, and brings batches again, late and in another order."""

    def __init__(self, caller: Side, called: Side, chance: random.Random) -> None:
        super().__init__(caller, called)
        self.chance = chance
        self.seen: list[bytes] = []

    def exchange(self, batch: bytes) -> bytes:
        self.seen.append(batch)
        for old in self.chance.sample(self.seen, min(len(self.seen), self.chance.randrange(3))):
            super().exchange(old)  # duplicated, long delayed, in any order
        if self.chance.random() < 0.3:
            raise LineError("the question was lost")
        answer = super().exchange(batch)
        if self.chance.random() < 0.3:
            raise LineError("the answer was lost")
        return answer


@dataclass
class Pair:
    """A city and a village that exchange everything; the village calls."""

    city: Side
    village: Side

    def exchange(self, line: Wire | None = None, **options: Any) -> Any:
        village = self.village
        return service_exchanging.exchange(
            village.world, T, village.other, village.kept, line or Wire(village, self.city), village.now, lambda: 0.5
        )

    def pass_time(self, seconds: float) -> None:
        self.city.clock_s += seconds
        self.village.clock_s += seconds

    def settle(self) -> None:
        """Exchanges over a good line until nothing waits, also for who had to wait."""
        for _ in range(20):
            self.pass_time(timedelta(hours=1).total_seconds())
            done = self.exchange()
            if not (done.sent or done.taken or self.city.state()["waiting"] or self.village.state()["waiting"]):
                return


AGREED = Agreement(
    address="http://city.example",
    remote="village",
    direction="both",
    sends=("cases", "grids.village", "indicators"),
    takes=("cases", "grids.unit", "classes"),
    roles=tuple(PEOPLE),
)


def agree(pair: Pair, **village: Any) -> None:
    """Each side puts the other, with the same secret."""
    there = replace(AGREED, **village)
    back = replace(
        AGREED, address="", remote="", direction="passive", sends=("cases", "grids.unit", "classes"), takes=AGREED.sends
    )
    for side, agreement in ((pair.village, there), (pair.city, back)):
        service.put_peer(side.live, T, side.other, agreement, side.kept, side.now(), secret=SECRET)


def open_side(name: str, other: str, home: Path, url: str = "", is_new: bool = True) -> Side:
    live = open_live(url, home)
    if is_new:
        live.migrate({"cases": CASES, "grids": GRIDS, "federation": FEDERATION})
    return Side(name, Bare(live, home), other)


@pytest.fixture
def federation_databases(postgis_url: str) -> Iterator[list[str]]:
    """URLs of two empty PostGIS databases of the test's own."""
    import psycopg  # heavy optional: only where parts are installed
    from sqlalchemy import make_url  # heavy optional: likewise

    names = [f"federation_{secrets.token_hex(4)}" for _ in range(2)]
    with psycopg.connect(postgis_url, autocommit=True) as server:
        for name in names:
            server.execute(f"CREATE DATABASE {name}")
        url = make_url(postgis_url)
        yield [url.set(database=name).render_as_string(hide_password=False) for name in names]
        for name in names:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.parts)])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    """A city and a village that have agreed."""
    urls = ["", ""] if request.param == "sqlite" else request.getfixturevalue("federation_databases")
    city = open_side("city", "village", tmp_path / "city", urls[0])
    village = open_side("village", "city", tmp_path / "village", urls[1])
    both = Pair(city, village)
    agree(both)
    yield both
    for side in (city, village):
        side.live.close()


assert set(AGREED.sends) | set(AGREED.takes) < set(SHARED)
