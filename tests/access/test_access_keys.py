from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from location_cloud.access import service
from location_cloud.access.model import Caller, new_key_text, parse_key
from location_cloud.app import create_app, open_store
from location_cloud.errors import KeyNeeded
from location_cloud.settings import Settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def live(tmp_path):
    store = open_store(Settings(home=tmp_path))
    yield store
    store.close()


@pytest.mark.parametrize(
    ("scopes", "asked", "may"),
    [
        ({"areas:read"}, "areas:read", True),
        ({"areas:read"}, "areas:write", False),
        ({"areas:*"}, "areas:write", True),
        ({"*:read"}, "roads:read", True),
        ({"*:read"}, "roads:write", False),
        ({"*"}, "roads:write", True),
        (set(), "", True),
        (set(), "areas:read", False),
    ],
)
def test_a_scope_opens_what_it_names(scopes, asked, may):
    assert Caller("a", frozenset(scopes)).may(asked) is may


def test_a_key_stands_for_its_tenant(live):
    _, text = service.issue_key(live, "fire-brigade", "app", ("*:read",), NOW)
    assert service.Keyring(live).caller(text, NOW).tenant == "fire-brigade"


def test_the_secret_is_not_stored(live):
    key, text = service.issue_key(live, "a", "", ("*",), NOW)
    assert text not in repr(service.list_keys(live, "a"))
    assert key.secret_hash not in text


@pytest.mark.parametrize(
    "change", [lambda text: text[:-1], lambda text: text + "x", lambda text: "lc_no_key", str.upper]
)
def test_a_changed_key_opens_nothing(live, change):
    _, text = service.issue_key(live, "a", "", ("*",), NOW)
    with pytest.raises(KeyNeeded):
        service.Keyring(live).caller(change(text), NOW)


def test_an_expired_key_opens_nothing(live):
    _, text = service.issue_key(live, "a", "", ("*",), NOW, expires=NOW + timedelta(days=1))
    keyring = service.Keyring(live)
    assert keyring.caller(text, NOW).tenant == "a"
    with pytest.raises(KeyNeeded):
        keyring.caller(text, NOW + timedelta(days=1))


def test_a_revoked_key_opens_nothing_after_a_second(live, monkeypatch):
    key, text = service.issue_key(live, "a", "", ("*",), NOW)
    keyring = service.Keyring(live)
    keyring.caller(text, NOW)
    assert service.revoke_key(live, key.id, NOW)
    monkeypatch.setattr(service, "REVOCATION_S", 0.0)
    with pytest.raises(KeyNeeded):
        keyring.caller(text, NOW)


def test_a_key_text_is_recognised_as_ours():
    key_id, text = new_key_text()
    assert parse_key(text) == key_id
    assert parse_key("sk_live_12345") is None


@pytest.fixture
def public(tmp_path):
    """A server that listens beyond loopback."""
    app = create_app(Settings(home=tmp_path, host="0.0.0.0", log="off"))
    yield app
    app.extensions["location_cloud"].close()


def keyed(app, tenant, *scopes):
    live = app.extensions["location_cloud"].live
    _, text = service.issue_key(live, tenant, "", scopes, NOW)
    return {"X-API-Key": text}


def test_beyond_loopback_everyone_needs_a_key(public):
    answer = public.test_client().get("/v1/layers")
    assert answer.status_code == 401
    assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert "location-cloud keys add" in answer.json["hint"]


@pytest.mark.parametrize("way", ["X-API-Key", "Authorization", "query"])
def test_a_key_may_come_three_ways(public, way):
    text = keyed(public, "a", "*:read")["X-API-Key"]
    if way == "query":
        answer = public.test_client().get(f"/v1/layers?key={text}")
    else:
        answer = public.test_client().get(
            "/v1/layers", headers={way: f"Bearer {text}" if way == "Authorization" else text}
        )
    assert answer.status_code == 200


def test_a_key_without_the_scope_is_denied(public):
    answer = public.test_client().get("/v1/layers", headers=keyed(public, "a", "maps:read"))
    assert answer.status_code == 403
    assert "layers:read" in answer.json["detail"]


def test_health_needs_no_key(public):
    assert public.test_client().get("/health").status_code == 503


def test_a_wrong_key_is_refused_even_on_loopback(empty_app):
    assert empty_app.test_client().get("/v1/layers", headers={"X-API-Key": "lc_a_b"}).status_code == 401


def test_no_key_reaches_the_log(tmp_path, capsys):
    app = create_app(Settings(home=tmp_path, host="0.0.0.0"))
    text = keyed(app, "a", "*:read")["X-API-Key"]
    app.test_client().get(f"/v1/layers?key={text}")
    app.extensions["location_cloud"].close()
    printed = capsys.readouterr().err
    assert '"path":"/v1/layers"' in printed
    assert text not in printed
