from __future__ import annotations

from datetime import timedelta

import pytest
from driving import NOW, Worker, send_taxis
from traffic_town import draw_town

PATH = "/v1/traffic/weather"
WHOLE = "bbox=125,46.5,125.3,46.7"


@pytest.fixture
def worker(town):
    started = Worker(town)
    yield started
    started.close()


def route_s(town, ends):
    (start, end) = (",".join(map(str, draw_town().lonlat[sign])) for sign in ends)
    return town.get(f"/v1/route?from={start}&to={end}").json["routes"][0]["duration_s"]


def told(town, ends):
    columns = town.get(f"/v1/traffic/edges?{WHOLE}&format=columns&source=live,filled,typical,none&limit=5000").json
    rows = dict(zip(columns["columns"]["key"], zip(*columns["columns"].values())))
    return dict(zip(columns["columns"], rows[town.key(ends)]))


def tell(town, **body):
    until = (NOW + timedelta(hours=2)).isoformat()
    body = {"condition": "heavy_snow", "since": NOW.isoformat(), "until": until, **body}
    return town.app.test_client().put(PATH, json=body)


def factors(town, worker):
    """What each edge's speed was changed by, by source, at the next picture."""
    worker.run(101)
    columns = town.get(f"/v1/traffic/edges?{WHOLE}&format=columns&source=live,filled,typical,none&limit=5000").json
    return set(zip(columns["columns"]["source"], map(tuple, columns["columns"]["factors"])))


def test_what_was_told_is_given_back_until_it_is_taken_back(town):
    assert tell(town, source="CMA bulletin 7").status_code == 200
    assert town.get(PATH).json["condition"] == "heavy_snow"
    assert town.app.test_client().delete(PATH).json == {"removed": True}
    assert town.get(PATH).status_code == 404


def test_snow_slows_what_nobody_measures_and_is_named(town, worker):
    send_taxis(town, "ABC", 20.0)
    worker.run(100)
    tell(town)
    assert factors(town, worker) == {("live", ()), ("filled", ("weather:heavy_snow",))}


def test_snow_reaches_routes(town, worker):
    worker.run()
    before = route_s(town, "AC")
    tell(town)
    worker.run(1)
    assert route_s(town, "AC") > 1.2 * before


def test_snow_leaves_what_was_measured(town, worker):
    send_taxis(town, "ABC", 20.0)
    tell(town)
    worker.run(100)
    assert told(town, "AB")["speed_kmh"] == pytest.approx(20.0, abs=3.0)


def test_weather_of_a_drill_says_simulated(town, worker):
    tell(town, simulated=True)
    assert factors(town, worker) == {("filled", ("weather:heavy_snow (simulated)",))}


@pytest.mark.parametrize(
    "wrong", [{"condition": "frogs"}, {"until": NOW.isoformat()}, {"until": "2199-01-01T00:00:00Z"}, {"source": 5}]
)
def test_weather_that_cannot_be_is_a_400(town, wrong):
    assert tell(town, **wrong).status_code == 400


def test_a_time_without_zone_is_a_400(town):
    assert tell(town, until="2199-01-01T00:00:00").status_code == 400
