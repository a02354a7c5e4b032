import io
import os
import signal
import time
from datetime import timedelta

import numpy as np
import orjson
import pytest

from location_cloud.app import utc_now
from location_cloud.directions import service_matrices
from location_cloud.directions.jobs import MATRICES, forget_matrices, make_matrices
from location_cloud.directions.service_matrices import FOLDER, MOST_KEPT, MOST_WAITING
from location_cloud.settings import Settings
from location_cloud.storage.snapshot import Snapshots
from location_cloud.work import JobContext
from tests.directions.live_client import asked
from tests.directions.live_home import ABC, AD, CF, DEF, both_ways, home_of_map, process

__all__ = ["asked", "home_of_map"]  # fixtures


@pytest.fixture
def worker(asked):
    """What the background process has in hand; nothing runs until it is told."""
    home = asked.city.home
    return JobContext(asked.city.live, Snapshots(home), Settings(home=home), asked.city.clock, lambda: False)


def places(asked, count):
    """Points spread over the roads of the map, the same ones each time."""
    random = np.random.default_rng(5)
    return [asked.place(way, *random.random(2)) for way in random.choice([ABC, AD, CF, DEF], count)]


def order(asked, rows=5, columns=4, key="", **more):
    points = places(asked, rows + columns)
    body = {"sources": points[:rows], "targets": points[rows:], **more}
    return body, asked("POST", "/v1/matrix/jobs", body, key)


def state(asked, job, key=""):
    return asked("GET", f"/v1/matrix/jobs/{job.json['id']}", key=key).json


def fetch(asked, job, part="durations_ms"):
    answer = asked("GET", f"/v1/matrix/jobs/{job.json['id']}/result?part={part}")
    assert answer.status_code == 200, answer.json
    assert answer.content_length == len(answer.data)
    return np.load(io.BytesIO(answer.data))


def at_once(asked, body):
    """The same matrix in one request: milliseconds and centimetres, -1 where no way leads."""
    told = asked("POST", "/v1/matrix", body).json
    times, metres = (np.array(told[name], np.float64) for name in ("durations_s", "distances_m"))
    return (np.rint(np.nan_to_num(cells * unit, nan=-1)) for cells, unit in ((times, 1000), (metres, 100)))


def test_a_matrix_made_in_the_background_is_the_one_made_at_once(asked, worker):
    body, job = order(asked)
    assert (job.status_code, job.json["state"]) == (202, "waiting")
    make_matrices(worker)
    done = state(asked, job)
    assert (done["state"], done["progress"], done["rows_done"]) == ("done", 1.0, 5)
    times, metres = at_once(asked, body)
    assert (fetch(asked, job) == times).all()
    assert (fetch(asked, job, "distances_cm") == metres).all()


def test_rows_as_lines_say_the_same(asked, worker):
    _, job = order(asked)
    make_matrices(worker)
    answer = asked("GET", f"/v1/matrix/jobs/{job.json['id']}/result?format=ndjson")
    head, *rows = [orjson.loads(line) for line in answer.data.splitlines()]
    assert head["metric_version"] == state(asked, job)["metric_version"]
    assert [row["source"] for row in rows] == list(range(5))
    assert np.allclose([row["durations_s"] for row in rows], fetch(asked, job) / 1000)


def test_geojson_points_may_be_asked(asked, worker):
    points = places(asked, 3)
    features = [{"type": "Feature", "geometry": {"type": "Point", "coordinates": point}} for point in points]
    body = {
        "sources": {"type": "FeatureCollection", "features": features},
        "targets": {"type": "MultiPoint", "coordinates": points},
    }
    job = asked("POST", "/v1/matrix/jobs", body)
    make_matrices(worker)
    assert fetch(asked, job).diagonal().tolist() == [0, 0, 0]


