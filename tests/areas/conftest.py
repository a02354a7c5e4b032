from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from location_cloud.areas.dataset import SECTION
from location_cloud.areas.model import Areas
from location_cloud.capability import Import
from location_cloud.storage.osm import read_osm


class Quiet:
    def step(self, title: str, total: int = 0) -> None: ...

    def advance(self, units: int = 1) -> None: ...


@dataclass(frozen=True)
class AreasWorld:
    areas: Areas

    def section(self, _section: Any) -> Areas:
        return self.areas


def square(first_node: int, west: float, south: float, side: float) -> str:
    corners = [(west, south), (west + side, south), (west + side, south + side), (west, south + side)]
    return "".join(
        f'<node id="{first_node + i}" lon="{lon}" lat="{lat}" version="1"/>' for i, (lon, lat) in enumerate(corners)
    )


def closed_way(way: int, first_node: int, **tags: str) -> str:
    refs = "".join(f'<nd ref="{first_node + i}"/>' for i in (0, 1, 2, 3, 0))
    written = "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())
    return f'<way id="{way}" version="1">{refs}{written}</way>'


def osm_of(nodes: str, ways: str) -> str:
    return f'<osm version="0.6" generator="test">{nodes}{ways}</osm>'


def import_of(osm: str, folder: Path) -> Import:
    file = folder / "drawn.osm"
    file.write_text(osm)
    extract, sources = read_osm([file], None, Quiet())
    return Import("drawn", extract, sources, folder, None, (), Quiet())


@pytest.fixture(scope="session")
def build_areas(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Areas]:
    def build(osm: str) -> Areas:
        folder = tmp_path_factory.mktemp("areas")
        (folder / "areas").mkdir()
        SECTION.build(import_of(osm, folder), folder / "areas")
        SECTION.check(folder / "areas")
        return SECTION.load(folder / "areas")

    return build


@pytest.fixture(scope="session")
def daqing(build_areas: Callable[[str], Areas]) -> Areas:
    """Daqing's frame with one OSM boundary inside: a town square of 龙凤镇."""
    nodes = square(1, 125.10, 46.53, 0.02) + square(11, 24.0, 60.0, 1.0) + square(21, 24.2, 60.2, 0.2)
    ways = (
        closed_way(1, 1, boundary="administrative", admin_level="8", name="龙凤镇")
        + closed_way(2, 11, boundary="administrative", admin_level="4", name="Big", name__en="Great")
        + closed_way(3, 21, boundary="administrative", admin_level="8", name="Small")
    )
    return build_areas(osm_of(nodes, ways))


@pytest.fixture
def world(daqing: Areas) -> AreasWorld:
    return AreasWorld(daqing)


@pytest.fixture(scope="session")
def empty_import(tmp_path_factory: pytest.TempPathFactory) -> Import:
    folder = tmp_path_factory.mktemp("empty")
    (folder / "areas").mkdir()
    import_ = import_of('<osm version="0.6"/>', folder)
    SECTION.build(import_, folder / "areas")
    return import_
