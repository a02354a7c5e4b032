"""Streets with a simulated traffic level: a layer that only tests and benchmarks register. Its levels mean nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from location_cloud.app import all_sections, utc_now
from location_cloud.capabilities import CAPABILITIES
from location_cloud.capability import Import, LiveAttribute, MapLayer
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import CLASSES
from location_cloud.storage.build import build_snapshot
from location_cloud.storage.osm import read_osm
from tests.conftest import Silent
from tiles.features import CodedColumn, FlatGeometries, LayerFeatures

LEVELS = ("unknown", "free", "slow", "jammed", "blocked")


def street_features(import_: Import) -> LayerFeatures:
    """Every segment of the network, named by its number and 1; large roads from zoom 8 on, all from zoom 12."""
    roads = import_.load(ROADS)
    count = len(roads.seg_way)
    return LayerFeatures(
        "levels",
        np.arange(1, count + 1, dtype=np.uint64),
        "line",
        FlatGeometries(roads.shape_e7 * 1e-7, np.asarray(roads.shape_start), np.arange(count + 1)),
        np.where(roads.seg_class < CLASSES.index("unclassified"), 8, 12).astype(np.uint8),
        attributes={"kind": CodedColumn(roads.seg_class.astype(np.int32), CLASSES)},
    )


LAYER = MapLayer("levels", "simulated", street_features, {"kind": "String"}, 8, 16, live=LiveAttribute("level", LEVELS))


def import_with_levels(home: Path, *files: Path) -> None:
    """As `import_city`, with the simulated layer as one more."""
    osm, sources = read_osm(files, None, Silent())
    build_snapshot(
        home,
        name="simulated",
        osm=osm,
        osm_sources=sources,
        clip=None,
        sections=all_sections(CAPABILITIES),
        layers=(*(layer for capability in CAPABILITIES for layer in capability.map_layers()), LAYER),
        progress=Silent(),
        clock=utc_now,
    )
