from __future__ import annotations

import pytest
from traffic_town import draw_town, open_town

from tests.conftest import copy_home, import_city


@pytest.fixture(scope="session")
def town_home(tmp_path_factory):
    """A home with the drawn town, every section and layer."""
    home = tmp_path_factory.mktemp("town")
    file = home / "town.osm"
    file.write_text(draw_town().osm_xml(), "utf-8")
    import_city(home, file)
    return home


@pytest.fixture
def town(town_home, tmp_path):
    """The town with a live store and traffic of the test's own."""
    opened = open_town(copy_home(town_home, tmp_path))
    yield opened
    opened.close()
