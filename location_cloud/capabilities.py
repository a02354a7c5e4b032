"""THE LIST of capabilities, in menu order. A new capability is one folder, its tests and one line here."""

from __future__ import annotations

from location_cloud.access import CAPABILITY as ACCESS
from location_cloud.areas import CAPABILITY as AREAS
from location_cloud.callers import CAPABILITY as CALLERS
from location_cloud.capability import Capability
from location_cloud.cases import CAPABILITY as CASES
from location_cloud.catalog import CAPABILITY as CATALOG
from location_cloud.cells import CAPABILITY as CELLS
from location_cloud.console import CAPABILITY as CONSOLE
from location_cloud.directions import CAPABILITY as DIRECTIONS
from location_cloud.dispatch import CAPABILITY as DISPATCH
from location_cloud.features import CAPABILITY as FEATURES
from location_cloud.federation import CAPABILITY as FEDERATION
from location_cloud.grids import CAPABILITY as GRIDS
from location_cloud.imagery import CAPABILITY as IMAGERY
from location_cloud.incidents import CAPABILITY as INCIDENTS
from location_cloud.layers import CAPABILITY as LAYERS
from location_cloud.maps import CAPABILITY as MAPS
from location_cloud.patrols import CAPABILITY as PATROLS
from location_cloud.places import CAPABILITY as PLACES
from location_cloud.roads import CAPABILITY as ROADS
from location_cloud.searches import CAPABILITY as SEARCHES
from location_cloud.simulator import CAPABILITY as SIMULATOR
from location_cloud.tracks import CAPABILITY as TRACKS
from location_cloud.traffic import CAPABILITY as TRAFFIC

CAPABILITIES: tuple[Capability, ...] = (
    MAPS,
    PLACES,
    DIRECTIONS,
    CALLERS,
    DISPATCH,
    SEARCHES,
    INCIDENTS,
    CELLS,
    GRIDS,
    CASES,
    FEDERATION,
    PATROLS,
    TRAFFIC,
    TRACKS,
    SIMULATOR,
    AREAS,
    ROADS,
    LAYERS,
    FEATURES,
    IMAGERY,
    CATALOG,
    ACCESS,
    CONSOLE,
)
