"""How OGC API Features names coordinate systems, and how a box is written.

Source: OGC 18-058r1, OGC API - Features - Part 2: Coordinate Reference Systems by Reference; OGC 17-069r4, 7.15.3.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

System: TypeAlias = Literal[
    "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    "http://www.opengis.net/def/crs/EPSG/0/4326",
    "http://www.opengis.net/def/crs/EPSG/0/4490",
    "http://www.opengis.net/def/crs/EPSG/0/3857",
    "wgs84",
    "cgcs2000",
    "gcj02",
    "bd09",
]
"""The last four are the names that the rest of this interface has, longitude first; no register knows two of them."""

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CRS84H: Final = "http://www.opengis.net/def/crs/OGC/0/CRS84h"
EPSG: Final = "http://www.opengis.net/def/crs/EPSG/0/"

REGISTERED: Final = (CRS84, f"{EPSG}4326", f"{EPSG}4490", f"{EPSG}3857")
"""WGS 84 longitude first, WGS 84 and CGCS2000 latitude first, Web Mercator."""

BBOX: Final = r"^-?[0-9]+(\.[0-9]+)?(,-?[0-9]+(\.[0-9]+)?){3}((,-?[0-9]+(\.[0-9]+)?){2})?$"
"""Four numbers, or six with heights."""
