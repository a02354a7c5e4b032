"""OGC API Tiles: every document against what the standard's schemas demand, every link followed."""

from __future__ import annotations

import pytest

from tests.conftest import copy_home
from tests.maps.drawn_tiles import drawn_app

HOST = "http://localhost"
ROOT = "/ogc/tiles"

# From the standard's own schemas: github.com/opengeospatial/ogcapi-tiles, openapi/schemas/{common-core,tms}/*.yaml.
REQUIRED = {
    "landing": {"links"},
    "collection": {"id", "links"},
    "tileset-item": {"dataType", "links", "crs"},
    "tileset": {"dataType", "crs"},
    "limits": {"tileMatrix", "minTileRow", "maxTileRow", "minTileCol", "maxTileCol"},
    "matrix set": {"crs", "tileMatrices"},
    "matrix": {
        *("id", "scaleDenominator", "cellSize", "pointOfOrigin"),
        *("tileWidth", "tileHeight", "matrixWidth", "matrixHeight"),
    },
    "link": {"href", "rel"},
}


@pytest.fixture(scope="module")
def app(demo_home, tmp_path_factory):
    with drawn_app(copy_home(demo_home, tmp_path_factory.mktemp("ogc"))) as flask:
        yield flask


def get(client, address, **headers):
    answer = client.get(address.removeprefix(HOST), headers=headers)
    assert answer.status_code == 200, (address, answer.data)
    return answer.json


def href(document, rel, **also):
    return next(
        link["href"]
        for link in document["links"]
        if link["rel"].rsplit("/", 1)[-1] == rel and also.items() <= link.items()
    )


def walk(client, address=ROOT, seen=None):
    """Every JSON document that links lead to from the landing page, by address."""
    seen = {} if seen is None else seen
    if address in seen or not address.removeprefix(HOST).startswith(ROOT):
        return seen
    seen[address] = get(client, address)
    inner = [
        seen[address],
        *(each for name in ("collections", "tilesets", "tileMatrixSets") for each in seen[address].get(name, ())),
    ]
    for link in (link for part in inner for link in part.get("links", ())):
        if not link.get("templated"):
            walk(client, link["href"], seen)
    return seen


def test_links_lead_to_every_document(client):
    documents = walk(client)
    assert {f"{HOST}{ROOT}{path}" for path in ("/conformance", "/collections", "/tileMatrixSets")} <= documents.keys()
    assert f"{HOST}{ROOT}/collections/base/tiles/WebMercatorQuad" in documents
    assert f"{HOST}{ROOT}/collections/drawn/map/tiles/CGCS2000Quad" in documents
    assert f"{HOST}{ROOT}/tileMatrixSets/CGCS2000Quad512" in documents
    for document in documents.values():
        assert all(link.keys() >= REQUIRED["link"] for link in document.get("links", ()))


def test_the_landing_page_leads_to_the_interface(client):
    landing = get(client, ROOT)
    for rel in ("self", "service-desc", "service-doc", "conformance", "data", "tiling-schemes"):
        assert client.get(href(landing, rel).removeprefix(HOST)).status_code == 200


def test_tilesets_have_what_the_schemas_demand(client):
    for address, document in walk(client).items():
        for item in document.get("tilesets", ()):
            assert item.keys() >= REQUIRED["tileset-item"], address
            assert href(item, "self")
            assert href(item, "tiling-scheme")
        if "tileMatrixSetLimits" in document:
            assert document.keys() >= REQUIRED["tileset"], address
            assert all(limits.keys() >= REQUIRED["limits"] for limits in document["tileMatrixSetLimits"])
            assert href(document, "item", templated=True)
            assert document.get("layers") != []


def test_matrix_sets_have_what_the_schemas_demand(client):
    for document in walk(client).values():
        if "tileMatrices" in document:
            assert document.keys() >= REQUIRED["matrix set"]
            assert all(matrix.keys() >= REQUIRED["matrix"] for matrix in document["tileMatrices"])
            assert len(document["tileMatrices"]) >= 24


