"""HTTP: positions as they come."""

from __future__ import annotations

import re
from functools import partial

from location_cloud.capability import Bytes, Call, Chunks, Operation, Reply
from location_cloud.tracks import schema, service_stream

EVENTS = "text/event-stream"


def stream_positions(call: Call, params: schema.InStream, body: None) -> Reply:
    """New positions until the stream ends; the browser then goes on where it was."""
    last = call.header("Last-Event-ID")
    after = int(last) if re.fullmatch("[0-9]{1,18}", last) else params.after
    asked = call.live, call.tenant, after, params.bbox, params.crs
    chunks = Chunks(service_stream.events(*asked), briefly=partial(service_stream.at_once, *asked))
    return Reply(chunks, media_type=EVENTS, headers={"X-Accel-Buffering": "no"})  # else nginx holds events back


OPERATIONS = (
    Operation(
        "tracks.stream",
        "GET",
        "/v1/fixes/stream",
        f"New positions as server-sent events, each within half a second. {schema.PERSONAL}",
        stream_positions,
        schema.InStream,
        Bytes(EVENTS),
        "tracks:read",
        cost=10,
        deadline_s=40.0,
    ),
)
