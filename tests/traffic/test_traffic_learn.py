"""Learning from archives: what is read, what is written beside the snapshot, and that a new snapshot gets it, too."""

from __future__ import annotations

import gzip
import itertools
import json
from datetime import UTC, datetime

import numpy as np
import pytest
from traffic_town import draw_town

from location_cloud.cli import BAD_INPUT, DONE, FAILED, run
from location_cloud.errors import BadInput, Unprocessable
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.tracks import service as tracks
from location_cloud.tracks.model import NOT_TOLD, Arriving
from location_cloud.traffic import service_learn
from location_cloud.traffic.archive import read_fixes
from location_cloud.traffic.history import add_sums, no_sums
from location_cloud.traffic.learned import load_history
from location_cloud.traffic.reference import LEARNED, load_reference
from tests.conftest import Silent, copy_home

MONDAY_8 = datetime(2026, 11, 23, 0, 0, tzinfo=UTC).timestamp()
"""08:00 on a Monday in China, whose clocks the drawn town has."""


def fixes_of(kmh=30.0, vehicles=12, begin_s=MONDAY_8, simulated=False, ways=("ABC",)):
    """Vehicles that drive straight along drawn roads, a fix every 5 s."""
    xy, lonlat = draw_town().xy_m, draw_town().lonlat
    found = []
    for vehicle in range(vehicles):
        way = ways[vehicle % len(ways)]
        along = np.cumsum([0.0, *(np.hypot(*np.subtract(xy[b], xy[a])) for a, b in itertools.pairwise(way))])
        for step in range(int(along[-1] / (kmh / 3.6) / 5) + 1):
            at = step * 5 * kmh / 3.6
            lon, lat = (np.interp(at, along, [lonlat[sign][axis] for sign in way]) for axis in (0, 1))
            fix = {"device": f"v{vehicle}", "time": begin_s + 120.0 * vehicle + 5 * step, "lon": lon, "lat": lat}
            found.append({**fix, "simulated": True} if simulated else fix)
    return found


def write_lines(file, fixes):
    text = "".join(json.dumps(fix) + "\n" for fix in fixes).encode()
    file.write_bytes(gzip.compress(text) if file.suffix == ".gz" else text)
    return file


