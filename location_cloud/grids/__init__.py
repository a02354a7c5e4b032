"""Grids: the cells a city is managed by, from the province's codes down to one block, and who answers for each.

Unit grids of some ten thousand square metres, the beats of inspectors, evaluation grids, village grids and the grids
of community services are kept by the national codes with the days from and to which each holds, so that a case of last
year is still found where it happened. They are imported with a check for gaps and overlaps, drawn by a designer along
roads and water, and each has its people.
"""

from location_cloud.capability import Capability, Command

CAPABILITY = Capability(
    name="grids",
    title={"zh-CN": "网格", "en": "Grids"},
    apis=("api", "api_people", "api_indicators", "api_design"),
    section="dataset",
    store="store",
    feature_sets="feature_sets",
    jobs="jobs",
    overlay="overlay",
    tile_sets="tile_sets",
    commands=(
        Command(
            "grids",
            "Import grids from GeoJSON, GeoPackage or Shapefile, checked for gaps and overlaps.",
            "location_cloud.grids.commands:grids",
        ),
    ),
)
