"""OWSLib, GDAL, QGIS and the black-box suite ogctests read our OGC API Features unmodified."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import pytest
from owslib.ogcapi.features import Features

from tests.conftest import Served, copy_home
from tests.features.populating import HERE, HYDRANTS, populate
from tests.parts.install import PartMissingError
from tests.parts.ogctests import CORE, find_ogctests
from tests.parts.qgis import read

pytestmark = pytest.mark.parts

BOX = (24.94575, 60.1, 24.94605, 60.2)
"""Around three of the hydrants."""


@pytest.fixture(scope="module")
def ogc(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of /ogc of a served city with some of everything."""
    server = Served(copy_home(demo_home, tmp_path_factory.mktemp("features_served")), LOCATION_CLOUD_LOG="off")
    try:
        server.wait_until_ready()
        populate(lambda method, path, body: _send(server.url + path, method, body))
        yield f"{server.url}/ogc"
    finally:
        server.stop()


def _send(url: str, method: str, body: Any) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


# --- the suite -------------------------------------------------------------------------------------------------------


def test_the_black_box_suite_finds_no_fault_in_29_tests(ogc, tmp_path):
    found = find_ogctests()
    if found is None:
        pytest.skip("ogctests is not installed; run: python tests/parts/install.py ogctests")
    python, suite = found
    environment = {**os.environ, "INSTANCE_URL": ogc}
    apart = ["-c", os.devnull, "--rootdir", suite, "--confcutdir", suite, "-p", "no:cacheprovider"]  # from our settings
    command = [python, "-m", "pytest", suite / CORE, "-q", *apart]
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert "29 passed" in ran.stdout, ran.stdout[-3000:]
    assert "failed" not in ran.stdout


# --- OWSLib ----------------------------------------------------------------------------------------------------------


def test_owslib_finds_collections_and_pages_through_them(ogc):
    client = Features(ogc)
    assert {"cases", "grids-unit", "layers.hydrants"} <= set(client.feature_collections())
    page = client.collection_items("layers.hydrants", limit=5, bbox=list(BOX))
    assert (page["numberMatched"], page["numberReturned"]) == (3, 3)
    assert client.collection_items("layers.hydrants", open="true")["numberMatched"] == HYDRANTS / 3
    assert client.collection_items("grids-unit", datetime_="2026-02-01/2026-03-01")["numberMatched"] == 3
    assert client.collection_item("areas", "2306")["properties"]["level"] == "city"
    assert "stage" in client.collection_queryables("cases")["properties"]
    assert client.api()["openapi"].startswith("3.0")


# --- GDAL ------------------------------------------------------------------------------------------------------------


def test_gdal_reads_every_collection_to_its_end(ogc):
    source = f"OAPIF:{ogc}"
    for name, kind in pyogrio.list_layers(source):
        told = pyogrio.read_info(source, layer=name, force_feature_count=True)
        frame = geopandas.read_file(source, layer=name)
        assert len(frame) == told["features"] > 0, name
        assert set(frame.geom_type) <= {kind, f"Multi{kind}"}, name


def test_gdal_asks_the_server_for_boxes_and_values(ogc):
    source = f"OAPIF:{ogc}"
    assert len(geopandas.read_file(source, layer="layers.hydrants", bbox=BOX)) == 3
    assert len(geopandas.read_file(source, layer="cases", where="stage = 'reported'")) == 3
    assert len(geopandas.read_file(source, layer="cases", where="stage = 'closed'")) == 0


# --- QGIS ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen(ogc: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What QGIS read of each collection; one start of QGIS for all."""
    asked = {
        "all": {"collection": "layers.hydrants"},
        "box": {"collection": "layers.hydrants", "box": BOX},
        "filter": {"collection": "layers.hydrants", "filter": "\"name\" = 'hydrant 1'"},
        "grids": {"collection": "grids-unit"},
        "positions": {"collection": "area-positions"},
    }
    questions = [{"url": ogc, "filter": "", "box": None, **each} for each in asked.values()]
    try:
        found = read(questions, tmp_path_factory.mktemp("qgis"))
    except PartMissingError as missing:
        pytest.skip(str(missing))
    return dict(zip(asked, found, strict=True))


@pytest.mark.parametrize(("name", "count"), [("all", HYDRANTS), ("box", 3), ("filter", 1), ("grids", 3)])
def test_qgis_reads_features_by_box_and_value(seen, name, count):
    assert seen[name]["is_valid"]
    assert len(seen[name]["rows"]) == count


def test_qgis_sees_places_and_properties_as_they_are(seen):
    whole = seen["all"]
    assert {"name", "bar", "open"} <= set(whole["fields"])
    assert whole["geometry"] == "Point"
    assert whole["crs"] in ("OGC:CRS84", "EPSG:4326")  # which of the two names depends on its release
    places = {row[-1] for row in whole["rows"]}
    assert f"Point ({HERE[0]} {HERE[1]})" in places


def test_qgis_follows_the_pages_to_the_end(seen):
    assert len(seen["positions"]["rows"]) > 900
