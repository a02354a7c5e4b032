from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from driving import NOW, Worker, send_taxis
from traffic_town import draw_town

from location_cloud.arrays import save_arrays
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.traffic import store
from location_cloud.traffic.reference import LEARNED

WHOLE = "bbox=125,46.5,125.3,46.7"


@pytest.fixture
def worker(town):
    started = Worker(town)
    yield started
    started.close()


def told(town, ends):
    columns = town.get(f"/v1/traffic/edges?{WHOLE}&format=columns&source=live,filled,typical,none&limit=5000").json
    rows = dict(zip(columns["columns"]["key"], zip(*columns["columns"].values())))
    return dict(zip(columns["columns"], rows[town.key(ends)]))


def route_s(town, ends):
    places = ";".join(f"{lon},{lat}" for lon, lat in ((draw_town().lonlat[sign]) for sign in ends))
    start, end = places.split(";")
    return town.get(f"/v1/route?from={start}&to={end}").json["routes"][0]["duration_s"]


def test_fixes_become_a_measured_speed_and_change_routes(town, worker):
    worker.run()
    before = route_s(town, "AC")
    send_taxis(town, "ABC", 20.0)
    worker.run(60)
    assert worker.run(100)
    edge = told(town, "AB")
    assert edge["source"] == "live"
    assert edge["speed_kmh"] == pytest.approx(20.0, abs=3.0)
    assert route_s(town, "AC") > 1.5 * before


def test_a_simulated_vehicle_marks_what_it_measured(town, worker):
    send_taxis(town, "ABC", 20.0, is_simulated=True)
    worker.run(100)
    assert told(town, "AB")["simulated"]
    assert town.get("/v1/traffic").json["simulated_share"] == 1.0


def test_another_process_finds_the_same_picture_from_the_fixes(town, worker):
    send_taxis(town, "ABC", 20.0)
    worker.run(100)
    before = told(town, "AB")
    worker.restart()
    worker.run(101)
    after = told(town, "AB")
    assert (after["speed_kmh"], after["source"]) == pytest.approx((before["speed_kmh"], "live"), abs=0.2)


def test_what_is_learned_meanwhile_is_measured_against_at_the_next_picture(town, worker):
    worker.run()
    before = told(town, "AB")["free_flow_kmh"]
    edges = 2 * town.snapshot.section(ROADS).segment_count
    folder = town.home / LEARNED / town.snapshot.id
    halved = np.full(edges, before / 2, np.float32)
    save_arrays(folder, {"free_flow_kmh": halved, "decay_s": np.full(4, 2400.0), "is_simulated": np.zeros(1, bool)})
    worker.run(60)
    assert told(town, "AB")["free_flow_kmh"] == pytest.approx(before / 2, abs=0.1)


def test_a_shut_road_shows_at_once(town, worker):
    worker.run()
    body = {"kind": "closure", "roads": [town.key("BE")], "starts_at": (NOW - timedelta(hours=1)).isoformat()}
    assert town.app.test_client().post("/v1/incidents", json=body).status_code == 201
    assert worker.run(1)
    assert told(town, "BE")["status"] == "封闭"


def test_a_slowing_incident_lowers_what_is_concluded_and_is_named(town, worker):
    send_taxis(town, "ABC", 20.0)
    worker.run(100)
    body = {"kind": "hazard", "roads": [town.key("AB")], "severity": "major", "status": "confirmed",
            "starts_at": (NOW + timedelta(seconds=100)).isoformat()}  # fmt: skip
    assert town.app.test_client().post("/v1/incidents", json=body).status_code == 201
    assert worker.run(101)
    edge = told(town, "AB")
    assert edge["source"] == "filled"
    assert edge["factors"]


def test_a_picture_is_made_when_it_is_time_and_no_sooner(town, worker):
    assert [worker.run(second) for second in (0, 1, 9, 10, 11)] == [True, False, False, True, False]


def test_the_picture_reaches_the_tiles(town, worker):
    worker.run()
    before = town.get("/tiles/traffic/14/{}/{}.bin".format(*town.tile())).data
    send_taxis(town, "ABC", 20.0)
    worker.run(100)
    after = town.get("/tiles/traffic/14/{}/{}.bin".format(*town.tile())).data
    assert before[:8] == after[:8]
    assert (max(before[8:]), max(after[8:])) == (0, 4)


def test_a_slot_that_is_over_is_stored_with_its_indexes(town, worker):
    send_taxis(town, "ABC", 20.0)
    for second in (100, 110, 1200):
        worker.run(second)
    begin = NOW.timestamp() - 3600
    with town.live.read() as connection:
        slots = store.list_slots(connection, "default", begin, begin + 7200, 10)
        indexes = store.list_indexes(connection, "default", "", begin, begin + 7200)
    assert len(slots) == len(indexes) >= 1
    assert slots[0].length_s == 900
