"""HTTP operations of the statistics that maps are made of."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from location_cloud.capability import Call, Operation
from location_cloud.errors import BadQuery
from location_cloud.searches import schema_ground as schema
from location_cloud.searches import service_statistics as service
from location_cloud.searches.model import DESK

Json = dict[str, Any]

MOST_BYTES = 2_000_000
"""Of one table: 10,000 lines."""


def list_tables(call: Call, params: schema.Nothing, body: None) -> Json:
    """Statistics in use."""
    tables = service.find_tables(call.live, call.tenant)
    return {
        "distances": [asdict(row) for row in tables.distances],
        "find_features": [asdict(row) for row in tables.features],
        "local": service.local_percentiles(call.live, call.tenant),
    }


def put_table(call: Call, params: schema.InTable, body: bytes | schema.TableBody) -> Json:
    """The table, taken."""
    try:
        text = body.decode("utf-8-sig") if isinstance(body, bytes) else body.csv
    except UnicodeDecodeError as error:
        raise BadQuery(f"the table is not UTF-8: byte {error.start}", hint="save it as CSV UTF-8") from None
    return {"table": params.table, "rows": service.put_table(call.live, call.tenant, params.table, text, call.now)}


def delete_table(call: Call, params: schema.InTable, body: None) -> Json:
    """The published rows count again."""
    service.delete_table(call.live, call.tenant, params.table)
    return {"deleted": params.table}


_ONE = "/v1/searches/statistics/{table}"

OPERATIONS = (
    Operation(
        "searches.statistics",
        "GET",
        "/v1/searches/statistics",
        "Published and own statistics of where people are found, and what own closed searches add up to.",
        list_tables,
        schema.Nothing,
        schema.OutTables,
        DESK,
    ),
    Operation(
        "searches.put_statistics",
        "PUT",
        _ONE,
        "Replace the published rows of some categories by an agency's own table (CSV; columns as GET tells them).",
        put_table,
        schema.InTable,
        schema.OutTable,
        DESK,
        Body=schema.TableBody,
        raw_body="text/csv",
        max_body_bytes=2 * MOST_BYTES,
        max_raw_bytes=MOST_BYTES,
        errors=(413, 507),
    ),
    Operation(
        "searches.delete_statistics",
        "DELETE",
        _ONE,
        "Remove an own table: the published rows count again.",
        delete_table,
        schema.InTable,
        schema.OutGone,
        DESK,
        errors=(404, 507),
    ),
)
