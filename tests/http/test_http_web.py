from __future__ import annotations

import orjson
import pytest

from location_cloud.app import create_app
from location_cloud.errors import NotReady
from location_cloud.settings import Settings


def problem(answer):
    assert answer.mimetype == "application/problem+json"
    found = orjson.loads(answer.data)
    assert {"type", "title", "status", "detail", "hint"} <= found.keys()
    assert found["status"] == answer.status_code
    return found


def test_an_unknown_parameter_is_refused_with_the_known_ones(client):
    answer = client.get("/v1/areas?att=125.1,46.6")
    assert answer.status_code == 400
    assert "at" in problem(answer)["hint"]


def test_a_value_out_of_range_is_refused_with_the_range(client):
    answer = client.get("/v1/suggest?q=a&limit=0")
    assert answer.status_code == 400
    assert "greater than or equal to 1" in problem(answer)["detail"]


def test_swapped_coordinates_are_named_as_such(client):
    answer = client.get("/v1/route?from=46.6,125.1&to=24.94,60.17")
    assert answer.status_code == 400
    assert "lat,lon" in problem(answer)["detail"]


def test_a_parameter_given_twice_is_refused(client):
    assert client.get("/v1/geocode?q=a&q=b").status_code == 400


@pytest.mark.parametrize("path", ["/nowhere", "/v1", "/tiles/base/1/2", "/v1/areas/", "/%00", "/../etc/passwd"])
def test_an_unknown_address_is_a_problem_document(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    problem(answer)


def test_a_wrong_method_names_the_right_ones(client):
    answer = client.post("/health")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    problem(answer)


def test_every_reply_names_its_request_and_its_time(client):
    answer = client.get("/v1/datasets", headers={"X-Request-Id": "call-7"})
    assert answer.headers["X-Request-Id"] == "call-7"
    assert "total;dur=" in answer.headers["Server-Timing"]


def test_a_reply_names_the_snapshot_and_the_live_version(client, app):
    answer = client.get("/v1/datasets")
    world = app.extensions["location_cloud"].worlds.current()
    assert answer.headers["Location-Cloud-Snapshot"] == world.snapshot.id
    assert answer.headers["Location-Cloud-Live-Version"] == str(world.live.version())


def test_an_unchanged_answer_is_a_304(client):
    first = client.get("/v1/datasets")
    again = client.get("/v1/datasets", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get("/v1/datasets", headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_coordinate_system_is_echoed(client):
    assert client.get("/v1/areas?at=125.1031,46.5893").json["crs"] == "wgs84"
    assert client.get("/v1/areas?at=125.1101534877,46.5914039202&crs=gcj02").json["crs"] == "gcj02"


BODY = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [125.1, 46.6]}, "properties": {}}


def post(client, content, **options):
    options.setdefault("content_type", "application/json")
    return client.post("/v1/layers/wells/features", data=content, **options)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"type": NaN}',
        b'{"type": 1e999}',
        b"[" * 2000 + b"]" * 2000,
        b'{"type":"Feature","geometry":' + b'{"a":' * 100 + b"1" + b"}" * 100 + b"}",
        b'"text"',
        b"\xff\xfe",
    ],
)
def test_a_body_that_is_not_a_feature_is_refused(empty_app, content):
    answer = post(empty_app.test_client(), content)
    assert answer.status_code == 400
    problem(answer)


def test_a_body_of_another_type_is_refused(empty_app):
    answer = post(empty_app.test_client(), orjson.dumps(BODY), content_type="text/plain")
    assert answer.status_code == 400


def test_an_oversized_body_is_refused_before_it_is_read(empty_app):
    answer = post(empty_app.test_client(), b" " * 10_000_001)
    assert answer.status_code == 413
    problem(answer)


def test_a_long_query_is_refused(client):
    assert client.get("/v1/geocode?q=" + "a" * 65_000).status_code == 413


