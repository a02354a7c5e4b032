"""A grid centre over the demo city: each test is a tenant of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from location_cloud.access.service import issue_key
from location_cloud.app import create_app, utc_now
from location_cloud.cases.store import MIGRATIONS
from location_cloud.settings import Settings
from location_cloud.storage.live import Live, open_live
from tests.conftest import copy_home

PLACE = [24.9458, 60.1690]
"""In the demo city."""

PUBLIC = "city.gov=city,village.gov=village"
"""Jurisdictions and their tenants, which anybody may read over Open311."""

POTHOLE, CLOSURE = "E0112", "E0306"
"""Classes: a damaged road, a closed one."""

WAY = ("accept", "file", "dispatch", "accept", "finish", "request_check", "check", "close")
"""The plain way of a case from its report to its end."""


@dataclass
class Centre:
    """What one tenant's key may ask."""

    app: Flask
    tenant: str
    key: str

    def __call__(self, method: str, path: str, json: Any = None, data: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"json": json} if data is None else {"data": data}
        return self.app.test_client().open(path, method=method, headers={"X-API-Key": self.key, **named}, **sent)

    def ask(self, method: str, path: str, json: Any = None, status: int = 200, **headers: str) -> Any:
        answer = self(method, path, json, **headers)
        assert answer.status_code == status, answer.json
        return answer.json

    def report(self, status: int = 201, headers: dict[str, str] | None = None, **more: Any) -> Any:
        body = {"class": POTHOLE, "at": PLACE, "source": "inspector", **more}
        return self.ask("POST", "/v1/cases", body, status, **(headers or {}))

    def act(self, case: Any, action: str, status: int = 200, version: Any = "*", **said: Any) -> Any:
        number = case if isinstance(case, int) else case["id"]
        match = version if version == "*" else f'"{version}"'
        return self.ask("POST", f"/v1/cases/{number}/actions/{action}", said, status, If_Match=match)

    def walk(self, case: Any, *actions: str, **said: Any) -> Any:
        """Takes the steps one after another; a department is named where one is sent."""
        for action in actions:
            told = {"department": "roads"} if action == "dispatch" else {}
            case = self.act(case, action, **{**told, **said})
        return case

    def get(self, case: Any, query: str = "") -> Any:
        return self.ask("GET", f"/v1/cases/{case['id']}{query}")

    def timeline(self, case: Any) -> Any:
        return self.ask("GET", f"/v1/cases/{case['id']}/timeline")["entries"]

    def issue(self, *scopes: str) -> Centre:
        """The same tenant with another key."""
        return Centre(self.app, self.tenant, issue_key(self.live, self.tenant, "test", scopes, utc_now())[1])

    @property
    def live(self) -> Live:
        found: Live = self.app.extensions["location_cloud"].live
        return found


@pytest.fixture(scope="session")
def centre_app(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The product over the demo city with a live store of these tests."""
    home = copy_home(demo_home, tmp_path_factory.mktemp("centre"))
    flask = create_app(Settings(home=home, log="off", keys="always", open311_jurisdictions=PUBLIC))
    yield flask
    flask.extensions["location_cloud"].close()


def new_centre(app: Flask) -> Centre:
    return Centre(app, f"t{secrets.token_hex(6)}", "").issue("*")


@pytest.fixture
def centre(centre_app: Flask) -> Centre:
    return new_centre(centre_app)


@pytest.fixture
def other_centre(centre_app: Flask) -> Centre:
    return new_centre(centre_app)


@pytest.fixture
def live(live_url: str, tmp_path: Path) -> Iterator[Live]:
    """A store with the tables of cases."""
    opened = open_live(live_url, tmp_path)
    opened.migrate({"cases": MIGRATIONS})
    yield opened
    opened.close()
