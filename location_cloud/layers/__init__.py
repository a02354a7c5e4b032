"""Own layers: points, lines and areas that a department draws or sends itself - wells, hydrants, closed yards.

They belong to one tenant, can be changed at any time, and are found by box. A change names the version it was made
from, so that two people editing the same hydrant cannot overwrite each other unseen.
"""

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="layers",
    title={"zh-CN": "自有图层", "en": "Own layers"},
    apis=("api",),
    store="store",
    overlay="overlay",
    tile_sets="tile_sets",
    feature_sets="feature_sets",
)
