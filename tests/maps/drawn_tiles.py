"""Tile sets whose pictures tell where they belong: each square of 16 pixels has the colour of its place in the world.

A client that draws the right colour at a place has understood the grid, the levels and the order of the axes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import math
import struct
import threading
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask
from werkzeug.serving import make_server

from location_cloud.app import create_app
from location_cloud.capability import Cache
from location_cloud.settings import Settings
from location_cloud.tile_sets import Tile, TileAt, TileSet

SQUARE = 16
"""Pixels of a square, each way."""

DAQING = (124.0, 45.5, 126.0, 47.0)

MOVED = ("wgs84", "gcj02", "bd09")

PACKED = gzip.compress(b"tile" * 1000, mtime=0)


def square_of(lon: float, lat: float, z: int, matrix: str = "w", tile_px: int = 256) -> tuple[int, int, int]:
    """The colour of a place: column and row of its square, both modulo 256, and the level. Written independently."""
    squares = (1 << z) * tile_px // SQUARE
    column = (lon + 180) / 360 * squares
    if matrix == "w":
        row = (1 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / math.pi) / 2 * squares
    else:
        row = (90 - lat) / 360 * squares
    return int(column) % 256, int(row) % 256, z


def png(pixels: np.ndarray[Any, Any]) -> bytes:
    """An RGB picture (rows, columns, 3) uint8 as PNG."""
    height, width, _ = pixels.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)])
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )


def draw(tile_px: int, at: TileAt) -> Tile:
    """The picture of a tile."""
    count = tile_px // SQUARE
    squares = np.empty((count, count, 3), np.uint8)
    squares[..., 0] = (at.x * count + np.arange(count))[None, :] % 256
    squares[..., 1] = (at.y * count + np.arange(count))[:, None] % 256
    squares[..., 2] = at.z
    return Tile(png(squares.repeat(SQUARE, axis=0).repeat(SQUARE, axis=1)))


def _set(name: str, forms: Any, read: Any, **more: Any) -> TileSet:
    return TileSet(name, {"zh-CN": f"{name}图", "en": f"The {name} map"}, forms, read, bounds=DAQING, **more)


def _picture(tile_px: int) -> Any:
    return lambda at: draw(tile_px, at)


SETS = {
    "drawn": _set("drawn", ("png",), _picture(256), max_zoom=16, matrices=("w", "c"), tile_px=256),
    "fine": _set("fine", ("png",), _picture(512), max_zoom=16, matrices=("w", "c"), tile_px=512),
    "moved": _set("moved", ("mvt",), lambda at: Tile(at.crs.encode()), systems=MOVED, matrices=("w", "c")),
    "packed": _set("packed", ("mvt",), lambda at: Tile(PACKED, "abc", "gzip"), cache=Cache.REVALIDATE),
    "bomb": _set("bomb", ("mvt",), lambda at: Tile(gzip.compress(bytes(40_000_000)), "bomb", "gzip")),
    "torn": _set("torn", ("mvt",), lambda at: Tile(PACKED[:-9], "torn", "gzip")),
    "closed": _set("closed", ("mvt",), lambda at: Tile(b"closed"), scope="roads:read"),
    "states": _set("states", ("bin",), lambda at: Tile(b"\x01\x02"), cache=Cache.NEVER),
    "markup": _set("markup", ("mvt",), lambda at: None, attribution='<b>A & "B"</b>\x07'),
    "far": _set("far", ("mvt",), lambda at: Tile(f"{at.z}/{at.x}/{at.y}".encode()), min_zoom=4, max_zoom=6),
}


def offer(world: Any, tenant: str) -> Mapping[str, TileSet]:
    """What a capability would offer."""
    return SETS


@contextlib.contextmanager
def drawn_app(home: Path, **settings: Any) -> Iterator[Flask]:
    """The whole product with these tile sets too."""
    flask = create_app(Settings(home=home, log="off", **settings))
    system = flask.extensions["location_cloud"]
    worlds = system.worlds
    worlds._world = dataclasses.replace(worlds.current(), tile_sources=(*worlds.current().tile_sources, offer))
    yield flask
    system.close()


@contextlib.contextmanager
def served_tiles(home: Path, **settings: Any) -> Iterator[str]:
    """The address of a server of `drawn_app` in this process."""
    with drawn_app(home, **settings) as flask:
        server = make_server("127.0.0.1", 0, flask, threaded=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()
