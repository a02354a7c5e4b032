"""Snapshots with roads and directions only, from drawn or real files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from location_cloud.capability import Import
from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.storage.osm import read_osm


@dataclass
class RoadWorld:
    """A world with nothing but roads and directions."""

    folder: Path
    loaded: dict[str, Any] = field(default_factory=dict)

    def section(self, section: Any) -> Any:
        if section.name not in self.loaded:
            self.loaded[section.name] = section.load(self.folder / section.name)
        return self.loaded[section.name]


@pytest.fixture(scope="session")
def road_world(tmp_path_factory: pytest.TempPathFactory, silent: Any) -> Any:
    """A function: OSM file -> world."""

    def build(*files: Path) -> RoadWorld:
        folder = tmp_path_factory.mktemp("roads")
        osm, sources = read_osm(files, None, silent)
        work = Import("test", osm, sources, folder, None, (), silent)
        for section in (ROADS, DIRECTIONS):
            (folder / section.name).mkdir()
            section.build(work, folder / section.name)
            section.check(folder / section.name)
        return RoadWorld(folder)

    return build


@pytest.fixture
def drawn(road_world: Any, tmp_path: Path) -> Any:
    """A function: drawing -> world, through a real .osm file."""

    def build(drawing: Any) -> RoadWorld:
        file = tmp_path / "drawn.osm"
        file.write_text(drawing.osm_xml(), "utf-8")
        return road_world(file)

    return build
