"""Tracks: where moving things are and were - buses, taxis, patrol cars, phones of inspectors - from their own fixes.

Trackers send fixes over HTTP, MQTT or in the forms of OsmAnd and OwnTracks; what was acknowledged is on the disk. Each
fix is judged by the times that its device tells, never by when it arrived, and is kept or set aside with the reason.
Positions of devices are personal data: reading them needs a scope of its own, tenants are apart, and how long and how
exactly they are kept is a setting.
"""

from location_cloud.capability import Capability, Command

CAPABILITY = Capability(
    name="tracks",
    title={"zh-CN": "轨迹", "en": "Tracks"},
    apis=("api", "api_devices", "api_forms", "api_stream"),
    store="store",
    jobs="jobs",
    commands=(
        Command("tracks", "Follow trackers over MQTT into the live store.", "location_cloud.tracks.commands:tracks"),
    ),
)