def test_no_way_is_minus_one_and_null(asked, worker):
    asked("POST", "/v1/closures", {"name": "a", "roads": both_ways(asked.city, ABC)})
    asked("POST", "/v1/closures", {"name": "b", "roads": both_ways(asked.city, DEF)})
    asked.city.derive()
    body = {"sources": [asked.place(AD)], "targets": [asked.place(CF)]}
    job = asked("POST", "/v1/matrix/jobs", body)
    make_matrices(worker)
    assert fetch(asked, job).tolist() == [[-1]]
    lines = asked("GET", f"/v1/matrix/jobs/{job.json['id']}/result?format=ndjson").data.splitlines()
    assert orjson.loads(lines[1])["durations_s"] == [None]


def make_blocks(asked, worker, monkeypatch, rows):
    """Runs the worker until so many blocks of one row are made, as if it were stopped then."""
    monkeypatch.setattr(service_matrices, "BLOCK_CELLS", 1)
    folder = asked.city.home / FOLDER
    stopping = JobContext(
        worker.live, worker.snapshots, worker.settings, worker.clock, lambda: len(list(folder.glob("*/rows-*"))) >= rows
    )
    make_matrices(stopping)
    return stopping


def test_the_weights_of_the_beginning_serve_to_the_end(asked, worker, monkeypatch):
    """Roads are closed, and the process is exchanged, when two of five rows are made."""
    body, job = order(asked)
    before, _ = at_once(asked, body)
    make_blocks(asked, worker, monkeypatch, 2)
    begun = state(asked, job)
    assert (begun["state"], begun["rows_done"] <= 2) == ("running", True)
    asked("POST", "/v1/closures", {"name": "x", "roads": both_ways(asked.city, ABC)})
    asked.city.derive()
    make_matrices(worker)
    assert (fetch(asked, job) == before).all()
    assert state(asked, job)["metric_version"] == begun["metric_version"]


def test_finished_blocks_are_not_made_again(asked, worker, monkeypatch):
    _, job = order(asked)
    make_blocks(asked, worker, monkeypatch, 2)
    files = sorted((asked.city.home / FOLDER / job.json["id"]).glob("rows-*"))
    made = [file.stat().st_mtime_ns for file in files]
    make_matrices(worker)
    assert [file.stat().st_mtime_ns for file in files] == made
    assert fetch(asked, job).shape == (5, 4)


def test_what_is_not_finished_cannot_be_fetched(asked):
    _, job = order(asked)
    answer = asked("GET", f"/v1/matrix/jobs/{job.json['id']}/result")
    assert answer.status_code == 409
    assert "waiting" in answer.json["detail"]


def test_a_cancelled_matrix_is_gone_with_its_files(asked, worker, monkeypatch):
    _, job = order(asked)
    stopped = make_blocks(asked, worker, monkeypatch, 2)
    assert asked("DELETE", f"/v1/matrix/jobs/{job.json['id']}").status_code == 200
    assert asked("GET", f"/v1/matrix/jobs/{job.json['id']}").status_code == 404
    make_matrices(stopped)
    assert list((asked.city.home / FOLDER).iterdir()) == []


def test_a_place_off_the_roads_fails_the_matrix_with_the_reason(asked, worker):
    job = asked("POST", "/v1/matrix/jobs", {"sources": [[0, 0]], "targets": [asked.place(ABC)]})
    make_matrices(worker)
    failed = state(asked, job)
    assert failed["state"] == "failed"
    assert "sources[0]" in failed["error"]
    assert asked("GET", f"/v1/matrix/jobs/{job.json['id']}/result").status_code == 422


def test_another_tenant_sees_nothing_of_it(asked, worker):
    _, job = order(asked)
    make_matrices(worker)
    one = f"/v1/matrix/jobs/{job.json['id']}"
    assert asked("GET", "/v1/matrix/jobs", key=asked.other).json["jobs"] == []
    for method, path in (("GET", one), ("GET", f"{one}/result"), ("DELETE", one)):
        assert asked(method, path, key=asked.other).status_code == 404
    assert len(fetch(asked, job)) == 5


