"""Whatever the line does, both sides end with the same: cases, timelines, requests and their answers."""

from __future__ import annotations

import contextlib
import random

import pytest

from location_cloud.federation import service_asking
from location_cloud.federation.model import LineError
from tests.federation.conftest import Bad, T


def ask(side, case, action, version=None, **said):
    return service_asking.ask(side.world, T, side.other, case, action, said, side.actor(), side.kept, version)[0]


def asked(side, way="out"):
    return service_asking.list_requests(side.live, T, side.other, way, None, "", 0, 1000)


def test_a_case_of_the_village_is_seen_in_the_city_with_its_timeline(pair):
    case = pair.village.report(description="hole in the road")
    pair.village.act(case.id, "accept")
    pair.settle()
    assert pair.village.own() == pair.city.copies() != b""
    assert b"hole in the road" in pair.city.copies()
    assert pair.village.state()["waiting"] == 0


def test_what_was_taken_is_not_sent_again(pair):
    for _ in range(3):
        case = pair.village.report()
        assert pair.exchange().sent == 1
        pair.village.act(case.id, "note", text="a word")
        assert pair.exchange().sent == 1
        assert pair.exchange().sent == 0


def test_what_came_from_a_peer_is_never_sent_back(pair):
    pair.village.report()
    for _ in range(3):
        pair.exchange()
    assert pair.city.own() == b""
    assert pair.village.copies() == b""


def test_the_city_asks_and_the_rules_of_the_village_decide(pair):
    case = pair.village.report()
    pair.exchange()
    ask(pair.city, case.id, "accept", text="seen on camera")
    ask(pair.city, case.id, "close")
    ask(pair.city, case.id, "urge", text="before the rain")
    pair.settle()
    accepted, closed, urged = asked(pair.city)
    assert (accepted.state, accepted.answer["stage"]) == ("done", "accepted")
    assert closed.state == "refused"
    assert "not possible for a case that is accepted" in closed.answer["reason"]
    assert urged.state == "done"
    assert b"urged: before the rain" in pair.city.copies()
    assert pair.village.own() == pair.city.copies()


def test_a_request_made_from_an_old_version_is_refused(pair):
    case = pair.village.report()
    pair.exchange()
    ask(pair.city, case.id, "accept", version=1)
    pair.village.act(case.id, "note", text="meanwhile")
    pair.settle()
    (request,) = asked(pair.city)
    assert request.state == "refused"
    assert "is at version 2, not 1" in request.answer["reason"]


def exchange_over_a_bad_line(pair, seed, steps):
    """Cases, words and requests on both sides, some of which reach the other one."""
    chance = random.Random(seed)
    line = Bad(pair.village, pair.city, chance)
    sides = {"city": pair.city, "village": pair.village}
    ids = {name: [] for name in sides}
    for _ in range(steps):
        name = chance.choice(("city", "village"))
        side = sides[name]
        step = chance.random()
        if step < 0.3 or not ids[name]:
            ids[name].append(side.report(description=f"{seed}").id)
        elif step < 0.5:
            side.act(chance.choice(ids[name]), "note", text=f"word {chance.random()}")
        else:
            other = sides["village" if name == "city" else "city"]
            known = [number for number in ids[other.name] if f"case {number} ".encode() in side.copies()]
            if known:
                ask(
                    side,
                    chance.choice(known),
                    chance.choice(("accept", "urge", "file", "reject", "close")),
                    text="please",
                )
        pair.pass_time(chance.choice((1.0, 60.0, 4000.0)))
        if chance.random() < 0.5:
            with contextlib.suppress(LineError):
                pair.exchange(line)


@pytest.mark.parametrize("seed", range(3))
def test_lost_doubled_late_and_shuffled_batches_give_the_same_store_on_both_sides(pair, seed):
    exchange_over_a_bad_line(pair, seed, 25)
    pair.settle()
    assert pair.village.own() == pair.city.copies()
    assert pair.city.own() == pair.village.copies()
    for side, other in ((pair.city, pair.village), (pair.village, pair.city)):
        ours, theirs = asked(side), asked(other, "in")
        assert len(ours) == len(theirs) == len({(each.case, each.turn) for each in theirs})
        assert {(each.case, each.turn): (each.state, dict(each.answer)) for each in ours} == {
            (each.case, each.turn): (each.state, dict(each.answer)) for each in theirs
        }
        assert "waiting" not in {each.state for each in ours}
