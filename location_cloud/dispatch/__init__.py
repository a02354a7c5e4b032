"""Dispatch: who is there first, who else could go, and what is left for the next call.

A duty desk keeps its units (skills, shift, status, live position) and hospitals, opens an emergency for a call, sees
all units ranked by travel time over the roads as they are this minute, with the reason for each that is not offered,
sends some and follows their steps. Every change is kept with who, when and in which role, and can be replayed. A
coverage map shows what the units that are left can reach, and where they should wait. Nothing of it is public,
and what people say is encrypted where it is kept.
"""

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="dispatch",
    title={"zh-CN": "救援调度", "en": "Dispatch"},
    apis=("api", "api_units", "api_emergencies"),
    store="store",
    jobs="jobs",
    on_incident="service_joining",
)
