"""Components: ids by the national form that are never given twice, one by one and by the file."""

from __future__ import annotations

import pytest

from location_cloud.cases.component_files import read_csv
from location_cloud.errors import BadQuery
from tests.cases.conftest import PLACE

LAMP = "0118"
COUNTY = "?county=230602"

TABLE = f"""class,lon,lat,owner,name
{LAMP},24.9458,60.1690,lighting,lamp 1
{LAMP},24.9460,60.1691,lighting,lamp 2
0101,24.9461,60.1692,water,
"""


def add(centre, status=201, **more):
    return centre.ask("POST", f"/v1/components{COUNTY}", {"class": LAMP, "at": PLACE, **more}, status)


def send(centre, content, media="text/csv", **headers):
    return centre("POST", f"/v1/components/all/import{COUNTY}", None, content, Content_Type=media, **headers)


def test_ids_are_county_class_and_the_next_serial(centre):
    assert [add(centre)["id"] for _ in range(2)] == ["2306020118000001", "2306020118000002"]
    assert add(centre, **{"class": "0101"})["id"] == "2306020101000001"


def test_a_serial_is_never_given_again(centre):
    first = add(centre)
    centre.ask("PATCH", f"/v1/components/{first['id']}", {"state": "removed"}, If_Match='"1"')
    assert add(centre, id="2306020118000007")["id"] == "2306020118000007"
    assert add(centre)["id"] == "2306020118000008"


def test_a_table_is_added_as_a_whole_and_again_changes_nothing(centre):
    added = send(centre, TABLE.encode()).json
    assert (added["added"], len(added["ids"])) == (3, 3)
    head, *lines = TABLE.splitlines()
    again = "\n".join([f"id,{head}", *(f"{each},{line}" for each, line in zip(added["ids"], lines, strict=True))])
    assert {**send(centre, again.encode()).json, "ids": []} == {"added": 0, "changed": 0, "same": 3, "ids": []}
    moved = again.replace("lamp 2", "lamp two")
    assert send(centre, moved.encode()).json["changed"] == 1
    assert centre.ask("GET", f"/v1/components/{added['ids'][1]}")["name"] == "lamp two"


def test_geojson_is_added_with_its_shapes(centre):
    line = {"type": "LineString", "coordinates": [PLACE, [PLACE[0] + 0.001, PLACE[1]]]}
    feature = {"type": "Feature", "properties": {"class": "0201", "name": "park"}, "geometry": line}
    body = {"type": "FeatureCollection", "features": [feature]}
    answer = centre("POST", f"/v1/components/all/import{COUNTY}", body, Content_Type="application/geo+json")
    found = centre.ask("GET", f"/v1/components/{answer.json['ids'][0]}")
    assert (found["geometry"]["type"], found["name"]) == ("LineString", "park")


def test_one_wrong_line_leaves_all_out_and_is_named(centre):
    answer = send(centre, TABLE.replace("24.9460", "east").encode())
    assert answer.status_code == 400
    assert "line 3" in answer.json["detail"]
    assert centre.ask("GET", "/v1/components")["components"] == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("lon,lat\n1,2\n", "class"),
        ("class,lon,lat,colour\n0118,1,2,red\n", "colour"),
        ("class,lon,lat\n118,1,2\n", "four digits"),
        ("id,class,lon,lat\n2306020101000001,0118,1,2\n", "county 6"),
        ("class,lon,lat\n0118,200,2\n", "line 2"),
        ("class,lon,lat\n0118,1,2,3\n", "more cells"),
    ],
)
def test_wrong_tables_say_what_is_wrong(text, word):
    with pytest.raises(BadQuery, match=word):
        read_csv(text.encode())


def test_the_same_request_sent_twice_adds_once(centre):
    for _ in range(2):
        answer = send(centre, TABLE.encode(), Idempotency_Key="t1")
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert len(centre.ask("GET", "/v1/components")["components"]) == 3


def test_components_are_listed_by_box_class_and_owner(centre):
    send(centre, TABLE.encode())
    assert len(centre.ask("GET", "/v1/components?bbox=24.94585,60.1,24.95,60.2")["components"]) == 2
    assert len(centre.ask("GET", f"/v1/components?class={LAMP}&owner=lighting")["components"]) == 2
    page = centre.ask("GET", "/v1/components?limit=2")
    assert len(centre.ask("GET", f"/v1/components?after={page['next_after']}")["components"]) == 1


def test_a_case_of_a_component_names_it_and_finds_others_of_it(centre):
    lamp = add(centre)
    first = centre.report(**{"class": LAMP}, component=lamp["id"])
    far = [PLACE[0] + 0.01, PLACE[1]]
    second = centre.report(**{"class": LAMP}, component=lamp["id"], at=far)
    assert [(each["id"], each["same_component"]) for each in second["similar"]] == [(first["id"], True)]
    centre.report(422, component=lamp["id"])
    assert len(centre.ask("GET", f"/v1/cases?component={lamp['id']}")["cases"]) == 2


def test_where_no_county_is_known_it_must_be_named(centre):
    assert "county" in centre.ask("POST", "/v1/components", {"class": LAMP, "at": [0.0, 0.0]}, 400)["detail"]
    inside = centre.ask("POST", "/v1/components", {"class": LAMP, "at": [125.1031, 46.5893]}, 201)
    assert inside["id"][:4] == "2306"


def test_tenants_never_see_each_others_components(centre, other_centre):
    found = add(centre)
    other_centre.ask("GET", f"/v1/components/{found['id']}", None, 404)
    assert other_centre.ask("GET", "/v1/components")["components"] == []
    assert add(other_centre)["id"] == found["id"]
