"""The catalogue of scenes."""

from __future__ import annotations

import pytest


def test_every_scene_is_an_item_of_its_set(get):
    found = get("/imagery/stac/collections/photo/items")
    assert [item["id"] for item in found["features"]] == ["photo_20240501", "old_20200501"]
    assert found["features"][0]["properties"]["datetime"] == "2024-05-01T00:00:00Z"


def test_items_collections_and_catalog_are_valid(get):
    pystac = pytest.importorskip("pystac")
    pystac.Catalog.from_dict(get("/imagery/stac"))
    for each in get("/imagery/stac/collections")["collections"]:
        pystac.Collection.from_dict(each)
        for item in get(f"/imagery/stac/collections/{each['id']}/items")["features"]:
            read = pystac.Item.from_dict(item)
            assert read.datetime is not None
            assert read.geometry["type"] == "Polygon"


def test_links_of_an_item_lead_somewhere(client, get):
    item = get("/imagery/stac/collections/photo/items/old_20200501")
    for link in (*item["links"], *item["assets"].values()):
        assert client.get(link["href"].replace("http://localhost", "")).status_code == 200


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["bands", "heights", "photo_20240501", "old_20200501"]),
        ("bbox=124.9,46.4,124.95,46.45", ["old_20200501"]),
        ("bbox=1,1,2,2", []),
        ("bbox=170,46,-170,47", []),
        ("datetime=2024-01-01/..", ["bands", "heights", "photo_20240501"]),
        ("datetime=2020-05-01", ["old_20200501"]),
        ("datetime=2021/2023", []),
        ("collections=photo&limit=1", ["photo_20240501"]),
        ("ids=heights,none", ["heights"]),
        ("collections=none", []),
    ],
)
def test_a_search_finds_what_meets_all_conditions(get, query, ids):
    assert [item["id"] for item in get(f"/imagery/stac/search?{query}")["features"]] == ids


def test_pages_follow_each_other(client, get):
    first = get("/imagery/stac/search?limit=3&datetime=../2100")
    (following,) = (link["href"] for link in first["links"] if link["rel"] == "next")
    second = get(following.replace("http://localhost", ""))
    assert (first["numberMatched"], len(first["features"]), len(second["features"])) == (4, 3, 1)
    assert not [link for link in second["links"] if link["rel"] == "next"]


@pytest.mark.parametrize(
    "address", ["/imagery/stac/collections/none", "/imagery/stac/collections/photo/items/none", "/imagery/stac/none"]
)
def test_what_is_not_there_is_404(client, address):
    assert client.get(address).status_code == 404


def test_the_address_of_a_page_gives_that_page(client, get):
    page = get("/imagery/stac/search?collections=photo&limit=1&offset=1")
    (self,) = (link["href"] for link in page["links"] if link["rel"] == "self")
    assert get(self.removeprefix("http://localhost"))["features"] == page["features"]
