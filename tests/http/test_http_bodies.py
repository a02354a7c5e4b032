"""Bodies that are not JSON, on both sides: declared by an operation, read and sent as bytes."""

from __future__ import annotations

import pytest
from flask import Flask

from location_cloud.app import create_app
from location_cloud.capability import Bytes, Chunks, Operation, Reply
from location_cloud.http.context import System
from location_cloud.http.metrics import Metrics
from location_cloud.http.openapi import build_openapi
from location_cloud.http.parameters import Query
from location_cloud.http.web import Door, build_flask
from location_cloud.settings import Settings

ECHO = Operation(
    "test.echo",
    "POST",
    "/echo",
    "The body, byte by byte.",
    lambda call, params, body: Reply(Chunks((bytes([one]) for one in body), len(body)), media_type="application/x-b"),
    Query,
    Bytes("application/x-b"),
    "test:read",
    raw_body="application/x-a",
    max_raw_bytes=2000,
)


@pytest.fixture
def echo(tmp_path):
    own = create_app(Settings(home=tmp_path, log="off")).extensions["location_cloud"]
    metrics = Metrics(tmp_path / "metrics", ("none", ECHO.name))
    system = System(own.settings, (), (ECHO,), own.worlds, own.live, metrics, own.clock)
    flask: Flask = build_flask(system, Door(system))
    yield flask.test_client()
    own.close()


def test_a_raw_body_reaches_the_answer_as_bytes_and_goes_out_in_pieces(echo):
    body = bytes(range(256)) * 7
    answer = echo.post("/echo", data=body, content_type="application/x-a", headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "application/x-b", body)
    assert answer.content_length == len(body)
    assert "Content-Encoding" not in answer.headers


def test_a_raw_body_above_its_ceiling_is_refused(echo):
    assert echo.post("/echo", data=b"x" * 2001, content_type="application/x-a").status_code == 413


def test_json_is_refused_where_only_bytes_are_read(echo):
    answer = echo.post("/echo", json={})
    assert answer.status_code == 400
    assert "application/x-a" in answer.json["hint"]


def test_the_document_names_both_media_types():
    entry = build_openapi((ECHO,))["paths"]["/echo"]["post"]
    assert list(entry["requestBody"]["content"]) == ["application/x-a"]
    assert list(entry["responses"]["200"]["content"]) == ["application/x-b"]
