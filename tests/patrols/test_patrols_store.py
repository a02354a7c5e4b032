"""What is kept, on each database: nothing is lost between writers, forgotten patrols end, places go as tracks do."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import shapely

from location_cloud.changes import Sent
from location_cloud.errors import Conflict, NotFound
from location_cloud.patrols import service, store, store_patrols
from location_cloud.patrols import service_evaluating as evaluating
from location_cloud.patrols import service_patrols as patrols
from location_cloud.patrols import service_privacy as privacy
from location_cloud.patrols.beat_cells import cells_of
from location_cloud.patrols.evaluation import read_places
from location_cloud.patrols.model import Beat, NewBeat, Pattern, Roster
from location_cloud.spatial.bbox import Bbox
from location_cloud.tracks.service import erase_device, history
from tests.patrols.conftest import stroll

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
GROUND = shapely.box(24.940, 60.1665, 24.948, 60.1715)
AT = (24.944, 60.169)
NIGHT = Pattern("Asia/Shanghai", (((540, 720),),) * 7, {date(2026, 10, 1): ()})


def add_beat(live, code="B-1", tenant="t", shape=GROUND):
    cells = cells_of([shape])
    said = NewBeat("first", (("manage", "M-1"),), (), shape, None, "foot", 7)
    with service.writing(live) as connection:
        store.put_beat(
            connection, tenant, Beat(0, code, 0, said, shape, cells, np.zeros(len(cells), np.int64), len(cells))
        )
    return service.get_beat(live, tenant, code)


def add_roster(live, code="R-1", person="p1"):
    said = {"person": person, "beat": "B-1", "device": "", "pattern": NIGHT, "valid_from": date(2026, 1, 1)}
    return service.put_roster(live, "t", code, said, None)


def begin(live, person="p1", now=NOW, **said):
    asked = {"person": person, "at": AT, "beat": "B-1", "device": "", "profile": "", "note": "", "is_simulated": True}
    return patrols.begin_patrol(live, "t", {**asked, **said}, 0.0, Sent("test", now))[0]


def send(live, home, patrol, lonlat, now):
    points = [
        {
            "time_s": patrol.begun + 5.0 * number,
            "lonlat": tuple(place),
            "accuracy_m": 5.0,
            "speed_kmh": 4.0,
            "heading_deg": 0.0,
        }
        for number, place in enumerate(lonlat.tolist())
    ]
    return patrols.add_points(live, home, "t", patrol.id, points, now)


def test_a_beat_and_a_roster_come_back_as_they_were(live):
    beat = add_beat(live)
    assert beat.said == NewBeat("first", (("manage", "M-1"),), (), GROUND, None, "foot", 7)
    assert np.array_equal(beat.cells, cells_of([GROUND]))
    roster = add_roster(live)
    assert roster == Roster(1, "R-1", 1, "p1", "B-1", "", NIGHT, date(2026, 1, 1), None, "", roster.change)
    with live.read() as connection:
        assert store.find_bounds(connection, "t") == pytest.approx(GROUND.bounds)
        assert store.find_bounds(connection, "other") is None


def test_beats_are_found_by_box(live):
    add_beat(live, "B-1")
    add_beat(live, "B-2", shape=shapely.box(25.0, 60.0, 25.01, 60.01))
    assert [beat.code for beat in service.list_beats(live, "t", Bbox(24.9, 60.1, 24.95, 60.2), "", 10)] == ["B-1"]
    assert service.list_beats(live, "other", None, "", 10) == []


def test_a_walk_is_counted_and_its_cells_are_seen(live, tmp_path):
    add_beat(live)
    patrol = begin(live)
    later = NOW + timedelta(hours=2)
    send(live, tmp_path, patrol, stroll(300), later)
    ended = patrols.end_patrol(live, "t", patrol.id, AT, 0.0, 1, later)
    beat = service.get_beat(live, "t", "B-1")
    assert ended.result["seen"] == (beat.seen > 0).sum() > 20
    assert (beat.seen[beat.seen > 0] >= patrol.begun).all()
    assert beat.version == 1, "nobody said anything of it"
    assert read_places(ended.detail)["cells"] == beat.cells.tolist()


def test_patrols_that_end_at_once_lose_no_cell(live, tmp_path):
    beat = add_beat(live)
    way, later = stroll(900), NOW + timedelta(hours=2)
    people = [begin(live, f"p{number}") for number in range(6)]
    for number, patrol in enumerate(people):
        send(live, tmp_path, patrol, way[number * 150 : number * 150 + 150], later)
    ends = [
        threading.Thread(target=patrols.end_patrol, args=(live, "t", patrol.id, AT, 0.0, 1, later)) for patrol in people
    ]
    for each in ends:
        each.start()
    for each in ends:
        each.join()
    places = [read_places(patrols.get_patrol(live, "t", patrol.id).detail) for patrol in people]
    together = np.max([place["seen_s"] for place in places], axis=0)
    assert np.array_equal(service.get_beat(live, "t", "B-1").seen, together)
    assert (together > 0).sum() > len(beat.cells) / 4


def test_of_many_who_begin_one_patrol_at_once_one_does(live):
    add_beat(live)
    outcomes = []

    def try_it():
        try:
            outcomes.append(begin(live).id)
        except Conflict:
            outcomes.append(None)

    tries = [threading.Thread(target=try_it) for _ in range(8)]
    for each in tries:
        each.start()
    for each in tries:
        each.join()
    assert sum(outcome is not None for outcome in outcomes) == 1
    assert len(outcomes) == 8


def test_what_nobody_ended_is_ended_with_its_shift(live):
    add_beat(live)
    add_roster(live)
    planned, free = begin(live, "p1"), begin(live, "p2")
    assert patrols.end_forgotten(live, NOW + timedelta(hours=3)) == 0
    assert patrols.end_forgotten(live, NOW + timedelta(hours=17)) == 2
    assert patrols.end_forgotten(live, NOW + timedelta(hours=17)) == 0
    ended = patrols.get_patrol(live, "t", planned.id)
    assert (ended.ended, ended.is_forgotten) == (ended.planned_end, True)
    assert patrols.get_patrol(live, "t", free.id).ended == free.begun + patrols.LONGEST_S


def test_a_patrol_is_evaluated_when_it_is_over_and_a_last_time_a_day_later(live, tmp_path):
    add_beat(live)
    patrol = begin(live)
    patrols.end_forgotten(live, NOW + timedelta(hours=17))
    soon, later = NOW + timedelta(hours=17), NOW + timedelta(hours=41)
    assert evaluating.evaluate_due(live, soon, 30.0) == 1
    assert evaluating.evaluate_due(live, soon + timedelta(hours=1), 30.0) == 0
    assert evaluating.evaluate_due(live, later, 30.0) == 1
    assert evaluating.evaluate_due(live, later, 30.0) == 0
    assert evaluating.is_settled(patrols.get_patrol(live, "t", patrol.id))


def test_what_has_settled_stays_when_its_fixes_are_gone(live, tmp_path):
    add_beat(live)
    patrol = begin(live)
    later = NOW + timedelta(hours=2)
    send(live, tmp_path, patrol, stroll(200), later)
    ended = patrols.end_patrol(live, "t", patrol.id, AT, 0.0, 1, later)
    settled = later + timedelta(days=2)
    evaluating.evaluate_due(live, settled, 30.0)
    erase_device(live, "t", "patrol.p1")
    found = evaluating.see(live, "t", patrol.id, settled)
    assert found.numbers["seen"] == ended.result["seen"]


def test_places_are_forgotten_with_the_tracks_and_numbers_stay(live, tmp_path):
    add_beat(live)
    patrol = begin(live)
    privacy.write_down(live, "t", patrol.id, "key1", "track", NOW)
    patrols.end_patrol(live, "t", patrol.id, AT, 0.0, 1, NOW + timedelta(hours=2))
    assert privacy.forget(live, 30.0, NOW + timedelta(days=29)) == 0
    assert len(privacy.list_reads(live, "t", patrol.id, 0, 10)) == 1
    assert privacy.forget(live, 30.0, NOW + timedelta(days=31)) == 1
    found = patrols.get_patrol(live, "t", patrol.id)
    assert found.detail is None
    assert found.result["cells"] > 0
    assert privacy.list_reads(live, "t", patrol.id, 0, 10) == []


def test_the_fixes_of_a_person_are_one_device(live, tmp_path):
    add_beat(live)
    patrol = begin(live)
    send(live, tmp_path, patrol, stroll(30), NOW + timedelta(hours=1))
    fixes, _ = history(live, "t", "patrol.p1", patrol.begun - 1, patrol.begun + 3600, 100)
    assert len(fixes) == 30
    assert fixes.is_simulated.all()


def test_a_patrol_of_another_tenant_is_not_found(live):
    add_beat(live)
    patrol = begin(live)
    with pytest.raises(NotFound):
        patrols.get_patrol(live, "other", patrol.id)
    with pytest.raises(NotFound):
        privacy.write_down(live, "other", patrol.id, "key", "track", NOW)


def test_a_change_from_an_old_version_is_refused(live):
    add_beat(live)
    patrol = begin(live)
    with service.writing(live) as connection:
        store_patrols.change_patrol(connection, "t", replace(patrol, note="first"))
    with pytest.raises(Conflict), service.writing(live) as connection:
        store_patrols.change_patrol(connection, "t", replace(patrol, note="second"))
