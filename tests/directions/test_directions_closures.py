from datetime import timedelta

import pytest

from location_cloud.app import utc_now
from tests.directions.live_client import asked
from tests.directions.live_home import ABC, AD, CF, DEF, both_ways, home_of_map, key

__all__ = ["asked", "home_of_map"]  # fixtures


@pytest.fixture
def trip(asked):
    """From near A to near C: along ABC, unless that is shut."""
    return asked.place(AD, north=0.9), asked.place(CF, north=0.9)


def shut(asked, name="works", **more):
    body = {"name": name, "roads": both_ways(asked.city, ABC), **more}
    answer = asked("POST", "/v1/closures", body)
    assert answer.status_code == 201, answer.json
    asked.city.derive()
    return answer.json


def test_a_closure_shuts_the_road_for_everyone(asked, trip):
    assert ABC in asked.ways(*trip)
    assert shut(asked)["edges"] == 2
    assert ABC not in asked.ways(*trip)


def test_a_closure_for_whoever_names_it_leaves_others_alone(asked, trip):
    shut(asked, everyone=False)
    assert ABC in asked.ways(*trip)
    assert ABC not in asked.ways(*trip, avoid={"closures": ["works"]})


def test_naming_a_closure_that_is_not_there_is_a_404(asked, trip):
    body = {"places": [{"lonlat": point} for point in trip], "avoid": {"closures": ["nothing"]}}
    answer = asked("POST", "/v1/route", body)
    assert answer.status_code == 404
    assert "nothing" in answer.json["detail"]


def test_a_closure_for_trucks_leaves_cars_alone(asked, trip):
    assert shut(asked, profiles=["truck"])["profiles"] == ["truck"]
    assert ABC in asked.ways(*trip)
    assert ABC not in asked.ways(*trip, profile="truck")


def test_a_road_that_is_tried_out_as_slower_takes_longer_by_as_much_or_is_left(asked):
    begin, end = asked.place(ABC, east=0.1), asked.place(ABC, east=0.9)
    body = {"places": [{"lonlat": begin}, {"lonlat": end}]}

    def seconds(**more):
        return asked("POST", "/v1/route?steps=false", {**body, **more}).json["routes"][0]["duration_s"]

    slow = [{"roads": both_ways(asked.city, ABC), "share": 0.5}]
    assert seconds(slow=slow) == pytest.approx(2 * seconds(), abs=0.01)
    assert ABC not in asked.ways(*(asked.place(way, north=0.9) for way in (AD, CF)), slow=[{**slow[0], "share": 0.05}])
    assert asked("POST", "/v1/route", {**body, "slow": [{"roads": ["99:0:f"], "share": 0.5}]}).json["detail"] == (
        "slow.roads: there is no road '99:0:f' in this snapshot"
    )


