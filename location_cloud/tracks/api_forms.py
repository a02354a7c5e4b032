"""HTTP: fixes in the forms of other programs."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.errors import Denied
from location_cloud.tracks import schema, service
from location_cloud.tracks.read_forms import osmand_row, owntracks_rows
from location_cloud.tracks.read_rows import read_rows


def take_osmand(call: Call, params: schema.InOsmand, body: None) -> Reply:
    """An empty answer: the fix is on the disk, believed or not, and is not to be sent again."""
    if call.header("Sec-Fetch-Site") == "cross-site" and not call.caller.key_id:
        # An image in a page of a stranger would write here as the local user; trackers send no such field.
        raise Denied("a page of another site may not send fixes", hint="send a key, as ?key=, or POST /v1/fixes")
    arriving = read_rows([osmand_row(params.model_dump(), call.now.timestamp())], "osmand")
    service.store_fixes(call.live, call.home, call.tenant, arriving, call.now, params.crs)
    return Reply(b"", media_type="text/plain")


def take_owntracks(call: Call, params: schema.InOwntracks, body: schema.OwntracksBody) -> list[Any]:
    """No commands for the app; its locations are on the disk, other messages are read over."""
    user, device = params.u or call.header("X-Limit-U"), params.d or call.header("X-Limit-D")
    if rows := owntracks_rows(body.root, user, device):
        service.store_fixes(call.live, call.home, call.tenant, read_rows(rows, "owntracks"), call.now, params.crs)
    return []


def _osmand(method: Any) -> Operation:
    return Operation(
        f"tracks.osmand_{method.lower()}",
        method,
        "/osmand",
        f"One fix in an address, as OsmAnd and Traccar Client send it. {schema.PERSONAL}",
        take_osmand,
        schema.InOsmand,
        Bytes("text/plain"),
        "tracks:write",
        errors=(507,),
    )


OPERATIONS = (
    _osmand("GET"),
    _osmand("POST"),
    Operation(
        "tracks.owntracks",
        "POST",
        "/owntracks",
        f"Messages of the OwnTracks app in its HTTP mode. {schema.PERSONAL}",
        take_owntracks,
        schema.InOwntracks,
        schema.OutOwntracks,
        "tracks:write",
        Body=schema.OwntracksBody,
        errors=(413, 507),
    ),
)
