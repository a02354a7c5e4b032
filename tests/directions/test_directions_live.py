import select
import shutil
import time
from datetime import timedelta

import numpy as np
import pytest

from location_cloud.directions import now as now_module
from location_cloud.directions import store
from location_cloud.directions.deriving import remove_leftovers
from location_cloud.directions.live import (
    RECORD,
    Batch,
    Speeds,
    as_records,
    batch_from_records,
    batch_from_words,
    edge_keys,
    find_edges,
    merged,
    pack_keys,
)
from location_cloud.directions.metrics import PRIVATE, WEIGHTS
from location_cloud.directions.model import Options
from location_cloud.directions.now import Now, drop_closure, put_closure
from location_cloud.directions.store import Closure, list_speeds
from location_cloud.errors import BadQuery, Conflict, NotFound
from location_cloud.roads.edges import edge_key
from location_cloud.storage.mapped import LOOK_AGAIN_S
from routing.customize import customize
from routing.trip import CLOSED
from tests.directions.live_home import (
    ABC,
    AD,
    CF,
    DEF,
    NOON,
    both_ways,
    city,
    drive_ms,
    home_of_map,
    key,
    process,
    segments,
)

__all__ = ["city", "home_of_map"]  # fixtures

MINUTE = timedelta(minutes=1)


def cost(city, way, **more):
    return int(city.network(**more).metric.cost_ms[2 * segments(city, way)[0]])


def assert_customized(network):
    """The shortcuts are those of the costs."""
    expected = customize(network.hierarchy, network.metric.cost_ms)
    assert (network.metric.up_ms == expected.up_ms).all()
    assert (network.metric.down_ms == expected.down_ms).all()


# --- what comes in -----------------------------------------------------------------------------------------------


def test_words_and_records_say_the_same():
    records = np.array([(7, 2 * 3 + 1, 30.5), (5, 0, 20.0)], RECORD)
    one, other = batch_from_words({"7:3:b": 30.5, "5:0:f": 20.0}), batch_from_records(records.tobytes())
    assert one.key.tolist() == other.key.tolist() == pack_keys(["5:0:f", "7:3:b"]).tolist()
    assert one.kmh.tolist() == other.kmh.tolist() == [20.0, 30.5]


def test_the_later_of_two_records_about_an_edge_counts():
    records = np.array([(7, 0, 30.0), (5, 0, 20.0), (7, 0, 40.0)], RECORD)
    assert batch_from_records(records.tobytes()).kmh.tolist() == [20.0, 40.0]


@pytest.mark.parametrize("text", ["", "7", "7:3", "7:3:x", "7:-3:f", "7:3:f ", "9999999999999:0:f", "1:9999999:f"])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(BadQuery, match="no key of a road"):
        pack_keys([text])


@pytest.mark.parametrize("kmh", [float("nan"), float("inf"), -1.0, 0.5, 301.0])
def test_speeds_that_nobody_drives_are_refused(kmh):
    with pytest.raises(BadQuery, match="outside"):
        batch_from_words({"7:3:f": kmh})
    with pytest.raises(BadQuery, match="outside"):
        batch_from_records(np.array([(7, 6, kmh)], RECORD).tobytes())


@pytest.mark.parametrize("body", [b"x" * 15, np.array([(7, -1, 30.0)], RECORD).tobytes()])
def test_a_body_that_holds_no_records_is_refused(body):
    with pytest.raises(BadQuery):
        batch_from_records(body)


def test_every_edge_is_found_by_its_key(city):
    keys = edge_keys(city.roads)
    words = [edge_key(city.roads, edge) for edge in range(len(keys))]
    assert (np.diff(keys) > 0).all()
    assert find_edges(keys, pack_keys(words)).tolist() == list(range(len(keys)))
    assert find_edges(keys, pack_keys(["99:0:f", words[1]])).tolist() == [-1, 1]


def test_stored_batches_say_joined_what_they_said_one_by_one():
    """By a random history of words, takings back and ends."""
    random = np.random.default_rng(3)
    keys = np.arange(20, dtype=np.int64)
    parts = []
    for _ in range(200):
        some = np.sort(random.choice(keys, random.integers(1, 8), replace=False))
        kmh = random.integers(0, 4, len(some)).astype(np.float32) * 10
        parts.append(as_records(some, kmh, float(random.integers(0, 100))))
        one, joined = Speeds(keys), Speeds(keys)
        for part in parts:
            one.add(part)
        for part in reversed(merged(parts, 50.0)):  # in any order
            joined.add(part)
        for now_s in (50.0, 70.0):
            np.testing.assert_array_equal(one.at(now_s).kmh, joined.at(now_s).kmh)


