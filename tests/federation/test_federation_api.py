"""The addresses of the exchange: who may call, which signatures count, what is told of peers and copies."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import orjson
import pytest

from location_cloud.access.service import issue_key
from location_cloud.app import create_app, utc_now
from location_cloud.errors import Unprocessable
from location_cloud.federation.model import Agreement, Batch, Contact, Key, LineError, Message, Peer
from location_cloud.federation.service_line import HttpLine
from location_cloud.federation.signing import name_of_secret, sign
from location_cloud.federation.wire import read_batch, write_batch
from location_cloud.settings import Settings
from tests.conftest import copy_home

PLACE = [24.9458, 60.1690]
ORIGIN = "00000000000000aa"
SECRET = "s" * 40
AGREED = {"sends": ["cases", "classes"], "takes": ["cases"], "roles": ["leader"], "secret": SECRET}
TOLD = {"id": 7, "version": 3, "number": "20261123-7", "stage": "filed", "class": "E0112", "lonlat": PLACE}
TOLD |= {"area": "230602001", "deadline": "2026-01-02T00:00:00Z", "warn_at": "2026-01-01T00:00:00Z"}
TOLD |= {"closed_at": None, "suspended_since": None}
ENTRY = {"number": 1, "version": 1, "at": "2026-11-23T08:00:00Z", "action": "report"}


@dataclass
class City:
    """One tenant of a served city, and the village as a test plays it."""

    app: object
    tenant: str
    key: str
    secret: str = SECRET
    late_s: float = 0.0

    def __call__(self, method, path, json=None, data=None, **headers):
        told = {"X-API-Key": self.key, **{name.replace("_", "-"): value for name, value in headers.items()}}
        sent = {"json": json} if data is None else {"data": data, "content_type": "application/octet-stream"}
        return self.app.test_client().open(path, method=method, headers=told, **sent)

    def ask(self, method, path, json=None, status=200, **headers):
        answer = self(method, path, json, **headers)
        assert answer.status_code == status, answer.json
        return answer.json

    def signed(self, method, path, body, **changed):
        now = utc_now().timestamp() + self.late_s
        key = Key(name_of_secret(self.secret), self.secret, 0.0)
        headers = {**sign(key, method, path, body, now, secrets.token_hex(16)), **changed}
        return self(method, path, data=body, **{name.replace("-", "_"): value for name, value in headers.items()})

    def exchange(self, *messages, origin=ORIGIN, path="/v1/federation/village/exchange", **changed):
        batch = write_batch(Batch(origin, utc_now().timestamp(), messages))
        return self.signed("POST", path, batch, **changed)

    def tell(self, number=1, **more):
        content = {"case": {**TOLD, **more}, "files": [], "entries": [ENTRY]}
        answer = self.exchange(Message("case", "7", number, content))
        assert answer.status_code == 200, answer.json
        return read_batch(answer.data).results[0]


@pytest.fixture(scope="module")
def app(demo_home, tmp_path_factory):
    home = copy_home(demo_home, tmp_path_factory.mktemp("federation"))
    flask = create_app(Settings(home=home, log="off", keys="always"))
    yield flask
    flask.extensions["location_cloud"].close()


@pytest.fixture
def city(app):
    tenant = f"t{secrets.token_hex(6)}"
    live = app.extensions["location_cloud"].live
    found = City(app, tenant, issue_key(live, tenant, "test", ("*",), utc_now())[1])
    found.ask("PUT", "/v1/federation/village", AGREED)
    return found


def test_a_case_that_a_peer_tells_is_listed_with_origin_and_lamp(city):
    assert city.tell().fate == "taken"
    (copy,) = city.ask("GET", "/v1/federation/village/cases?stage=filed&area=230602&bbox=24.9,60.1,25,60.2")["copies"]
    assert (copy["origin"], copy["lamp"], copy["overdue"]) == (ORIGIN, "red", True)
    assert city.ask("GET", "/v1/federation/village/cases?open=false")["copies"] == []
    assert city.ask("GET", "/v1/federation/village/cases/7/timeline")["entries"] == [ENTRY]
    assert city.ask("GET", "/v1/federation/village/cases/8", status=404)


def test_an_older_state_never_replaces_a_newer_one(city):
    city.tell(5, stage="closed")
    assert city.tell(4, stage="handling").fate == "taken"
    assert city.ask("GET", "/v1/federation/village/cases/7")["case"]["stage"] == "closed"


@pytest.mark.parametrize(
    "changed",
    [
        {"Federation-Signature": "0" * 64},
        {"Federation-Key": "0" * 16},
        {"Federation-Nonce": "x"},
        {"Federation-Time": ""},
    ],
)
def test_what_is_not_signed_rightly_is_refused(city, changed):
    assert city.exchange(**changed).status_code == 403


def test_another_secret_path_or_peer_is_refused(city):
    city.secret = "t" * 40
    assert city.exchange().status_code == 403
    city.secret = SECRET
    assert city.exchange(path="/v1/federation/nobody/exchange").status_code == 403


def test_the_same_request_again_is_refused(city):
    nonce = {"Federation-Nonce": "ab" * 16}
    batch = write_batch(Batch(ORIGIN, 0.0))
    path = "/v1/federation/village/exchange"
    key = Key(name_of_secret(SECRET), SECRET, 0.0)
    headers = sign(key, "POST", path, batch, utc_now().timestamp(), nonce["Federation-Nonce"])
    headers = {name.replace("-", "_"): value for name, value in headers.items()}
    assert city("POST", path, data=batch, **headers).status_code == 200
    again = city("POST", path, data=batch, **headers)
    assert (again.status_code, "sent before" in again.json["detail"]) == (403, True)


def test_a_clock_that_is_wrong_is_told_the_right_time(city):
    city.late_s = -7200.0
    answer = city.exchange()
    assert answer.status_code == 403
    assert abs(answer.json["now"] - utc_now().timestamp()) < 60


def test_two_keys_are_valid_until_a_third(city):
    second, third = "u" * 40, "v" * 40
    city.ask("POST", "/v1/federation/village/keys", {"secret": second}, 201, If_Match='"1"')
    assert city.exchange().status_code == 200
    city.secret = second
    assert city.exchange().status_code == 200
    city.ask("POST", "/v1/federation/village/keys", {"secret": third}, 201, If_Match='"2"')
    assert city.exchange().status_code == 200
    city.secret = SECRET
    assert city.exchange().status_code == 403


def test_secrets_are_told_once_and_in_no_answer_after(city):
    made = city.ask("PUT", "/v1/federation/other", {"sends": [], "takes": []})
    assert len(made["secret"]) >= 32
    told = city("GET", "/v1/federation").data
    assert made["secret"].encode() not in told
    assert SECRET.encode() not in told
    live = city.app.extensions["location_cloud"].live
    with live.read() as connection:
        rows = connection.exec_driver_sql("SELECT secrets FROM federation_peers WHERE tenant = ?", (city.tenant,))
        assert all(SECRET.encode() not in row[0] for row in rows)


def test_another_installation_under_a_peers_name_is_refused_until_it_is_let_in(city):
    city.tell()
    other = "00000000000000bb"
    assert city.exchange(origin=other).status_code == 409
    city.ask("POST", "/v1/federation/village/actions/forget_instance")
    assert city.exchange(origin=other).status_code == 200


def test_a_peer_that_is_this_very_system_is_refused(city):
    own = city.ask("GET", "/v1/federation")["origin"]
    answer = city.exchange(origin=own)
    assert (answer.status_code, "this very instance" in answer.json["detail"]) == (409, True)


def test_what_is_not_agreed_is_refused_with_the_reason(city):
    told = Message("grid", "village/V-1", 1, {})
    (result,) = read_batch(city.exchange(told).data).results
    assert (result.fate, "not agreed" in result.reason) == ("refused", True)
    (result,) = read_batch(city.exchange(Message("moon", "1", 1, {})).data).results
    assert (result.fate, "not known" in result.reason) == ("refused", True)


def test_a_case_with_wrong_fields_is_refused_and_others_are_taken(city):
    good = {"case": TOLD, "files": [], "entries": []}
    bad = {**good, "case": {**TOLD, "id": 8, "lonlat": [500, 0]}}
    found = read_batch(city.exchange(Message("case", "8", 1, bad), Message("case", "7", 2, good)).data).results
    assert [each.fate for each in found] == ["refused", "taken"]


def test_another_form_of_messages_is_answered_with_those_that_are_understood(city):
    batch = orjson.dumps({**orjson.loads(write_batch(Batch(ORIGIN, 0.0))), "schema": 9})
    answer = city.signed("POST", "/v1/federation/village/exchange", batch)
    assert (answer.status_code, answer.json["schemas"]) == (422, [1])
    with pytest.raises(Unprocessable):
        read_batch(batch)


def test_a_request_is_asked_once_under_its_key_and_in_turn(city):
    city.tell()
    path = "/v1/federation/village/cases/7/actions/urge"
    first = city.ask("POST", path, {"text": "please"}, 202, Idempotency_Key="k1")
    assert city.ask("POST", path, {"text": "please"}, 202, Idempotency_Key="k1")["id"] == first["id"]
    city.ask("POST", path, {"text": "other"}, 422, Idempotency_Key="k1")
    assert city.ask("POST", path, {"text": "again"}, 202)["turn"] == 2
    city.ask("POST", path, {}, 409, If_Match='"2"')
    sent = [each for each in read_batch(city.exchange().data).messages if each.kind == "request"]
    assert [each.object for each in sent] == ["7/1", "7/2"]


def test_requests_that_come_out_of_turn_wait(city):
    case = city.ask("POST", "/v1/cases", {"class": "E0112", "at": PLACE, "source": "inspector"}, 201)["id"]
    city.exchange()
    told = {"case": case, "action": "urge", "said": {"text": "x"}, "who": "desk", "roles": ["leader"], "at": 0.0}
    second = Message("request", f"{case}/2", 2, {**told, "turn": 2})
    first = Message("request", f"{case}/1", 1, {**told, "turn": 1})
    found = read_batch(city.exchange(second, first).data).results
    assert [each.fate for each in found] == ["later", "taken"]
    assert [each.fate for each in read_batch(city.exchange(second, first, second).data).results] == ["taken"] * 3
    entries = city.ask("GET", f"/v1/cases/{case}/timeline")["entries"]
    assert [(each["action"], each["who"]) for each in entries[1:]] == [("note", "village:desk")] * 2


def test_a_peer_acts_in_agreed_roles_alone(city):
    case = city.ask("POST", "/v1/cases", {"class": "E0112", "at": PLACE, "source": "inspector"}, 201)["id"]
    city.exchange()
    told = {"case": case, "turn": 1, "action": "accept", "said": {}, "who": "desk", "roles": ["acceptor"]}
    city.exchange(Message("request", f"{case}/1", 1, told))
    (request,) = city.ask("GET", "/v1/federation/village/requests?way=in")["requests"]
    assert (request["state"], "may not act as acceptor" in request["answer"]["reason"]) == ("refused", True)
    assert city.ask("GET", f"/v1/cases/{case}")["stage"] == "reported"


def test_other_tenants_see_neither_peers_nor_copies(app, city):
    city.tell()
    live = app.extensions["location_cloud"].live
    other = City(app, "", issue_key(live, f"t{secrets.token_hex(6)}", "test", ("*",), utc_now())[1])
    assert other.ask("GET", "/v1/federation")["peers"] == []
    other.ask("GET", "/v1/federation/village/cases/7", status=404)
    assert other.exchange().status_code == 403


def test_a_key_held_to_areas_sees_copies_there_alone(app, city):
    city.tell()
    live = app.extensions["location_cloud"].live
    scopes = {"230602": 1, "230603": 0}
    for area, count in scopes.items():
        key = issue_key(live, city.tenant, "test", ("cases:read", f"cases:area={area}"), utc_now())[1]
        held = City(app, city.tenant, key)
        assert len(held.ask("GET", "/v1/federation/village/cases")["copies"]) == count
        held.ask("GET", "/v1/federation/village/cases/7", status=200 if count else 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"direction": "both", "address": "ftp://x", "remote": "us"},
        {"direction": "both", "address": "http://user@x", "remote": "us"},
        {"direction": "push", "address": "http://x"},
        {"address": "http://x"},
        {"sends": ["classes"], "takes": ["classes"]},
        {"secret": "short"},
        {"sends": ["everything"]},
    ],
)
def test_agreements_that_cannot_be_are_refused(city, wrong):
    city.ask("PUT", "/v1/federation/wrong", wrong, 400)


def test_a_change_names_its_version(city):
    city.ask("PUT", "/v1/federation/village", AGREED, 428)
    city.ask("PUT", "/v1/federation/village", AGREED, 409, If_Match='"7"')
    assert city.ask("PUT", "/v1/federation/village", {**AGREED, "title": "V"}, If_Match='"1"')["version"] == 2


class Flaky(HttpLine):
    """A line whose answers a test gives; each is (status, document)."""

    def __init__(self, peer, clock, answers):
        self.known, self.answers, self.times = [], answers, []
        super().__init__(peer, clock, self.known.append)

    def _once(self, method, path, body):
        self.times.append(self._clock().timestamp() + self._peer.contact.skew_s)
        status, document = self.answers.pop(0)
        return status, orjson.dumps(document)


def a_peer(**contact):
    agreement = Agreement(address="http://city.example", remote="us", direction="both")
    return Peer("city", agreement, (Key("k", SECRET, 0.0),), contact=Contact(**contact))


def test_the_caller_signs_again_by_the_clock_of_the_called():
    now = utc_now().timestamp()
    line = Flaky(a_peer(), utc_now, [(403, {"now": now + 9000}), (200, {})])
    line.exchange(b"{}")
    assert abs(line.times[1] - line.times[0] - 9000) < 60
    assert abs(line.known[-1].contact.skew_s - 9000) < 60


def test_the_caller_sends_the_form_that_both_know_or_says_that_there_is_none():
    batch = write_batch(Batch(ORIGIN, 0.0, schema=1))
    line = Flaky(a_peer(), utc_now, [(422, {"schemas": [1]}), (200, {})])
    line.exchange(batch)
    assert line.known[-1].contact.schema == 1
    with pytest.raises(LineError, match="answers 422"):
        Flaky(a_peer(), utc_now, [(422, {"schemas": [7], "detail": "too old"})]).exchange(batch)


def test_an_address_that_nobody_answers_is_an_error_of_the_line():
    agreement = Agreement(address="http://127.0.0.1:9", remote="us", direction="both")
    line = HttpLine(Peer("city", agreement, (Key("k", SECRET, 0.0),)), utc_now, lambda _: None, 1.0)
    with pytest.raises(LineError, match="is not reached"):
        line.exchange(b"{}")
