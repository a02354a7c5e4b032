"""Questions that nobody should ask: each gets an answer that names what is wrong and says what to do."""

from __future__ import annotations

import pytest

HERE, THERE = "24.9384,60.1699", "24.9458,60.1640"
AT, TO = [24.9384, 60.1699], [24.9458, 60.1640]
ROUTE = f"/v1/route?from={HERE}&to={THERE}"
SQUARE = [[24.94, 60.165], [24.945, 60.165], [24.945, 60.168], [24.94, 60.168], [24.94, 60.165]]
BOW = [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]

ADDRESSES = {
    f"/v1/route?from=0,0&to={THERE}": (422, "from=0,0"),
    f"/v1/route?from=60.1699,24.9384&to={THERE}": (422, "from=60.1699,24.9384"),
    f"/v1/route?from=nan,60&to={THERE}": (400, "from"),
    f"/v1/route?from=inf,60&to={THERE}": (400, "from"),
    f"/v1/route?from=1e400,60&to={THERE}": (400, "from"),
    f"/v1/route?from={HERE}": (400, "to"),
    f"{ROUTE}&via=" + ";".join([HERE] * 2000): (400, "2000 are too many"),
    f"{ROUTE}&via={HERE}&alternatives=2": (400, "alternatives are between two places"),
    f"{ROUTE}&alternatives=4": (400, "alternatives=4"),
    f"{ROUTE}&depart_at=2026-11-23T07:30&arrive_by=2026-11-23T08:30": (400, "not both"),
    f"{ROUTE}&depart_at=9999-12-31T23:59:59": (400, "1970 to 2199"),
    f"{ROUTE}&arrive_by=0001-01-01T00:00:00": (400, "1970 to 2199"),
    f"{ROUTE}&depart_at=99999999999999": (400, "depart_at"),
    f"{ROUTE}&depart_at=2026-02-30": (400, "depart_at"),
    f"{ROUTE}&heading_deg=360": (400, "heading_deg"),
    f"{ROUTE}&radius_m=nan": (400, "radius_m"),
    f"{ROUTE}&exclude=toll,sky": (400, "exclude"),
    f"{ROUTE}&profile=plane": (404, "plane"),
    f"{ROUTE}&profile=%00": (400, "profile"),
    f"{ROUTE}&nonsense=1": (400, "nonsense"),
    f"{ROUTE}&steps=perhaps": (400, "steps"),
    f"/v1/isochrone?at={HERE}": (400, "minutes= or metres="),
    f"/v1/isochrone?at={HERE}&minutes=5&metres=500": (400, "one of them"),
    f"/v1/isochrone?at={HERE}&minutes=0": (400, "minutes"),
    f"/v1/isochrone?at={HERE}&minutes=nan": (400, "minutes"),
    f"/v1/isochrone?at={HERE}&minutes=1e9": (400, "minutes"),
    f"/v1/isochrone?at={HERE}&minutes=" + ",".join(map(str, range(1, 30))): (400, "minutes"),
    "/v1/isochrone?at=0,0&minutes=5": (422, "at=0,0"),
    f"/v1/expansion?at={HERE}&minutes=60&limit=10": (413, "10 are the ceiling"),
    f"/v1/nearest?at={HERE}&count=101": (400, "count"),
    f"/v1/nearest?at={HERE}&level=150": (422, "level 150"),
    f"/v1/nearest?at={HERE}&profile=rocket": (404, "rocket"),
}


def route(**more):
    return {"places": [{"lonlat": AT}, {"lonlat": TO}], **more}


def avoiding(*areas, kind="Polygon"):
    return route(avoid={"areas": [{"type": kind, "coordinates": area} for area in areas]})


