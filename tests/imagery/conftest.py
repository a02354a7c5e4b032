"""Stores with drawn scenes, and the product on one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from imagery_scenes import Store, halves, plain, ramp, write_tiff

from location_cloud.app import create_app
from location_cloud.settings import Settings


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets rasterio 1.4 multiply affine 3.1's transforms as it does: the warning is about its own code."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore:Dataset has no geotransform"))


@pytest.fixture
def imagery(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    (tmp_path / "home").mkdir()
    made = Store(tmp_path / "home")
    yield made
    made.live.close()


@pytest.fixture(scope="session")
def imagery_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a photo, an older plain one of the same set, four bands, classes and heights, all of Daqing."""
    folder = tmp_path_factory.mktemp("drawn")
    made = Store(tmp_path_factory.mktemp("imagery"))
    rng = np.random.default_rng(4)
    made.add(write_tiff(folder / "photo_20240501.tif", halves()), set="photo", attribution="City of Daqing")
    made.add(write_tiff(folder / "old_20200501.tif", plain(0, 200), (124.9, 46.4, 125.3, 46.7)), set="photo")
    bands = rng.integers(1000, 3000, (4, 64, 128), dtype=np.uint16)
    made.add(write_tiff(folder / "bands.tif", bands, nodata=0), set="bands", licence="CC-BY-4.0")
    made.add(write_tiff(folder / "heights.tif", ramp(), nodata=-9999), set="heights", kind="elevation")
    made.live.close()
    return made.home


@pytest.fixture(scope="session")
def _imagery_app(imagery_home: Path) -> Iterator[Any]:
    app = create_app(Settings(home=imagery_home, log="off"))
    yield app
    app.extensions["location_cloud"].close()


@pytest.fixture
def client(_imagery_app: Any) -> FlaskClient:
    """A caller on the machine of `imagery_home`; no snapshot is imported there."""
    return _imagery_app.test_client()


@pytest.fixture
def get(client: FlaskClient) -> Callable[[str], Any]:
    """The JSON at an address that answers 200."""

    def ask(address: str) -> Any:
        answer = client.get(address)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    return ask