def test_an_area_shuts_what_touches_it(asked, trip):
    lon, lat = asked.place(ABC)
    ring = [[lon + x / 1e5, lat + y / 1e5] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    area = {"type": "Polygon", "coordinates": [ring]}
    stored = shut(asked, roads=[], area=area)
    assert stored["edges"] == 2
    assert stored["area"]["type"] == "Polygon"
    assert ABC not in asked.ways(*trip)


def test_a_closure_of_tomorrow_is_not_one_of_today(asked, trip):
    shut(asked, valid_from=(utc_now() + timedelta(days=1)).isoformat())
    assert ABC in asked.ways(*trip)
    day_after = (utc_now() + timedelta(days=2)).replace(hour=10).isoformat()
    assert ABC not in asked.ways(*trip, depart_at=day_after)


def test_times_without_zone_are_the_citys(asked):
    zone = asked.city.directions.zone
    stored = shut(asked, valid_until="2040-06-01T12:00:00")
    at = asked("GET", "/v1/closures/works").json["valid_until"]
    assert stored["valid_until"] == at
    assert at != "2040-06-01T12:00:00Z" or zone.key == "UTC"


def test_a_change_opens_one_road_and_shuts_another(asked, trip):
    shut(asked)
    answer = asked("PUT", "/v1/closures/works?version=1", {"roads": both_ways(asked.city, DEF)})
    assert (answer.status_code, answer.json["version"]) == (200, 2)
    asked.city.derive()
    assert ABC in asked.ways(*trip)


@pytest.mark.parametrize(("method", "body"), [("PUT", {"roads": ["1:0:f"]}), ("DELETE", None)])
def test_a_stale_version_is_a_409_that_names_the_present_one(asked, method, body):
    shut(asked)
    asked("PUT", "/v1/closures/works?version=1", {"roads": [key(asked.city, AD)]})
    answer = asked(method, "/v1/closures/works?version=1", body)
    assert (answer.status_code, answer.json["version"]) == (409, 2)
    assert asked("GET", "/v1/closures/works").json["version"] == 2


def test_a_deleted_closure_is_gone_and_its_road_open(asked, trip):
    shut(asked)
    assert asked("DELETE", "/v1/closures/works?version=1").json["deleted"] == "works"
    asked.city.derive()
    assert ABC in asked.ways(*trip)
    assert asked("GET", "/v1/closures/works").status_code == 404
    assert asked("DELETE", "/v1/closures/works?version=1").status_code == 404


def test_a_name_is_taken_once(asked):
    shut(asked)
    assert asked("POST", "/v1/closures", {"name": "works", "roads": ["1:0:f"]}).status_code == 409


def test_closures_are_listed_page_by_page(asked):
    for name in ("c", "a", "b"):
        shut(asked, name)
    first = asked("GET", "/v1/closures?limit=2").json
    second = asked("GET", f"/v1/closures?limit=2&after={first['next_after']}").json
    assert [each["name"] for each in first["closures"] + second["closures"]] == ["a", "b", "c"]
    assert second["next_after"] is None


def test_another_tenant_sees_nothing_of_it(asked, trip):
    shut(asked)
    assert asked("GET", "/v1/closures", key=asked.other).json["closures"] == []
    assert asked("GET", "/v1/closures/works", key=asked.other).status_code == 404
    assert asked("DELETE", "/v1/closures/works?version=1", key=asked.other).status_code == 404
    assert ABC in asked.ways(*trip, key=asked.other)


def test_another_tenants_closure_shuts_roads_for_itself_only(asked, trip):
    body = {"name": "works", "roads": both_ways(asked.city, ABC)}
    assert asked("POST", "/v1/closures", body, asked.other).status_code == 201
    asked.city.derive()
    assert ABC in asked.ways(*trip)
    assert ABC not in asked.ways(*trip, key=asked.other)


def test_a_key_that_may_read_may_not_shut_roads(asked):
    assert asked("POST", "/v1/closures", {"name": "x", "roads": ["1:0:f"]}, asked.reader).status_code == 403
    assert asked("GET", "/v1/closures", key=asked.reader).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "roads or an area"),
        ({"roads": ["nonsense"]}, 400, "no key of a road"),
        ({"roads": ["1:0:f"], "profiles": ["hovercraft"]}, 404, "hovercraft"),
        ({"area": {"type": "Point", "coordinates": [8.6, 49.4]}}, 400, "no area"),
        ({"area": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]}}, 400, "not valid"),
        ({"area": {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]]}}, 413, "km2"),
        ({"roads": ["1:0:f"], "valid_from": "2030-01-02", "valid_until": "2030-01-01"}, 400, "later"),
    ],
)
def test_what_cannot_be_a_closure_is_refused_with_the_reason(asked, body, status, said):
    answer = asked("POST", "/v1/closures", {"name": "works", **body})
    assert answer.status_code == status
    assert said in answer.json["detail"]


def test_an_area_is_read_and_told_in_the_asked_coordinate_system(asked):
    lon, lat = 125.1, 46.6
    ring = [[lon, lat], [lon + 0.001, lat], [lon, lat + 0.001], [lon, lat]]
    body = {"name": "works", "area": {"type": "Polygon", "coordinates": [ring]}}
    answer = asked("POST", "/v1/closures?crs=gcj02", body)
    assert answer.status_code == 201
    plain = asked("GET", "/v1/closures/works").json["area"]["coordinates"][0][0]
    shifted = asked("GET", "/v1/closures/works?crs=gcj02").json["area"]["coordinates"][0]
    assert min(abs(point[0] - lon) + abs(point[1] - lat) for point in shifted) < 1e-6
    assert abs(plain[0] - lon) > 1e-3