def test_speeds_told_of_a_few_edges_leave_what_telling_all_at_once_leaves():
    """By a random history; the first is asked after every batch, the second once."""
    random = np.random.default_rng(4)
    keys, parts, followed, now_s = np.arange(20, dtype=np.int64), [], Speeds(np.arange(20, dtype=np.int64)), 0.0
    for _ in range(300):
        some = np.sort(random.choice(keys, random.integers(1, 20), replace=False))
        kmh = random.integers(0, 4, len(some)).astype(np.float32) * 10
        parts.append(as_records(some, kmh, now_s + random.integers(0, 30)))
        followed.add(parts[-1])
        anew = Speeds(keys)
        for part in parts:
            anew.add(part)
        now_s += random.choice([0, 1, 10])
        known, expected = followed.at(now_s), anew.at(now_s)
        np.testing.assert_array_equal(known.kmh, expected.kmh)
        assert known.count == expected.count
        assert now_s < known.until_s <= expected.until_s


def test_a_closure_taken_back_and_said_anew_is_another_one(city):
    state = Now(city.roads, "default")
    city.close_roads(key(city, ABC))
    state.refresh(city.live)
    drop_closure(city.live, city.home, "default", "works")
    city.close_roads(key(city, CF))
    state.refresh(city.live)
    assert [each.closure.keys for each in state.closures] == [(key(city, CF),)]


# --- what the worker makes of it ---------------------------------------------------------------------------------


def test_nothing_is_published_while_nothing_is_said(city):
    city.derive()
    assert city.network() is city.directions.networks["car"]
    assert not city.derive()


def test_a_live_closure_shuts_the_road_for_everybody(city):
    city.derive()
    city.close_roads(*both_ways(city, ABC))
    assert city.derive()
    assert cost(city, ABC) == cost(city, ABC, profile="foot") == CLOSED
    assert city.network().local_ms[2 * segments(city, ABC)[0]] == CLOSED
    assert_customized(city.network())


def test_a_closure_for_trucks_leaves_cars_alone(city):
    city.close_roads(*both_ways(city, ABC), profiles=("truck",))
    city.derive()
    assert cost(city, ABC, profile="truck") == CLOSED
    assert city.network() is city.directions.networks["car"]


def test_a_closure_by_name_shuts_the_road_only_for_who_names_it(city):
    city.close_roads(*both_ways(city, ABC), is_live=False)
    city.derive()
    state = Now(city.roads, "default")
    state.refresh(city.live)
    assert cost(city, ABC) != CLOSED
    assert cost(city, ABC, options=Options(closed=state.named(["works"], "car"))) == CLOSED
    with pytest.raises(NotFound):
        state.named(["others"], "car")


def test_an_area_shuts_every_road_that_touches_it(city):
    import shapely

    lon, lat = city.roads.node_e7[city.roads.seg_to[segments(city, AD)[0]]] / 1e7
    city.close_roads(area=shapely.Point(lon, lat).buffer(1e-4).wkb)
    city.derive()
    assert cost(city, AD) == cost(city, DEF) == CLOSED
    assert cost(city, CF) != CLOSED


def test_a_road_opens_again_when_the_closure_goes(city):
    before = cost(city, ABC)
    city.close_roads(*both_ways(city, ABC))
    city.derive()
    assert drop_closure(city.live, city.home, "default", "works")
    city.derive()
    assert cost(city, ABC) == before
    assert_customized(city.network())


def test_a_closure_begins_and_ends_by_the_clock(city):
    city.close_roads(*both_ways(city, ABC), valid_from=NOON + MINUTE, valid_until=NOON + 2 * MINUTE)
    is_closed = []
    for _ in range(3):
        city.derive()
        is_closed.append(cost(city, ABC) == CLOSED)
        city.clock.now += MINUTE
    assert is_closed == [False, True, False]


def test_a_changed_closure_needs_the_version_it_was_made_from(city):
    first = city.close_roads(*both_ways(city, ABC))
    changed = Closure(**{**vars(first), "keys": (key(city, CF),)})
    assert put_closure(city.live, city.home, "default", changed, NOON).version == 2
    with pytest.raises(Conflict):
        put_closure(city.live, city.home, "default", changed, NOON)
    with pytest.raises(Conflict, match="named 'works' already"):
        city.close_roads(key(city, AD))
    city.derive()
    assert cost(city, ABC) != CLOSED == cost(city, CF)


def test_measured_speeds_are_driven_until_their_time_is_over(city):
    free = cost(city, ABC)
    city.say_speeds(batch_from_words({key(city, ABC): 10.0}), for_s=60)
    city.derive()
    assert cost(city, ABC) == pytest.approx(city.roads.seg_length_m[segments(city, ABC)[0]] * 360, rel=0.01)
    assert (
        cost(city, ABC, profile="foot") == city.directions.networks["foot"].metric.cost_ms[2 * segments(city, ABC)[0]]
    )
    assert_customized(city.network())
    city.clock.now += MINUTE
    assert city.derive()
    assert cost(city, ABC) == free


