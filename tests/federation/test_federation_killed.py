"""kill -9 at any moment, on either side: nothing that was acknowledged is lost, and both sides end with the same."""

from __future__ import annotations

from location_cloud.federation import service_asking
from tests.federation.conftest import Pair, agree, open_side
from tests.killing import acknowledged_until_killed

SOURCE = """
import random
from tests.federation.conftest import Pair, open_side
from location_cloud.federation import service_asking

def work_for_ever(home, asked):
    city = open_side("city", "village", home / "city", is_new=False)
    pair = Pair(city, open_side("village", "city", home / "village", is_new=False))
    chance = random.Random(asked)
    pair.pass_time(asked * 1000.0)
    while True:
        village = pair.village
        case = village.report(description=f"of {asked}")
        print(case.id, flush=True)
        if chance.random() < 0.5:
            village.act(case.id, "note", text="a word")
        pair.pass_time(61.0)
        pair.exchange()
        city = pair.city
        service_asking.ask(city.world, "default", "village", case.id, "accept", {}, city.actor(), city.kept)
        print(-case.id, flush=True)
        pair.exchange()
"""
"""A number is a case that was acknowledged; below zero, a request for it."""


def killed_pair(home, times):
    """The pair after so many kills and a good line, and what was acknowledged."""
    pair = Pair(open_side("city", "village", home / "city"), open_side("village", "city", home / "village"))
    agree(pair)
    for side in (pair.city, pair.village):
        side.live.close()
    acknowledged = acknowledged_until_killed(SOURCE, home, range(times), most_lines=4)
    pair = Pair(open_side("city", "village", home / "city"), open_side("village", "city", home / "village"))
    pair.pass_time(times * 1000.0 + 100_000.0)
    pair.settle()
    return pair, acknowledged


def lost(pair, acknowledged):
    """What of that is not on both sides; [] = nothing."""
    copies = pair.city.copies()
    cases = [number for number in acknowledged if number > 0 and f"case {number} ".encode() not in copies]
    answered = {each.case for each in requests(pair.city) if each.state != "waiting"}
    done = {each.case for each in requests(pair.village, "in")}
    return cases + [number for number in acknowledged if number < 0 and -number not in answered & done]


def requests(side, way="out"):
    return service_asking.list_requests(side.live, "default", side.other, way, None, "", 0, 1_000_000)


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path):
    pair, acknowledged = killed_pair(tmp_path, 6)
    try:
        assert len(acknowledged) >= 6
        assert lost(pair, acknowledged) == []
        assert pair.village.own() == pair.city.copies()
        twice = [(each.case, each.turn) for each in requests(pair.village, "in")]
        assert len(twice) == len(set(twice))
    finally:
        for side in (pair.city, pair.village):
            side.live.close()
