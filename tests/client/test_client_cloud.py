from __future__ import annotations

import math
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import geopandas
import pandas
import pytest
from shapely.geometry import LineString, Point, box

from location_cloud.client import Cloud, CloudProblem, connect

STATION, PORT, MARKET = (24.9414, 60.1713), (24.9458, 60.1640), (24.9389, 60.1689)


@pytest.fixture
def cloud(served: str) -> Cloud:
    return connect(served)


def test_a_route_is_one_row_with_its_line(cloud):
    route = cloud.route(STATION, PORT, "foot")
    assert route.crs.to_epsg() == 4326
    assert isinstance(route.geometry[0], LineString)
    assert 800 < route.distance_m[0] < 3000
    assert route.steps[0][0]["type"] == "depart"


def test_other_ways_are_further_rows(cloud):
    ways = cloud.route((24.952603, 60.167622), (24.946089, 60.162410), alternatives=3)
    assert len(ways) > 1
    assert ways.duration_s.is_monotonic_increasing


def test_a_route_passes_its_stops(cloud):
    there, on = cloud.route(STATION, MARKET), cloud.route(MARKET, PORT)
    through = cloud.route(STATION, PORT, via=[Point(MARKET)])
    assert through.duration_s[0] >= max(there.duration_s[0], on.duration_s[0])
    assert [step["type"] for step in through.steps[0]].count("arrive") == 2


def test_a_matrix_has_a_row_for_each_pair_by_the_names_given(cloud):
    places = geopandas.GeoSeries([Point(STATION), Point(PORT)], index=["station", "port"], crs=4326).to_crs(3067)
    table = cloud.matrix(places, [MARKET], profile="foot").set_index(["source", "target"])
    assert list(table.index) == [("station", 0), ("port", 0)]
    assert table.duration_s["station", 0] == cloud.route(STATION, MARKET, "foot").duration_s[0]
    assert table.distance_m["port", 0] > 100


def test_a_matrix_among_places_is_square_and_may_leave_distances_out(cloud):
    table = cloud.matrix([STATION, PORT, MARKET], distances=False)
    assert len(table) == 9
    assert table.distance_m.isna().all()
    assert table.attrs["metric_version"]


def test_points_without_a_coordinate_system_are_refused(cloud):
    with pytest.raises(ValueError, match="set_crs"):
        cloud.matrix(geopandas.GeoSeries([Point(STATION)]))


def test_isochrones_come_one_inside_the_other(cloud):
    areas = cloud.isochrone(STATION, minutes=[10, 5], profile="foot")
    assert list(areas.value) == [300, 600]
    assert areas.geometry[1].buffer(1e-9).contains(areas.geometry[0])
    assert cloud.isochrone(STATION, metres=[400], output="edges").geom_type.eq("LineString").all()


def test_the_nearest_roads_come_nearest_first(cloud):
    roads = cloud.nearest(STATION, "foot", count=3)
    assert len(roads) == 3
    assert roads.distance_m.is_monotonic_increasing
    assert roads.road.str.len().gt(0).all()


def test_profiles_are_those_that_a_route_takes(cloud):
    profiles = cloud.profiles()
    assert {"car", "truck", "emergency", "bicycle", "foot"} <= set(profiles.name)
    assert profiles.title_zh.str.len().gt(0).all()


def test_a_point_may_be_a_pair_or_a_shape(cloud):
    pairs = cloud.route(STATION, PORT)
    shapes = cloud.route(Point(STATION), Point(PORT))
    assert pairs.duration_s[0] == shapes.duration_s[0]


def test_every_frame_names_what_it_was_made_from(cloud):
    attrs = cloud.suggest("manner").attrs
    assert attrs["snapshot"] == cloud.get("/health").document["snapshot"]
    assert attrs["crs"] == "wgs84"
    assert attrs["live_version"] >= 0


def test_a_text_gives_all_candidates_the_best_first(cloud):
    found = cloud.geocode("Mannerheimint")
    assert len(found) > 1
    assert found.name[0] == "Mannerheimintie"
    assert found.confidence[0] == found.confidence.max()


def test_many_texts_give_one_row_each_in_their_order(cloud):
    texts = pandas.Series(["Kaivokatu 6", "zzzzzz qqqqqq", "Mannerheimintie 1"], index=["a", "b", "c"])
    found = cloud.geocode(texts)
    assert list(found.index) == ["a", "b", "c"]
    assert list(found.geometry.isna()) == [False, True, False]
    assert found.problem["b"]
    assert found.name["c"] == "Mannerheimintie 1"


def test_focus_and_box_may_be_given_as_numbers(cloud):
    found = cloud.geocode("Mannerheimintie 1", bbox=(24.93, 60.16, 24.95, 60.18), focus=STATION)
    assert found.within(box(24.93, 60.16, 24.95, 60.18)).all()


