"""A traffic app on the city's own tiles: finds the map by its TileJSON, draws streets, asks for a way, asks again."""

from __future__ import annotations

import gzip
import json
import math
import urllib.error
import urllib.request

import mapbox_vector_tile
import pytest

CENTRE = (24.9414, 60.1700)
ZOOM = 14


def fetch(url: str, **headers: str):
    """Status, headers and body as they came."""
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def tile_of(lonlat, zoom):
    """Column and row of the tile that holds the point. Source: OpenStreetMap wiki, slippy map tilenames."""
    lon, lat = lonlat
    across = 2**zoom
    row = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * across), int(row * across)


@pytest.fixture
def tilejson(served):
    return json.loads(fetch(f"{served}/tiles/base.json")[2])


def decoded(body, headers):
    return mapbox_vector_tile.decode(gzip.decompress(body) if headers["Content-Encoding"] == "gzip" else body)


@pytest.fixture
def tile(tilejson):
    x, y = tile_of(CENTRE, ZOOM)
    url = tilejson["tiles"][0].format(z=ZOOM, x=x, y=y)
    status, headers, body = fetch(url)
    assert (status, headers.get_content_type()) == (200, "application/vnd.mapbox-vector-tile")
    return decoded(body, headers)


def test_the_map_says_where_it_lies_and_whose_it_is(tilejson):
    west, south, east, north = tilejson["bounds"]
    assert west < CENTRE[0] < east
    assert south < CENTRE[1] < north
    assert "OpenStreetMap" in tilejson["attribution"]


def test_the_tile_of_the_centre_has_named_streets(tile):
    assert len(tile["streets"]["features"]) > 100
    labels = {feature["properties"].get("name") for feature in tile["street_labels"]["features"]}
    assert "Mannerheimintie" in labels


def test_every_layer_of_the_tile_is_announced(tile, tilejson):
    assert set(tile) <= {layer["id"] for layer in tilejson["vector_layers"]}


def test_a_tile_beside_the_data_is_empty_and_one_beyond_the_world_is_refused(served):
    assert fetch(f"{served}/tiles/base/14/0/0.mvt")[0] == 204
    status, _, body = fetch(f"{served}/tiles/base/2/4/0.mvt")
    assert status in (400, 404)
    assert json.loads(body)["hint"]


def test_a_driver_gets_a_way_with_every_turn_on_it(served):
    status, headers, body = fetch(f"{served}/v1/route?from=24.9384,60.1699&to=24.9458,60.1640&profile=car")
    route = json.loads(body)["routes"][0]
    line, steps = route["geometry"]["coordinates"], route["legs"][0]["steps"]
    assert status == 200
    assert headers["Location-Cloud-Snapshot"]
    assert [steps[0]["type"], steps[-1]["type"]] == ["depart", "arrive"]
    assert all(step["location"] == line[step["points"][0]] for step in steps)
    assert sum(step["duration_s"] for step in steps) == pytest.approx(route["duration_s"], abs=0.01)
    assert sum(step["distance_m"] for step in steps) == pytest.approx(route["distance_m"], abs=1)


@pytest.mark.parametrize("path", ["/v1/nearest?at=24.9384,60.1699", "/tiles/base.json"])
def test_the_same_question_again_costs_no_body(served, path):
    _, headers, _ = fetch(served + path)
    status, _, body = fetch(served + path, If_None_Match=headers["ETag"])
    assert (status, body) == (304, b"")


def test_the_same_tile_again_costs_no_body(tilejson):
    x, y = tile_of(CENTRE, ZOOM)
    url = tilejson["tiles"][0].format(z=ZOOM, x=x, y=y)
    _, headers, _ = fetch(url)
    assert fetch(url, If_None_Match=headers["ETag"])[0] == 304


def test_a_style_draws_from_the_announced_tiles(served):
    style = json.loads(fetch(f"{served}/styles/light.json")[2])
    assert style["version"] == 8
    assert all(served in json.dumps(source) for source in style["sources"].values())
