"""Components of whole files, however many."""

from __future__ import annotations

from location_cloud.cases.component_files import read_csv, read_geojson
from location_cloud.cases.model import Actor
from location_cloud.cases.service_components import Added, add_components
from location_cloud.storage.world import World


def import_file(world: World, tenant: str, content: bytes, actor: Actor, county: str = "") -> Added:
    """Adds or changes the components of a CSV or GeoJSON file in WGS-84. Raises as `add_components`."""
    told = read_geojson(content) if content.lstrip()[:1] == b"{" else read_csv(content)
    return add_components(world, tenant, told, actor, county)
