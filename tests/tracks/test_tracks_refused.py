"""What the store refuses, or cannot take now, when it comes from a broker; and the password for that."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import orjson
import pytest

from location_cloud.errors import Full, TooLarge
from location_cloud.settings import Settings
from location_cloud.tracks import service, service_mqtt
from location_cloud.tracks.jobs import forget_fixes
from location_cloud.tracks.read_rows import read_rows
from location_cloud.tracks.service_keeping import Keeping, forget
from location_cloud.tracks.service_mqtt import Message, store_messages
from tests.tracks.conftest import NOW, fix


def messages(*rows):
    return [Message("fixes/1", orjson.dumps(row), number, 1) for number, row in enumerate(rows)]


def test_fixes_that_are_refused_for_good_do_not_end_the_following(live, tmp_path, monkeypatch):
    monkeypatch.setattr(service, "MOST_DEVICES", 1)
    assert store_messages(messages(fix(0), fix(5, 50)), live, tmp_path, "a", lambda: NOW) == 2
    assert store_messages(messages(fix(0, device="one more")), live, tmp_path, "a", lambda: NOW) == 0
    assert store_messages(messages(fix(9, 60)), live, tmp_path, "a", lambda: NOW) == 1


def test_a_full_disk_refuses_nothing_for_good(live, tmp_path, monkeypatch):
    if live.dialect != "sqlite":
        pytest.skip("only SQLite can be told how large it may grow")
    monkeypatch.setattr(service_mqtt, "RETRY_S", 0.01)
    many = messages(*(fix(second, second) for second in range(2000)))
    with live.write(counted=False) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # as large as it is now
    with pytest.raises(Full):
        store_messages(many, live, tmp_path, "a", lambda: NOW, should_stop=lambda: True)
    with live.write(counted=False) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert store_messages(many, live, tmp_path, "a", lambda: NOW) == 2000


def test_the_password_of_a_broker_may_stand_in_the_environment(tmp_path):
    environ = {**os.environ, "LOCATION_CLOUD_HOME": str(tmp_path), "MQTT_PASSWORD": "secret"}
    command = [sys.executable, "-m", "location_cloud", "tracks", "mqtt", "--port", "1"]
    found = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (found.returncode, "cannot be reached" in found.stderr) == (2, True)


@pytest.mark.parametrize(("rounded_m", "left"), [(0, 1), (500, 0)])
def test_what_is_set_aside_is_not_kept_exactly_longer_than_the_rest(live, tmp_path, rounded_m, left):
    rows = [fix(0), fix(5, accuracy_m=5000)]
    service.store_fixes(live, tmp_path, "a", read_rows(rows, "http"), NOW)
    forget(live, Keeping(30, 7, rounded_m), NOW + timedelta(days=8))
    assert len(list(service.list_aside(live, "a", "taxi", 10))) == left


def test_a_feed_holds_every_vehicle_or_says_that_it_cannot(live, tmp_path, monkeypatch):
    monkeypatch.setattr(service, "MOST_FIXES", 4)
    for part in range(3):
        rows = [fix(0, device=f"bus {part} {number}") for number in range(3)]
        service.store_fixes(live, tmp_path, "a", read_rows(rows, "http"), NOW)
    assert [len(page) for page in service.all_last_positions(live, "a", 0.0)] == [4, 4, 1]
    monkeypatch.setattr(service, "MOST_POSITIONS", 8)
    with pytest.raises(TooLarge):
        list(service.all_last_positions(live, "a", 0.0))


def test_positions_are_looked_through_for_rounding_once_a_day(live, tmp_path):
    settings = Settings(home=tmp_path, tracks_exact_days=0, tracks_rounded_m=500)
    context = SimpleNamespace(live=live, settings=settings, clock=lambda: now, should_stop=lambda: False, memory={})
    seen = []
    for hours in (1, 2, 30):
        now = NOW + timedelta(hours=hours)
        service.store_fixes(live, tmp_path, "a", read_rows([fix(hours, 1234.5 + hours)], "http"), NOW)
        forget_fixes(context)
        fixes, _ = service.history(live, "a", "taxi", 0, 1e11, 10)
        seen.append(int((fixes.accuracy_m > 700).sum()))
    assert seen == [1, 1, 3]
