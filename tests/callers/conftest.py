"""A drawn town with the keys of callers, and live stores of calls on each database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from location_cloud.callers.model import Kept
from location_cloud.callers.store import MIGRATIONS
from location_cloud.capability import Import
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.secrecy import load_secrecy
from location_cloud.storage.live import Live, open_live
from location_cloud.storage.osm import read_osm
from tests.places.drawn_towns import AREAS, PLACES, BuiltWorld, Quiet, osm_of

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

TOWN = """
n 1 125.0000 46.5000
n 2 125.0100 46.5000
n 3 125.0200 46.5000
w 101 1,2,3 highway=primary name=团结大街
n 11 125.0110 46.5003 addr:street=团结大街 addr:housenumber=297
n 32 125.0130 46.5006 shop=mall name=万达广场
n 41 125.0150 46.5010
n 42 125.0190 46.5010
n 43 125.0190 46.5040
n 44 125.0150 46.5040
n 47 125.0160 46.5030 building=apartments name=书香小区3号楼
w 107 41,42,43,44,41 landuse=residential name=书香小区
n 51 125.0000 46.6000
n 52 125.0200 46.6000
w 111 51,52 highway=motorway ref=G10 name=绥满高速
n 55 125.0010 46.6000 highway=milestone distance=248 ref=G10
n 56 125.0140 46.6000 highway=milestone distance=249 ref=G10
n 61 125.0100 46.5200 tunnel=yes amenity=fuel name=龙凤加油站
"""


@pytest.fixture(scope="session")
def drawn_town(tmp_path_factory: pytest.TempPathFactory) -> BuiltWorld:
    folder: Path = tmp_path_factory.mktemp("callers")
    (folder / "town.osm").write_text(osm_of(TOWN), "utf-8")
    osm, _ = read_osm([folder / "town.osm"], None, Quiet())
    import_ = Import("test", osm, (), folder, None, (), Quiet())
    for section in (AREAS, ROADS, PLACES):
        (folder / section.name).mkdir()
        section.build(import_, folder / section.name)
    sections = {each.name: each.load(folder / each.name) for each in (AREAS, ROADS, PLACES)}
    return BuiltWorld(sections, overlay={"callers": Kept(load_secrecy(folder / "secret.key"), (b"AML",))})


@pytest.fixture
def live(live_url: str, tmp_path: Path) -> Iterator[Live]:
    """A store with the tables of calls."""
    store = open_live(live_url, tmp_path)
    store.migrate({"callers": MIGRATIONS})
    yield store
    store.close()


@pytest.fixture
def town(drawn_town: BuiltWorld, live: Live) -> BuiltWorld:
    return replace(drawn_town, live=live)
