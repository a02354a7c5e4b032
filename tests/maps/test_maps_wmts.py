from __future__ import annotations

import pytest
from defusedxml.ElementTree import fromstring
from owslib.wmts import WebMapTileService

from tests.conftest import copy_home
from tests.maps.drawn_tiles import drawn_app

WMTS = "{http://www.opengis.net/wmts/1.0}"
OWS = "{http://www.opengis.net/ows/1.1}"
GET_TILE = (
    "/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=drawn&STYLE=default&FORMAT=image/png"
    "&TILEMATRIXSET=w&TILEMATRIX=5&TILEROW=11&TILECOL=26"
)


@pytest.fixture(scope="module")
def app(demo_home, tmp_path_factory):
    with drawn_app(copy_home(demo_home, tmp_path_factory.mktemp("wmts"))) as flask:
        yield flask


@pytest.fixture
def capabilities(client):
    return fromstring(client.get("/wmts/1.0.0/WMTSCapabilities.xml?lang=en").data)


def layer_of(document, name):
    return next(each for each in document.iter(WMTS + "Layer") if each.findtext(OWS + "Identifier") == name)


def refused(client, path):
    answer = client.get(path)
    exception = fromstring(answer.data).find(OWS + "Exception")
    assert answer.mimetype == "application/xml"
    assert exception.findtext(OWS + "ExceptionText")
    return answer.status_code, exception.get("exceptionCode"), exception.get("locator")


# --- the document ---------------------------------------------------------------------------------


def test_both_addresses_give_the_same_document(client):
    rest = client.get("/wmts/1.0.0/WMTSCapabilities.xml")
    assert client.get("/wmts?SERVICE=WMTS&REQUEST=GetCapabilities").data == rest.data
    assert rest.mimetype == "application/xml"


@pytest.mark.parametrize("asked", ["service=WMTS&request=GetCapabilities&version=1.0.0", "SERVICE=WMTS"])
def test_whoever_writes_the_question_behind_the_document_gets_it(client, asked):
    document = "/wmts/1.0.0/WMTSCapabilities.xml"
    assert client.get(f"{document}?{asked}").data == client.get(document).data


def test_every_set_that_a_map_draws_is_a_layer(capabilities):
    names = {each.findtext(OWS + "Identifier") for each in capabilities.iter(WMTS + "Layer")}
    assert {"base", "drawn", "fine", "far"} <= names
    assert "states" not in names


def test_a_title_with_markup_and_odd_bytes_is_text(capabilities):
    layer = layer_of(capabilities, "markup")
    assert layer.findtext(OWS + "Abstract") == '<b>A & "B"</b>\ufffd'


def test_a_layer_says_which_levels_and_tiles_it_has(capabilities):
    limits = layer_of(capabilities, "far").findall(f".//{WMTS}TileMatrixLimits")
    assert [each.findtext(WMTS + "TileMatrix") for each in limits] == ["4", "5", "6"]
    told = [int(limits[2].findtext(WMTS + name)) for name in ("MinTileCol", "MaxTileCol", "MinTileRow", "MaxTileRow")]
    assert told == [54, 54, 22, 22]


def test_owslib_reads_layers_matrix_sets_and_limits(client):
    service = WebMapTileService("http://localhost/wmts", xml=client.get("/wmts/1.0.0/WMTSCapabilities.xml").data)
    layer = service.contents["drawn"]
    assert list(layer.tilematrixsetlinks) == ["w-16", "c-16", "w", "c"]
    assert layer.formats == ["image/png"]
    assert layer.boundingBoxWGS84 == (124.0, 45.5, 126.0, 47.0)
    web, degrees = service.tilematrixsets["w"], service.tilematrixsets["c"]
    assert (web.crs, degrees.crs) == ("urn:ogc:def:crs:EPSG::3857", "urn:ogc:def:crs:EPSG::4490")
    assert degrees.tilematrix["1"].topleftcorner == (90.0, -180.0)
    assert web.tilematrix["0"].topleftcorner == pytest.approx((-20037508.3427892, 20037508.3427892))
    assert (degrees.tilematrix["14"].matrixwidth, degrees.tilematrix["14"].matrixheight) == (16384, 8192)


def test_owslib_gets_a_tile_by_its_address(client):
    service = WebMapTileService("http://localhost/wmts", xml=client.get("/wmts/1.0.0/WMTSCapabilities.xml").data)
    address = service.buildTileResource("drawn", tilematrixset="c", tilematrix="5", row=7, column=27)
    got = client.get(address.removeprefix("http://localhost"))
    assert got.data == client.get("/tiles/drawn/5/27/7.png?matrix=c").data != b""


@pytest.mark.parametrize(
    ("path", "w", "c"),
    [
        ("/wmts/1.0.0/WMTSCapabilities.xml", 279541132.0143589, 279541132.0143589),
        ("/wmts/tianditu/1.0.0/WMTSCapabilities.xml", 2.958293554545656e8, 2.958293554545656e8),
        ("/wmts?service=WMTS&request=GetCapabilities&scale=tianditu", 2.958293554545656e8, 2.958293554545656e8),
    ],
)
def test_two_documents_tell_two_kinds_of_scale_denominators(client, path, w, c):
    sets = WebMapTileService("http://localhost/wmts", xml=client.get(path).data).tilematrixsets
    assert sets["w"].tilematrix["1"].scaledenominator == pytest.approx(w, rel=1e-9)
    assert sets["c"].tilematrix["1"].scaledenominator == pytest.approx(c, rel=1e-9)
    assert "0" not in sets["c"].tilematrix


