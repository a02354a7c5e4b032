from __future__ import annotations

import random

import pytest

from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.roads.dataset import SECTION as ROADS
from tests.directions.plain import PlainOracle, broken_rules, compare, reweighed

PROFILES = ("car", "truck", "emergency", "bus", "bicycle", "foot", "wheelchair")
SIZES = {"monaco": (1, 60), "lauf": (2, 60), "krems": (3, 60), "maribor": (1, 60), "heidelberg": (1, 60)}
"""Starts and ends of each; benchmarks/exact.py asks 10,000 pairs."""

CASES = [(city, profile) for city in ("monaco", "lauf", "krems") for profile in PROFILES]
CASES += [("maribor", "car"), ("maribor", "foot"), ("heidelberg", "car"), ("heidelberg", "emergency")]


@pytest.mark.parametrize(("city", "profile"), CASES)
def test_random_drives_are_legal_and_cost_exactly_what_the_oracle_says(city, profile, road_worlds):
    world = road_worlds.of_city(city)
    network = world.section(DIRECTIONS).networks[profile]
    found, _ = compare(world, network, random.Random(7), *SIZES[city])
    assert found > 0


@pytest.mark.parametrize("profile", ["car", "emergency", "bicycle"])
def test_so_they_are_after_every_road_was_weighed_anew(profile, road_worlds):
    world = road_worlds.of_city("lauf")
    network = reweighed(world, world.section(DIRECTIONS).networks[profile], 11)
    found, _ = compare(world, network, random.Random(8), 3, 40)
    assert found > 0


@pytest.mark.parametrize("profile", ["car", "truck", "emergency", "bus"])
@pytest.mark.parametrize("city", ["monaco", "lauf", "krems", "helsinki"])
def test_every_turn_rule_and_barrier_is_obeyed_by_the_drive_that_would_break_it(city, profile, road_worlds):
    world = road_worlds.of_city(city)
    directions = world.section(DIRECTIONS)
    network = directions.networks[profile]
    oracle = PlainOracle(world.section(ROADS), directions.profiles[profile], network)
    tried, broken = broken_rules(world, network, oracle)
    assert broken == []
    assert tried > 0
