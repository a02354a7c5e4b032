"""The speed feed: estimated speeds of all edges, below what callers tell, in the metrics of everybody."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from location_cloud.directions.deriving import remove_leftovers
from location_cloud.directions.feed import FEED, HOLDS_S, Feed, publish_feed
from location_cloud.directions.live import batch_from_words
from location_cloud.directions.model import Options
from tests.directions.live_home import ABC, DEF, NOON, city, home_of_map, key, segments

__all__ = ["city", "home_of_map"]  # fixtures


def feed(city, at=NOON, **kmh):
    """Publishes speeds by way: ABC=20."""
    column = np.full(2 * city.roads.segment_count, np.nan, np.float32)
    for way, speed in kmh.items():
        for segment in segments(city, {"ABC": ABC, "DEF": DEF}[way]):
            column[[2 * segment, 2 * segment + 1]] = speed
    publish_feed(city.home, city.world.snapshot.id, column, at.timestamp())
    return city.derive()


def cost_ms(city, way, backward=False):
    return int(city.network().metric.cost_ms[2 * segments(city, way)[0] + backward])


def test_a_fed_speed_is_the_cost_of_its_edges_both_in_routes_and_in_the_overlay(city):
    assert feed(city, ABC=10)
    slow = cost_ms(city, ABC)
    assert feed(city, ABC=20)
    assert cost_ms(city, ABC) == pytest.approx(slow / 2, rel=0.01)
    told = city.metrics.choose(city.world, "car", Options(exclude=frozenset({"ferry"})))
    assert int(told.metric.cost_ms[2 * segments(city, ABC)[0]]) == cost_ms(city, ABC)


def test_told_speeds_count_more_than_fed_ones_where_both_know_an_edge(city):
    feed(city, ABC=10, DEF=10)
    fed = cost_ms(city, ABC)
    city.say_speeds(batch_from_words({key(city, ABC): 40.0}))
    city.derive()
    assert cost_ms(city, ABC) == pytest.approx(fed / 4, rel=0.01)
    assert cost_ms(city, ABC, backward=True) == fed
    assert cost_ms(city, DEF) > 0


def test_equal_speeds_published_again_make_no_new_version(city):
    feed(city, ABC=10)
    version = city.network().version
    assert not feed(city, NOON + timedelta(seconds=10), ABC=10)
    assert city.network().version == version
    assert feed(city, ABC=11)
    assert city.network().version != version


def test_a_feed_that_nobody_renews_is_over_by_the_clock(city):
    free = city.directions.networks["car"].metric.cost_ms[2 * segments(city, ABC)[0]]
    feed(city, ABC=10)
    city.clock.now = NOON + timedelta(seconds=HOLDS_S - 1)
    assert not city.derive()
    city.clock.now = NOON + timedelta(seconds=HOLDS_S)
    assert city.derive()
    assert cost_ms(city, ABC) == free
    assert not city.derive()


def test_a_renewed_feed_goes_on_to_hold(city):
    feed(city, ABC=10)
    version = city.network().version
    city.clock.now = NOON + timedelta(seconds=HOLDS_S + 1)
    feed(city, city.clock.now, ABC=10)
    assert city.network().version == version


def test_speeds_that_nobody_believes_are_cut(city):
    feed(city, ABC=0.0, DEF=1000.0)
    found = Feed(city.home, city.world.snapshot.id, 2 * city.roads.segment_count).at(NOON.timestamp())
    assert found.kmh is not None
    assert (np.nanmin(found.kmh), np.nanmax(found.kmh)) == (1.0, 300.0)


def test_a_feed_of_other_roads_is_passed_over(city):
    publish_feed(city.home, city.world.snapshot.id, np.full(3, 10.0, np.float32), NOON.timestamp())
    assert not city.derive() or city.network() is city.directions.networks["car"]
    assert Feed(city.home, city.world.snapshot.id, 8).at(NOON.timestamp()).kmh is None


def test_feeds_of_snapshots_that_are_gone_are_removed(city):
    feed(city, ABC=10)
    remove_leftovers(city.home, [])
    assert not list((city.home / FEED).iterdir())
