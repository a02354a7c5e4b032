"""What a GIS desktop does with our tiles: GDAL's own readers over HTTP, the ones inside QGIS, and OWSLib."""

from __future__ import annotations

import math

import pyogrio
import pytest
import rasterio
from owslib.wmts import WebMapTileService
from rasterio.warp import transform

from tests.conftest import copy_home
from tests.maps.drawn_tiles import served_tiles, square_of

LONLAT = (24.9414, 60.1700)
ZOOM = 14

IN_DAQING = ((125.03, 46.58), (124.5, 46.9), (125.9, 45.6))
DEEPEST = 16

XYZ = """\
<GDAL_WMS><Service name="TMS"><ServerUrl>{url}</ServerUrl></Service>
<DataWindow><UpperLeftX>-20037508.342789244</UpperLeftX><UpperLeftY>20037508.342789244</UpperLeftY>
<LowerRightX>20037508.342789244</LowerRightX><LowerRightY>-20037508.342789244</LowerRightY>
<TileLevel>16</TileLevel><TileCountX>1</TileCountX><TileCountY>1</TileCountY><YOrigin>{origin}</YOrigin></DataWindow>
<Projection>EPSG:3857</Projection><BlockSizeX>256</BlockSizeX><BlockSizeY>256</BlockSizeY><BandsCount>3</BandsCount>
</GDAL_WMS>"""
"""What a user writes for GDAL to read tiles by address."""


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


# --- pictures: is each pixel where it belongs? ----------------------------------------------------


@pytest.fixture(scope="module")
def drawn(demo_home, tmp_path_factory):
    """A server with tile sets whose pixels tell where they are."""
    with served_tiles(copy_home(demo_home, tmp_path_factory.mktemp("drawn"))) as url:
        yield url


def colours(source):
    """What GDAL sees at the places in Daqing, at full resolution, and the number of the reference system."""
    with rasterio.open(source) as picture:
        xs, ys = transform("EPSG:4326", picture.crs, *zip(*IN_DAQING, strict=True))
        return [tuple(map(int, pixel[:3])) for pixel in picture.sample(zip(xs, ys, strict=True))], picture.crs.to_epsg()


def expected(matrix="w", tile_px=256):
    return [square_of(lon, lat, DEEPEST, matrix, tile_px) for lon, lat in IN_DAQING]


@pytest.mark.parametrize("document", ["wmts/1.0.0/WMTSCapabilities.xml", "wmts?SERVICE=WMTS&REQUEST=GetCapabilities"])
@pytest.mark.parametrize(("matrix", "epsg"), [("w", 3857), ("c", 4490)])
def test_gdal_reads_wmts_in_both_matrix_sets(drawn, document, matrix, epsg):
    source = f"WMTS:{drawn}/{document},layer=drawn,tilematrixset={matrix}-{DEEPEST}"
    assert colours(source) == (expected(matrix), epsg)


def test_gdal_finds_the_deepest_level_of_a_layer_by_itself(drawn):
    assert colours(f"WMTS:{drawn}/wmts/1.0.0/WMTSCapabilities.xml,layer=drawn") == (expected(), 3857)


@pytest.mark.parametrize(("matrix", "epsg"), [("w", 3857), ("c", 4490)])
def test_gdal_reads_pictures_of_512_pixels(drawn, matrix, epsg):
    source = f"WMTS:{drawn}/wmts/1.0.0/WMTSCapabilities.xml,layer=fine,tilematrixset={matrix}512-{DEEPEST}"
    assert colours(source) == (expected(matrix, 512), epsg)


@pytest.mark.parametrize(("place", "origin"), [("tiles/drawn", "top"), ("tiles/drawn/tms", "bottom")])
def test_gdal_reads_xyz_and_tms(drawn, place, origin):
    url = f"{drawn}/{place}/${{z}}/${{x}}/${{y}}.png"
    assert colours(XYZ.format(url=url, origin=origin)) == (expected(), 3857)


def test_gdal_reads_a_tilejson_and_its_tiles_as_one_layer(served):
    name = f"MVT:{served}/tiles/base/{ZOOM}"
    streets = pyogrio.read_dataframe(
        name,
        layer="street_labels",
        bbox=(2776000, 8437000, 2778000, 8439000),
        TILE_EXTENSION="mvt",
        METADATA_FILE=f"{served}/tiles/base.json",
    )
    assert "Mannerheimintie" in set(streets["name"])


def test_owslib_fetches_tiles(drawn):
    service = WebMapTileService(f"{drawn}/wmts")
    tile = service.gettile(layer="drawn", tilematrixset="c", tilematrix="5", row=7, column=27, format="image/png")
    assert tile.read()[:4] == b"\x89PNG"
    assert service.restonly is False
    assert service.buildTileResource("drawn", tilematrixset="w", tilematrix="5", row=11, column=26).startswith(drawn)
