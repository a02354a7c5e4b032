"""Callers over HTTP: who may ask what, and what leaves the house."""

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
from tests.callers.aml_vectors import SIGNED, V1
from tests.conftest import copy_home

HERE = [24.9404, 60.1642]
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Desk:
    """The product on the demo city, asked with keys of several scopes."""

    app: Flask
    keys: dict[str, str]

    def __call__(self, method: str, path: str, scope: str = "rescue:desk", **more: Any) -> Any:
        headers = {"X-API-Key": self.keys[scope], **more.pop("headers", {})}
        return self.app.test_client().open(path, method=method, headers=headers, **more)


@pytest.fixture(scope="module")
def desk(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = copy_home(demo_home, tmp_path_factory.mktemp("callers"))
    (home / "aml.key").write_text("AML\n")
    flask = create_app(Settings(home=home, log="off", keys="always", aml_key_file=str(home / "aml.key")))
    system = flask.extensions["location_cloud"]
    scopes = ("rescue:desk", "rescue:phone", "*:read", "*")
    yield Desk(flask, {each: issue_key(system.live, "a", "test", (each,), utc_now())[1] for each in scopes})
    system.close()


def test_a_fix_is_placed_and_told_in_words(desk):
    answer = desk("POST", "/v1/fixes/locate?language=en", json={"point": HERE, "accuracy_m": 30})
    assert answer.status_code == 200, answer.json
    assert set(answer.json) >= {"position", "ellipse", "area", "method", "excluded", "warnings", "address"}
    assert set(answer.json["ellipse"]) == {"semi_major_m", "semi_minor_m", "azimuth_deg", "level"}
    assert "Annankatu" in answer.json["address"]["words"]


def test_positions_go_in_and_out_in_the_asked_system(desk):
    here = [125.1031, 46.5893]
    sector = {"site": [125.11, 46.59], "azimuth": 270, "beam": 65, "ta": 6, "rat": "lte"}
    answer = desk("POST", "/v1/fixes/locate?crs=gcj02", json={"point": here, "accuracy_m": 30, "sector": sector}).json
    plain = desk("POST", "/v1/fixes/locate", json={"point": here, "accuracy_m": 30, "sector": sector}).json
    assert answer["position"] == pytest.approx(plain["position"], abs=1e-5)
    ring, plain_ring = (each["area"]["coordinates"][0][0] for each in (answer, plain))
    assert ring == pytest.approx(plain_ring, abs=1e-4)


def test_identifiers_of_the_phone_leave_masked(desk):
    answer = desk("POST", "/v1/fixes/locate", json={"aml": V1})
    assert answer.json["phone"]["imsi"] == "****8415"
    assert b"208201771948415" not in answer.data


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"point": HERE}, 400),
        ({"point": [24, 95], "accuracy_m": 1}, 400),
        ({"aml": "x"}, 400),
        ({"tdoa": [{"site": HERE, "time_ns": 0, "sigma_ns": 1}]}, 422),
        ({"sector": {"site": HERE, "rat": "nr", "ta": 1}}, 400),
        ({"aml_form": SIGNED + "0"}, 403),
        ({"sector": {"site": HERE, "rat": "lte", "ta": 1, "beam": 65}}, 400),
        ({"rssi": [{}] * 17}, 400),
        ({}, 422),
    ],
)
def test_what_has_no_answer_is_named(desk, body, status):
    answer = desk("POST", "/v1/fixes/locate", json=body)
    assert answer.status_code == status
    assert answer.json["detail"]
    assert answer.json["hint"]


@pytest.mark.parametrize("path", ["/v1/calls", "/v1/calls/1", "/v1/calls/1/reads"])
def test_a_key_that_reads_everything_else_reads_no_call(desk, path):
    assert desk("GET", path, "*:read").status_code == 403
    assert desk("GET", path, "rescue:phone").status_code == 403


def test_the_desk_reads_masked_and_only_who_may_in_clear(desk):
    call = desk("POST", "/v1/calls", json={"number": "13812345678", "said": "火", "point": HERE, "accuracy_m": 9}).json
    path = f"/v1/calls/{call['id']}"
    assert (call["number"], call["is_clear"]) == ("138****5678", False)
    assert desk("GET", path).json["number"] == "138****5678"
    assert desk("GET", f"{path}?clear=true").status_code == 403
    assert desk("GET", f"{path}?clear=true", "*").json["number"] == "13812345678"
    assert len(desk("GET", f"{path}/reads").json["reads"]) == 1
    assert call["id"] in [each["id"] for each in desk("GET", "/v1/calls?limit=500").json["calls"]]


def test_a_call_sent_twice_is_taken_once(desk):
    sent = [desk("POST", "/v1/calls", json={"number": "110"}, headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert sent[0].json["id"] == sent[1].json["id"]
    assert [each.headers.get("Idempotent-Replayed") for each in sent] == [None, "true"]


def test_a_phone_posts_its_form_with_a_key_for_that_alone(desk):
    again = SIGNED[:-40] + SIGNED[-40:].upper()  # the same code, spelled otherwise
    sent = [desk("POST", "/v1/aml", "rescue:phone", data=each, content_type=FORM) for each in (SIGNED, SIGNED, again)]
    assert [each.status_code for each in sent] == [201, 201, 201]
    assert sent[0].json == sent[1].json == sent[2].json
    assert set(sent[0].json) == {"id"}
    assert desk("GET", f"/v1/calls/{sent[0].json['id']}").json["located"]["method"] == "aml_form"


@pytest.mark.parametrize(("data", "status"), [(SIGNED + "0", 403), ("", 403), ("v=1&x=é", 400), ("v=1" * 9000, 413)])
def test_an_unproven_form_is_refused(desk, data, status):
    answer = desk("POST", "/v1/aml", "rescue:phone", data=data.encode(), content_type=FORM)
    assert answer.status_code == status, answer.json


def test_a_broken_key_file_stops_callers_alone(demo_home, tmp_path):
    home = copy_home(demo_home, tmp_path)
    (home / "secret.key").write_text("broken\n")
    flask = create_app(Settings(home=home, log="off"))
    client = flask.test_client()
    assert client.get("/v1/calls").status_code == 503
    assert client.get("/v1/areas?q=大庆").status_code == 200
    assert client.post("/v1/fixes/locate", json={"point": HERE, "accuracy_m": 30}).status_code == 200
    flask.extensions["location_cloud"].close()


def test_without_a_key_of_phones_no_form_is_taken(client):
    answer = client.post("/v1/aml", data=SIGNED, content_type=FORM)
    assert (answer.status_code, answer.json["hint"]) == (403, "the operator sets aml_key_file")
