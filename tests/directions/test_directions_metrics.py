import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from location_cloud.directions import typical
from location_cloud.directions.live import batch_from_words
from location_cloud.directions.metrics import PRIVATE, TYPICAL
from location_cloud.directions.model import Options
from location_cloud.directions.now import drop_closure
from location_cloud.errors import BadQuery
from location_cloud.roads.edges import find_edge
from routing.customize import customize
from routing.trip import CLOSED
from tests.directions.live_home import ABC, AD, CF, DEF, NOON, both_ways, city, drive_ms, home_of_map, key, segments

__all__ = ["city", "home_of_map"]  # fixtures


def from_d_to_f(city, network):
    """From D over A, B, C to F, or back over E: whichever is open and quicker."""
    begin = find_edge(city.roads, key(city, AD, 0, backward=True))
    return drive_ms(network, begin, find_edge(city.roads, key(city, CF)))


# --- without a worker --------------------------------------------------------------------------------------------


def test_without_a_worker_the_snapshots_own_metric_serves(city):
    assert city.network() is city.directions.networks["car"]
    assert city.metrics.answer(city.world, "car", Options(), None, "", lambda network: network) is city.network()


def test_options_get_a_metric_of_their_own_which_is_kept(city):
    free = Options(exclude=frozenset({"toll"}))
    assert from_d_to_f(city, city.network(options=free)) is None
    assert from_d_to_f(city, city.network()) is not None
    city.metrics.settle()
    network = city.network(options=free)
    assert city.network(options=free) is network
    assert network.version != city.network().version


def test_a_metric_of_options_is_what_customizing_their_costs_gives(city):
    closed = Options(closed=(2 * segments(city, ABC)[0],))
    network = city.network(options=closed)
    costs = city.directions.networks["car"].metric.cost_ms.copy()
    costs[2 * segments(city, ABC)[0]] = CLOSED
    expected = customize(network.hierarchy, costs)
    assert all((network.metric.as_arrays()[name] == array).all() for name, array in expected.as_arrays().items())


def test_another_worker_maps_what_the_first_one_made(city):
    options = Options(exclude=frozenset({"toll"}))
    first = city.network(options=options)
    city.metrics.settle()
    (folder,) = (city.home / PRIVATE / city.world.snapshot.id).iterdir()
    made = folder.stat().st_ino
    second = city.another_worker().choose(city.world, "car", options)
    assert (second.version, second.metric.up_ms.tolist()) == (first.version, first.metric.up_ms.tolist())
    assert folder.stat().st_ino == made


