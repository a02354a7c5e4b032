"""Patrols: who walks which beat when, what of it was seen, and where to go next.

A beat is made of grids, roads or ground of its own; a roster says who is on it when. A shift is begun and ended at the
post; the fixes between tell which cells of the beat were seen, where somebody stopped, and when the track fell silent.
Places that nobody has seen for long show on the map and lead the next round. Doubts about a track are told with their
evidence and left to people to judge; whoever reads a person's track is written down.
"""

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="patrols",
    title={"zh-CN": "巡查", "en": "Patrols"},
    apis=("api", "api_patrols"),
    store="store",
    overlay="overlay",
    jobs="jobs",
    tile_sets="tile_sets",
)
