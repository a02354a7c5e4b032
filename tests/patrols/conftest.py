"""Patrols over the demo city, each test as a tenant of its own; and a store with their tables on each database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from flask import Flask

from location_cloud import app as app_module
from location_cloud.access.service import issue_key
from location_cloud.app import create_app, utc_now
from location_cloud.grids.store import MIGRATIONS as GRIDS
from location_cloud.patrols.store import MIGRATIONS
from location_cloud.settings import Settings
from location_cloud.storage.live import Live, open_live
from location_cloud.tracks.store import MIGRATIONS as TRACKS
from tests.conftest import copy_home

POST = [24.9440, 60.1690]
GROUND = shapely.geometry.mapping(shapely.box(24.940, 60.1665, 24.948, 60.1715))
"""Ten blocks of the demo city."""


class Clock:
    """The time of the product under test, moved by hand."""

    START = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
    """A Monday, 08:30 in Shanghai."""

    now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@dataclass
class Office:
    """What one tenant's key may ask."""

    app: Flask
    tenant: str
    key: str
    clock: Clock

    def __call__(self, method: str, path: str, json: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.test_client().open(path, method=method, json=json, headers={"X-API-Key": self.key, **named})

    def ask(self, method: str, path: str, json: Any = None, status: int = 200, **headers: str) -> Any:
        answer = self(method, path, json, **headers)
        assert answer.status_code == status, answer.json
        return answer.json

    @property
    def live(self) -> Live:
        return self.app.extensions["location_cloud"].live

    def beat(self, code: str = "B-1", status: int = 200, **said: Any) -> Any:
        body = {"geometry": GROUND, "post": {"lonlat": POST}, "simulated": True, **said}
        return self.ask("PUT", f"/v1/patrols/beats/{code}", body, status)

    def roster(self, person: str = "p1", code: str = "R-1", status: int = 200, **said: Any) -> Any:
        week = {"mon": [{"begin": "08:30", "end": "11:30"}, {"begin": "13:30", "end": "17:00"}]}
        body = {"person": person, "beat": "B-1", "week": week, "valid_from": "2026-11-01", **said}
        return self.ask("PUT", f"/v1/patrols/rosters/{code}", body, status)

    def begin(self, person: str = "p1", status: int = 201, at: Any = POST, **said: Any) -> Any:
        return self.ask("POST", "/v1/patrols", {"person": person, "at": at, **said}, status)

    def end(self, patrol: Any, status: int = 200, at: Any = POST) -> Any:
        return self.ask("POST", f"/v1/patrols/{patrol['id']}/end", {"at": at}, status, If_Match="*")

    def walk(self, patrol: Any, lonlat: np.ndarray, step_s: float = 5.0, status: int = 200) -> Any:
        """Sends fixes from the beginning of the patrol on, and lets the time pass."""
        begun = datetime.fromtimestamp(patrol["begun"], UTC)
        times = [begun + timedelta(seconds=step_s * (number + 1)) for number in range(len(lonlat))]
        self.clock.now = max(self.clock.now, times[-1])
        points = [
            {"time": time.isoformat(), "lonlat": place, "accuracy_m": 5.0}
            for time, place in zip(times, lonlat.round(7).tolist())
        ]
        return self.ask("POST", f"/v1/patrols/{patrol['id']}/points", {"points": points}, status)

    def issue(self, *scopes: str) -> Office:
        """The same tenant with another key."""
        return Office(
            self.app, self.tenant, issue_key(self.live, self.tenant, "test", scopes, utc_now())[1], self.clock
        )


def stroll(count: int, seed: int = 1, scatter_m: float = 3.0) -> np.ndarray:
    """Fixes to and fro through the ground at 1.2 m/s, scattered as a phone's."""
    chance = np.random.default_rng(seed)
    corners = [
        (lon, lat)
        for row, lat in enumerate(np.linspace(60.1670, 60.1710, 9))
        for lon in ((24.9405, 24.9475) if row % 2 else (24.9475, 24.9405))
    ]
    metres = np.array([1 / 55_300.0, 1 / 111_195.0])  # degrees a metre at 60.17 north
    line = shapely.LineString(np.array(corners) / metres)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(line, np.arange(count) * 6.0))
    return (xy + chance.normal(0, scatter_m, (count, 2))) * metres


@pytest.fixture(scope="module")
def patrol_clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def patrol_app(demo_home: Path, tmp_path_factory: pytest.TempPathFactory, patrol_clock: Clock) -> Iterator[Flask]:
    """The product over the demo city with a live store of these tests, and a clock that they move."""
    home = copy_home(demo_home, tmp_path_factory.mktemp("patrols"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app_module, "utc_now", patrol_clock)
        flask = create_app(Settings(home=home, log="off", keys="always"))
    yield flask
    flask.extensions["location_cloud"].close()


@pytest.fixture
def office(patrol_app: Flask, patrol_clock: Clock) -> Office:
    patrol_clock.now = Clock.START
    return _new_office(patrol_app, patrol_clock)


@pytest.fixture
def other_office(patrol_app: Flask, patrol_clock: Clock) -> Office:
    return _new_office(patrol_app, patrol_clock)


def _new_office(app: Flask, clock: Clock) -> Office:
    return Office(app, f"t{secrets.token_hex(6)}", "", clock).issue("*")


@pytest.fixture
def live(live_url: str, tmp_path: Path) -> Iterator[Live]:
    """A store with the tables of patrols."""
    store = open_live(live_url, tmp_path)
    store.migrate({"grids": GRIDS, "tracks": TRACKS, "patrols": MIGRATIONS})
    yield store
    store.close()