def test_a_position_is_put_into_words(cloud):
    here = cloud.reverse(STATION)
    assert {"address", "road"} <= set(here.kind)
    assert here.attrs["cell"]["system"] == "beidou"


def test_areas_around_a_point_come_smallest_first(cloud):
    assert list(cloud.areas(at=(125.1031, 46.5893)).level)[-1] == "province"


def test_every_village_comes_though_the_server_pages(cloud, monkeypatch):
    monkeypatch.setattr("location_cloud.client.PAGE", 300)
    villages = cloud.areas(level="village", geometry="none")
    assert len(villages) == 843
    assert villages.id.is_unique


def test_an_area_has_its_boundary(cloud):
    area = cloud.area("230602")
    assert area.name[0] == "萨尔图区"
    assert area.geometry[0].area > 0


def test_datasets_are_counted_with_their_licences(cloud):
    datasets = cloud.datasets()
    assert datasets[datasets.counted == "village"]["count"].item() == 843
    assert any("ODbL" in source["licence"] for source in datasets.attrs["sources"])


def test_a_full_box_of_roads_is_asked_for_in_quarters(cloud, monkeypatch):
    whole = cloud.roads((24.94, 60.165, 24.945, 60.17))
    monkeypatch.setattr("location_cloud.client.ROADS", 40)
    quarters = cloud.roads((24.94, 60.165, 24.945, 60.17))
    assert set(quarters.id) == set(whole.id)
    assert quarters.id.is_unique


def test_an_empty_answer_is_an_empty_frame(cloud):
    roads = cloud.roads((0.0, 0.0, 0.01, 0.01))
    assert len(roads) == 0
    assert roads.crs.to_epsg() == 4326


def test_rows_are_stored_and_read_again(cloud, monkeypatch):
    monkeypatch.setattr("location_cloud.client.PAGE", 2)
    columns = {"name": ["井1", "井2", "井3"], "depth_m": [1200.5, math.nan, 3]}
    wells = geopandas.GeoDataFrame(columns, geometry=[Point(125 + i / 10, 46.5) for i in range(3)], crs=4326)
    stored = cloud.add("client-wells", wells.to_crs(32651))
    read = cloud.layer("client-wells")
    assert list(read.id) == list(stored.id)
    assert list(read.name) == ["井1", "井2", "井3"]
    assert pandas.isna(read.depth_m[1])
    assert read.geometry.geom_equals_exact(wells.geometry, 1e-8).all()
    assert list(cloud.layer("client-wells", (125.05, 46, 125.15, 47)).name) == ["井2"]


def test_rows_without_a_coordinate_system_are_refused(cloud):
    with pytest.raises(ValueError, match="set_crs"):
        cloud.add("client-wells", geopandas.GeoDataFrame(geometry=[Point(1, 2)]))


def test_a_refused_row_is_named(cloud):
    rows = geopandas.GeoDataFrame({"text": ["a", "b" * 70_000]}, geometry=[Point(1, 2), Point(1, 2)], crs=4326)
    with pytest.raises(CloudProblem, match=r"row 1 of 2.*1 rows before it are stored"):
        cloud.add("client-refused", rows)


def test_a_problem_says_what_to_do(cloud):
    with pytest.raises(CloudProblem) as caught:
        cloud.route((0.0, 0.0), STATION)
    assert caught.value.status == 422
    assert caught.value.hint in str(caught.value)


def test_a_server_that_is_not_there_is_named_with_the_next_step():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(CloudProblem, match="location-cloud serve"):
        connect(url)


def test_an_address_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="http"):
        connect("file:///etc/passwd")


def test_a_proxy_of_the_office_does_not_come_between(served, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert connect(served).url == served


class Witness(BaseHTTPRequestHandler):
    """A stranger that notes what it was asked and answers with a page."""

    seen: list[dict[str, str]] = []  # noqa: RUF012  # a handler object lives for one request only

    def do_GET(self) -> None:
        self.seen.append(dict(self.headers))
        self.send_response(502)
        self.end_headers()
        self.wfile.write(b"<h1>Bad gateway</h1>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stranger() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Witness) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_answer_of_something_else_is_said_to_be_so(stranger):
    with pytest.raises(CloudProblem, match=r"Bad gateway.*something other"):
        connect(stranger)


def test_the_key_is_sent_and_never_shown(stranger):
    with pytest.raises(CloudProblem):
        connect(stranger, key="lc_1_secret")
    assert Witness.seen[-1]["Authorization"] == "Bearer lc_1_secret"
    assert "secret" not in repr(Cloud(stranger, "lc_1_secret", 1.0))
