"""What becomes of fixes, on both databases."""

from __future__ import annotations

import random

import numpy as np
import pytest

from location_cloud.errors import NotFound, TooLarge
from location_cloud.tracks import service, store
from location_cloud.tracks.read_rows import read_rows
from tests.tracks.conftest import NOON_S, NOW, fix


@pytest.fixture
def send(live, tmp_path):
    def send(*rows, tenant="a", source="http", now=NOW):
        return service.store_fixes(live, tmp_path, tenant, read_rows(rows, source), now)

    return send


def state(live, tenant="a"):
    """All that readers can see, but for when it arrived."""
    with_names = {}
    fixes = service.read_after(live, tenant, 0)
    for name in sorted(fixes.device_names.values()):
        history, _ = service.history(live, tenant, name, 0, 1e11, 10_000)
        last = service.last_positions(live, tenant, [name])
        aside = [
            (one.time_s, one.seq, one.reason, one.lonlat) for one in service.list_aside(live, tenant, name, 10_000)
        ]
        with_names[name] = said(history), said(last), aside
    return with_names


def said(fixes):
    told = zip(fixes.time_s.tolist(), fixes.seq.tolist(), fixes.lonlat.tolist(), fixes.is_simulated.tolist())
    return list(told)


def test_fixes_come_back_as_they_were_sent(send, live):
    send(fix(speed_kmh=42.5, heading_deg=90, accuracy_m=3.2, seq=7, simulated=True))
    fixes = service.read_after(live, "a", 0)
    assert fixes.device_names[int(fixes.device[0])] == "taxi"
    assert fixes.time_s[0] == NOON_S - 3600
    assert fixes.lonlat[0].tolist() == pytest.approx([125.1031, 46.5893], abs=1e-7)
    assert (fixes.speed_kmh[0], fixes.heading_deg[0], fixes.seq[0]) == (42.5, 90, 7)
    assert fixes.accuracy_m[0] == pytest.approx(3.2)
    assert fixes.is_simulated[0]


def test_the_same_fix_again_is_a_duplicate(send, live):
    assert send(fix(0), fix(10, 50), fix(10, 50)).duplicate == 1
    again = send(fix(0), fix(10, 50))
    assert (again.accepted, again.duplicate) == (0, 2)
    assert len(service.read_after(live, "a", 0)) == 2


def test_fixes_of_one_time_are_told_apart_by_their_number(send):
    assert send(fix(0, seq=1), fix(0, seq=2)).accepted == 2


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"lon": 0.0, "lat": 0.0}, "zero"),
        ({"lon": 225.0}, "range"),
        ({"lat": 1e300}, "range"),
        ({"time": NOON_S * 1000}, "time"),
        ({"time": 17.0}, "time"),
        ({"time": NOON_S + 90}, "future"),
        ({"accuracy_m": 1414.0}, "no-signal"),
        ({"no_signal": True}, "no-signal"),
    ],
)
def test_what_cannot_be_is_set_aside_with_the_reason(send, live, changed, reason):
    outcome = send({**fix(), **changed}, fix(10))
    assert (outcome.accepted, outcome.quarantined, outcome.reasons) == (1, 1, {reason: 1})
    assert [one.reason for one in service.list_aside(live, "a", "taxi", 10)] == [reason]
    assert send({**fix(), **changed}).duplicate == 1


def test_late_and_out_of_order_fixes_are_kept_and_told(send):
    outcome = send(fix(100, 500), now=NOW)
    assert (outcome.late, outcome.out_of_order) == (1, 0)
    assert send(fix(50, 250)).out_of_order == 1
    assert send(fix(3590, 1000)).late == 0


def test_an_old_fix_does_not_move_the_device_back(send, live):
    send(fix(100, 500))
    send(fix(50, 250))
    assert service.last_positions(live, "a").time_s.tolist() == [NOON_S - 3500]


def test_a_wild_fix_is_a_jump_and_the_device_stays(send, live):
    outcome = send(fix(0), fix(10, 100), fix(20, 50_000))
    assert outcome.reasons == {"jump": 1}
    assert service.last_positions(live, "a").time_s.tolist() == [NOON_S - 3590]


def test_a_jump_is_kept_after_all_when_its_successors_speak_for_it(send, live):
    send(fix(0), fix(5, 50), fix(10, 100), fix(20, 50_000))
    seen = service.last_number(live, "a")
    outcome = send(fix(30, 50_100), fix(40, 50_200))
    assert (outcome.accepted, outcome.revised) == (2, 1)
    told_anew = service.read_after(live, "a", seen)
    assert sorted(told_anew.time_s - NOON_S + 3600) == [20, 30, 40]


def test_a_fix_between_two_others_can_make_one_a_jump(send, live):
    send(fix(0), fix(20, 2_100), fix(21, 210))
    assert service.last_positions(live, "a").time_s.tolist() == [NOON_S - 3579]
    outcome = send(fix(19, 190), fix(22, 220))
    assert outcome.revised == 1
    assert 20 not in (service.read_after(live, "a", 0).time_s - NOON_S + 3600).tolist()


