"""Patrols over HTTP: shifts, fences, fixes, coverage, attendance, privacy, the next round, tiles."""

from __future__ import annotations

import csv
import gzip

import numpy as np
import pytest

from tests.patrols.conftest import POST, stroll

ALL = "/v1/patrols"


def test_a_shift_is_begun_walked_ended_and_covered(office):
    office.beat()
    office.roster()
    patrol = office.begin()
    assert (patrol["state"], patrol["beat"], patrol["roster"]) == ("normal", "B-1", "R-1")
    taken = office.walk(patrol, stroll(600))
    assert taken["accepted"] == 600
    running = office.ask("GET", f"{ALL}/{patrol['id']}/coverage")
    ended = office.end(patrol)
    assert ended["result"]["seen"] == running["seen"] > 50
    assert ended["state"] == "early"
    unseen = office.ask("GET", f"{ALL}/unseen?days=7")
    assert unseen["unseen"] == unseen["cells"] - running["seen"]


def test_the_fence_keeps_who_is_elsewhere_from_beginning_and_ending(office):
    office.beat()
    far = [24.950, 60.171]
    refused = office.begin(beat="B-1", at=far, status=422)
    assert refused["distance_m"] == pytest.approx(400, abs=30)
    patrol = office.begin(beat="B-1")
    office.end(patrol, 422, at=far)
    assert office.ask("GET", f"{ALL}/{patrol['id']}")["ended"] is None


def test_the_inaccuracy_of_a_phone_excuses_100_m_and_no_more(office):
    office.beat()
    near, far = [24.9471, 60.1690], [24.9500, 60.1690]
    office.begin(beat="B-1", at=near, status=422)
    office.begin(beat="B-1", at=near, accuracy_m=90.0)
    office.begin("p2", beat="B-1", at=far, accuracy_m=5_000.0, status=422)


def test_a_beat_without_a_post_has_its_ground_for_a_fence(office):
    office.beat(post=None)
    office.begin(beat="B-1", at=[24.9485, 60.1690])
    office.begin("p2", beat="B-1", at=[24.9520, 60.1690], status=422)


def test_nobody_is_on_two_patrols_at_once(office):
    office.beat()
    first = office.begin(beat="B-1")
    refused = office.begin(beat="B-1", status=409)
    assert refused["patrol"] == first["id"]
    office.end(first)
    office.begin(beat="B-1")


