"""The documents of OGC API Features, as data and as pages."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft202012Validator

DOCUMENTS = ("", "/", "/conformance", "/collections", "/collections/areas", "/collections/areas/queryables")

OFFERED = {
    "areas",
    "area-positions",
    "cases",
    "components",
    "grids-unit",
    "incidents",
    "layers.hydrants",
    "layers.ponds",
}


def rel(document, name):
    return [link for link in document["links"] if link["rel"] == name]


def test_the_landing_page_leads_everywhere(asked):
    page = asked("/ogc").json
    for name in ("self", "alternate", "service-desc", "service-doc", "conformance", "data", "related"):
        assert [asked(link["href"].partition("localhost")[2]).status_code for link in rel(page, name)] == [200], name


def test_the_same_page_lies_behind_the_slash(asked):
    assert asked("/ogc").json == asked("/ogc/").json


def test_every_collection_with_features_is_listed(asked):
    listed = asked("/ogc/collections").json["collections"]
    assert {each["id"] for each in listed} == OFFERED


def test_a_collection_without_features_may_be_asked(asked):
    assert asked("/ogc/collections/grids-village").json["id"] == "grids-village"
    assert asked.items("grids-village")["features"] == []


def test_a_collection_says_the_same_alone_and_in_the_list(asked):
    for each in asked("/ogc/collections").json["collections"]:
        assert asked(f"/ogc/collections/{each['id']}").json == each


def test_a_collection_says_how_far_it_reaches(asked):
    grids = asked("/ogc/collections/grids-unit").json["extent"]
    assert grids["spatial"]["bbox"][0] == pytest.approx([125.101, 46.6, 125.105, 46.601])
    assert grids["temporal"]["interval"] == [["2026-01-01T00:00:00Z", None]]
    assert asked("/ogc/collections/layers.ponds").json["extent"]["spatial"]["bbox"] == [[25.0, 60.2, 25.1, 60.3]]


def test_an_unknown_collection_is_not_found(asked):
    for path in ("", "/items", "/items/1", "/queryables"):
        assert asked(f"/ogc/collections/nothing{path}").status_code == 404


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_browser_gets_a_page_and_a_program_gets_data(asked, path):
    page = asked(f"/ogc{path}", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert page.mimetype == "text/html"
    assert "Accept" in page.headers["Vary"]
    assert asked(f"/ogc{path}", Accept="application/json").mimetype.endswith("json")
    assert asked(f"/ogc{path}").mimetype.endswith("json")
    assert asked(f"/ogc{path}?f=html").mimetype == "text/html"


def test_pages_have_no_scripts_and_nothing_of_them_is_run(asked):
    for path in ("", "/collections", "/collections/incidents/items", "/collections/incidents/items/1"):
        page = asked(f"/ogc{path}?f=html")
        text = page.get_data(as_text=True)
        assert "<script" not in text
        assert "<b>ice" not in text
        style = re.search("<style>(.*?)</style>", text)
        assert style is not None
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_table_leads_to_the_map(asked):
    text = asked("/ogc/collections/incidents/items?f=html").get_data(as_text=True)
    assert "&lt;b&gt;ice &amp; snow&lt;/b&gt;" in text
    assert 'href="http://localhost/#at=24.94' in text


def test_titles_come_in_the_language_of_the_reader(asked):
    assert asked("/ogc/collections/cases", **{"Accept-Language": "en"}).json["title"] == "Cases"
    assert asked("/ogc/collections/cases?lang=zh-CN").json["title"] == "案件"


def test_queryables_are_a_schema_of_what_may_be_asked(asked):
    told = asked("/ogc/collections/cases/queryables")
    assert told.mimetype == "application/schema+json"
    Draft202012Validator.check_schema(told.json)
    assert told.json["additionalProperties"] is False
    assert told.json["properties"]["open"]["type"] == "boolean"
    assert "closed" in told.json["properties"]["stage"]["enum"]
    assert "description" not in told.json["properties"]


def test_a_layers_queryables_are_what_its_features_have(asked):
    told = asked("/ogc/collections/layers.hydrants/queryables").json["properties"]
    kinds = {name: about.get("type") for name, about in told.items() if name != "geometry"}
    assert kinds == {"name": "string", "bar": "number", "open": "boolean"}


def test_the_interface_names_every_collection_and_its_queryables(asked):
    told = asked("/ogc/api")
    assert told.content_type == "application/vnd.oai.openapi+json;version=3.0"
    paths = told.json["paths"]
    assert told.json["openapi"].startswith("3.0.")
    named = [each.get("name") for each in paths["/collections/layers.hydrants/items"]["get"]["parameters"]]
    assert {"bar", "name", "open"} <= set(named)


def test_maps_stay_where_they_were(asked):
    assert asked("/ogc/tiles").status_code == 200
    assert asked("/ogc/tiles/collections").status_code == 200
