"""Encoded polylines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_cloud.spatial.errors import BadPolyline
from location_cloud.spatial.polyline import decode_polyline, encode_polyline

GOOGLES = "_p~iF~ps|U_ulLnnqC_mqNvxq`@"
"""Source: Google, "Encoded Polyline Algorithm Format": (38.5,-120.2), (40.7,-120.95), (43.252,-126.453)."""
GOOGLES_E7 = [[-1202000000, 385000000], [-1209500000, 407000000], [-1264530000, 432520000]]

PLACES = st.tuples(st.integers(-1_800_000_000, 1_800_000_000), st.integers(-900_000_000, 900_000_000))
LINES = st.lists(PLACES, max_size=40).map(lambda places: np.array(places, np.int32).reshape(-1, 2))


def rounded(line, unit):
    """Halves away from zero."""
    return np.sign(line) * ((np.abs(line.astype(np.int64)) + unit // 2) // unit) * unit


def test_googles_own_example():
    assert encode_polyline(np.array(GOOGLES_E7, np.int32)) == GOOGLES
    assert decode_polyline(GOOGLES).tolist() == GOOGLES_E7


@given(LINES, st.sampled_from([5, 6]))
def test_what_is_encoded_comes_back_rounded(line, precision):
    unit = 10 ** (7 - precision)
    assert decode_polyline(encode_polyline(line, precision), precision).tolist() == rounded(line, unit).tolist()


@pytest.mark.parametrize(("value", "text"), [(50, "?A"), (-50, "?@"), (49, "??"), (-49, "??"), (150, "?C")])
def test_halves_are_rounded_away_from_zero(value, text):
    assert encode_polyline(np.array([[value, 0]], np.int32)) == text


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("_p~iF~ps|U ", "character 10 is not"),
        ("_p~iF~ps|U>", "character 10 is not"),
        ("_p~iF\u00e9", "character 5 is not"),
        ("_p~iF\x7f", "character 5 is not"),
        ("_p~iF~ps", "within a number"),
        ("_p~iF", "without longitude"),
        ("~~~~~~~~~~", "too large"),
        ("_ibE_ibE" * 300, "off the globe"),
    ],
)
def test_broken_text_is_refused_with_its_place(text, place):
    with pytest.raises(BadPolyline, match=place):
        decode_polyline(text)


@given(st.text(max_size=30))
def test_any_text_is_a_line_or_refused(text):
    try:
        line = decode_polyline(text)
    except BadPolyline:
        return
    assert (np.abs(line) <= [1_800_000_000, 900_000_000]).all()


def test_another_precision_is_refused():
    with pytest.raises(BadPolyline, match="precision=7"):
        encode_polyline(np.zeros((1, 2), np.int32), 7)


def test_a_line_that_is_a_part_of_a_mapped_array_is_read():
    line = np.arange(40, dtype=np.int32).reshape(-1, 4)[:, :2]
    assert decode_polyline(encode_polyline(line, 6), 6).shape == (10, 2)
