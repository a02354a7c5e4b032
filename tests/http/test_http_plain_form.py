"""The plain form of an operation reads an address as the framework does, or leaves it to the framework."""

from types import SimpleNamespace

import pytest
from pydantic import BaseModel

from location_cloud.errors import Unprocessable
from location_cloud.http.parameters import LonLat, Query
from location_cloud.http.plain_form import only_if, plain_form, read_params

CALL = SimpleNamespace(world=SimpleNamespace(snapshot=SimpleNamespace(id="s")))


class Asks(Query):
    q: str
    at: LonLat | None = None


class Told(BaseModel):
    q: str
    crs: str = "wgs84"


@pytest.mark.parametrize("query", ["q=%E8%AE%A9+x", "q=%e8%ae%a9%20x&", "&q=让 x", "q=%E8%AE%A9+x&crs=gcj02"])
def test_values_are_decoded_as_in_any_address(query):
    assert read_params(Asks, query).q == "让 x"


@pytest.mark.parametrize("query", ["", "q=%FF", "q=x&at=200,0", "q=x&y=1", "q=x&crs=mars", "=x"])
def test_what_is_wrong_is_left_to_the_framework(query):
    assert read_params(Asks, query) is None


def test_answer_names_its_coordinate_system():
    plain = plain_form(lambda call, params, body: {"q": params.q}, Asks, Told)
    assert plain(CALL, "", "q=x&crs=bd09") == b'{"q":"x","crs":"bd09"}'


def test_a_question_without_answer_is_tried_once():
    tried = []

    def refuse(call, params, body):
        tried.append(params.q)
        raise Unprocessable("no")

    plain = plain_form(refuse, Asks, Told)
    with pytest.raises(Unprocessable):
        plain(CALL, "", "q=x")
    assert plain(CALL, "", "q=x") is None
    assert tried == ["x"]


def test_only_some_addresses_are_quick():
    quick = only_if(lambda query: len(query) < 5, lambda call, path, query: b"x")
    assert (quick(CALL, "", "q=1"), quick(CALL, "", "q=12345")) == (b"x", None)
