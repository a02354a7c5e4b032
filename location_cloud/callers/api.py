"""HTTP: where a caller is, by whatever is known; nothing is kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from location_cloud.callers import schema, service
from location_cloud.callers.masking import masked_phone, masked_sms
from location_cloud.callers.model import DESK, Located
from location_cloud.capability import Call, Operation

LANGUAGES = ("zh-CN", "en")


def locate(call: Call, params: schema.InLocate, body: schema.LocateBody) -> dict[str, Any]:
    """The position, its ellipse and the address."""
    language = params.language or call.language(LANGUAGES)
    return as_json(service.locate(call.world, body.as_said(), language, call.now))


def as_json(located: Located) -> dict[str, Any]:
    """The answer, its personal numbers masked."""
    return {**asdict(located), "phone": asdict(masked_phone(located.phone)), "sms": masked_sms(located.sms)}


OPERATIONS = (
    Operation(
        "callers.locate",
        "POST",
        "/v1/fixes/locate",
        "Where a caller is: AML, cell sector, arrival times, signal strengths, a fix, an SMS; any of them together.",
        locate,
        schema.InLocate,
        schema.OutLocatedPhone,
        DESK,
        Body=schema.LocateBody,
        errors=(403, 413, 422),
        max_body_bytes=50_000,
    ),
)
