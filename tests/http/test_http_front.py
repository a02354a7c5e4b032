"""The public port speaks HTTP whatever comes: what it answers at once and what it hands on are told apart by nobody."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import numpy as np
import pytest

from location_cloud.http.crowd import Crowd
from location_cloud.http.front import Front
from location_cloud.http.plain_http import body_size, is_plain_target, read_fields

ROUTE = "/osrm/route/v1/car/24.9384,60.1699;24.9458,60.1640"
FIELDS = "Host: 127.0.0.1\r\n"


class Line:
    """One connection, byte by byte."""

    def __init__(self, served, source="127.0.0.1"):
        address = urlsplit(served)
        self.socket = socket.create_connection((address.hostname, address.port), 30, (source, 0))
        self.file = self.socket.makefile("rb")

    def send(self, text):
        self.socket.sendall(text.encode())

    def ask(self, path, fields=FIELDS, method="GET", version="HTTP/1.1"):
        self.send(f"{method} {path} {version}\r\n{fields}\r\n")
        return self.read(method)

    def read(self, method="GET"):
        """Status, fields, body."""
        status = int(self.file.readline().split()[1])
        fields = {}
        while (line := self.file.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            fields[name.decode().lower()] = value.strip().decode()
        size = 0 if method == "HEAD" or status in (204, 304) else int(fields["content-length"])
        return status, fields, self.file.read(size)

    def is_ended(self):
        return self.file.read(1) == b""


@pytest.fixture
def line(served):
    opened = Line(served)
    yield opened
    opened.socket.close()


@contextmanager
def lines(served, count):
    opened = [Line(served) for _ in range(count)]
    yield opened
    for each in opened:
        each.socket.close()


def is_from_the_front(answer):
    """The web server behind it names itself."""
    return "server" not in answer[1]


def test_a_quick_question_is_answered_at_the_port(line):
    status, fields, body = answer = line.ask(ROUTE)
    assert (status, is_from_the_front(answer)) == (200, True)
    assert body.startswith(b'{"code":"Ok"')
    assert fields["date"].endswith("GMT")
    assert fields["x-content-type-options"] == "nosniff"


def test_what_is_not_quick_is_answered_by_the_server_behind(line):
    status, _, body = answer = line.ask("/health")
    assert (status, is_from_the_front(answer)) == (200, False)
    assert b'"ready":true' in body


def test_one_connection_asks_both_in_turn(line):
    asked = [ROUTE, "/health", ROUTE, f"{ROUTE}?overview=wrong", ROUTE, "/nothing", ROUTE]
    answers = [line.ask(path) for path in asked]
    assert [answer[0] for answer in answers] == [200, 200, 200, 400, 200, 404, 200]
    assert [is_from_the_front(answer) for answer in answers] == [True, False] * 3 + [True]


def test_both_answer_the_same(line):
    at_once, behind = line.ask(ROUTE), line.ask(ROUTE, FIELDS + "Origin: https://a.example\r\n")
    assert (is_from_the_front(at_once), is_from_the_front(behind)) == (True, False)
    assert at_once[2] == behind[2]
    own = {"date", "x-request-id", "server-timing", "server"}
    assert {**at_once[1], **dict.fromkeys(own)} == {**behind[1], **dict.fromkeys(own)}


def test_a_head_has_the_fields_of_the_answer_and_no_body(line):
    assert line.ask("/health", method="HEAD")[2] == b""
    assert line.ask(ROUTE, method="HEAD")[0] == 200
    assert line.ask(ROUTE)[0] == 200


def test_a_body_goes_to_the_server_behind_and_the_connection_lives_on(line):
    body = '{"sources":[[24.9384,60.1699]],"targets":[[24.9458,60.164]]}'
    fields = f"{FIELDS}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    line.send(f"POST /v1/matrix HTTP/1.1\r\n{fields}\r\n{body}")
    assert line.read()[0] == 200
    assert line.ask(ROUTE)[0] == 200


def test_questions_sent_at_once_are_answered_in_their_order(line):
    one = f"GET {ROUTE} HTTP/1.1\r\n{FIELDS}\r\n"
    other = f"GET /health HTTP/1.1\r\n{FIELDS}\r\n"
    line.send(one + other + one)
    bodies = [line.read()[2] for _ in range(3)]
    assert [b'"code":"Ok"' in body for body in bodies] == [True, False, True]


def test_a_question_behind_one_that_is_being_answered_waits_for_it(line):
    line.send(f"GET /health HTTP/1.1\r\n{FIELDS}\r\n")
    line.send(f"GET {ROUTE} HTTP/1.1\r\n{FIELDS}\r\n")
    assert [b'"ready"' in line.read()[2], b'"code":"Ok"' in line.read()[2]] == [True, True]


def test_a_question_in_pieces_is_answered(line):
    for piece in ("GET ", ROUTE[:20], ROUTE[20:] + " HTTP/1.1\r\nHo", "st: 127.0.0.1\r\n", "\r\n"):
        line.send(piece)
    assert line.read()[0] == 200


@pytest.mark.parametrize(
    ("fields", "version"), [(FIELDS + "Connection: close\r\n", "HTTP/1.1"), (FIELDS, "HTTP/1.0")], ids=["close", "1.0"]
)
def test_whoever_wants_it_is_told_the_end(fields, version, line):
    assert line.ask(ROUTE, fields, version=version)[0] == 200
    assert line.is_ended()


def test_whoever_sends_no_more_still_gets_the_answer(line):
    line.send(f"GET /health HTTP/1.1\r\n{FIELDS}\r\n")
    line.socket.shutdown(socket.SHUT_WR)
    assert line.read()[0] == 200
    assert line.is_ended()


@pytest.mark.parametrize(
    "text",
    [
        "\r\n\r\n\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        f"GET {ROUTE} HTTP/1.1\r\n\r\n",
        f"GET {ROUTE} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        f"GET {ROUTE} HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        f"GET {ROUTE} HTTP/1.1\r\nHo st: a\r\n\r\n",
        f"GET {ROUTE} HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        f"GET {ROUTE} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "\x00\x01\x02\x16\x03\x01\r\n\r\n",
    ],
)
def test_odd_requests_are_refused_by_the_server_behind_or_hung_up_on(text, line):
    line.send(text)
    line.socket.shutdown(socket.SHUT_WR)
    first = line.file.readline()
    assert (
        first == b"" or first.split()[1] in (b"400", b"401", b"404", b"505") or b"server: granian" in line.file.read()
    )


def test_a_tile_is_repeated_at_the_port(line):
    first, again = line.ask("/tiles/base/13/4663/2370.mvt"), line.ask("/tiles/base/13/4663/2370.mvt")
    assert is_from_the_front(again)
    assert (again[0], again[2], again[1]["etag"]) == (first[0], first[2], first[1]["etag"])
    assert again[1]["x-request-id"] != first[1]["x-request-id"]


def test_an_unchanged_tile_is_304_at_the_port(line):
    etag = line.ask("/tiles/base/13/4663/2370.mvt")[1]["etag"]
    assert line.ask("/tiles/base/13/4663/2370.mvt", f"{FIELDS}If-None-Match: {etag}\r\n")[::2] == (304, b"")


def test_an_answer_of_megabytes_passes_whole(line):
    status, _, body = line.ask("/openapi.json")
    assert (status, body[-1:]) == (200, b"}")
    assert line.ask(ROUTE)[0] == 200


@pytest.mark.parametrize("path", [ROUTE, "/v1/nearest?at=24.94,60.17"])
def test_another_machine_is_never_taken_for_this_one(path, served):
    stranger = Line(served, source="127.0.0.9")
    assert stranger.ask(path)[0] == 401
    stranger.socket.close()


def test_callers_are_shared_out_among_workers(served):
    with lines(served, 8) as opened:
        for each in opened:
            assert each.ask(ROUTE)[0] == 200
        workers = {each.ask(ROUTE)[1]["x-request-id"][:8] for each in opened}
    assert len(workers) == 2


def test_a_crowd_knows_who_has_least():
    crowd = Crowd()
    crowd.join()
    assert crowd.is_least()
    crowd.count(2)
    assert crowd.is_least()
    other = np.flatnonzero(crowd._rows[:, 0] == 0)[0]
    crowd._rows[other] = 2**30, 1
    assert not crowd.is_least()
    crowd.forget_dead()
    assert crowd.is_least()


@pytest.mark.parametrize("target", [b"/a%20b", b"/a b", b"/a#b", b"/\xc3\xa9", b'/"', b"", b"/a\tb", b"/?k%65y=x"])
def test_a_target_that_does_not_mean_itself_is_not_plain(target):
    assert not is_plain_target(target)


def test_a_value_of_a_parameter_may_be_written_in_escapes():
    assert is_plain_target(b"/v1/geocode?q=%E5%9B%A2%E7%BB%93+202&limit=1&x")


@pytest.mark.parametrize(
    "field",
    ["Content-Length: 0", "Upgrade: h2c", "Connection: close", "Expect: 100-continue", "A_B: 1", "No colon", ": x"],
)
def test_a_field_that_changes_how_a_request_is_read_is_not_plain(field):
    assert read_fields(b"\r\nHost: a\r\n" + field.encode() + b"\r\n\r\n") is None


def test_fields_are_named_as_wsgi_does():
    assert read_fields(b"\r\nHost: a:1\r\nX-API-Key:  k \r\n\r\n") == {"HTTP_HOST": "a:1", "HTTP_X_API_KEY": "k"}


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", 12),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 0),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\n\r\n", 0),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 12\r\n\r\n", None),
        (b"HTTP/1.1 100 Continue\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\n\r\n", None),
    ],
)
def test_the_end_of_an_answer_is_known_from_its_head(head, size):
    assert body_size(head) == size


@contextmanager
def front_before(app, port):
    """A front of its own before a server behind it."""
    crowd = Crowd()
    crowd.join()
    listener = socket.create_server(("127.0.0.1", 0))
    front = Front(app.extensions["location_cloud"], app.wsgi_app, listener, crowd, port, lambda: None)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    front.start()
    yield address, front
    front.loop.call_soon_threadsafe(front.stop)
    front.join()


class ForgetfulServer:
    """Answers the first request of a connection and hangs up at the second one, as at the end of an idle time."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.requests = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                taken, _ = self.listener.accept()
                with taken:
                    for _ in range(2):
                        self.requests += bool(taken.recv(10_000))
                        if self.requests % 3 != 2:
                            taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % self.requests)


