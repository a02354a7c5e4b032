"""Levels of roads and the performance index, with the shipped thresholds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from location_cloud.errors import BadInput
from location_cloud.roads.model import CLASSES
from location_cloud.traffic.levels import OTHER, level_of, load_levels, performance_index
from location_cloud.traffic.model import CONGESTED, FREE, LIVE, SEVERE, SLOW, UNKNOWN
from tests.traffic.driven_roads import Street

LEVELS = load_levels()


@pytest.mark.parametrize(
    ("share", "level"), [(1.0, FREE), (0.7, FREE), (0.66, SLOW), (0.55, CONGESTED), (0.47, SEVERE), (np.nan, UNKNOWN)]
)
def test_level_follows_the_share_of_free_flow(share, level):
    kmh, free = np.array([60 * share], np.float32), np.array([60.0], np.float32)
    assert level_of(kmh, free, np.array([1], np.int8), LEVELS)[0] == level


def test_roads_of_no_group_have_no_level():
    kmh = np.array([50.0], np.float32)
    assert level_of(kmh, kmh, np.array([OTHER], np.int8), LEVELS)[0] == UNKNOWN


def test_every_class_for_cars_has_a_group():
    groups = dict(zip(CLASSES, LEVELS.group_of_class.tolist()))
    assert LEVELS.names[groups["motorway"]] == "expressway"
    assert LEVELS.names[groups["primary_link"]] == "arterial"
    assert groups["residential"] == 3
    assert groups["footway"] == OTHER == groups["ferry"]


def _index(street, shares):
    """The index of one set of edges driven at shares of their free flow."""
    names, estimate = list(shares), street.at()
    edges = np.array([street.edge(name) for name in names], np.int32)
    kmh, source = estimate.kmh.copy(), estimate.source.copy()
    kmh[edges] = estimate.free_flow_kmh[edges] * np.array(list(shares.values()), np.float32)
    source[edges[:1]] = LIVE
    told = replace(estimate, kmh=kmh, source=source)
    return performance_index(told, street.town.roads, LEVELS, edges, np.array([0, len(edges)]))


@pytest.fixture
def street(tmp_path):
    return Street(tmp_path)


def test_an_empty_city_has_index_zero(street):
    index = _index(street, {"AB": 1.0, "BC": 0.9})
    assert index.value[0] == 0.0
    assert index.time_ratio[0] == pytest.approx(1.05, abs=0.02)
    assert index.known_share[0] == 1.0
    assert index.live_share[0] == pytest.approx(0.5, abs=0.01)


def test_index_follows_the_share_of_stuck_vehicle_kilometres(street):
    free = dict.fromkeys(("AB", "BC", "CD", "DE", "EF", "FG", "GH", "BA", "CB"), 1.0)
    index = _index(street, {**free, "DC": 0.1})
    assert index.severe_share[0] == pytest.approx(0.1, abs=0.01)
    assert index.value[0] == pytest.approx(np.interp(0.1, [0.08, 0.11], [4, 6]), abs=0.3)


def test_a_main_road_counts_more_than_a_lane(street):
    on_main, in_lane = _index(street, {"AB": 0.1, "BK": 1.0}), _index(street, {"AB": 1.0, "BK": 0.1})
    longer = street.town.length_m("AB") / street.town.length_m("BK")
    assert on_main.severe_share[0] == pytest.approx(2 * longer * in_lane.severe_share[0], rel=0.01)


def test_index_of_nothing_known_is_no_number(street):
    index = performance_index(street.at(), street.town.roads, LEVELS, np.array([0, 1], np.int32), np.array([0, 2]))
    assert np.isnan(index.value[0])
    assert index.known_share[0] == 0.0


def test_many_sets_at_once_are_each_alone(street):
    estimate = street.at()
    estimate.kmh[:] = estimate.free_flow_kmh * np.linspace(0.1, 1.0, len(estimate.kmh), dtype=np.float32)
    edges = np.arange(len(estimate.kmh), dtype=np.int32)
    both = performance_index(estimate, street.town.roads, LEVELS, edges, np.array([0, 6, 6, len(edges)]))
    for number, part in enumerate((edges[:6], edges[6:6], edges[6:])):
        alone = performance_index(estimate, street.town.roads, LEVELS, part, np.array([0, len(part)]))
        np.testing.assert_allclose(both.value[number], alone.value[0], equal_nan=True)


def test_counts_of_vehicles_replace_the_volume_of_the_class(street):
    edges = np.array([street.edge("AB"), street.edge("BC")], np.int32)
    estimate = street.at()
    estimate.kmh[edges] = estimate.free_flow_kmh[edges] * np.array([0.1, 1.0], np.float32)
    vkt = np.ones(len(estimate.kmh))
    vkt[edges[0]] = 9.0
    index = performance_index(estimate, street.town.roads, LEVELS, edges, np.array([0, 2]), vkt)
    assert index.severe_share[0] == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("slow = 0.667", "slow = 0.1", "slow > congested"),
        ('"motorway", ', '"motorweg", ', "motorweg"),
        ('"primary", ', '"primary", "motorway", ', "already"),
        ("share = [0.0, 0.04", "share = [0.0, 0.3", "ascending"),
        ("volume = 8", "", "volume"),
        ("[index]", "[index", "levels"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path, old, new, word):
    import importlib.resources

    shipped = (importlib.resources.files("location_cloud.data") / "traffic/levels.toml").read_text("utf-8")
    file = tmp_path / "levels.toml"
    file.write_text(shipped.replace(old, new, 1), "utf-8")
    with pytest.raises(BadInput, match=word):
        load_levels(file)
