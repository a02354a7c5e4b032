from __future__ import annotations

import subprocess
import sys

import pytest
from arrows import ROOT, SLICES, breaches, imports, module_cycles, product_files

from location_cloud.capabilities import CAPABILITIES


def test_every_import_follows_the_arrows():
    found = [
        line for path in product_files() for line in breaches(str(path.relative_to(ROOT)), path.read_text("utf-8"))
    ]
    assert not found, "\n".join(found)


def test_there_is_no_import_cycle():
    sources = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path.read_text("utf-8")
        for path in product_files()
    }
    assert module_cycles(sources) == []


def test_every_slice_is_in_the_list():
    folders = {path.parent.name for path in (ROOT / "location_cloud").glob("*/__init__.py")}
    assert SLICES == folders - {"http", "spatial", "storage"} == {capability.name for capability in CAPABILITIES}


CLIENTS = sorted((ROOT / "location_cloud").glob("client*.py"))
"""What notebooks import."""


@pytest.mark.parametrize("path", CLIENTS, ids=lambda path: path.stem)
def test_the_client_knows_the_product_by_its_interface_only(path):
    found = imports(path.read_text("utf-8"))
    ours = {item.name for item in found if item.name.startswith(("location_cloud", "routing", "tiles"))}
    assert {name for name in ours if not name.startswith(("location_cloud.errors.", "location_cloud.client"))} == set()


def test_nothing_of_the_product_imports_the_client():
    others = [path for path in product_files() if path not in CLIENTS]
    own = "location_cloud.client"
    found = [path for path in others for item in imports(path.read_text("utf-8")) if item.name.startswith(own)]
    assert found == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("routing/search.py", "import flask"),
        ("routing/search.py", "from tiles.encode import encode_tile"),
        ("routing/search.py", "import time"),
        ("tiles/encode.py", "import location_cloud.errors"),
        ("location_cloud/spatial/bbox.py", "from location_cloud.errors import BadQuery"),
        ("location_cloud/storage/live.py", "from location_cloud.layers.store import FEATURES"),
        ("location_cloud/places/api.py", "import sqlalchemy as sa"),
        ("location_cloud/places/api.py", "from location_cloud.places.dataset import SECTION"),
        ("location_cloud/places/service.py", "from flask import request"),
        ("location_cloud/places/service.py", "from location_cloud.directions.service import find_route"),
        ("location_cloud/maps/dataset.py", "from location_cloud.roads.dataset import SECTION"),
        ("location_cloud/areas/model.py", "from location_cloud.areas.service import get_area"),
        ("location_cloud/areas/rank.py", "from location_cloud.areas.dataset import SECTION"),
        ("location_cloud/areas/service.py", "from .dataset import SECTION"),
        ("location_cloud/areas/service.py", "def find():\n    import numpy"),
        ("location_cloud/layers/service.py", "import geopandas"),
    ],
)
def test_a_forbidden_import_is_found(path, source):
    assert len(breaches(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("routing/search.py", "import numpy as np\nfrom routing.graph import Graph"),
        ("location_cloud/places/service.py", "from location_cloud.roads.dataset import SECTION"),
        ("location_cloud/areas/api_open311.py", "from location_cloud.areas import service"),
        ("location_cloud/storage/overpass.py", "def fetch():\n    import osmnx  # heavy optional: 1.5 s and pandas"),
    ],
)
def test_an_allowed_import_passes(path, source):
    assert breaches(path, source) == []


def test_a_cycle_is_found():
    sources = {"a": "import b", "b": "from c import x", "c": "import a", "d": "import a"}
    assert module_cycles(sources) == [["a", "b", "c"]]


HEAVY = "geopandas osmnx networkx pandas osmium alembic"


def test_a_web_worker_never_imports_the_planners_side(tmp_path):
    program = (
        "import sys\n"
        "from location_cloud.app import all_operations, all_sections\n"
        "from location_cloud.capabilities import CAPABILITIES\n"
        "all_operations(CAPABILITIES), all_sections(CAPABILITIES)\n"
        f"print(*sorted(set('{HEAVY}'.split()) & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.split() == []


def test_the_command_line_imports_no_engine_for_its_help():
    program = (
        "import sys\nfrom location_cloud.cli import run\nrun(['--help'])\n"
        "print('numpy' in sys.modules, 'flask' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.splitlines()[-1] == "False False"
