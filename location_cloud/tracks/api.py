"""HTTP: fixes in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from location_cloud.capability import Call, Operation
from location_cloud.tracks import schema, service
from location_cloud.tracks.read_records import read_records
from location_cloud.tracks.read_rows import parse_lines, read_rows

NDJSON, RECORDS = "application/x-ndjson", "application/octet-stream"


def take_fixes(call: Call, params: schema.InFixes, body: schema.FixesBody | bytes) -> dict[str, Any]:
    """What became of each: JSON, a line for each, or records (`read_records.read_records` says what they are)."""
    source = params.source or "http"
    if not isinstance(body, bytes):
        arriving = read_rows(body.fixes, source)
    elif call.header("Content-Type").partition(";")[0].strip().lower() == RECORDS:
        arriving = read_records(body, source)
    else:
        arriving = read_rows(parse_lines(body), source)
    return asdict(service.store_fixes(call.live, call.home, call.tenant, arriving, call.now, params.crs))


OPERATIONS = (
    Operation(
        "tracks.take_fixes",
        "POST",
        "/v1/fixes",
        f"Fixes of moving things: JSON, lines of JSON, or records of 36 bytes; at most 10,000. {schema.PERSONAL}",
        take_fixes,
        schema.InFixes,
        schema.OutTaken,
        "tracks:write",
        Body=schema.FixesBody,
        cost=2,
        errors=(413, 507),
        max_body_bytes=8_000_000,
        raw_body=(NDJSON, RECORDS),
        max_raw_bytes=8_000_000,
    ),
)
