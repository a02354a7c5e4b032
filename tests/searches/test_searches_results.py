"""What teams and clues tell moves the chance by Bayes' rule, and can be replayed."""

from __future__ import annotations

import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from location_cloud.app import utc_now
from location_cloud.tracks.read_rows import read_rows
from location_cloud.tracks.service import store_fixes

LINE = [[24.93, 60.17], [24.95, 60.172]]
HOUR = {"begin": "2026-11-23T00:00:00Z", "end": "2026-11-23T01:00:00Z"}
TRACK = {"track": {"type": "LineString", "coordinates": LINE}, "W_m": 30}


@pytest.fixture
def parted(desk):
    """A search of its own with segments."""
    search = desk.begin()
    desk.post(f"/{search}/segments", {"target_km2": 0.5}, If_Match="*")
    return search


def shares(desk, search):
    found = desk.get(f"/{search}/segments")["features"]
    return {each["id"]: each["properties"]["poa"] for each in found}


def test_a_searched_segment_keeps_one_minus_pod_and_all_others_gain_alike(desk, parted):
    before, rest = shares(desk, parted), desk.get(f"/{parted}/poa")["rest_of_world"]
    told = desk.post(f"/{parted}/results", {"segment": "1", "pod": 0.7})
    pos = before["1"] * 0.7
    assert (told["pos"], told["pos_total"]) == pytest.approx((pos, pos), rel=1e-6)
    assert told["row"] == pytest.approx(rest / (1 - pos), rel=1e-9)
    after = shares(desk, parted)
    for name, share in before.items():
        assert after[name] == pytest.approx(share * (0.3 if name == "1" else 1) / (1 - pos), rel=1e-9)


def test_coverage_becomes_a_pod_by_the_detection_that_is_named(desk, parted):
    before = shares(desk, parted)["1"]
    told = desk.post(f"/{parted}/results", {"segment": "1", "coverage": 1.0})
    assert told["pos"] == pytest.approx(before * 0.6321, rel=1e-3)
    before = shares(desk, parted)["2"]
    told = desk.post(f"/{parted}/results", {"segment": "2", "coverage": 1.0, "detection": "inverse_cube"})
    assert told["pos"] == pytest.approx(before * 0.7899, rel=1e-3)


def test_success_of_several_searches_adds_up(desk, parted):
    first, second = (desk.post(f"/{parted}/results", {"segment": name, "pod": 0.5}) for name in "12")
    assert second["pos_total"] == pytest.approx(1 - (1 - first["pos"]) * (1 - second["pos"]))
    assert desk.get(f"/{parted}")["pos"] == pytest.approx(second["pos_total"])


def test_a_track_lowers_the_chance_along_it_without_any_segment(desk, begun):
    before, _ = desk.chances(begun)
    desk.post(f"/{begun}/results", TRACK)
    after, _ = desk.chances(begun)
    ratio = np.array([after[at] / before[at] for at in before])
    assert ratio.min() < 0.5
    assert np.median(ratio) > 1


def test_a_devices_track_counts_like_the_same_line(desk):
    begin, device = utc_now().timestamp() - 600, f"team-{secrets.token_hex(3)}"
    rows = [
        {"device": device, "time": begin + 60 * step, "lon": lon, "lat": lat, "simulated": True}
        for step, (lon, lat) in enumerate(np.linspace(LINE[0], LINE[1], 8).tolist())
    ]
    store_fixes(desk.system.live, desk.home, "default", read_rows(rows, "http"), utc_now())
    window = {"device": device, "begin": iso(begin - 1), "end": iso(begin + 600)}
    from_line, from_device = desk.begin(), desk.begin()
    desk.post(f"/{from_line}/results", TRACK)
    told = desk.post(f"/{from_device}/results", {"track": window, "W_m": 30})
    assert told["pos"] == pytest.approx(desk.get(f"/{from_line}")["pos"], rel=1e-3)
    assert desk.get(f"/{from_device}/log")["entries"][-1]["fields"]["simulated"] is True


def iso(seconds):
    return np.datetime64(int(seconds), "s").item().isoformat() + "Z"


def test_calling_finds_only_a_subject_who_answers(desk):
    search = desk.begin(subject={"category": "hiker", "responsive": 0.6})
    desk.post(f"/{search}/segments", {"target_km2": 0.5}, If_Match="*")
    before = shares(desk, search)["1"]
    told = desk.post(f"/{search}/results", {"segment": "1", "pod": 0.9, "responsive": True})
    assert told["pos"] == pytest.approx(before * 0.6 * 0.9, rel=1e-6)
    assert told["responsive"] == pytest.approx((0.6 - told["pos"]) / (1 - told["pos"]), rel=1e-6)


def test_a_search_that_does_not_tell_answering_apart_says_how_to(desk, parted):
    answer = desk("POST", f"/{parted}/results", {"segment": "1", "pod": 0.9, "responsive": True})
    assert (answer.status_code, "subject.responsive" in answer.json["hint"]) == (400, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"segment": "1"}, 400),
        ({"pod": 0.5}, 400),
        ({"segment": "no such", "pod": 0.5}, 404),
        ({"assignment": "9-9", "pod": 0.5}, 404),
        ({"segment": "1", "pod": 1.0}, 400),
        ({"segment": "1", "pod": 0.5, "coverage": 1}, 400),
        ({"track": {"type": "LineString", "coordinates": LINE}}, 400),
        ({"track": {"type": "Point", "coordinates": LINE[0]}, "W_m": 9}, 400),
        ({"track": {"device": "nobody", **HOUR}, "W_m": 9}, 404),
    ],
)
def test_a_result_that_says_too_little_is_refused(desk, cut, body, status):
    answer = desk("POST", f"/{cut}/results", body)
    assert (answer.status_code, bool(answer.json["hint"])) == (status, True), answer.text


