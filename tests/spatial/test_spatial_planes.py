"""UTM, MGRS, UPS and Gauss-Kruger against PROJ, and against vectors of the packages `mgrs` (GeoTrans) and `utm`."""

from pathlib import Path

import numpy as np
import pytest
from pyproj import Transformer

from location_cloud.spatial.errors import BadCode, BadCoordinate
from location_cloud.spatial.gauss_kruger import gauss_kruger_from_lonlat, lonlat_from_gauss_kruger
from location_cloud.spatial.measure import distance_m
from location_cloud.spatial.mgrs import mgrs_from_lonlat, parse_mgrs
from location_cloud.spatial.ups import UPS
from location_cloud.spatial.utm import lonlat_from_utm, utm_from_lonlat, utm_zone

DAQING = (125.10307, 46.58758)
VECTORS = [
    line.split(",")
    for line in (Path(__file__).parent / "mgrs_utm.csv").read_text("ascii").splitlines()
    if not line.startswith("#")
]


def test_utm_and_mgrs_of_daqing_equal_two_libraries():
    assert utm_from_lonlat(DAQING) == (
        51,
        "T",
        pytest.approx(661111.28, abs=0.005),
        pytest.approx(5161483.42, abs=0.005),
    )
    assert mgrs_from_lonlat(DAQING) == "51TXM6111161483"


def test_utm_equals_the_library_s():
    for lat, lon, _code, zone, band, east, north in VECTORS:
        if zone:
            wanted = (int(zone), band, pytest.approx(float(east), abs=0.02), pytest.approx(float(north), abs=0.02))
            assert utm_from_lonlat((float(lon), float(lat))) == wanted


def test_mgrs_equals_the_library_s_at_the_poles_too():
    assert [row[2] for row in VECTORS if mgrs_from_lonlat((float(row[1]), float(row[0]))) != row[2]] == []


@pytest.mark.parametrize(
    ("epsg", "lonlat"),
    [(32651, (125.1, 46.6)), (32601, (-177.5, 83.9)), (32760, (179.2, -79.9)), (32631, (0.5, 0.001))],
)
def test_utm_equals_proj(epsg, lonlat):
    wanted = Transformer.from_crs(4326, epsg, always_xy=True).transform(*lonlat)
    assert utm_from_lonlat(lonlat)[2:] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(("epsg", "lonlat"), [(5041, (33.0, 88.3)), (5042, (-100.0, -84.2))])
def test_polar_plane_equals_proj(epsg, lonlat):
    wanted = Transformer.from_crs(4326, epsg, always_xy=True).transform(*lonlat)
    assert UPS[lonlat[1] < 0].project(lonlat) == pytest.approx(wanted, abs=1e-4)
    assert UPS[lonlat[1] < 0].unproject(wanted) == pytest.approx(lonlat, abs=1e-9)


@pytest.mark.parametrize(
    ("epsg", "width", "lon"), [(4530, 3, 125.1), (4528, 3, 119.2), (4511, 6, 131.9), (4499, 6, 125.1)]
)
def test_gauss_kruger_equals_proj(epsg, width, lon):
    if epsg == 4511:
        epsg = 4500
    wanted = Transformer.from_crs(4490, epsg, always_xy=True).transform(lon, 46.6)
    found = gauss_kruger_from_lonlat((lon, 46.6), width)
    assert found == pytest.approx(wanted, abs=1e-4)
    assert lonlat_from_gauss_kruger(*found) == pytest.approx((lon, 46.6), abs=1e-9)


@pytest.mark.parametrize(
    ("lonlat", "zone"),
    [
        ((5.3, 60.4), (32, "V")),
        ((2.9, 60.4), (31, "V")),
        ((15.6, 78.2), (33, "X")),
        ((8.9, 78.2), (31, "X")),
        ((180.0, 0.0), (1, "N")),
    ],
)
def test_norway_and_svalbard_have_wider_zones(lonlat, zone):
    assert utm_zone(lonlat) == zone


def test_utm_there_and_back_stays_within_a_micrometre():
    random = np.random.default_rng(4)
    for lon, lat in zip(random.uniform(-180, 180, 400), random.uniform(-80, 84, 400)):
        zone, band, east, north = utm_from_lonlat((lon, lat))
        assert distance_m(lonlat_from_utm(zone, band < "N", east, north), (lon, lat))[0] < 1e-6


@pytest.mark.parametrize("digits", range(6))
def test_mgrs_square_holds_the_point_it_was_made_of(digits):
    random = np.random.default_rng(digits)
    for lon, lat in zip(random.uniform(-180, 180, 100), random.uniform(-90, 90, 100)):
        square = parse_mgrs(mgrs_from_lonlat((lon, lat), digits))
        assert square.size_m == 10 ** (5 - digits)
        assert distance_m(square.centre, (lon, lat))[0] <= square.size_m * 0.72


@pytest.mark.parametrize("text", ["51T XM 61111 61483", "51txm6111161483", "51TXM 6111161483", "51 T XM 6111161483"])
def test_mgrs_is_read_with_spaces_and_small_letters(text):
    assert parse_mgrs(text).centre == pytest.approx(DAQING, abs=1e-5)


@pytest.mark.parametrize(
    "text", ["61TXM1111", "51IXM1111", "51TAM1111", "51TXW1111", "51TXM111", "51TXM111111111111", "XX", "51CXM1111"]
)
def test_what_is_no_mgrs_reference_is_refused(text):
    with pytest.raises(BadCode):
        parse_mgrs(text)


@pytest.mark.parametrize(("zone", "east", "north"), [(0, 5e5, 5e6), (61, 5e5, 5e6), (51, 2e6, 5e6), (51, 5e5, 2e7)])
def test_what_lies_in_no_zone_is_refused(zone, east, north):
    with pytest.raises(BadCoordinate):
        lonlat_from_utm(zone, False, east, north)


def test_gauss_kruger_ends_with_china():
    with pytest.raises(BadCoordinate, match="3-degree"):
        gauss_kruger_from_lonlat((24.9, 60.1))
