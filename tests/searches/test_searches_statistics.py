"""Published rows, an agency's own tables, and what its own finds add up to."""

from __future__ import annotations

import pytest

from tests.searches.conftest import BEGUN, RAILWAY_STATION

OWN = "category,ground,percent,distance_km,cases,source\nfarmer,steppe,25,0.5,40,own\nfarmer,steppe,75,2,40,own\n"


@pytest.fixture
def agency(desk):
    """Puts a CSV for an agency of the test's own."""
    key = desk.issue("rescue:desk", tenant="agency")

    def ask(method, table, text=None):
        client = desk.app.test_client()
        path = f"/v1/searches/statistics/{table}"
        headers = {"X-API-Key": key, "Content-Type": "text/csv"} if text is not None else {"X-API-Key": key}
        return client.open(path, method=method, data=text, headers=headers)

    ask.key = key
    yield ask
    ask("DELETE", "distances")


def test_every_published_row_names_its_source(desk):
    told = desk.get("/statistics")
    assert all(row["source"] for row in told["distances"] + told["find_features"])


def test_an_own_table_makes_maps_of_its_categories(desk, agency):
    body = {**BEGUN, "subject": {"category": "farmer"}}
    assert desk("POST", "", body, key=agency.key).status_code == 422
    assert agency("PUT", "distances", OWN).json == {"table": "distances", "rows": 2}
    made = desk("POST", "", body, key=agency.key).json
    assert (made["ground"], made["layers"][0]["source"]) == ("steppe", "own")


def test_other_categories_keep_their_published_rows(desk, agency):
    agency("PUT", "distances", OWN)
    categories = {row["category"] for row in desk("GET", "/statistics", key=agency.key).json["distances"]}
    assert {"farmer", "hiker", "dementia"} <= categories


def test_a_broken_table_is_refused_with_its_line(agency):
    answer = agency("PUT", "distances", OWN + "farmer,steppe,x,3,,own\n")
    assert (answer.status_code, "4" in answer.json["detail"]) == (400, True)
    assert agency("PUT", "distances", b"\xff\xfe").status_code == 400
    assert agency("PUT", "distances", OWN.splitlines()[0]).status_code == 400


def test_a_removed_table_is_gone(agency):
    agency("PUT", "distances", OWN)
    assert agency("DELETE", "distances").status_code == 200
    assert agency("DELETE", "distances").status_code == 404


def test_own_finds_become_own_percentiles(desk):
    key = desk.issue("rescue:desk", tenant="busy")
    for step in range(12):
        search = desk("POST", "", {**BEGUN, "grid": {"cell_m": 100}}, key=key).json["id"]
        place = [RAILWAY_STATION[0] + 0.001 * (step + 1), RAILWAY_STATION[1]]
        desk("POST", f"/{search}/find", {"location": place}, key=key, If_Match="*")
    (local,) = desk("GET", "/statistics", key=key).json["local"]
    assert (local["category"], local["cases"]) == ("hiker", 12)
    middle = next(row for row in local["percentiles"] if row["percent"] == 50)
    assert middle["low_m"] <= middle["distance_m"] <= middle["high_m"]
    assert middle["distance_m"] == pytest.approx(6.5 * 55.6, rel=0.05)
