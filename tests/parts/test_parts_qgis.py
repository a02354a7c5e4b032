"""QGIS opens our tiles unmodified: WMTS in both matrix sets, XYZ pictures, vector tiles with and without our style."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import copy_home
from tests.maps.drawn_tiles import served_tiles, square_of
from tests.parts.install import PartMissingError
from tests.parts.qgis import look

pytestmark = pytest.mark.parts

DAQING = (125.03, 46.58)
HELSINKI = (24.9414, 60.1700)
LEVEL = 16


@pytest.fixture(scope="module")
def cloud(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_tiles(copy_home(demo_home, tmp_path_factory.mktemp("qgis_cloud"))) as url:
        yield url


def wmts(cloud: str, layer: str, matrix_set: str, crs: str) -> dict[str, Any]:
    document = f"{cloud}/wmts/1.0.0/WMTSCapabilities.xml"
    source = f"crs={crs}&format=image/png&layers={layer}&styles=default&tileMatrixSet={matrix_set}&url={document}"
    return {"kind": "raster", "source": source, "at": DAQING, "half_m": 120}


def tiles(cloud: str, ending: str, **more: Any) -> dict[str, Any]:
    source = f"type=xyz&url={cloud}/tiles/{ending}&zmin=0&zmax={LEVEL}".replace("{", "%7B").replace("}", "%7D")
    return {"source": source, "style": "", **more}


@pytest.fixture(scope="module")
def seen(cloud: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What QGIS made of each layer; one start of QGIS for all."""
    base = "base/{z}/{x}/{y}.mvt"
    vector = {"kind": "vector tiles", "at": HELSINKI, "half_m": 600}
    styled = tiles(cloud, base, **vector)
    styled |= {"source": f"styleUrl={cloud}/styles/light.json&{styled['source']}", "style": "light"}
    asked = {
        "w": wmts(cloud, "drawn", f"w-{LEVEL}", "EPSG:3857"),
        "c": wmts(cloud, "drawn", f"c-{LEVEL}", "EPSG:4490"),
        "w512": wmts(cloud, "fine", f"w512-{LEVEL}", "EPSG:3857"),
        "xyz": tiles(cloud, "drawn/{z}/{x}/{y}.png", kind="raster", at=DAQING, half_m=120),
        "tms": tiles(cloud, "drawn/{z}/{x}/{-y}.png?scheme=tms", kind="raster", at=DAQING, half_m=120),
        "vector": tiles(cloud, base, **vector),
        "styled": styled,
    }
    try:
        found = look(list(asked.values()), tmp_path_factory.mktemp("qgis"))
    except PartMissingError as missing:
        pytest.skip(str(missing))
    return dict(zip(asked, found, strict=True))


@pytest.mark.parametrize(
    ("layer", "crs", "matrix", "tile_px"),
    [
        ("w", "EPSG:3857", "w", 256),
        ("c", "EPSG:4490", "c", 256),
        ("w512", "EPSG:3857", "w", 512),
        ("xyz", "EPSG:3857", "w", 256),
        ("tms", "EPSG:3857", "w", 256),
    ],
)
def test_qgis_draws_each_picture_where_it_belongs(
    seen: dict[str, dict[str, Any]], layer: str, crs: str, matrix: str, tile_px: int
) -> None:
    assert seen[layer]["is_valid"]
    assert seen[layer]["crs"] == crs
    assert tuple(seen[layer]["centre"]) == square_of(*DAQING, LEVEL, matrix, tile_px)
    assert seen[layer]["drawn"] == 1


@pytest.mark.parametrize("layer", ["vector", "styled"])
def test_qgis_draws_vector_tiles(seen: dict[str, dict[str, Any]], layer: str) -> None:
    assert seen[layer]["is_valid"]
    assert seen[layer]["drawn"] > 0.25
