"""The public port of a web worker: quick questions are answered by the thread that reads them, the rest handed on.

A web server in front of Python passes each request from its own thread to one of ours and back, which takes longer than
a route does. Here one thread reads the socket, and what is plain HTTP/1.1 (a GET without a body, whole in one piece)
and quick by `lane.Lane` is answered at once. Everything else goes byte for byte to the web server of this worker
(granian, on a port of its own): slow senders, bodies, odd HTTP and errors are its business. After a plain GET that was
handed on the connection comes back here; after anything else it stays there.

Callers from other machines reach that server from STRANGER, so that nobody is taken for a program on this machine.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable
from email.utils import formatdate
from typing import NamedTuple, cast

import uvloop
from werkzeug.exceptions import RequestTimeout

from location_cloud.errors import CloudError, NotReady
from location_cloud.http.behind import Server
from location_cloud.http.bodies import CONTINUE, LEAST_BYTES_PER_S, Arriving, Space, State, may_have_body
from location_cloud.http.context import System
from location_cloud.http.crowd import Crowd
from location_cloud.http.kept_answers import Kept, KeptAnswers, Wishes, wishes_of
from location_cloud.http.lane import STATUS_LINES, Lane
from location_cloud.http.plain_http import is_plain_target, read_fields
from location_cloud.http.problems import MEDIA_TYPE, as_problem, from_http
from location_cloud.http.web import LOOPBACK, SAFE_HEADERS

LOG = logging.getLogger("location_cloud.http")

MAX_HEAD_BYTES = 16_000
"""A longer request goes on to the web server: each connection remembers the header fields that it read last."""

MAX_CONNECTIONS = 4_000
"""Of one worker; more wait in the port's queue."""

IDLE_S, CROWDED_IDLE_S = 75.0, 5.0
"""How long a connection may lie unused or unread, and the same when half of all connections are taken."""

SILENT_S = 300.0
"""How long a request that was handed on may take, or be on its way, without a byte of it or of its answer."""

SWEEP_S, SWEEP_STOPPING_S = 1.0, 0.05
"""How often is looked for such connections, and whether all is answered at a stop."""

FAREWELL_S = 1.0
"""How long answers may take to leave when the web server has ended, and how long is waited for more of a body then."""

TURN_S = 0.001
"""How long a caller is left to a worker that has fewer."""

STOPPING = NotReady("the server is stopping and did not get the whole question", hint="send it again in a second")
TOO_MANY = NotReady("too many bodies are being received at once", hint="send it again in a second")
TOO_SLOW = from_http(RequestTimeout(f"the body came slower than {LEAST_BYTES_PER_S} bytes a second"))
TOO_SLOW.hint = "send it again over a faster line, or in parts"

SAFE = "".join(f"{name}: {value}\r\n" for name, value in SAFE_HEADERS.items())


class Question(NamedTuple):
    """A plain request: its target, its header fields as WSGI names them, and what a kept answer must suit."""

    target: bytes
    fields: dict[str, str]
    wishes: Wishes | None
    may_be_repeated: bool = True


BODY = Question(b"", {}, None, may_be_repeated=False)
"""A whole request with a body: the web server alone reads it."""


