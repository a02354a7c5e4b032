"""What is expected: free flow, the usual week, what is known besides; and what becomes of now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from location_cloud.directions.typical import Typical, save_typical
from location_cloud.errors import BadQuery
from location_cloud.traffic.model import FILLED, LIVE, NONE, TYPICAL, Factor
from location_cloud.traffic.predict import FURTHEST_S, predict
from location_cloud.traffic.reference import LEARNED, load_reference, slow_down
from location_cloud.traffic.weather import weather_factor, weather_shares
from tests.traffic.driven_roads import NOW_S, Street

HOURS = 168
NOW = datetime.fromtimestamp(NOW_S, UTC)
HOUR = NOW.weekday() * 24 + NOW.hour


def _week(edges, now=40.0, later=20.0):
    """A week that knows the first 12 edges: one speed now, another one at all other hours."""
    steps = np.zeros((HOURS, edges), np.uint8)
    steps[:, :12] = round(later * 2)
    steps[HOUR, :12] = round(now * 2)
    return Typical(steps, np.arange(HOURS, dtype=np.uint8))


@pytest.fixture
def street(tmp_path):
    """Drawn roads of which some have a usual week."""
    plain = Street(tmp_path)
    return Street(tmp_path, typical=_week(2 * plain.town.roads.segment_count))


def _factor(street, name="incident:7", share=0.5, most=np.inf, since_s=-np.inf, on=("CD",)):
    edges = np.array([street.edge(each) for each in on], np.int32)
    columns = np.full(len(edges), share, np.float32), np.full(len(edges), most, np.float32)
    return Factor(name, edges, *columns, since_s)


def _known(street):
    return [name for name, edge in street.town.edges.items() if edge < 12]


def test_usual_speeds_are_told_where_nobody_drove(street):
    estimate = street.at()
    edge = street.edge(_known(street)[0])
    assert estimate.source[edge] == TYPICAL
    assert estimate.kmh[edge] == 40.0
    assert (estimate.source[12:] == NONE).all()
    assert (estimate.samples == 0).all()


def test_a_signal_lengthens_free_flow(tmp_path):
    plain, lights = Street(tmp_path), Street(tmp_path, nodes={"C": {"highway": "traffic_signals"}})
    assert lights.seconds("BC") == pytest.approx(plain.seconds("BC") + 8.0, abs=0.1)
    assert lights.seconds("CB") == pytest.approx(plain.seconds("CB"), abs=0.1)


def test_a_factor_lowers_what_is_expected_and_says_so(street):
    name = _known(street)[0]
    estimate = street.at([_factor(street, on=(name,)), _factor(street, "weather:fog", 0.9, on=(name,))])
    edge = street.edge(name)
    assert estimate.kmh[edge] == pytest.approx(40.0 * 0.5 * 0.9)
    assert estimate.factors_of(edge) == ("incident:7", "weather:fog")
    assert sum(estimate.factors > 0) == 1


def test_a_factor_leaves_measured_speeds_alone(street):
    for vehicle in range(8):
        street.drive("CD", street.free_s, vehicle)
    plain, slowed = street.at(), street.at([_factor(street)])
    edge = street.edge("CD")
    assert slowed.source[edge] == LIVE
    assert not slowed.factors[edge]
    assert slowed.kmh[edge] == pytest.approx(plain.kmh[edge], rel=0.1)


def test_what_was_measured_before_an_incident_says_nothing(street):
    for vehicle in range(4):
        street.drive("CD", street.free_s, vehicle, ago_s=120.0)
    estimate = street.at([_factor(street, since_s=NOW_S - 60.0)])
    assert estimate.source[street.edge("CD")] != LIVE
    street.drive("CD", 3 * street.free_s, vehicle=8, ago_s=2.0)
    street.drive("CD", 3 * street.free_s, vehicle=9, ago_s=2.0)
    assert street.at([_factor(street, since_s=NOW_S - 300.0)]).source[street.edge("CD")] == LIVE


def test_a_cap_holds_for_filled_speeds(street):
    for vehicle in range(6):
        street.drive("BC", 0.8 * street.free_s, vehicle)
    estimate = street.at([_factor(street, share=1.0, most=15.0)])
    assert estimate.source[street.edge("CD")] == FILLED
    assert estimate.kmh[street.edge("CD")] <= 15.0


def test_more_factors_than_bits_share_the_last_one():
    usual = np.full(40, 50.0, np.float32)
    one = np.ones(1, np.float32)
    factors = [Factor(f"f{i}", np.array([i], np.int32), 0.5 * one, np.inf * one) for i in range(20)]
    slowed = slow_down(usual, factors)
    assert len(slowed.names) == 16
    assert slowed.names[-1] == "others"
    assert slowed.bits[19] == 1 << 15
    assert slowed.bits[3] == 1 << 3
    assert slowed.bits[30] == 0


def test_weather_slows_lesser_roads_more_than_expressways(street):
    factor = weather_factor("heavy_snow", np.array([0, 3, -1], np.int8))
    assert factor.edges.tolist() == [0, 1]
    assert factor.share[1] < factor.share[0] < 1.0
    assert all(0.3 < share <= 1.0 for shares in weather_shares().values() for share in shares)


def test_unknown_weather_is_refused():
    with pytest.raises(BadQuery, match="frogs"):
        weather_factor("frogs", np.zeros(1, np.int8))


def _now(street, kmh):
    """An estimate in which the first edge with a usual speed is driven at another one."""
    estimate, edge = street.at(), street.edge(_known(street)[0])
    columns = {name: getattr(estimate, name).copy() for name in ("kmh", "source", "variance")}
    columns["kmh"][edge], columns["source"][edge], columns["variance"][edge] = kmh, LIVE, 4.0
    return edge, replace(estimate, **columns)


def test_the_unusual_fades_into_the_usual(street):
    edge, estimate = _now(street, 20.0)  # half of what is usual
    tau = street.reference.decay_s[2]
    for ahead_s in (0.0, 600.0, 3000.0, FURTHEST_S):
        usual = street.reference.usual_kmh(NOW_S + ahead_s)[0][edge]
        expected = usual * 0.5 ** np.exp(-ahead_s / tau)
        assert predict(estimate, street.reference, ahead_s)[edge] == pytest.approx(expected, rel=1e-3)


def test_without_a_usual_speed_now_stays(tmp_path):
    street = Street(tmp_path)
    for vehicle in range(4):
        street.drive("AB", 2 * street.free_s, vehicle)
    estimate = street.at()
    then = predict(estimate, street.reference, 1800.0)
    assert then[street.edge("AB")] == pytest.approx(estimate.kmh[street.edge("AB")])


def test_a_forecast_slows_what_is_to_come(street):
    edge, estimate = _now(street, 20.0)
    name = _known(street)[0]
    plain = predict(estimate, street.reference, 600.0)[edge]
    snowed = predict(estimate, street.reference, 600.0, [_factor(street, "weather:snow", 0.7, on=(name,))])
    assert snowed[edge] == pytest.approx(0.7 * plain)


@pytest.mark.parametrize("ahead_s", [-1.0, FURTHEST_S + 1, np.nan])
def test_too_far_ahead_is_refused(street, ahead_s):
    with pytest.raises(BadQuery, match="outside"):
        predict(street.at(), street.reference, ahead_s)


def test_what_was_learned_is_loaded_and_what_does_not_fit_is_not(street, tmp_path):
    roads, edges = street.town.roads, 2 * street.town.roads.segment_count
    save_typical(tmp_path / "typical/one", np.full((HOURS, edges), 33.0, np.float32))
    folder = tmp_path / LEARNED / "one"
    folder.mkdir(parents=True)
    np.save(folder / "free_flow_kmh.npy", np.full(edges, 66.0, np.float32))
    np.save(folder / "decay_s.npy", np.full(4, 1200.0))
    np.save(folder / "is_simulated.npy", np.array([True]))
    learned = load_reference(tmp_path, "one", roads, UTC)
    assert learned.is_simulated
    assert learned.decay_s[0] == 1200.0
    assert learned.is_learned[street.edge("AB")]
    assert learned.free_flow_kmh[street.edge("AB")] == 66.0
    assert learned.usual_kmh(NOW_S)[0][street.edge("AB")] == 33.0
    np.save(folder / "free_flow_kmh.npy", np.full(3, 66.0, np.float32))
    assert not load_reference(tmp_path, "one", roads, UTC).is_learned.any()


def test_a_week_learned_meanwhile_is_heeded(tmp_path):
    street = Street(tmp_path)
    assert street.at().source[0] == NONE
    street.speeds.expect(replace(street.reference, typical=_week(2 * street.town.roads.segment_count)))
    assert street.at().source[0] == TYPICAL
