"""Open311 GeoReport v2 over HTTP: services, requests, tokens, errors, who may read what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from location_cloud.cases import service_open311
from location_cloud.cases.service_tokens import forget_tokens
from tests.cases.conftest import PLACE, POTHOLE, WAY, Centre
from tests.cases.spark import spark

BASE = "/open311/v2"
LAMP = "0118"
WHERE = {"lat": str(PLACE[1]), "long": str(PLACE[0])}
FORM = "application/x-www-form-urlencoded"


def post(centre: Centre, form: str = "json", status: int = 201, key: str | None = None, **fields: Any) -> Any:
    """What a report is answered with; its key in the form, as clients send it."""
    said = {"api_key": centre.key if key is None else key, "service_code": POTHOLE, **fields}
    body = urlencode(said, doseq=True)
    answer = centre.app.test_client().post(f"{BASE}/requests.{form}", data=body, content_type=FORM)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return spark(answer.data) if form == "xml" else answer.json


def report(centre: Centre, **fields: Any) -> str:
    """The id of a new request in the demo city."""
    return str(post(centre, **{**WHERE, **fields})[0]["service_request_id"])


def get(centre: Centre, path: str, expected: int = 200, /, key: bool = True, **query: Any) -> Any:
    """An answer, which is the same in both forms."""
    sent = {"X-API-Key": centre.key} if key else {}
    answers = [
        centre.app.test_client().get(f"{BASE}/{path}.{form}", query_string=query, headers=sent)
        for form in ("xml", "json")
    ]
    assert [answer.status_code for answer in answers] == [expected, expected], answers[1].get_data(as_text=True)
    assert spark(answers[0].data) == answers[1].json
    assert [answer.content_type for answer in answers] == ["text/xml; charset=utf-8", "application/json; charset=utf-8"]
    return answers[1].json


def ids(found: Any) -> list[str]:
    return [each["service_request_id"] for each in found]


# --- services -----------------------------------------------------------------------------------------------------


def test_discovery_names_the_endpoint_to_everybody(centre):
    told = get(centre, "discovery", key=False)
    (endpoint,) = told["endpoints"]
    assert endpoint["url"] == "http://localhost/open311/v2"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert told["contact"]
    assert told["key_service"]


def test_discovery_changes_when_a_service_does(centre):
    before = get(centre, "discovery")["changeset"]
    centre.ask("PUT", "/v1/classes/E0112", {"merge_radius_m": 30})
    assert get(centre, "discovery")["changeset"] > before


def test_services_are_the_classes_that_may_be_reported(centre):
    centre.ask("PUT", f"/v1/classes/{LAMP}", {"is_active": False})
    found = {each["service_code"]: each for each in get(centre, "services")}
    assert LAMP not in found
    assert found[POTHOLE]["group"] == "市容环境"
    assert found[POTHOLE]["service_name"] == "道路破损"
    assert "Broken road surface" in found[POTHOLE]["keywords"]
    assert get(centre, f"services/{LAMP}", 404)[0]["code"] == 404


def test_names_come_in_the_language_that_is_asked_for(centre):
    path, sent = f"{BASE}/services.json", {"X-API-Key": centre.key, "Accept-Language": "en"}
    answer = centre.app.test_client().get(path, headers=sent)
    assert {each["group"] for each in answer.json} >= {"City appearance"}
    assert "Accept-Language" in answer.headers["Vary"]


def test_a_definition_asks_what_the_tenant_asks(centre):
    lane = {"code": "LANE", "datatype": "singlevaluelist", "required": True, "description": {"en": "Which lane?"}}
    values = [{"key": "left", "name": {"en": "left"}}, {"key": "right", "name": {"en": "right"}}]
    told = centre.ask("PUT", "/v1/classes/E0112", {"attributes": [{**lane, "values": values}]})
    assert told["attributes"][0]["values"] == values
    asked = get(centre, f"services/{POTHOLE}")["attributes"]
    assert [(each["code"], each["variable"], each["order"]) for each in asked] == [
        ("about", False, 1),
        ("LANE", True, 2),
    ]
    assert post(centre, status=400, **WHERE)[0]["description"].startswith("attribute[LANE] is missing")
    made = report(centre, **{"attribute[LANE]": "left"})
    assert centre.ask("GET", f"/v1/cases/{made}")["attributes"] == {"LANE": "left"}


def test_several_values_of_one_attribute_are_kept(centre):
    several = {"code": "S", "datatype": "multivaluelist", "description": {"en": "Which?"}}
    values = [{"key": key, "name": {"en": key}} for key in "abc"]
    centre.ask("PUT", "/v1/classes/E0112", {"attributes": [{**several, "values": values}]})
    made = report(centre, **{"attribute[S][]": ["a", "c"]})
    assert centre.ask("GET", f"/v1/cases/{made}")["attributes"] == {"S": ["a", "c"]}


# --- reported -----------------------------------------------------------------------------------------------------


def test_a_request_is_a_case_of_the_same_number(centre):
    (told,) = post(centre, "xml", **WHERE, description="hole\r\nby the school", address_string="Main street 1")
    assert set(told) == {"service_request_id", "service_notice", "account_id"}
    case = centre.ask("GET", f"/v1/cases/{told['service_request_id']}")
    assert (case["source"], case["stage"], case["lonlat"]) == ("open311", "reported", PLACE)
    assert (case["description"], case["address"]) == ("hole\nby the school", "Main street 1")
    assert case["citizen"] is True


def test_the_published_report_is_taken(centre):
    told = {"kind": "event", "names": {"en": "Sinkhole"}, "department": "roads"}
    asked = [{"code": code, "datatype": "string", "description": {"en": code}} for code in ("WHISPAWN", "WHISDORN")]
    centre.ask("PUT", "/v1/classes/001", {**told, "attributes": asked})
    fields = {
        "service_code": "001",
        "lat": "37.76524078",
        "long": "-122.4212043",
        "address_string": "1234 5th street",
        "email": "smit333@sfgov.edu",
        "device_id": "tt222111",
        "account_id": "123456",
        "first_name": "john",
        "last_name": "smith",
        "phone": "111111111",
        "description": "A large sinkhole is destroying the street",
        "media_url": "http://farm3.static.flickr.com/2002/2212426634_5ed477a060.jpg",
        "attribute[WHISPAWN]": "123456",
        "attribute[WHISDORN]": "COISL001",
    }
    (made,) = post(centre, "xml", **fields)
    (found,) = get(centre, f"requests/{made['service_request_id']}")
    assert found["service_code"] == "001"
    assert found["description"] == fields["description"]
    assert found["media_url"] == fields["media_url"]
    assert (found["lat"], found["long"]) == (37.7652408, -122.4212043)
    assert centre.ask("GET", f"/v1/cases/{found['service_request_id']}/reporter") == {
        "case": int(found["service_request_id"]),
        "name": "john smith",
        "phone": "111111111",
        "email": "smit333@sfgov.edu",
        "account": "123456",
        "device": "tt222111",
    }


def test_nothing_of_the_reporter_is_in_a_public_answer(centre):
    secret = {"email": "wang@example.cn", "phone": "13812345678", "first_name": "Fang", "last_name": "Wang"}
    made = report(centre, **secret, account_id="acc-77", device_id="dev-88", description="ring 13812345678")
    text = str(
        [
            get(centre, f"requests/{made}", extensions="true"),
            get(centre, "requests"),
            get(centre, "servicerequestupdates"),
        ]
    )
    assert made in text
    for part in (*secret.values(), "acc-77", "dev-88", centre.key):
        assert part not in text


@pytest.mark.parametrize(
    ("fields", "status", "word"),
    [
        ({"service_code": ""}, 400, "service_code"),
        ({"service_code": "NONE"}, 404, "service_code"),
        ({"lat": "", "long": ""}, 400, "location"),
        ({"lat": ""}, 400, "lat"),
        ({"lat": "91"}, 400, "lat"),
        ({"lat": "", "long": "", "address_id": "12"}, 400, "address_id"),
        ({"jurisdiction_id": "elsewhere.gov"}, 404, "jurisdiction_id"),
        ({"jurisdiction_id": "city.gov"}, 404, "jurisdiction_id"),
        ({"attribute[X]": "1"}, 400, "attribute[X]"),
        ({"colour": "red"}, 400, "colour"),
    ],
)
@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_report_that_does_not_fit_is_refused_in_the_form_of_the_protocol(centre, fields, status, word, form):
    (error,) = post(centre, form, status, **{**WHERE, **fields})
    assert error["code"] == status
    assert word in error["description"]


def test_a_report_needs_a_key_that_may_write(centre):
    assert post(centre, key="", status=403, **WHERE)[0]["code"] == 403
    assert post(centre, key="lc_0_0", status=403, **WHERE)[0]["code"] == 403
    assert post(centre.issue("*:read"), status=403, **WHERE)[0]["code"] == 403
    assert post(centre.issue("cases:write"), **WHERE)


def test_a_page_in_a_browser_on_this_machine_needs_a_key_to_report(client):
    form = urlencode({"service_code": "NONE", **WHERE})
    refused = client.post(f"{BASE}/requests.json", data=form, content_type=FORM, headers={"Origin": "http://evil.test"})
    assert refused.status_code == 403
    assert client.post(f"{BASE}/requests.json", data=form, content_type=FORM).status_code == 404


def test_a_body_that_is_no_form_is_refused(centre):
    answer = centre("POST", f"{BASE}/requests.json", json={"service_code": POTHOLE})
    assert (answer.status_code, answer.json[0]["code"]) == (400, 400)
    long = centre.app.test_client().post(f"{BASE}/requests.xml", data=b"x" * 90_000, content_type=FORM)
    assert (long.status_code, spark(long.data)[0]["code"]) == (400, 413)


def test_a_report_sent_twice_under_one_key_is_added_once(centre):
    client, body = centre.app.test_client(), urlencode({"api_key": centre.key, "service_code": POTHOLE, **WHERE})
    sent = [
        client.post(f"{BASE}/requests.json", data=body, content_type=FORM, headers={"Idempotency-Key": "a"})
        for _ in range(2)
    ]
    assert sent[0].json == sent[1].json
    assert sent[1].headers["Idempotent-Replayed"] == "true"


def test_a_key_reports_so_many_a_day_and_no_more(centre, monkeypatch):
    monkeypatch.setattr(service_open311, "MOST_A_DAY", 2)
    report(centre)
    report(centre)
    assert post(centre, status=400, **WHERE)[0]["code"] == 413
    report(centre.issue("cases:write"))


def test_an_address_id_is_a_component_and_the_request_is_about_it(centre):
    at = [24.9460, 60.1691]
    lamp = centre.ask("POST", "/v1/components", {"class": LAMP, "at": at, "id": "2306020118000001"}, 201)
    made = report(centre, service_code=LAMP, address_id=lamp["id"], lat="", long="")
    (found,) = get(centre, f"requests/{made}")
    assert (found["address_id"], [found["long"], found["lat"]]) == (lamp["id"], at)
    assert centre.ask("GET", f"/v1/cases/{made}")["component"] == lamp["id"]
    by_attribute = report(centre, service_code=LAMP, **{"attribute[component]": lamp["id"]})
    assert centre.ask("GET", f"/v1/cases/{by_attribute}")["component"] == lamp["id"]
    assert post(centre, status=400, **WHERE, service_code=LAMP, **{"attribute[component]": "7"})[0]["code"] == 422


# --- tokens -------------------------------------------------------------------------------------------------------


def test_an_address_alone_gets_a_token_until_an_acceptor_places_it(centre):
    (told,) = post(centre, "xml", address_string="by the old mill", phone="13812345678", description="hole")
    token = told["token"]
    assert "service_request_id" not in told
    assert get(centre, f"tokens/{token}") == [{"service_request_id": None, "token": token}]
    (waiting,) = centre.ask("GET", "/v1/cases/all/unplaced")["requests"]
    assert (waiting["token"], waiting["address"], waiting["class"]) == (token, "by the old mill", POTHOLE)
    assert "13812345678" not in str(waiting)
    case = centre.ask("POST", f"/v1/cases/all/unplaced/{token}", {"at": PLACE}, 201)
    assert (case["lonlat"], case["address"], case["source"]) == (PLACE, "by the old mill", "open311")
    assert get(centre, f"tokens/{token}") == [{"service_request_id": str(case["id"]), "token": token}]
    assert centre.ask("GET", "/v1/cases/all/unplaced")["requests"] == []
    assert centre.ask("GET", f"/v1/cases/{case['id']}/reporter")["phone"] == "13812345678"
    assert case["created_at"] == waiting["reported_at"]


def test_an_address_of_one_house_is_placed_at_once(centre):
    made = report(centre, lat="", long="", address_string="Aleksanterinkatu 44, Helsinki")
    (found,) = get(centre, f"requests/{made}")
    assert (found["lat"], found["long"]) == pytest.approx((60.1687974, 24.9459553), abs=1e-6)


def test_an_address_that_may_be_anywhere_waits_with_a_suggestion(centre):
    for address in ("Mannerheimintie", "xyzzy"):
        assert post(centre, address_string=address)[0]["token"]
    street, nowhere = centre.ask("GET", "/v1/cases/all/unplaced")["requests"]
    assert street["suggested"]["is_sure"] is False
    assert street["suggested"]["lonlat"] == pytest.approx([24.94, 60.17], abs=0.01)
    assert nowhere["suggested"] is None


def test_a_request_is_placed_once(centre):
    token = post(centre, address_string="mill")[0]["token"]
    path = f"/v1/cases/all/unplaced/{token}"
    first = centre.ask("POST", path, {"at": PLACE}, 201)
    assert centre.ask("POST", path, {"at": PLACE}, 201)["id"] == first["id"]
    assert centre.ask("POST", path, {"at": [24.9, 60.1]}, 409)["case"] == first["id"]
    assert centre.ask("DELETE", path, None, 409)["case"] == first["id"]


def test_a_request_that_is_none_is_discarded(centre, other_centre):
    token = post(centre, address_string="buy cheap")[0]["token"]
    path = f"/v1/cases/all/unplaced/{token}"
    other_centre.ask("DELETE", path, None, 404)
    centre.issue("cases:write", "cases:read").ask("DELETE", path, None, 403)
    centre.issue("cases:write", "cases:read").ask("GET", "/v1/cases/all/unplaced", None, 403)
    assert centre.ask("DELETE", path) == {"removed": token}
    assert get(centre, f"tokens/{token}", 404)[0]["code"] == 404


def test_a_token_sent_twice_is_one(centre):
    body = urlencode({"api_key": centre.key, "service_code": POTHOLE, "address_string": "mill"})
    client = centre.app.test_client()
    sent = [
        client.post(f"{BASE}/requests.json", data=body, content_type=FORM, headers={"Idempotency-Key": "t"}).json
        for _ in range(2)
    ]
    assert sent[0] == sent[1]
    assert len(centre.ask("GET", "/v1/cases/all/unplaced")["requests"]) == 1


# --- looked up ----------------------------------------------------------------------------------------------------


def test_requests_come_newest_first_page_by_page(centre):
    made = [report(centre) for _ in range(3)]
    assert ids(get(centre, "requests")) == made[::-1]
    assert ids(get(centre, "requests", page=2, page_size=2)) == made[:1]
    assert get(centre, "requests", page=9, page_size=2) == []
    assert get(centre, "requests", 400, page=1000)[0]["code"] == 400


def test_requests_are_chosen_by_id_service_status_and_time(centre):
    first, second = report(centre), report(centre, service_code="E0101")
    centre.act(int(second), "reject", text="no")
    assert ids(get(centre, "requests", service_request_id=f"{first},x,999999999", status="closed")) == [first]
    assert ids(get(centre, "requests", service_code="E0101,E0102")) == [second]
    assert ids(get(centre, "requests", status="open")) == [first]
    assert ids(get(centre, "requests", status="closed")) == [second]
    assert ids(get(centre, "requests", status="open,closed")) == [second, first]
    (found,) = get(centre, f"requests/{first}")
    at = found["requested_datetime"]
    assert ids(get(centre, "requests", start_date=at, end_date=at, status="open")) == [first]
    assert get(centre, "requests", end_date="2020-01-01T00:00:00Z") == []
    assert get(centre, "requests", 404, service_code="NONE")[0]["code"] == 404


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"},
        {"start_date": "2026-01-01"},
        {"status": "lost"},
        {"lat": "1"},
        {"bbox": "1,2,3,4", "lat": "1", "long": "2", "radius": "3"},
        {"page_size": "1001"},
        {"colour": "red"},
        {"service_request_id": ",".join(["7"] * 1001)},
    ],
)
def test_a_question_that_does_not_fit_is_refused(centre, query):
    assert get(centre, "requests", 400, **query)[0]["code"] in (400, 413)


def test_an_empty_parameter_counts_as_left_out(centre):
    made = report(centre)
    blank = dict.fromkeys(
        ("service_code", "start_date", "end_date", "status", "bbox", "lat", "page", "jurisdiction_id"), ""
    )
    assert ids(get(centre, "requests", **blank)) == [made]


def test_requests_are_found_in_a_box_and_round_a_point(centre):
    near, far = report(centre), report(centre, lat="60.1700")  # 111 m further north
    assert ids(get(centre, "requests", bbox="24.9,60.1,25,60.1695")) == [near]
    assert ids(get(centre, "requests", lat=PLACE[1], long=PLACE[0], radius=100)) == [near]
    assert ids(get(centre, "requests", lat=PLACE[1], long=PLACE[0], radius=120)) == [far, near]
    assert ids(get(centre, "requests", lat=PLACE[1], long=PLACE[0], radius=120, page=2, page_size=1)) == [near]


def test_a_request_tells_its_stage_and_when_it_changed(centre):
    case = centre.walk(centre.report(), *WAY)
    (told,) = get(centre, f"requests/{case['id']}")
    assert (told["status"], told["status_notes"]) == ("closed", "已结案")
    assert told["agency_responsible"] == "roads"
    assert told["updated_datetime"] == case["closed_at"][:19] + "Z"
    assert told["expected_datetime"] == case["deadline"][:19] + "Z"


def test_extensions_tell_grid_cell_stage_lamp_and_history(centre):
    case = centre.walk(centre.report(simulated=True), "accept", "file")
    (plain,) = get(centre, f"requests/{case['id']}")
    assert not {"extended_attributes", "notes"} & set(plain)
    assert plain["status_notes"] == "已立案 (模拟数据)"
    (told,) = get(centre, "requests", extensions="true")
    assert told["extended_attributes"]["stage"] == "filed"
    assert told["extended_attributes"]["beidou"] == case["beidou"]
    assert told["extended_attributes"]["lamp"] == "green"
    assert told["extended_attributes"]["simulated"] is True
    assert [note["type"] for note in told["notes"]] == ["report", "accept", "file"]
    assert {**plain, "extended_attributes": told["extended_attributes"], "notes": told["notes"]} == told


def test_updates_are_the_steps_in_their_order(centre):
    case = centre.walk(centre.report(), "accept")
    centre.act(case, "note", text="secret word")
    other = report(centre)
    told = get(centre, "servicerequestupdates")
    assert ids(told) == [str(case["id"]), str(case["id"]), other]
    assert "secret word" not in str(told)
    assert ids(get(centre, "servicerequestupdates", page=2, page_size=2)) == [other]
    assert get(centre, "servicerequestupdates", end_date="2020-01-01T00:00:00Z") == []


def test_what_a_citizen_adds_is_in_the_timeline_once_and_in_no_public_answer(centre):
    made = report(centre)
    form = {
        "api_key": centre.key,
        "service_request_id": made,
        "update_id": "77",
        "description": "it is deeper now",
        "status": "OPEN",
        "email": "wang@example.cn",
        "media_url": "http://a.example/1.jpg",
    }
    client = centre.app.test_client()
    path = f"{BASE}/servicerequestupdates"
    sent = [client.post(f"{path}.{kind}", data=urlencode(form), content_type=FORM) for kind in ("xml", "xml", "json")]
    centre.act(int(made), "accept")
    sent.append(client.post(f"{path}.json", data=urlencode(form), content_type=FORM))
    assert [answer.status_code for answer in sent] == [201, 201, 201, 201]
    assert spark(sent[0].data) == spark(sent[1].data) == sent[2].json == sent[3].json
    note, _ = centre.timeline({"id": made})[-2:]
    assert (str(note["number"]), note["action"]) == (sent[2].json[0]["update_id"], "note")
    assert note["fields"]["text"] == "it is deeper now\nhttp://a.example/1.jpg"
    assert "deeper" not in str(get(centre, "servicerequestupdates")) + str(get(centre, "requests", extensions="true"))
    assert "wang" not in str(centre.timeline({"id": made}))
    for wrong, status in (({"description": "other"}, 400), ({"service_request_id": "9" * 9, "update_id": ""}, 404)):
        answer = client.post(f"{path}.json", data=urlencode({**form, **wrong}), content_type=FORM)
        assert answer.status_code == status, answer.json


# --- who may read -------------------------------------------------------------------------------------------------


def test_a_public_jurisdiction_is_read_without_a_key_and_no_other(centre_app, centre):
    city = Centre(centre_app, "city", "").issue("*")
    mine, theirs = report(centre), report(city)
    assert ids(get(centre, f"requests/{theirs}", key=False, jurisdiction_id="city.gov")) == [theirs]
    assert get(centre, f"requests/{theirs}", 404, key=False, jurisdiction_id="village.gov")[0]["code"] == 404
    assert get(centre, f"requests/{mine}", 404, key=False, jurisdiction_id="city.gov")[0]["code"] == 404
    assert get(centre, "requests", 400, key=False)[0]["description"].startswith("jurisdiction_id is missing")
    assert get(centre, "services", 404, key=False, jurisdiction_id=centre.tenant)[0]["code"] == 404
    assert ids(get(centre, "requests", jurisdiction_id=centre.tenant)) == [mine]
    assert get(centre, "services", 403, key=False, api_key="lc_0_0")[0]["code"] == 403


def test_a_key_reads_its_own_tenant_with_its_scope_and_no_area(centre, other_centre):
    made = report(centre)
    assert get(other_centre, f"requests/{made}", 404)[0]["code"] == 404
    assert get(centre.issue("maps:read"), "requests", 403)[0]["code"] == 403
    assert get(centre.issue("cases:read", "cases:area=230602"), "requests", 403)[0]["code"] == 403
    assert ids(get(centre.issue("cases:read"), "requests")) == [made]


def test_cases_about_people_are_reported_but_never_told(centre):
    (told,) = post(centre, service_code="V0107", **WHERE)
    assert set(told) == {"service_notice", "account_id"}
    (case,) = centre.ask("GET", "/v1/cases?class=V0107")["cases"]
    assert get(centre, "requests") == []
    assert get(centre, f"requests/{case['id']}", 404)[0]["code"] == 404
    assert get(centre, "servicerequestupdates") == []
    centre.ask("PUT", "/v1/classes/V0107", {"is_public": True})
    assert ids(get(centre, "requests")) == [str(case["id"])]


def test_a_request_without_a_place_is_forgotten_with_the_reporters(centre):
    token = post(centre, address_string="mill")[0]["token"]
    now = datetime.now(UTC)
    forget_tokens(centre.live, 1, now)
    assert get(centre, f"tokens/{token}")
    assert forget_tokens(centre.live, 1, now + timedelta(days=2)) >= 1
    assert get(centre, f"tokens/{token}", 404)