def test_a_result_made_from_an_old_version_is_refused(desk, parted):
    desk.post(f"/{parted}/results", {"segment": "1", "pod": 0.5}, If_Match='"2"')
    late = desk("POST", f"/{parted}/results", {"segment": "2", "pod": 0.5}, If_Match='"2"')
    assert (late.status_code, late.json["version"]) == (409, 3)


def test_a_result_sent_twice_counts_once(desk, begun):
    key = secrets.token_hex(8)
    first, again = (desk.post(f"/{begun}/results", TRACK, Idempotency_Key=key) for _ in range(2))
    assert first["pos_total"] == again["pos_total"]
    assert desk.get(f"/{begun}")["version"] == 2


def test_results_sent_at_once_all_count(desk, begun):
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: desk("POST", f"/{begun}/results", TRACK).status_code, range(4)))
    assert told == [201] * 4
    assert desk.get(f"/{begun}")["version"] == 5


def test_a_clue_raises_the_chance_where_it_speaks(desk, begun):
    before, _ = desk.chances(begun)
    desk.post(f"/{begun}/clues", {"location": LINE[1], "sigma_m": 150, "likelihood_ratio": 20})
    after, _ = desk.chances(begun)
    near = min(before, key=lambda at: abs(at[0] - LINE[1][0]) + abs(at[1] - LINE[1][1]))
    assert after[near] > 5 * before[near]


def test_a_clue_may_speak_for_an_area(desk, begun):
    square = {
        "type": "Polygon",
        "coordinates": [[[24.93, 60.165], [24.94, 60.165], [24.94, 60.17], [24.93, 60.17], [24.93, 60.165]]],
    }
    desk.post(f"/{begun}/clues", {"area": square, "likelihood_ratio": 1000})
    cells, _ = desk.chances(begun)
    inside = sum(chance for (lon, lat), chance in cells.items() if 24.93 < lon < 24.94 and 60.165 < lat < 60.17)
    assert inside > 0.9


def test_a_subject_who_walks_on_spreads_without_losing_chance(desk, begun):
    before, rest = desk.chances(begun)
    told = desk.post(f"/{begun}/move", {"duration_s": 1800}, If_Match='"1"')
    after, rest_after = desk.chances(begun)
    assert sum(after.values()) + rest_after == pytest.approx(1, abs=1e-9)
    assert sum(chance**2 for chance in after.values()) < sum(chance**2 for chance in before.values())
    assert told["row"] == pytest.approx(rest_after)
    assert rest_after > rest


def test_moving_on_says_which_version_it_was_made_from(desk, begun):
    assert desk("POST", f"/{begun}/move", {"duration_s": 600}).status_code == 428


def test_every_past_map_can_be_seen_again(desk, parted):
    desk.post(f"/{parted}/results", {"segment": "1", "pod": 0.6})
    desk.post(f"/{parted}/clues", {"location": LINE[0], "likelihood_ratio": 3})
    desk.post(f"/{parted}/move", {"duration_s": 600}, If_Match="*")
    log = desk.get(f"/{parted}/log")["entries"]
    assert [entry["action"] for entry in log] == ["created", "segmented", "searched", "clue", "moved"]
    seen = {entry["at"]: desk.chances(parted, f"&as_of={entry['at']}") for entry in log}
    shutil.rmtree(desk.home / "run" / "searches")  # only a cache
    for at, chances in seen.items():
        assert desk.chances(parted, f"&as_of={at}") == chances
    assert desk.chances(parted) == seen[log[-1]["at"]]
    assert seen[log[1]["at"]] == seen[log[0]["at"]] != seen[log[2]["at"]]


def test_before_it_began_there_is_no_map(desk, begun):
    desk.get(f"/{begun}/poa?as_of=2020-01-01T00:00:00Z", status=404)


def test_a_find_closes_the_search_and_scores_its_map(desk, begun):
    cells, _ = desk.chances(begun)
    densest = max(cells, key=cells.get)
    found = desk.post(f"/{begun}/find", {"location": densest, "condition": "well"}, If_Match='"1"')
    assert (found["status"], found["find"]["mapscore"]) == ("found", pytest.approx(1, abs=1e-3))
    assert desk("POST", f"/{begun}/results", TRACK).status_code == 409
    assert desk("POST", f"/{begun}/find", {"location": densest}, If_Match="*").status_code == 409
    assert desk("POST", f"/{begun}/find", {"location": densest}).status_code == 428


def test_a_find_off_the_map_has_no_score(desk, begun):
    found = desk.post(f"/{begun}/find", {"location": [25.5, 60.5]}, If_Match="*")["find"]
    assert found["mapscore"] is None
    assert found["distance_m"] > 40_000


def test_many_updates_leave_a_sum_of_one(desk, parted):
    for step in range(20):
        desk.post(f"/{parted}/results", {"segment": str(step % 5 + 1), "pod": 0.3})
    cells, rest = desk.chances(parted)
    assert sum(cells.values()) + rest == pytest.approx(1, abs=1e-12)