def test_web_mercator_is_the_registered_one(client):
    document = get(client, f"{ROOT}/tileMatrixSets/WebMercatorQuad")
    assert document["uri"] == "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
    assert document["crs"] == "http://www.opengis.net/def/crs/EPSG/0/3857"
    level = document["tileMatrices"][14]
    assert level["scaleDenominator"] == pytest.approx(34123.6733415964)
    assert (level["id"], level["matrixWidth"], level["cornerOfOrigin"]) == ("14", 16384, "topLeft")


def test_degrees_count_latitude_first(client):
    document = get(client, f"{ROOT}/tileMatrixSets/CGCS2000Quad")
    assert document["orderedAxes"] == ["Lat", "Lon"]
    first = document["tileMatrices"][0]
    assert (first["id"], first["pointOfOrigin"], first["cellSize"]) == ("1", [90.0, -180.0], 0.703125)
    assert (first["matrixWidth"], first["matrixHeight"]) == (2, 1)


@pytest.mark.parametrize(
    ("place", "media_type"),
    [("far/tiles/WebMercatorQuad", "mapbox-vector-tile"), ("drawn/map/tiles/CGCS2000Quad", "png")],
)
def test_the_template_of_a_tileset_gives_tiles(client, place, media_type):
    tileset = get(client, f"{ROOT}/collections/{place}")
    limits = tileset["tileMatrixSetLimits"][1]
    path = href(tileset, "item", templated=True).removeprefix(HOST)
    tile = client.get(
        path.format(tileMatrix=limits["tileMatrix"], tileRow=limits["minTileRow"], tileCol=limits["minTileCol"])
    )
    assert tile.status_code == 200
    assert media_type in tile.mimetype


def test_rows_come_before_columns(client):
    tile = client.get(f"{ROOT}/collections/drawn/map/tiles/WebMercatorQuad/5/11/26?f=png")
    assert tile.data == client.get("/tiles/drawn/5/26/11.png").data


def test_the_form_follows_accept_where_f_is_not_given(client):
    tile = client.get(f"{ROOT}/collections/drawn/map/tiles/WebMercatorQuad/5/11/26", headers={"Accept": "image/png"})
    assert tile.mimetype == "image/png"
    assert "Accept" in tile.headers["Vary"]


def test_the_shifted_system_is_carried_into_templates(client):
    tileset = get(client, f"{ROOT}/collections/moved/tiles/WebMercatorQuad?crs=bd09")
    path = href(tileset, "item", templated=True).removeprefix(HOST)
    assert client.get(path.format(tileMatrix=3, tileRow=1, tileCol=1)).data == b"bd09"


def test_the_same_as_tilejson_is_linked(client):
    tileset = get(client, f"{ROOT}/collections/drawn/map/tiles/CGCS2000Quad")
    tilejson = get(client, href(tileset, "alternate"))
    assert tilejson["tiles"] == [f"{HOST}/tiles/drawn/{{z}}/{{x}}/{{y}}.png?matrix=c"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/collections/none", 404),
        ("/collections/states", 404),
        ("/collections/far/map/tiles", 404),
        ("/collections/far/tiles/CGCS2000Quad", 404),
        ("/collections/far/tiles/Mars", 404),
        ("/tileMatrixSets/..%2F..", 404),
        ("/collections/far/tiles/WebMercatorQuad/5/99/1", 400),
        ("/collections/far/tiles/WebMercatorQuad/7/1/1", 404),
        ("/collections/far/tiles/WebMercatorQuad/5/1/1?f=png", 404),
        ("/collections/far/tiles/WebMercatorQuad/5/1/1?f=gif", 400),
        ("/collections?f=html", 400),
    ],
)
def test_what_is_not_there_is_named(client, path, status):
    answer = client.get(ROOT + path)
    assert answer.status_code == status
    assert answer.json["hint"]
