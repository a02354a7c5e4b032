"""The product on the demo city, and on a real town with a real elevation model; a search begun in each."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path

import pytest

from location_cloud.access.service import issue_key
from location_cloud.app import create_app, utc_now
from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.imagery.model import Wish
from location_cloud.imagery.service_adding import add_paths
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.searches.dataset import SECTION as LAND
from location_cloud.searches.store import MIGRATIONS
from location_cloud.settings import Settings
from location_cloud.storage.build import build_snapshot
from location_cloud.storage.live import open_live
from location_cloud.storage.osm import read_osm
from tests.conftest import SHARED, Silent, copy_home

TOWN, HEIGHTS = SHARED / "osm" / "lauf-gh.osm.pbf", SHARED / "imagery" / "gh_N49E011.hgt.zip"

RAILWAY_STATION = [24.9414, 60.1719]
"""Of Helsinki, in the demo city."""

BEGUN = {
    "title": "exercise",
    "subject": {"category": "hiker", "last_seen_at": (utc_now() - timedelta(hours=3)).isoformat()},
    "ipp": RAILWAY_STATION,
    "extent": {"radius_m": 1500},
    "grid": {"cell_m": 25},
    "season": "winter",
    "simulated": True,
}
"""A small search: 121 x 121 cells."""


def pytest_collection_modifyitems(items):
    """Lets rasterio 1.4 multiply affine 3.1's transforms as it does: the warning is about its own code."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore:Dataset has no geotransform"))


class Desk:
    """Who asks, by HTTP. home: of the product."""

    def __init__(self, home, key=""):
        self.app = create_app(Settings(home=home, log="off", keys="always"))
        self.system = self.app.extensions["location_cloud"]
        self.home, self.key = home, key or self.issue("rescue:desk", "rescue:crew")

    def issue(self, *scopes, tenant="default"):
        return issue_key(self.system.live, tenant, secrets.token_hex(4), scopes, utc_now())[1]

    def __call__(self, method, path, json=None, key="", **headers):
        """The answer; headers: If_Match stands for If-Match."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        client = self.app.test_client()
        return client.open(
            f"/v1/searches{path}", method=method, json=json, headers={"X-API-Key": key or self.key, **told}
        )

    def get(self, path, status=200):
        answer = self("GET", path)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json(silent=True)

    def post(self, path, json, status=None, **headers):
        answer = self("POST", path, json, **headers)
        assert answer.status_code == status or (status is None and answer.status_code < 300), answer.text
        return answer.get_json()

    def begin(self, **more):
        """The id of a new search."""
        return self.post("", {**BEGUN, **more})["id"]

    def chances(self, search, query=""):
        """Chance of each cell by its place, and of the rest of the world."""
        poa = self.get(f"/{search}/poa?limit=20000{query}")
        return {tuple(cell["location"]): cell["poa"] for cell in poa["cells"]}, poa["rest_of_world"]


@pytest.fixture(scope="session")
def search_home(demo_home, tmp_path_factory):
    return copy_home(demo_home, tmp_path_factory.mktemp("searches"))


@pytest.fixture(scope="session")
def desk(search_home):
    """The duty desk of the demo city."""
    made = Desk(search_home)
    yield made
    made.system.close()


@pytest.fixture(scope="session")
def hills(tmp_path_factory):
    """The desk of a town in hills, whose heights are imported; read from files beside the checkout."""
    if not (TOWN.is_file() and HEIGHTS.is_file()):
        pytest.skip(f"{TOWN} or {HEIGHTS} is not here")
    pytest.importorskip("rasterio")
    home = tmp_path_factory.mktemp("hills")
    osm, sources = read_osm([TOWN], None, Silent())
    build_snapshot(
        home,
        name="hills",
        osm=osm,
        osm_sources=sources,
        clip=None,
        sections=(AREAS, ROADS, LAND),
        layers=(),
        progress=Silent(),
        clock=utc_now,
    )
    made = Desk(home)
    add_paths(made.system.live, home, (HEIGHTS,), Wish("heights"), utc_now(), Silent(), apart=False)
    yield made
    made.system.close()


@pytest.fixture
def begun(desk):
    """The id of a new search of the demo city."""
    return desk.begin()


@pytest.fixture(scope="session")
def cut(desk):
    """A search with segments, for whoever changes nothing."""
    search = desk.begin()
    desk.post(f"/{search}/segments", {"target_km2": 0.3}, If_Match="*")
    return search


@pytest.fixture
def live(live_url, tmp_path):
    """A store with the tables of searches, on each database."""
    store = open_live(live_url, tmp_path)
    store.migrate({"searches": MIGRATIONS})
    yield store
    store.close()
