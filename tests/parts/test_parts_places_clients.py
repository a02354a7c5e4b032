"""The clients of other geocoders, unmodified, work against the served product as against their own servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas
import googlemaps
import osmnx
import pytest
from geopandas.tools import geocode
from geopy.exc import GeocoderAuthenticationFailure, GeocoderQueryError, GeocoderServiceError
from geopy.geocoders import BaiduV3, GoogleV3, Nominatim, Pelias, Photon
from googlemaps.exceptions import ApiError

from location_cloud.access.service import issue_key
from location_cloud.app import utc_now
from location_cloud.storage.live import open_live

pytestmark = pytest.mark.parts

HOUSE, AT_HOUSE = "Aleksanterinkatu 44, Helsinki", (60.1687974, 24.9459553)
DISTRICT, IN_DISTRICT = "让胡路区", (46.64142, 124.86283)
"""lat, lon, as all these clients write positions."""


@pytest.fixture(scope="module")
def host(served: str) -> str:
    return served.removeprefix("http://")


@pytest.fixture(scope="module")
def key(served: str, served_home: Any) -> str:
    """A key for clients that want one."""
    live = open_live("", served_home)
    try:
        return issue_key(live, "default", "clients", ("places:read",), utc_now())[1]
    finally:
        live.close()


# --- Nominatim -------------------------------------------------------------------------------------------------------


@pytest.fixture
def nominatim(host: str) -> Nominatim:
    return Nominatim(user_agent="test", domain=f"{host}/nominatim", scheme="http")


def test_geopy_nominatim_finds_a_house(nominatim):
    found = nominatim.geocode(HOUSE, addressdetails=True, namedetails=True, extratags=True)
    assert (found.latitude, found.longitude) == pytest.approx(AT_HOUSE, abs=1e-6)
    assert found.raw["address"]["house_number"] == "44"


def test_geopy_nominatim_finds_an_address_in_parts(nominatim):
    found = nominatim.geocode({"street": "44 Aleksanterinkatu", "city": "Helsinki"})
    assert (found.latitude, found.longitude) == pytest.approx(AT_HOUSE, abs=1e-6)


@pytest.mark.parametrize("form", ["geojson", "wkt", "svg", "kml"])
def test_geopy_nominatim_reads_outlines(nominatim, form):
    found = nominatim.geocode(
        DISTRICT, geometry=form, language="en", country_codes="cn", viewbox=[(45, 123), (48, 126)]
    )
    assert found.address == "Ranghulu, Daqing, Heilongjiang, China"


def test_geopy_nominatim_describes_a_position(nominatim):
    found = nominatim.reverse(AT_HOUSE, zoom=17)
    assert found.raw["address"]["road"] == "Aleksanterinkatu"
    assert nominatim.reverse((-40.0, 0.0)) is None


def test_geopy_nominatim_gets_nothing_for_nonsense(nominatim):
    assert nominatim.geocode("qqqqwwww zzzz") is None


@pytest.fixture
def at_nominatim(served: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """osmnx asks the product, and keeps nothing."""
    monkeypatch.setattr(osmnx.settings, "nominatim_url", f"{served}/nominatim")
    monkeypatch.setattr(osmnx.settings, "use_cache", False)
    monkeypatch.setattr(osmnx.settings, "http_accept_language", "zh-CN")
    return


@pytest.mark.usefixtures("at_nominatim")
def test_osmnx_geocodes():
    assert osmnx.geocode(HOUSE) == pytest.approx(AT_HOUSE, abs=1e-6)


@pytest.mark.usefixtures("at_nominatim")
def test_osmnx_gets_the_districts_of_daqing_as_polygons():
    names = ["让胡路区", "红岗区", "大庆市"]
    frame = osmnx.geocode_to_gdf(names)
    assert isinstance(frame, geopandas.GeoDataFrame)
    assert list(frame["name"]) == names
    assert set(frame.geom_type) <= {"Polygon", "MultiPolygon"}
    assert frame.geometry[2].buffer(1e-6).contains(frame.geometry[0])


@pytest.mark.usefixtures("at_nominatim")
def test_osmnx_gets_an_object_by_its_id():
    frame = osmnx.geocode_to_gdf("W25361147", by_osmid=True)
    assert frame["name"][0] == "Aleksanterinkatu"


def test_geopandas_geocodes_a_list(host):
    frame = geocode(
        [HOUSE, DISTRICT], provider="nominatim", user_agent="test", domain=f"{host}/nominatim", scheme="http"
    )
    assert [(point.y, point.x) for point in frame.geometry] == [
        pytest.approx(AT_HOUSE, abs=1e-6),
        pytest.approx(IN_DISTRICT, abs=1e-6),
    ]


# --- Photon, Pelias --------------------------------------------------------------------------------------------------


def test_geopy_photon_finds_and_describes(host):
    photon = Photon(domain=f"{host}/photon", scheme="http")
    found = photon.geocode("Aleksanterinkatu 44", location_bias=(60.17, 24.94), language="en")
    near = photon.reverse(AT_HOUSE, limit=3, exactly_one=False)
    assert (found.latitude, found.longitude) == pytest.approx(AT_HOUSE, abs=1e-6)
    assert len(near) == 3
    assert photon.geocode("Aleksanterinkatu", osm_tag="railway:tram_stop").raw["properties"]["osm_value"] == "tram_stop"


def test_geopy_pelias_finds_and_describes(host, key):
    pelias = Pelias(f"{host}/pelias", api_key=key, scheme="http")
    found = pelias.geocode("Aleksanterinkatu 44", boundary_rect=[(60.1, 24.9), (60.2, 25.0)])
    assert (found.latitude, found.longitude) == pytest.approx(AT_HOUSE, abs=1e-6)
    assert pelias.reverse(AT_HOUSE).raw["properties"]["distance"] < 0.05


def test_geopy_pelias_tells_an_unknown_key(host):
    with pytest.raises(GeocoderAuthenticationFailure):
        Pelias(f"{host}/pelias", api_key="unknown", scheme="http").geocode(HOUSE)


# --- Google ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def google(served: str, key: str) -> googlemaps.Client:
    return googlemaps.Client(key=f"AIza{key}", base_url=f"{served}/google")


def test_googlemaps_geocodes_with_components_and_bounds(google):
    bounds = {"northeast": (60.2, 25.0), "southwest": (60.1, 24.9)}
    (found,) = google.geocode("Aleksanterinkatu 44", bounds=bounds, language="fi", region="fi")
    assert tuple(found["geometry"]["location"].values()) == pytest.approx(AT_HOUSE, abs=1e-6)
    assert google.geocode(DISTRICT, components={"country": "FI"}) == []


def test_googlemaps_describes_a_position_and_a_place(google):
    results = google.reverse_geocode(AT_HOUSE, result_type=["street_address", "route"])
    assert results[0]["types"] == ["street_address"]
    assert google.geocode(place_id=results[0]["place_id"])[0]["place_id"] == results[0]["place_id"]


def test_googlemaps_raises_its_own_errors(served, google):
    with pytest.raises(ApiError, match="INVALID_REQUEST"):
        google.geocode()
    with pytest.raises(ApiError, match="REQUEST_DENIED"):
        googlemaps.Client(key="AIza-unknown", base_url=f"{served}/google").geocode(HOUSE)


def test_geopy_google_finds_and_describes(host, key):
    google = GoogleV3(api_key=key, domain=f"{host}/google", scheme="http")
    found = google.geocode("Aleksanterinkatu 44")
    assert (found.latitude, found.longitude) == pytest.approx(AT_HOUSE, abs=1e-6)
    assert google.reverse(AT_HOUSE).address.startswith("Aleksanterinkatu 44")
    with pytest.raises(GeocoderQueryError):
        GoogleV3(api_key="unknown", domain=f"{host}/google", scheme="http").geocode(HOUSE)


# --- Baidu -----------------------------------------------------------------------------------------------------------


def baidu(served: str, key: str) -> BaiduV3:
    """geopy's client knows but one server; its addresses are set."""
    client = BaiduV3(api_key=key)
    client.api, client.reverse_api = f"{served}/baidu/geocoding/v3/", f"{served}/baidu/reverse_geocoding/v3/"
    return client


def test_geopy_baidu_finds_and_describes(served, key):
    found = baidu(served, key).geocode("Aleksanterinkatu 44")
    assert (found.latitude, found.longitude) == pytest.approx(AT_HOUSE, abs=1e-6)
    assert "大庆市".encode() in baidu(served, key).reverse((46.602, 125.01)).address  # the client encodes it


def test_geopy_baidu_raises_its_own_errors(served, key):
    with pytest.raises(GeocoderAuthenticationFailure):
        baidu(served, "unknown").geocode(HOUSE)
    with pytest.raises(GeocoderServiceError):
        baidu(served, key).geocode("qqqqwwww")
