from datetime import timedelta

import numpy as np
import pytest

from location_cloud.app import utc_now
from location_cloud.directions.live import RECORD
from tests.directions.live_client import asked
from tests.directions.live_home import ABC, AD, CF, both_ways, home_of_map

__all__ = ["asked", "home_of_map"]  # fixtures

BINARY = "application/octet-stream"


def minutes(asked, key=""):
    """How long the trip from A to C takes, in minutes."""
    start, end = asked.place(AD, north=0.9), asked.place(CF, north=0.9)
    body = {"sources": [start], "targets": [end]}
    return asked("POST", "/v1/matrix", body, key).json["durations_s"][0][0] / 60


def say(asked, kmh, key="", **more):
    answer = asked("POST", "/v1/speeds", {"speeds": dict.fromkeys(both_ways(asked.city, ABC), kmh), **more}, key)
    assert answer.status_code == 200, answer.json
    asked.city.derive()
    return answer.json


def records(asked, kmh):
    """The whole city at one speed."""
    edges = np.arange(2 * asked.city.roads.segment_count)
    body = np.zeros(len(edges), RECORD)
    body["way"], body["kmh"] = asked.city.roads.seg_way[edges // 2], kmh
    body["place"] = 2 * asked.city.roads.seg_position[edges // 2] + edges % 2
    return body.tobytes()


def send(asked, body, query="", key=""):
    answer = asked("POST", f"/v1/speeds{query}", None, key, data=body, content_type=BINARY)
    asked.city.derive()
    return answer


def test_measured_speeds_are_driven_and_taken_back(asked):
    before = minutes(asked)
    assert say(asked, 10.0)["edges"] == 2
    slow = minutes(asked)
    assert slow > before
    assert asked("DELETE", "/v1/speeds").json["edges"] == 2
    asked.city.derive()
    assert minutes(asked) == before


def driven(asked, what):
    """What the annotations say of the edges of road ABC, from one place on it to another."""
    body = {"places": [{"lonlat": asked.place(ABC, east=east)} for east in (0.2, 0.8)]}
    (leg,) = asked("POST", "/v1/route?annotations=true", body).json["routes"][0]["legs"]
    said = leg["annotations"]
    return {one for way, one in zip(said["way"], said[what]) if way == ABC}


@pytest.mark.parametrize(
    ("share", "level"), [(1.2, "low"), (0.9, "low"), (0.6, "moderate"), (0.5, "heavy"), (0.4, "severe")]
)
def test_an_edge_is_as_congested_as_it_is_slower_than_when_free(asked, share, level):
    (free_kmh,) = driven(asked, "speed_kmh")
    assert driven(asked, "congestion") == {"unknown"}
    say(asked, free_kmh * share)
    assert driven(asked, "congestion") == {level}


def test_records_and_words_say_the_same(asked):
    answer = send(asked, records(asked, 12.0), "?source=probe")
    assert (answer.status_code, answer.json["edges"], answer.json["unknown"]) == (200, 8, 0)
    by_records = minutes(asked)
    asked("DELETE", "/v1/speeds")
    keys = [each for way in (1, 2, 3, 4) for each in both_ways(asked.city, way)]
    asked("POST", "/v1/speeds", {"speeds": dict.fromkeys(keys, 12.0)})
    asked.city.derive()
    assert minutes(asked) == by_records


def test_what_is_known_is_told_by_source_and_profile(asked):
    until = (utc_now() + timedelta(hours=1)).isoformat()
    say(asked, 20.0, source="probe", until=until)
    send(asked, records(asked, 30.0), "?source=loops")
    told = asked("GET", "/v1/speeds").json
    assert told["edges"] == 8
    assert {each["source"]: each["edges"] for each in told["sources"]} == {"loops": 8, "probe": 2}
    versions = {each["profile"]: each["metric_version"] for each in told["metrics"]}
    assert versions["car"] == asked.city.network().version


def test_an_edge_of_no_road_is_counted_as_unknown(asked):
    answer = asked("POST", "/v1/speeds", {"speeds": {"999:0:f": 30.0, both_ways(asked.city, ABC)[0]: 30.0}})
    assert (answer.json["edges"], answer.json["unknown"]) == (2, 1)


def test_speeds_count_for_a_quarter_of_an_hour_if_nobody_says_for_how_long(asked):
    say(asked, 10.0)
    until = asked.app.json.loads(asked("GET", "/v1/speeds").data)["sources"][0]["until"]
    assert until[:15] in {(utc_now() + timedelta(minutes=15, seconds=s)).isoformat()[:15] for s in (-30, 0)}


def test_another_tenant_neither_sees_nor_takes_them_back(asked):
    before = minutes(asked, asked.other)
    say(asked, 10.0)
    assert asked("GET", "/v1/speeds", key=asked.other).json["edges"] == 0
    assert asked("DELETE", "/v1/speeds", key=asked.other).json["edges"] == 0
    assert minutes(asked, asked.other) == before
    assert asked("GET", "/v1/speeds").json["edges"] == 2


def test_another_tenants_speeds_are_driven_by_itself_and_named(asked):
    before = minutes(asked)
    say(asked, 10.0, asked.other)
    assert minutes(asked) == before
    assert minutes(asked, asked.other) > before
    told = asked("GET", "/v1/speeds", key=asked.other).json["metrics"]
    body = {"sources": [asked.place(AD)], "targets": [asked.place(CF)]}
    made = asked("POST", "/v1/matrix", body, asked.other).json
    assert made["metric_version"] in {each["metric_version"] for each in told}


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_key_that_may_read_may_not_tell_speeds(asked, method):
    body = {"speeds": {"1:0:f": 30}} if method == "POST" else None
    assert asked(method, "/v1/speeds", body, asked.reader).status_code == 403


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"speeds": {}}, "at least 1"),
        ({"speeds": {"nonsense": 30}}, "no key of a road"),
        ({"speeds": {"1:0:f": 400}}, "outside"),
        ({"speeds": {f"{way}:0:f": 30 for way in range(20_001)}}, "at most 20000"),
        ({"speeds": {"1:0:f": 30}, "until": "2001-01-01T00:00:00Z"}, "next 1 day"),
        ({"speeds": {"1:0:f": 30}, "source": "a b"}, "pattern"),
    ],
)
def test_what_cannot_be_speeds_is_refused_with_the_reason(asked, body, said):
    answer = asked("POST", "/v1/speeds", body)
    assert answer.status_code == 400
    assert said in answer.json["detail"]


