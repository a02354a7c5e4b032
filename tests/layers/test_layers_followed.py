"""Followed layers of one process: who waits for whom, and what all of them keep together."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import shapely

from location_cloud.errors import TooLarge
from location_cloud.kept_tiles import KeptTiles
from location_cloud.live_layers import Changes, LiveLayer, LiveLayers
from location_cloud.tile_sets import Tile, TileAt
from tiles.delta import Feature

WORLD = TileAt(0, 0, 0)


def reading(*texts):
    """A fetch of one point for each text."""
    features = [Feature(number + 1, shapely.Point(25, 60), {"name": text}) for number, text in enumerate(texts)]
    return lambda since: Changes(1, features, is_all=True)


def layer_of(fetch, version=lambda: 1):
    return lambda kept: LiveLayer("wells", version, fetch, kept=kept)


@pytest.fixture
def slow():
    """A fetch that waits for `go`, and says that it has begun and how often."""

    def fetch(since):
        fetch.times += 1
        fetch.begun.set()
        assert fetch.go.wait(10)
        return reading("a")(since)

    fetch.go, fetch.begun, fetch.times = threading.Event(), threading.Event(), 0
    yield fetch
    fetch.go.set()


@pytest.fixture
def threads():
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_all_layers_together_keep_no_more_than_the_ceiling():
    layers = LiveLayers(kept=KeptTiles(5_000))
    for number in range(20):
        layers.follow(number, layer_of(reading("x" * 600))).tile(WORLD)
    assert 0 < layers.kept.used_bytes <= 5_000


def test_the_tile_asked_for_last_stays():
    kept = KeptTiles(2_500)
    for at in ((1, 0, 0), (1, 1, 0), (1, 0, 1)):
        kept.keep("wells", at, Tile(b"x" * 600))
        assert kept.find("wells", (1, 0, 0)) is not None
    assert kept.find("wells", (1, 1, 0)) is None


def test_a_layer_that_is_let_go_leaves_no_tiles():
    layers = LiveLayers(layers_kept=1)
    layers.follow("a", layer_of(reading("a"))).tile(WORLD)
    layers.follow("b", layer_of(reading("b")))
    assert layers.kept.used_bytes == 0


def test_callers_of_other_layers_do_not_wait_for_an_index(slow, threads):
    layers = LiveLayers()
    waiting = threads.submit(layers.follow("slow", layer_of(slow)).tile, WORLD)
    assert slow.begun.wait(10)
    assert layers.follow("quick", layer_of(reading("a"))).tile(WORLD) is not None
    assert not waiting.done()


def test_callers_of_one_layer_wait_for_one_index(slow, threads):
    layer = LiveLayers().follow("slow", layer_of(slow))
    waiting = [threads.submit(layer.tile, WORLD) for _ in range(4)]
    assert slow.begun.wait(10)
    slow.go.set()
    assert len({each.result(10).etag for each in waiting}) == 1
    assert slow.times == 1


def test_who_takes_only_what_is_at_hand_never_waits(slow, threads):
    layer = LiveLayers().follow("slow", layer_of(slow))
    waiting = threads.submit(layer.tile, WORLD)
    assert slow.begun.wait(10)
    assert layer.find(WORLD) is None
    slow.go.set()
    assert waiting.result(10) == layer.find(WORLD)


def test_what_is_at_hand_is_never_older_than_the_store():
    version = [1]
    layer = LiveLayers().follow("wells", layer_of(reading("a"), lambda: version[0]))
    layer.tile(WORLD)
    assert layer.find(WORLD) is not None
    version[0] = 2
    assert layer.find(WORLD) is None


def test_where_nothing_is_the_kept_tile_has_no_body():
    layer = LiveLayers().follow("wells", layer_of(reading()))
    assert layer.tile(WORLD) is None
    assert layer.find(WORLD) == Tile(b"")


def test_a_layer_over_the_ceiling_is_measured_once_for_all_callers(threads):
    asked = []

    def refuse(since):
        asked.append(since)
        raise TooLarge("too many features", hint="share it out")

    layer = LiveLayers().follow("large", layer_of(refuse))
    calls = [threads.submit(layer.tile, WORLD) for _ in range(4)]
    wait(calls)
    assert [type(each.exception()) for each in calls] == [TooLarge] * 4
    assert len(asked) == 1
