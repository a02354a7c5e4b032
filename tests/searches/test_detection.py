"""Coverage, probability of detection, sweep width."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.errors import BadQuery
from location_cloud.searches.detection import coverage, coverage_for, pod, sweep_width_m

COVERAGES = [0.25, 0.5, 1.0, 1.5, 2.0]


@pytest.mark.parametrize(
    ("detection", "wanted"),
    [
        ("random", [0.2212, 0.3935, 0.6321, 0.7769, 0.8647]),
        ("inverse_cube", [0.2460, 0.4691, 0.7899, 0.9399, 0.9878]),
        ("ideal", [0.25, 0.5, 1.0, 1.0, 1.0]),
    ],
)
def test_pod_of_a_coverage_is_that_of_the_published_table(detection, wanted):
    assert pod(COVERAGES, detection) == pytest.approx(wanted, abs=5e-5)


def test_coverage_is_the_area_swept_over_the_area():
    assert coverage(50, 1.25, 3600, 450_000) == pytest.approx(0.5)


def test_coverage_for_a_pod_gives_that_pod():
    assert pod(coverage_for([0.0, 0.5, 0.95])) == pytest.approx([0.0, 0.5, 0.95])


def test_sweep_width_is_a_multiple_of_the_detection_range_by_visibility():
    assert [float(sweep_width_m(100, each)) for each in ("high", "medium", "low")] == pytest.approx([180, 160, 110])


@pytest.mark.parametrize(
    "question",
    [
        lambda: coverage(50, 1, 3600, 0),
        lambda: coverage(-50, 1, 3600, 1),
        lambda: pod(-0.1),
        lambda: pod(np.nan),
        lambda: pod(1, "hopeful"),
        lambda: coverage_for(1.0),
        lambda: sweep_width_m(100, "invisible"),
        lambda: sweep_width_m(-1, "high"),
    ],
)
def test_values_out_of_range_are_refused(question):
    with pytest.raises(BadQuery):
        question()
