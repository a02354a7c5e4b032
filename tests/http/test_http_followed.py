"""More streams of events than a worker has places for: the others are told at once what there is."""

from __future__ import annotations

from threading import BoundedSemaphore

import pytest

from location_cloud.http import web


@pytest.fixture
def client(empty_app):
    return empty_app.test_client()


@pytest.fixture
def no_place(monkeypatch):
    """Every place for a stream is taken."""
    places = BoundedSemaphore(1)
    monkeypatch.setattr(web, "FOLLOWED", places)
    with places:
        yield


@pytest.mark.parametrize("path", ["/v1/fixes/stream", "/v1/incidents/feeds/stream"])
def test_a_stream_without_a_place_ends_at_once_and_is_asked_again(client, no_place, path):
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    assert answer.text.startswith("retry: 2000\nid: ")
    assert not answer.is_streamed


def test_streams_take_no_places_of_long_answers(client, monkeypatch):
    monkeypatch.setattr(web, "STREAMS", BoundedSemaphore(1))
    assert web.STREAMS.acquire(blocking=False)
    answer = client.get("/v1/fixes/stream", buffered=False)
    assert answer.status_code == 200
    answer.close()
    assert web.FOLLOWED._value == web.MOST_FOLLOWED
