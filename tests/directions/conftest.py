"""Worlds with roads and directions only, from drawn or real files, with a live store of their own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from location_cloud.directions.overlay import open_overlay
from location_cloud.settings import Settings
from location_cloud.storage.live import Live
from location_cloud.storage.snapshot import Snapshots
from location_cloud.storage.world import World
from tests.conftest import ROOT, SHARED
from tests.directions.live_home import build_home, open_home_live
from tests.draw import Drawing

CITIES = {
    "helsinki": ROOT / "data/demo/helsinki-centre.osm.pbf",
    "monaco": SHARED / "osm/monaco-osrm.osm.pbf",
    "heidelberg": SHARED / "osm/heidelberg-ors.osm.pbf",
    "lauf": SHARED / "osm/lauf-gh.osm.pbf",
    "krems": SHARED / "osm/krems-gh.osm.gz",
    "maribor": SHARED / "osm/maribor-otp.osm.gz",
}


class RoadWorlds:
    """Builds worlds from OSM files and keeps those of whole cities for the session."""

    def __init__(self, new_folder: Any) -> None:
        self._new_folder = new_folder
        self._cities: dict[str, World] = {}
        self._lives: list[Live] = []

    def of_file(self, file: Path) -> World:
        home = self._new_folder("roads")
        build_home(home, file)
        live = open_home_live(home)
        self._lives.append(live)
        snapshots = Snapshots(home)
        snapshot = snapshots.open(snapshots.current_id())
        return World(snapshot, live, {"directions": open_overlay(snapshot, Settings(home=home))})

    def of_city(self, name: str) -> World:
        if not CITIES[name].exists():
            pytest.skip(f"{CITIES[name].name} is not on this machine")
        if name not in self._cities:
            self._cities[name] = self.of_file(CITIES[name])
        return self._cities[name]

    def of_drawing(self, folder: Path, drawing: Drawing) -> World:
        file = folder / "drawn.osm"
        file.write_text(drawing.osm_xml(), "utf-8")
        return self.of_file(file)

    def close(self) -> None:
        for live in self._lives:
            live.close()


@pytest.fixture(scope="session")
def road_worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoadWorlds]:
    worlds = RoadWorlds(tmp_path_factory.mktemp)
    yield worlds
    worlds.close()


@pytest.fixture
def drawn(road_worlds: RoadWorlds, tmp_path: Path) -> Any:
    """A function: drawing -> world, through a real .osm file."""
    return partial(road_worlds.of_drawing, tmp_path)
