"""Messages of phones: published vectors, and what is wrong with others."""

from __future__ import annotations

from datetime import UTC, datetime
from math import log, sqrt

import pytest

from location_cloud.callers.aml import circle_sigma_m, parse_aml, sigma_m
from location_cloud.callers.aml_form import check_signature, parse_form
from location_cloud.callers.gsm7 import unpack_sms
from location_cloud.errors import BadQuery, Denied
from tests.callers.aml_vectors import FORM, KEY, SIGNED, SMS_HEX, SMS_TEXT, V1, V2


def test_version_1_is_read():
    found = parse_aml(V1)
    assert (found.position, found.radius_m, found.confidence_percent, found.method) == (
        (-2.36619, 48.82639),
        52,
        68,
        "G",
    )
    assert found.positioned_at == datetime(2019, 11, 12, 11, 29, 28, tzinfo=UTC)
    assert (found.phone.imsi, found.phone.imei, found.phone.network) == ("208201771948415", "353472104343540", "20820")
    assert found.warnings == ()


def test_a_wrong_length_is_a_warning():
    assert "ml=128, and has 126" in parse_aml(V1.replace("ml=126", "ml=128")).warnings[0]


@pytest.mark.parametrize("length", [131, 127])
def test_a_message_that_tells_its_own_length_is_not_doubted(length):
    text = V1.replace("ml=126", f"ml={length}").replace(
        "pm=G", "pm=G;x=" + "1" * (length - 129) if length > 129 else "pm=G;"
    )
    assert len(text) == length
    assert not [each for each in parse_aml(text).warnings if "ml=" in each]


def test_in_version_2_lt_is_a_time_and_lg_a_language():
    found = parse_aml(V2)
    assert (found.position, found.radius_m) == ((-122.08461, -37.42175), 2000.1)
    assert (found.height.altitude_m, found.height.accuracy_m) == (-100.1, 100.1)
    assert (found.call_began_at - found.positioned_at).total_seconds() == 9999
    assert (found.phone.language, found.phone.emergency_number, found.phone.network) == (
        "en-US",
        "+15555555555",
        "310260",
    )


def test_a_data_sms_is_unpacked():
    assert unpack_sms(SMS_HEX) == SMS_TEXT
    assert parse_aml(unpack_sms(SMS_HEX)).position == (-122.08461, 37.42175)


def test_the_extended_alphabet_and_padding_are_unpacked():
    assert unpack_sms("E8329BFD4697D9EC37") == "hellohello"
    assert unpack_sms("D4F29C0E") == "Test"
    assert unpack_sms("9BF2861704") == "€[A"
    assert unpack_sms("C16030180C061B") == "AAAAAAA"


@pytest.mark.parametrize("text", ["", "4", "zz", "4 1", "41" * 141])
def test_what_is_no_sms_is_refused(text):
    with pytest.raises(BadQuery, match="aml_sms_hex"):
        unpack_sms(text)


def test_a_token_without_equals_is_read_over():
    found = parse_aml(V1.replace(";lc=68", ";lc68"))
    assert found.position == (-2.36619, 48.82639)
    assert "'lc68' has no =" in " ".join(found.warnings)


@pytest.mark.parametrize("text", ["", "hello", 'A"ML=3;lt=1', 'A"ML', 'A"ML=1' * 400])
def test_what_is_no_message_is_refused(text):
    with pytest.raises(BadQuery):
        parse_aml(text)


@pytest.mark.parametrize("latitude", ["91", "nan", "inf", "", "1e2", "٤٨", "4" * 30])
def test_a_message_without_a_position_says_so(latitude):
    found = parse_aml(V1.replace("48.82639", latitude))
    assert found.position is None
    assert found.phone.imei
    assert len(found.warnings) >= 2


def test_radius_and_confidence_are_a_rayleigh_distribution():
    assert sigma_m(52, 68) == pytest.approx(52 / sqrt(-2 * log(0.32)))
    assert sigma_m(10, 39.346934) == pytest.approx(10)  # one standard deviation holds 1 - exp(-1/2)


def test_an_untold_accuracy_is_taken_and_told():
    warnings: list[str] = []
    assert circle_sigma_m(parse_aml(V2.replace("2000.1", "0")), warnings) == pytest.approx(sigma_m(50, 68))
    assert "no accuracy; taken: 50 m (GNSS)" in warnings[0]


def test_a_form_is_read():
    found = parse_form(FORM)
    assert (found.position, found.radius_m, found.confidence_percent, found.method) == (
        (-4.26325, 55.85732),
        10.4,
        83,
        "G",
    )
    assert found.positioned_at == datetime(2016, 10, 11, 12, 37, 24, 435000, tzinfo=UTC)
    assert (found.height.floor, found.phone.number, found.phone.model) == ("5", "+447477593102", "ABC ABC Detente 530")


def test_the_published_code_proves_its_form():
    check_signature(SIGNED, (b"other", KEY))


@pytest.mark.parametrize(
    "text", [SIGNED + "0", SIGNED.replace("10.4", "10.5"), SIGNED.split("&hmac")[0], "", "&hmac=é"]
)
def test_a_changed_form_is_refused(text):
    with pytest.raises(Denied, match="HMAC"):
        check_signature(text, (KEY,))


@pytest.mark.parametrize("text", ["", "a=b", "v=1" * 4000, "v=1" + "&a=1" * 200])
def test_what_is_no_form_is_refused(text):
    with pytest.raises(BadQuery, match="AML form"):
        parse_form(text)