def test_the_newest_word_counts_and_leaves_other_edges_alone(city):
    city.say_speeds(batch_from_words({key(city, ABC): 10.0, key(city, CF): 10.0}))
    city.derive()
    slow = cost(city, CF)
    city.say_speeds(batch_from_words({key(city, ABC): 20.0}))
    city.derive()
    assert cost(city, ABC) == pytest.approx(city.roads.seg_length_m[segments(city, ABC)[0]] * 180, rel=0.01)
    assert cost(city, CF) == slow


def test_zero_takes_back_what_was_said(city):
    free = cost(city, ABC)
    city.say_speeds(batch_from_words({key(city, ABC): 10.0}))
    city.derive()
    city.say_speeds(batch_from_words({key(city, ABC): 0.0}))
    city.derive()
    assert cost(city, ABC) == free


def test_many_batches_are_joined_and_say_the_same_to_a_new_worker(city, monkeypatch):
    monkeypatch.setattr(now_module, "MOST_ROWS", 3)
    edges = list(range(2 * city.roads.segment_count))
    for number in range(12):
        edge = edges[number % len(edges)]
        city.say_speeds(batch_from_words({edge_key(city.roads, edge): 10.0 + number, f"99:{number}:f": 20.0}))
        city.derive()
    followed = city.network().metric.cost_ms.tolist()
    with city.live.read() as connection:
        assert len(list_speeds(connection, "default")) <= 4
    city._deriver = None
    city.derive()
    assert city.network().metric.cost_ms.tolist() == followed


def test_a_city_told_at_once_keeps_its_keys_apart(city, monkeypatch):
    """And says the same as words one by one; taking all back leaves nothing behind."""
    monkeypatch.setattr(store, "KEYS_APART", 1)
    keys = edge_keys(city.roads)
    for kmh in (10.0, 20.0):
        city.say_speeds(Batch(keys, np.full(len(keys), kmh, np.float32)))
        city.derive()
    told = city.network().metric.cost_ms.tolist()
    with city.live.read() as connection:
        assert store.find_keys(connection, "default", list_speeds(connection, "default")[0].digest) == keys.tobytes()
    city._deriver = None
    for edge in range(len(keys)):
        city.say_speeds(batch_from_words({edge_key(city.roads, edge): 20.0}))
    city.derive()
    assert city.network().metric.cost_ms.tolist() == told
    now_module.drop_speeds(city.live, city.home, "default")
    with city.live.read() as connection:
        assert connection.execute(store.SPEED_KEYS.select().where(store.SPEED_KEYS.c.tenant == "default")).all() == []


def test_what_one_source_said_is_taken_back_alone(city, monkeypatch):
    """Also after batches were joined."""
    monkeypatch.setattr(now_module, "MOST_ROWS", 0)
    free = cost(city, ABC)
    one, other = (batch_from_words({key(city, way): 10.0}) for way in (ABC, DEF))
    for batch, source in ((one, "probe"), (other, "loops"), (one, "probe"), (other, "loops")):
        until = city.clock.now + timedelta(minutes=5)
        now_module.put_speeds(city.live, city.home, "default", batch, source, until, city.clock.now)
    city.derive()
    slow = cost(city, DEF)
    assert cost(city, ABC) > free
    assert now_module.drop_speeds(city.live, city.home, "default", "probe") == 1
    city.derive()
    assert (cost(city, ABC), cost(city, DEF)) == (free, slow)


def test_slots_made_anew_are_read_although_they_count_anew(city):
    city.close_roads(*both_ways(city, ABC))
    city.derive()
    assert cost(city, ABC) == CLOSED
    shutil.rmtree(city.home / WEIGHTS)
    drop_closure(city.live, city.home, "default", "works")
    city.close_roads(*both_ways(city, CF))
    city.forget_deriver()
    city.derive()
    time.sleep(1.2 * LOOK_AGAIN_S)
    live = city.metrics.answer(city.world, "car", Options(), None, "", lambda network: network.metric.cost_ms.copy())
    assert live[2 * segments(city, ABC)[0]] != CLOSED == live[2 * segments(city, CF)[0]]


def test_a_repair_that_is_given_up_ends_in_customizing(city, monkeypatch):
    monkeypatch.setattr("routing.customize.REPAIR_SHARE", 0.0)
    city.derive()
    for way in (ABC, CF):
        city.close_roads(*both_ways(city, way), name=f"works on {way}")
        city.derive()
        assert cost(city, way) == cost(city, way, profile="truck") == CLOSED
        assert_customized(city.network())
        assert_customized(city.network("truck"))


