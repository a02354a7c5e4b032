"""The web worker's side of the process that draws: started at the first picture, started anew when it dies."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
import weakref
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from location_cloud.errors import Broken, NotInstalled, NotReady
from location_cloud.maps.fonts import find_font, single_face
from location_cloud.maps.render import Job, ReadTile
from location_cloud.maps.render_process import Closed, receive, send

LOG = logging.getLogger("location_cloud.maps")

BACKENDS = ("mapli", "skia")

DEADLINE_S = 10.0
"""The longest that one picture may take, the start of the process included."""

MOST_WAITING = max(2, 2 * (os.cpu_count() or 1))
"""Requests of one web worker that want a picture at once; it has one thread more than this for everything else."""

STYLES_KEPT = 500
"""Styles that one process is told before it is replaced: it forgets none."""

ENVIRONMENT = {
    "EGL_PLATFORM": "surfaceless",
    "LIBGL_ALWAYS_SOFTWARE": "1",
    "LP_NUM_THREADS": "1",
    "GALLIUM_DRIVER": "llvmpipe",
}
"""Mesa without screen or graphics card; one thread, as web workers share the cores already."""

HINT = (
    "pip install 'location-cloud[render]'; on Debian also: "
    "apt-get install libegl1 libgl1 libegl-mesa0 libgl1-mesa-dri. Vector tiles work without it"
)


class Renderer:
    """Draws pictures in a process of its own, one at a time.

    folder: for the font face taken out of a collection. font: file for labels, "" = find one. backends: names in order
    of preference. Threads may share it. The process ends when the renderer is given up.
    """

    def __init__(self, folder: Path, font: str = "", backends: tuple[str, ...] = BACKENDS) -> None:
        self._folder, self._font, self._backends = folder, font, backends
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_WAITING)
        self._child: _Child | None = None
        self.starts = 0

    @property
    def process_id(self) -> int | None:
        """The running process, None before the first picture."""
        return None if self._child is None else self._child.process.pid

    def draw(self, job: Job, read: ReadTile, deadline_s: float = DEADLINE_S) -> list[bytes]:
        """The picture, or its parts. read: gives the tiles that the style refers to, below `city://`.

        Raises NotInstalled without a backend; NotReady if too many wait or it takes too long; Broken if the backend
        refuses the style or dies of it.
        """
        ends = time.monotonic() + deadline_s
        if not self._places.acquire(blocking=False):
            raise NotReady("too many pictures are being drawn at once", hint="ask again in a second")
        try:
            if not self._turn.acquire(timeout=deadline_s):
                raise NotReady("the pictures before this one took too long", hint="ask again in a second")
            try:
                return self._draw(job, read, ends)
            finally:
                self._turn.release()
        finally:
            self._places.release()

    def close(self) -> None:
        """Ends the process; the next picture starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def _draw(self, job: Job, read: ReadTile, ends: float) -> list[bytes]:
        for attempt in (1, 2):
            try:
                return self._running(ends).draw(job, read, ends)
            except TimeoutError:
                self.close()
                raise NotReady("the picture was not ready in time", hint="ask again, or for a smaller one") from None
            except (Closed, OSError) as error:
                LOG.warning("the process that draws ended (%r), attempt %s", error, attempt)
                self.close()
            except (NotInstalled, Broken):
                raise
            except BaseException:  # what `read` raised left a question of the process without an answer
                self.close()
                raise
        raise Broken("the process that draws died twice of this picture", hint="ask for another view or style")

    def _running(self, ends: float) -> _Child:
        child = self._child
        if child is not None and (len(child.told) >= STYLES_KEPT or child.owner != os.getpid()):
            self.close()
            child = None
        if child is None:
            font = find_font(self._font)
            face = "" if font is None else str(single_face(font, self._folder))
            self.starts += 1
            child = _Child(face, self._backends, ends)
            weakref.finalize(self, child.end)
            self._child = child
        return child


class _Child:
    """One run of the process."""

    def __init__(self, face: str, backends: tuple[str, ...], ends: float) -> None:
        self.owner = os.getpid()
        self.told: dict[str, ReadTile] = {}
        self.sock, theirs = socket.socketpair()
        with theirs:
            theirs.set_inheritable(True)
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "location_cloud.maps.render_process",
                    str(theirs.fileno()),
                    face,
                    ",".join(backends),
                ],
                pass_fds=(theirs.fileno(),),
                env={**os.environ, **ENVIRONMENT},
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            hello, _ = self._receive(ends)
        except BaseException:
            self.end()
            raise
        if "missing" in hello:
            self.end()
            reasons = "; ".join(f"{name}: {reason}" for name, reason in hello["missing"].items()) or "no backend"
            raise NotInstalled(f"this installation cannot draw pictures ({reasons})", hint=HINT)
        self.backend = hello["backend"]
        for name, reason in hello["without"].items():
            LOG.warning("pictures are drawn by %s: %s does not work here: %s", self.backend, name, reason)

    def draw(self, job: Job, read: ReadTile, ends: float) -> list[bytes]:
        """The picture; answers what the process asks meanwhile."""
        document = b"" if job.style.key in self.told else orjson.dumps(job.style.document)
        head = {
            "style": job.style.key,
            "view": asdict(job.view),
            "form": job.form,
            "quality": job.quality,
            "over": job.over,
            "parts": job.parts,
        }
        self.told[job.style.key] = read
        send(self.sock, head, document)
        while True:
            answer, body = self._receive(ends)
            if "read" in answer:
                key, _, address = answer["read"].partition("/")
                found = self.told[key](address)  # it may be for an earlier picture
                send(self.sock, {"answer": answer["number"], "found": found is not None}, found or b"")
            elif "failed" in answer:
                raise Broken(f"the map could not be drawn: {answer['failed']}", hint="tell the operator")
            else:
                starts = [sum(answer["done"][:number]) for number in range(len(answer["done"]))]
                return [body[start : start + size] for start, size in zip(starts, answer["done"], strict=True)]

    def end(self) -> None:
        """Ends the process now: it holds nothing worth keeping."""
        self.sock.close()
        if self.owner == os.getpid():
            self.process.kill()
            self.process.wait()

    def _receive(self, ends: float) -> tuple[dict[str, Any], bytes]:
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)
        return receive(self.sock)
