"""Who asks: the roles that a key carries, and the departments and areas that it is held to."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Call
from location_cloud.cases.model import Actor, held_by
from location_cloud.errors import BadQuery
from location_cloud.http.preconditions import sent_by

READ, WRITE, ADMIN, PRIVATE = "cases:read", "cases:write", "cases:admin", "cases:private"


def actor_of(call: Call, path: str = "", body: Any = None) -> Actor:
    """Who acts: the caller with the roles of its key. path: what is changed, for the Idempotency-Key."""
    sent = sent_by(call, path, body)
    return Actor(sent.who, sent.now, sent.request, sent.digest, **held_by(call.caller))


def check_source(source: str, actor: Actor) -> None:
    """Refuses a report in the name of staff from a key that is not theirs, and in that of another part of the product.

    Raises BadQuery.
    """
    if source in ("inspector", "patrol") and "inspector" not in actor.roles:
        raise BadQuery(
            f"source={source} is told by inspectors", hint="use a key with cases:inspector, or source=citizen"
        )
    if source == "incident":
        raise BadQuery("source=incident is told by incidents themselves", hint="POST /v1/incidents with a closure")
