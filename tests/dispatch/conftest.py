"""A duty desk over the demo city: each test is a tenant of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask

from location_cloud.access.service import issue_key
from location_cloud.app import create_app, utc_now
from location_cloud.dispatch.store import MIGRATIONS
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.settings import Settings
from location_cloud.storage.live import Live, open_live
from tests.conftest import copy_home

SCENE, STATION, FAR = [24.9458, 60.1690], [24.9384, 60.1699], [24.9500, 60.1750]
"""Places in the demo city."""


@dataclass
class Desk:
    """What one tenant's key may ask."""

    app: Flask
    tenant: str
    key: str

    def __call__(self, method: str, path: str, json: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.test_client().open(path, method=method, json=json, headers={"X-API-Key": self.key, **named})

    def ask(self, method: str, path: str, json: Any = None, status: int = 200, **headers: str) -> Any:
        answer = self(method, path, json, **headers)
        assert answer.status_code == status, answer.json
        return answer.json

    def put(self, name: str, at: Any = STATION, **more: Any) -> Any:
        where = {} if at is None else {"position": {"lonlat": list(at)}}
        answer = self("PUT", f"/v1/units/{name}", {**where, **more})
        assert answer.status_code == 200, answer.json
        return answer.json

    def rank(self, at: Any = SCENE, **more: Any) -> Any:
        place = {} if {"emergency", "incident"} & set(more) else {"at": list(at)}
        return self.ask("POST", "/v1/dispatch/rank", {**place, **more})

    def unit(self, name: str, **more: Any) -> Any:
        """A unit's line of a ranking."""
        return next(unit for unit in self.rank(**more)["units"] if unit["id"] == name)

    def open(self, **more: Any) -> Any:
        return self.ask("POST", "/v1/emergencies", {"category": "120", "lonlat": SCENE, **more}, 201)

    def assign(self, emergency: Any, unit: str, status: int = 201) -> Any:
        return self.ask("POST", f"/v1/emergencies/{emergency['id']}/assignments", {"unit": unit}, status)

    def step(self, emergency: Any, unit: str, step: str, status: int = 200, **more: Any) -> Any:
        path = f"/v1/emergencies/{emergency['id']}/assignments/{unit}"
        return self.ask("PATCH", path, {"status": step, **more}, status, If_Match="*")

    def issue(self, *scopes: str) -> Desk:
        """The same tenant with another key."""
        live = self.app.extensions["location_cloud"].live
        return Desk(self.app, self.tenant, issue_key(live, self.tenant, "test", scopes, utc_now())[1])

    def places(self, count: int, seed: int) -> list[list[float]]:
        """Places anywhere in the city."""
        roads = self.app.extensions["location_cloud"].worlds.current().section(ROADS)
        chance = np.random.default_rng(seed)
        points = roads.node_e7[chance.integers(0, roads.node_count, count)] / 1e7
        return (points + chance.normal(0, 3e-4, (count, 2))).round(7).tolist()


@pytest.fixture(scope="session")
def desk_app(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The product over the demo city with a live store of these tests."""
    home = copy_home(demo_home, tmp_path_factory.mktemp("desk"))
    flask = create_app(Settings(home=home, log="off", keys="always"))
    yield flask
    flask.extensions["location_cloud"].close()


def new_desk(app: Flask) -> Desk:
    return Desk(app, f"t{secrets.token_hex(6)}", "").issue("*")


@pytest.fixture
def desk(desk_app: Flask) -> Desk:
    return new_desk(desk_app)


@pytest.fixture
def other_desk(desk_app: Flask) -> Desk:
    return new_desk(desk_app)


@pytest.fixture
def live(live_url: str, tmp_path: Path) -> Iterator[Live]:
    """A store with the tables of dispatch."""
    opened = open_live(live_url, tmp_path)
    opened.migrate({"dispatch": MIGRATIONS})
    yield opened
    opened.close()
