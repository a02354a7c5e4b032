"""Fixes over HTTP: every form in, every form out, keys and tenants."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import orjson
import pytest

from location_cloud.access import service as access
from location_cloud.app import create_app
from location_cloud.settings import Settings
from location_cloud.tracks.read_records import write_records
from location_cloud.tracks.read_rows import read_rows

NOW_S = datetime.now(UTC).timestamp() // 1


@pytest.fixture
def client(empty_app):
    return empty_app.test_client()


def fix(ago_s=60, device="taxi-7", lon=125.1031, lat=46.5893, **more):
    return {"device": device, "time": NOW_S - ago_s, "lon": lon, "lat": lat, **more}


def post(client, *rows, **options):
    return client.post("/v1/fixes", json={"fixes": list(rows)}, **options)


def positions(client, query=""):
    return client.get(f"/v1/positions{query}").json["features"]


def test_counts_say_what_became_of_each_fix(client):
    answer = post(client, fix(), fix(), fix(50, lon=0, lat=0)).json
    assert answer["accepted"] == answer["duplicate"] == answer["quarantined"] == 1
    assert answer["reasons"] == {"zero": 1}


def test_a_position_is_told_with_what_its_device_told(client):
    post(client, fix(speed_kmh=42.5, heading_deg=90, accuracy_m=4, simulated=True))
    (found,) = positions(client)
    assert found["geometry"]["coordinates"] == [125.1031, 46.5893]
    told = found["properties"]
    assert (told["device"], told["speed_kmh"], told["heading_deg"], told["seq"]) == ("taxi-7", 42.5, 90, None)
    assert told["simulated"] is True


def test_times_may_be_iso_8601_with_zone(client):
    post(client, {**fix(), "time": "2026-11-23T15:04:05.25+08:00"})
    found = client.get("/v1/devices/taxi-7/quarantined").json["fixes"] + positions(client)
    assert "2026-11-23T07:04:05.250" in str(found)


@pytest.mark.parametrize(
    "row",
    [
        {"device": "a", "lon": 1, "lat": 2},
        {**fix(), "time": "2026-11-23T15:04:05"},
        {**fix(), "time": "noon"},
        {**fix(), "time": None},
        {**fix(), "speed": 12},
        {**fix(), "lon": "125"},
        {**fix(), "lat": None},
        {**fix(), "seq": -1},
        {**fix(), "seq": 1.5},
        {**fix(), "simulated": "yes"},
        {**fix(), "device": ""},
        {**fix(), "device": 7},
        {**fix(), "device": "a/b"},
        {**fix(), "device": "x" * 65},
        [],
    ],
)
def test_a_malformed_fix_is_refused_by_its_place_and_nothing_is_taken(client, row):
    answer = post(client, fix(), row)
    assert answer.status_code == 400
    assert "fixes[1]" in answer.json["detail"]
    assert positions(client) == []


def test_lines_of_json_are_the_same(client):
    body = b"\n".join(orjson.dumps(fix(ago)) for ago in (60, 50)) + b"\n\n"
    answer = client.post("/v1/fixes", data=body, content_type="application/x-ndjson")
    assert answer.json["accepted"] == 2


@pytest.mark.parametrize("body", [b'{"device":', b"{} {}", b'{"device":"a"},{"device":"b"}'])
def test_a_line_that_is_not_one_object_is_refused(client, body):
    assert client.post("/v1/fixes", data=body, content_type="application/x-ndjson").status_code == 400


def test_records_are_the_same_fixes_as_json(client):
    rows = [fix(60, speed_kmh=42.5, seq=9), fix(50, device="黑E·12345", accuracy_m=3.2, simulated=True)]
    body = write_records(read_rows(rows, "http"))
    assert client.post("/v1/fixes", data=body, content_type="application/octet-stream").json["accepted"] == 2
    assert post(client, *rows).json["duplicate"] == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"LCF1",
        b"LCF2\0\0\0\0",
        b"LCF1\xff\0\0\0abc",
        b"LCF1\1\0\0\0a" + b"x" * 35,
        b"LCF1\1\0\0\0\xff" + b"\0" * 36,
    ],
)
def test_malformed_records_are_refused(client, body):
    assert client.post("/v1/fixes", data=body, content_type="application/octet-stream").status_code == 400


def test_a_record_of_a_device_without_name_is_refused(client):
    body = b"LCF1\1\0\0\0a" + b"\0" * 24 + b"\1\0\0\0" + b"\0" * 8
    assert client.post("/v1/fixes", data=body, content_type="application/octet-stream").status_code == 400


def test_more_than_ten_thousand_are_refused(client):
    assert post(client, *[fix()] * 10_001).status_code == 413
    lines = b"\n".join([b"{}"] * 10_001)
    assert client.post("/v1/fixes", data=lines, content_type="application/x-ndjson").status_code == 413


def test_positions_in_another_coordinate_system_are_converted_once(client):
    post(client, fix(lon=125.1101534877, lat=46.5914039202), query_string={"crs": "gcj02"})
    (found,) = positions(client)
    assert found["geometry"]["coordinates"] == pytest.approx([125.1031, 46.5893], abs=2e-7)
    (found,) = positions(client, "?crs=gcj02")
    assert found["geometry"]["coordinates"] == pytest.approx([125.1101534877, 46.5914039202], abs=2e-7)


def test_osmand_addresses_are_taken_by_get_and_post(client):
    asked = f"/osmand?id=phone&lat=46.5893&lon=125.1031&timestamp={NOW_S - 60:.0f}&speed=10&bearing=90&altitude=150"
    assert client.get(f"{asked}&accuracy=5&batt=80").status_code == 200
    assert client.post(asked.replace(f"{NOW_S - 60:.0f}", f"{(NOW_S - 50) * 1000:.0f}")).data == b""
    history = client.get("/v1/devices/phone/fixes").json["features"]
    assert [each["properties"]["speed_kmh"] for each in history] == [36, 36]
    assert history[0]["properties"]["source"] == "osmand"


def test_owntracks_messages_are_taken_one_or_many(client):
    message = {"_type": "location", "lat": 46.5893, "lon": 125.1031, "tst": NOW_S - 60, "vel": 36, "cog": 90, "acc": 5}
    one = client.post("/owntracks", json=message, headers={"X-Limit-U": "wang", "X-Limit-D": "phone"})
    assert one.json == []
    client.post("/owntracks?u=wang&d=phone", json=[{**message, "tst": NOW_S - 50}, {"_type": "lwt", "tst": 1}])
    client.post("/owntracks", json={**message, "tst": NOW_S - 40, "topic": "owntracks/wang/phone"})
    history = client.get("/v1/devices/wang:phone/fixes").json["features"]
    assert [each["properties"]["speed_kmh"] for each in history] == [36, 36, 36]


@pytest.mark.parametrize(
    "message", [{}, [1], {"_type": "encrypted"}, {"_type": "location"}, {"_type": "location", "lat": 1}]
)
def test_owntracks_messages_that_cannot_be_read_are_refused(client, message):
    assert client.post("/owntracks", json=message).status_code == 400


def test_positions_are_found_by_box_device_and_age(client):
    post(client, fix(60, "a"), fix(60, "b", lon=126), fix(80_000, "c"))

    def names(query):
        return {each["properties"]["device"] for each in positions(client, query)}

    assert names("?bbox=125,46,125.5,47") == {"a", "c"}
    assert names("?device=a&device=b&device=nobody") == {"a", "b"}
    assert names("?max_age_s=40000") == {"a", "b"}


def test_pages_of_positions_follow_each_other(client):
    post(client, *(fix(device=f"d{number}") for number in range(5)))
    first = client.get("/v1/positions?limit=3").json
    second = client.get(f"/v1/positions?limit=3&after={first['next_after']}").json
    assert [len(first["features"]), len(second["features"]), second["next_after"]] == [3, 2, None]


def test_devices_are_listed_with_their_last_position(client):
    post(client, fix(60), fix(50), fix(device="silent", lon=0, lat=0))
    silent, taxi = client.get("/v1/devices").json["devices"]
    assert silent["last"] is None
    assert taxi["last"]["properties"]["device"] == "taxi-7"
    assert client.get("/v1/devices/taxi-7").json["last"] == taxi["last"]
    assert client.get("/v1/devices/nobody").status_code == 404


def test_an_erased_device_is_gone(client):
    post(client, fix(60), fix(50))
    assert client.delete("/v1/devices/taxi-7").json["fixes"] == 2
    assert client.get("/v1/devices/taxi-7").status_code == 404


def test_a_track_is_a_simplified_line_with_its_times(client):
    post(client, *(fix(600 - 10 * step, lon=125.1 + step * 0.001) for step in range(20)))
    track = client.get("/v1/devices/taxi-7/track").json
    assert track["geometry"]["type"] == "LineString"
    assert track["properties"]["times"] == [NOW_S - 600, NOW_S - 410]
    assert len(client.get("/v1/devices/taxi-7/track?tolerance_m=0").json["properties"]["times"]) >= 2


def test_a_silence_parts_the_track(client):
    post(client, fix(5000), fix(4990, lat=46.59), fix(60), fix(50, lat=46.59))
    track = client.get("/v1/devices/taxi-7/track").json
    assert [len(line) for line in track["geometry"]["coordinates"]] == [2, 2]
    assert client.get("/v1/devices/taxi-7/track?gap_s=10000").json["geometry"]["type"] == "LineString"


def test_a_track_of_one_fix_has_no_line(client):
    post(client, fix())
    assert client.get("/v1/devices/taxi-7/track").json["geometry"] is None


def test_a_history_is_asked_by_time_and_page(client):
    post(client, *(fix(100 - step) for step in range(10)))
    begin = datetime.fromtimestamp(NOW_S - 98, UTC).isoformat().replace("+00:00", "Z")
    first = client.get(f"/v1/devices/taxi-7/fixes?begin={begin}&limit=5").json
    second = client.get(f"/v1/devices/taxi-7/fixes?begin={first['next_begin']}&limit=5").json
    assert [len(first["features"]), len(second["features"]), second["next_begin"]] == [5, 3, None]


def test_the_stream_tells_the_newest_position_of_each_device_and_goes_on_by_id(client, monkeypatch):
    monkeypatch.setattr("location_cloud.tracks.service_stream.LASTS_S", 0.1)
    post(client, fix(60), fix(50, lat=46.59), fix(60, "bus"))
    answer = client.get("/v1/fixes/stream?after=0")
    assert answer.mimetype == "text/event-stream"
    assert answer.text.count("event: positions") == 1
    data = orjson.loads(answer.text.partition("data: ")[2])
    assert sorted(each["properties"]["device"] for each in data["features"]) == ["bus", "taxi-7"]
    again = client.get("/v1/fixes/stream", headers={"Last-Event-ID": "3"})
    assert "event:" not in again.text


def test_scopes_of_reading_and_writing_are_apart_and_tenants_do_not_meet(tmp_path):
    app = create_app(Settings(home=tmp_path, keys="always", log="off"))
    system = app.extensions["location_cloud"]
    client, now = app.test_client(), datetime.now(UTC)
    asked = (("fire", ("tracks:write",)), ("fire", ("tracks:read",)), ("oil", ("tracks:read",)))
    write, read, other = (
        {"X-API-Key": access.issue_key(system.live, tenant, "", scopes, now)[1]} for tenant, scopes in asked
    )
    assert post(client, fix(), headers=write).status_code == 200
    assert post(client, fix(), headers=read).status_code == 403
    assert client.get("/v1/positions", headers=write).status_code == 403
    assert len(client.get("/v1/positions", headers=read).json["features"]) == 1
    for path in ("/v1/positions", "/v1/devices"):
        assert "taxi" not in client.get(path, headers=other).text
    for path in ("", "/fixes", "/track", "/quarantined"):
        assert client.get(f"/v1/devices/taxi-7{path}", headers=other).status_code == 404
    system.close()


def test_a_fix_at_each_end_of_the_globe_is_stored(client):
    post(client, fix(60, "east", lon=180, lat=90), fix(60, "west", lon=-180, lat=-90))
    assert np.abs([each["geometry"]["coordinates"] for each in positions(client)]).tolist() == [[180, 90], [180, 90]]


def test_a_page_of_a_stranger_writes_no_fix_as_the_local_user(client):
    address = f"/osmand?id=taxi&lat=46.5&lon=125.1&timestamp={NOW_S}"
    assert client.get(address, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert positions(client) == []
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("end", ["0001-01-01T00:00:00%2B23:00", "9999-12-31T23:59:59-23:00"])
def test_a_time_at_the_end_of_the_calendar_is_refused(client, end):
    post(client, fix())
    for path in ("fixes", "track"):
        assert client.get(f"/v1/devices/taxi-7/{path}?end={end}").status_code == 400


@pytest.mark.parametrize("time", ["nan", "inf", "-1e400"])
def test_an_osmand_time_that_is_no_number_is_refused(client, time):
    assert client.get(f"/osmand?id=phone&lat=46.5&lon=125.1&timestamp={time}").status_code == 400
