"""However fixes are delivered, what is stored is the same, and so is the picture of the traffic, as far as promised.

Promised of the picture: what is read together counts in the order of device time; nothing counts twice; and a fix that
comes after a later place of its vehicle was decided changes nothing. It is kept, and the past is learned from it.
"""

from __future__ import annotations

import random
from itertools import groupby

import numpy as np
import pytest
from driving import NOW, Worker
from traffic_town import draw_town, open_town

from tests.conftest import copy_home

WHOLE = "bbox=125,46.5,125.3,46.7"
EVERY_S = 5.0


class Delivery:
    """A town of its own whose fixes come over HTTP, and the job that listens."""

    def __init__(self, town_home, folder):
        self.town = open_town(copy_home(town_home, folder))
        self.worker = Worker(self.town)

    def send(self, fixes):
        answer = self.town.app.test_client().post("/v1/fixes", json={"fixes": list(fixes)})
        assert answer.status_code == 200, answer.json

    def listen(self, seconds):
        """A round of the job at so many seconds after NOW."""
        self.worker.run(seconds)

    def picture(self):
        """Every edge as it is told, after the vehicles have fallen silent."""
        self.worker.run(100.0)
        every = "source=live,filled,typical,none&limit=5000"
        columns = self.town.get(f"/v1/traffic/edges?{WHOLE}&format=columns&{every}").json["columns"]
        return {row[0]: row[1:] for row in zip(columns.pop("key"), *columns.values())}

    def stored(self):
        """Positions and histories as they are told."""
        names = [each["device"] for each in self.town.get("/v1/devices").json["devices"]]
        told = [self.town.get(f"/v1/devices/{name}/track").json for name in sorted(names)]
        places = [each["geometry"] for each in self.town.get("/v1/positions").json["features"]]
        return told, sorted(map(str, places))

    def close(self):
        self.worker.close()
        self.town.close()


@pytest.fixture
def deliveries(town_home, tmp_path):
    """A function: name -> a town that has heard nothing yet."""
    opened = []

    def open_one(name):
        opened.append(Delivery(town_home, tmp_path / name))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


def taxis():
    """Fixes of five taxis, by device: three on ABC and two through the south, one of them wild for a moment."""
    return [
        *drive("north-1", "ABC", 20.0, 0.0),
        *drive("north-2", "ABC", 22.0, 10.0),
        *drive("north-3", "ABC", 18.0, 20.0),
        *drive("south-1", "ADEBC", 30.0, 5.0),
        *drive("south-2", "FEDA", 28.0, 0.0),
    ]


def drive(device, signs, kmh, ends_before_s):
    """Fixes of one taxi that drives from sign to sign and arrives so long before NOW."""
    lonlat = draw_town().lonlat
    places = np.array([lonlat[sign] for sign in signs])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*(np.diff(places, axis=0) * (76_500.0, 111_200.0)).T))])
    seconds = np.arange(0.0, along[-1] / kmh * 3.6, EVERY_S)
    begin_s = NOW.timestamp() - ends_before_s - seconds[-1]
    lon, lat = (np.interp(seconds * kmh / 3.6, along, places[:, axis]).round(7).tolist() for axis in (0, 1))
    return [
        {"device": device, "time": begin_s + at, "lon": x, "lat": y, "accuracy_m": 5.0, "seq": number}
        for number, (at, x, y) in enumerate(zip(seconds.tolist(), lon, lat))
    ]


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_and_doubled_fixes_give_the_state_of_those_in_order(deliveries, seed):
    chance, fixes = random.Random(seed), taxis()
    plain, mixed = deliveries("plain"), deliveries("mixed")
    plain.send(sorted(fixes, key=lambda fix: fix["time"]))
    shuffled = chance.sample(fixes, len(fixes)) + chance.sample(fixes, len(fixes) // 2)
    while shuffled:
        size = chance.randrange(1, 60)
        mixed.send(shuffled[:size])
        del shuffled[:size]
    assert mixed.stored() == plain.stored()
    assert mixed.picture() == plain.picture()


def test_fixes_heard_as_they_come_give_the_state_of_those_heard_at_once(deliveries):
    plain, live = deliveries("plain"), deliveries("live")
    in_order = sorted(taxis(), key=lambda fix: fix["time"])
    plain.send(in_order)
    for second, fixes in groupby(in_order, key=lambda fix: fix["time"] // 10 * 10):
        live.send(fixes)
        live.listen(second + 10.0 - NOW.timestamp())
    assert live.stored() == plain.stored()
    assert live.picture() == plain.picture()


def test_what_comes_twice_after_it_was_heard_counts_once(deliveries):
    once, twice = deliveries("once"), deliveries("twice")
    for each in (once, twice):
        each.send(taxis())
        each.listen(0.0)
    twice.send(taxis())
    twice.listen(1.0)
    once.listen(1.0)
    assert twice.stored() == once.stored()
    assert twice.picture() == once.picture()


def test_a_fix_that_comes_too_late_is_stored_and_changes_no_speed(deliveries):
    held = [fix for fix in taxis() if fix["device"] == "north-1" and fix["seq"] % 4 == 2][:-2]
    rest = [fix for fix in taxis() if fix not in held]
    never, late, whole = deliveries("never"), deliveries("late"), deliveries("whole")
    for each in (never, late):
        each.send(rest)
        each.listen(0.0)
    late.send(held)
    whole.send(taxis())
    for each in (never, late, whole):
        each.listen(1.0)
    assert late.stored() == whole.stored()
    assert late.picture() == never.picture()


def test_another_process_finds_the_picture_whatever_the_order_was(deliveries):
    plain, mixed = deliveries("plain"), deliveries("mixed")
    fixes = taxis()
    plain.send(fixes)
    for part in (fixes[len(fixes) // 2 :], fixes[: len(fixes) // 2]):
        mixed.send(part)
        mixed.listen(0.0)
    mixed.worker.restart()
    assert mixed.picture() == plain.picture()
