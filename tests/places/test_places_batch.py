"""Bodies of many questions: each line is answered as it would be alone."""

from threading import BoundedSemaphore

import orjson
import pytest

from location_cloud.http import web

STATION, CHURCH = "24.9414,60.1719", "24.9522,60.1706"
GEOCODE, REVERSE = "/v1/geocode/batch", "/v1/reverse/batch"


def ask(client, path, body, media_type="application/x-ndjson", **query):
    data = body if isinstance(body, bytes) else body.encode()
    answer = client.post(path, data=data, content_type=media_type, query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "application/x-ndjson"
    return [orjson.loads(line) for line in answer.get_data().splitlines()]


def names(line):
    return [feature["properties"]["name"] for feature in line["answer"]["features"]]


def test_lines_are_answered_in_order_with_their_own_ids(client):
    body = '{"id":"b","q":"Mannerheimintie 10"}\n\n{"id":7,"q":"Aleksanterinkatu 44"}\n"让胡路区"'
    first, second, third = ask(client, GEOCODE, body)
    assert [(line["line"], line["id"]) for line in (first, second, third)] == [(1, "b"), (3, 7), (4, None)]
    assert [names(line) for line in (first, second, third)] == [
        ["Mannerheimintie 10"],
        ["Aleksanterinkatu 44"],
        ["让胡路区"],
    ]


def test_a_line_is_answered_as_the_question_alone(client):
    alone = client.get("/v1/geocode", query_string={"q": "Mannerheimintie 1", "limit": 4}).get_json()
    (line,) = ask(client, GEOCODE, '{"q":"Mannerheimintie 1","limit":4}')
    assert line["answer"] == alone


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ('{"q":', 400),
        ("7", 400),
        ('{"q":"x","nonsense":1}', 400),
        ('{"limit":1}', 400),
        ('{"q":"x","focus":[200,0]}', 400),
        ('{"q":"x","crs":"mars"}', 400),
        ('{"id":{},"q":"x"}', 400),
        ('{"q":"qqqq wwww zzzz"}', 422),
        ('{"q":"！？"}', 400),
        ('{"q":"' + "x" * 201 + '"}', 400),
    ],
)
def test_a_bad_line_is_one_error_line(wrong, status, client):
    good = '{"q":"Aleksanterinkatu 44"}'
    before, bad, after = ask(client, GEOCODE, f"{good}\n{wrong}\n{good}")
    assert before["answer"] == after["answer"]
    assert (bad["line"], bad["error"]["status"]) == (2, status)
    assert bad["error"]["detail"]
    assert bad["error"]["hint"]


def test_a_line_that_is_no_utf_8_is_one_error_line(client):
    bad, good = ask(client, GEOCODE, b'{"q":"\xff\xfe"}\n{"q":"Aleksanterinkatu 44"}')
    assert (bad["error"]["status"], names(good)) == (400, ["Aleksanterinkatu 44"])
    bad, good = ask(client, GEOCODE, b"id,q\n1,\xff\xfe\n2,Aleksanterinkatu 44\n", "text/csv")
    assert (bad["error"]["status"], names(good)) == (400, ["Aleksanterinkatu 44"])


def test_a_table_is_read_by_its_heading(client):
    body = '\ufeffid,q,focus\n1,"Mannerheimintie 10",\n2,"Mannerheim\nintie 10","24.94,60.17"\n3,让胡路区,'
    lines = ask(client, GEOCODE, body, "text/csv; charset=utf-8")
    assert [(line["line"], line["id"]) for line in lines] == [(2, "1"), (3, "2"), (5, "3")]
    assert names(lines[2]) == ["让胡路区"]


def test_a_long_id_is_one_error_line_in_every_form(client):
    long = "x" * 201
    (line,) = ask(client, GEOCODE, f'{{"id":"{long}","q":"站"}}')
    (row,) = ask(client, GEOCODE, f"id,q\n{long},站\n", "text/csv")
    assert (line["error"]["status"], row["error"]["status"]) == (400, 400)


def test_a_list_is_read_as_its_items(client):
    first, second = ask(client, GEOCODE, '[{"id":1,"q":"让胡路区"}, "Aleksanterinkatu 44"]', "application/json")
    assert (first["id"], second["line"], names(second)) == (1, 2, ["Aleksanterinkatu 44"])


def test_parameters_hold_for_lines_that_do_not_say_otherwise(client):
    none, three = ask(client, REVERSE, f'"{STATION}"\n{{"at":"{STATION}","limit":3}}', limit=0)
    assert len(names(three)) == len(names(none)) + 3
    plain, shifted = ask(client, GEOCODE, '{"q":"让胡路区","crs":"wgs84"}\n{"q":"让胡路区"}', crs="gcj02")
    (lon, _), (shifted_lon, _) = (line["answer"]["features"][0]["geometry"]["coordinates"] for line in (plain, shifted))
    assert 0.005 < shifted_lon - lon < 0.008
    assert (plain["answer"]["crs"], shifted["answer"]["crs"]) == ("wgs84", "gcj02")


def test_positions_are_put_into_words_as_each_alone(client):
    alone = [client.get(f"/v1/reverse?at={at}").get_json() for at in (STATION, CHURCH)]
    body = f'{{"at":[{STATION}]}}\n{{"at":"{CHURCH}"}}\n"{CHURCH}"\n{{"at":"{CHURCH}","profile":"dispatch"}}'
    lines = ask(client, REVERSE, body, language="en")
    assert [line["answer"] for line in lines[:3]] == [alone[0], alone[1], alone[1]]
    assert lines[3]["answer"]["dispatch"]["words"]


def test_one_wrong_position_is_one_error_line(client):
    wrong, good = ask(client, REVERSE, '{"at":[60.17,224.9]}\n{"at":[24.9414,60.1719]}')
    assert (wrong["error"]["status"], good["answer"]["type"]) == (400, "FeatureCollection")


@pytest.mark.parametrize("path", [GEOCODE, REVERSE])
@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"", "application/x-ndjson", 400),
        (b"\n \n", "application/x-ndjson", 400),
        (b"{}", "application/json", 400),
        (b"[", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"id,q\n", "text/csv", 400),
        (b"id,q\xff\n1,a\n", "text/csv", 400),
        (b'id,q\n"', "text/plain", 400),
        (b"{}\n" * 10_001, "application/x-ndjson", 413),
        (b"1\n" * 3_999_999, "application/x-ndjson", 413),
        (b"q\n" + b"x\n" * 10_001, "text/csv", 413),
        (b"[" + b"1," * 10_000 + b"1]", "application/json", 413),
        (b" " * 8_000_001, "application/x-ndjson", 413),
    ],
)
def test_a_body_that_is_no_list_or_too_long_is_refused_whole(body, media_type, status, path, client):
    assert client.post(path, data=body, content_type=media_type).status_code == status


def test_no_more_answers_are_sent_at_once_than_threads_can_wait_for(client, monkeypatch):
    monkeypatch.setattr(web, "STREAMS", BoundedSemaphore(1))
    asked = {"data": '{"at":"24.9414,60.1699"}', "content_type": "application/x-ndjson"}
    first, second = client.post(REVERSE, **asked, buffered=False), client.post(REVERSE, **asked)
    assert (first.status_code, second.status_code) == (200, 503)
    first.close()
    assert client.post(REVERSE, **asked).status_code == 200