def test_random_changes_give_what_customizing_at_once_gives(city):
    """Closures by repair, speeds by customization, one after the other, both slots in turn."""
    random = np.random.default_rng(5)
    edges = 2 * city.roads.segment_count
    for number in range(30):
        edge = edge_key(city.roads, int(random.integers(edges)))
        if random.random() < 0.5:
            city.close_roads(edge, name=f"works {number}")
        else:
            city.say_speeds(batch_from_words({edge: float(random.integers(5, 50))}))
        if number % 7 == 6:
            drop_closure(city.live, city.home, "default", f"works {number - int(random.integers(5))}")
        city.derive()
        assert_customized(city.network())


def test_metrics_of_requests_follow_live_data(city):
    winter = Options(season="winter")
    assert cost(city, ABC, options=winter) != CLOSED
    city.close_roads(*both_ways(city, ABC))
    city.derive()
    assert cost(city, ABC, options=winter) == CLOSED
    assert_customized(city.network(options=winter))


def test_a_version_names_what_was_said(city):
    city.close_roads(*both_ways(city, ABC))
    city.derive()
    first = city.network()
    city.close_roads(key(city, CF), name="more")
    city.derive()
    second = city.network()
    assert first.version != second.version
    assert first.metric.cost_ms[2 * segments(city, CF)[0]] != CLOSED, "a chosen network does not change"
    drop_closure(city.live, city.home, "default", "more")
    city.derive()
    assert city.network().version == first.version


def test_a_restarted_worker_says_what_the_store_says(city):
    city.close_roads(*both_ways(city, ABC))
    city.derive()
    drop_closure(city.live, city.home, "default", "works")
    city._deriver = None
    assert cost(city, ABC) == CLOSED, "the last word counts while no worker runs"
    city.derive()
    assert cost(city, ABC) != CLOSED


def test_what_could_not_be_published_is_tried_again(city, monkeypatch):
    city.derive()
    city.close_roads(*both_ways(city, ABC))
    with monkeypatch.context() as patch:
        patch.setattr(city._deriver._profiles["car"], "take", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="full"):
            city.derive()
    assert city.derive()
    assert cost(city, ABC) == CLOSED


def test_leftovers_of_removed_snapshots_go(city):
    city.close_roads(*both_ways(city, ABC))
    city.derive()
    old = city.home / WEIGHTS / "20200101T000000-abcdef"
    half = city.home / PRIVATE / city.world.snapshot.id / ".new-x"
    for folder in (old, half):
        folder.mkdir(parents=True)
    remove_leftovers(city.home, [city.world.snapshot.id])
    assert not old.exists()
    assert not half.exists()
    assert cost(city, ABC) == CLOSED


def test_an_answer_overtaken_by_the_worker_is_of_one_version(city):
    """A road and its detour, opened and closed in turn while the question is being computed."""
    city.derive()
    city.close_roads(*both_ways(city, ABC))
    city.derive()
    turns = iter(range(2))

    def compute(network):
        before = int(network.metric.cost_ms[2 * segments(city, ABC)[0]])
        if next(turns, None) is not None:
            for name in ("x", "y"):
                city.close_roads(key(city, CF), name=name)
                city.derive()
                drop_closure(city.live, city.home, "default", name)
                city.derive()
        return network.version, before, int(network.metric.cost_ms[2 * segments(city, ABC)[0]])

    version, before, after = city.metrics.answer(city.world, "car", Options(), None, "", compute)
    assert (version, before, after) == (city.network().version, CLOSED, CLOSED)
    assert drive_ms(city.network(), 2 * segments(city, CF)[0], 2 * segments(city, CF)[0]) is not None


def next_version(reader):
    """The next version that a reader sees, and when."""
    poll = select.poll()
    poll.register(reader.stdout, select.POLLIN)
    assert poll.poll(30_000), "nothing new within 30 s"
    version, seen_s = reader.stdout.readline().split()
    return version, float(seen_s)


def test_a_closure_reaches_every_web_worker_through_the_real_worker(city):
    """Prints how long it took; see with -s."""
    with process("worker", city.home), process("reader", city.home) as one, process("reader", city.home) as other:
        assert next_version(one)[0] == next_version(other)[0] == city.network().version
        for way in (CF, ABC, AD):
            city.close_roads(*both_ways(city, way), name=f"way {way}")
            committed_s = time.monotonic()
            seen = [next_version(reader) for reader in (one, other)]
            print([f"{version} after {1000 * (at_s - committed_s):.1f} ms" for version, at_s in seen])
            assert seen[0][0] == seen[1][0]
