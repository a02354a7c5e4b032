"""Encoded polylines of clients: what is wrong with them, said in words of the web."""

import pytest

from location_cloud.directions.formats import decode_polyline
from location_cloud.errors import BadQuery, TooLarge


@pytest.mark.parametrize(("text", "place"), [("_p~iF~ps|U ", "character 10 is not"), ("_p~iF", "without longitude")])
def test_broken_text_is_a_bad_question(text, place):
    with pytest.raises(BadQuery, match=place):
        decode_polyline(text)


def test_more_places_than_the_ceiling_are_refused():
    with pytest.raises(TooLarge, match="places"):
        decode_polyline("??" * 11, most_points=10)
    with pytest.raises(TooLarge, match="characters"):
        decode_polyline("??" * 100, most_points=10)
