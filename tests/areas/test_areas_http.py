from location_cloud.areas.schema import AreaCollection, AreaFeature


def test_district_is_answered_with_its_boundary(client):
    answer = client.get("/v1/areas/230602").get_json()
    assert AreaFeature.model_validate(answer).geometry["type"] == "Polygon"


def test_point_in_another_coordinate_system_finds_the_same_district(client):
    answer = client.get("/v1/areas?at=125.10206,46.58803&crs=gcj02&geometry=none").get_json()
    assert AreaCollection.model_validate(answer).features[0].id == "230602"
    assert answer["crs"] == "gcj02"


def test_children_of_the_city_are_its_ten_units(client):
    answer = client.get("/v1/areas/2306/children?geometry=none").get_json()
    assert [feature["id"] for feature in answer["features"]][-1] == "230671"
    assert answer["total"] == 10


def test_unknown_area_is_404_with_a_hint(client):
    answer = client.get("/v1/areas/1")
    assert answer.status_code == 404
    assert answer.get_json()["hint"]
