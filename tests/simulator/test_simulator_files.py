"""What a simulation writes: records, the truth, scripts of incidents."""

from datetime import UTC, datetime

import numpy as np
import orjson
import pytest

from location_cloud.errors import BadInput
from location_cloud.roads.edges import edge_key
from location_cloud.simulator.city import build_city
from location_cloud.simulator.drives import simulate
from location_cloud.simulator.incidents import as_body, as_documents, make_incidents, read_incidents
from location_cloud.simulator.records import MOST_FIXES, as_bodies, as_lines
from location_cloud.simulator.truth_file import check_size, load_truth, on_roads, save_truth

MORNING = datetime(2026, 3, 2, 7, 0, tzinfo=UTC).timestamp()


@pytest.fixture(scope="module")
def drives(helsinki):
    return simulate(helsinki.roads, helsinki.network, vehicles=200, begin_s=MORNING, end_s=MORNING + 1800, share=0.5)


def test_every_record_says_that_it_is_simulated(drives):
    rows = [orjson.loads(line) for line in as_lines(drives.fixes, drives.device_names).splitlines()]
    assert len(rows) == len(drives.fixes)
    assert all(row["simulated"] is True and row["device"].startswith("simulated-") for row in rows)


def test_a_record_has_what_the_device_told(drives):
    rows = [orjson.loads(line) for line in as_lines(drives.fixes, drives.device_names).splitlines()]
    for number in range(0, len(rows), 500):
        assert rows[number]["lon"] == pytest.approx(drives.fixes.lonlat[number, 0], abs=1e-7)
        assert rows[number]["time"] == pytest.approx(drives.fixes.time_s[number])
        assert rows[number]["seq"] == drives.fixes.seq[number]
        assert ("speed_kmh" in rows[number]) == (not np.isnan(drives.fixes.speed_kmh[number]))


def test_bodies_hold_no_more_than_a_server_takes(drives):
    sizes = [len(orjson.loads(body)["fixes"]) for body in as_bodies(drives.fixes, drives.device_names)]
    assert sum(sizes) == len(drives.fixes) > MOST_FIXES
    assert max(sizes) == MOST_FIXES


def test_the_truth_is_read_as_it_was_written(helsinki, drives, tmp_path):
    save_truth(tmp_path / "truth.npz", drives, helsinki.roads)
    told = load_truth(tmp_path / "truth.npz")
    assert np.allclose(told.truth.kmh, drives.truth.kmh, atol=0.006, equal_nan=True)
    assert np.array_equal(told.paths.enter_s, drives.paths.enter_s)
    assert np.array_equal(told.reports, drives.reports)
    assert np.array_equal(on_roads(told, helsinki.roads), np.arange(2 * helsinki.roads.segment_count))
    probed = np.zeros(told.truth.kmh.shape, np.int32)
    probed[told.probe_slot, told.probe_edge] = told.probe_count
    assert np.array_equal(probed, drives.probed())


def test_what_is_no_truth_is_refused(tmp_path):
    (tmp_path / "other.npz").write_bytes(b"PK nothing")
    with pytest.raises(BadInput, match="no truth"):
        load_truth(tmp_path / "other.npz")


def test_too_much_truth_is_refused_before_it_is_made():
    with pytest.raises(BadInput, match="too much"):
        check_size(672, 340_000)


def test_a_script_is_read_as_it_was_written(helsinki, tmp_path):
    city = build_city(helsinki.roads, helsinki.network, 1)
    made = make_incidents(helsinki.roads, city, 1, 20, MORNING, MORNING + 86400)
    (tmp_path / "script.json").write_bytes(orjson.dumps(as_documents(helsinki.roads, made)))
    assert read_incidents(tmp_path / "script.json", helsinki.roads) == made
    assert {incident.kind for incident in made} == {"closure", "accident", "roadworks"}
    assert all(MORNING <= incident.begin_s < incident.end_s <= MORNING + 86400 for incident in made)


def test_incidents_say_that_they_are_simulated(helsinki):
    city = build_city(helsinki.roads, helsinki.network, 1)
    for incident in make_incidents(helsinki.roads, city, 1, 20, MORNING, MORNING + 86400):
        body = as_body(helsinki.roads, incident)
        assert body["description"].startswith("simulated ")
        assert body["simulated"] is True
        assert (body["severity"] == "moderate") == (incident.kind == "roadworks")
        assert body["roads"][0] == edge_key(helsinki.roads, incident.edges[0])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "flood"}, "flood"),
        ({"edges": []}, "keys like"),
        ({"edges": ["1:2:f"]}, "no edge"),
        ({"speed_factor": 2}, "0..1"),
        ({"begin": "tomorrow"}, "no time"),
        ({"end": "2026-03-01T00:00:00Z"}, "before it begins"),
        ({"colour": "red"}, "may have"),
    ],
)
def test_a_wrong_script_is_refused_with_its_place(helsinki, tmp_path, change, reason):
    right = {"kind": "closure", "begin": "2026-03-02T07:00:00Z", "end": "2026-03-02T08:00:00Z"}
    right["edges"] = [edge_key(helsinki.roads, 0)]
    (tmp_path / "script.json").write_bytes(orjson.dumps([right, right | change]))
    with pytest.raises(BadInput, match=f"incident 1.*{reason}"):
        read_incidents(tmp_path / "script.json", helsinki.roads)


def test_a_script_that_is_no_list_is_refused(helsinki, tmp_path):
    (tmp_path / "script.json").write_text("{}")
    with pytest.raises(BadInput, match="list"):
        read_incidents(tmp_path / "script.json", helsinki.roads)
