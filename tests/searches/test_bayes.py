"""What a search without a find leaves."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.searches.bayes import (
    after_search,
    begin,
    by_state,
    moved,
    probability,
    responsive_share,
    success,
    with_clue,
)

TINY = 1e-300


def test_half_and_half_becomes_a_third_and_two_thirds():
    p, _ = probability(after_search(begin([0.5, 0.5], TINY), [0.5, 0.0]))
    assert p == pytest.approx([1 / 3, 2 / 3], abs=1e-15)


def test_the_rest_of_the_world_grows_as_unsearched_ground_does():
    p, rest = probability(after_search(begin([0.5, 0.5], 0.2), [0.5, 0.0]))
    assert [*p, rest] == pytest.approx([0.25, 0.5, 0.25])


def test_all_still_adds_up_to_one_after_a_thousand_updates():
    random = np.random.default_rng(1)
    belief = begin(random.random(500), 0.05)
    for _ in range(1000):
        belief = after_search(belief, coverage=random.exponential(0.5, 500))
    p, rest = probability(belief)
    assert abs(p.sum() + rest - 1) < 1e-12


def test_the_order_of_searches_does_not_matter():
    first, second = [0.9, 0.1, 0.0], [0.2, 0.5, 0.3]
    belief = begin([1, 2, 3], 0.1)
    one = probability(after_search(after_search(belief, first), second))
    other = probability(after_search(after_search(belief, second), first))
    assert one[0] == pytest.approx(other[0], abs=1e-15)


def test_a_coverage_counts_as_the_pod_of_a_random_search():
    belief = begin([1, 2], 0.1)
    by_coverage, by_pod = after_search(belief, coverage=[1.0, 0.0]), after_search(belief, [-np.expm1(-1.0), 0.0])
    assert probability(by_coverage)[0] == pytest.approx(probability(by_pod)[0], abs=1e-15)


def test_only_the_cells_named_are_searched():
    belief = begin([1, 1, 2], 0.1)
    assert probability(after_search(belief, [0.5], cells=[1]))[0] == pytest.approx(
        probability(after_search(belief, [0, 0.5, 0]))[0]
    )


def test_calling_without_an_answer_makes_a_subject_who_cannot_answer_likelier():
    belief = after_search(begin([1, 1], 0.1, responsive=0.7), [0.9, 0.9], pod_unresponsive=[0.2, 0.2])
    assert responsive_share(belief) == pytest.approx((0.7 * (0.9 * 0.1 + 0.1)) / (0.7 * 0.19 + 0.3 * (0.9 * 0.8 + 0.1)))
    p, rest = by_state(belief)
    assert p.sum() + rest.sum() == pytest.approx(1, abs=1e-15)


def test_one_pod_may_count_for_all_cells():
    belief = begin([1, 1], 0.1, responsive=0.5)
    one, each = (
        after_search(belief, 0.5, pod_unresponsive=[0.2, 0.2]),
        after_search(belief, [0.5, 0.5], pod_unresponsive=0.2),
    )
    assert probability(one)[0] == pytest.approx(probability(each)[0])


def test_success_is_what_the_update_then_takes_away():
    belief = begin([0.6, 0.4], 0.1, responsive=0.5)
    assert success(belief, [0.8, 0.0], [0.4, 0.0]) == pytest.approx(0.9 * 0.6 * 0.6)


def test_a_clue_moves_mass_by_its_likelihood_ratio():
    p, rest = probability(with_clue(begin([0.5, 0.5], 0.2), [4.0, 1.0]))
    assert [p[0] / p[1], p[1] / rest] == pytest.approx([4.0, 2.0])


def test_a_move_keeps_what_left_the_area_in_the_rest_of_the_world():
    p, rest = probability(moved(begin([0.5, 0.5], 0.2), [[0.1, 0.5]], left=0.2))
    assert [*p, rest] == pytest.approx([0.1, 0.5, 0.4])


def test_a_search_that_leaves_no_place_for_the_subject_is_refused():
    belief = with_clue(begin([1, 0], 0.5), [1, 1], rest=0.0)
    with pytest.raises(Unprocessable, match="nowhere"):
        after_search(belief, [1.0, 0.0])


BELIEF = begin([1, 1], 0.1)


@pytest.mark.parametrize(
    "question",
    [
        lambda: begin([0, 0], 0.1),
        lambda: begin([-1, 2], 0.1),
        lambda: begin([1, 1], 0.0),
        lambda: begin([1, 1], 0.1, responsive=1.0),
        lambda: after_search(BELIEF),
        lambda: after_search(BELIEF, [0.5, 1.5]),
        lambda: after_search(BELIEF, [0.5, 0.5, 0.5]),
        lambda: after_search(BELIEF, coverage=[-1, 0]),
        lambda: after_search(BELIEF, [0.5, 0.5], pod_unresponsive=[0.1, 0.1]),
        lambda: with_clue(BELIEF, [-1, 0]),
        lambda: moved(BELIEF, [[1, 1, 1]]),
        lambda: responsive_share(BELIEF),
    ],
)
def test_what_is_no_evidence_is_refused(question):
    with pytest.raises(BadQuery):
        question()
