"""An emergency's place from what its phone says: one request takes the message and opens the emergency."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from location_cloud.callers.model import Said, Told
from location_cloud.callers.service_calls import add_call
from location_cloud.changes import Sent
from location_cloud.errors import Unprocessable

if TYPE_CHECKING:
    from location_cloud.storage.world import World

MOST_ACCURACY_M, MOST_ADDRESS = 100_000.0, 300
"""As a person may tell them of an emergency."""


def locate_fix(world: World, tenant: str, said: Said, is_simulated: bool, sent: Sent) -> dict[str, Any]:
    """Where an emergency is by its phone's message, as fields of model.Emergency: lonlat, accuracy_m, ellipse, method,
    address, call. The message is kept as a call, once for a request key.

    Raises Unprocessable, with the call, if nobody can tell the place, or it is not known to MOST_ACCURACY_M; Denied for
    an AML form with a wrong HMAC.
    """
    told = Told(said=said, source="emergency", is_simulated=is_simulated)
    own = replace(sent, request=f"emergency:{sent.request}" if sent.request else "")
    call, _ = add_call(world, tenant, told, own)
    located = call.located
    if located is None:
        why = "; ".join(call.warnings)
        raise _unplaced(call.id, f"nobody can tell where it is: {why}")
    ellipse = located["ellipse"]
    if ellipse["semi_major_m"] > MOST_ACCURACY_M:
        raise _unplaced(call.id, f"its place is known to {ellipse['semi_major_m']:,.0f} m only")
    lon, lat = located["position"]
    return {
        "lonlat": (round(lon, 7), round(lat, 7)),
        "accuracy_m": ellipse["semi_major_m"],
        "ellipse": ellipse,
        "method": located["method"],
        "address": (located["address"] or {}).get("words", "")[:MOST_ADDRESS],
        "call": str(call.id),
    }


def _unplaced(call: int, why: str) -> Unprocessable:
    return Unprocessable(f"{why}; it is kept as call {call}", hint='open it with "lonlat" and "call"', call=call)