@pytest.fixture
def home(town_home, tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return copy_home(town_home, folder)


def learn(home, *files, adds=False):
    return service_learn.learn_files(home, files, "", adds, Silent())


def edge_speed(home, hour=8):
    """The usual speed of the first edge that the drives went along."""
    snapshot = service_learn.open_current(home)
    roads = snapshot.section(ROADS)
    reference = load_reference(home, snapshot.id, roads, UTC)
    edge = int(np.flatnonzero(reference.is_learned)[0])
    assert reference.typical is not None
    return float(reference.typical.kmh(int(reference.typical.row_of_hour[hour]))[edge])


def test_an_archive_becomes_the_usual_week(home, tmp_path):
    file = write_lines(tmp_path / "monday.ndjson", fixes_of(kmh=30.0, vehicles=40))
    learned = learn(home, file)
    assert (learned.files, learned.roads, learned.is_simulated) == (1, 2, False)
    assert edge_speed(home) == pytest.approx(30.0, abs=3.0)


def test_simulated_fixes_are_remembered_as_such(home, tmp_path):
    assert learn(home, write_lines(tmp_path / "a.ndjson", fixes_of(simulated=True))).is_simulated
    snapshot = service_learn.open_current(home)
    assert load_reference(home, snapshot.id, snapshot.section(ROADS), UTC).is_simulated
    assert learn(home, write_lines(tmp_path / "b.ndjson", fixes_of()), adds=True).is_simulated
    assert not learn(home, tmp_path / "b.ndjson").is_simulated


def test_learning_in_two_goes_is_learning_at_once(home, tmp_path):
    one = write_lines(tmp_path / "one.ndjson", fixes_of(vehicles=6))
    other = write_lines(tmp_path / "other.ndjson.gz", fixes_of(kmh=20.0, begin_s=MONDAY_8 + 86400))
    learn(home, one, other)
    at_once = load_history(home)
    learn(home, one)
    learn(home, other, adds=True)
    in_two = load_history(home)
    for name in ("key", "hour", "count", "way_m", "time_s"):
        np.testing.assert_allclose(getattr(in_two[0], name), getattr(at_once[0], name))
    assert in_two[1].fixes == at_once[1].fixes


def test_learning_again_replaces_what_was(home, tmp_path):
    learn(home, write_lines(tmp_path / "a.ndjson", fixes_of(kmh=15.0, vehicles=40)))
    learn(home, write_lines(tmp_path / "b.ndjson", fixes_of(kmh=45.0, vehicles=40)))
    assert edge_speed(home) == pytest.approx(45.0, abs=3.0)


def test_a_new_snapshot_gets_what_was_learned(home, tmp_path):
    learn(home, write_lines(tmp_path / "a.ndjson", fixes_of(vehicles=40)))
    before = edge_speed(home)
    snapshot = service_learn.open_current(home)
    for folder in (home / "typical" / snapshot.id, home / LEARNED / snapshot.id):
        folder.rename(folder.with_name("gone"))
    assert service_learn.renew(home, snapshot)
    assert edge_speed(home) == before
    assert not service_learn.renew(home, snapshot)


def test_nothing_is_renewed_where_nothing_was_learned(home):
    assert not service_learn.renew(home, service_learn.open_current(home))


def test_fixes_far_from_all_roads_teach_nothing(home, tmp_path):
    far = [{**fix, "lon": fix["lon"] + 3.0} for fix in fixes_of()]
    with pytest.raises(Unprocessable, match="none of these fixes"):
        learn(home, write_lines(tmp_path / "a.ndjson", far))


def test_broken_positions_are_left_out(home, tmp_path):
    wrong = [{"device": "x", "time": 1.0, "lon": 0.0, "lat": 0.0}, {"device": "x", "time": 2.0, "lon": 500, "lat": 1}]
    fixes = fixes_of() + wrong + fixes_of()[:30]
    assert (
        learn(home, write_lines(tmp_path / "a.ndjson", fixes)).drives
        == learn(home, write_lines(tmp_path / "b.ndjson", fixes_of())).drives
    )


def test_a_file_is_read_in_pieces(tmp_path):
    file = write_lines(tmp_path / "a.ndjson", fixes_of())
    whole, pieces = list(read_fixes(file)), list(read_fixes(file, at_once=7))
    assert len(whole) == 1
    assert max(map(len, pieces)) == 7
    np.testing.assert_array_equal(np.concatenate([piece.time_s for piece in pieces]), whole[0].time_s)


def test_times_may_be_text_with_a_zone(tmp_path):
    fix = {"device": "a", "lon": 125.1, "lat": 46.6}
    times = ("2026-11-23T08:00:00+08:00", "2026-11-23T00:00:00Z", MONDAY_8)
    (told,) = read_fixes(write_lines(tmp_path / "a.jsonl", [{**fix, "time": time} for time in times]))
    assert told.time_s.tolist() == [MONDAY_8] * 3


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("{", "line 2"),
        ("[1]", "line 2"),
        ('{"device":"a","lon":1,"lat":2}', "time"),
        ('{"device":"a","time":"2026-11-23T08:00:00","lon":1,"lat":2}', "zone"),
        ('{"device":"a","time":1,"lon":"x","lat":2}', "line 2"),
    ],
)
def test_a_broken_line_is_named(tmp_path, line, word):
    file = tmp_path / "a.ndjson"
    file.write_text(json.dumps(fixes_of()[0]) + "\n" + line + "\n")
    with pytest.raises(BadInput, match=word):
        list(read_fixes(file))


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "b.ndjson.gz").write_text("x")
    with pytest.raises(BadInput, match=r"a\.csv"):
        service_learn.list_archives([tmp_path / "a.csv"])
    with pytest.raises(BadInput, match="gzip"):
        list(read_fixes(tmp_path / "b.ndjson.gz"))
    assert service_learn.list_archives([tmp_path]) == [tmp_path / "b.ndjson.gz"]


