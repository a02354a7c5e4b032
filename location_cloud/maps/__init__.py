"""Maps: the city as vector tiles that every map program reads, styles to draw them with, and pictures drawn here.

The base map follows the open Shortbread layer names (streets, buildings, water, land, places, pois), so styles made
for that schema work. Capabilities lay their own layers on the same tiles; this one knows none of them by name.
"""

from location_cloud.capability import Capability, Command, Importer

CAPABILITY = Capability(
    name="maps",
    title={"zh-CN": "地图", "en": "Maps"},
    apis=("api", "api_wmts", "api_ogc", "api_pictures"),
    section="dataset",
    layers="layers",
    overlay="overlay",
    tile_sets="tile_sets",
    commands=(
        Command(
            "tiles",
            "Write tiles to a PMTiles or MBTiles file; add, list and remove such archives.",
            "location_cloud.maps.commands:tiles",
        ),
    ),
    importers=(Importer((".pmtiles", ".mbtiles"), "location_cloud.maps.commands:import_archives"),),
)
