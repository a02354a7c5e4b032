"""Pages of a test and the web clients they use, on an address of their own: another origin than the product's."""

from __future__ import annotations

import contextlib
import functools
import http.server
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.parts.install import PARTS_FOLDER


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    """Files, without a line for each."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        """Nothing."""


@contextlib.contextmanager
def serve_pages(folder: Path, pages: Mapping[str, str], clients: Iterable[str]) -> Iterator[str]:
    """The base address of the pages (NAME.html) and of the clients' own files (CLIENT/...)."""
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    for client in clients:
        (folder / client).symlink_to(PARTS_FOLDER / "root" / client)
    files = functools.partial(QuietFiles, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), files) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
