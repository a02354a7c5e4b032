"""Contour lines as lines."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from imagery_scenes import ramp, write_tiff

from location_cloud.errors import NotInstalled, TooLarge, Unprocessable
from location_cloud.imagery import installed, service_contours
from location_cloud.imagery.model_look import Look
from location_cloud.imagery.service import mercator
from location_cloud.imagery.service_contours import find_contours

ALL = "125.0,46.5,125.2,46.6"


@pytest.fixture
def hill(imagery, tmp_path):
    """A round hill of 100 m in the middle, with a void beside it."""
    y, x = np.mgrid[-50:50, -100:100]
    heights = np.maximum(100 - np.hypot(x, y), 0).astype(np.float32)[None]
    heights[:, 45:55, 140:150] = -9999
    imagery.add(write_tiff(tmp_path / "hill.tif", heights, nodata=-9999), set="hill", kind="elevation")
    return imagery.set("hill")


def traced(scenes, interval_m=10.0, box=(125.0, 46.5, 125.2, 46.6)):
    return find_contours(scenes, Look(interval_m=interval_m), mercator(box), 512)


def test_a_slope_has_a_line_at_each_height_where_it_lies(get):
    features = get(f"/imagery/heights/contours?bbox={ALL}&interval_m=50")["features"]
    assert [each["properties"] for each in features[:2]] == [
        {"elevation_m": 150, "is_index": False},
        {"elevation_m": 200, "is_index": False},
    ]
    (line,) = features[1]["geometry"]["coordinates"]
    assert [lon for lon, _ in line] == pytest.approx([125.1] * len(line), abs=0.002)
    assert (min(lat for _, lat in line), max(lat for _, lat in line)) == pytest.approx((46.5, 46.6), abs=0.002)


def test_lines_have_the_height_that_they_say(get):
    line = get(f"/imagery/heights/contours?bbox={ALL}&interval_m=70")["features"][0]
    lonlat = ";".join(f"{lon},{lat}" for lon, lat in line["geometry"]["coordinates"][0][1:-1:7])
    found = [point["elevation_m"] for point in get(f"/v1/elevation?points={lonlat}")["points"]]
    assert found == pytest.approx([line["properties"]["elevation_m"]] * len(found), abs=1.5)


def test_a_hill_has_closed_lines_with_the_top_on_their_right(hill):
    (top,) = [each for each in traced(hill) if each.elevation_m == 80]
    (line,) = top.lines
    assert (line[0] == line[-1]).all()
    assert not shapely.is_ccw(shapely.linearrings(line))


def test_lines_end_at_a_void(hill):
    (cut,) = [each for each in traced(hill) if each.elevation_m == 60]
    assert not (cut.lines[0][0] == cut.lines[0][-1]).all()


def test_too_many_lines_are_refused_before_they_are_traced(hill):
    with pytest.raises(TooLarge, match="the most is 100") as refused:
        traced(hill, 0.1)
    assert refused.value.hint == "interval_m=1 or more"


def test_too_many_points_are_refused(hill, monkeypatch):
    monkeypatch.setattr(service_contours, "MAX_POINTS", 50)
    with pytest.raises(TooLarge, match="points"):
        traced(hill)


def test_where_nothing_is_there_are_no_lines(hill):
    with pytest.raises(Unprocessable):
        traced(hill, box=(10.0, 10.0, 10.1, 10.1))


def test_without_the_library_it_is_said(hill, monkeypatch):
    def missing():
        raise NotInstalled("contour lines need contourpy", hint=installed.HINT)

    monkeypatch.setattr(installed, "contourpy", missing)
    with pytest.raises(NotInstalled):
        traced(hill)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/imagery/photo/contours?bbox={ALL}", 400),
        (f"/imagery/none/contours?bbox={ALL}", 404),
        ("/imagery/heights/contours?bbox=179,46,-179,47", 400),
        ("/imagery/heights/contours", 400),
        (f"/imagery/heights/contours?bbox={ALL}&interval_m=0", 400),
        (f"/imagery/heights/contours?bbox={ALL}&max_size=5000", 400),
    ],
)
def test_what_has_no_lines_is_refused(client, path, status):
    assert client.get(path).status_code == status


def test_lines_in_gcj02_are_shifted(get):
    plain, shifted = (
        get(f"/imagery/heights/contours?bbox={box}&interval_m=50{crs}")["features"][1]["geometry"]["coordinates"][0]
        for box, crs in ((ALL, ""), ("125.00705,46.50211,125.20705,46.60211", "&crs=gcj02"))
    )
    assert shifted[0][0] - plain[0][0] == pytest.approx(0.007, abs=0.001)


def test_a_set_that_is_flat_has_no_lines(imagery, tmp_path):
    imagery.add(write_tiff(tmp_path / "flat.tif", ramp() * 0 + 5), set="flat", kind="elevation")
    assert traced(imagery.set("flat"), 50) == []
