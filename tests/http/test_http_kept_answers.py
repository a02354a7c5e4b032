"""An answer is repeated only to whoever would get it anyway, and never after the snapshot has changed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from location_cloud.access.service import issue_key
from location_cloud.app import all_operations, utc_now
from location_cloud.capabilities import CAPABILITIES
from location_cloud.http.kept_answers import KeptAnswers, max_age, wishes_of

HEAD = (
    "HTTP/1.1 200 OK\r\nDate: now\r\nX-Request-Id: 1\r\nContent-Length: 4\r\nCache-Control: public, max-age=60\r\n"
    "Location-Cloud-Snapshot: one\r\nVary: Accept-Encoding\r\n"
)
HERE = ("gzip", "", True)
TARGET = b"/tiles/base/14/1/2.mvt"


class Worlds:
    """What is served now."""

    def __init__(self):
        self.publish("one")

    def publish(self, snapshot):
        self.world = SimpleNamespace(snapshot=SimpleNamespace(id=snapshot))

    def find(self):
        return self.world


class Clock:
    """A clock that stands still until it is set."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def worlds():
    return Worlds()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def kept(worlds, clock):
    system = SimpleNamespace(worlds=worlds, operations=all_operations(CAPABILITIES))
    return KeptAnswers(system, {"lc_a"}.__contains__, 4_000, clock)


def test_an_answer_is_repeated_without_the_fields_of_the_first(kept):
    kept.keep(TARGET, HERE, HEAD, b"tile")
    found = kept.find(TARGET, HERE)
    assert (found.operation, found.status, found.body) == ("maps.tile", 200, b"tile")
    assert found.head == HEAD.replace("Date: now\r\nX-Request-Id: 1\r\n", "").encode()


def test_a_repeated_answer_names_the_live_version_of_now(empty_app, kept, monkeypatch):
    monkeypatch.setattr("location_cloud.http.lane.VERSION_S", 0.0)
    kept.keep(TARGET, HERE, HEAD + "Location-Cloud-Live-Version: 0\r\n", b"tile")
    found, lane = kept.find(TARGET, HERE), empty_app.wsgi_app
    live = empty_app.extensions["location_cloud"].live
    assert b"Live-Version" not in found.head
    for _ in range(2):
        issue_key(live, "default", "app", ("*:read",), utc_now())
        assert f"Location-Cloud-Live-Version: {live.version()}\r\n".encode() in lane.repeat(found)


def test_an_answer_without_a_live_version_is_repeated_without(empty_app, kept):
    kept.keep(TARGET, HERE, HEAD, b"tile")
    assert b"Live-Version" not in empty_app.wsgi_app.repeat(kept.find(TARGET, HERE))


@pytest.mark.parametrize("wishes", [("", "", True), ("gzip", "key", True), ("gzip", "", False)])
def test_it_is_not_repeated_to_another_kind_of_caller(wishes, kept):
    kept.keep(TARGET, HERE, HEAD, b"tile")
    assert kept.find(TARGET, wishes) is None


def test_it_is_forgotten_with_its_snapshot(kept, worlds):
    kept.keep(TARGET, HERE, HEAD, b"tile")
    worlds.publish("two")
    assert kept.find(TARGET, HERE) is None


def test_an_answer_from_the_snapshot_before_is_not_kept(kept, worlds):
    worlds.publish("two")
    kept.find(TARGET, HERE)
    kept.keep(TARGET, HERE, HEAD, b"tile")
    assert kept.find(TARGET, HERE) is None


def test_it_is_kept_as_long_as_it_says(kept, clock):
    kept.keep(TARGET, HERE, HEAD, b"tile")
    clock.now = 59
    assert kept.find(TARGET, HERE) is not None
    clock.now = 61
    assert kept.find(TARGET, HERE) is None


@pytest.mark.parametrize(
    ("target", "key", "is_repeated"),
    [
        (TARGET, "lc_a", True),
        (TARGET + b"?key=lc_a", "", True),
        (TARGET, "lc_revoked", False),
        (TARGET + b"?key=lc_revoked", "", False),
    ],
)
def test_an_answer_to_a_key_is_repeated_while_the_key_is_good(target, key, is_repeated, kept, clock):
    kept.keep(target, ("gzip", key, True), HEAD, b"tile")
    kept.remember(b"whole", True, kept.find(target, ("gzip", key, True)))
    clock.now = 1.1
    assert (kept.find_again(b"whole", True) is not None) == is_repeated
    assert (kept.find(target, ("gzip", key, True)) is not None) == is_repeated
    clock.now = 61
    assert kept.find_again(b"whole", True) is None


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("200 OK", "404 Not Found"),
        ("public, max-age=60", "no-store"),
        ("public, max-age=60", "no-cache"),
        ("Accept-Encoding", "Accept-Encoding, Accept-Language"),
        ("Accept-Encoding", "Accept-Language"),
    ],
)
def test_what_is_not_for_everybody_is_not_kept(word, other, kept):
    kept.keep(TARGET, HERE, HEAD.replace(word, other), b"tile")
    assert kept.find(TARGET, HERE) is None


@pytest.mark.parametrize(
    ("more", "is_kept"), [("Vary: Origin\r\n", True), ("Vary: Accept-Language\r\nVary: Accept-Encoding\r\n", False)]
)
def test_every_field_that_says_what_it_depends_on_is_read(more, is_kept, kept):
    kept.keep(TARGET, HERE, HEAD + more, b"tile")
    assert (kept.find(TARGET, HERE) is not None) == is_kept


def test_the_oldest_go_when_there_are_too_many(kept):
    targets = [TARGET + b"?n=%d" % number for number in range(9)]
    for target in targets:
        kept.keep(target, HERE, HEAD, b"tile")
    assert [kept.find(target, HERE) is not None for target in targets] == [False] * 3 + [True] * 6


def test_long_words_of_callers_count_as_bytes(kept):
    for number in range(9):
        kept.keep(TARGET, ("gzip" + " " * 1_000 + str(number), "", True), HEAD, b"tile")
    assert len(kept._kept) == 2


def test_long_requests_are_read_each_time(kept):
    kept.keep(TARGET, HERE, HEAD, b"tile")
    for size in (300, 3_000):
        kept.remember(b"x" * size, True, kept.find(TARGET, HERE))
    assert [kept.find_again(b"x" * size, True) is not None for size in (300, 3_000)] == [True, False]


@pytest.mark.parametrize(
    ("said", "seconds"), [("public, max-age=60", 60), ("private, max-age=5", 5), ("no-cache", 0), ("", 0)]
)
def test_how_long_an_answer_may_be_kept_is_read_from_its_header(said, seconds):
    assert max_age(said) == seconds


@pytest.mark.parametrize("field", ["HTTP_ORIGIN", "HTTP_IF_NONE_MATCH", "HTTP_RANGE", "HTTP_COOKIE"])
def test_a_question_with_more_to_it_is_asked_anew(field):
    assert wishes_of({"HTTP_HOST": "127.0.0.1", field: "x"}, "127.0.0.1") is None


def test_a_caller_behind_a_proxy_is_not_on_this_machine():
    assert wishes_of({"HTTP_HOST": "127.0.0.1"}, "127.0.0.1") == ("", "", True)
    assert wishes_of({"HTTP_HOST": "127.0.0.1", "HTTP_VIA": "x"}, "127.0.0.1") == ("", "", False)
