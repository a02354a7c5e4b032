"""Where a caller is, on a drawn town: every kind of question, and several together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely

from location_cloud.callers.model import Arrival, Said, Sector
from location_cloud.callers.plane import Plane
from location_cloud.callers.service import locate
from location_cloud.errors import BadQuery, Denied, TooLarge, Unprocessable
from location_cloud.spatial.measure import distance_m
from tests.callers.aml_vectors import SIGNED, SMS_HEX, V1, V2
from tests.callers.simulated_fixes import simulate

HOUSE = (125.0110, 46.5003)


def arrivals(late_m=0.0):
    one = simulate(np.random.default_rng(8), late_m=late_m)
    plane = Plane(HOUSE)
    sites = plane.to_lonlat(one.sites_m).tolist()
    towers = zip(sites, one.times_ns, one.sigma_ns.tolist(), strict=True)
    return tuple(Arrival(tuple(site), time, sigma) for site, time, sigma in towers), plane.to_lonlat(one.phone_m)[0]


def test_a_fix_gets_its_ellipse_area_and_address(drawn_town):
    found = locate(drawn_town, Said(point=HOUSE, accuracy_m=30))
    assert (found.position, found.method) == (HOUSE, "point")
    assert found.ellipse.semi_major_m == pytest.approx(48.64, abs=0.02)
    assert shapely.geometry.shape(found.area).contains(shapely.Point(HOUSE))
    assert "297号" in found.address["words"]


def test_a_message_of_each_kind_is_placed(drawn_town):
    found = locate(drawn_town, Said(aml=V1))
    assert (found.position, found.phone.imsi) == ((-2.36619, 48.82639), "208201771948415")
    found = locate(drawn_town, Said(aml=V2))
    assert found.height.altitude_m == -100.1
    assert locate(drawn_town, Said(aml_sms_hex=SMS_HEX)).position == (-122.08461, 37.42175)
    found = locate(drawn_town, Said(aml_form=SIGNED))
    assert (found.position, found.phone.number, found.warnings) == ((-4.26325, 0.85732), "+33611223344", ())


@pytest.mark.parametrize(
    ("after_min", "told"),
    [
        (4, ()),
        (12, ("the phone was there 12 minutes ago, at 2019-11-12 11:29:28 UTC",)),
        (-3, ("the phone's clock is 3 minutes ahead",)),
    ],
)
def test_an_old_position_is_told_as_old(drawn_town, after_min, told):
    now = datetime(2019, 11, 12, 11, 29, 28, tzinfo=UTC) + timedelta(minutes=after_min)
    assert locate(drawn_town, Said(aml=V1), now=now).warnings == told


def test_a_form_with_a_wrong_code_is_refused_and_without_one_doubted(drawn_town):
    with pytest.raises(Denied):
        locate(drawn_town, Said(aml_form=SIGNED.replace("10.4", "10.5")))
    assert "not proven" in locate(drawn_town, Said(aml_form=SIGNED.split("&hmac")[0])).warnings[0]


def test_arrivals_are_placed_on_the_globe(drawn_town):
    towers, phone = arrivals()
    found = locate(drawn_town, Said(tdoa=towers))
    assert distance_m(found.position, phone)[0] < 100
    assert found.method == "tdoa"


def test_a_message_and_the_cell_are_joined(drawn_town):
    message = f'A"ML=1;lt={HOUSE[1]};lg={HOUSE[0]};rd=500;lc=95;pm=C;ml=60'
    cell = Sector((HOUSE[0] + 0.0105, HOUSE[1]), 270, 65, 10, "lte")
    found = locate(drawn_town, Said(aml=message, sector=cell))
    assert found.method == "sector+aml"
    assert found.ellipse.semi_minor_m < 120


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("书香小区3号楼2单元(501),现有小偷", (125.0160, 46.5030)),
        ("大庆至哈尔滨的公交车有小偷，现行驶在绥满高速248公里处", (125.0010, 46.6000)),
        ("甲地至乙地的公交车有小偷，现行驶在龙凤加油站附近", (125.0100, 46.5200)),
        ("我在万达广场附近被人跟踪", (125.0130, 46.5006)),
        ("G10绥满高速K248+500有车祸", (125.0075, 46.6000)),
        ("喂我在团结大街297号这边有人受伤了快来", HOUSE),
    ],
)
def test_the_words_of_an_sms_are_placed(drawn_town, text, near):
    found = locate(drawn_town, Said(sms=text))
    assert distance_m(found.position, near)[0] < 100, found.warnings
    assert found.sms["template"]


def test_words_that_nobody_understands_leave_the_other_sources(drawn_town):
    found = locate(drawn_town, Said(sms="救命啊啊啊", point=HOUSE, accuracy_m=30))
    assert (found.method, found.warnings[0][:4]) == ("point", "sms:")


@pytest.mark.parametrize("text", ["救命", "火", "有人打我", "他要杀我", "我不知道我在哪里"])
def test_a_cry_for_help_is_no_place(drawn_town, text):
    with pytest.raises(Unprocessable, match="nothing says a position; sms:"):
        locate(drawn_town, Said(sms=text))


@pytest.mark.parametrize("said", [Said(), Said(sms="救命啊啊啊"), Said(aml=V1.replace("48.8", "98.8"))])
def test_nothing_that_says_a_position_is_told_so(drawn_town, said):
    with pytest.raises(Unprocessable, match="nothing says a position"):
        locate(drawn_town, said)


def test_what_cannot_be_is_refused(drawn_town):
    with pytest.raises(BadQuery, match="apart"):
        locate(drawn_town, Said(tdoa=tuple(Arrival((lon, 46.6), 0, 100) for lon in (125, 126, 135))))
    with pytest.raises(TooLarge):
        locate(drawn_town, Said(tdoa=(Arrival(HOUSE, 0, 100),) * 33))
    with pytest.raises(Unprocessable, match="km"):
        locate(drawn_town, Said(point=HOUSE, accuracy_m=2e6))


@pytest.mark.parametrize("at", [(179.999, 46.5), (-179.999, -20.0), (10.0, 89.999), (10.0, -89.999)])
def test_the_ends_of_the_globe_have_areas_too(drawn_town, at):
    found = locate(drawn_town, Said(point=at, accuracy_m=5000))
    shape = shapely.geometry.shape(found.area)
    assert shape.is_valid
    west, south, east, north = shape.bounds
    assert -180 <= west <= east <= 180
    assert -90 <= south <= north <= 90
