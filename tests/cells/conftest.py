"""The product before any import: cells need no data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from location_cloud.app import create_app
from location_cloud.settings import Settings


@pytest.fixture(scope="session")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A caller on this machine."""
    flask = create_app(Settings(home=tmp_path_factory.mktemp("cells"), log="off"))
    yield flask.test_client()
    flask.extensions["location_cloud"].close()
