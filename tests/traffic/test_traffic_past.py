from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from traffic_town import Town

from location_cloud.app import utc_now
from location_cloud.directions.live import edge_keys
from location_cloud.directions.typical import save_typical
from location_cloud.errors import BadInput
from location_cloud.spatial.cells import get_system
from location_cloud.traffic import service_slots, store
from location_cloud.traffic.columns import column_lengths, read_columns, write_columns
from location_cloud.traffic.model import FILLED, TYPICAL
from location_cloud.traffic.packed import SlotSpeeds, pack, unpack, unpack_at
from location_cloud.traffic.past import SlotMeans
from location_cloud.traffic.store import IndexRow, SlotRow


def some_speeds(edges: int = 1000) -> SlotSpeeds:
    random = np.random.default_rng(7)
    kmh = np.where(random.random(edges) < 0.3, np.nan, random.integers(1, 255, edges) / 2).astype(np.float32)
    return SlotSpeeds(kmh, random.random(edges) < 0.5, random.random(edges) < 0.1)


def test_packed_speeds_come_back_to_half_a_kilometre_an_hour():
    speeds = some_speeds()
    found = unpack(pack(speeds), 1000)
    assert np.array_equal(found.kmh, speeds.kmh, equal_nan=True)
    assert np.array_equal(found.is_live, speeds.is_live)
    assert np.array_equal(found.is_simulated, speeds.is_simulated)


def test_some_edges_are_unpacked_as_all_are():
    speeds = some_speeds()
    at = np.array([5, -1, 999, 0], np.int32)
    found = unpack_at(pack(speeds), 1000, at)
    assert np.array_equal(found.kmh[[0, 2, 3]], speeds.kmh[[5, 999, 0]], equal_nan=True)
    assert np.isnan(found.kmh[1])


def test_a_slot_of_another_city_is_refused():
    with pytest.raises(BadInput):
        unpack(pack(some_speeds()), 900)


def test_the_slowest_and_the_fastest_speeds_stay_known():
    speeds = SlotSpeeds(np.array([0.1, 200.0], np.float32), *(np.zeros(2, bool),) * 2)
    assert unpack(pack(speeds), 2).kmh.tolist() == [0.5, 127.5]


def test_a_picture_comes_back_from_its_columns(town: Town):
    picture = town.picture({"AB": 14.0}, closed="BC", drives=9, simulated_drives=3, probes=2)
    picture = replace(picture, estimate=replace(picture.estimate, factor_names=("weather:雪", "incident:7")))
    edges = len(picture.is_closed)
    columns = {name: np.zeros(length, np.int32) for name, length in column_lengths(edges).items()}
    write_columns(picture, columns)
    found = read_columns(columns, picture.version, picture.estimate.at_s)
    for name in ("kmh", "free_flow_kmh", "source", "samples", "age_s", "level", "is_simulated", "factors"):
        assert np.array_equal(getattr(found.estimate, name), getattr(picture.estimate, name), equal_nan=True), name
    assert np.array_equal(found.is_closed, picture.is_closed)
    assert found.estimate.factor_names == ("weather:雪", "incident:7")
    assert (found.probes, found.drives, found.simulated_drives) == (2, 9, 3)


def test_the_mean_of_a_slot_is_what_a_drive_through_it_takes(town: Town):
    means = SlotMeans(0, len(town.picture({}).is_closed))
    for kmh in (20.0, 60.0):
        means.add(town.picture({"AB": kmh}))
    mean = means.mean()
    assert mean.kmh[town.edge("AB")] == pytest.approx(30.0)
    assert mean.is_live[town.edge("AB")]


def test_what_is_only_usual_is_nothing_that_was_seen(town: Town):
    means = SlotMeans(0, len(town.picture({}).is_closed))
    means.add(town.picture({"AB": 20.0}, source=TYPICAL))
    assert means.is_empty
    means.add(town.picture({"AB": 20.0}, source=FILLED))
    assert not means.mean().is_live.any()


def put_slot(town: Town, begin: datetime, kmh: dict[str, float], tenant: str = "default") -> None:
    means = SlotMeans(int(begin.timestamp()), 2 * town.roads.segment_count)
    means.add(town.picture(kmh))
    slot = SlotRow(means.begin_s, 900, "d", pack(means.mean()), False)
    index = IndexRow(means.begin_s, 900, "", 3.0, 0.3, 0.5, False)
    with town.live.write() as connection:
        store.put_slot(connection, tenant, slot, edge_keys(town.roads).tobytes(), [index])


def hour(number: int) -> datetime:
    return utc_now().astimezone(UTC).replace(minute=0, second=0, microsecond=0, hour=0).replace(hour=number)


def history(town: Town, query: str) -> dict:
    today = hour(0).date().isoformat()
    return town.get(f"/v1/traffic/history?{query}&since={today}T00:00:00Z&until={today}T23:59:00Z").json


def test_travel_times_of_edges_are_told_slot_by_slot(town: Town):
    put_slot(town, hour(7), {"AB": 20.0, "BC": 20.0})
    put_slot(town, hour(8), {"AB": 10.0})
    told = history(town, f"edges={town.key('AB')},{town.key('BC')}")
    length_m = told["length_m"]
    first, second = told["times"]
    assert first["duration_s"] == pytest.approx(length_m * 3.6 / 20, rel=0.01)
    assert (first["known_share"], first["measured_share"]) == (1.0, 1.0)
    assert second["known_share"] == pytest.approx(0.5, abs=0.01)
    assert told["percentiles_s"]["p90"] >= told["percentiles_s"]["p10"]


