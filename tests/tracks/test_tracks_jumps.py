"""Jumps, and laying fixes among fixes, against slow obvious ones."""

from __future__ import annotations

import random

import numpy as np
import pytest

from location_cloud.tracks.jumps import find_jumps
from location_cloud.tracks.merging import clusters_of, merge
from location_cloud.tracks.model import COLUMNS, DEVICE, JUMP, LAT, LON, NUMBER, REASON, SEQ, TIME_MS
from location_cloud.tracks.read_rows import read_rows
from location_cloud.tracks.screening import as_rows
from tests.tracks.conftest import fix


def rows_of(*told):
    """Rows of (seconds, metres east) of one device."""
    arriving = read_rows([fix(seconds, east_m) for seconds, east_m in told], "http")
    return as_rows(arriving, np.array([1]), np.ones(len(told), bool), 0)


def jumps(*told):
    """Seconds of those that are jumps."""
    return [told[place][0] for place in np.flatnonzero(find_jumps(rows_of(*told)))]


def test_a_plausible_drive_has_none():
    assert jumps(*((step * 5, step * 100) for step in range(20))) == []


@pytest.mark.parametrize("wild", [1, 2])
def test_one_or_two_wild_fixes_in_a_row_are_found(wild):
    drive = [(step * 10, step * 100) for step in range(4)]
    off = [(40 + step * 10, 90_000) for step in range(wild)]
    back = [(60 + step * 10, 600) for step in range(4)]
    assert jumps(*drive, *off, *back) == [seconds for seconds, _ in off]


def test_of_a_move_without_fixes_both_sides_are_kept():
    assert jumps((0, 0), (10, 0), (20, 0), (30, 50_000), (40, 50_000), (50, 50_000)) == []


def test_the_newest_is_a_jump_until_another_speaks_for_it():
    assert jumps((0, 0), (10, 0), (20, 0), (30, 50_000)) == [30]
    assert jumps((0, 0), (10, 0), (20, 0), (30, 50_000), (40, 50_000)) == [30]
    assert jumps((0, 0), (10, 0), (20, 0), (30, 50_000), (40, 50_000), (50, 50_000)) == []


def test_a_neighbour_from_long_ago_has_no_word():
    assert jumps((0, 0), (10, 0), (3000, 90_000), (3010, 0), (3020, 0)) == [3000]


def test_noise_of_a_fix_each_second_is_no_jump():
    assert jumps(*((step, step * 15 + (step % 2) * 150) for step in range(30))) == []


def test_claimed_inaccuracy_excuses_and_not_everything():
    rows = rows_of((0, 0), (1, 0), (2, 1200), (3, 0), (4, 0))
    assert find_jumps(rows).tolist() == [False, False, True, False, False]
    rows[2, COLUMNS.index("accuracy_cm")] = 100_000
    rows[1, COLUMNS.index("accuracy_cm")] = rows[3, COLUMNS.index("accuracy_cm")] = 100_000
    assert find_jumps(rows).tolist() == [False] * 5


def test_the_antimeridian_is_no_jump():
    rows = rows_of((0, 0), (10, 0), (20, 0))
    rows[:, LON] = [1_799_999_000, -1_799_999_000, 1_799_998_000]
    assert not find_jumps(rows).any()


def slow_jumps(rows):
    """The rule of the module, word by word."""
    flags = []
    for place, row in enumerate(rows):
        votes = []
        for other in (*range(max(0, place - 2), place), *range(place + 1, min(len(rows), place + 3))):
            gap_s = abs(rows[other, TIME_MS] - row[TIME_MS]) / 1000
            if rows[other, DEVICE] == row[DEVICE] and gap_s <= 600:
                middle = np.cos(np.radians((rows[other, LAT] + row[LAT]) / 2e7))
                east, north = (rows[other, LON] - row[LON]) * middle, rows[other, LAT] - row[LAT]
                votes.append(np.hypot(east, north) * 1e-7 * 111_195 > 100 * gap_s + 200)
        flags.append(sum(votes) >= 2 and sum(votes) > len(votes) - sum(votes))
    return flags


@pytest.fixture(params=range(20))
def drawn(request):
    """Rows of three devices with wild ones, by device and time."""
    chance = random.Random(request.param)
    told = [(chance.randrange(0, 2000), chance.choice([0, 100, 40_000, 80_000])) for _ in range(60)]
    rows = rows_of(*told)
    rows[:, DEVICE] = [chance.randrange(3) for _ in told]
    rows[:, SEQ] = [chance.randrange(2) for _ in told]
    return rows


def test_jumps_are_those_of_the_obvious_way(drawn):
    rows = drawn[np.lexsort((drawn[:, SEQ], drawn[:, TIME_MS], drawn[:, DEVICE]))]
    assert find_jumps(rows).tolist() == slow_jumps(rows)


def around(stored, new):
    """What the store would hand out for new rows."""
    found = []
    for device, begins, ends in clusters_of(new):
        its = stored[stored[:, DEVICE] == device]
        its = its[np.lexsort((its[:, SEQ], its[:, TIME_MS]))]
        before, after = its[its[:, TIME_MS] < begins][-4:], its[its[:, TIME_MS] > ends][:6]
        found += [*before, *its[(its[:, TIME_MS] >= begins) & (its[:, TIME_MS] <= ends)], *after]
    return np.array(found, np.int64).reshape(-1, len(COLUMNS))


def test_merged_piece_by_piece_is_merged_at_once(drawn):
    stored = np.empty((0, len(COLUMNS)), np.int64)
    for start in range(0, len(drawn), 7):
        new = drawn[start : start + 7]
        merged = merge(new, around(stored, new), 0)
        kept = {tuple(row[: SEQ + 1]): row for row in (*stored, *merged.written)}
        stored = np.array(list(kept.values()))
    at_once = merge(drawn, np.empty((0, len(COLUMNS)), np.int64), 0).written
    stored = stored[np.lexsort((stored[:, SEQ], stored[:, TIME_MS], stored[:, DEVICE]))]
    stored[:, NUMBER] = at_once[:, NUMBER] = 0
    assert stored.tolist() == at_once.tolist()
    assert (stored[:, REASON] == JUMP).any()


def test_nothing_new_writes_nothing():
    nothing = np.empty((0, len(COLUMNS)), np.int64)
    assert len(merge(nothing, nothing, 5).written) == 0
    assert len(clusters_of(nothing)) == 0
