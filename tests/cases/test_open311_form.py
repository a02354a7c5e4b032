"""Open311 on the wire: both forms say the same, as the published samples do; a form is read or refused by name."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from location_cloud.cases.attributes import parse_attributes, read_answers
from location_cloud.cases.catalogue import load_classes, parse_class
from location_cloud.cases.jurisdictions import Jurisdictions, parse_jurisdictions
from location_cloud.cases.limits import Limit
from location_cloud.cases.model import STAGES, Case, Clock
from location_cloud.cases.model_open311 import Step
from location_cloud.cases.open311 import as_error, write
from location_cloud.cases.open311_answers import as_definition, as_requests, as_service, masked, with_extensions
from location_cloud.cases.open311_form import read_form
from location_cloud.cases.open311_window import window
from location_cloud.errors import BadQuery, KeyNeeded, NotFound, NotReady, TooLarge
from tests.cases.spark import spark

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)

WORDS = (
    "",
    " ",
    "坑",
    "<b>&amp;</b>",
    "]]>",
    "a\r\nb\rc",
    "\x00\x08\ufffe\U0010ffff😀",
    "'\"",
    "line\nline",
    "\t",
    "é",
)
CLASSES = load_classes()


def random_case(rng: random.Random) -> Case:
    text = "".join(rng.choices(WORDS, k=rng.randrange(6)))
    at = rng.uniform(1e9, 2e9)
    return Case(
        class_code=rng.choice([*CLASSES, "GONE"]),
        lonlat=(rng.uniform(-180, 180), rng.choice([0.0, 46.5, 1e-7, rng.uniform(-89, 89)])),
        stage=rng.choice(STAGES),
        description=text,
        address=text[::-1],
        cell=rng.choice([-1, rng.randrange(51_321_600_000)]),
        department=rng.choice(["", "roads"]),
        unit_grid=rng.choice(["", "230602001001001"]),
        component=rng.choice([None, "2306020118000001"]),
        created=at,
        closed=rng.choice([None, at + 1]),
        stage_since=at,
        clock=rng.choice([None, Clock(Limit(1.5, "work_hour"), at, at + 9, at + 7)]),
        media_url=rng.choice(["", "http://a.example/?a=1&b=2"]),
        is_simulated=rng.random() < 0.1,
        parent=rng.choice([None, 7]),
        id=rng.randrange(1, 2**31),
    )


def test_xml_and_json_say_the_same_of_a_thousand_random_requests():
    seed = 311
    rng = random.Random(seed)
    cases = [random_case(rng) for _ in range(1000)]
    for language in ("zh-CN", "en"):
        told = as_requests(cases, CLASSES, {case.id: case.created + 5 for case in cases[::2]}, language)
        steps = [Step(1, case.id, case.created, "report", "reported") for case in cases[::3]]
        told = with_extensions(told, cases, steps, NOW.timestamp(), language)
        xml, found = write("xml", "service_requests", told), json.loads(write("json", "service_requests", told))
        for number, (left, right) in enumerate(zip(spark(xml), found, strict=True)):
            assert left == right, (seed, number)


def test_xml_and_json_say_the_same_of_every_service():
    told = [as_service(each, "en") for each in CLASSES.values()]
    assert spark(write("xml", "services", told)) == json.loads(write("json", "services", told))
    for each in CLASSES.values():
        told = as_definition(each, "zh-CN")
        assert spark(write("xml", "service_definition", told)) == json.loads(write("json", "", told))


def test_lists_without_entries_are_lists_in_both():
    assert spark(write("xml", "service_requests", [])) == json.loads(write("json", "service_requests", [])) == []


# --- samples of the specification ---------------------------------------------------------------------------------

MAKE = {
    "code": "WHISHETN",
    "datatype": "singlevaluelist",
    "required": True,
    "description": {"en": "What is the ticket/tag/DL number?"},
    "values": [{"key": "123", "name": {"en": "Ford"}}, {"key": "124", "name": {"en": "Chrysler"}}],
}
DEFINITION = """<?xml version="1.0" encoding="utf-8"?>
<service_definition><service_code>DMV66</service_code><attributes><attribute><variable>true</variable>
<code>WHISHETN</code><datatype>singlevaluelist</datatype><required>true</required>
<datatype_description/><order>1</order><description>What is the ticket/tag/DL number?</description><values>
<value><key>123</key><name>Ford</name></value><value><key>124</key><name>Chrysler</name></value>
</values></attribute></attributes></service_definition>"""

FIELDS = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
]


def own_class(code: str, *attributes: object):
    told = {"code": code, "kind": "event", "names": {"en": "Cans left out 24x7"}, "department": "sanitation"}
    return parse_class({**told, "attributes": list(attributes)})


def test_the_published_definition_is_written_as_published():
    written = write("xml", "service_definition", as_definition(own_class("DMV66", MAKE), "en"))
    assert written.decode().replace("\n", "") == DEFINITION.replace("\n", "")


def test_a_request_has_the_fields_of_the_published_one_in_their_order():
    case = Case("006", (-122.4651145, 37.762221815), id=638344, created=0.0)
    (told,) = as_requests([case], {}, {}, "en")
    assert list(told) == FIELDS
    assert (told["lat"], told["long"], told["service_code"]) == (37.762221815, -122.4651145, "006")
    assert told["requested_datetime"] == "1970-01-01T00:00:00Z"


SAMPLE = (
    "api_key=xyz&jurisdiction_id=city.gov&service_code=001&lat=37.76524078&long=-122.4212043"
    "&address_string=1234+5th+street&email=smit333%40sfgov.edu&device_id=tt222111&account_id=123456&first_name=john"
    "&last_name=smith&phone=111111111&description=A+large+sinkhole+is+destroying+the+street"
    "&media_url=http%3A%2F%2Ffarm3.static.flickr.com%2F2002%2F2212426634_5ed477a060.jpg"
    "&attribute[WHISPAWN]=123456&attribute[WHISDORN]=COISL001"
)


def test_the_published_form_is_read_whole():
    told = read_form(SAMPLE.encode())
    assert (told.api_key, told.jurisdiction, told.class_code) == ("xyz", "city.gov", "001")
    assert told.lonlat == (-122.4212043, 37.7652408)
    assert told.reporter.name == "john smith"
    assert (told.reporter.email, told.reporter.device) == ("smit333@sfgov.edu", "tt222111")
    assert told.media_url == "http://farm3.static.flickr.com/2002/2212426634_5ed477a060.jpg"
    assert told.attributes == {"WHISPAWN": ["123456"], "WHISDORN": ["COISL001"]}


def test_the_published_error_is_written_as_published():
    answer = as_error(KeyNeeded("Invalid api_key received -- can't proceed with create_request."), "xml")
    assert answer.status == 403
    assert answer.body.decode().splitlines()[1] == (
        "<errors><error><code>403</code><description>Invalid api_key received -- can't proceed with create_request."
        "</description></error></errors>"
    )


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound("x"), 404, 404),
        (KeyNeeded("x"), 403, 403),
        (BadQuery("x"), 400, 400),
        (TooLarge("x"), 400, 413),
        (NotReady("x"), 503, 503),
    ],
)
def test_errors_are_404_403_or_400_and_those_of_the_server_stay(error, status, code):
    answer = as_error(error, "json")
    assert (answer.status, json.loads(answer.body)[0]["code"]) == (status, code)


# --- forms --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lat", "91"),
        ("lat", "nan"),
        ("long", "x"),
        ("description", "x" * 4001),
        ("description", "a\x00b"),
        ("phone", "1\n2"),
        ("media_url", "javascript:alert(1)"),
        ("media_url", "http://[x"),
        ("serviec_code", "001"),
    ],
)
def test_a_field_that_does_not_fit_is_refused_by_name(field, value):
    form = {"lat": "1", "long": "2", field: value}
    with pytest.raises(BadQuery, match=field):
        read_form(urlencode(form).encode())


@pytest.mark.parametrize("body", [b"lat=%ff&long=1", "lat=坑".encode(), b"lat=1", b"lat=1&lat=2&long=3"])
def test_a_form_that_cannot_be_read_is_refused(body):
    with pytest.raises(BadQuery):
        read_form(body)


def test_an_empty_field_counts_as_left_out():
    assert read_form(b"lat=&long=&api_key=&whatever=&attribute[X]=").lonlat is None


def test_a_description_of_four_thousand_characters_fits_with_line_breaks():
    told = read_form(urlencode({"description": "坑\r\n" * 1999}).encode())
    assert told.description == "坑\n" * 1999


# --- attributes ---------------------------------------------------------------------------------------------------

ASKED = parse_attributes(
    [
        MAKE,
        {"code": "N", "datatype": "number", "description": {"zh": "几个"}},
        {"code": "WHEN", "datatype": "datetime", "description": {"zh": "何时"}},
        {**MAKE, "code": "ALL", "datatype": "multivaluelist", "required": False},
    ],
    "attributes",
)


def test_answers_are_kept_by_their_type():
    given = {"WHISHETN": ["123"], "N": ["1.5"], "ALL": ["123", "124", "123"], "WHEN": ["2026-11-23"]}
    assert read_answers(ASKED, given) == {
        **given,
        "WHISHETN": "123",
        "N": 1.5,
        "ALL": ["123", "124"],
        "WHEN": "2026-11-23",
    }


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"WHISHETN": ["125"]},
        {"WHISHETN": ["123", "124"]},
        {"WHISHETN": ["123"], "N": ["inf"]},
        {"WHISHETN": ["123"], "WHEN": ["soon"]},
        {"WHISHETN": ["123"], "OTHER": ["1"]},
    ],
)
def test_answers_that_do_not_fit_are_refused(given):
    with pytest.raises(BadQuery, match="attribute"):
        read_answers(ASKED, given)


@pytest.mark.parametrize(
    "told",
    [
        {**MAKE, "values": []},
        {**MAKE, "datatype": "string"},
        {**MAKE, "datatype": "list"},
        {**MAKE, "code": "a b"},
        {**MAKE, "values": [MAKE["values"][0]] * 2},
        {"code": "X"},
    ],
)
def test_an_attribute_that_cannot_be_is_refused(told):
    with pytest.raises(BadQuery):
        parse_attributes([told], "attributes")


# --- time, place, people ------------------------------------------------------------------------------------------


def test_a_question_without_time_is_of_the_last_ninety_days():
    first, last = window(None, None, NOW)
    assert (NOW.timestamp() - first, last) == (90 * 86_400, NOW.timestamp() + 1)


def test_a_start_alone_reaches_ninety_days_and_an_end_alone_as_far_back():
    start = NOW - timedelta(days=300)
    assert window(start, None, NOW)[1] == (start + timedelta(days=90)).timestamp() + 1
    assert window(None, start, NOW)[0] == (start - timedelta(days=90)).timestamp()
    assert window(NOW - timedelta(days=1), None, NOW)[1] == NOW.timestamp() + 1


@pytest.mark.parametrize("days", [-1, 91])
def test_more_than_ninety_days_and_time_backwards_are_refused(days):
    with pytest.raises(BadQuery):
        window(NOW - timedelta(days=days), NOW, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "13812345678",
        "138 1234 5678",
        "+49 (0) +49 30 1234567",
        "0459-6661234",
        "23060219800101123X",
        "fang.wang@mail.example.cn",
    ],
)
def test_numbers_and_addresses_of_people_are_hidden(text):
    shown = masked(f"请联系 {text} 谢谢")
    assert "***" in shown
    assert not any(part in shown for part in ("5678", "1234567", "6661234", "123X", "@"))


@pytest.mark.parametrize("text", ["3 cars, 20 m, 2026-11-23 08:30", "G10 K1234+500", "第 12 号楼 1502 室"])
def test_other_numbers_stay(text):
    assert masked(text) == text


def test_a_jurisdiction_is_a_tenant_that_everybody_may_read():
    known = Jurisdictions(parse_jurisdictions("city.gov=a,village.gov=b"))
    assert known.tenant_to_read("village.gov", "") == ("b", True)
    assert known.tenant_to_read("", "c") == ("c", False)
    assert known.tenant_to_read("c", "c") == ("c", False)
    assert known.tenant_to_read("", "a") == ("a", True)
    with pytest.raises(NotFound):
        known.tenant_to_read("b", "")
    with pytest.raises(BadQuery):
        known.tenant_to_read("", "")
    with pytest.raises(KeyNeeded):
        Jurisdictions().tenant_to_read("", "")
    with pytest.raises(NotFound):
        known.check_to_write("city.gov", "b")
    known.check_to_write("city.gov", "a")


def test_a_class_that_is_not_public_is_a_black_box():
    assert as_service(CLASSES["V0107"], "en")["type"] == "blackbox"
    assert as_service(replace(CLASSES["V0107"], is_public=True), "en")["type"] == "realtime"
