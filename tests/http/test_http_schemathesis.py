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
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from location_cloud.access.service import issue_key
from location_cloud.app import all_operations, create_app, utc_now
from location_cloud.capabilities import CAPABILITIES
from location_cloud.http.openapi import build_openapi
from location_cloud.settings import Settings

OPERATIONS = all_operations(CAPABILITIES)
# Keys are ours to give: a made-up one would meet nothing but 401.
CONFIG = Config.from_dict({"generation": {"with-security-parameters": False}})
SCHEMA = schemathesis.openapi.from_dict(build_openapi(OPERATIONS), config=CONFIG)
EXAMPLES = 15
"""An operation, beside the boundary values that schemathesis tries of every parameter."""

NOT_CHECKED = [positive_data_acceptance]
"""Rules over several parameters (south below north, at= stands alone, closed rings) cannot be said in a schema."""


@dataclass(frozen=True)
class Asked:
    """The product with a key to all of it, and the statuses of what it answered by operation."""

    app: Flask
    headers: dict[str, str]
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def ask(self, case: Case) -> int:
        case.operation.schema.app = self.app
        response = case.call_and_validate(app=self.app, headers=self.headers, excluded_checks=NOT_CHECKED)
        self.statuses[case.operation.definition.raw["operationId"]][response.status_code] += 1
        if response.status_code >= 400 and case.method != "HEAD":
            assert response.json()["detail"]
            assert response.json()["hint"]
        return response.status_code


@pytest.fixture(scope="module")
def asked(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """On the demo snapshot with a live store of its own: what is written here disturbs no other test."""
    home = tmp_path_factory.mktemp("schemathesis")
    shutil.copytree(demo_home / "snapshots", home / "snapshots")
    shutil.copy(demo_home / "current", home)
    flask = create_app(Settings(home=home, log="off", keys="always"))
    system = flask.extensions["location_cloud"]
    _, key = issue_key(system.live, "default", "schemathesis", ("*",), utc_now())
    yield Asked(flask, {"X-API-Key": key, "Accept-Encoding": "identity"})
    system.close()


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
    asked.ask(case)


WELL = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [125.1, 46.6]}, "properties": {"name": "井1"}}
HERE, THERE = "24.9384,60.1699", "24.9458,60.1640"

# operation -> path parameters, query, body; in an order in which each can be answered.
REAL = {
    "system.health": ({}, {}, None),
    "system.metrics": ({}, {}, None),
    "system.openapi": ({}, {}, None),
    "system.docs": ({}, {}, None),
    "maps.tile": ({"set": "base", "z": 14, "x": 9326, "y": 4741}, {}, None),
    "maps.tilejson": ({"set": "base"}, {}, None),
    "maps.style": ({"name": "light"}, {"lang": "en"}, None),
    "places.geocode": ({}, {"q": "Mannerheimintie 1", "crs": "bd09"}, None),
    "places.suggest": ({}, {"q": "manner", "focus": HERE}, None),
    "places.reverse": ({}, {"at": HERE, "crs": "gcj02"}, None),
    "directions.route": ({}, {"from": HERE, "to": THERE, "profile": "foot", "lang": "zh-CN"}, None),
    "areas.list": ({}, {"at": "125.1031,46.5893"}, None),
    "areas.get": ({"code": "230602"}, {}, None),
    "areas.children": ({"code": "230602"}, {"geometry": "none"}, None),
    "roads.list": ({}, {"bbox": "24.94,60.165,24.945,60.17"}, None),
    "roads.get": ({"key": "16280379:3:f"}, {}, None),
    "layers.add": ({"layer": "wells"}, {}, WELL),
    "layers.list": ({}, {}, None),
    "layers.features": ({"layer": "wells"}, {"bbox": "125,46,126,47"}, None),
    "layers.feature": ({"layer": "wells", "id": 1}, {}, None),
    "layers.change": ({"layer": "wells", "id": 1}, {"version": 1}, WELL),
    "layers.remove": ({"layer": "wells", "id": 1}, {"version": 2}, None),
    "catalog.datasets": ({}, {}, None),
    "console.page": ({}, {"lang": "en"}, None),
    "console.file": ({"path": "index.html"}, {}, None),
    "console.coordinates": ({}, {"at": HERE, "crs": "gcj02"}, None),
}


def test_every_operation_answers_a_real_question_as_documented(asked: Asked):
    load_all_checks()
    unanswered = {operation.name: operation.status for operation in OPERATIONS}
    for name, (path, query, body) in REAL.items():
        operation = SCHEMA.find_operation_by_id(name)
        sent = {} if body is None else {"body": body, "media_type": "application/json"}
        case = operation.Case(path_parameters=dict(path), query=dict(query), **sent)
        assert asked.ask(case) == unanswered.pop(name), name
    assert unanswered == {}, "a new operation needs a real question above"


def test_every_operation_was_asked_and_let_in(asked: Asked):
    for operation in OPERATIONS:
        found = asked.statuses[operation.name]
        assert found[401] == 0 < found.total(), operation.name
