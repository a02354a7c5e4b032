import pytest

from location_cloud.places.schema_coords import CoordsAnswer, CoordsBatchAnswer


def ask(client, **parameters):
    return client.get("/v1/coords", query_string=parameters)


def test_text_is_read_and_written_in_every_spelling(client):
    answer = CoordsAnswer.model_validate(ask(client, text="46.58758,125.10307").get_json())
    assert answer.lonlat == pytest.approx((125.10307, 46.58758), abs=1e-9)
    assert (answer.read.form, answer.read.decided_by, answer.read.confidence) == ("decimal", "text", 100)
    assert answer.spellings.mgrs == "51TXM6111161483"
    assert answer.spellings.plus_code_11 == "8QR7H4Q3+26P"


def test_order_in_doubt_is_decided_by_where_anything_is_known(client):
    for text in ("60.1699,24.9414", "24.9414,60.1699"):
        answer = ask(client, text=text).get_json()
        assert answer["lonlat"] == pytest.approx([24.9414, 60.1699])
        assert answer["read"]["decided_by"] == "area"
        assert len(answer["alternatives"]) == 1


def test_order_in_doubt_far_from_all_data_is_said_to_be_custom(client):
    read = ask(client, text="10.5001,20.5001").get_json()["read"]
    assert (read["decided_by"], read["confidence"]) == ("custom", 70)


def test_short_plus_code_is_completed_near_the_town_beside_it(client):
    answer = ask(client, text="H4Q3+26 大庆").get_json()
    assert answer["read"]["name"] == "8QR7H4Q3+26"
    assert answer["read"]["decided_by"] == "place"


def test_short_plus_code_without_a_town_is_completed_near_the_point(client):
    answer = ask(client, text="H4Q3+26", near="125.1,46.6").get_json()
    assert (answer["read"]["name"], answer["read"]["decided_by"]) == ("8QR7H4Q3+26", "near")


def test_short_plus_code_alone_is_no_position(client):
    answer = ask(client, text="H4Q3+26")
    assert answer.status_code == 422
    assert "near=" in answer.get_json()["hint"]


def test_what3words_is_refused_with_the_reason(client):
    answer = ask(client, text="///filled.count.soap")
    assert answer.status_code == 422
    assert "closed data" in answer.get_json()["detail"]


def test_numbers_in_another_datum_are_moved_and_it_is_said_how_far(client):
    answer = ask(client, text="125.1101232,46.5896835", crs="gcj02").get_json()
    assert answer["lonlat"] == pytest.approx([125.1101232, 46.5896835], abs=1e-8)
    assert answer["spellings"]["decimal"] == "125.10307,46.58758"
    assert 500 < answer["read"]["moved_m"] < 700


def test_link_of_a_map_is_read_in_its_own_datum(client):
    link = "https://uri.amap.com/marker?position=125.1101232,46.5896835&name=x"
    answer = ask(client, text=link).get_json()
    assert answer["read"]["crs"] == "gcj02"
    assert answer["spellings"]["decimal"] == "125.10307,46.58758"


def test_position_is_given_as_numbers(client):
    answer = ask(client, at="125.10307,46.58758").get_json()
    assert answer["spellings"]["dms"] == "46°35′15.29″N 125°06′11.05″E"


def test_cell_comes_with_its_box(client):
    answer = ask(client, text="N50J47539B8255346152").get_json()
    west, south, east, north = answer["bbox"]
    assert west < answer["lonlat"][0] < east
    assert south < answer["lonlat"][1] < north


@pytest.mark.parametrize("parameters", [{}, {"text": "1,2", "at": "1,2"}])
def test_either_a_text_or_numbers_are_wanted(client, parameters):
    answer = ask(client, **parameters)
    assert answer.status_code == 400
    assert "either" in answer.get_json()["detail"]


def test_many_texts_are_read_at_once_in_their_order(client):
    texts = ["46.58758,125.10307", "nowhere", "51TXM6111161483"]
    answer = CoordsBatchAnswer.model_validate(client.post("/v1/coords", json={"texts": texts}).get_json())
    assert [line.text for line in answer.positions] == texts
    assert [line.lonlat is None for line in answer.positions] == [False, True, False]
    assert answer.understood == 2


def test_more_texts_than_the_ceiling_are_refused(client):
    assert client.post("/v1/coords", json={"texts": ["1,2"] * 10_001}).status_code == 400
