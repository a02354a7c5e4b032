"""What people say in emergencies: encrypted at rest, masked in answers, read in clear with a record, forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import orjson
import pytest

from location_cloud.callers.model import Kept
from location_cloud.changes import Sent
from location_cloud.dispatch import service_emergencies as service
from location_cloud.dispatch import service_privacy as privacy
from location_cloud.dispatch import service_reading as reading
from location_cloud.dispatch import store
from location_cloud.dispatch.model import Unit
from location_cloud.dispatch.service_emergencies import Writer
from location_cloud.dispatch.store_emergencies import EMERGENCIES, LOG
from location_cloud.errors import NotFound, NotReady
from location_cloud.secrecy import KEY_FILE, Secrecy, load_secrecy

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DESK = Writer("desk", NOON)
SAID = {
    "category": "120",
    "lonlat": (125.1, 46.6),
    "address": "团结大街202号王小明家",
    "description": "打13812345678, 楼上",
}


@pytest.fixture
def world(live, tmp_path):
    """A store with the keys of this process."""
    kept = Kept(load_secrecy(tmp_path / KEY_FILE))
    return SimpleNamespace(live=live, home=tmp_path, overlay={"callers": kept})


def opened(world, **more):
    return service.open_emergency(world, "a", {**SAID, **more}, None, DESK)[0]


def stored(live):
    """All bytes of both tables."""
    with live.read() as connection:
        rows = [
            value
            for table in (EMERGENCIES, LOG)
            for row in connection.execute(table.select().where(table.c.tenant == "a"))
            for value in row
        ]
    return b" ".join(bytes(each) if isinstance(each, bytes | memoryview) else str(each).encode() for each in rows)


def age(live):
    """As a version that did not encrypt left them."""
    with live.write() as connection:
        words = {"address": SAID["address"], "description": SAID["description"]}
        for table, column in ((EMERGENCIES, "content"), (LOG, "fields")):
            for row in connection.execute(table.select().where(table.c.tenant == "a")).all():
                said = {"text": "13987654321"} if getattr(row, "action", "") == "note" else words
                content = orjson.dumps({**orjson.loads(bytes(row._mapping[column])), **said})
                mine = table.c.tenant == "a", table.c.id == row.id
                connection.execute(table.update().where(*mine).values({column: content, "private": None}))


# --- at rest -----------------------------------------------------------------------------------------------------


def test_nothing_that_was_said_is_in_the_store_in_clear(world, live):
    emergency = opened(world)
    service.change_emergency(world, "a", emergency.id, {"description": "他叫李雷"}, 1, DESK)
    service.add_note(world, "a", emergency.id, "13987654321 calls back", DESK)
    for personal in ("王小明", "13812345678", "李雷", "13987654321", "calls back"):
        assert personal.encode() not in stored(live)
    told = reading.read_emergency(world, "a", emergency.id, reader=Sent("k", NOON))
    assert (told["address"], told["description"]) == (SAID["address"], "他叫李雷")


def test_a_step_needs_no_key_and_keeps_what_was_said(world, live):
    with live.write() as connection:
        store.insert_unit(connection, "a", Unit("u"), NOON)
    emergency = opened(world)
    service.assign_unit(live, "a", emergency.id, "u", 60.0, DESK)
    told = reading.read_emergency(world, "a", emergency.id, reader=Sent("k", NOON))
    assert (told["version"], told["address"]) == (2, SAID["address"])


def test_without_the_key_nothing_is_told(world, live):
    emergency = opened(world)
    world.overlay = {"callers": Kept(Secrecy((bytes(32),)))}
    with pytest.raises(NotReady, match="key"):
        reading.read_emergency(world, "a", emergency.id)


def test_another_tenants_words_do_not_open(world):
    theirs = privacy.words_of(world, "a").sealed(service.Emergency("110", (0.0, 0.0), NOON, address="x"))
    with pytest.raises(NotReady):
        privacy.words_of(world, "b").opened(theirs)


def test_what_was_kept_in_clear_is_encrypted_and_reads_the_same(world, live, tmp_path):
    emergency = opened(world)
    service.add_note(world, "a", emergency.id, "x", DESK)
    age(live)
    before = reading.read_emergency(world, "a", emergency.id)
    assert b"13812345678" in stored(live)
    assert privacy.seal_old(live, tmp_path, "") == 3
    assert privacy.seal_old(live, tmp_path, "") == 0
    assert b"13812345678" not in stored(live)
    assert reading.read_emergency(world, "a", emergency.id) == before
    texts = [each.fields.get("text") for each in reading.list_log(world, "a", emergency.id, 0, 10, Sent("k", NOON))]
    assert texts == [None, "13987654321"]
    live.close()
    for file in tmp_path.glob("live.sqlite*"):  # not in pages that are free now, either
        assert b"13812345678" not in file.read_bytes()


def test_old_rows_that_change_before_they_are_encrypted_lose_nothing(world, live):
    emergency = opened(world)
    age(live)
    service.add_note(world, "a", emergency.id, "x", DESK)
    told = reading.read_emergency(world, "a", emergency.id, reader=Sent("k", NOON))
    assert told["description"] == SAID["description"]


# --- forgotten ---------------------------------------------------------------------------------------------------


def test_what_is_over_is_forgotten_in_time_and_what_is_open_is_not(world, live):
    over, still = opened(world), opened(world)
    reading.read_emergency(world, "a", over.id, reader=Sent("k", NOON + timedelta(days=90)))
    service.change_emergency(world, "a", over.id, {"status": "closed"}, 1, DESK)
    assert privacy.forget(live, 180, NOON + timedelta(days=179)) == 0
    assert privacy.forget(live, 180, NOON + timedelta(days=181)) == 1
    with pytest.raises(NotFound):
        reading.list_log(world, "a", over.id, 0, 10)
    assert reading.read_emergency(world, "a", still.id)["status"] == "open"
    assert [each.who for each in privacy.list_reads(live, "a", over.id, 0, 10)] == ["k"]
    assert privacy.forget(live, 180, NOON + timedelta(days=300)) == 1


# --- told --------------------------------------------------------------------------------------------------------


def test_answers_are_masked_and_clear_ones_take_a_scope_and_are_written_down(desk):
    emergency = desk.open(description="打13812345678", address="平安路7号")
    path = f"/v1/emergencies/{emergency['id']}"
    desk.ask("POST", f"{path}/log", {"text": "13987654321回电"}, 201)
    assert (emergency["description"], emergency["address"]) == ("打138****5678", "平安路7号")
    assert desk.ask("GET", "/v1/emergencies")["emergencies"][0]["description"] == "打138****5678"
    entries = desk.ask("GET", f"{path}/log")["entries"]
    assert [entries[0]["fields"]["description"], entries[1]["fields"]["text"]] == ["打138****5678", "139****4321回电"]
    plain = desk.issue("rescue:desk")
    for query in ("?clear=true", "/log?clear=true"):
        assert plain("GET", path + query).status_code == 403
    assert desk.ask("GET", f"{path}/reads")["reads"] == []
    told = desk.ask("GET", f"{path}?clear=true")
    assert (told["description"], told["is_clear"]) == ("打13812345678", True)
    assert desk.ask("GET", f"{path}/log?clear=true")["entries"][1]["fields"]["text"] == "13987654321回电"
    assert desk.ask("GET", f"{path}?clear=true&as_of=2100-01-01T00:00:00Z")["description"] == "打13812345678"
    assert len(desk.ask("GET", f"{path}/reads")["reads"]) == 3


def test_an_edit_of_what_was_told_masked_keeps_the_number(desk):
    emergency = desk.open(description="打13812345678")
    path = f"/v1/emergencies/{emergency['id']}"
    desk.ask("PATCH", path, {"description": emergency["description"] + ", 三楼"}, If_Match="*")
    assert desk.ask("GET", f"{path}?clear=true")["description"] == "打13812345678, 三楼"
