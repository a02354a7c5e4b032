"""AML over HTTPS: the form that a phone posts, and the code that proves that it was not changed.

Source: ETSI TS 103 625, clause on HTTPS; HMAC-SHA1 (RFC 2104) of everything before `&hmac=`, hexadecimal.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from location_cloud.callers.aml import (
    FIRST,
    LAST,
    Aml,
    as_metres,
    as_number,
    as_percent,
    as_position,
)
from location_cloud.callers.model import Height, Phone
from location_cloud.errors import BadQuery, Denied

MOST_CHARS, MOST_FIELDS = 8_000, 100
"""Of a form: phones send 40 fields in 1,500 characters."""

HMAC_FIELD = "&hmac="

_METHODS = {"gps": "G", "wifi": "W", "cell": "C", "fused": "F"}


def parse_form(text: str) -> Aml:
    """What the form says. Raises BadQuery for what is no AML form or over the ceilings."""
    if len(text) > MOST_CHARS:
        raise BadQuery(f"the AML form has {len(text):,} characters; the most is {MOST_CHARS:,}", hint="send one form")
    try:
        told = dict(reversed(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)))
    except ValueError:
        raise BadQuery(f"the AML form has more than {MOST_FIELDS} fields", hint="send one form") from None
    if "v" not in told:
        raise BadQuery("the AML form has no version (v)", hint="send the body as the phone posted it")
    warnings: list[str] = []
    method = _METHODS.get(told.get("location_source", "").lower(), "U")
    latitude, longitude = told.get("location_latitude", ""), told.get("location_longitude", "")
    return Aml(
        version=1,
        position=as_position(latitude, longitude, method, warnings),
        radius_m=as_metres(told.get("location_accuracy", "")),
        confidence_percent=_confidence(told),
        method=method,
        positioned_at=_milliseconds(told.get("location_time", "")),
        call_began_at=_milliseconds(told.get("time", "")),
        height=Height(
            as_number(told.get("location_altitude", "")),
            as_metres(told.get("location_vertical_accuracy", "")) or None,
            told.get("location_floor", "")[:20],
        ),
        phone=Phone(
            number=told.get("device_number", "")[:40],
            imsi=told.get("device_imsi", "")[:40],
            imei=told.get("device_imei", "")[:40],
            iccid=told.get("device_iccid", "")[:40],
            model=told.get("device_model", "")[:80],
            language=told.get("device_languages", "")[:80],
            network=(told.get("cell_network_mcc", "") + told.get("cell_network_mnc", ""))[:10],
            home_network=(told.get("cell_home_mcc", "") + told.get("cell_home_mnc", ""))[:10],
            emergency_number=told.get("emergency_number", "")[:40],
        ),
        warnings=tuple(warnings),
    )


def is_signed(text: str) -> bool:
    """Whether the form carries a code at all."""
    return HMAC_FIELD in text


def signature_of(text: str) -> str:
    """The code that the form carries, "" = none; at most 80 characters."""
    return text.rpartition(HMAC_FIELD)[2][:80] if is_signed(text) else ""


def spelled_alike(text: str) -> str:
    """The form with its code as hexadecimal is compared: one message is one call however its code is spelled."""
    message, found, code = text.rpartition(HMAC_FIELD)
    return message + found + code.strip().lower() if found else text


def check_signature(text: str, keys: tuple[bytes, ...]) -> None:
    """Raises Denied unless the form ends with the code that one of the keys gives; compared in constant time."""
    message, found, code = text.rpartition(HMAC_FIELD)
    given = code.strip().lower().encode("ascii", "replace")
    is_right = False
    for key in keys:
        wanted = hmac.new(key, message.encode("utf-8", "surrogatepass"), hashlib.sha1).hexdigest().encode()
        is_right |= hmac.compare_digest(wanted, given)
    if not (found and is_right):
        raise Denied(
            "the HMAC of the AML form is wrong" if found else "the AML form has no HMAC",
            hint="it is HMAC-SHA1 of everything before &hmac=, hexadecimal; the keys are in aml_key_file",
        )


def _confidence(told: dict[str, str]) -> float | None:
    """Percent: `location_certainty` is told so, `location_confidence` as a share of 1."""
    certainty = as_percent(told.get("location_certainty", ""))
    share = as_number(told.get("location_confidence", ""))
    if certainty is None and share is not None and 0 <= share <= 1:
        return 100 * share
    return certainty


def _milliseconds(text: str) -> datetime | None:
    value = as_number(text)
    if value is None or not FIRST.timestamp() <= value / 1000 < LAST.timestamp():
        return None
    return datetime.fromtimestamp(value / 1000, UTC)
