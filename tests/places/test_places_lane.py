"""Questions about places in the lane: the same bytes as the framework's, and short questions at the port."""

from urllib.parse import quote

import pytest
from werkzeug.test import Client

from location_cloud.places.quick import MOST_HAN, MOST_LETTERS, is_short_question

AT = "24.9414,60.1699"
GOOD = [
    "/v1/geocode?q=Aleksanterinkatu%2044",
    "/v1/geocode?q=Aleksanterinkatu+44&limit=3&crs=bd09",
    f"/v1/geocode?q={quote('让胡路区')}&crs=gcj02&focus=125.1,46.6",
    f"/v1/suggest?q={quote('让胡')}&focus=125.1,46.6&limit=5",
    "/v1/suggest?q=manner",
    "/v1/suggest?q=zzzzqqq",
    f"/v1/reverse?at={AT}",
    f"/v1/reverse?at={AT}&crs=gcj02&limit=20&radius_m=5000",
    "/v1/reverse?at=125.11,46.59&crs=bd09&profile=dispatch&language=en",
    f"/v1/reverse?at={AT}&profile=dispatch",
    "/v1/reverse?at=-30,-40&profile=dispatch",
    "/v1/reverse?at=0,89.95&profile=dispatch&language=zh-CN",
]
BAD = [
    "/v1/geocode?q=",
    "/v1/geocode",
    "/v1/geocode?q=%FF%FE",
    "/v1/geocode?q=x&nonsense=1",
    "/v1/geocode?q=qqqq+wwww+zzzz",
    f"/v1/geocode?q={'x' * 201}",
    "/v1/suggest?q=x&limit=21",
    "/v1/reverse?at=60.17,224.9",
    f"/v1/reverse?at={AT}&radius_m=9000",
    f"/v1/reverse?at={AT}&profile=none",
    f"/v1/reverse?at={AT}&key=lc_wrong",
]


class Caller(Client):
    """Somebody on this machine."""

    def open(self, *parts, **more):
        return super().open(*parts, environ_overrides={"REMOTE_ADDR": "127.0.0.1"}, **more)


def told(answer):
    own = {"X-Request-Id", "Server-Timing", "Date", "Content-Length"}
    headers = {
        name: sorted(value.split(", ")) if name == "Vary" else value
        for name, value in answer.headers.items()
        if name not in own
    }
    body = answer.get_data()
    if answer.status_code >= 400:
        body = {name: value for name, value in answer.get_json().items() if name != "request_id"}
    return answer.status_code, headers, body


@pytest.mark.parametrize("headers", [{}, {"Accept-Language": "en"}], ids=str)
@pytest.mark.parametrize("url", GOOD)
def test_both_ways_give_the_same_bytes(url, headers, app):
    quick = Caller(app.wsgi_app).get(url, headers=headers)
    assert quick.status_code == 200
    assert "read;dur" not in quick.headers["Server-Timing"]  # only the framework tells how long reading took
    assert told(quick) == told(Caller(app.wsgi_app._inner).get(url, headers=headers))


@pytest.mark.parametrize("url", BAD)
def test_what_is_wrong_is_said_by_the_framework(url, app):
    quick = Caller(app.wsgi_app).get(url)
    assert quick.status_code >= 400
    assert told(quick) == told(Caller(app.wsgi_app._inner).get(url))


def test_an_unchanged_answer_is_not_sent_again(app):
    lane = Caller(app.wsgi_app)
    tag = lane.get(GOOD[0]).headers["ETag"]
    assert lane.get(GOOD[0], headers={"If-None-Match": tag}).status_code == 304


def test_a_key_without_the_right_is_refused_in_the_lane_too(app):
    lane = Client(app.wsgi_app)
    answer = lane.get(GOOD[-1], environ_overrides={"REMOTE_ADDR": "10.0.0.1"})
    assert answer.status_code == 401


def test_long_questions_do_not_take_the_thread_at_the_port():
    assert is_short_question(f"limit=1&q={quote('让' * MOST_HAN)}")
    assert not is_short_question(f"q={quote('让' * (MOST_HAN + 1))}")


def test_a_western_address_with_postcode_and_town_is_short():
    assert is_short_question(f"q={quote('Albrecht-Dürer-Straße 11, 91207 Lauf a.d.Pegnitz')}&limit=5")
    assert not is_short_question(f"q={quote('é' * (MOST_LETTERS + 1))}")