def test_the_last_position_goes_back_when_the_newest_turns_out_wild(send, live):
    send(fix(0), fix(20, 40_000))
    assert service.last_positions(live, "a").time_s.tolist() == [NOON_S - 3580]
    send(fix(10, 100))
    assert service.last_positions(live, "a").time_s.tolist() == [NOON_S - 3590]


def drawn(seed):
    """A drive with wild, repeated, contradicting, zero and future fixes, of three devices."""
    chance = random.Random(seed)
    rows = []
    for device in ("a", "b", "c"):
        for step in range(chance.randrange(3, 30)):
            wild = chance.choice([0, 0, 0, 0, 0, 30_000, -60_000])
            gap = chance.choice([10, 10, 10, 700])
            row = fix(step * 10 + gap, step * 100 + wild, device, seq=chance.choice([1, 2]))
            rows += [row] * chance.choice([1, 1, 1, 2])
            if chance.random() < 0.1:
                rows.append({**row, "lon": row["lon"] + chance.choice([0.001, 2.0]), "simulated": True})
            if chance.random() < 0.05:
                rows.append({**row, "lon": 0.0, "lat": 0.0})
    return rows


@pytest.mark.parametrize("seed", range(12))
def test_state_does_not_depend_on_order_repetition_or_division_into_batches(send, live, seed):
    rows = drawn(seed)
    send(*sorted(rows, key=lambda row: row["time"]), tenant="in order")
    chance = random.Random(seed)
    shuffled = chance.sample(rows, len(rows)) + chance.sample(rows, len(rows) // 2)
    while shuffled:
        batch, shuffled = shuffled[: (size := chance.randrange(1, 12))], shuffled[size:]
        send(*batch, tenant="shuffled")
    assert state(live, "shuffled") == state(live, "in order")


def known(live, tenant):
    with live.read() as connection:
        ids = np.arange(1, 100)
        found = store.read_known(connection, tenant, ids)
    rows = store.rows_from([*found.last, *found.tail])
    return found.newest_ms.tolist(), rows[:, 1:11].tolist()


@pytest.mark.parametrize("seed", range(12))
def test_what_is_known_of_the_newest_is_what_a_look_at_all_tells(send, live, seed):
    rows, chance = drawn(seed), random.Random(seed)
    chance.shuffle(rows)
    for start in range(0, len(rows), 5):
        send(*rows[start : start + 5])
    before = known(live, "a")
    with live.write() as connection:
        for device in store.device_ids(connection, "a", ["a", "b", "c"]).values():
            store.look_up(connection, "a", device)
    assert known(live, "a") == before


def test_of_two_fixes_that_contradict_each_other_the_same_one_wins_whichever_came_first(send, live):
    one, other = fix(0, 10), fix(0, 20)
    send(one, tenant="a"), send(other, tenant="a")
    send(other, tenant="b"), send(one, tenant="b")
    assert state(live, "a") == state(live, "b")


def test_a_real_fix_wins_over_a_simulated_one(send, live):
    send(fix(0, -10, simulated=True))
    send(fix(0, 10))
    assert service.read_after(live, "a", 0).is_simulated.tolist() == [False]


def test_followers_miss_nothing_and_see_rising_numbers(send, live):
    seen, number = [], 0
    for step in range(5):
        send(*(fix(step * 10 + place, step * 100, device=f"d{place}") for place in range(3)))
        fixes = service.read_after(live, "a", number, limit=2)
        seen += fixes.number.tolist()
        number = seen[-1]
    seen += service.read_after(live, "a", number).number.tolist()
    assert seen == list(range(1, 16))


def test_another_tenants_devices_are_not_there(send, live):
    send(fix(0))
    assert len(service.read_after(live, "b", 0)) == len(service.last_positions(live, "b")) == 0
    with pytest.raises(NotFound):
        service.history(live, "b", "taxi", 0, 1e11, 10)
    with pytest.raises(NotFound):
        service.erase_device(live, "b", "taxi")


def test_an_erased_device_leaves_nothing(send, live):
    send(fix(0), fix(10, lon=0.0, lat=0.0))
    assert service.erase_device(live, "a", "taxi") == 2
    assert len(service.read_after(live, "a", 0)) == len(service.last_positions(live, "a")) == 0
    assert service.list_devices(live, "a", "", 10)[0] == []


def test_pages_of_a_history_follow_each_other_without_gap(send, live):
    send(*(fix(step // 2, seq=step) for step in range(9)))
    begin, seen = 0.0, []
    while begin is not None:
        fixes, begin = service.history(live, "a", "taxi", begin, 1e11, 3)
        seen += fixes.seq.tolist()
    assert seen == list(range(9))


def test_more_fixes_than_declared_are_refused(send):
    with pytest.raises(TooLarge):
        send(*[fix(0)] * 10_001)


def test_a_write_of_fixes_leaves_the_live_version(send, live):
    before = live.version()
    send(fix(0))
    assert live.version() == before
