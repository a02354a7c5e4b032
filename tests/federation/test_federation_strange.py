"""A peer may send anything: it is taken or refused by itself, and what comes beside it is not held up."""

from __future__ import annotations

import copy
import random
from dataclasses import replace
from datetime import date

import pytest
from shapely.geometry import box

from location_cloud.cases import service_settings
from location_cloud.federation import service_sending
from location_cloud.federation.model import SHARED, Message
from location_cloud.federation.service_taking import take
from location_cloud.grids import service as grids
from location_cloud.grids.model import NewGrid
from tests.federation.conftest import T

STRANGE = (
    None,
    True,
    -1,
    0,
    2**40,
    1e308,
    "",
    "\x00",
    "x" * 5000,
    "2026-13-45",
    [],
    {},
    [[]],
    {"a": {}},
    [None],
    "230602",
)


def told(pair):
    """One message of each kind that a village sends, and a class of the city."""
    village, city = pair.village, pair.city
    case = village.report()
    grids.add_grid(
        village.live, T, "village", NewGrid("V-1", box(125, 46, 125.1, 46.1)), date(2026, 9, 20), village.actor()
    )
    content = {"code": "E0112", "names": {"zh": "路面破损", "en": "hole"}, "kind": "event", "merge_radius_m": 5}
    service_settings.put_setting(city.live, T, service_settings.CLASS, "E0112", content, None, True)
    found = []
    for side in (village, city):
        service_sending.collect(side.live, T, side.peer(), side.kept, side.now())
    pair.pass_time(100)
    for side in (village, city):
        found += service_sending.offer(side.live, T, side.peer(), side.now())
    asked = {"case": case.id, "turn": 1, "action": "accept", "said": {"text": "x"}, "who": "d", "roles": ["acceptor"]}
    answer = {"case": case.id, "turn": 1, "state": "done", "answer": {}, "at": 0.0}
    return [*found, Message("request", f"{case.id}/1", 1, asked), Message("answer", f"{case.id}/1", 1, answer)]


def places(value, path=()):
    """Every place in a nested value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from places(each, (*path, key))


def changed(content, chance):
    content = copy.deepcopy(content)
    path = chance.choice([each for each in places(content) if each])
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    if chance.random() < 0.3 and isinstance(inner, dict):
        del inner[path[-1]]
    else:
        inner[path[-1]] = chance.choice(STRANGE)
    return content


@pytest.mark.parametrize("seed", range(2))
def test_whatever_a_peer_sends_is_judged_by_itself(pair, seed):
    chance = random.Random(seed)
    peer = pair.city.peer()
    peer = replace(peer, origin="00000000000000cc", agreement=replace(peer.agreement, takes=SHARED, sends=SHARED))
    messages = told(pair)
    assert {each.kind for each in messages} == {"case", "grid", "class", "indicators", "request", "answer"}
    strange = [
        replace(each, number=number, content=changed(each.content, chance)) for number, each in enumerate(messages * 25)
    ]
    found = take(pair.city.world, T, peer, strange, pair.city.now())
    assert len(found) == len(strange)
    fates = {(each.kind, each.fate) for each in found}
    assert {fate for _, fate in fates} >= {"taken", "refused"}
    assert all(each.reason for each in found if each.fate == "refused")
