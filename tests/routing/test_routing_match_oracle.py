"""Small random towns: the cheapest chain that matching finds costs what the slow matcher's does."""

from dataclasses import replace
from itertools import pairwise

import pytest

from routing.match import match_tracks
from routing.match_model import MatchModel
from tests.routing.match_oracle import Fix
from tests.routing.match_random_town import RandomTown, as_columns

SEEDS = range(60)

EVERYTHING = {"beam": 1e6, "detour": 1e6}
"""Nothing is given up."""


def drawn(seed: int) -> tuple[RandomTown, list[Fix], MatchModel]:
    town = RandomTown(seed)
    seconds, noise_m = town.random.choice([2.0, 5.0, 12.0, 30.0]), town.random.choice([2.0, 5.0, 12.0])
    model = replace(MatchModel(), thin_sigma=town.random.choice([0.0, 0.0, 6.0]))
    fixes: list[Fix] = []
    while len(fixes) < 4:
        fixes, seconds = town.drive(10, seconds, noise_m), max(seconds / 2, 1.0)
    return town, fixes, model


@pytest.mark.parametrize("seed", SEEDS)
def test_the_cheapest_chain_is_found(seed: int) -> None:
    town, fixes, model = drawn(seed)
    model = replace(model, **EVERYTHING)
    found, expected = town.engine(fixes, model), town.oracle(model).find(fixes)
    assert (found is None) == (expected is None), str(town)
    if found and expected:
        assert found.cost == pytest.approx(expected.cost, abs=0.02), str(town)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_found_costs_what_it_is_told_to_and_breaks_no_rule(seed: int) -> None:
    town, fixes, model = drawn(seed)
    model = replace(model, **EVERYTHING)
    found = town.engine(fixes, model)
    told = found and town.oracle(model).cost_of(found.ways, fixes)
    assert (found and found.cost) == pytest.approx(told, abs=0.02), str(town)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_driven_is_the_chain(seed: int) -> None:
    town, fixes, model = drawn(seed)
    lonlat, time_s, sigma, heading, speed = as_columns(fixes)
    found = match_tracks(town.network, [0, len(fixes)], lonlat, time_s, sigma, heading, speed, model).traversals
    chain = town.engine(fixes, model)
    if chain:
        edges = [chain.ways[0][0], *(edge for way in chain.ways for edge in way[1:])]
        trimmed = "".join(f" {edge}" for edge in edges)
        assert "".join(f" {edge}" for edge in found.edge.tolist()) in trimmed, str(town)
    for one, other in pairwise(range(len(found))):
        if found.part[one] == found.part[other] and found.to_fraction[one] == 1.0 and found.from_fraction[other] == 0.0:
            assert town.edges[found.edge[one]][1] == town.edges[found.edge[other]][0], str(town)


def test_beams_and_bounds_hardly_ever_lose_the_cheapest_chain() -> None:
    """What is given up for speed: nothing on these towns but where all ways are long detours."""
    lost = []
    for seed in SEEDS:
        town, fixes, model = drawn(seed)
        found, expected = town.engine(fixes, model), town.oracle(model).find(fixes)
        if expected and (found is None or found.cost > expected.cost + 0.02):
            lost.append(seed)
    assert len(lost) <= len(SEEDS) / 10, lost
