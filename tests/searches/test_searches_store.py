"""Searches in the store, on each database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from location_cloud.changes import Sent
from location_cloud.errors import Conflict
from location_cloud.searches import store
from location_cloud.searches.lattice import box_around, metre_lattice
from location_cloud.searches.model import Find, LayerReport, Search, Subject

AT = (125.1031, 46.5893)
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def drawn(**more):
    lattice = metre_lattice(AT, box_around(AT, 100), 10)
    return Search("走失", Subject("hiker", last_seen_at=NOW), AT, "LKP", lattice, "winter", **more)


def insert(live, tenant="a", **more):
    with live.write() as connection:
        return store.insert_search(connection, tenant, drawn(**more), NOW)


def test_a_search_comes_back_as_it_was_written(live):
    find = Find(NOW, AT, 12.5, "well", 0.9, None)
    stored = insert(live, layers=(LayerReport("distance", 1.0),), warnings=("flat",), find=find, rest_of_world=0.1)
    with live.read() as connection:
        assert store.find_search(connection, "a", stored.id) == stored
    assert replace(stored, id=0, change=0, created_at=None, updated_at=None) == drawn(
        layers=(LayerReport("distance", 1.0),), warnings=("flat",), find=find, rest_of_world=0.1
    )


def test_the_slower_of_two_changes_is_refused(live):
    stored = insert(live)
    with live.write() as connection:
        assert store.change_search(connection, "a", stored, NOW).version == 2
    with pytest.raises(Conflict), live.write() as connection:
        store.change_search(connection, "a", stored, NOW)


def test_tenants_see_their_own(live):
    stored = insert(live)
    with live.read() as connection:
        assert store.find_search(connection, "b", stored.id) is None
        assert store.list_searches(connection, "b", (), 0, 10) == []
        assert store.find_blob(connection, "b", stored.id, "map") is None


def test_a_blob_holds_from_its_version_on(live):
    stored = insert(live)
    with live.write() as connection:
        for version, data in ((1, b"one"), (3, b"three")):
            store.put_blob(connection, "a", stored.id, "segments", version, data)
    with live.read() as connection:
        found = [store.find_blob(connection, "a", stored.id, "segments", version) for version in (None, 2, 3, 0)]
    assert found == [(3, b"three"), (1, b"one"), (3, b"three"), None]


def test_the_log_is_read_by_time_and_by_number(live):
    stored = insert(live)
    with live.write() as connection:
        for step in range(3):
            sent = Sent("me", NOW + timedelta(hours=step), f"key{step}", "d")
            store.append_log(connection, "a", stored, "clue", f"token{step}", {"step": step}, sent)
    with live.read() as connection:
        tokens = store.list_tokens(connection, "a", stored.id, (NOW + timedelta(hours=1)).timestamp())
        lines = store.list_lines(connection, "a", stored.id, tokens[0][0], tokens[-1][0])
        assert store.find_request(connection, "a", "key2").fields == {"step": 2}
    assert [token for _, _, _, token in tokens] == ["token0", "token1"]
    assert [line.fields["step"] for line in lines] == [1]


def test_a_senders_key_is_used_once(live):
    stored = insert(live)
    with live.write() as connection:
        store.append_log(connection, "a", stored, "clue", "t", {}, Sent("me", NOW, "key", "d"))
    with pytest.raises(Conflict), live.write() as connection:
        store.append_log(connection, "a", stored, "clue", "u", {}, Sent("me", NOW, "key", "d"))