@pytest.mark.parametrize(("body", "said"), [(b"", "no speeds"), (b"x" * 17, "multiple of 16")])
def test_a_binary_body_that_holds_no_records_is_refused(asked, body, said):
    answer = send(asked, body)
    assert answer.status_code == 400
    assert said in answer.json["detail"]


def test_a_body_above_the_ceiling_is_refused(asked):
    assert send(asked, b"\0" * 40_000_016).status_code == 413


def test_another_media_type_is_refused_with_those_that_are_read(asked):
    answer = asked("POST", "/v1/speeds", None, data=b"x", content_type="text/plain")
    assert answer.status_code == 400
    assert "application/json or application/octet-stream" in answer.json["hint"]


def test_a_worker_that_slept_forgets_what_was_taken_back_and_joined(asked):
    """Batches and their taking back are joined before it looks again."""
    say(asked, 10.0, key=asked.other)
    slow = minutes(asked, asked.other)
    asked("POST", "/v1/speeds", {"speeds": dict.fromkeys(both_ways(asked.city, ABC)[:1], 0)}, asked.other)
    for n in range(40):
        asked("POST", "/v1/speeds", {"speeds": {f"{900 + n}:0:f": 30}}, asked.other)
    assert asked("GET", "/v1/speeds", key=asked.other).json["edges"] == 1
    assert minutes(asked, asked.other) < slow