class Client(asyncio.Protocol):
    """One caller's connection."""

    def __init__(self, front: Front, address: str) -> None:
        self.address = address
        self._is_near = address in LOOPBACK
        self.last_used = front.loop.time()
        self.is_handed = False
        """Whether what comes goes on to the web server."""
        self._front = front
        self._server: Server | None = None
        self._arriving: Arriving | None = None
        self._raw_fields, self._fields = b"", cast("dict[str, str] | None", None)
        self._wishes: Wishes | None = None
        self._has_space = False
        self._left_to_send = 0
        self._reasons_to_wait: set[str] = set()

    # --- called by the loop ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        self._transport = cast(asyncio.Transport, transport)
        self._front.clients.add(self)

    def data_received(self, data: bytes) -> None:
        """Bytes from the caller."""
        self.last_used = self._front.loop.time()
        if self.is_handed:
            assert self._server is not None
            self._server.pass_on(data)
            return
        if self._arriving is not None:
            self._receive(self._arriving, data)
            return
        kept = self._front.kept.find_again(data, self._is_near)
        if kept is not None:
            self._transport.write(self._front.repeat(kept))
            return
        target = self._read(data)
        if target is None or self._fields is None:
            if may_have_body(data):
                self._arriving = Arriving(self.last_used)
                self._receive(self._arriving, data)
            else:
                self.hand_on(data, None)
            return
        question = Question(target, self._fields, self._wishes)
        kept = self._front.kept.find(target, self._wishes)
        if kept is not None:
            self._front.kept.remember(data, self._is_near, kept)
            self._transport.write(self._front.repeat(kept))
            return
        answer = self._front.answer(question, self.address)
        if answer is None:
            self.hand_on(data, question)
        else:
            self._transport.write(answer)

    def eof_received(self) -> bool:
        """The caller sends no more; it may still wait for an answer."""
        if self._server is not None and self.is_handed:
            self._server.pass_on_end()
            return True
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self._front.leave(self)
        if self._server is not None:
            self._server.close()

    def pause_writing(self) -> None:
        """The caller does not take what it is sent: nothing more is read from it, nor from the web server."""
        self.pause("caller")
        if self._server is not None:
            self._server.pause()

    def resume_writing(self) -> None:
        """The caller takes it again."""
        self.resume("caller")
        if self._server is not None:
            self._server.resume()

    # --- the web server's side ---------------------------------------------------------------------------------

    def hand_on(self, data: bytes, question: Question | None) -> None:
        """Gives the web server a request. question: what it asks if it is a whole one whose answer will end it."""
        self.is_handed = True
        if self._server is None:
            self._server = Server(self._front, self)
        self._server.begin(data, question)

    def send(self, data: bytes) -> None:
        """Sends what the web server answers."""
        self.last_used = self._front.loop.time()
        if self._has_space:
            self._free()
        self._transport.write(data)

    def is_busy(self) -> bool:
        """Whether a request is on its way or not answered yet."""
        return self.is_handed or self._arriving is not None

    def end(self) -> None:
        """The server is stopping: only a request that is there as a whole is answered yet."""
        if self._arriving is not None:
            self.give_up(STOPPING)
        elif not self.is_handed:
            self.close()

    def give_up(self, error: CloudError) -> None:
        """Ends a request that is on its way."""
        self._arriving = None
        self._transport.write(self._front.refuse(error))
        self.close()

    def take_back(self) -> None:
        """A request that was handed on is answered in full: the next one is read here again."""
        self.is_handed = False
        if self._front.is_stopping:
            self.close()

    def ask_again(self, data: bytes, question: Question) -> None:
        """Gives the web server a request over another connection."""
        self._server = None
        self.hand_on(data, question)

    def forget_server(self) -> None:
        """The web server closed its side."""
        self._server = None
        if self.is_handed:
            self.close()

    def close(self) -> None:
        """Ends the connection after what was written is sent."""
        self._transport.close()

    def end_if_idle(self, now: float, idle_s: float) -> None:
        """Ends a connection on which nothing has moved for so long, SILENT_S if it waits for the web server."""
        if self._arriving is not None and self._arriving.is_late(now):
            self.give_up(TOO_SLOW)
            return
        left = self._transport.get_write_buffer_size()
        if left != self._left_to_send:
            self._left_to_send, self.last_used = left, now
        if self.last_used < now - (SILENT_S if self.is_handed and not left else idle_s):
            self._transport.abort()  # a close would wait for a caller who does not read

    def pause(self, reason: str) -> None:
        """Reads nothing until `resume` was called for every reason."""
        self._reasons_to_wait.add(reason)
        self._transport.pause_reading()

    def resume(self, reason: str) -> None:
        """The reason is gone."""
        self._reasons_to_wait.discard(reason)
        if reason == "server" and self._has_space:
            self._free()
        if not self._reasons_to_wait and not self._transport.is_closing():
            self._transport.resume_reading()

    def _receive(self, arriving: Arriving, data: bytes) -> None:
        """More of a request whose body is waited for."""
        state = arriving.add(data)
        space, self._has_space = self._front.space, True
        for client in space.hold(self, self.address, len(arriving.data)):
            client.give_up(TOO_MANY)
        if self._transport.is_closing() or (state is State.WAITING and not arriving.wants_to_be_asked()):
            return
        if state is State.WAITING:
            self._transport.write(CONTINUE)
            return
        self._arriving = None
        space.keep(self)
        if state is State.WHOLE:
            self.hand_on(arriving.marked(), BODY if arriving.is_alone else None)
        else:
            self.hand_on(bytes(arriving.data), None)

    def _free(self) -> None:
        """The web server has a request that was waited for: taken, or answered."""
        self._has_space = False
        self._front.space.free(self)

    # --- reading -----------------------------------------------------------------------------------------------

    def _read(self, data: bytes) -> bytes | None:
        """The target of a plain request that is there as a whole, with nothing behind it; else None."""
        end = data.find(b"\r\n")
        if data[:5] != b"GET /" or data[end - 9 : end] != b" HTTP/1.1" or len(data) > MAX_HEAD_BYTES:
            return None
        if data.find(b"\r\n\r\n") != len(data) - 4:
            return None
        target = data[4 : end - 9]
        if not is_plain_target(target):
            return None
        raw = data[end:]
        if raw != self._raw_fields:  # a client sends the same header fields again and again
            self._raw_fields, self._fields = raw, read_fields(raw)
            self._wishes = None if self._fields is None else wishes_of(self._fields, self.address)
        return target


