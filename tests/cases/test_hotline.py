"""Orders of the hotline 12345 over HTTP: added once, answered within their band."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.cases.conftest import PLACE, POTHOLE

CALLED = datetime.fromisoformat("2026-11-20T10:00:00+00:00")
"""A Friday evening in China: bands are hours of the clock."""


def order(centre, status=201, **more):
    body = {"order": "12345-1", "class": POTHOLE, "at": PLACE, "received_at": CALLED.isoformat(), **more}
    return centre.ask("POST", "/v1/cases/all/hotline", body, status)


def due(case):
    return datetime.fromisoformat(case["deadline"]) - CALLED


def test_an_order_is_a_case_of_the_hotline_whose_time_is_that_of_its_band(centre):
    shipped = centre.ask("GET", "/v1/limits")["shipped"]["hotline"]
    assert shipped == {"urgent": "2 hour", "utilities": "24 hour", "ordinary": "168 hour", "difficult": "360 hour"}
    for band, limit in shipped.items():
        case = order(centre, order=band, band=band)
        assert (case["source"], case["source_id"], case["band"]) == ("hotline", band, band)
        assert due(case) == timedelta(hours=int(limit.split()[0]))


def test_the_time_of_a_band_runs_from_the_call_also_when_it_is_filed_later(centre):
    case = centre.walk(order(centre, band="urgent"), "accept", "file")
    assert due(case) == timedelta(hours=2)
    assert case["lamp"] == "red"


def test_an_order_is_added_once_and_another_word_is_refused(centre):
    first = order(centre)
    assert order(centre)["id"] == first["id"]
    assert order(centre, 409, description="another")["case"] == first["id"]


def test_a_tenant_sets_and_adds_bands(centre):
    centre.ask("PUT", "/v1/limits/any.urgent.hotline", {"limit": "1 hour"})
    centre.ask("PUT", "/v1/limits/any.lasting.hotline", {"limit": "30 work_day"})
    assert due(order(centre, band="urgent")) == timedelta(hours=1)
    assert order(centre, order="2", band="lasting")["limit"] == "30 work_day"
    assert "lasting" in order(centre, 422, order="3", band="never")["hint"]
    centre.ask("PUT", "/v1/limits/E0112.urgent.hotline", {"limit": "1 hour"}, 400)


def test_who_called_is_in_no_answer(centre):
    case = order(centre, caller={"name": "王芳", "phone": "13812345678"})
    assert "13812345678" not in str(case) + str(centre.timeline(case))
    assert centre.ask("GET", f"/v1/cases/{case['id']}/reporter")["name"] == "王芳"
