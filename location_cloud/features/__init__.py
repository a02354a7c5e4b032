"""Features: everything with a place as collections that any map program reads.

Grids, cases, components, incidents, areas and every own layer are offered as OGC API Features below /ogc: QGIS, GDAL,
ArcGIS and a browser open them unmodified, page through them, choose by box, time and value, and have them in the
coordinate system they want. Capabilities offer their collections; this one asks them and writes the answers down.
"""

from __future__ import annotations

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="features",
    title={"zh-CN": "要素服务", "en": "Features"},
    apis=("api",),
)
