"""Numbers in addresses are written as everybody writes them; what only Python takes for one is refused by name."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from location_cloud.http.parameters import LonLat, LonLatList, Query, numeric_fields


class Asked(Query):
    """A question with numbers of every kind."""

    count: int = 0
    level: int | None = None
    size: Annotated[float, Field(gt=-5)] = 0.0
    width: float | None = None
    ids: list[int] | None = None
    limits: list[Annotated[float, Field(gt=0)]] | None = None
    at: LonLat | None = None
    via: LonLatList | None = None
    name: str = ""
    is_long: bool = False
    season: Literal["", "1_0"] = ""


ODD = ["+1", "1_0", " 1", "1 ", "\uff11", "\u0661", "0x1", "", "--1", "inf", "nan", "Infinity", "1,"]


@pytest.mark.parametrize("text", [*ODD, "1.0", "1e1", "1."])
@pytest.mark.parametrize("name", ["count", "level"])
def test_an_odd_whole_number_is_refused_by_name(name, text):
    with pytest.raises(ValidationError, match="plain digits") as refused:
        Asked.model_validate({name: text})
    assert refused.value.errors()[0]["loc"] == (name,)


@pytest.mark.parametrize("text", [*ODD, "1_0.5", "1.2.3", ".", "1e", "e1"])
@pytest.mark.parametrize("name", ["size", "width"])
def test_an_odd_number_is_refused_by_name(name, text):
    with pytest.raises(ValidationError) as refused:
        Asked.model_validate({name: text})
    assert refused.value.errors()[0]["loc"] == (name,)


@pytest.mark.parametrize("given", [{"ids": ["1", "1_0"]}, {"limits": "1,1_0"}, {"limits": "1,+2"}])
def test_an_odd_number_in_a_list_is_refused(given):
    with pytest.raises(ValidationError, match="number is needed"):
        Asked.model_validate(given)


def test_plain_numbers_are_read():
    asked = Asked.model_validate({"count": "-12", "level": "007", "size": "-.5", "width": "1.5e-3", "ids": ["1", "2"]})
    assert (asked.count, asked.level, asked.size, asked.width, asked.ids) == (-12, 7, -0.5, 0.0015, [1, 2])
    assert Asked(count=3, size=2, width=1.5, name="+1", season="1_0").count == 3


def test_points_words_and_flags_have_rules_of_their_own():
    assert set(numeric_fields(Asked)) == {"count", "level", "size", "width", "ids", "limits"}


@pytest.mark.parametrize("fields", [{}, {"Origin": "https://a.example"}], ids=["lane", "framework"])
@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/v1/route?from=24.9384,60.1699&to=24.9458,60.1640&radius_m=1_0", "radius_m"),
        ("/v1/route?from=24.9384,60.1699&to=24.9458,60.1640&alternatives=1.0", "alternatives"),
        ("/v1/isochrone?at=24.9384,60.1699&minutes=5,1_0", "minutes"),
        ("/tiles/base/1_3/4663/2370.mvt", "z"),
        ("/tiles/base/13/%2B4663/2370.mvt", "x"),
        ("/tiles/base/13/4663/%EF%BC%91.mvt", "y"),
    ],
)
def test_both_ways_refuse_them_by_name(path, word, fields, client):
    answer = client.get(path, headers=fields)
    assert (answer.status_code, answer.json["errors"][0]["where"].rpartition(".")[2]) == (400, word)
