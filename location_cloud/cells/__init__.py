"""Cells of the globe: codes that name a place, large or small, the same in every system that reads them.

The national BeiDou grid code (GB/T 39409) is the default; GeoSOT, the sheets of the national map series, geohash, map
tiles, Plus Codes, MGRS and, with the extra `cells`, H3 are spoken too. Ask for the cell of a point, for the ground of a
cell, for its neighbours, parents and children; fill an area with cells; sum values up to larger cells; turn a million
points into codes at once. Nothing is stored here: a code is arithmetic.
"""

from __future__ import annotations

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="cells",
    title={"zh-CN": "网格编码", "en": "Grid cells"},
    apis=("api", "api_batch"),
)
