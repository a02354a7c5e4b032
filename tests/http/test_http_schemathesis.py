"""Every operation is asked what its own OpenAPI document allows and forbids; the answers must keep to the document."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, Config

from location_cloud.access.service import issue_key
from location_cloud.app import all_operations, create_app, utc_now
from location_cloud.capabilities import CAPABILITIES
from location_cloud.http.openapi import build_openapi
from location_cloud.settings import Settings

OPERATIONS = all_operations(CAPABILITIES)
# Keys are ours to give: a made-up one would meet nothing but 401.
CONFIG = Config.from_dict({"generation": {"with-security-parameters": False}})
SCHEMA = schemathesis.openapi.from_dict(build_openapi(OPERATIONS), config=CONFIG)
EXAMPLES = 10
"""An operation, beside the boundary values that schemathesis tries of every parameter."""


@dataclass(frozen=True)
class Asked:
    """The product with a key to all of it, and the statuses of what it answered by operation."""

    app: Flask
    headers: dict[str, str]
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))


@pytest.fixture(scope="module")
def asked(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """On the demo snapshot with a live store of its own: what is written here disturbs no other test."""
    home = tmp_path_factory.mktemp("schemathesis")
    shutil.copytree(demo_home / "snapshots", home / "snapshots")
    shutil.copy(demo_home / "current", home)
    flask = create_app(Settings(home=home, log="off", keys="always"))
    worlds = flask.extensions["location_cloud"]
    _, key = issue_key(worlds.current().live, "default", "schemathesis", ("*",), utc_now())
    yield Asked(flask, {"X-API-Key": key})
    worlds.close()


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_keeps_to_the_document(case: Case, asked: Asked):
    case.operation.schema.app = asked.app
    response = case.call_and_validate(app=asked.app, headers=asked.headers)
    asked.statuses[case.operation.definition.raw["operationId"]][response.status_code] += 1


def test_every_operation_was_asked_and_let_in(asked: Asked):
    for operation in OPERATIONS:
        found = asked.statuses[operation.name]
        assert found[401] == 0 < found.total(), operation.name
