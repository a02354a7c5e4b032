"""Places: from words to a position, and from a position to words.

Finds addresses, roads, points of interest, settlements and administrative areas by their names in any language they
are tagged with, by pinyin and by initials; reads coordinates and grid codes; interpolates house numbers that nobody
mapped and says so. Every answer states how sure it is, how precise, and what of the question it did not understand.
"""

from __future__ import annotations

from location_cloud.capability import Capability, Command, Importer

CAPABILITY = Capability(
    name="places",
    title={"zh-CN": "地名地址", "en": "Places"},
    apis=(
        "api",
        "api_coords",
        "api_pois",
        "api_reverse",
        "api_nominatim",
        "api_photon",
        "api_pelias",
        "api_google",
        "api_amap",
        "api_baidu",
    ),
    section="dataset",
    store="store",
    overlay="overlay",
    place_finder="service_finding",
    commands=(
        Command(
            "places", "Take in, list and remove your own places and addresses.", "location_cloud.places.commands:places"
        ),
    ),
    importers=(Importer((".csv", ".tsv", ".geojson", ".gpkg"), "location_cloud.places.commands:import_"),),
)