def test_a_beginning_that_is_sent_twice_begins_one_patrol(office):
    office.beat()
    body, key = {"person": "p1", "at": POST, "beat": "B-1"}, {"Idempotency_Key": "k1"}
    first = office("POST", ALL, body, **key)
    again = office("POST", ALL, body, **key)
    assert first.json["id"] == again.json["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert office("POST", ALL, {**body, "note": "other"}, **key).status_code == 422


def test_an_end_says_which_version_it_ends_and_happens_once(office):
    office.beat()
    patrol = office.begin(beat="B-1")
    path = f"{ALL}/{patrol['id']}/end"
    assert office("POST", path, {"at": POST}).status_code == 428
    assert office("POST", path, {"at": POST}, If_Match='"9"').status_code == 409
    office.ask("POST", path, {"at": POST}, If_Match='"1"')
    assert office("POST", path, {"at": POST}, If_Match="*").status_code == 409


def test_who_has_no_shift_names_a_beat_and_works_on_a_non_workday(office):
    office.beat()
    assert "no shift now" in office.begin(status=400)["detail"]
    assert office.begin(beat="B-1")["state"] == "non-workday"


def test_attendance_tells_who_came_late_who_left_early_and_who_did_not_come(office):
    office.beat()
    office.roster("p1", "R-1")
    office.roster("p2", "R-2")
    office.clock.pass_by(minutes=20)
    patrol = office.begin("p1")
    office.clock.pass_by(hours=1)
    office.end(patrol)
    office.clock.pass_by(hours=6, minutes=30)  # 16:20
    office.ask("PUT", f"{ALL}/rosters/R-3", None, 400)
    told = office.ask("GET", f"{ALL}/attendance?first_day=2026-11-23&last_day=2026-11-23")
    states = [(line["person"], line["state"]) for line in told["shifts"]]
    assert states == [("p1", "late"), ("p2", "absent"), ("p1", "expected"), ("p2", "expected")]
    assert (told["shifts"][0]["late_min"], told["shifts"][0]["early_min"]) == (20.0, 100.0)
    shifts = office.ask("GET", f"{ALL}/report?first_day=2026-11-23&last_day=2026-11-23&by=shift")["rows"]
    assert shifts[0]["name"] == "2026-11-23 08:30 B-1 p1"
    table = office("GET", f"{ALL}/attendance?first_day=2026-11-23&last_day=2026-11-23&form=csv")
    assert table.mimetype == "text/csv"
    rows = list(csv.DictReader(table.get_data().decode("utf-8-sig").splitlines()))
    assert [row["state"] for row in rows] == ["late", "absent", "expected", "expected"]
    (row, other) = office.ask("GET", f"{ALL}/report?first_day=2026-11-23&last_day=2026-11-30&by=person")["rows"]
    assert (row["name"], row["shifts"], row["attended"], row["late"]) == ("p1", 1, 1, 1)
    assert (other["absent"], other["attendance_share"]) == (1, 0.0)
    assert office("GET", f"{ALL}/attendance?first_day=2026-11-23&last_day=2026-11-01").status_code == 400
    assert office("GET", f"{ALL}/attendance?first_day=2020-11-23&last_day=2026-11-01").status_code == 413


def test_fixes_of_another_time_than_the_patrol_are_refused(office):
    office.beat()
    patrol = office.begin(beat="B-1")
    early = {"time": "2026-11-23T08:00:00+08:00", "lonlat": POST}
    refused = office.ask("POST", f"{ALL}/{patrol['id']}/points", {"points": [early]}, 422)
    assert "off duty" in refused["hint"]


def test_fixes_that_come_after_the_end_count_and_no_fix_counts_twice(office):
    office.beat()
    patrol = office.begin(beat="B-1")
    way = stroll(400)
    office.walk(patrol, way[:100])
    office.clock.pass_by(hours=1)
    before = office.end(patrol)["result"]
    late = office.walk(patrol, way)
    after = office.ask("GET", f"{ALL}/{patrol['id']}")["result"]
    assert (late["accepted"], late["duplicate"]) == (300, 100)
    assert after["seen"] > before["seen"]
    assert after["fixes"] == 400


def test_the_fixes_of_a_tracker_are_the_track_too(office):
    office.beat()
    patrol = office.begin(beat="B-1", device="tracker-7")
    begun = int(patrol["begun"])
    fixes = [
        {"device": "tracker-7", "time": begun + 5 * number, "lon": lon, "lat": lat}
        for number, (lon, lat) in enumerate(stroll(300).tolist())
    ]
    office.clock.pass_by(minutes=30)
    office.ask("POST", "/v1/fixes", {"fixes": fixes})
    assert office.ask("GET", f"{ALL}/{patrol['id']}/coverage")["seen"] > 20


def test_coverage_is_told_by_cell_and_as_ground(office):
    office.beat()
    patrol = office.begin(beat="B-1")
    office.walk(patrol, stroll(300))
    path = f"{ALL}/{patrol['id']}/coverage"
    numbers, codes = office.ask("GET", path), office.ask("GET", f"{path}?form=codes")["codes"]
    assert sum(each["seen"] for each in codes) == numbers["seen"]
    assert sum(each["stayed_s"] for each in codes) == pytest.approx(numbers["inside_s"], abs=len(codes))
    ground = office.ask("GET", f"{path}?form=geojson")["ground"]["features"]
    assert [each["properties"]["seen"] for each in ground] == [True, False]
    assert numbers["simulated"] is True


def test_who_reads_a_track_is_written_down(office):
    office.beat()
    patrol = office.begin(beat="B-1")
    office.walk(patrol, stroll(200))
    path = f"{ALL}/{patrol['id']}"
    track = office.ask("GET", f"{path}/points")
    assert [each["properties"]["kind"] for each in track["features"]] == ["track"]
    office.ask("GET", f"{path}/doubts")
    office.ask("GET", f"{path}/coverage?form=codes")
    office.ask("GET", f"{path}/coverage")
    reads = office.ask("GET", f"{path}/reads")["reads"]
    assert [read["what"] for read in reads] == ["track", "doubts", "coverage"]
    assert {read["person"] for read in reads} == {"p1"}
    assert office("GET", f"{ALL}/999999/points").status_code == 404


def test_a_track_takes_the_scope_of_tracks(office):
    office.beat()
    patrol = office.begin(beat="B-1")
    reader = office.issue("patrols:read")
    assert reader("GET", f"{ALL}/{patrol['id']}/points").status_code == 403
    assert reader("GET", f"{ALL}/{patrol['id']}/doubts").status_code == 403
    assert reader("GET", f"{ALL}/{patrol['id']}/coverage").status_code == 200
    assert reader("POST", ALL, {"person": "p9", "at": POST}).status_code == 403


def test_tenants_do_not_see_each_others_patrols(office, other_office):
    office.beat()
    patrol = office.begin(beat="B-1")
    assert other_office("GET", f"{ALL}/{patrol['id']}").status_code == 404
    assert other_office("GET", f"{ALL}/beats/B-1").status_code == 404
    assert other_office.ask("GET", ALL)["patrols"] == []
    assert other_office.ask("GET", f"{ALL}/unseen")["features"] == []


def test_a_person_is_erased_with_rosters_and_track(office):
    office.beat()
    office.roster()
    patrol = office.begin()
    office.walk(patrol, stroll(50))
    office.end(patrol)
    assert office.ask("DELETE", f"{ALL}/persons/p1") == {"person": "p1", "rows": 2, "fixes": 50}
    assert office("GET", f"{ALL}/{patrol['id']}").status_code == 404
    assert office("GET", "/v1/devices/patrol.p1").status_code == 404
    assert office("DELETE", f"{ALL}/persons/p1").status_code == 404


def test_two_who_send_one_track_raise_a_doubt_that_names_the_other(office):
    office.beat()
    way, chance = stroll(600), np.random.default_rng(2)
    first, second = office.begin("p1", beat="B-1"), office.begin("p2", beat="B-1")
    office.walk(first, way)
    office.walk(second, way + chance.normal(0, 1e-5, way.shape))
    office.end(second)
    (doubt,) = office.ask("GET", f"{ALL}/{second['id']}/doubts")["doubts"]
    assert (doubt["kind"], doubt["evidence"]["person"]) == ("same_track", "p1")
    kept = office.ask("GET", f"{ALL}/{second['id']}")
    assert kept["result"]["doubts"] == {"same_track": 1}
    assert kept["state"] == "non-workday", "a doubt changes no state"


def test_the_next_round_goes_where_nobody_was_and_comes_back(office):
    office.beat()
    patrol = office.begin(beat="B-1")
    office.walk(patrol, stroll(300))
    office.end(patrol)
    told = office.ask("POST", f"{ALL}/beats/B-1/route", {"budget_min": 60.0, "days": 1.0})
    found, line = told["properties"], told["geometry"]["coordinates"]
    seen = {
        each["code"] for each in office.ask("GET", f"{ALL}/{patrol['id']}/coverage?form=codes")["codes"] if each["seen"]
    }
    assert found["stops"]
    assert not {stop["code"] for stop in found["stops"]} & seen
    assert found["gained"] <= found["bound"]
    assert found["duration_s"] <= 3600 * 1.05
    assert np.allclose(line[0][0], line[-1][-1], atol=1e-3)
    assert len(found["cells_in_sight"]) >= len(found["stops"]) / 2


def test_a_named_place_is_worth_the_way(office):
    office.beat()
    spot = {"lonlat": [24.9500, 60.1700], "gain": 5000.0, "name": "case 12"}
    told = office.ask("POST", f"{ALL}/beats/B-1/route", {"budget_min": 30.0, "spots": [spot]})
    assert "case 12" in [stop["name"] for stop in told["properties"]["stops"]]


def test_a_round_without_time_goes_nowhere(office):
    office.beat()
    told = office.ask("POST", f"{ALL}/beats/B-1/route", {"budget_min": 0.05})
    assert told["geometry"] is None
    assert told["properties"]["stops"] == []


def test_tiles_show_when_cells_were_seen_and_follow_the_last_commit(office):
    office.beat()
    z, x, y = 14, 9327, 4742
    path = f"/tiles/patrols/{z}/{x}/{y}.mvt"
    before = office("GET", path)
    patrol = office.begin(beat="B-1")
    office.walk(patrol, stroll(100))
    office.end(patrol)
    after = office("GET", path)
    assert (before.status_code, after.status_code) == (200, 200)
    assert b"seen_s" in gunzipped(before)
    assert before.headers["ETag"] != after.headers["ETag"]
    office.ask("DELETE", f"{ALL}/beats/B-1?version=1")
    assert office("GET", path).status_code in (204, 404)


def gunzipped(answer):
    return gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data
