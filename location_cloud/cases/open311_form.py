"""What a form that reports a request says: fields of Open311 GeoReport v2, read and checked.

Source: wiki.open311.org/GeoReport_v2, POST Service Request.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from location_cloud.cases.model import MOST_DESCRIPTION, Reporter
from location_cloud.errors import BadQuery

LENGTHS: Mapping[str, int] = {
    "api_key": 200,
    "jurisdiction_id": 200,
    "service_code": 12,
    "lat": 40,
    "long": 40,
    "address_string": 300,
    "address_id": 64,
    "email": 200,
    "device_id": 100,
    "account_id": 100,
    "first_name": 49,
    "last_name": 50,
    "phone": 40,
    "description": MOST_DESCRIPTION,
    "media_url": 2000,
}
"""Characters; what is longer is refused."""

UPDATE_LENGTHS: Mapping[str, int] = {
    **{name: LENGTHS[name] for name in ("api_key", "jurisdiction_id", "description", "media_url")},
    "service_request_id": 64,
    "update_id": 100,
    **dict.fromkeys(("status", "updated_datetime", "title", "account_id", "first_name", "last_name"), 100),
    **dict.fromkeys(("email", "phone", "service_request_id_ext", "public_anonymity_required"), 200),
}
"""Of an update, as FixMyStreet sends it: of all these the description, media_url and the ids count."""

MOST_FIELDS = 1000
MOST_BYTES = 80_000
"""A description of 4,000 Chinese characters has 36,000 in this form."""

_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,64})\](\[\])?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LINES = ("description",)


@dataclass(frozen=True)
class Reported:
    """A request as somebody reports it. lonlat: degrees, WGS-84; None = address or address_id says where.

    attributes: answers by code as they were sent.
    """

    api_key: str
    jurisdiction: str
    class_code: str
    lonlat: tuple[float, float] | None
    address: str
    address_id: str
    description: str
    media_url: str
    reporter: Reporter
    attributes: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Updated:
    """What somebody adds to a request. update_id: the sender's number of it, "" = none."""

    api_key: str
    jurisdiction: str
    request_id: str
    update_id: str
    description: str
    media_url: str


def read_update(body: bytes) -> Updated:
    """The update that a form says; who says it, and to which status it should be set, is not kept. Raises BadQuery."""
    fields, attributes = _fields(body, UPDATE_LENGTHS)
    if attributes:
        raise BadQuery("an update has no attributes", hint=f"fields are {', '.join(UPDATE_LENGTHS)}")
    for name in ("service_request_id", "description"):
        if name not in fields:
            raise BadQuery(f"{name} is missing", hint="an update is a description of something about a request")
    return Updated(
        fields.get("api_key", ""),
        fields.get("jurisdiction_id", ""),
        fields["service_request_id"],
        fields.get("update_id", ""),
        fields["description"],
        _url(fields.get("media_url", "")),
    )


def read_form(body: bytes) -> Reported:
    """The request that a form says. A field that is empty counts as left out.

    Raises BadQuery that names the field.
    """
    fields, attributes = _fields(body, LENGTHS)
    lat, long = fields.get("lat"), fields.get("long")
    if (lat is None) != (long is None):
        raise BadQuery(f"{'lat' if lat is None else 'long'} is missing", hint="lat and long are sent together")
    lonlat = None if lat is None or long is None else (_degrees("long", long, 180), _degrees("lat", lat, 90))
    name = " ".join(part for part in (fields.get("first_name"), fields.get("last_name")) if part)
    return Reported(
        api_key=fields.get("api_key", ""),
        jurisdiction=fields.get("jurisdiction_id", ""),
        class_code=fields.get("service_code", ""),
        lonlat=lonlat,
        address=fields.get("address_string", ""),
        address_id=fields.get("address_id", ""),
        description=fields.get("description", ""),
        media_url=_url(fields.get("media_url", "")),
        reporter=Reporter(
            name,
            fields.get("phone", ""),
            fields.get("email", ""),
            fields.get("account_id", ""),
            fields.get("device_id", ""),
        ),
        attributes=attributes,
    )


def _fields(body: bytes, lengths: Mapping[str, int]) -> tuple[dict[str, str], dict[str, list[str]]]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:  # also UnicodeDecodeError
        raise BadQuery(
            f"the form cannot be read: {error}", hint="url-encoded UTF-8, such as lat=46.5&long=125.1"
        ) from None
    fields: dict[str, str] = {}
    attributes: dict[str, list[str]] = {}
    for name, sent in pairs:
        text = sent.replace("\r\n", "\n").replace("\r", "\n")
        if (match := _ATTRIBUTE.fullmatch(name)) is not None:
            attributes.setdefault(match[1], []).append(_checked(name, text, MOST_DESCRIPTION, has_lines=True))
            continue
        if not text:
            continue
        if name not in lengths:
            raise BadQuery(
                f"{name[:64]} is no field of a request", hint=f"fields are {', '.join(lengths)}, attribute[]"
            )
        if name in fields:
            raise BadQuery(f"{name} is given twice", hint=f"give {name} once")
        fields[name] = _checked(name, text, lengths[name], name in _LINES)
    return fields, attributes


def _checked(name: str, text: str, most: int, has_lines: bool) -> str:
    if len(text) > most:
        raise BadQuery(f"{name} has {len(text):,} characters", hint=f"up to {most:,}")
    if _CONTROL.search(text) or (not has_lines and ("\n" in text or "\t" in text)):
        raise BadQuery(f"{name} has control characters", hint="plain text")
    return text


def _degrees(name: str, text: str, most: float) -> float:
    try:
        degrees = float(text)
    except ValueError:
        degrees = math.nan
    if not -most <= degrees <= most:
        raise BadQuery(f"{name}={text} is out of range", hint=f"degrees from {-most:g} to {most:g}, WGS-84")
    return round(degrees, 7)


def _url(text: str) -> str:
    """An address that a browser may follow; it is kept and told, never fetched."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or not text.isascii() or " " in text:
        raise BadQuery("media_url is no address", hint="an address that begins with http:// or https://")
    return text
