"""Imagery and elevation: aerial and satellite pictures, measured bands, and the height of the ground.

An operator brings scenes (`location-cloud import scene.tif`); each is converted once to tiles of the web's grid and is
then on every map at once, mosaicked by date and resolution, as it is or as an index of its bands (NDVI), as shaded
relief, slope or contour lines. Heights are answered for points and along lines.
"""

from location_cloud.capability import Capability, Command, Importer

_ADD = "location_cloud.imagery.commands:add"

CAPABILITY = Capability(
    name="imagery",
    title={"zh-CN": "影像与高程", "en": "Imagery and elevation"},
    apis=("api", "api_pictures", "api_elevation", "api_stac"),
    store="store",
    tile_sets="tile_sets",
    commands=(Command("imagery", "Add, list and remove scenes.", "location_cloud.imagery.commands:imagery"),),
    importers=(Importer((".tif", ".tiff", ".hgt", ".hgt.zip", ".json", "/"), _ADD),),
)
