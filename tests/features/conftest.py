"""A populated city, asked through the test client."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from location_cloud.access.service import issue_key
from location_cloud.app import create_app, utc_now
from location_cloud.settings import Settings
from tests.conftest import copy_home
from tests.features.populating import populate


class Asked:
    """The caller of one key; "" = on this machine."""

    def __init__(self, app: Flask, key: str = "") -> None:
        self.app, self.headers = app, {"X-API-Key": key} if key else {}

    def __call__(self, path: str, **headers: str) -> Any:
        return self.app.test_client().get(path, headers={**self.headers, **headers})

    def write(self, method: str, path: str, body: Any) -> Any:
        answer = self.app.test_client().open(path, method=method, json=body, headers=self.headers)
        assert answer.status_code < 300, answer.json
        return answer.json

    def items(self, collection: str, query: str = "") -> Any:
        answer = self(f"/ogc/collections/{collection}/items{query}")
        assert answer.status_code == 200, answer.json
        return answer.json

    def ids(self, collection: str, query: str = "") -> list[Any]:
        return [each["id"] for each in self.items(collection, query)["features"]]

    def issue(self, *scopes: str, tenant: str = "default") -> Asked:
        live = self.app.extensions["location_cloud"].live
        return Asked(self.app, issue_key(live, tenant, "test", scopes, utc_now())[1])


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgis", marks=pytest.mark.parts)])
def features_app(
    request: pytest.FixtureRequest, demo_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    url = "" if request.param == "sqlite" else _database(request)
    home = copy_home(demo_home, tmp_path_factory.mktemp("features"))
    flask = create_app(Settings(home=home, live_url=url, log="off"))
    populate(Asked(flask).write)
    yield flask
    flask.extensions["location_cloud"].close()


def _database(request: pytest.FixtureRequest) -> str:
    import psycopg  # heavy optional: only where parts are installed
    from sqlalchemy import make_url  # heavy optional: likewise

    url, name = request.getfixturevalue("postgis_url"), f"features_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def asked(features_app: Flask) -> Asked:
    return Asked(features_app)