def test_an_answer_before_the_first_import_says_how_to_import(empty_app):
    answer = empty_app.test_client().get("/v1/geocode?q=a")
    assert answer.status_code == 503
    assert "location-cloud import" in problem(answer)["hint"]


def test_an_unexpected_error_shows_a_request_id_and_no_more(empty_app, monkeypatch, caplog):
    def explode(*_):
        raise RuntimeError("secret inside")

    monkeypatch.setattr("location_cloud.layers.service.list_layers", explode)
    answer = empty_app.test_client().get("/v1/layers", headers={"X-Request-Id": "case-9"})
    assert answer.status_code == 500
    assert "case-9" in problem(answer)["hint"]
    assert b"secret" not in answer.data
    assert "case-9" in caplog.text


def test_a_page_of_a_stranger_cannot_read_the_api_through_loopback(client):
    assert client.get("/v1/datasets", headers={"Host": "attacker.example"}).status_code == 401
    assert client.get("/v1/datasets", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401
    assert client.get("/v1/datasets", headers={"Host": "localhost:8000"}).status_code == 200


def test_no_answer_may_be_sniffed_or_framed(client):
    headers = client.get("/v1/datasets").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_the_best_guess_of_a_problem_is_in_the_asked_coordinate_system_too(client):
    plain = client.get("/v1/geocode?q=赛尔图吧啦吧啦吧啦")
    shifted = client.get("/v1/geocode?q=赛尔图吧啦吧啦吧啦&crs=gcj02")
    assert (plain.status_code, shifted.status_code, shifted.json["crs"]) == (422, 422, "gcj02")
    assert plain.json["partial"]["lonlat"] != shifted.json["partial"]["lonlat"]


def test_a_missing_parameter_is_called_missing(client):
    assert problem(client.get("/v1/geocode"))["detail"] == "q is missing"


def test_a_weakened_validator_still_means_unchanged(client):
    etag = client.get("/v1/datasets").headers["ETag"]
    assert client.get("/v1/datasets", headers={"If-None-Match": f"W/{etag}"}).status_code == 304


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("zh-TW,zh;q=0.9,en;q=0.8", "沿"), ("en-GB", "Head"), ("de", "沿"), ("de,en;q=0.5", "Head")],
)
def test_the_nearest_language_is_spoken(client, wanted, language):
    answer = client.get("/v1/route?from=24.9384,60.1699&to=24.9458,60.1640", headers={"Accept-Language": wanted})
    assert answer.json["routes"][0]["legs"][0]["steps"][0]["instruction"].startswith(language)


def test_a_double_slash_is_no_address(client):
    assert client.get("//v1/datasets").status_code == 404


# --- other origins ----------------------------------------------------------------------------------


@pytest.fixture
def shared_app(tmp_path):
    """A server that a page of another origin may ask, with a key."""
    app = create_app(Settings(home=tmp_path, log="off", keys="always", cors_origins=("https://city.example",)))
    yield app
    app.extensions["location_cloud"].close()


def test_a_page_of_an_allowed_origin_may_send_its_key(shared_app):
    headers = {"Origin": "https://city.example", "Access-Control-Request-Method": "POST"}
    answer = shared_app.test_client().options("/v1/layers/wells/features", headers=headers)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://city.example"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "X-API-Key" in answer.headers["Access-Control-Allow-Headers"]


def test_a_page_of_another_origin_may_not(shared_app):
    answer = shared_app.test_client().options("/v1/layers", headers={"Origin": "https://else.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_route_is_answered_while_the_live_store_is_away(client, app, monkeypatch):
    def away():
        raise NotReady("the database does not answer")

    monkeypatch.setattr(app.extensions["location_cloud"].live, "version", away)
    answer = client.get("/v1/route?from=24.9431,60.1663&to=24.9507,60.1740")
    assert answer.status_code == 200
    assert answer.headers["Location-Cloud-Live-Version"] == "unknown"
