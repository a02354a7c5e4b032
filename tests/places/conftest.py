from collections.abc import Callable
from pathlib import Path

import pytest

from tests.places.drawn_towns import ROAD_NUMBERS, TOWN, BuiltWorld, build_world, osm_of


@pytest.fixture(scope="session")
def drawn_world(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], BuiltWorld]:
    def build(lines: str) -> BuiltWorld:
        folder = tmp_path_factory.mktemp("places")
        file = folder / "drawn.osm"
        file.write_text(osm_of(lines))
        return build_world(file, folder)

    return build


@pytest.fixture(scope="session")
def town(drawn_world: Callable[[str], BuiltWorld]) -> BuiltWorld:
    return drawn_world(TOWN)


@pytest.fixture(scope="session")
def numbered(drawn_world: Callable[[str], BuiltWorld]) -> BuiltWorld:
    return drawn_world(ROAD_NUMBERS)


@pytest.fixture(scope="session")
def import_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], BuiltWorld]:
    return lambda file: build_world(file, tmp_path_factory.mktemp(file.name.split(".")[0]))
