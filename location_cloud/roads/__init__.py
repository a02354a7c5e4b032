"""Roads: every street, track, path and ferry line of the imported OpenStreetMap data, ready to be routed on.

A road is cut into segments from junction to junction. Each knows its class, its names in the local language, Chinese
and English, its length, its signed speed and who may use it in each direction; turn restrictions stand beside. A
direction of a segment is named for good by `way:position:f` or `way:position:b` (way id of OpenStreetMap, place of the
segment's first node in the way, forward or backward), so that closures and speeds can be kept across imports. Other
capabilities (routes, traffic, incidents, addresses) stand on this one.
"""

from __future__ import annotations

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="roads",
    title={"zh-CN": "道路", "en": "Roads"},
    apis=("api",),
    section="dataset",
)