def test_pictures_of_512_pixels_are_cut_by_a_set_of_that_size(capabilities):
    assert layer_of(capabilities, "fine").findtext(f".//{WMTS}TileMatrixSet") == "w512-16"
    sets = {each.findtext(OWS + "Identifier"): each for each in capabilities.iter(WMTS + "TileMatrixSet") if len(each)}
    first = sets["w512-16"].find(WMTS + "TileMatrix")
    assert first.findtext(WMTS + "TileWidth") == "512"
    assert float(first.findtext(WMTS + "ScaleDenominator")) == pytest.approx(279541132.0143589)


def test_the_shifted_system_is_carried_into_addresses(client):
    document = fromstring(client.get("/wmts/1.0.0/WMTSCapabilities.xml?crs=gcj02").data)
    names = {each.findtext(OWS + "Identifier") for each in document.iter(WMTS + "Layer")}
    assert "moved" in names
    assert "drawn" not in names
    assert [each.text for each in layer_of(document, "moved").iter(WMTS + "TileMatrixSet")] == ["w"]
    template = layer_of(document, "moved").find(WMTS + "ResourceURL").get("template")
    place = template.removeprefix("http://localhost")
    for name, value in {"TileMatrixSet": "w", "TileMatrix": 3, "TileRow": 1, "TileCol": 1}.items():
        place = place.replace("{" + name + "}", str(value))
    assert client.get(place).data == b"gcj02"


# --- tiles ----------------------------------------------------------------------------------------


def test_parameters_are_read_in_any_case(client):
    expected = client.get("/tiles/drawn/5/26/11.png").data
    assert client.get(GET_TILE).data == expected
    path, _, query = GET_TILE.partition("?")
    lower = "&".join(f"{name.lower()}={value}" for name, _, value in (part.partition("=") for part in query.split("&")))
    assert client.get(f"{path}?{lower}").data == expected


def test_a_client_made_for_tianditu_gets_tiles_by_its_words(client):
    asked = GET_TILE.replace("image/png", "tiles").replace("=w", "=c") + "&tk=anything"
    assert client.get(asked).data == client.get("/tiles/drawn/5/26/11.png?matrix=c").data


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("SERVICE=WMTS&", ""), (400, "MissingParameterValue", "Service")),
        (("SERVICE=WMTS", "SERVICE=WMS"), (400, "InvalidParameterValue", "Service")),
        (("&REQUEST=GetTile", ""), (400, "MissingParameterValue", "Request")),
        (("REQUEST=GetTile", "REQUEST=GetFeatureInfo"), (501, "OperationNotSupported", "GetFeatureInfo")),
        (("VERSION=1.0.0", "VERSION=2.0.0"), (400, "InvalidParameterValue", "Version")),
        (("LAYER=drawn", "LAYER=none"), (400, "InvalidParameterValue", "Layer")),
        (("LAYER=drawn", "LAYER=../../etc"), (400, "InvalidParameterValue", "Layer")),
        (("LAYER=drawn&", ""), (400, "MissingParameterValue", "Layer")),
        (("STYLE=default", "STYLE=dark"), (400, "InvalidParameterValue", "Style")),
        (("FORMAT=image/png", "FORMAT=image/gif"), (400, "InvalidParameterValue", "Format")),
        (("TILEMATRIXSET=w", "TILEMATRIXSET=z"), (400, "InvalidParameterValue", "TileMatrixSet")),
        (("TILEMATRIX=5", "TILEMATRIX=17"), (404, "InvalidParameterValue", "TileMatrix")),
        (("TILEMATRIX=5", "TILEMATRIX=five"), (400, "InvalidParameterValue", "TileMatrix")),
        (("TILEROW=11", "TILEROW=32"), (400, "TileOutOfRange", "TileRow")),
        (("TILECOL=26", "TILECOL=32"), (400, "TileOutOfRange", "TileCol")),
        (("TILECOL=26", "TILECOL=-1"), (400, "InvalidParameterValue", "TileCol")),
        (("LAYER=drawn", "LAYER=drawn&layer=far"), (400, "InvalidParameterValue", "layer")),
    ],
)
def test_what_cannot_be_answered_is_reported_by_its_code(client, change, expected):
    assert refused(client, GET_TILE.replace(*change)) == expected


def test_another_version_is_not_agreed_on(client):
    asked = "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities&ACCEPTVERSIONS=2.0.0"
    assert refused(client, asked) == (400, "VersionNegotiationFailed", "AcceptVersions")
    assert client.get(asked + ",1.0.0").status_code == 200


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/wmts/1.0.0/drawn/default/w/5/11/32.png", "TileOutOfRange"),
        ("/wmts/1.0.0/drawn/dark/w/5/11/26.png", "InvalidParameterValue"),
        ("/wmts/1.0.0/drawn/default/c/0/0/0.png", "InvalidParameterValue"),
        ("/wmts/1.0.0/none/default/w/5/11/26.png", "InvalidParameterValue"),
        ("/wmts/1.0.0/drawn/default/w/5/11/26.mvt", "InvalidParameterValue"),
    ],
)
def test_an_address_that_cannot_be_is_reported_too(client, path, code):
    status, told, _ = refused(client, path)
    assert 400 <= status < 500
    assert told == code


def test_an_empty_tile_is_204_here_too(client):
    assert client.get("/wmts/1.0.0/markup/default/w/5/11/26.mvt").status_code == 204
