"""The product over the drawn city of `live_home`, asked through the web by two tenants, its weights derived on call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from location_cloud.access.service import issue_key
from location_cloud.app import create_app, utc_now
from location_cloud.settings import Settings
from tests.conftest import copy_home
from tests.directions.live_home import City, Clock, segments


@dataclass
class Asked:
    """One home's web application. key: of another tenant. reader: a key that may not write."""

    app: Flask
    city: City
    other: str
    reader: str

    def __call__(self, method: str, path: str, json: Any = None, key: str = "", **more: Any) -> Any:
        headers = {"X-API-Key": key} if key else {}
        return self.app.test_client().open(path, method=method, json=json, headers=headers, **more)

    def place(self, way: int, north: float = 0.5, east: float = 0.5, segment: int = 0) -> list[float]:
        """A point on a way of the map: by share of its box."""
        box = self.city.roads.seg_box_e7[segments(self.city, way)[segment]] / 1e7
        return [float(box[0] + east * (box[2] - box[0])), float(box[1] + north * (box[3] - box[1]))]

    def ways(self, start: list[float], end: list[float], key: str = "", **more: Any) -> set[int]:
        """The ways driven from a point to another; empty if none leads."""
        body = {"places": [{"lonlat": start}, {"lonlat": end}], **more}
        answer = self("POST", "/v1/route?annotations=true&steps=false", body, key)
        if answer.status_code == 422:
            return set()
        assert answer.status_code == 200, answer.json
        return {way for leg in answer.json["routes"][0]["legs"] for way in leg["annotations"]["way"]}


@pytest.fixture
def asked(home_of_map: Path, tmp_path: Path) -> Iterator[Asked]:
    """The city of the map, served, with a live store of the test's own."""
    home = copy_home(home_of_map, tmp_path)
    flask = create_app(Settings(home=home, log="off"))
    system = flask.extensions["location_cloud"]
    keys = [
        issue_key(system.live, tenant, "test", scopes, utc_now())[1]
        for tenant, scopes in (("other", ("*",)), ("default", ("*:read",)))
    ]
    yield Asked(flask, City(home, system.live, clock=Clock(utc_now())), *keys)
    system.close()
