"""The public port's connections to the web server of this worker, for what is not answered at the port."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from location_cloud.http.kept_answers import MAX_KEPT_BYTES
from location_cloud.http.plain_http import body_size
from location_cloud.http.web import LOOPBACK

if TYPE_CHECKING:
    from location_cloud.http.front import Client, Front, Question

LOG = logging.getLogger("location_cloud.http")

STRANGER = "127.0.0.2"
"""A loopback address that is none of `web.LOOPBACK`."""

RETRY_S, TRIES = 0.02, 500
"""The worker's web server begins to listen a moment after us."""


class Server(asyncio.Protocol):
    """A caller's connection to the web server of this worker."""

    def __init__(self, front: Front, client: Client) -> None:
        self._front, self._client = front, client
        self._transport: asyncio.Transport | None = None
        self._waiting: list[bytes] = []
        self._has_ended = self._is_closed = self._is_used = False
        self._request, self._question = b"", cast("Question | None", None)
        self._head, self._body, self._left = b"", bytearray(), -1
        client.pause("connecting")
        self._task = front.loop.create_task(self._connect())

    def begin(self, data: bytes, question: Question | None) -> None:
        """A request, with what there is of it. question: see `Client.hand_on`."""
        self._request = data if question is not None and question.may_be_repeated else b""
        self._question = question
        self._head, self._body, self._left = b"", bytearray(), -1
        self._write(data)

    def pass_on(self, data: bytes) -> None:
        """More bytes of the caller: the connection stays with the web server from now on."""
        self._question = None
        self._write(data)

    def pass_on_end(self) -> None:
        """The caller sends no more. The web server takes that for a farewell, so it comes after a framed answer."""
        self._has_ended = True
        if self._transport is not None and self._question is None:
            self._transport.write_eof()

    def close(self) -> None:
        """The caller is gone."""
        self._is_closed = True
        self._task.cancel()
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        """Reads nothing until `resume`."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Reads again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # --- called by the loop ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The web server is there."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.writelines(self._waiting)
        self._waiting = []
        if self._has_ended and self._question is None:
            self._transport.write_eof()
        self._client.resume("connecting")

    def data_received(self, data: bytes) -> None:
        """Bytes of the answer."""
        self._client.send(data)
        if self._question is not None:
            self._follow(data, self._question)

    def connection_lost(self, error: Exception | None) -> None:
        """The web server closed its side."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._request and self._question is not None and not self._head and self._is_used:
            self._client.ask_again(self._request, self._question)  # it closed while the request was on its way
        else:
            self._client.forget_server()

    def pause_writing(self) -> None:
        """The web server does not take what it is sent."""
        self._client.pause("server")

    def resume_writing(self) -> None:
        """It takes it again."""
        self._client.resume("server")

    async def _connect(self) -> None:
        away = None if self._client.address in LOOPBACK else (STRANGER, 0)
        for _ in range(TRIES):
            try:
                await self._front.loop.create_connection(
                    lambda: self, "127.0.0.1", self._front.server_port, local_addr=away
                )
                return
            except OSError as error:
                if not isinstance(error, ConnectionRefusedError):
                    LOG.error("the web server of this worker cannot be reached: %s", error)
                    break
                await asyncio.sleep(RETRY_S)
        self._client.close()

    def _write(self, data: bytes) -> None:
        if self._transport is None:
            self._waiting.append(data)
        else:
            self._transport.write(data)

    def _follow(self, data: bytes, question: Question) -> None:
        """Looks for the end of an answer, and keeps it if that is allowed."""
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n") + 4
            if end < 4:
                return
            size = body_size(self._head[:end])
            if size is None:
                self._question = None
                return
            self._left, self._head, data = size, self._head[:end], self._head[end:]
        self._left -= len(data)
        if question.wishes is not None and len(self._body) < MAX_KEPT_BYTES:
            self._body += data
        if self._left <= 0:
            self._question, self._is_used = None, True
            if question.wishes is not None and len(self._body) < MAX_KEPT_BYTES:
                head = self._head[:-2].decode("latin-1")
                self._front.kept.keep(question.target, question.wishes, head, bytes(self._body))
            if self._has_ended:
                self._client.close()
            else:
                self._client.take_back()
            if not question.may_be_repeated and self._head[9:10] > b"3":
                self.close()  # of a body that was refused the web server may have left a part unread
                self._client.forget_server()
