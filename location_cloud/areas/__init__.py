"""Administrative areas: which province, city, district, town and village a place belongs to.

Daqing's whole tree (one city, nine districts and counties, the high-tech zone, 118 towns and streets, 843 villages
and communities) is always there; administrative boundaries of imported OpenStreetMap data join it. Ask for an area
by its code or name, for the chain of areas at a point, or for the children of an area. Every answer says where the
boundary came from; most towns and villages have no open boundary, and the answer says that too.
"""

from __future__ import annotations

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="areas",
    title={"zh-CN": "行政区划", "en": "Administrative areas"},
    apis=("api",),
    section="dataset",
    layers="layers",
    feature_sets="feature_sets",
)
