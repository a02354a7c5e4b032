"""What a GIS desktop does with our tiles: GDAL's own reader over HTTP, the one inside QGIS."""

from __future__ import annotations

import math

import pyogrio
import pytest

LONLAT = (24.9414, 60.1700)
ZOOM = 14


@pytest.fixture
def tile(served):
    lon, lat = LONLAT
    x = int((lon + 180) / 360 * 2**ZOOM)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**ZOOM)
    return f"MVT:{served}/tiles/base/{ZOOM}/{x}/{y}.mvt"


def test_gdal_lists_the_layers_of_a_tile(tile):
    layers = {str(name) for name, _ in pyogrio.list_layers(tile)}
    assert {"streets", "buildings", "water_polygons", "addresses"} <= layers


def test_gdal_puts_the_streets_where_they_are(tile):
    streets = pyogrio.read_dataframe(tile, layer="street_labels").to_crs(4326)
    street = streets[streets["name"] == "Mannerheimintie"].union_all()
    west, south, east, north = street.bounds
    assert 24.92 < west < east < 24.95
    assert 60.16 < south < north < 60.18
