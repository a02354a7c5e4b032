"""Heights of points and along lines."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from imagery_scenes import DAQING, SHARED, ramp, rasterio, write_tiff

from location_cloud.imagery import service_elevation

HGT = SHARED / "imagery" / "gh_N49E011.hgt.zip"

REQUEST = {"type": "Feature", "properties": {}}


def height(lon: float) -> float:
    """Of the drawn ramp, whose outermost pixels have their middles half a pixel inside."""
    return float(np.interp(lon, np.linspace(125.0005, 125.1995, 200), np.linspace(100, 300, 200)))


@pytest.mark.parametrize("lon", [125.01, 125.0777, 125.1, 125.19])
def test_a_point_has_the_height_between_its_neighbours(get, lon):
    (point,) = get(f"/v1/elevation?points={lon},46.55")["points"]
    assert point["elevation_m"] == pytest.approx(height(lon), abs=0.1)
    assert (point["set"], point["location"]) == ("heights", [lon, 46.55])


def test_points_answer_in_their_order_and_outside_is_null(get):
    points = get("/v1/elevation?points=125.15,46.55;0,0;125.05,46.55")["points"]
    assert [point["elevation_m"] is None for point in points] == [False, True, False]
    assert points[0]["elevation_m"] > points[2]["elevation_m"]


def test_the_poles_are_outside(get):
    points = get("/v1/elevation?points=0,90;0,-90;180,85.06")["points"]
    assert [point["elevation_m"] for point in points] == [None, None, None]


def test_a_point_in_gcj02_has_the_same_height(get):
    plain = get("/v1/elevation?points=125.1,46.55")["points"][0]
    shifted = get("/v1/elevation?points=125.10705,46.55211&crs=gcj02")["points"][0]
    assert shifted["elevation_m"] == pytest.approx(plain["elevation_m"], abs=0.3)


def test_a_profile_goes_up_the_ramp_in_equal_steps(get):
    answer = get("/v1/elevation?line=125.02,46.55;125.18,46.55&step_m=500")
    distances = [point["distance_m"] for point in answer["points"]]
    assert np.diff(distances) == pytest.approx(answer["profile"]["length_m"] / (len(distances) - 1), abs=0.02)
    assert np.diff(distances).max() <= 500
    assert (np.diff([point["elevation_m"] for point in answer["points"]]) > 0).all()
    rise = height(125.18) - height(125.02)
    assert answer["profile"]["ascent_m"] == pytest.approx(rise, abs=0.2)
    assert answer["profile"]["descent_m"] == 0


def test_a_line_keeps_its_corners(get):
    points = get("/v1/elevation?line=125.02,46.52;125.1,46.58;125.18,46.52&step_m=100000")["points"]
    assert [point["location"] for point in points] == [[125.02, 46.52], [125.1, 46.58], [125.18, 46.52]]


@pytest.mark.parametrize(
    ("geometry", "count"),
    [
        ({"type": "Point", "coordinates": [125.1, 46.55]}, 1),
        ({"type": "MultiPoint", "coordinates": [[125.1, 46.55], [125.2, 46.55]]}, 2),
        ({"type": "LineString", "coordinates": [[125.1, 46.55], [125.15, 46.55]]}, 201),
    ],
)
def test_features_are_answered_like_addresses(client, geometry, count):
    answer = client.post("/v1/elevation", json={**REQUEST, "geometry": geometry})
    assert len(answer.get_json()["points"]) == count


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("points=125,46&line=125,46;126,46", 400),
        ("points=nan,46", 400),
        ("points=125", 400),
        ("points=125,46&step_m=10", 400),
        ("line=125,46", 400),
        ("line=125,46;125,46", 400),
        ("line=125,46;126,46&step_m=0", 400),
        ("line=125,46;126,46&step_m=nan", 400),
        ("line=125,46;126,46&step_m=0.1", 413),
        ("points=125,46&set=photo", 400),
        ("points=125,46&set=none", 404),
    ],
)
def test_what_cannot_be_asked(client, query, status):
    answer = client.get(f"/v1/elevation?{query}")
    assert answer.status_code == status
    assert answer.get_json()["hint"]


@pytest.mark.parametrize(
    "geometry", [{"type": "Polygon", "coordinates": []}, {"type": "LineString", "coordinates": [[1, 2]]}]
)
def test_other_geometries_are_refused(client, geometry):
    assert client.post("/v1/elevation", json={**REQUEST, "geometry": geometry}).status_code == 400


def test_no_heights_at_all_are_404_with_the_command_that_adds_them(empty_app):
    answer = empty_app.test_client().get("/v1/elevation?points=125,46")
    assert answer.status_code == 404
    assert "location-cloud import" in answer.get_json()["hint"]


def test_a_void_is_filled_from_the_next_scene_or_null(imagery, tmp_path):
    holed = ramp()
    holed[:, 40:60, 80:120] = -9999
    imagery.add(write_tiff(tmp_path / "fine.tif", holed, nodata=-9999), set="fine", kind="elevation")
    (found,) = service_elevation.find_heights(imagery.live, "t", imagery.home, np.array([[125.1, 46.55]])).metres
    assert np.isnan(found)
    coarse = np.full((1, 20, 40), 77, np.float32)
    imagery.add(write_tiff(tmp_path / "coarse.tif", coarse), set="coarse", kind="elevation")
    points = np.array([[125.1, 46.55], [125.02, 46.55]])
    heights = service_elevation.find_heights(imagery.live, "t", imagery.home, points)
    assert heights.metres[0] == 77
    assert [source.set for source in heights.sources] == ["coarse", "fine"]


def test_heights_in_decimetres_are_told_in_metres(imagery, tmp_path):
    path = write_tiff(tmp_path / "dem.tif", np.full((1, 20, 40), 1234, np.int16))
    with rasterio.open(path, "r+") as file:
        file.scales = (0.1,)
    imagery.add(path, set="dm")
    (found,) = service_elevation.find_heights(imagery.live, "t", imagery.home, np.array([[125.1, 46.55]])).metres
    assert found == pytest.approx(123.4, abs=0.02)


@pytest.mark.skipif(not HGT.exists(), reason="needs the SRTM tile of the shared data")
def test_srtm_heights_are_those_of_the_posts(imagery):
    imagery.add(HGT, set="srtm")
    with zipfile.ZipFile(HGT) as archive:
        posts = np.frombuffer(archive.read("N49E011.hgt"), ">i2").reshape(1201, 1201)
    rng = np.random.default_rng(5)
    rows, columns = rng.integers(1, 1200, 500), rng.integers(1, 1200, 500)
    lonlat = np.column_stack([11 + columns / 1200, 50 - rows / 1200])
    found = service_elevation.find_heights(imagery.live, "t", imagery.home, lonlat).metres
    errors = np.abs(found - posts[rows, columns])
    assert np.median(errors) < 1
    assert np.percentile(errors, 95) < 3


def test_daqing_is_where_the_ramp_was_drawn(get):
    assert get("/imagery/heights/info")["bounds"] == pytest.approx(DAQING, abs=1e-6)
