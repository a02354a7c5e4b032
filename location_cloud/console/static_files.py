"""The console's files as they go over the wire, read once from the installed package."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

MEDIA_TYPES: Mapping[str, str] = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/plain",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
"""Module scripts run only as text/javascript; a file of another kind does not belong into the folder."""

VENDOR = "vendor/"
"""Files below it change only with the release."""


@dataclass(frozen=True)
class StaticFile:
    """One file of the console. etag: strong, without quotes, of the plain bytes."""

    body: bytes
    media_type: str
    etag: str

    @cached_property
    def packed(self) -> bytes:
        """The same bytes gzipped, once a process: all files together take 0.3 s, too long for a start."""
        return gzip.compress(self.body, compresslevel=9, mtime=0)


def load_static_files() -> dict[str, StaticFile]:
    """Path below `static/` -> file, for every file that ships; a lookup in it cannot leave the folder."""
    root = files("location_cloud.console").joinpath("static")
    return {path: _static_file(path, item) for path, item in _walk(root, "")}


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _walk(item, f"{prefix}{item.name}/")
        else:
            yield f"{prefix}{item.name}", item


def _static_file(path: str, item: Traversable) -> StaticFile:
    body = item.read_bytes()
    return StaticFile(
        body=body,
        media_type=MEDIA_TYPES[PurePosixPath(path).suffix],
        etag=hashlib.sha256(body).hexdigest()[:32],
    )
