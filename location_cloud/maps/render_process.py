"""The process that draws: started by `render_client`, one job at a time over a socket, ended by its closing.

It is a process of its own because OpenGL drivers and font readers are large C programs: one that crashes or hangs takes
neither a web worker nor a request other than its own with it. It holds no data: tiles and icons are asked back from
the web worker over the same socket, so that it starts in a third of a second and knows nothing of tenants or snapshots.
"""

from __future__ import annotations

import io
import itertools
import os
import signal
import socket
import struct
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import orjson

from location_cloud.maps.render import Backend, Style, View

HEAD = struct.Struct(">II")
"""Lengths of the JSON part and of the bytes after it."""

MOST_BYTES = 256 * 1024 * 1024

MOST_MEMORY_MB = 1200
"""A process that has grown beyond this ends after its job; the next one starts small."""

JOB_LIMIT_S = 60
"""A job that hangs in a driver while nobody waits any more ends the process."""


class Closed(Exception):
    """The other side is gone."""


def send(sock: socket.socket, head: dict[str, Any], body: bytes = b"") -> None:
    """Sends one message."""
    text = orjson.dumps(head, option=orjson.OPT_SERIALIZE_NUMPY)
    sock.sendall(HEAD.pack(len(text), len(body)) + text)
    if body:
        sock.sendall(body)


def receive(sock: socket.socket) -> tuple[dict[str, Any], bytes]:
    """Waits for one message. Raises Closed at the end, OSError or TimeoutError as the socket does."""
    head_size, body_size = HEAD.unpack(_exactly(sock, HEAD.size))
    if head_size + body_size > MOST_BYTES:
        raise Closed
    return orjson.loads(_exactly(sock, head_size)), _exactly(sock, body_size)


def _exactly(sock: socket.socket, size: int) -> bytes:
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        count = sock.recv_into(view)
        if not count:
            raise Closed
        view = view[count:]
    return bytes(buffer)


class Line:
    """The socket shared by the thread that draws and those from which MapLibre asks for tiles.

    A thread of its own reads it: MapLibre may ask for a tile that a finished picture no longer waits for, so that the
    answer arrives among later jobs.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.Lock()
        self._answers: dict[int, SimpleQueue[bytes | None]] = {}
        self._numbers = itertools.count()
        self.jobs: SimpleQueue[tuple[dict[str, Any], bytes] | None] = SimpleQueue()

    def listen(self) -> None:
        """Hands on what comes in until the other side closes; then puts None among the jobs."""
        try:
            while True:
                head, body = receive(self._sock)
                if "answer" in head:
                    self._answers.pop(head["answer"]).put(body if head["found"] else None)
                else:
                    self.jobs.put((head, body))
        except (Closed, OSError):
            self.jobs.put(None)

    def send(self, head: dict[str, Any], body: bytes = b"") -> None:
        """Sends one message."""
        with self._lock:
            send(self._sock, head, body)

    def read(self, address: str) -> bytes | None:
        """What lies behind the address; None = nothing."""
        waiting: SimpleQueue[bytes | None] = SimpleQueue()
        number = next(self._numbers)
        self._answers[number] = waiting
        self.send({"read": address, "number": number})
        return waiting.get()


def main(descriptor: int, font: str, names: str) -> None:
    """Answers jobs until the socket closes. names: of backends, in order of preference, separated by commas."""
    line = Line(socket.socket(fileno=descriptor))
    backend, reasons = open_backend(names.split(","), Path(font) if font else None, line)
    if backend is None:
        line.send({"missing": reasons})
        return
    line.send({"backend": backend.name, "without": reasons})
    threading.Thread(target=line.listen, daemon=True).start()
    styles: dict[str, Style] = {}
    while (job := line.jobs.get()) is not None and memory_mb() < MOST_MEMORY_MB:
        head, body = job
        signal.alarm(JOB_LIMIT_S)
        if body:
            styles[head["style"]] = Style(head["style"], orjson.loads(body))
        try:
            _answer(line, backend, styles[head["style"]], head, font)
        except OSError:
            return
        signal.alarm(0)


def open_backend(names: list[str], font: Path | None, line: Line) -> tuple[Backend | None, dict[str, str]]:
    """The first backend that works here, and why those before it do not."""
    reasons: dict[str, str] = {}
    for name in names:
        try:
            if name == "mapli":
                from location_cloud.maps.render_mapli import MapliBackend  # heavy optional: the extra [render]

                return MapliBackend(font, line.read), reasons
            if name == "skia":
                from location_cloud.maps.render_skia import SkiaBackend  # heavy optional: the extra [render]

                return SkiaBackend(font, line.read), reasons
        except (ImportError, OSError, RuntimeError, _mapli_error()) as error:
            reasons[name] = f"{type(error).__name__}: {error}"
    return None, reasons


def _mapli_error() -> type[Exception]:
    found = getattr(sys.modules.get("mapli"), "MapliError", ImportError)
    return found if isinstance(found, type) else ImportError


def _answer(line: Line, backend: Backend, style: Style, head: dict[str, Any], font: str) -> None:
    view = View(**{**head["view"], "tile": tuple(head["view"]["tile"]) if head["view"]["tile"] else None})
    try:
        bodies = finish(backend.draw(style, view), view, head, font)
    except (ValueError, RuntimeError, KeyError, ImportError, OSError, _mapli_error()) as error:
        line.send({"failed": f"{type(error).__name__}: {error}"})
        return
    line.send({"done": [len(body) for body in bodies]}, b"".join(bodies))


def finish(drawn: bytes, view: View, head: dict[str, Any], font: str) -> list[bytes]:
    """The picture in the asked form, with what lies over the map, in so many parts. drawn: PNG or RGBA."""
    is_png = drawn.startswith(b"\x89PNG")
    if is_png and head["form"] == "png" and not head["over"] and head["parts"] == 1:
        return [drawn]
    from PIL import Image  # heavy optional: the extra [render]

    size = (round(view.width_px * view.ratio), round(view.height_px * view.ratio))
    picture: Any = (
        Image.open(io.BytesIO(drawn)) if is_png else Image.frombuffer("RGBA", size, drawn, "raw", "RGBA", 0, 1)
    )
    if picture.size != size:
        picture = picture.resize(size)
    if head["over"]:
        from location_cloud.maps.render_over import draw_over  # heavy optional: the extra [render]

        picture = Image.frombuffer(
            "RGBA", size, draw_over(picture, head["over"], view.ratio, font), "raw", "RGBA", 0, 1
        )
    picture = picture.convert("RGB")
    parts = head["parts"]
    width, height = size[0] // parts, size[1] // parts
    boxes = (
        (x * width, y * height, x * width + width, y * height + height) for y in range(parts) for x in range(parts)
    )
    pictures = [picture] if parts == 1 else [picture.crop(box) for box in boxes]
    return [_encode(each, head["form"], head["quality"]) for each in pictures]


def _encode(picture: Any, form: str, quality: int) -> bytes:
    """Measured on a 512 px tile of a city: JPEG 1.4 ms, WebP method 0 12 ms (method 4: 54), PNG level 3 12 ms."""
    written = io.BytesIO()
    if form == "jpg":
        picture.save(written, "JPEG", quality=quality)
    elif form == "webp":
        picture.save(written, "WEBP", quality=quality, method=0)
    else:
        picture.save(written, "PNG", compress_level=3)
    return written.getvalue()


def memory_mb() -> float:
    """What this process holds of the machine's memory. Source: proc(5), statm, second number: resident pages."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
    os._exit(0)  # the drivers' threads would be caught by the interpreter's own clearing up