BODIES = {
    "ten thousand places": ("/v1/route", {"places": [{"lonlat": AT}] * 10_000}, 400, "10000 are too many"),
    "one place": ("/v1/route", {"places": [{"lonlat": AT}]}, 400, "places"),
    "no object": ("/v1/route", 5, 400, "body"),
    "point of three": ("/v1/route", {"places": [{"lonlat": [*AT, 3]}, {"lonlat": TO}]}, 400, "lonlat"),
    "point in words": ("/v1/route", {"places": [{"lonlat": ["a", "b"]}, {"lonlat": TO}]}, 400, "lonlat"),
    "unknown word": ("/v1/route", route(nonsense=1), 400, "nonsense"),
    "crossing itself": ("/v1/route", avoiding([BOW]), 400, "avoid.areas[0] is no valid polygon"),
    "not closed": ("/v1/route", avoiding([SQUARE[:-1]]), 400, "not closed"),
    "no ring": ("/v1/route", avoiding([[]]), 400, "avoid.areas[0]"),
    "rings in words": ("/v1/route", avoiding("x"), 400, "no ring"),
    "points in words": ("/v1/route", avoiding([[["a", "b"]] * 4]), 400, "is no lon, lat"),
    "numbers for rings": ("/v1/route", avoiding([1, 2], kind="MultiPolygon"), 400, "no ring"),
    "no polygons": ("/v1/route", avoiding([], kind="MultiPolygon"), 400, "is no area"),
    "a point": ("/v1/route", avoiding(AT, kind="Point"), 400, "'Point' is no area"),
    "off the globe": ("/v1/route", avoiding([[[200, 60], [201, 60], [201, 61], [200, 60]]]), 400, "off the globe"),
    "no area": ("/v1/route", avoiding([[AT, TO, AT, AT]]), 400, "avoid.areas[0]"),
    "too many corners": ("/v1/route", avoiding([[AT] * 2000]), 413, "2000 points"),
    "all of it avoided": (
        "/v1/route",
        avoiding([[[24, 60], [25.5, 60], [25.5, 60.5], [24, 60.5], [24, 60]]]),
        422,
        "closed to it",
    ),
    "unknown closure": ("/v1/route", route(avoid={"closures": ["none"]}), 404, "none"),
    "unknown road": ("/v1/route", route(avoid={"roads": ["1:2:f"]}), 400, "1:2:f"),
    "negative height": ("/v1/route", route(vehicle={"height_m": -1}), 400, "height_m"),
    "wings": ("/v1/route", route(vehicle={"wings": 2}), 400, "wings"),
    "number for a time": ("/v1/route", route(depart_at=1_700_000_000), 400, "ISO 8601"),
    "far future": ("/v1/route", route(arrive_by="9999-12-31T23:59:59Z"), 400, "1970 to 2199"),
    "both times": ("/v1/route", route(depart_at="2026-11-23T07:30", arrive_by="2026-11-23T07:30"), 400, "not both"),
    "no such level": (
        "/v1/route",
        {"places": [{"lonlat": AT, "level": 150}, {"lonlat": TO}]},
        422,
        "places[0]",
    ),
    "empty matrix": ("/v1/matrix", {"sources": [], "targets": [AT]}, 400, "sources"),
    "huge matrix": ("/v1/matrix", {"sources": [AT] * 1001, "targets": [AT]}, 400, "too many"),
    "target in the ocean": ("/v1/matrix", {"sources": [AT], "targets": [[0, 0]]}, 422, "targets[0]=0,0"),
    "target off the globe": ("/v1/matrix", {"sources": [AT], "targets": [[0, 91]]}, 400, "targets"),
    "no limit": ("/v1/isochrone", {"location": AT}, 400, "minutes or metres"),
    "trip to the ocean": ("/v1/trip", {"places": [{"lonlat": AT}, {"lonlat": [0, 0]}]}, 422, "0,0"),
    "no vehicle": ("/v1/optimise", {"vehicles": []}, 400, "vehicles"),
    "nothing to do": ("/v1/optimise", {"vehicles": [{"id": 1, "start": AT}]}, 400, "a plan needs"),
}


def check(answer, status, word):
    problem = answer.get_json()
    assert answer.status_code == status, problem
    assert word in problem["detail"] + problem["hint"]
    assert problem["hint"]


@pytest.mark.parametrize("url", ADDRESSES, ids=lambda url: url[:70])
def test_a_wrong_address_is_refused_by_name(url, client):
    check(client.get(url), *ADDRESSES[url])


@pytest.mark.parametrize("name", BODIES)
def test_a_wrong_body_is_refused_by_name(name, client):
    url, body, status, word = BODIES[name]
    check(client.post(url, json=body), status, word)


@pytest.mark.parametrize("text", [b"", b"{", b"[" * 2000, b'{"places": NaN}', b"\xff\xfe"])
def test_a_body_that_is_no_json_is_refused(text, client):
    answer = client.post("/v1/route", data=text, content_type="application/json")
    assert answer.status_code == 400
    assert answer.get_json()["hint"]


def test_a_body_over_the_ceiling_is_not_read(client):
    answer = client.post("/v1/route", data=b" " * 2_000_000, content_type="application/json")
    check(answer, 413, "the most is")


def test_the_same_point_twice_is_refused(client):
    check(client.get(f"/v1/route?from={HERE}&to={HERE}"), 400, "points 1 and 2 are the same")
    body = {"places": [{"lonlat": AT}, {"lonlat": [AT[0] + 0.001, AT[1]]}, {"lonlat": [AT[0] + 0.001, AT[1]]}]}
    check(client.post("/v1/route", json=body), 400, "points 2 and 3 are the same")


def test_a_client_of_osrm_may_stay_where_it_is(client):
    found = client.get(f"/osrm/route/v1/car/{HERE};{HERE}").get_json()["routes"][0]
    assert (found["duration"], found["distance"]) == (0, 0)


def test_a_hundred_times_the_same_place_is_an_answer(client):
    found = client.post("/v1/trip", json={"places": [{"lonlat": AT}] * 100}).get_json()
    assert found["routes"][0]["distance_m"] == 0
    assert sorted(found["order"]) == list(range(100))