def test_travel_times_between_two_places_follow_the_road(town: Town):
    put_slot(town, hour(7), {"AB": 20.0, "BC": 20.0})
    (west, east) = (",".join(map(str, town.roads.node_e7[place] / 1e7)) for place in (0, 2))
    told = history(town, f"from={west}&to={east}")
    assert told["edges"] == [town.key("AB"), town.key("BC")]
    assert told["times"][0]["duration_s"] == pytest.approx(told["length_m"] * 3.6 / 20, rel=0.01)


def test_history_of_another_tenant_stays_unseen(town: Town):
    put_slot(town, hour(7), {"AB": 20.0}, tenant="other")
    assert history(town, f"edges={town.key('AB')}")["times"] == []


def test_a_slot_that_is_stored_again_replaces_the_first(town: Town):
    put_slot(town, hour(7), {"AB": 20.0})
    put_slot(town, hour(7), {"AB": 10.0})
    (only,) = history(town, f"edges={town.key('AB')}")["times"]
    assert only["duration_s"] > 100


def test_the_index_of_the_past_is_told(town: Town):
    put_slot(town, hour(7), {"AB": 20.0})
    today = hour(0).date().isoformat()
    told = town.get(f"/v1/traffic/index?since={today}T00:00:00Z&until={today}T23:59:00Z").json
    assert [each["index"] for each in told["history"]] == [3.0]


def test_old_slots_are_forgotten_with_keys_that_nobody_needs(town: Town):
    put_slot(town, hour(7), {"AB": 20.0})
    with town.live.write() as connection:
        store.forget_before(connection, "default", hour(9).timestamp(), hour(5).timestamp())
    with town.live.read() as connection:
        assert store.list_slots(connection, "default", 0, 2**40, 9) == []
        assert len(store.list_indexes(connection, "default", "", 0, 2**40)) == 1


@pytest.mark.parametrize(
    "query", ["edges=1:0:f&from=1,2&to=1,2", "from=1,2", "", "edges=1:0:f&since=2026-01-01T00:00:00Z"]
)
def test_a_history_of_nothing_or_of_too_long_is_refused(town: Town, query: str):
    assert town.get(f"/v1/traffic/history?{query}").status_code in (400, 404)


def past_indexes(town: Town, query: str) -> list[dict]:
    today = hour(0).date().isoformat()
    return town.get(f"/v1/traffic/index?{query}&since={today}T00:00:00Z&until={today}T23:59:00Z").json["history"]


def test_a_road_a_corridor_and_a_cell_have_indexes_of_the_past(town: Town):
    put_slot(town, hour(7), {"AB": 5.0, "BC": 5.0, "DE": 50.0})
    put_slot(town, hour(8), {"AB": 45.0, "BC": 45.0})
    cell = get_system("geohash").encode(tuple(town.roads.node_e7[0] / 1e7), 5)
    for query in (f"edges={town.key('AB')},{town.key('BC')}", "road=中七路", f"cell={cell}&system=geohash"):
        jam, free = past_indexes(town, query)
        assert jam["index"] > 5 > free["index"], query
        assert (jam["measured_share"] > 0.2, jam["length_s"], jam["simulated"]) == (True, 900, False)


def test_a_past_in_which_too_little_is_known_has_no_index(town: Town):
    put_slot(town, hour(7), {"AB": 5.0})
    assert past_indexes(town, f"edges={town.key('DE')}") == []


def test_indexes_of_the_past_of_another_tenant_stay_unseen(town: Town):
    put_slot(town, hour(7), {"AB": 5.0}, tenant="other")
    assert past_indexes(town, f"edges={town.key('AB')}") == []


def test_indexes_from_past_speeds_span_a_month_at_most(town: Town):
    query = f"edges={town.key('AB')}&since=2026-01-01T00:00:00Z&until=2026-03-01T00:00:00Z"
    assert town.get(f"/v1/traffic/index?{query}").status_code == 400


def test_a_week_that_is_learned_while_the_server_runs_shows_in_the_curve(town: Town):
    town.publish({"AB": 20.0})
    assert town.get("/v1/traffic/index").json["curve"] == []
    usual = np.full((168, 2 * town.roads.segment_count), 30.0, np.float32)
    save_typical(town.home / "typical" / town.snapshot.id, usual)
    assert len(town.get("/v1/traffic/index").json["curve"]) == 24


def test_slots_are_read_page_by_page(town: Town, monkeypatch):
    monkeypatch.setattr(service_slots, "AT_ONCE", 2)
    for number in range(5):
        put_slot(town, hour(number), {"AB": 20.0 + number})
    assert len(history(town, f"edges={town.key('AB')}")["times"]) == 5


def test_a_history_of_too_many_speeds_is_refused(town: Town, monkeypatch):
    put_slot(town, hour(7), {"AB": 5.0})
    monkeypatch.setattr(service_slots, "MOST_SPEEDS", 1)
    assert len(past_indexes(town, f"edges={town.key('AB')}")) == 1
    today = hour(0).date().isoformat()
    query = f"edges={town.key('AB')},{town.key('BC')}&since={today}T00:00:00Z&until={today}T23:59:00Z"
    assert town.get(f"/v1/traffic/index?{query}").status_code == 413
