"""Calls as they are kept: encrypted, masked, read in clear with a record of it, and forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from location_cloud.callers import service_calls, store
from location_cloud.callers.model import Said, Told
from location_cloud.changes import Sent
from location_cloud.errors import Denied, NotFound, Unprocessable
from tests.callers.aml_vectors import SIGNED, V1
from tests.callers.conftest import NOW

HOUSE = (125.0110, 46.5003)
CALL = Told(number="13812345678", words="有人受伤, 打13912345678", said=Said(point=HOUSE, accuracy_m=30), source="120")


def add(town, told=CALL, tenant="a", now=NOW):
    return service_calls.add_call(town, tenant, told, Sent("desk", now))[0]


def test_a_call_comes_back_masked_with_its_place(town):
    call = service_calls.get_call(town, "a", add(town).id)
    assert (call.private.number, call.private.words) == ("138****5678", "有人受伤, 打139****5678")
    assert call.located["position"] == [*HOUSE]
    assert "297号" in call.located["address"]["words"]
    assert (call.received_at, call.source) == (NOW, "120")


def test_nothing_personal_is_in_the_store_in_clear(town, live):
    add(town, Told(number="13812345678", words="我叫王小明", said=Said(aml=V1, sms="收到13800001111发来的诈骗短信")))
    with live.read() as connection:
        rows = connection.execute(store.CALLS.select().where(store.CALLS.c.tenant == "a")).all()
    stored = b" ".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in rows[0]
    )
    for personal in ("13812345678", "王小明", "208201771948415", "353472104343540", "13800001111"):
        assert personal.encode() not in stored


def test_words_that_name_no_place_are_not_repeated_in_clear(town, live):
    add(town, Told(words="我叫王小明救救我"))
    with live.read() as connection:
        content = connection.execute(sa.select(store.CALLS.c.content).where(store.CALLS.c.tenant == "a")).scalar_one()
    assert "王小明".encode() not in bytes(content)


def test_reading_in_clear_is_written_down(town, live):
    call = add(town)
    assert service_calls.read_in_clear(town, "a", call.id, "key1", NOW).private.number == "13812345678"
    reads = service_calls.list_reads(live, "a", call.id, 0, 10)
    assert [(each.who, each.at) for each in reads] == [("key1", NOW)]
    assert service_calls.list_reads(live, "b", call.id, 0, 10) == []


def test_another_tenant_sees_no_call_and_cannot_open_its_data(town):
    call = add(town)
    for ask in (service_calls.get_call, lambda *a: service_calls.read_in_clear(*a, "key2", NOW)):
        with pytest.raises(NotFound):
            ask(town, "b", call.id)
    assert service_calls.list_calls(town, "b", None, None, 0, 10) == []


def test_calls_are_listed_masked_by_time_and_page(town):
    ids = [add(town, now=NOW + timedelta(minutes=each)).id for each in range(3)]
    found = service_calls.list_calls(town, "a", NOW + timedelta(minutes=1), None, 0, 10)
    assert [each.id for each in found] == ids[1:]
    assert {each.private.number for each in found} == {"138****5678"}
    assert [each.id for each in service_calls.list_calls(town, "a", None, NOW, 0, 10)] == []
    assert [each.id for each in service_calls.list_calls(town, "a", None, None, ids[0], 1)] == [ids[1]]


def test_a_call_that_nobody_can_place_is_kept_and_says_why(town):
    call = add(town, Told(number="13812345678", said=Said(aml="no message")))
    assert call.located is None
    assert "AML" in call.warnings[0]
    clear = service_calls.read_in_clear(town, "a", call.id, "k", NOW)
    assert clear.private.messages == {"aml": "no message"}


def test_words_alone_are_placed(town):
    assert add(town, Told(words="喂我在团结大街297号这边有人受伤了快来")).located["position"] == [*HOUSE]


def test_the_same_key_takes_a_call_once(town):
    sent = Sent("desk", NOW, "uuid")
    first, is_new = service_calls.add_call(town, "a", CALL, sent)
    again, is_new_again = service_calls.add_call(town, "a", CALL, sent)
    assert (first.id, is_new, is_new_again) == (again.id, True, False)
    with pytest.raises(Unprocessable, match="Idempotency-Key"):
        service_calls.add_call(town, "a", Told(number="110"), sent)
    assert service_calls.add_call(town, "b", CALL, sent)[1]


def test_a_phones_message_finds_the_call_from_its_number(town):
    voice = add(town, Told(number="+336 1122-3344"))
    sent = Sent("phone", NOW + timedelta(seconds=20), "aml:1")
    phone, _ = service_calls.take_form(town, "a", Told(said=Said(aml_form=SIGNED)), sent)
    assert phone.same_number == (voice.id,)
    assert service_calls.get_call(town, "a", voice.id).same_number == (phone.id,)
    late = add(town, Told(number="+33611223344"), now=NOW + timedelta(days=2))
    assert late.same_number == ()


def test_an_unproven_form_is_no_call(town):
    with pytest.raises(Denied):
        service_calls.take_form(town, "a", Told(said=Said(aml_form=SIGNED + "0")), Sent("phone", NOW, "aml:1"))
    assert service_calls.list_calls(town, "a", None, None, 0, 10) == []


def test_calls_and_their_reads_are_forgotten_in_time(town, live):
    old, young = add(town), add(town, now=NOW + timedelta(days=100))
    service_calls.read_in_clear(town, "a", old.id, "k", NOW + timedelta(days=90))
    assert service_calls.forget(live, 180, NOW + timedelta(days=181)) == 1
    assert [each.id for each in service_calls.list_calls(town, "a", None, None, 0, 10)] == [young.id]
    assert len(service_calls.list_reads(live, "a", old.id, 0, 10)) == 1
    assert service_calls.forget(live, 180, NOW + timedelta(days=300)) == 2


def test_the_index_of_numbers_is_used(town, live):
    add(town)
    if live.dialect != "sqlite":
        return
    with live.read() as connection:
        plan = connection.execute(
            sa.text("EXPLAIN QUERY PLAN SELECT id FROM calls WHERE tenant = 'a' AND mark = 'x' AND received > 0")
        ).all()
    assert "calls_mark" in str(plan)