@pytest.fixture
def forgetful(app):
    behind = ForgetfulServer()
    with front_before(app, behind.listener.getsockname()[1]) as (address, _):
        yield address
    behind.listener.close()


def test_a_question_that_met_the_end_of_a_connection_is_asked_over_another_one(forgetful):
    line = Line(forgetful)
    assert [line.ask("/a")[2], line.ask("/b")[2], line.ask("/c")[2]] == [b"1", b"3", b"4"]
    line.socket.close()


def wait_until(is_so, most_s=10):
    end = time.monotonic() + most_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


class GenerousServer:
    """Answers with more than a socket holds, as long as somebody takes it."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            taken, _ = self.listener.accept()
            with taken:
                taken.recv(10_000)
                taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90000000\r\n\r\n" + bytes(90_000_000))


def test_a_caller_who_does_not_read_loses_his_place(app, monkeypatch):
    monkeypatch.setattr("location_cloud.http.front.IDLE_S", 0.3)
    monkeypatch.setattr("location_cloud.http.front.SWEEP_S", 0.05)
    behind = GenerousServer()
    with front_before(app, behind.listener.getsockname()[1]) as (address, front):
        line = Line(address)
        line.send(f"GET /health HTTP/1.1\r\n{FIELDS}\r\n")
        wait_until(lambda: front.clients)
        wait_until(lambda: not front.clients)
        line.socket.close()
    behind.listener.close()
