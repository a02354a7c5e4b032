import pathlib

import pytest
from tiles_town import Town, read_ways, town_features

from tiles.index import build_layer

MONACO = pathlib.Path(__file__).parents[2].parent / "shared/data/osm/monaco-osrm.osm.pbf"


@pytest.fixture(scope="session")
def monaco() -> Town:
    if not MONACO.exists():
        pytest.skip("the extract of Monaco is not on this machine")
    features = town_features(read_ways(MONACO))
    return Town(features, {name: build_layer(one) for name, one in features.items()})