def test_parquet_is_read_as_lines_are(tmp_path):
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `archives`) is not installed")
    import pyarrow.parquet as pq

    fixes = fixes_of(simulated=True)
    pq.write_table(pa.Table.from_pylist(fixes), tmp_path / "a.parquet")
    stamps = [{**fix, "time": datetime.fromtimestamp(fix["time"], UTC), "device": 7} for fix in fixes]
    pq.write_table(pa.Table.from_pylist(stamps), tmp_path / "b.parquet")
    (lines,) = read_fixes(write_lines(tmp_path / "a.ndjson", fixes))
    for name in ("a", "b"):
        (told,) = read_fixes(tmp_path / f"{name}.parquet")
        np.testing.assert_allclose(told.time_s, lines.time_s)
        np.testing.assert_array_equal(told.lonlat, lines.lonlat)
        assert told.is_simulated.all()
        assert np.isnan(told.speed_kmh).all()


def test_dask_learns_what_one_process_does(home, tmp_path):
    distributed = pytest.importorskip("distributed", reason="Dask (extra `archives`) is not installed")
    files = [write_lines(tmp_path / f"{n}.ndjson", fixes_of(20.0 + n, begin_s=MONDAY_8 + 3600 * n)) for n in range(12)]
    alone = service_learn.learn_files(home, files, "", False, Silent())
    sums = load_history(home)[0]
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        together = service_learn.learn_files(home, files, cluster.scheduler_address, False, Silent())
    assert (together.drives, together.roads) == (alone.drives, alone.roads)
    np.testing.assert_allclose(load_history(home)[0].time_s, sums.time_s)
    assert together.decay_s == pytest.approx(alone.decay_s)


def store(live, home, fixes, tenant="default"):
    """Puts fixes into the live store as their devices would, the last first."""
    names = tuple(dict.fromkeys(fix["device"] for fix in fixes))
    rows = fixes[::-1]
    count, nothing = len(rows), np.full(len(rows), np.nan)
    arriving = Arriving(
        names,
        np.array([names.index(fix["device"]) for fix in rows]),
        np.array([round(1000 * fix["time"]) for fix in rows]),
        np.full(count, NOT_TOLD),
        np.array([[fix["lon"], fix["lat"]] for fix in rows]),
        nothing,
        nothing,
        nothing,
        np.array([fix.get("simulated", False) for fix in rows]),
        np.zeros(count, bool),
        "http",
    )
    tracks.store_fixes(live, home, tenant, arriving, datetime.fromtimestamp(MONDAY_8 + 1e5, UTC))


def test_the_store_teaches_what_its_fixes_in_a_file_do(town, tmp_path):
    fixes = fixes_of(simulated=True)
    store(town.live, town.home, fixes)
    store(town.live, town.home, fixes_of(kmh=10.0), tenant="others")
    stored = service_learn.learn_pieces(town.home, service_learn.stored_fixes(town.live, "default", 100), adds=False)
    assert stored.is_simulated
    assert stored.fixes == len(fixes)
    whole = service_learn.learn_pieces(town.home, service_learn.stored_fixes(town.live, "default"), adds=False)
    filed = learn(town.home, write_lines(tmp_path / "a.ndjson", fixes))
    assert (whole.drives, whole.roads) == (filed.drives, filed.roads)


def test_sums_of_nothing_add_nothing(home, tmp_path):
    learn(home, write_lines(tmp_path / "a.ndjson", fixes_of()))
    sums = load_history(home)[0]
    np.testing.assert_array_equal(add_sums([sums, no_sums()]).time_s, sums.time_s)


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def at_home(home, monkeypatch):
    monkeypatch.setenv("LOCATION_CLOUD_HOME", str(home))
    return home


def test_the_command_tells_what_it_learned(at_home, tmp_path, capsys):
    file = write_lines(tmp_path / "a.ndjson", fixes_of(simulated=True))
    assert run(["traffic", "learn", str(file)]) == DONE
    said = capsys.readouterr().out
    assert "simulated fixes" in said
    assert "2 edges of their own" in said


@pytest.mark.parametrize("arguments", [[], ["x.csv"], ["--from-store", "a.ndjson"]])
def test_the_command_refuses_what_it_cannot_do(at_home, arguments):
    assert run(["traffic", "learn", *arguments]) == BAD_INPUT


def test_an_empty_store_teaches_nothing(at_home, capsys):
    assert run(["traffic", "learn", "--from-store"]) == FAILED
    assert "none of these fixes" in capsys.readouterr().err
