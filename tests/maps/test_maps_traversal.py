"""Ten thousand addresses that try to leave the maps: each is refused by name, and no file is opened for any of them."""

from __future__ import annotations

import itertools
import random
import sys

import pytest

from tests.conftest import copy_home
from tests.maps.drawn_tiles import drawn_app

COUNT = 10_000

UP = ("..", "%2e%2e", ".%2e", "%252e%252e", "..%00", "..;", "....", "%c0%ae%c0%ae", "..%5c", "..%ef%bc%8f", "~", ".")
SEPARATORS = ("/", "%2f", "\\", "%5c", "%252f", "//", "/./", "%00/", "%c0%af")
GOALS = ("etc/passwd", "current", "live.sqlite", "proc/self/environ", "snapshots", "C:/boot.ini", "dev/zero", "")
TEMPLATES = (
    "/tiles/{evil}/1/0/0.png",
    "/tiles/drawn/{evil}/0/0.png",
    "/tiles/drawn/1/{evil}/0.png",
    "/tiles/drawn/1/0/{evil}.png",
    "/tiles/drawn/1/0/0.{evil}",
    "/tiles/drawn/tms/1/{evil}/0.png",
    "/tiles/drawn/q/{evil}.png",
    "/tiles/{evil}.json",
    "/styles/{evil}.json",
    "/wmts/1.0.0/{evil}/default/w/1/0/0.png",
    "/wmts/1.0.0/drawn/{evil}/w/1/0/0.png",
    "/wmts/1.0.0/drawn/default/{evil}/1/0/0.png",
    "/wmts/{evil}/WMTSCapabilities.xml",
    "/wmts?service=WMTS&request=GetTile&layer={evil}&format=tiles&tilematrixset=w&tilematrix=1&tilerow=0&tilecol=0",
    "/wmts?service=WMTS&request=GetTile&layer=drawn&format={evil}&tilematrixset=w&tilematrix=1&tilerow=0&tilecol=0",
    "/wmts?service=WMTS&request=GetTile&layer=drawn&format=tiles&tilematrixset=w&tilematrix={evil}&tilerow=0&tilecol=0",
    "/ogc/tiles/collections/{evil}",
    "/ogc/tiles/collections/drawn/{evil}/WebMercatorQuad/1/0/0",
    "/ogc/tiles/collections/drawn/map/tiles/{evil}/1/0/0",
    "/ogc/tiles/tileMatrixSets/{evil}",
)


@pytest.fixture(scope="module")
def app(demo_home, tmp_path_factory):
    with drawn_app(copy_home(demo_home, tmp_path_factory.mktemp("traversal"))) as flask:
        yield flask


class Opened:
    """Files that this process opens while `is_watching`."""

    def __init__(self):
        self.is_watching = False
        self.paths = []
        sys.addaudithook(self)

    def __call__(self, event, arguments):
        if self.is_watching and event == "open":
            self.paths.append(arguments[0])


def attempts():
    chance = random.Random(4)
    every = [
        template.format(evil=separator.join([*[up] * depth, goal]))
        for template, up, separator, goal, depth in itertools.product(TEMPLATES, UP, SEPARATORS, GOALS, (1, 3, 8))
    ]
    return chance.sample(every, COUNT)


def test_ten_thousand_ways_out_are_refused_and_open_no_file(client):
    opened = Opened()
    statuses = set()
    client.get("/tiles/none/1/0/0.png")  # the first answer of a kind may load code
    client.get("/wmts")
    for path in attempts():
        opened.is_watching = True
        answer = client.get(path)
        opened.is_watching = False
        statuses.add(answer.status_code)
        assert 400 <= answer.status_code < 500, path
        assert b"root:" not in answer.data
    assert statuses <= {400, 404}
    assert [path for path in opened.paths if not str(path).endswith((".py", ".pyc"))] == []