def test_many_threads_make_one_metric(city, monkeypatch):
    found, made, build = [], [], city.metrics._build
    monkeypatch.setattr(city.metrics, "_build", lambda *asked: made.append(asked) or build(*asked))
    threads = [
        threading.Thread(target=lambda: found.append(city.network(options=Options(season="winter")))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(made)) == (8, 1)


def test_equal_options_written_in_another_order_share_a_metric(city):
    one = Options(exclude=frozenset(["toll", "ferry"]))
    city.network(options=one)
    city.metrics.settle()
    assert city.network(options=one) is city.network(options=Options(exclude=frozenset(["ferry", "toll"])))


def test_kept_metrics_do_not_grow_beyond_the_limit(city):
    metrics = city.another_worker()
    metrics._kept._most_bytes = 1  # the last one stays
    for edge in range(5):
        metrics.choose(city.world, "car", Options(closed=(edge,)))
    assert len(metrics._kept._values) == 1


def test_unknown_options_are_refused_and_leave_nothing_locked(city):
    for _ in range(2):
        with pytest.raises(BadQuery):
            city.network(options=Options(exclude=frozenset({"hills"})))


# --- hours -------------------------------------------------------------------------------------------------------


def test_an_hour_without_conditions_is_served_by_the_snapshots_metric(city):
    assert city.network(at=NOON) is city.network()


def test_a_condition_that_holds_at_the_hour_gives_another_metric(city):
    evening = city.network(at=NOON.replace(hour=21))
    edge = find_edge(city.roads, key(city, DEF))
    assert evening.metric.cost_ms[edge] == CLOSED
    assert city.network().metric.cost_ms[edge] != CLOSED


def test_hours_under_equal_conditions_share_a_metric(city):
    city.network(at=NOON.replace(hour=20))
    city.metrics.settle()
    assert city.network(at=NOON.replace(hour=20)) is city.network(at=NOON.replace(hour=21, minute=59))


def test_costs_at_an_hour_are_those_of_its_metric(city):
    at = NOON.replace(hour=21)
    costs = city.metrics.road_costs_at(city.world, "car", Options(), at)
    assert (costs == city.network(at=at).local_ms[: len(costs)]).all()
    assert costs is city.metrics.road_costs_at(city.world, "car", Options(), at + timedelta(minutes=5))


@pytest.fixture
def rush_hours(city):
    """Typical speeds: 10 km/h everywhere from 7 to 9 on Mondays."""
    kmh = np.full((168, 2 * city.roads.segment_count), np.nan, np.float32)
    kmh[7:9] = 10.0
    (city.home / TYPICAL).mkdir()
    typical.save_typical(city.home / TYPICAL / city.world.snapshot.id, kmh)
    city.metrics = city.another_worker()
    return city


def test_typical_speeds_of_the_hour_are_driven(rush_hours):
    slow = rush_hours.network(at=NOON.replace(hour=7))
    edge = 2 * segments(rush_hours, ABC)[0]
    expected = rush_hours.roads.seg_length_m[edge // 2] * 360
    assert slow.metric.cost_ms[edge] == pytest.approx(expected, rel=0.01)


def test_typical_speeds_that_come_later_are_found(city):
    monday = NOON.replace(hour=7)
    before = city.network(at=monday)
    kmh = np.full((168, 2 * city.roads.segment_count), 10.0, np.float32)
    (city.home / TYPICAL).mkdir()
    typical.save_typical(city.home / TYPICAL / city.world.snapshot.id, kmh)
    assert city.network(at=monday.replace(minute=1)).version != before.version


def test_new_typical_speeds_are_not_taken_for_older_ones(rush_hours):
    older = rush_hours.network(at=NOON.replace(hour=7)).version
    folder = rush_hours.home / TYPICAL / rush_hours.world.snapshot.id
    folder.rename(folder.with_name("older"))
    typical.save_typical(folder, np.full((168, 2 * rush_hours.roads.segment_count), 20.0, np.float32))
    rush_hours.metrics = rush_hours.another_worker()
    assert rush_hours.network(at=NOON.replace(hour=7)).version != older


def test_hours_with_equal_typical_speeds_share_a_metric(rush_hours):
    one, other = (rush_hours.network(at=NOON.replace(hour=hour)) for hour in (7, 8))
    assert one.version == other.version


def test_typical_speeds_of_traffic_say_nothing_about_walking(rush_hours):
    assert rush_hours.network("foot", at=NOON.replace(hour=7)) is rush_hours.network("foot")


# --- closures and speeds of other hours and tenants --------------------------------------------------------------


def test_a_closure_counts_for_the_hours_for_which_it_is_said(city):
    begin = NOON + timedelta(days=1)
    city.close_roads(*both_ways(city, ABC), valid_from=begin, valid_until=begin + timedelta(hours=1))
    assert from_d_to_f(city, city.network(at=begin - timedelta(minutes=1))) is not None
    assert from_d_to_f(city, city.network(at=begin)) is None
    assert from_d_to_f(city, city.network(at=begin + timedelta(hours=1))) is not None


def test_nothing_crosses_a_tenant(city):
    city.close_roads(*both_ways(city, ABC), tenant="other")
    city.say_speeds(batch_from_words({key(city, DEF): 5.0}), tenant="other")
    assert city.network() is city.directions.networks["car"]
    assert city.network(tenant="third") is city.directions.networks["car"]
    theirs = city.network(tenant="other")
    assert from_d_to_f(city, theirs) is None
    assert theirs.metric.cost_ms[find_edge(city.roads, key(city, DEF))] == pytest.approx(
        city.roads.seg_length_m[segments(city, DEF)[0]] * 720, rel=0.01
    )


def test_a_new_word_of_another_tenant_is_heard_at_once(city):
    city.close_roads(*both_ways(city, ABC), tenant="other")
    assert from_d_to_f(city, city.network(tenant="other")) is None
    assert drop_closure(city.live, city.home, "other", "works")
    assert from_d_to_f(city, city.network(tenant="other")) is not None


def test_another_tenants_speeds_end_by_themselves(city):
    city.say_speeds(batch_from_words({key(city, ABC): 5.0}), tenant="other", for_s=60)
    slow = city.network(tenant="other").metric.cost_ms[2 * segments(city, ABC)[0]]
    city.clock.now += timedelta(seconds=61)
    assert city.network(tenant="other").metric.cost_ms[2 * segments(city, ABC)[0]] < slow


def test_every_answer_names_its_version_and_time(city):
    network = city.network(options=Options(season="winter"))
    assert network.version.startswith(f"car-{city.world.snapshot.id[-6:]}-")
    assert network.as_of == city.network().as_of
    assert datetime.fromtimestamp(network.as_of, UTC).year >= 2026
