"""How good a map was."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import grid_around
from location_cloud.searches.mapscore import map_score
from location_cloud.searches.rings import fit_ring, ring_map


@pytest.mark.parametrize(
    ("found", "score"), [(0, (0.5 - 0.5 / 4) / 0.5), (1, (0.5 - 2 / 4) / 0.5), (3, (0.5 - 3.5 / 4) / 0.5)]
)
def test_the_score_falls_with_the_cells_that_are_denser(found, score):
    assert map_score([0.4, 0.2, 0.2, 0.1], found) == pytest.approx(score)


def test_a_map_that_says_nothing_scores_nothing():
    assert map_score(np.ones((10, 10)), 42) == 0


def test_a_ring_map_scores_on_its_own_points_what_a_pure_ring_can():
    grid = grid_around((0, 0), 10_000, 50)
    p = ring_map(grid, (0, 0), fit_ring([25, 50, 75, 95], [1100, 3100, 5800, 18300]))
    finds = np.random.default_rng(1).choice(grid.size, 400, p=p.ravel() / p.sum())
    assert 0.6 < np.mean([map_score(p, each) for each in finds]) < 0.9


def test_a_find_off_the_map_is_refused():
    with pytest.raises(BadQuery):
        map_score([1, 2], 2)
