"""What becomes of a public incident is written into the log of the emergency that it belongs to."""

from __future__ import annotations

from typing import Any

from location_cloud.dispatch.service_emergencies import Writer, write_incident
from location_cloud.dispatch.store_emergencies import list_of_incident
from location_cloud.incidents.model import Change
from location_cloud.storage.world import World


def on_incident(world: World, connection: Any, tenant: str, change: Change) -> None:
    """Within the transaction of the change: the log of each emergency of this incident has it, or the change is not."""
    if change.action == "added":
        return  # the emergency says so itself
    incident = change.incident
    fields = {
        "incident": incident.id,
        "incident_action": change.action,
        "incident_status": incident.status,
        "incident_effect": incident.effect or "none",
    }
    for emergency in list_of_incident(connection, tenant, incident.id):
        write_incident(connection, tenant, emergency, fields, Writer(change.who, change.at))
