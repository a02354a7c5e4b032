"""A lean HTTP/1.1 client: prepared requests, kept connections; it shares the machine with the servers it measures."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence

CHUNK = 1 << 20


class Refused(Exception):
    """The server answered with a status other than 200."""


class Connection:
    """One kept connection; opened anew when the server closes it (osrm-routed does after 512 answers)."""

    def __init__(self, port: int, timeout_s: float = 60.0) -> None:
        self._port, self._timeout_s = port, timeout_s
        self._buffer = bytearray(CHUNK)
        self._view = memoryview(self._buffer)
        self._got, self._wanted = 0, 0
        self._open()

    def ask(self, request: bytes) -> bytes:
        """The body of the answer, waited for. Raises Refused."""
        self.send(request)
        while not self.take():
            pass
        return self.body()

    def send(self, request: bytes) -> None:
        """Sends a request and does not wait."""
        self._request, self._got, self._wanted = request, 0, 0
        if self._is_closed():
            self._again()
        else:
            self._socket.sendall(request)

    def take(self) -> bool:
        """Reads what has come; whether the answer is complete."""
        if self._got == len(self._buffer):
            self._grow()
        size = self._socket.recv_into(self._view[self._got :])
        if not size:
            if self._got:
                raise ConnectionError(f"port {self._port} closed the connection within an answer")
            self._again()
            return False
        self._got += size
        if not self._wanted:
            self._read_head()
        return 0 < self._wanted <= self._got

    def body(self) -> bytes:
        """The body of the answer that is complete."""
        return bytes(self._view[self._head : self._wanted])

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def close(self) -> None:
        """Ends the connection."""
        self._socket.close()

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), self._timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.is_new = True

    def _again(self) -> None:
        self.close()
        self._open()
        self._socket.sendall(self._request)

    def _is_closed(self) -> bool:
        """Between two answers nothing may be there to read but the end."""
        ready, _, _ = select.select([self._socket], [], [], 0)
        return bool(ready)

    def _read_head(self) -> None:
        end = self._buffer.find(b"\r\n\r\n", 0, self._got)
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        at = head.find(b"content-length:")
        self._head = end + 4
        self._wanted = self._head + int(head[at + 15 : head.find(b"\r", at) if b"\r" in head[at:] else end])
        if head[9:12] != b"200":
            while self._got < self._wanted:
                self._got += self._socket.recv_into(self._view[self._got :])
            raise Refused(f"{head[9:12].decode()}: {self.body()[:300].decode('utf-8', 'replace')}")
        while len(self._buffer) < self._wanted:
            self._grow()

    def _grow(self) -> None:
        self._view.release()
        self._buffer.extend(bytes(len(self._buffer)))
        self._view = memoryview(self._buffer)


def get(target: str) -> bytes:
    """A prepared GET request, the same headers for every server."""
    return f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n".encode()


def post(target: str, body: bytes, kind: str = "application/json") -> bytes:
    """A prepared POST request."""
    head = f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def rate(port: int, requests: Sequence[bytes], seconds: float, connections: int = 8) -> float:
    """Answers a second over some connections that always have a question each."""
    lines = [Connection(port) for _ in range(connections)]
    poll = select.epoll()
    by_number = {}
    for line in lines:
        by_number[line.fileno()] = line
        poll.register(line.fileno(), select.EPOLLIN)
    begun, done, next_ = time.perf_counter(), 0, 0
    try:
        for line in lines:
            line.is_new = False
            line.send(requests[next_ % len(requests)])
            next_ += 1
        while time.perf_counter() - begun < seconds:
            for number, _ in poll.poll(1.0):
                line = by_number[number]
                if line.take():
                    done += 1
                    line.send(requests[next_ % len(requests)])
                    next_ += 1
                if line.is_new:  # a closed socket leaves epoll by itself; the new one may have its number
                    line.is_new = False
                    by_number[line.fileno()] = line
                    poll.register(line.fileno(), select.EPOLLIN)
        return done / (time.perf_counter() - begun)
    finally:
        for line in lines:
            line.close()
        poll.close()
