"""Maps: the city as vector tiles that every map program reads, and a plain light style to draw them with.

The base map follows the open Shortbread layer names (streets, buildings, water, land, places, pois), so styles made
for that schema work. Capabilities lay their own layers on the same tiles; this one knows none of them by name.
"""

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="maps",
    title={"zh-CN": "地图", "en": "Maps"},
    apis=("api",),
    section="dataset",
    layers="layers",
    tile_sets="tile_sets",
)
