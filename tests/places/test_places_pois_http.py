import pytest

from location_cloud.places import find_pois
from location_cloud.places.schema_pois import CategoryList, PoiCollection

CENTRE = "24.9414,60.1699"


def pois(client, **parameters):
    return client.get("/v1/pois", query_string=parameters)


def test_restaurants_around_a_point_are_sorted_by_distance(client):
    answer = PoiCollection.model_validate(pois(client, at=CENTRE, radius_m=400, category="food").get_json())
    metres = [feature.properties.distance_m for feature in answer.features]
    assert metres == sorted(metres)
    assert 5 < len(metres) <= 50
    assert all(feature.properties.category.startswith("food.") for feature in answer.features)


def test_pages_follow_each_other(client):
    first, second = (
        pois(client, bbox="24.93,60.16,24.95,60.18", limit=20, offset=offset, sort="importance").get_json()
        for offset in (0, 20)
    )
    assert first["next_offset"] == 20
    names = [{feature["properties"]["id"] for feature in page["features"]} for page in (first, second)]
    assert not names[0] & names[1]


def test_positions_are_asked_and_answered_in_the_wanted_datum(client):
    plain, other = (
        pois(client, at=CENTRE, radius_m=300, crs=crs).get_json()["features"][0] for crs in ("wgs84", "bd09")
    )
    assert plain["geometry"] == other["geometry"]  # Finland is not shifted


def test_line_in_the_address_lists_what_one_passes(client):
    answer = pois(client, along="24.936,60.169;24.95,60.168", buffer_m=60).get_json()
    along = [feature["properties"]["at_m"] for feature in answer["features"]]
    assert along == sorted(along)
    assert max(feature["properties"]["off_m"] for feature in answer["features"]) <= 60


def test_line_and_polyline_in_a_body_are_the_same(client):
    line = {"type": "LineString", "coordinates": [[24.936, 60.169], [24.95, 60.168]]}
    drawn = client.post("/v1/pois?buffer_m=60", json={"line": line}).get_json()
    encoded = client.post("/v1/pois?buffer_m=60", json={"polyline": "gwfnJ_iewCfEovA"}).get_json()
    assert [each["properties"]["id"] for each in drawn["features"]]
    assert drawn["features"] == encoded["features"]


def test_polygon_in_a_body_is_searched(client):
    ring = [[24.94, 60.168], [24.945, 60.168], [24.945, 60.171], [24.94, 60.168]]
    answer = client.post("/v1/pois", json={"polygon": {"type": "Polygon", "coordinates": [ring]}}).get_json()
    assert answer["total"] >= len(answer["features"]) > 3


@pytest.mark.parametrize(
    "parameters",
    [{}, {"bbox": "24,60,25,61", "area": "2306"}, {"at": CENTRE, "along": "1,1;2,2"}],
)
def test_one_place_to_look_is_wanted(client, parameters):
    assert pois(client, **parameters).status_code == 400


@pytest.mark.parametrize("body", [{}, {"polyline": "??", "polygon": {}}, {"polygon": {"type": "Point"}}, {"line": {}}])
def test_body_that_is_no_shape_is_refused(client, body):
    assert client.post("/v1/pois", json=body).status_code == 400


def test_unknown_kind_says_where_the_tree_stands(client):
    answer = pois(client, at=CENTRE, category="hospitl").get_json()
    assert answer["status"] == 400
    assert "/v1/pois/categories" in answer["hint"]


def test_tree_of_kinds_carries_codes_and_counts(client):
    tree = CategoryList.model_validate(client.get("/v1/pois/categories").get_json()).categories
    fuel = next(each for each in tree if each.id == "transport.road.fuel")
    assert (fuel.name, fuel.codes.amap, fuel.codes.amap_checked) == ("加油站", "010100", True)
    assert next(each for each in tree if each.id == "food").count > 50


def test_line_with_too_many_points_for_what_is_near_is_refused(client, monkeypatch):
    monkeypatch.setattr(find_pois, "MOST_COMPARED", 1)
    line = {"type": "LineString", "coordinates": [[24.936, 60.169], [24.95, 60.168]]}
    answer = client.post("/v1/pois", json={"line": line})
    assert (answer.status_code, "fewer points" in answer.get_json()["hint"]) == (413, True)


def test_wrong_value_is_not_sent_back_whole(client):
    answer = client.post("/v1/pois", json={"polyline": "a" * 300_000})
    assert (answer.status_code, len(answer.data) < 2_000) == (400, True)