def test_a_tenant_has_only_so_many_unfinished_ones(asked, worker):
    for _ in range(MOST_WAITING):
        assert order(asked)[1].status_code == 202
    refused = order(asked)[1]
    assert (refused.status_code, str(MOST_WAITING) in refused.json["detail"]) == (413, True)
    assert order(asked, key=asked.other)[1].status_code == 202
    make_matrices(worker)
    assert order(asked)[1].status_code == 202


def test_a_tenant_keeps_only_so_many(asked, worker):
    for _ in range(MOST_KEPT):
        assert order(asked)[1].status_code == 202
        make_matrices(worker)
    assert order(asked)[1].status_code == 413


def test_results_go_after_a_day(asked, worker):
    _, job = order(asked)
    make_matrices(worker)
    asked.city.clock.now = utc_now() + timedelta(hours=23)
    forget_matrices(worker)
    assert state(asked, job)["state"] == "done"
    asked.city.clock.now = utc_now() + timedelta(hours=25)
    forget_matrices(worker)
    make_matrices(worker)
    assert asked("GET", f"/v1/matrix/jobs/{job.json['id']}").status_code == 404
    assert list((asked.city.home / FOLDER).iterdir()) == []


def test_a_matrix_that_kills_its_makers_is_given_up(asked, worker, monkeypatch):
    _, job = order(asked)
    monkeypatch.setattr(service_matrices.MatrixMaker, "_open", killed)
    for _ in range(service_matrices.MOST_STARTS):
        worker.memory.pop(MATRICES, None)
        with pytest.raises(KeyboardInterrupt):
            make_matrices(worker)
    make_matrices(worker)
    assert "interrupted 5 times" in state(asked, job)["error"]


def killed(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ({"profile": "hovercraft"}, 404, "hovercraft"),
        ({"sources": []}, 400, "sources"),
        ({"sources": [[0, 0]] * 10_001}, 400, "10000"),
        ({"targets": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}}, 400, "targets"),
        ({"avoid": {"closures": ["nothing"]}}, 404, "nothing"),
    ],
)
def test_what_cannot_be_made_is_refused_before_it_is_queued(asked, more, status, said):
    _, answer = order(asked, **more)
    assert answer.status_code == status
    assert said in answer.json["detail"]
    assert asked("GET", "/v1/matrix/jobs").json["jobs"] == []


def wait_for(found, seconds=60):
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_killed_process_loses_no_finished_row(asked):
    """The real background process, killed -9 in the middle of 400 blocks, and another after it."""
    points = places(asked, 400)
    body = {"sources": points, "targets": points[:9]}
    job = asked("POST", "/v1/matrix/jobs", body)
    folder = asked.city.home / FOLDER / job.json["id"]
    with process("slow-worker", asked.city.home) as first:
        wait_for(lambda: len(list(folder.glob("rows-*"))) > 20)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    assert state(asked, job)["state"] == "running"
    kept = {file.name: file.stat().st_mtime_ns for file in folder.glob("rows-*")}
    with process("slow-worker", asked.city.home):
        wait_for(lambda: state(asked, job)["state"] == "done")
    assert all((folder / name).stat().st_mtime_ns == made for name, made in kept.items())
    times, _ = at_once(asked, body)
    assert (fetch(asked, job) == times).all()


def test_a_matrix_at_once_may_be_told_line_by_line(asked):
    points = places(asked, 6)
    body = {"sources": points[:4], "targets": points[4:]}
    answer = asked("POST", "/v1/matrix?format=ndjson", body)
    assert answer.mimetype == "application/x-ndjson"
    head, *rows = [orjson.loads(line) for line in answer.data.splitlines()]
    told = asked("POST", "/v1/matrix", body).json
    assert [row["durations_s"] for row in rows] == told["durations_s"]
    assert [row["distances_m"] for row in rows] == told["distances_m"]
    assert head["metric_version"] == told["metric_version"]
