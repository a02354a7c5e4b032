"""Bodies at the public port: whoever sends one slowly, or never, waits alone."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from location_cloud.http import bodies
from location_cloud.http.bodies import OWN_BYTES, Arriving, Space, State, may_have_body
from location_cloud.http.body import WHOLE_BODY
from tests.http.test_http_front import FIELDS, ROUTE, Line, front_before, wait_until

MATRIX = '{"sources":[[24.9384,60.1699]],"targets":[[24.9458,60.164]]}'
JSON = "Content-Type: application/json\r\n"
BINARY = "Content-Type: application/octet-stream\r\n"
IDLE = 50


@pytest.fixture(scope="module")
def key(served_home):
    """A key that may ask for matrices."""
    command = [sys.executable, "-m", "location_cloud", "keys", "add", "--scope", "directions:read"]
    environment = {**os.environ, "LOCATION_CLOUD_HOME": str(served_home)}
    made = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return next(word for word in made.stdout.split() if word.startswith("lc_"))


def post(body, fields="", size=None):
    """The bytes of a question for a matrix."""
    size = len(body) if size is None else size
    return f"POST /v1/matrix HTTP/1.1\r\n{FIELDS}{JSON}{fields}Content-Length: {size}\r\n\r\n{body}"


@contextmanager
def idle_senders(served, texts):
    """Callers that begin a body, each from an address of its own for far ones, and never end it."""
    opened = []
    for source, text in texts:
        line = Line(served, source)
        line.send(text)
        opened.append(line)
    yield
    for line in opened:
        line.socket.close()


def asks_in_vain(served, count=12):
    """The statuses of ordinary questions of others that are not 200."""
    statuses = []
    for _ in range(count):
        line = Line(served)
        line.socket.settimeout(5)
        line.send(post(MATRIX))
        statuses.append(line.read()[0])
        line.socket.close()
    return [status for status in statuses if status != 200]


BEGINNINGS = {
    "nothing of it": post("", size=500),
    "a part of it": post(MATRIX[:20], size=500),
    "in chunks": f"POST /v1/matrix HTTP/1.1\r\n{FIELDS}{JSON}Transfer-Encoding: chunked\r\n\r\n5\r\n[[1,2\r\n",
    "a part of the head": post("")[:60],
    "asking first": post("", "Expect: 100-continue\r\n", 500),
    "a large one": post("[", size=900_000),
}


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_idle_senders_of_bodies_harm_nobody(beginning, served):
    with idle_senders(served, [("127.0.0.1", BEGINNINGS[beginning])] * IDLE):
        assert asks_in_vain(served) == []


def test_idle_senders_with_keys_from_many_addresses_harm_nobody(served, key):
    texts = [(f"127.0.1.{n}", post("", f"X-API-Key: {key}\r\n", 500)) for n in range(1, IDLE)]
    with idle_senders(served, texts):
        assert asks_in_vain(served) == []


@pytest.mark.parametrize("size", [100, 3_000_001, 12_000_001])
@pytest.mark.parametrize("is_chunked", [False, True], ids=["sized", "chunked"])
@pytest.mark.parametrize("word", ["", "Expect: 100-continue\r\n"], ids=["at once", "asked for"])
def test_a_body_of_any_size_is_read_whole(size, is_chunked, word, served):
    line = Line(served)
    length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {size}"
    line.send(f"POST /v1/speeds HTTP/1.1\r\n{FIELDS}{BINARY}{word}{length}\r\n\r\n")
    if word:
        assert line.file.peek(12)[:12] == b"HTTP/1.1 100"
    line.send(f"{size:x}\r\n{' ' * size}\r\n0\r\n\r\n" if is_chunked else " " * size)
    while line.file.peek(12)[:12] == b"HTTP/1.1 100":
        assert (line.file.readline(), line.file.readline()) == (b"HTTP/1.1 100 Continue\r\n", b"\r\n")
    status, _, problem = line.read()
    assert (status, f"has {size} bytes".encode() in problem) == (400, True), problem
    line.socket.close()


def test_a_connection_lives_on_after_bodies(served):
    line = Line(served)
    answers = []
    for text in (post(MATRIX), post("{"), post(MATRIX), post("{}", size=2), post(MATRIX)):
        line.send(text)
        answers.append(line.read()[0])
        assert line.ask(ROUTE)[0] == 200
    assert answers == [200, 400, 200, 400, 200]
    line.socket.close()


def test_whoever_sends_a_body_and_no_more_is_answered_and_told_the_end(served):
    for fields, is_shut in (("Connection: close\r\n", False), ("", True)):
        line = Line(served)
        line.send(post(MATRIX, fields))
        if is_shut:
            line.socket.shutdown(socket.SHUT_WR)
        assert line.read()[0] == 200
        assert line.is_ended()
        line.socket.close()


def test_a_body_and_questions_behind_it_are_answered_in_their_order(served):
    line = Line(served)
    line.send(post(MATRIX) + f"GET {ROUTE} HTTP/1.1\r\n{FIELDS}\r\n" + post("{"))
    assert [line.read()[0] for _ in range(3)] == [200, 200, 400]
    line.socket.close()


@pytest.mark.parametrize("path", ["/v1/matrix", "/osrm/nothing"])
def test_a_stranger_with_a_body_stays_a_stranger(path, served):
    line = Line(served, "127.0.0.9")
    line.send(post(MATRIX).replace("/v1/matrix", path))
    assert line.read()[0] in (401, 404)
    line.socket.close()


def test_a_body_that_comes_too_slowly_is_refused(app, monkeypatch):
    monkeypatch.setattr(bodies, "BODY_S", 0.2)
    monkeypatch.setattr("location_cloud.http.front.SWEEP_S", 0.05)
    with front_before(app, 1) as (address, _):
        line = Line(address)
        line.send(post("{", size=50))
        status, fields, body = line.read()
        assert (status, fields["connection"], b"slower" in body) == (408, "close", True)
        assert line.is_ended()
        line.socket.close()


def test_who_takes_too_much_memory_is_refused(app):
    with front_before(app, 1) as (address, front):
        front.space = Space(3 * OWN_BYTES)
        first, second = Line(address), Line(address)
        first.send(post("[" * 1_000, size=5_000))
        wait_until(lambda: front.space._held)
        second.send(post("[" * 1_000, size=5_000))
        assert first.read()[0] == 503
        first.socket.close()
        second.socket.close()


def test_memory_is_free_when_the_web_server_has_taken_a_body(app):
    behind = socket.create_server(("127.0.0.1", 0))
    with front_before(app, behind.getsockname()[1]) as (address, front):
        line = Line(address)
        line.send(post("[" * 5_000_000))
        taken, _ = behind.accept()
        assert front.space._bytes > 5_000_000
        left = 5_000_000
        while left > 0:
            left -= len(taken.recv(1_000_000))
        wait_until(lambda: not front.space._bytes)
        taken.close()
        line.socket.close()
    behind.close()


def test_a_stop_does_not_wait_for_bodies(app):
    with front_before(app, 1) as (address, front):
        line = Line(address)
        line.send(post("{", size=50))
        wait_until(lambda: front.space._held)
    line.socket.close()


# --- how a request is followed ----------------------------------------------------------------------

HEAD = b"POST /v1/matrix?a=%20 HTTP/1.1\r\nHost: a\r\n"
SIZED = HEAD + b"Content-Length: 5\r\n\r\n12345"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n123\r\n0a\r\n\r\n34567890\r\n0\r\n\r\n"


def follow(pieces):
    """What is found after each piece of a request, and the request."""
    arriving = Arriving(0.0)
    return [arriving.add(piece) for piece in pieces], arriving


@pytest.mark.parametrize("text", [SIZED, CHUNKED, HEAD + b"\r\n", SIZED.replace(b"12345", b"\r\n\r\n1")])
def test_a_request_is_whole_at_its_last_byte_however_it_is_cut(text):
    for seed in range(20):
        cuts = sorted(random.Random(seed).sample(range(1, len(text)), 4))
        pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        states, arriving = follow(pieces)
        assert (states, arriving.is_alone) == ([State.WAITING] * 4 + [State.WHOLE], True), pieces


def test_a_whole_one_says_so_and_keeps_its_bytes():
    mark = f"{WHOLE_BODY[0]}: {WHOLE_BODY[1]}\r\n\r\n".encode()
    text = SIZED.replace(b"Host: a\r\n", b"Expect: 100-continue\r\nHost: a\r\n")
    assert follow([text])[1].marked() == SIZED.replace(b"\r\n\r\n", b"\r\n" + mark)


def test_what_comes_behind_a_whole_one_is_seen():
    assert [follow([text + b"G"])[1].is_alone for text in (SIZED, CHUNKED)] == [False, False]


@pytest.mark.parametrize(
    "text",
    [
        SIZED.replace(b"HTTP/1.1", b"HTTP/1.0"),
        SIZED.replace(b" /v1", b"  /v1"),
        SIZED.replace(b"Host: a", b"Host : a"),
        SIZED.replace(b"Host: a", b"Hst: a"),
        SIZED.replace(b": 5", b": +5"),
        SIZED.replace(b": 5", b": 5, 5"),
        SIZED.replace(b": 5", b": "),
        SIZED.replace(b": 5", b": 5\r\nContent-Length: 5"),
        SIZED.replace(b": 5", b": 5\r\nTransfer-Encoding: chunked"),
        SIZED.replace(b": 5", b": 10000001"),
        SIZED.replace(b"Host", b"Upgrade: h2c\r\nHost"),
        SIZED.replace(b"Host", b"Expect: tea\r\nHost"),
        CHUNKED.replace(b"chunked", b"gzip, chunked"),
        CHUNKED.replace(b"3\r\n123", b"3;a=b\r\n123"),
        CHUNKED.replace(b"3\r\n123", b"+3\r\n123"),
        CHUNKED.replace(b"3\r\n123", b"2\r\n123"),
        CHUNKED.replace(b"3\r\n123", b"fffffff\r\n123"),
        CHUNKED.replace(b"3\r\n123", b"0000000003\r\n123"),
        CHUNKED.replace(b"0\r\n\r\n", b"0\r\nTrailer: 1\r\n\r\n"),
        HEAD + b"x: " + b"y" * 20_000,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 10_001,
    ],
)
def test_an_odd_request_is_not_waited_for(text):
    assert follow([text])[0] == [State.ODD]


@pytest.mark.parametrize(
    ("text", "may"), [(b"POST /", True), (b"DELETE /", True), (b"GET /", False), (b"POST a", False)]
)
def test_only_some_methods_have_bodies_that_are_waited_for(text, may):
    assert may_have_body(text) == may


def test_who_asks_before_sending_is_told_once():
    text = SIZED.replace(b"Host", b"Expect: 100-continue\r\nHost")
    _, arriving = follow([text[:-5]])
    assert [arriving.wants_to_be_asked(), arriving.wants_to_be_asked()] == [True, False]
    assert not follow([text[:-2]])[1].wants_to_be_asked()


def test_a_slow_body_has_longer_the_more_of_it_came():
    _, arriving = follow([SIZED[:-1] + b"x" * 0])
    assert [arriving.is_late(20), arriving.is_late(21)] == [False, True]
    arriving.data += b"x" * 10_000
    assert [arriving.is_late(40), arriving.is_late(41)] == [False, True]


def test_the_address_that_holds_most_gives_way_with_its_oldest():
    space = Space(10 * OWN_BYTES)
    for holder in ("a1", "a2", "b1"):
        assert space.hold(holder, holder[0], 2 * OWN_BYTES) == []
    assert space.hold("b1", "b", 3 * OWN_BYTES) == []
    assert space.hold("b2", "b", 0) == ["a1"]
    assert space.hold("b2", "b", 2 * OWN_BYTES) == []
    space.free("b1")
    assert space.hold("c1", "c", 3 * OWN_BYTES) == []


def test_what_is_handed_on_has_its_memory_until_it_is_taken():
    space = Space(5 * OWN_BYTES)
    space.hold("a", "a", 3 * OWN_BYTES)
    space.keep("a")
    assert space.hold("b", "b", OWN_BYTES) == ["b"]
    space.free("a")
    assert space.hold("b", "b", OWN_BYTES) == []