class Front:
    """The thread that owns a worker's share of the public port.

    listener: bound and listening, shared by all workers. server_port: where this worker's web server listens.
    begin: called first in the thread.
    """

    def __init__(
        self,
        system: System,
        lane: Lane,
        listener: socket.socket,
        crowd: Crowd,
        server_port: int,
        begin: Callable[[], None],
    ) -> None:
        self.kept = KeptAnswers(system, lane.is_good)
        self.space = Space["Client"]()
        self._lane = lane
        self._begin = begin
        self.loop = uvloop.new_event_loop()
        self.server_port = server_port
        self.clients: set[Client] = set()
        self.is_stopping = False
        self._listener = listener
        listener.setblocking(False)
        self._is_accepting = False
        self._crowd = crowd
        self._signals, woken = socket.socketpair()
        self._signals.setblocking(False)
        woken.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        self._woken = woken
        self._second, self._date = -1, b""
        self._farewell_s = FAREWELL_S
        self._thread = threading.Thread(target=self._run, name="front")

    def start(self) -> None:
        """Begins to accept. To be called in the main thread; ends with it, or at SIGTERM when all is answered."""
        self._thread.start()

    def join(self) -> None:
        """Waits for the end, and gives the signals back."""
        self._thread.join()
        signal.set_wakeup_fd(-1)
        self._signals.close()
        self._woken.close()
        self._listener.close()

    def leave(self, client: Client) -> None:
        """A caller is gone."""
        self.clients.discard(client)
        self.space.free(client)
        self._crowd.count(-1)

    def answer(self, question: Question, address: str) -> bytes | None:
        """The answer to a plain request as HTTP/1.1, if there is one at once."""
        target, fields, wishes, _ = question
        path, _, query = target.decode().partition("?")
        asked = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": address}
        answer = self._lane.answer({**fields, **asked}, is_quick=True)
        if answer is None:
            return None
        own = "".join([f"{name}: {value}\r\n" for name, value in answer.headers])
        head = f"HTTP/1.1 {STATUS_LINES[answer.status]}\r\n{SAFE}{own}"
        if wishes is not None and answer.may_be_kept:
            self.kept.keep(target, wishes, head, answer.body)
        return b"".join((head.encode("latin-1"), self._now(), b"\r\n", answer.body))

    def repeat(self, kept: Kept) -> bytes:
        """A kept answer as HTTP/1.1."""
        return b"".join((kept.head, self._now(), self._lane.repeat(kept), b"\r\n", kept.body))

    def refuse(self, error: CloudError) -> bytes:
        """The answer to a request that is not waited for any longer, as HTTP/1.1."""
        request_id = self._lane.refuse(error.status)
        document = as_problem(error, request_id)
        head = (
            f"HTTP/1.1 {error.status} {error.title}\r\n{SAFE}X-Request-Id: {request_id}\r\nRetry-After: 1\r\n"
            f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(document)}\r\nConnection: close\r\n"
        )
        return b"".join((head.encode("latin-1"), self._now(), b"\r\n", document))

    def _now(self) -> bytes:
        second = int(self.loop.time())
        if second != self._second:
            self._second, self._date = second, f"Date: {formatdate(usegmt=True)}\r\n".encode()
        return self._date

    def _run(self) -> None:
        self._begin()
        asyncio.set_event_loop(self.loop)
        self.loop.add_reader(self._signals, self._see_signals)
        self._accept_more()
        self.loop.call_later(SWEEP_S, self._sweep)
        try:
            self.loop.run_forever()
        finally:
            self.loop.close()

    def _accept_more(self) -> None:
        self._is_accepting = True
        self.loop.add_reader(self._listener, self._accept)

    def _accept_none(self) -> None:
        self._is_accepting = False
        self.loop.remove_reader(self._listener)

    def _accept(self) -> None:
        """Takes one caller, or leaves it to a worker that has fewer, if that one is awake."""
        if self._crowd.is_least():
            self._take()
        else:
            self._accept_none()
            self.loop.call_later(TURN_S, self._accept_late)

    def _accept_late(self) -> None:
        if not self.is_stopping:
            self._accept_more()
            self._take()

    def _take(self) -> None:
        try:
            taken, address = self._listener.accept()
        except BlockingIOError:
            return
        except OSError as error:
            LOG.warning("no more connections: %s", error)
            self._accept_none()  # the sweep begins again
            return
        self._crowd.count(1)
        taken.setblocking(False)
        taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.loop.create_task(self.loop.connect_accepted_socket(lambda: Client(self, address[0]), taken))
        if len(self.clients) >= MAX_CONNECTIONS:
            self._accept_none()

    def _see_signals(self) -> None:
        if {signal.SIGTERM, signal.SIGINT} & set(self._signals.recv(64)):
            self.stop()

    def stop(self) -> None:
        """No new callers; those who wait for an answer get it, those who are still asking are told to come again.

        The web server takes no more requests from now on, not even those that it began to hear of.
        """
        self.is_stopping = True
        if self._is_accepting:
            self._accept_none()
        for client in list(self.clients):
            client.end()

    def _sweep(self) -> None:
        if not threading.main_thread().is_alive():
            self.stop()
            self._farewell_s -= SWEEP_STOPPING_S
        self._crowd.forget_dead()
        if self.is_stopping and (self._farewell_s < 0 or not any(client.is_busy() for client in self.clients)):
            self.loop.stop()
            return
        is_crowded = 2 * len(self.clients) > MAX_CONNECTIONS
        idle_s = CROWDED_IDLE_S if is_crowded else IDLE_S
        for client in list(self.clients):
            client.end_if_idle(self.loop.time(), FAREWELL_S if self.is_stopping and not client.is_handed else idle_s)
        if not (self._is_accepting or self.is_stopping) and len(self.clients) < MAX_CONNECTIONS:
            self._accept_more()
        self.loop.call_later(SWEEP_STOPPING_S if self.is_stopping else SWEEP_S, self._sweep)
