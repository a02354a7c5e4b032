"""Named systems at the edge, and projected metres."""

import itertools

import numpy as np
import pytest

from location_cloud.spatial.crs import CRS_NAMES, as_wgs84, from_wgs84, parse_crs, project, transform, unproject
from location_cloud.spatial.errors import BadCoordinate, BadCrs

DAQING = (125.1031, 46.5893)


def test_cgcs2000_and_wgs84_are_the_same_here():
    assert transform(DAQING, "wgs84", "cgcs2000")[0].tolist() == list(DAQING)
    assert transform(DAQING, "cgcs2000", "gcj02").tolist() == from_wgs84(DAQING, "gcj02").tolist()


@pytest.mark.parametrize(("source", "target"), list(itertools.product(CRS_NAMES, CRS_NAMES)))
def test_every_pair_of_systems_leads_there_and_back(source, target):
    start = from_wgs84(DAQING, source)
    assert transform(transform(start, source, target), target, source) == pytest.approx(start, abs=1e-11)


def test_name_is_read_in_any_case():
    assert parse_crs("GCJ02") == "gcj02"


def test_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(BadCrs, match="wgs84, cgcs2000, gcj02, bd09"):
        parse_crs("wgs72")
    with pytest.raises(BadCrs, match="is not known"):
        as_wgs84(DAQING, "mars")  # type: ignore[arg-type]
    with pytest.raises(BadCrs, match="is not known"):
        from_wgs84(DAQING, "mars")  # type: ignore[arg-type]


def test_daqing_in_three_degree_zone_42_is_east_then_north():
    assert project(DAQING, 4530)[0] == pytest.approx((42_431_264.5825, 5_161_981.6242), abs=1e-3)


def test_projecting_there_and_back_ends_within_a_millimetre():
    rng = np.random.default_rng(0)
    points = np.column_stack([rng.uniform(124, 126, 1000), rng.uniform(45, 48, 1000)])
    assert unproject(project(points)) == pytest.approx(points, abs=1e-8)


def test_unknown_epsg_is_refused():
    with pytest.raises(BadCrs, match="epsg=999999"):
        project(DAQING, 999_999)


def test_point_that_the_projection_cannot_show_is_refused():
    with pytest.raises(BadCoordinate, match="EPSG:4530"):
        project((-144.0, 0.0), 4530)
