"""Incidents: accidents, closures, roadworks, events, hazards and jams, the roads they touch and how long they last.

Whoever may write reports one by a point, a line, an area or road by road; it is put on the roads at once, shuts or
slows them for whom it concerns from its first minute to its last, and every change is kept with who, when and what.
"""

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="incidents",
    title={"zh-CN": "交通事件", "en": "Incidents"},
    apis=("api", "api_feeds"),
    store="store",
    jobs="jobs",
    overlay="overlay",
    tile_sets="tile_sets",
    feature_sets="feature_sets",
)
